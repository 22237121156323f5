//! Authenticated encryption: AES-128-GCM, AES-256-GCM (RFC 5116) and ChaCha20-Poly1305 (RFC 8439).
//!
//! ```
//! use bulla_crypto::aead::{AeadAlgorithm, AeadKey, TAG_LEN};
//!
//! let key = AeadKey::new(AeadAlgorithm::Aes128Gcm, &[7; 16])?;
//! let content_type = [23];
//! let mut record = vec![0; 5 + content_type.len() + TAG_LEN];
//! key.seal(&[0; 12], b"header", b"hello", &content_type, &mut record)?;
//! assert_eq!(key.open_in_place(&[0; 12], b"header", &mut record)?, b"hello\x17");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};

/// The length of a tag, in bytes, with every [`AeadAlgorithm`].
pub const TAG_LEN: usize = 16;

/// The length of a nonce, in bytes, with every [`AeadAlgorithm`].
pub const NONCE_LEN: usize = 12;

/// Up to this length a copy costs less than a trailer apart, with ChaCha20-Poly1305.
const COPIED_LEN: usize = 2048;

/// An authenticated cipher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AeadAlgorithm {
    /// AES-GCM with a key of 16 bytes.
    Aes128Gcm,
    /// AES-GCM with a key of 32 bytes.
    Aes256Gcm,
    /// ChaCha20-Poly1305, with a key of 32 bytes.
    ChaCha20Poly1305,
}

impl AeadAlgorithm {
    /// The length of a key, in bytes.
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self {
            Self::Aes128Gcm => 16,
            Self::Aes256Gcm | Self::ChaCha20Poly1305 => 32,
        }
    }
}

/// The key given to [`AeadKey::new`] has another length than the cipher's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{algorithm:?} takes a key of {} bytes, not {got}", algorithm.key_len())]
pub struct WrongKeyLength {
    /// The cipher.
    pub algorithm: AeadAlgorithm,
    /// The bytes given.
    pub got: usize,
}

/// Why nothing was sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AeadError {
    /// The caller's output has another length than input, trailer and tag together.
    #[error("the output must have exactly {expected} bytes, not {got}")]
    OutputLength {
        /// The bytes needed.
        expected: usize,
        /// The bytes given.
        got: usize,
    },
    /// The message is longer than the cipher allows for one nonce.
    #[error("the message is longer than the cipher allows")]
    TooLong,
    /// The tag does not fit key, nonce, associated data and text, or there is no room for a tag.
    #[error("the sealed text was not made with this key, nonce and associated data")]
    Rejected,
}

/// A cipher with its key scheduled.
pub struct AeadKey {
    algorithm: AeadAlgorithm,
    key: LessSafeKey,
}

impl AeadKey {
    /// Schedules `key`.
    ///
    /// # Errors
    /// [`WrongKeyLength`] unless `key` has [`AeadAlgorithm::key_len`] bytes.
    pub fn new(algorithm: AeadAlgorithm, key: &[u8]) -> Result<Self, WrongKeyLength> {
        let provider = match algorithm {
            AeadAlgorithm::Aes128Gcm => &AES_128_GCM,
            AeadAlgorithm::Aes256Gcm => &AES_256_GCM,
            AeadAlgorithm::ChaCha20Poly1305 => &CHACHA20_POLY1305,
        };
        UnboundKey::new(provider, key)
            .map(|unbound| Self { algorithm, key: LessSafeKey::new(unbound) })
            .map_err(|_| WrongKeyLength { algorithm, got: key.len() })
    }

    /// The cipher.
    #[must_use]
    pub const fn algorithm(&self) -> AeadAlgorithm {
        self.algorithm
    }

    /// Seals `plaintext` followed by `trailer` into `out`, which has room for both and a tag of [`TAG_LEN`].
    ///
    /// Never use a nonce twice with one key: it gives away the plaintexts and lets others forge.
    ///
    /// # Errors
    /// [`AeadError::OutputLength`] or [`AeadError::TooLong`]; `out` holds nothing of use then.
    #[inline]
    #[expect(clippy::too_many_arguments, reason = "the inputs of RFC 5116, 2.1, and where they go")]
    pub fn seal(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        plaintext: &[u8],
        trailer: &[u8],
        out: &mut [u8],
    ) -> Result<(), AeadError> {
        exactly(plaintext.len() + trailer.len() + TAG_LEN, out.len())?;
        if self.algorithm == AeadAlgorithm::ChaCha20Poly1305 && plaintext.len() <= COPIED_LEN {
            return self.seal_copied(nonce, aad, plaintext, trailer, out);
        }
        let (body, tail) = out.split_at_mut(plaintext.len());
        self.key
            .seal_out_of_place_scatter(Nonce::from(nonce), Aad::from(aad), plaintext, body, trailer, tail)
            .map_err(|_| AeadError::TooLong)
    }

    /// As [`seal`](Self::seal), by a copy: AWS-LC's ChaCha20-Poly1305 takes 100 ns and more for a trailer that stands apart.
    #[expect(clippy::too_many_arguments, reason = "those of `seal`")]
    fn seal_copied(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        plaintext: &[u8],
        trailer: &[u8],
        out: &mut [u8],
    ) -> Result<(), AeadError> {
        let (body, tag) = out.split_at_mut(plaintext.len() + trailer.len());
        let (front, back) = body.split_at_mut(plaintext.len());
        front.copy_from_slice(plaintext);
        back.copy_from_slice(trailer);
        self.key
            .seal_in_place_scatter(Nonce::from(nonce), Aad::from(aad), body, &[], tag)
            .map_err(|_| AeadError::TooLong)
    }

    /// Seals `plaintext` where it lies; `trailer`, sealed, and the tag go to `tail`, which has room for exactly both.
    ///
    /// # Errors
    /// [`AeadError::OutputLength`] or [`AeadError::TooLong`]; the buffers hold nothing of use then.
    #[inline]
    #[expect(clippy::too_many_arguments, reason = "the inputs of RFC 5116, 2.1, and where they go")]
    pub fn seal_in_place(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        plaintext: &mut [u8],
        trailer: &[u8],
        tail: &mut [u8],
    ) -> Result<(), AeadError> {
        exactly(trailer.len() + TAG_LEN, tail.len())?;
        self.key
            .seal_in_place_scatter(Nonce::from(nonce), Aad::from(aad), plaintext, trailer, tail)
            .map_err(|_| AeadError::TooLong)
    }

    /// Opens `sealed` (text, then tag) where it lies and lends out the plaintext.
    ///
    /// # Errors
    /// [`AeadError::Rejected`] if it is not authentic; `sealed` holds nothing of use then.
    #[inline]
    pub fn open_in_place<'a>(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        sealed: &'a mut [u8],
    ) -> Result<&'a mut [u8], AeadError> {
        let length = sealed.len().checked_sub(TAG_LEN).ok_or(AeadError::Rejected)?;
        let (text, tag) = sealed.split_at_mut(length);
        // With the tag apart AWS-LC's wrapper does not move the plaintext onto itself.
        self.key
            .open_in_place_separate_tag(Nonce::from(nonce), Aad::from(aad), tag, text)
            .map_err(|_| AeadError::Rejected)
    }
}

impl fmt::Debug for AeadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AeadKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

const fn exactly(expected: usize, got: usize) -> Result<(), AeadError> {
    if expected == got { Ok(()) } else { Err(AeadError::OutputLength { expected, got }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [AeadAlgorithm; 3] =
        [AeadAlgorithm::Aes128Gcm, AeadAlgorithm::Aes256Gcm, AeadAlgorithm::ChaCha20Poly1305];

    fn key(algorithm: AeadAlgorithm) -> AeadKey {
        AeadKey::new(algorithm, &[0x42; 32][..algorithm.key_len()]).unwrap()
    }

    #[test]
    fn both_ways_of_sealing_agree_and_open_again() {
        let plaintext: Vec<u8> = (0..=255).cycle().take(16_384).collect();
        for algorithm in ALL {
            let key = key(algorithm);
            for (len, trailer) in [
                (0, &[][..]),
                (0, &[22]),
                (1, &[23]),
                (100, &[23, 0, 0]),
                (COPIED_LEN, &[23]),
                (COPIED_LEN + 1, &[23]),
                (16_384, &[23]),
            ] {
                let text = &plaintext[..len];
                let mut apart = vec![0; len + trailer.len() + TAG_LEN];
                key.seal(&[1; 12], b"aad", text, trailer, &mut apart).unwrap();

                let mut within = text.to_vec();
                let mut tail = vec![0; trailer.len() + TAG_LEN];
                key.seal_in_place(&[1; 12], b"aad", &mut within, trailer, &mut tail).unwrap();
                within.extend_from_slice(&tail);
                assert_eq!(apart, within);

                let opened = key.open_in_place(&[1; 12], b"aad", &mut apart).unwrap();
                assert_eq!(opened, [text, trailer].concat());
            }
        }
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        for algorithm in ALL {
            let key = key(algorithm);
            let mut sealed = vec![0; 6 + TAG_LEN];
            key.seal(&[1; 12], b"aad", b"hello", &[23], &mut sealed).unwrap();
            for bit in 0..sealed.len() * 8 {
                let mut changed = sealed.clone();
                changed[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(key.open_in_place(&[1; 12], b"aad", &mut changed), Err(AeadError::Rejected));
            }
            assert_eq!(key.open_in_place(&[2; 12], b"aad", &mut sealed.clone()), Err(AeadError::Rejected));
            assert_eq!(key.open_in_place(&[1; 12], b"aax", &mut sealed.clone()), Err(AeadError::Rejected));
            assert!(key.open_in_place(&[1; 12], b"aad", &mut sealed).is_ok());
        }
    }

    #[test]
    fn too_short_for_a_tag_is_rejected() {
        for algorithm in ALL {
            for len in 0..TAG_LEN {
                assert_eq!(
                    key(algorithm).open_in_place(&[0; 12], &[], &mut vec![0; len]),
                    Err(AeadError::Rejected)
                );
            }
        }
    }

    #[test]
    fn wrong_lengths_are_named() {
        let wrong = AeadKey::new(AeadAlgorithm::Aes128Gcm, &[0; 32]).unwrap_err();
        assert_eq!(wrong.to_string(), "Aes128Gcm takes a key of 16 bytes, not 32");
        let key = key(AeadAlgorithm::Aes128Gcm);
        let expected = Err(AeadError::OutputLength { expected: 22, got: 21 });
        assert_eq!(key.seal(&[0; 12], &[], b"hello", &[23], &mut [0; 21]), expected);
        let expected = Err(AeadError::OutputLength { expected: 17, got: 16 });
        assert_eq!(key.seal_in_place(&[0; 12], &[], &mut [0; 5], &[23], &mut [0; 16]), expected);
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", key(AeadAlgorithm::Aes128Gcm)), "AeadKey { algorithm: Aes128Gcm, .. }");
    }
}
