//! HKDF (RFC 5869) over a cached HMAC key: Extract runs once, and no Expand schedules the key again.
//!
//! ```
//! use bulla_crypto::{hash::HashAlgorithm, hkdf::Prk};
//!
//! let prk = Prk::extract(HashAlgorithm::Sha256, b"salt", b"input keying material");
//! let mut key = [0; 16];
//! prk.expand(&[b"tls13 ", b"key"], &mut key)?;
//! # assert_ne!(key, [0; 16]);
//! # Ok::<(), bulla_crypto::hkdf::TooLong>(())
//! ```

use std::iter::once;

use crate::hash::HashAlgorithm;
use crate::hmac::{HmacKey, Tag};

/// More than 255 times the hash length was asked of [`Prk::expand`] (RFC 5869, 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("HKDF gives at most {limit} bytes with this hash, not {asked}")]
pub struct TooLong {
    /// The bytes asked for.
    pub asked: usize,
    /// The bytes there are.
    pub limit: usize,
}

/// The output of [`extract_bytes`] must be exactly as long as the hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a pseudorandom key has {expected} bytes with this hash, not {got}")]
pub struct WrongLength {
    /// The hash length.
    pub expected: usize,
    /// The length of the slice that was given.
    pub got: usize,
}

/// A pseudorandom key, ready to be expanded any number of times.
#[derive(Clone, Debug)]
pub struct Prk(HmacKey);

impl Prk {
    /// HKDF-Extract: the pseudorandom key of `ikm`. An empty salt counts as a salt of zeros (RFC 5869, 2.2).
    #[must_use]
    pub fn extract(hash: HashAlgorithm, salt: &[u8], ikm: &[u8]) -> Self {
        Self::new(hash, extracted(hash, salt, ikm).as_ref())
    }

    /// Takes bytes that are a pseudorandom key already, such as a TLS traffic secret.
    #[must_use]
    pub fn new(hash: HashAlgorithm, prk: &[u8]) -> Self {
        Self(HmacKey::new(hash, prk))
    }

    /// The hash function below.
    #[must_use]
    pub const fn hash(&self) -> HashAlgorithm {
        self.0.hash()
    }

    /// HKDF-Expand: fills `out` from this key and the concatenated `info`.
    ///
    /// # Errors
    /// [`TooLong`] if `out` is longer than 255 times the hash length; `out` is untouched then.
    pub fn expand(&self, info: &[&[u8]], out: &mut [u8]) -> Result<(), TooLong> {
        let hash_len = self.hash().output_len();
        let limit = 255 * hash_len;
        if out.len() > limit {
            return Err(TooLong { asked: out.len(), limit });
        }
        // T(n) = HMAC(PRK, T(n-1) | info | n), with T(0) empty.
        let mut previous: Option<Tag> = None;
        for (counter, place) in (1_u8..=255).zip(out.chunks_mut(hash_len)) {
            let before = previous.as_ref().map_or(&[][..], AsRef::as_ref);
            let counter = [counter];
            let block = self.0.sign_all(once(before).chain(info.iter().copied()).chain(once(&counter[..])));
            place.copy_from_slice(&block.as_ref()[..place.len()]);
            previous = Some(block);
        }
        Ok(())
    }
}

/// HKDF-Extract with the pseudorandom key written to `out`, for key schedules that feed it on as a salt.
///
/// # Errors
/// [`WrongLength`] unless `out` is exactly as long as the hash; `out` is untouched then.
pub fn extract_bytes(
    hash: HashAlgorithm,
    salt: &[u8],
    ikm: &[u8],
    out: &mut [u8],
) -> Result<(), WrongLength> {
    if out.len() != hash.output_len() {
        return Err(WrongLength { expected: hash.output_len(), got: out.len() });
    }
    out.copy_from_slice(extracted(hash, salt, ikm).as_ref());
    Ok(())
}

fn extracted(hash: HashAlgorithm, salt: &[u8], ikm: &[u8]) -> Tag {
    HmacKey::new(hash, salt).sign(&[ikm])
}
