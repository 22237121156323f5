use super::*;
use crate::private_key::{PrivateKey, RsaSize};

const ALL: [SignatureAlgorithm; 19] = [
    SignatureAlgorithm::EcdsaP256Sha256,
    SignatureAlgorithm::EcdsaP256Sha384,
    SignatureAlgorithm::EcdsaP256Sha512,
    SignatureAlgorithm::EcdsaP384Sha256,
    SignatureAlgorithm::EcdsaP384Sha384,
    SignatureAlgorithm::EcdsaP384Sha512,
    SignatureAlgorithm::EcdsaP521Sha256,
    SignatureAlgorithm::EcdsaP521Sha384,
    SignatureAlgorithm::EcdsaP521Sha512,
    SignatureAlgorithm::Ed25519,
    SignatureAlgorithm::MlDsa44,
    SignatureAlgorithm::MlDsa65,
    SignatureAlgorithm::MlDsa87,
    SignatureAlgorithm::RsaPkcs1Sha256,
    SignatureAlgorithm::RsaPkcs1Sha384,
    SignatureAlgorithm::RsaPkcs1Sha512,
    SignatureAlgorithm::RsaPssSha256,
    SignatureAlgorithm::RsaPssSha384,
    SignatureAlgorithm::RsaPssSha512,
];
const KINDS: [KeyKind; 8] = [
    KeyKind::EcP256,
    KeyKind::EcP384,
    KeyKind::EcP521,
    KeyKind::Ed25519,
    KeyKind::MlDsa44,
    KeyKind::MlDsa65,
    KeyKind::MlDsa87,
    KeyKind::Rsa,
];

/// What a key signs, it alone verifies, with that algorithm alone.
#[test]
fn a_signature_fits_one_key_one_message_and_one_algorithm() {
    for kind in KINDS {
        let (ours, other) = (PrivateKey::generate(kind).unwrap(), PrivateKey::generate(kind).unwrap());
        let key = PublicKey::new(kind, ours.public_key_bits()).unwrap();
        let other = PublicKey::new(kind, other.public_key_bits()).unwrap();
        for &algorithm in ours.algorithms() {
            let signature = ours.sign(algorithm, b"message").unwrap();
            assert_eq!(other.verify(algorithm, b"message", &signature), Err(VerifyError::BadSignature));
            assert_eq!(key.verify(algorithm, b"massage", &signature), Err(VerifyError::BadSignature));
            assert_eq!(key.verify(algorithm, b"message", &signature[1..]), Err(VerifyError::BadSignature));
            assert_eq!(key.verify(algorithm, b"message", &[]), Err(VerifyError::BadSignature));
            let mut longer = signature.clone();
            longer.push(0);
            assert_eq!(key.verify(algorithm, b"message", &longer), Err(VerifyError::BadSignature));
            for tried in ALL {
                let expected = match (tried == algorithm, tried.key_kind() == kind) {
                    (true, _) => Ok(()),
                    (false, true) => Err(VerifyError::BadSignature),
                    (false, false) => Err(VerifyError::WrongKind { algorithm: tried, key: kind }),
                };
                assert_eq!(key.verify(tried, b"message", &signature), expected);
            }
        }
    }
}

/// Made with `printf bulla | openssl dgst -HASH -sign KEY`, OpenSSL 3.0: the algorithms for which Wycheproof has no set
/// and our own keys make no signatures.
#[test]
fn signatures_of_openssl_with_unusual_hashes() {
    let signatures: [(&[u8], SignatureAlgorithm, &str); 3] = [
        (
            include_bytes!("../../tests/keys/p256.pkcs8.pem"),
            SignatureAlgorithm::EcdsaP256Sha384,
            "3045022100f04e6105eb252156d2f25c025bc53edde54aff9d67d071f5143e1d7ae47dba02022030a75ab085\
             303751b9baf581c53ec08b768d6ec8b5e7d2db61faef93ee9ab5de",
        ),
        (
            include_bytes!("../../tests/keys/p521.pkcs8.pem"),
            SignatureAlgorithm::EcdsaP521Sha256,
            "30818802420091426587927957a76acf17a78a949d48aa11db2b472f5d9475a35b62deab7b149204cd4764cf\
             1805a25e4c6113c561a286ecde210c8400658bb9e27cc7a3df4f16024200dbbc2c981e12028e02f80ddc767b\
             5fa2fa22a0eef4624ec0aa24088967344de4feabeec1a53b1d1316be72423a870b40575a73c950c87f60759d\
             f78acf9e278e68",
        ),
        (
            include_bytes!("../../tests/keys/p521.pkcs8.pem"),
            SignatureAlgorithm::EcdsaP521Sha384,
            "308188024201e6f0f5ff7a863b86841bcba48d408a689b0f4a54caa96231370dbd92a0aa65b213e8016f3ab9\
             3f5a40a7d2c94bd5f3c9229e89ae4f5125c4128b725108e3736fe102420164dc70e0d45be658025442635a3e\
             03fde478b096d85b9360626f8edb32b4aa75ee823566e6c6987ce19fd35f487551b26f8ea7f1e9e7cdd4d57d\
             0ed719e323d82a",
        ),
    ];
    for (key, algorithm, signature) in signatures {
        let ours = PrivateKey::from_pem(key).unwrap();
        let key = PublicKey::new(algorithm.key_kind(), ours.public_key_bits()).unwrap();
        let signature = data_encoding::HEXLOWER.decode(signature.as_bytes()).unwrap();
        assert_eq!(key.verify(algorithm, b"bulla", &signature), Ok(()));
        assert_eq!(key.verify(algorithm, b"bullae", &signature), Err(VerifyError::BadSignature));
    }
}

#[test]
fn a_prepared_key_verifies_again_and_again() {
    let ours = PrivateKey::generate(KeyKind::EcP384).unwrap();
    let key = PublicKey::new(KeyKind::EcP384, ours.public_key_bits()).unwrap();
    let prepared = key.prepare(SignatureAlgorithm::EcdsaP384Sha384).unwrap();
    for message in [&b"one"[..], b"two"] {
        let signature = ours.sign(SignatureAlgorithm::EcdsaP384Sha384, message).unwrap();
        assert_eq!(prepared.clone().verify(message, &signature), Ok(()));
        assert_eq!(prepared.verify(b"three", &signature), Err(VerifyError::BadSignature));
    }
    let error = key.prepare(SignatureAlgorithm::Ed25519).unwrap_err();
    assert_eq!(error.to_string(), "Ed25519 does not go with an ECDSA P-384 key");
}

#[test]
fn the_size_is_the_modulus_or_the_field() {
    for (kind, bits) in KINDS.into_iter().zip([256, 384, 521, 256, 8 * 1312, 8 * 1952, 8 * 2592, 2048]) {
        let ours = PrivateKey::generate(kind).unwrap();
        let key = PublicKey::new(kind, ours.public_key_bits()).unwrap();
        assert_eq!((key.kind(), key.bits(), key.as_bytes()), (kind, bits, ours.public_key_bits()));
    }
    let ours = PrivateKey::generate_rsa(RsaSize::Bits3072).unwrap();
    assert_eq!(PublicKey::new(KeyKind::Rsa, ours.public_key_bits()).unwrap().bits(), 3072);
}

#[test]
fn wrong_shapes_are_refused_at_once() {
    let point = PrivateKey::generate(KeyKind::EcP256).unwrap().public_key_bits().to_vec();
    let compressed = [&[2], &point[1..33]].concat();
    let hybrid = [&[6], &point[1..]].concat();
    let shapes = [
        (KeyKind::EcP256, &point[..64], "the point has the wrong length"),
        (KeyKind::EcP384, &point, "the point has the wrong length"),
        (KeyKind::EcP256, &compressed, "it must be an uncompressed point"),
        (KeyKind::EcP256, &hybrid, "it must be an uncompressed point"),
        (KeyKind::EcP521, &[], "it must be an uncompressed point"),
        (KeyKind::Ed25519, &[0; 31], "it must have 32 bytes"),
        (KeyKind::MlDsa44, &[0; 1952], "it must have 1312 bytes"),
        (KeyKind::MlDsa65, &[0; 1951], "it must have 1952 bytes"),
        (KeyKind::MlDsa87, &[0; 2593], "it must have 2592 bytes"),
        (KeyKind::Rsa, &point, "it is no RSAPublicKey in DER"),
        // SEQUENCE { INTEGER 5 }, and one with something after the exponent.
        (KeyKind::Rsa, &[0x30, 3, 2, 1, 5], "it is no RSAPublicKey in DER"),
        (KeyKind::Rsa, &[0x30, 9, 2, 1, 5, 2, 1, 3, 2, 1, 1], "it is no RSAPublicKey in DER"),
    ];
    for (kind, bytes, problem) in shapes {
        assert_eq!(PublicKey::new(kind, bytes).unwrap_err(), InvalidPublicKey { kind, problem });
    }
}

#[test]
fn bytes_of_the_right_shape_that_are_no_key_are_refused() {
    let mut point = PrivateKey::generate(KeyKind::EcP256).unwrap().public_key_bits().to_vec();
    point[64] ^= 1;
    let key = PublicKey::new(KeyKind::EcP256, &point).unwrap();
    let refused = Err(VerifyError::InvalidKey(KeyKind::EcP256));
    assert_eq!(key.verify(SignatureAlgorithm::EcdsaP256Sha256, b"", b""), refused);

    // An even exponent.
    let mut even = PrivateKey::generate(KeyKind::Rsa).unwrap().public_key_bits().to_vec();
    *even.last_mut().unwrap() &= 0xfe;
    let key = PublicKey::new(KeyKind::Rsa, &even).unwrap();
    let refused = Err(VerifyError::InvalidKey(KeyKind::Rsa));
    assert_eq!(key.verify(SignatureAlgorithm::RsaPssSha256, b"", b""), refused);
}

/// RSAPublicKey with a modulus of `bits` ones and the exponent 65537.
fn rsa_key(bits: usize) -> Vec<u8> {
    let mut modulus = vec![0xff_u8; bits.div_ceil(8)];
    modulus[0] >>= modulus.len() * 8 - bits;
    if modulus[0] >= 0x80 {
        modulus.insert(0, 0);
    }
    let field = |tag: u8, contents: &[u8]| {
        let len = u16::try_from(contents.len()).unwrap().to_be_bytes();
        [&[tag, 0x82, len[0], len[1]], contents].concat()
    };
    field(der::SEQUENCE, &[&field(der::INTEGER, &modulus)[..], &[2, 3, 1, 0, 1]].concat())
}

#[test]
fn rsa_keys_outside_2048_to_8192_bits_are_refused() {
    let verify = |bits| {
        let bytes = rsa_key(bits);
        let key = PublicKey::new(KeyKind::Rsa, &bytes).unwrap();
        assert_eq!(key.bits(), bits);
        key.verify(SignatureAlgorithm::RsaPkcs1Sha256, b"message", &vec![1; bits.div_ceil(8)]).unwrap_err()
    };
    assert_eq!(verify(2047), VerifyError::WeakKey { bits: 2047 });
    assert_eq!(verify(2047).to_string(), "an RSA key of 2047 bits is too weak: at least 2048 are needed");
    assert_eq!(verify(2048), VerifyError::BadSignature);
    assert_eq!(verify(8192), VerifyError::BadSignature);
    assert_eq!(verify(8193), VerifyError::OversizedKey { bits: 8193 });
}
