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

use crate::hash::{HashAlgorithm, MAX_OUTPUT_LEN};
use crate::hmac::{HmacKey, Tag};
use crate::wipe::Wiped;

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

    /// HKDF-Extract where the salt is an HMAC key already.
    #[must_use]
    pub fn extract_by(salt: &HmacKey, ikm: &[u8]) -> Self {
        Self::new(salt.hash(), salt.sign(&[ikm]).as_ref())
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

    /// HKDF-Expand: fills `out` from this key and the concatenated `info`, which is no secret.
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
        let mut places = out.chunks_mut(hash_len);
        let Some(first) = places.next() else { return Ok(()) };
        let mut previous = self.0.sign_all(info.iter().copied().chain(once(&[1][..])));
        first.copy_from_slice(&previous.as_ref()[..first.len()]);
        for (counter, place) in (2_u8..=255).zip(places) {
            let counter = [counter];
            let parts = once(previous.as_ref()).chain(info.iter().copied()).chain(once(&counter[..]));
            let block = self.0.sign_all(parts);
            place.copy_from_slice(&block.as_ref()[..place.len()]);
            previous = block;
        }
        Ok(())
    }

    /// As [`expand`](Self::expand), for at most one output of the hash: fills `out`, or as much of it. The info lies in one
    /// piece; the last byte of `info` is not of it, and is overwritten by the counter.
    pub fn expand_once(&self, info: &mut [u8], out: &mut [u8]) {
        debug_assert!(out.len() <= self.hash().output_len());
        if let Some(counter) = info.last_mut() {
            *counter = 1;
        }
        self.0.sign_to(info, out);
    }

    /// A key of HMAC, as long as the hash, made of this one as [`expand_once`](Self::expand_once) would.
    #[must_use]
    pub fn expand_key(&self, info: &mut [u8]) -> HmacKey {
        let mut bytes = Wiped::<MAX_OUTPUT_LEN>::zeros();
        let bytes = &mut bytes[..self.hash().output_len()];
        self.expand_once(info, bytes);
        HmacKey::new(self.hash(), bytes)
    }

    /// The next pseudorandom key of a chain, as [`expand_once`](Self::expand_once) would make it.
    #[must_use]
    pub fn expand_prk(&self, info: &mut [u8]) -> Self {
        Self(self.expand_key(info))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap()
    }

    struct Vector {
        ikm: Vec<u8>,
        salt: Vec<u8>,
        info: Vec<u8>,
        prk: &'static str,
        okm: &'static str,
    }

    /// RFC 5869, A.1 to A.3: the vectors with SHA-256.
    fn vectors() -> [Vector; 3] {
        [
            Vector {
                ikm: vec![0x0b; 22],
                salt: (0..=0x0c).collect(),
                info: (0xf0..=0xf9).collect(),
                prk: "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
                okm: "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
            },
            Vector {
                ikm: (0..=0x4f).collect(),
                salt: (0x60..=0xaf).collect(),
                info: (0xb0..=0xff).collect(),
                prk: "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
                okm: "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c\
                      59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71\
                      cc30c58179ec3e87c14c01d5c1f3434f1d87",
            },
            Vector {
                ikm: vec![0x0b; 22],
                salt: Vec::new(),
                info: Vec::new(),
                prk: "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
                okm: "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
            },
        ]
    }

    #[test]
    fn vectors_of_rfc_5869() {
        for Vector { ikm, salt, info, prk, okm } in vectors() {
            let (prk, okm) = (bytes(prk), bytes(okm));
            let mut extracted = [0; 32];
            extract_bytes(HashAlgorithm::Sha256, &salt, &ikm, &mut extracted).unwrap();
            assert_eq!(extracted, *prk);

            let (front, back) = info.split_at(info.len() / 2);
            for key in
                [Prk::extract(HashAlgorithm::Sha256, &salt, &ikm), Prk::new(HashAlgorithm::Sha256, &prk)]
            {
                // Every prefix too, since the length does not enter the computation.
                for len in 0..=okm.len() {
                    let mut out = vec![0; len];
                    key.expand(&[front, back], &mut out).unwrap();
                    assert_eq!(out, okm[..len]);
                }
            }
        }
    }

    #[test]
    fn lengths_out_of_range_are_named() {
        let prk = Prk::new(HashAlgorithm::Sha256, &[7; 32]);
        assert!(prk.expand(&[], &mut vec![0; 255 * 32]).is_ok());
        let error = prk.expand(&[], &mut vec![0; 255 * 32 + 1]).unwrap_err();
        assert_eq!(error.to_string(), "HKDF gives at most 8160 bytes with this hash, not 8161");
        let error = extract_bytes(HashAlgorithm::Sha384, &[], &[], &mut [0; 32]).unwrap_err();
        assert_eq!(error.to_string(), "a pseudorandom key has 48 bytes with this hash, not 32");
    }
}
