//! Compressed certificates: nothing grows beyond the length that the peer declared.

use bulla_tls::CertificateCompression;
use bulla_tls::testing::{compress, inflate};

use crate::input::Input;

/// The longest that is declared here; the limits of a config allow less.
const MOST: usize = 0xffff;

/// The algorithm, the declared length, and what is said to inflate to it.
pub fn certificate(data: &[u8]) {
    let mut input = Input::new(data);
    let all = CertificateCompression::ALL;
    let algorithm = all[usize::from(input.u8()) % all.len()];
    let length = usize::from(input.u16()).min(MOST);
    let compressed = input.rest();
    let Some(message) = inflate(algorithm, compressed, length) else { return };
    assert_eq!(message.len(), length, "another length");
    for other in [length.wrapping_sub(1), length + 1] {
        let taken = other <= MOST && inflate(algorithm, compressed, other).is_some();
        assert!(!taken, "{algorithm:?}: {length} bytes, and {other}, too");
    }
    let again = compress(algorithm, &message).expect("memory does not fail");
    assert_eq!(inflate(algorithm, &again, length), Some(message), "{algorithm:?}: not there and back");
}
