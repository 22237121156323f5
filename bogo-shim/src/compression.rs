//! The algorithms of the runner's own (`cert_compression_tests.go`): one takes two bytes off, one puts four before the
//! message, one puts a byte before it that differs from time to time.

use std::hash::{BuildHasher as _, RandomState};

use bulla_tls::CertificateCompression;
use bulla_tls::registry::CertificateCompressionAlgorithm;

use crate::exchange::Failure;

const SHRINKING: u16 = 0xff01;
const EXPANDING: u16 = 0xff02;
const RANDOM: u16 = 0xff03;

/// In the order in which BoringSSL's shim has them.
pub const ALL: [u16; 3] = [EXPANDING, SHRINKING, RANDOM];

/// How a Certificate message with an empty request context begins.
const SHRINKING_PREFIX: &[u8] = &[0, 0];
const EXPANDING_PREFIX: &[u8] = &[1, 2, 3, 4];

/// The algorithm with this number.
pub fn of(id: u16) -> Result<CertificateCompression, Failure> {
    let number = CertificateCompressionAlgorithm(id);
    Ok(match id {
        SHRINKING => CertificateCompression::new(
            number,
            |message| message.strip_prefix(SHRINKING_PREFIX).map(<[u8]>::to_vec),
            |compressed, message| fill(message, &[SHRINKING_PREFIX, compressed].concat()),
        ),
        EXPANDING => CertificateCompression::new(
            number,
            |message| Some([EXPANDING_PREFIX, message].concat()),
            |compressed, message| {
                compressed.strip_prefix(EXPANDING_PREFIX).is_some_and(|rest| fill(message, rest))
            },
        ),
        RANDOM => CertificateCompression::new(
            number,
            |message| {
                let [first, ..] = RandomState::new().hash_one(0).to_be_bytes();
                Some([&[first], message].concat())
            },
            |compressed, message| compressed.get(1..).is_some_and(|rest| fill(message, rest)),
        ),
        _ => return Err(Failure::Unsupported(format!("certificate compression {id:#06x}"))),
    })
}

/// Whether this is what fills the message, which it then does.
fn fill(message: &mut [u8], bytes: &[u8]) -> bool {
    let fits = message.len() == bytes.len();
    message.iter_mut().zip(bytes).for_each(|(out, byte)| *out = *byte);
    fits
}
