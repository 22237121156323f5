//! Memory that is cleared of secrets, at the speed of a fill.
//!
//! zeroize writes an array or a vector one volatile byte at a time, which for a handshake's many short secrets costs more
//! than what they are made by; a fill behind its barrier is seen through no better, and takes a few instructions.
//!
//! ```
//! use bulla_crypto::wipe::wipe;
//!
//! let mut secret = *b"premaster";
//! wipe(&mut secret);
//! assert_eq!(secret, [0; 9]);
//! ```

use std::fmt;
use std::ops::{Deref, DerefMut};

/// Overwrites `bytes` with zeros, which the compiler must not leave out.
#[inline]
pub fn wipe(bytes: &mut [u8]) {
    bytes.fill(0);
    zeroize::optimization_barrier(bytes);
}

/// The same for words.
#[inline]
pub(crate) fn wipe_words<W: Copy + Default>(words: &mut [W]) {
    words.fill(W::default());
    zeroize::optimization_barrier(words);
}

/// An array that is cleared when dropped. What moves it leaves a copy behind: make it where it stays.
#[derive(Clone)]
pub struct Wiped<const N: usize>([u8; N]);

impl<const N: usize> Wiped<N> {
    /// Zeros, to be filled in place.
    #[inline]
    #[must_use]
    pub const fn zeros() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> Deref for Wiped<N> {
    type Target = [u8; N];

    fn deref(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> DerefMut for Wiped<N> {
    fn deref_mut(&mut self) -> &mut [u8; N] {
        &mut self.0
    }
}

impl<const N: usize> Drop for Wiped<N> {
    #[inline]
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

impl<const N: usize> fmt::Debug for Wiped<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wiped({N} bytes)")
    }
}
