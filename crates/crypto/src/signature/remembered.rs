//! Verifications that were made before, answered from memory. For fuzzing only, where inputs differ in little from one
//! another and are judged thousands of times a second.

use std::cell::RefCell;
use std::collections::HashMap;

use super::{PublicKey, SignatureAlgorithm, VerifyError};
use crate::hash::HashAlgorithm;

type Known = HashMap<Vec<u8>, Result<(), VerifyError>>;

/// More is forgotten all at once.
const MOST: usize = 1 << 16;

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::default();
    static REMEMBERS: RefCell<bool> = const { RefCell::new(false) };
}

/// Does this work; within it and on this thread, no signature is verified twice with the same key over the same message.
pub fn remembering<T>(work: impl FnOnce() -> T) -> T {
    let before = REMEMBERS.replace(true);
    let done = work();
    REMEMBERS.set(before);
    done
}

/// What came of it before, or comes of it now.
pub(super) fn answer(
    (key, algorithm, message, signature): (&PublicKey<'_>, SignatureAlgorithm, &[u8], &[u8]),
    verify: impl FnOnce() -> Result<(), VerifyError>,
) -> Result<(), VerifyError> {
    if !REMEMBERS.with_borrow(|it| *it) {
        return verify();
    }
    let digest = |part: &[u8]| HashAlgorithm::Sha256.hash(part).as_ref().to_vec();
    let name =
        [format!("{algorithm:?}").into_bytes(), digest(key.as_bytes()), digest(message), digest(signature)];
    let name = name.concat();
    if let Some(known) = KNOWN.with_borrow(|known| known.get(&name).copied()) {
        return known;
    }
    let result = verify();
    KNOWN.with_borrow_mut(|known| {
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(name, result);
    });
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::private_key::PrivateKey;
    use crate::signature::KeyKind;

    #[test]
    fn each_part_counts_and_nothing_is_asked_twice() {
        let keys = [(); 2].map(|()| PrivateKey::generate(KeyKind::Ed25519).unwrap());
        let signature = keys[0].sign(SignatureAlgorithm::Ed25519, b"message").unwrap();
        let [own, other] =
            [&keys[0], &keys[1]].map(|key| PublicKey::new(KeyKind::Ed25519, key.public_key_bits()).unwrap());
        let check = |key: &PublicKey<'_>, message: &[u8], signature: &[u8]| {
            key.verify(SignatureAlgorithm::Ed25519, message, signature).is_ok()
        };
        for _ in 0..2 {
            remembering(|| {
                assert!(check(&own, b"message", &signature));
                assert!(!check(&other, b"message", &signature));
                assert!(!check(&own, b"massage", &signature));
                assert!(!check(&own, b"message", &signature[1..]));
            });
        }
        let asked = || {
            remembering(|| answer((&own, SignatureAlgorithm::Ed25519, b"message", &signature), || panic!()))
        };
        assert_eq!(asked(), Ok(()));
        let twice = || {
            answer((&own, SignatureAlgorithm::Ed25519, b"message", &signature), || {
                Err(VerifyError::BadSignature)
            })
        };
        assert!(twice().is_err(), "remembered outside");
    }
}
