//! HMAC (RFC 2104) over a key that is scheduled once.
//!
//! ```
//! use bulla_crypto::{hash::HashAlgorithm, hmac::HmacKey};
//!
//! let key = HmacKey::new(HashAlgorithm::Sha256, b"finished key");
//! let tag = key.sign(&[b"transcript ", b"hash"]);
//! assert!(key.verify(&[b"transcript hash"], tag.as_ref()));
//! assert!(!key.verify(&[b"another hash"], tag.as_ref()));
//! ```

use std::fmt;
use std::iter::once;

use aws_lc_rs::hmac;

use crate::compare;
use crate::hash::{HashAlgorithm, MAX_OUTPUT_LEN};
use crate::wipe::wipe;

/// Messages up to this length are gathered on the stack and signed in one call, straight into memory that is cleared:
/// all labels of TLS are, with what stands behind them.
const GATHERED_LEN: usize = 192;

/// An HMAC key whose inner and outer hash states are computed. A clone copies them and does not schedule again.
#[derive(Clone)]
pub struct HmacKey {
    hash: HashAlgorithm,
    key: hmac::Key,
}

impl HmacKey {
    /// Schedules `key`, which may have any length.
    #[must_use]
    pub fn new(hash: HashAlgorithm, key: &[u8]) -> Self {
        let algorithm = match hash {
            HashAlgorithm::Sha256 => hmac::HMAC_SHA256,
            HashAlgorithm::Sha384 => hmac::HMAC_SHA384,
            HashAlgorithm::Sha512 => hmac::HMAC_SHA512,
        };
        Self { hash, key: hmac::Key::new(algorithm, key) }
    }

    /// The hash function below.
    #[must_use]
    pub const fn hash(&self) -> HashAlgorithm {
        self.hash
    }

    /// The tag of the concatenated `parts`.
    #[must_use]
    pub fn sign(&self, parts: &[&[u8]]) -> Tag {
        match parts {
            [message] => self.sign_message(message),
            _ => self.sign_all(parts.iter().copied()),
        }
    }

    /// The tag of `message`, written where it is to stay: `out` takes as much of it as it has room for.
    ///
    /// ```
    /// # use bulla_crypto::{hash::HashAlgorithm, hmac::HmacKey};
    /// # let key = HmacKey::new(HashAlgorithm::Sha256, b"key");
    /// let mut verify_data = [0; 12];
    /// key.sign_to(b"transcript hash", &mut verify_data);
    /// assert_eq!(verify_data, key.sign(&[b"transcript hash"]).as_ref()[..12]);
    /// ```
    #[inline]
    pub fn sign_to(&self, message: &[u8], out: &mut [u8]) {
        if out.len() >= self.hash.output_len() {
            self.sign_into(message, out);
        } else {
            let tag = self.sign_message(message);
            out.copy_from_slice(&tag.as_ref()[..out.len()]);
        }
    }

    /// Whether `tag` is the whole tag of the concatenated `parts`, compared in constant time.
    /// A truncated tag is never accepted.
    #[must_use]
    pub fn verify(&self, parts: &[&[u8]], tag: &[u8]) -> bool {
        compare::equal(self.sign(parts).as_ref(), tag)
    }

    /// As [`HmacKey::sign`], for callers whose parts lie in no one slice.
    pub(crate) fn sign_all<'a>(&self, parts: impl Iterator<Item = &'a [u8]> + Clone) -> Tag {
        let mut tag = Tag { bytes: [0; MAX_OUTPUT_LEN], len: self.hash.output_len() };
        let total: usize = parts.clone().map(<[u8]>::len).sum();
        let mut gathered = [0; GATHERED_LEN];
        match gathered.get_mut(..total) {
            Some(message) => {
                let mut rest = &mut *message;
                for part in parts {
                    let (place, behind) = rest.split_at_mut(part.len());
                    place.copy_from_slice(part);
                    rest = behind;
                }
                self.sign_into(message, &mut tag.bytes);
                wipe(message);
            }
            None => self.sign_long(parts, &mut tag),
        }
        tag
    }

    /// The tag of the concatenated `parts`, which are no secret, and a byte behind them.
    pub(crate) fn sign_public(&self, parts: &[&[u8]], last: u8) -> Tag {
        let mut gathered = [0; GATHERED_LEN];
        let mut length = 0;
        for part in parts {
            // Room for the last byte stays.
            match gathered[..GATHERED_LEN - 1].get_mut(length..length + part.len()) {
                Some(place) => place.copy_from_slice(part),
                None => return self.sign_all(parts.iter().copied().chain(once(&[last][..]))),
            }
            length += part.len();
        }
        gathered[length] = last;
        self.sign_message(&gathered[..=length])
    }

    fn sign_message(&self, message: &[u8]) -> Tag {
        let mut tag = Tag { bytes: [0; MAX_OUTPUT_LEN], len: self.hash.output_len() };
        self.sign_into(message, &mut tag.bytes);
        tag
    }

    #[expect(
        clippy::expect_used,
        reason = "every caller's output is as long as the tag, and HMAC has no other failure"
    )]
    fn sign_into(&self, message: &[u8], out: &mut [u8]) {
        hmac::sign_to_buffer(&self.key, message, out).expect("HMAC over a buffer of full length");
    }

    fn sign_long<'a>(&self, parts: impl Iterator<Item = &'a [u8]>, tag: &mut Tag) {
        let mut context = hmac::Context::with_key(&self.key);
        parts.for_each(|part| context.update(part));
        tag.bytes[..tag.len].copy_from_slice(context.sign().as_ref());
    }
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HmacKey").field("hash", &self.hash).finish_non_exhaustive()
    }
}

/// An HMAC output. It may be key material, so it is cleared when dropped and never printed.
#[derive(Clone)]
pub struct Tag {
    bytes: [u8; MAX_OUTPUT_LEN],
    len: usize,
}

impl AsRef<[u8]> for Tag {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl Drop for Tag {
    fn drop(&mut self) {
        wipe(&mut self.bytes);
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tag").field("len", &self.len).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both ways of feeding the provider must agree, and so must every way of cutting the message.
    #[test]
    fn short_and_long_messages_are_signed_alike() {
        let message: Vec<u8> = (0..=255).cycle().take(GATHERED_LEN + 40).collect();
        for hash in [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512] {
            let key = HmacKey::new(hash, b"key");
            for len in [0, 1, GATHERED_LEN - 1, GATHERED_LEN, GATHERED_LEN + 1, message.len()] {
                let expected = hmac::sign(&key.key, &message[..len]);
                let (front, back) = message[..len].split_at(len / 3);
                assert_eq!(key.sign(&[front, &[], back]).as_ref(), expected.as_ref());
                assert_eq!(key.sign(&[&message[..len]]).as_ref(), expected.as_ref());
            }
        }
    }

    #[test]
    fn debug_shows_no_key_and_no_tag() {
        let key = HmacKey::new(HashAlgorithm::Sha256, b"secret");
        assert_eq!(format!("{key:?}"), "HmacKey { hash: Sha256, .. }");
        assert_eq!(format!("{:?}", key.sign(&[b"m"])), "Tag { len: 32, .. }");
    }
}
