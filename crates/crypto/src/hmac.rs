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
//!
//! The hash below is RustCrypto's `sha2`, not AWS-LC's: for messages as short as those of a key schedule it takes half
//! the time, and a key is 64 or 128 bytes instead of 1 232. To go back to AWS-LC (for FIPS), `States` is all that changes.

mod pair;

use std::fmt;

use crate::compare;
use crate::hash::{HashAlgorithm, MAX_OUTPUT_LEN};
use crate::wipe::wipe;
use pair::Pair;

/// Messages in parts are gathered on the stack up to this length: all of TLS are.
const GATHERED_LEN: usize = 192;

/// An HMAC key whose inner and outer hash states are computed. A clone copies them and does not schedule again.
#[derive(Clone)]
pub struct HmacKey {
    hash: HashAlgorithm,
    states: States,
}

#[derive(Clone)]
enum States {
    Sha256(Pair<u32, 64>),
    /// SHA-384 is SHA-512 with another start, and a shorter output.
    Sha512(Pair<u64, 128>),
}

/// The initial hash values (FIPS 180-4 section 5.3).
const START_SHA256: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
const START_SHA384: [u64; 8] = [
    0xcbbb_9d5d_c105_9ed8,
    0x629a_292a_367c_d507,
    0x9159_015a_3070_dd17,
    0x152f_ecd8_f70e_5939,
    0x6733_2667_ffc0_0b31,
    0x8eb4_4a87_6858_1511,
    0xdb0c_2e0d_64f9_8fa7,
    0x47b5_481d_befa_4fa4,
];
const START_SHA512: [u64; 8] = [
    0x6a09_e667_f3bc_c908,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
    0x1f83_d9ab_fb41_bd6b,
    0x5be0_cd19_137e_2179,
];

impl HmacKey {
    /// Schedules `key`, which may have any length.
    #[must_use]
    pub fn new(hash: HashAlgorithm, key: &[u8]) -> Self {
        let output = hash.output_len();
        let states = match hash {
            HashAlgorithm::Sha256 => States::Sha256(Pair::new(START_SHA256, output, key)),
            HashAlgorithm::Sha384 => States::Sha512(Pair::new(START_SHA384, output, key)),
            HashAlgorithm::Sha512 => States::Sha512(Pair::new(START_SHA512, output, key)),
        };
        Self { hash, states }
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
    pub fn sign_to(&self, message: &[u8], out: &mut [u8]) {
        let output = self.hash.output_len();
        let room = out.len().min(output);
        let out = &mut out[..room];
        match &self.states {
            States::Sha256(pair) => pair.sign(message, output, out),
            States::Sha512(pair) => pair.sign(message, output, out),
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
        let total = parts.clone().map(<[u8]>::len).sum();
        let mut short = [0; GATHERED_LEN];
        let mut long = Vec::new();
        let message = short.get_mut(..total).unwrap_or_else(|| {
            long.resize(total, 0);
            &mut long
        });
        let mut rest = &mut *message;
        for part in parts {
            let (place, behind) = rest.split_at_mut(part.len());
            place.copy_from_slice(part);
            rest = behind;
        }
        let tag = self.sign_message(message);
        wipe(message);
        tag
    }

    fn sign_message(&self, message: &[u8]) -> Tag {
        let mut tag = Tag { bytes: [0; MAX_OUTPUT_LEN], len: self.hash.output_len() };
        self.sign_to(message, &mut tag.bytes);
        tag
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
    use aws_lc_rs::hmac;

    use super::*;

    const HASHES: [(HashAlgorithm, hmac::Algorithm); 3] = [
        (HashAlgorithm::Sha256, hmac::HMAC_SHA256),
        (HashAlgorithm::Sha384, hmac::HMAC_SHA384),
        (HashAlgorithm::Sha512, hmac::HMAC_SHA512),
    ];

    /// AWS-LC is the oracle: all lengths of keys and messages beyond the sizes of blocks and digests.
    #[test]
    fn any_key_and_message_are_signed_as_by_the_other_provider() {
        let bytes: Vec<u8> = (0..=255).cycle().take(500).collect();
        for (hash, algorithm) in HASHES {
            for key_len in 0..=200 {
                let key = HmacKey::new(hash, &bytes[..key_len]);
                let other = hmac::Key::new(algorithm, &bytes[..key_len]);
                for len in 0..=300 {
                    let message = &bytes[key_len..][..len];
                    let expected = hmac::sign(&other, message);
                    assert_eq!(key.sign(&[message]).as_ref(), expected.as_ref(), "{hash:?} {key_len} {len}");
                }
            }
        }
    }

    #[test]
    fn any_cut_and_any_room_give_the_same_tag() {
        let bytes: Vec<u8> = (0..=255).cycle().take(300).collect();
        for (hash, algorithm) in HASHES {
            let key = HmacKey::new(hash, b"key");
            let other = hmac::Key::new(algorithm, b"key");
            for len in [0, 1, 55, 56, 63, 64, 65, 111, 112, 119, 120, 127, 128, 129, 240, 300] {
                let expected = hmac::sign(&other, &bytes[..len]);
                for cut in 0..=len {
                    let (front, back) = bytes[..len].split_at(cut);
                    let (middle, back) = back.split_at(back.len() / 2);
                    assert_eq!(key.sign(&[front, &[], middle, back]).as_ref(), expected.as_ref());
                }
                for size in [1, 7, 64, 128] {
                    let parts: Vec<&[u8]> = bytes[..len].chunks(size).collect();
                    assert_eq!(key.sign(&parts).as_ref(), expected.as_ref());
                }
                for room in 0..=MAX_OUTPUT_LEN + 1 {
                    let mut out = [0xaa; MAX_OUTPUT_LEN + 1];
                    key.sign_to(&bytes[..len], &mut out[..room]);
                    let written = room.min(hash.output_len());
                    assert_eq!(out[..written], expected.as_ref()[..written]);
                    assert!(out[written..].iter().all(|byte| *byte == 0xaa), "{hash:?} {room}");
                }
            }
        }
    }

    /// Handshakes hold it in their boxes, and move it about.
    #[test]
    fn a_key_is_small() {
        assert_eq!(size_of::<Pair<u32, 64>>(), 64);
        assert!(size_of::<HmacKey>() <= 144, "{}", size_of::<HmacKey>());
    }

    #[test]
    fn debug_shows_no_key_and_no_tag() {
        let key = HmacKey::new(HashAlgorithm::Sha256, b"secret");
        assert_eq!(format!("{key:?}"), "HmacKey { hash: Sha256, .. }");
        assert_eq!(format!("{:?}", key.sign(&[b"m"])), "Tag { len: 32, .. }");
    }
}
