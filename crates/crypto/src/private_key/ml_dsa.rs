//! ML-DSA keys in PKCS#8 (RFC 9881, 6).

use zeroize::Zeroizing;

use crate::der::{self, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, Reader, SEQUENCE};
use crate::signature::KeyKind;

pub(super) const ML_DSA_44: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x11];
pub(super) const ML_DSA_65: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x12];
pub(super) const ML_DSA_87: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x13];

/// The tag of the seed where it stands alone.
const SEED: u8 = 0x80;

/// RFC 9881, 6: ML-DSA-PrivateKey ::= CHOICE { seed \[0\] OCTET STRING (SIZE (32)), expandedKey OCTET STRING, both
/// SEQUENCE { seed, expandedKey } }
///
/// The provider compares the halves of `both`, and the lengths; what follows them it would pass over.
pub(super) fn is_well_formed(private_key: &[u8]) -> bool {
    let mut choice = Reader::new(private_key);
    let read = match private_key.first() {
        Some(&SEED) => choice.read(SEED).is_some(),
        Some(&OCTET_STRING) => choice.read(OCTET_STRING).is_some(),
        _ => choice.read(SEQUENCE).is_some_and(|both| {
            let mut both = Reader::new(both);
            both.read(OCTET_STRING).and(both.read(OCTET_STRING)).is_some() && both.is_empty()
        }),
    };
    read && choice.is_empty()
}

/// The PKCS#8 of an expanded key whose seed is unknown.
pub(super) fn pkcs8(kind: KeyKind, expanded: &[u8]) -> Zeroizing<Vec<u8>> {
    let identifier = match kind {
        KeyKind::MlDsa87 => ML_DSA_87,
        KeyKind::MlDsa65 => ML_DSA_65,
        _ => ML_DSA_44,
    };
    let algorithm = der::element(SEQUENCE, &[&der::element(OBJECT_IDENTIFIER, &[identifier])]);
    let private_key = der::element(OCTET_STRING, &[&der::element(OCTET_STRING, &[expanded])]);
    der::element(SEQUENCE, &[&[INTEGER, 1, 0], &algorithm, &private_key])
}
