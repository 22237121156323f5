//! The keys in `tests/keys` were made with OpenSSL 3.0, for these tests alone; those of ML-DSA are the examples of RFC
//! 9881, appendix C.

use rustls_pki_types::{PrivatePkcs8KeyDer, PrivateSec1KeyDer};

use super::*;
use crate::signature::PublicKey;

macro_rules! key {
    ($name:literal) => {
        include_bytes!(concat!("../../tests/keys/", $name, ".pem"))
    };
}

const READABLE: [(&[u8], KeyKind); 14] = [
    (key!("p256.sec1"), KeyKind::EcP256),
    (key!("p256.pkcs8"), KeyKind::EcP256),
    (key!("p384.sec1"), KeyKind::EcP384),
    (key!("p384.pkcs8"), KeyKind::EcP384),
    (key!("p521.sec1"), KeyKind::EcP521),
    (key!("p521.pkcs8"), KeyKind::EcP521),
    (key!("ed25519.pkcs8"), KeyKind::Ed25519),
    (key!("ml-dsa-44.seed"), KeyKind::MlDsa44),
    (key!("ml-dsa-44.expanded"), KeyKind::MlDsa44),
    (key!("ml-dsa-44.both"), KeyKind::MlDsa44),
    (key!("ml-dsa-65.seed"), KeyKind::MlDsa65),
    (key!("ml-dsa-87.seed"), KeyKind::MlDsa87),
    (key!("rsa-2048.pkcs1"), KeyKind::Rsa),
    (key!("rsa-2048.pkcs8"), KeyKind::Rsa),
];

#[test]
fn every_encoding_is_read_signs_and_is_written_again() {
    for (text, kind) in READABLE {
        let key = PrivateKey::from_pem(text).unwrap();
        assert_eq!(key.kind(), kind);
        let again = PrivateKey::from_pem(key.to_pem().unwrap().as_bytes()).unwrap();
        assert_eq!(again.public_key_bits(), key.public_key_bits());
        let public = PublicKey::new(kind, key.public_key_bits()).unwrap();
        for &algorithm in key.algorithms() {
            let signature = again.sign(algorithm, b"message").unwrap();
            assert_eq!(public.verify(algorithm, b"message", &signature), Ok(()));
        }
    }
}

#[test]
fn both_encodings_of_a_key_give_the_same_key() {
    let pairs: [(&[u8], &[u8]); 6] = [
        (key!("p256.sec1"), key!("p256.pkcs8")),
        (key!("p384.sec1"), key!("p384.pkcs8")),
        (key!("p521.sec1"), key!("p521.pkcs8")),
        (key!("rsa-2048.pkcs1"), key!("rsa-2048.pkcs8")),
        (key!("ml-dsa-44.seed"), key!("ml-dsa-44.expanded")),
        (key!("ml-dsa-44.seed"), key!("ml-dsa-44.both")),
    ];
    for (old, new) in pairs {
        let (old, new) = (PrivateKey::from_pem(old).unwrap(), PrivateKey::from_pem(new).unwrap());
        assert_eq!(old.public_key_bits(), new.public_key_bits());
    }
}

/// What we write is what OpenSSL writes.
#[test]
fn pkcs8_is_written_as_openssl_writes_it() {
    let theirs: [&[u8]; 5] = [
        key!("p256.pkcs8"),
        key!("p384.pkcs8"),
        key!("p521.pkcs8"),
        key!("ed25519.pkcs8"),
        key!("rsa-2048.pkcs8"),
    ];
    for text in theirs {
        let ours = PrivateKey::from_pem(text).unwrap().to_pem().unwrap();
        assert_eq!(ours.as_str(), str::from_utf8(text).unwrap());
    }
}

/// RFC 9881, appendix C: the seed is written wherever it is known, the expanded key where it is all there is.
#[test]
fn ml_dsa_is_written_as_rfc_9881_has_it() {
    let written: [(&[u8], &[u8]); 5] = [
        (key!("ml-dsa-44.seed"), key!("ml-dsa-44.seed")),
        (key!("ml-dsa-44.both"), key!("ml-dsa-44.seed")),
        (key!("ml-dsa-44.expanded"), key!("ml-dsa-44.expanded")),
        (key!("ml-dsa-65.seed"), key!("ml-dsa-65.seed")),
        (key!("ml-dsa-87.seed"), key!("ml-dsa-87.seed")),
    ];
    for (read, expected) in written {
        let ours = PrivateKey::from_pem(read).unwrap().to_pem().unwrap();
        assert_eq!(ours.as_str(), str::from_utf8(expected).unwrap());
    }
}

/// RFC 9881, C.4: a seed and an expanded key of two keys, a `tr` of another public key, a `t0` that the vectors do not
/// give.
#[test]
fn inconsistent_ml_dsa_keys_are_refused() {
    let keys: [&[u8]; 3] = [
        key!("ml-dsa-44.inconsistent-1"),
        key!("ml-dsa-44.inconsistent-2"),
        key!("ml-dsa-44.inconsistent-3"),
    ];
    for text in keys {
        assert_eq!(PrivateKey::from_pem(text).unwrap_err(), KeyError::Rejected(KeyKind::MlDsa44));
    }
}

/// RFC 8410, 10.3: the same key without and with its public half (PKCS#8 version 1 and 2).
#[test]
fn the_ed25519_examples_of_rfc_8410() {
    let first = b"-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
        -----END PRIVATE KEY-----\n";
    let second = b"-----BEGIN PRIVATE KEY-----\n\
        MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
        oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB\n\
        Z9w7lshQhqowtrbLDFw4rXAxZuE=\n\
        -----END PRIVATE KEY-----\n";
    let public = "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";
    for text in [&first[..], second] {
        let key = PrivateKey::from_pem(text).unwrap();
        assert_eq!(data_encoding::HEXLOWER.encode(key.public_key_bits()), public);
    }
}

#[test]
fn keys_that_cannot_sign_here_are_named() {
    let refused: [(&[u8], KeyError); 6] = [
        (key!("secp256k1.pkcs8"), KeyError::Unsupported("ECDSA on another curve")),
        (key!("p256.explicit.sec1"), KeyError::Unsupported("ECDSA on a curve without a name")),
        (key!("x25519.pkcs8"), KeyError::Unsupported("X25519")),
        (key!("ed448.pkcs8"), KeyError::Unsupported("Ed448")),
        (key!("rsa-pss.pkcs8"), KeyError::Unsupported("RSASSA-PSS alone")),
        (key!("rsa-1024.pkcs1"), KeyError::RsaLength { bits: 1024 }),
    ];
    for (text, error) in refused {
        assert_eq!(PrivateKey::from_pem(text).unwrap_err(), error);
    }
    let error = KeyError::Unsupported("X25519").to_string();
    assert_eq!(
        error,
        "a private key for X25519 cannot be used: take one for ECDSA (P-256, P-384, P-521), Ed25519, \
         ML-DSA or RSA"
    );
}

#[test]
fn encrypted_keys_are_recognised() {
    let texts: [&[u8]; 2] = [key!("p256.encrypted"), key!("p256.encrypted-sec1")];
    for text in texts {
        assert_eq!(PrivateKey::from_pem(text).unwrap_err(), KeyError::Encrypted { line: 1 });
    }
}

#[test]
fn exactly_one_key_is_expected() {
    assert_eq!(PrivateKey::from_pem(b"no PEM at all").unwrap_err(), KeyError::NoKey);
    let certificate = pem::write("CERTIFICATE", &[0x30, 0]);
    assert_eq!(PrivateKey::from_pem(certificate.as_bytes()).unwrap_err(), KeyError::NoKey);
    let beside = [certificate.as_bytes(), key!("ed25519.pkcs8")].concat();
    assert!(PrivateKey::from_pem(&beside).is_ok());
    let twice = [&key!("ed25519.pkcs8")[..], key!("p256.sec1")].concat();
    assert_eq!(PrivateKey::from_pem(&twice).unwrap_err(), KeyError::SeveralKeys { first: 1, second: 7 });
    let unknown = pem::write("DSA PRIVATE KEY", &[0x30, 0]);
    assert_eq!(
        PrivateKey::from_pem(unknown.as_bytes()).unwrap_err(),
        KeyError::Unsupported("another algorithm")
    );
}

fn der_of(text: &[u8]) -> Vec<u8> {
    let sections = pem::read(text).unwrap();
    sections.into_iter().find(pem::Section::is_private_key).unwrap().into_der()
}

/// The public half in an EC key is checked against the private one; a changed bit in either is noticed.
#[test]
fn halves_that_do_not_belong_together_are_refused() {
    let mut der = der_of(key!("p256.sec1"));
    *der.last_mut().unwrap() ^= 1;
    let error = PrivateKey::from_der(&PrivateSec1KeyDer::from(der).into()).unwrap_err();
    assert_eq!(error, KeyError::Rejected(KeyKind::EcP256));

    let mut der = der_of(key!("p256.pkcs8"));
    let private_key = der.windows(2).position(|pair| pair == [0x04, 0x20]).unwrap() + 2;
    der[private_key + 31] ^= 1;
    let error = PrivateKey::from_der(&PrivatePkcs8KeyDer::from(der).into()).unwrap_err();
    assert_eq!(error, KeyError::Rejected(KeyKind::EcP256));

    let mut der = der_of(key!("rsa-2048.pkcs8"));
    let last = der.len() - 1;
    der[last] ^= 1;
    let error = PrivateKey::from_der(&PrivatePkcs8KeyDer::from(der).into()).unwrap_err();
    assert_eq!(error, KeyError::Rejected(KeyKind::Rsa));
}

/// Cut short anywhere, lengthened, or taken for another format: an error, never a key and never a panic.
#[test]
fn damaged_encodings_are_refused() {
    for (text, _) in READABLE {
        let whole = der_of(text);
        let longer = [&whole[..], &[0]].concat();
        let cuts = (0..whole.len()).map(|len| &whole[..len]).chain([&longer[..]]);
        for der in cuts {
            assert!(PrivateKey::from_der(&PrivatePkcs8KeyDer::from(der).into()).is_err());
            assert!(PrivateKey::from_der(&PrivateSec1KeyDer::from(der).into()).is_err());
            assert!(PrivateKey::from_der(&rustls_pki_types::PrivatePkcs1KeyDer::from(der).into()).is_err());
        }
    }
    // Something behind the private key, inside its OCTET STRING.
    let seed = der_of(key!("ml-dsa-44.seed"));
    let private_key = crate::der::element(0x04, &[&seed[20..], &[5, 0]]);
    let longer = crate::der::element(0x30, &[&seed[2..18], &private_key]);
    let error = PrivateKey::from_der(&PrivatePkcs8KeyDer::from(longer.to_vec()).into()).unwrap_err();
    assert_eq!(error, KeyError::Malformed("ML-DSA key in PKCS#8"));

    let sec1_as_pkcs8 = der_of(key!("p256.sec1"));
    let error = PrivateKey::from_der(&PrivatePkcs8KeyDer::from(sec1_as_pkcs8).into()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the private key is no valid PKCS#8 key: export it again, unencrypted, as PKCS#8"
    );
}

/// RFC 5915, 3 leaves the curve's name optional; its length tells the curve then.
#[test]
fn a_sec1_key_may_leave_out_curve_and_public_half() {
    let full = der_of(key!("p256.sec1"));
    let private_key = &full[7..39];
    let short = [&[0x30, 37, 2, 1, 1, 4, 32], private_key].concat();
    let key = PrivateKey::from_der(&PrivateSec1KeyDer::from(short).into()).unwrap();
    assert_eq!(key.public_key_bits(), PrivateKey::from_pem(key!("p256.sec1")).unwrap().public_key_bits());
}

#[test]
fn a_key_signs_only_its_own_way() {
    let key = PrivateKey::generate(KeyKind::EcP256).unwrap();
    let error = key.sign(SignatureAlgorithm::EcdsaP256Sha384, b"message").unwrap_err();
    assert_eq!(error.to_string(), "an ECDSA P-256 key does not sign with EcdsaP256Sha384");
    assert_eq!(format!("{key:?}"), "PrivateKey { kind: EcP256, .. }");
}
