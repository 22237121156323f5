//! Secret bytes: on the heap, so that a move copies a pointer; wiped when dropped; never printed.

use std::fmt;

use bulla_crypto::wipe::{Wiped, wipe};

/// The longest secret of TLS 1.3: the output of SHA-384.
const CAPACITY: usize = 48;

/// A secret of the key schedule.
pub(crate) struct Secret(Box<[u8]>);

impl Secret {
    /// The most bytes that one has.
    pub(crate) const MOST: usize = CAPACITY;

    /// A secret of `length` bytes, at most 48, written by `fill`.
    pub(crate) fn filled(length: usize, fill: impl FnOnce(&mut [u8])) -> Self {
        let mut bytes = Wiped::<CAPACITY>::zeros();
        let bytes = &mut bytes[..length.min(CAPACITY)];
        fill(bytes);
        Self(Box::from(&*bytes))
    }

    /// A copy of these bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(Box::from(bytes))
    }

    /// No bytes: what stands where a secret was taken out, or is still to come.
    pub(crate) fn none() -> Self {
        Self(Box::default())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The same secret in a place of its own.
    pub(crate) fn copy(&self) -> Self {
        Self(self.0.clone())
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.0.len())
    }
}
