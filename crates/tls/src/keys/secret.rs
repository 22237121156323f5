//! Secret bytes: on the heap, so that a move copies a pointer; wiped when dropped; never printed.

use std::fmt;

use zeroize::Zeroize;

/// The longest secret of TLS 1.3: the output of SHA-384.
const CAPACITY: usize = 48;

/// A secret of the key schedule.
pub(crate) struct Secret {
    bytes: Box<[u8; CAPACITY]>,
    length: usize,
}

impl Secret {
    /// The most bytes that one has.
    pub(crate) const MOST: usize = CAPACITY;

    /// A secret of `length` bytes, at most 48, written in place by `fill`.
    pub(crate) fn filled(length: usize, fill: impl FnOnce(&mut [u8])) -> Self {
        let mut secret = Self { bytes: Box::new([0; CAPACITY]), length: length.min(CAPACITY) };
        fill(&mut secret.bytes[..secret.length]);
        secret
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.length)
    }
}
