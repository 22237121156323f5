//! Two ways to HMAC, of which the floor of a row is the faster: AWS-LC's own, and the definition (RFC 2104) over
//! sha2's compression function, with nothing wiped and nothing checked.

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hmac;
use bench_peer::case::Suite;
use sha2::block_api::compress256;
use std::hint::black_box;

/// Whose HMAC is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Provider {
    AwsLc,
    /// With SHA-256; SHA-384, which is in no row with HMACs, is AWS-LC's here too.
    Sha2,
}

/// A scheduled key.
#[expect(clippy::large_enum_variant, reason = "a box would be an allocation that no handshake needs")]
pub(crate) enum Key {
    AwsLc(hmac::Key),
    Sha2 { inner: [u32; 8], outer: [u32; 8] },
}

/// The initial hash value of SHA-256 (FIPS 180-4 section 5.3.3).
const START: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

impl Key {
    /// Schedules a key as long as the suite's hash.
    pub(crate) fn new(provider: Provider, suite: Suite, bytes: &[u8]) -> Self {
        let algorithm = match (provider, suite) {
            (_, Suite::Aes256Gcm) => hmac::HMAC_SHA384,
            (Provider::AwsLc, _) => hmac::HMAC_SHA256,
            (Provider::Sha2, _) => return Self::over_sha2(bytes),
        };
        Self::AwsLc(hmac::Key::new(algorithm, bytes))
    }

    fn over_sha2(bytes: &[u8]) -> Self {
        let (mut inner, mut outer) = (START, START);
        let mut block = [0x36; 64];
        block.iter_mut().zip(bytes).for_each(|(byte, key)| *byte ^= key);
        compress256(&mut inner, &[block]);
        block.iter_mut().for_each(|byte| *byte ^= 0x36 ^ 0x5c);
        compress256(&mut outer, &[block]);
        Self::Sha2 { inner, outer }
    }

    /// The tag of a message, seen by nobody.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<(), Unspecified> {
        match self {
            Self::AwsLc(key) => {
                black_box(hmac::sign_to_buffer(key, message, &mut [0; 48])?);
            }
            Self::Sha2 { inner, outer } => {
                black_box(tag(*inner, *outer, message));
            }
        }
        Ok(())
    }
}

fn tag(mut inner: [u32; 8], mut outer: [u32; 8], message: &[u8]) -> [u8; 32] {
    let (blocks, rest) = message.as_chunks();
    compress256(&mut inner, blocks);
    let mut ends = [[0; 64]; 2];
    let count = if rest.len() < 56 { 1 } else { 2 };
    let bytes = &mut ends.as_flattened_mut()[..64 * count];
    bytes[..rest.len()].copy_from_slice(rest);
    end(bytes, rest.len(), 64 + message.len());
    compress256(&mut inner, &ends[..count]);

    let mut last = [0; 64];
    last[..32].copy_from_slice(&bytes_of(inner));
    end(&mut last, 32, 64 + 32);
    compress256(&mut outer, &[last]);
    bytes_of(outer)
}

/// Puts behind `filled` bytes what SHA-256 puts behind a message of `length`.
fn end(bytes: &mut [u8], filled: usize, length: usize) {
    bytes[filled] = 0x80;
    if let Some(place) = bytes.last_chunk_mut() {
        *place = (length as u64 * 8).to_be_bytes();
    }
}

fn bytes_of(state: [u32; 8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.as_chunks_mut().0.iter_mut().zip(state).for_each(|(place, word)| *place = word.to_be_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Else the floor would compute something that no handshake can use.
    #[test]
    fn both_make_the_same_tags() {
        let message: Vec<u8> = (0..200).collect();
        let secret = &message[7..39];
        let other = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let Key::Sha2 { inner, outer } = Key::over_sha2(secret) else { unreachable!("it is made there") };
        for length in 0..=message.len() {
            let message = &message[..length];
            assert_eq!(tag(inner, outer, message), hmac::sign(&other, message).as_ref(), "{length}");
        }
    }
}
