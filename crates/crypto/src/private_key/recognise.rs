//! What kind of key an encoding holds, so that errors can say so and the provider is asked for the right one.

use rustls_pki_types::PrivateKeyDer;

use crate::der::{self, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, Reader, SEQUENCE};
use crate::signature::KeyKind;

use super::{KeyError, ml_dsa};

// Object identifiers, by their contents in DER.
pub(crate) const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const RSASSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const DSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
const ED448: &[u8] = &[0x2b, 0x65, 0x71];
const X25519: &[u8] = &[0x2b, 0x65, 0x6e];
const X448: &[u8] = &[0x2b, 0x65, 0x6f];
const SECP256R1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const SECP384R1: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const SECP521R1: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];

/// RFC 5915: the element of an ECPrivateKey that names its curve.
const CURVE: u8 = 0xa0;

/// RFC 5958, 2: OneAsymmetricKey ::= SEQUENCE { version, privateKeyAlgorithm, privateKey, ... }
pub(super) fn pkcs8(bytes: &[u8]) -> Result<KeyKind, KeyError> {
    let (algorithm, parameters, private_key) =
        one_asymmetric_key(bytes).ok_or(KeyError::Malformed("PKCS#8 key"))?;
    match algorithm {
        RSA_ENCRYPTION => Ok(KeyKind::Rsa),
        EC_PUBLIC_KEY => named_curve(parameters),
        ED25519 => Ok(KeyKind::Ed25519),
        ml_dsa::ML_DSA_44 | ml_dsa::ML_DSA_65 | ml_dsa::ML_DSA_87 if !ml_dsa::is_well_formed(private_key) => {
            Err(KeyError::Malformed("ML-DSA key in PKCS#8"))
        }
        ml_dsa::ML_DSA_44 => Ok(KeyKind::MlDsa44),
        ml_dsa::ML_DSA_65 => Ok(KeyKind::MlDsa65),
        ml_dsa::ML_DSA_87 => Ok(KeyKind::MlDsa87),
        RSASSA_PSS => Err(KeyError::Unsupported("RSASSA-PSS alone")),
        DSA => Err(KeyError::Unsupported("DSA")),
        ED448 => Err(KeyError::Unsupported("Ed448")),
        X25519 => Err(KeyError::Unsupported("X25519")),
        X448 => Err(KeyError::Unsupported("X448")),
        _ => Err(KeyError::Unsupported("an unknown algorithm")),
    }
}

/// Whether this is the encoding of a PKCS#8 key, of any algorithm.
#[cfg(feature = "files")]
pub(super) fn is_pkcs8(bytes: &[u8]) -> bool {
    one_asymmetric_key(bytes).is_some()
}

/// RFC 5915, 3: ECPrivateKey ::= SEQUENCE { version, privateKey, \[0\] parameters OPTIONAL, \[1\] publicKey OPTIONAL }
///
/// Some tools leave the curve out; the length of the private key tells it then.
pub(super) fn sec1(bytes: &[u8]) -> Result<KeyKind, KeyError> {
    let (private_key, parameters) = ec_private_key(bytes).ok_or(KeyError::Malformed("SEC 1 key"))?;
    match (parameters, private_key.len()) {
        (Some(parameters), _) => named_curve(Reader::new(parameters)),
        (None, 32) => Ok(KeyKind::EcP256),
        (None, 48) => Ok(KeyKind::EcP384),
        (None, 66) => Ok(KeyKind::EcP521),
        (None, _) => Err(KeyError::Malformed("SEC 1 key")),
    }
}

/// RFC 8017, A.1.2: RSAPrivateKey ::= SEQUENCE { version, modulus, ... }
pub(super) fn pkcs1(bytes: &[u8]) -> Result<KeyKind, KeyError> {
    modulus_bits(bytes).map(|_| KeyKind::Rsa).ok_or(KeyError::Malformed("PKCS#1 key"))
}

/// The length of the modulus, if this is an RSA key.
pub(super) fn rsa_bits(der: &PrivateKeyDer<'_>) -> Option<usize> {
    match der {
        PrivateKeyDer::Pkcs1(key) => modulus_bits(key.secret_pkcs1_der()),
        PrivateKeyDer::Pkcs8(key) => {
            let (algorithm, _, private_key) = one_asymmetric_key(key.secret_pkcs8_der())?;
            if algorithm == RSA_ENCRYPTION { modulus_bits(private_key) } else { None }
        }
        _ => None,
    }
}

fn modulus_bits(bytes: &[u8]) -> Option<usize> {
    let mut fields = der::sequence(bytes)?;
    let version = fields.read(INTEGER)?;
    if version == [0] { Some(der::bit_length(fields.positive()?)) } else { None }
}

/// The contents of the private key in PKCS#8.
pub(super) fn private_key(pkcs8: &[u8]) -> Option<&[u8]> {
    one_asymmetric_key(pkcs8).map(|(_, _, private_key)| private_key)
}

/// The algorithm, the reader of its parameters, and the private key.
fn one_asymmetric_key(bytes: &[u8]) -> Option<(&[u8], Reader<'_>, &[u8])> {
    let mut fields = der::sequence(bytes)?;
    fields.read(INTEGER)?;
    let mut algorithm = Reader::new(fields.read(SEQUENCE)?);
    let private_key = fields.read(OCTET_STRING)?;
    Some((algorithm.read(OBJECT_IDENTIFIER)?, algorithm, private_key))
}

fn ec_private_key(bytes: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let mut fields = der::sequence(bytes)?;
    fields.read(INTEGER)?;
    Some((fields.read(OCTET_STRING)?, fields.read_if(CURVE)))
}

fn named_curve(mut parameters: Reader<'_>) -> Result<KeyKind, KeyError> {
    match parameters.read(OBJECT_IDENTIFIER) {
        Some(SECP256R1) => Ok(KeyKind::EcP256),
        Some(SECP384R1) => Ok(KeyKind::EcP384),
        Some(SECP521R1) => Ok(KeyKind::EcP521),
        Some(_) => Err(KeyError::Unsupported("ECDSA on another curve")),
        None => Err(KeyError::Unsupported("ECDSA on a curve without a name")),
    }
}
