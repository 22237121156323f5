//! Files of certificates and keys, in every form that is read: PEM, DER, PKCS#7, PKCS#12, keys behind a passphrase.

use bulla_crypto::passphrase::Passphrase;
use bulla_crypto::pem;
use bulla_crypto::signature::KeyKind;
use bulla_x509::certificate::Certificate;
use bulla_x509::files::{Content, Form, Item, Key, KeyEncoding, MAX_ITEMS, read};
use bulla_x509::revocation::RevocationList;

use crate::text::assert_plain;

/// What the seeds are encrypted with.
pub const PASSPHRASE: &str = "open sesame";

/// A file.
pub fn files(data: &[u8]) {
    if is_costly(data) {
        return;
    }
    let passphrase = Passphrase::from(PASSPHRASE.to_owned());
    for passphrase in [None, Some(&passphrase)] {
        match read(data, passphrase) {
            Err(error) => assert_plain(&error),
            Ok(items) => {
                assert!((1..=MAX_ITEMS).contains(&items.len()), "{} items", items.len());
                items.iter().for_each(|item| check(item, data, passphrase.is_some()));
            }
        }
    }
}

/// The most rounds that a passphrase goes through here: a thousand take a millisecond.
const MAX_ROUNDS: u32 = 2_048;

/// Identifiers (without tag and length) of what makes keys of passphrases: PBKDF2, scrypt, and everything of PKCS#12,
/// whose files are known by the kind of their contents.
const DERIVING: [&[u8]; 4] = [
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c],
    &[0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x04, 0x0b],
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c],
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01],
];

/// Whether a passphrase might go through many rounds: something makes a key of one, and there is a number that may
/// count them. What is read has limits of its own, by which one file takes seconds.
fn is_costly(data: &[u8]) -> bool {
    let text = pem::read(data).unwrap_or_default();
    let derives =
        |bytes: &[u8]| DERIVING.iter().any(|known| bytes.windows(known.len()).any(|it| it == *known));
    text.iter()
        .map(|section| &section.der[..])
        .chain([data])
        .any(|bytes| derives(bytes) && has_large_number(bytes))
}

/// Whether there may be an INTEGER of two to eight bytes above the rounds allowed, in DER or BER. The exponent that
/// nearly all RSA keys have is none.
fn has_large_number(bytes: &[u8]) -> bool {
    (0..bytes.len()).any(|start| {
        let length = match &bytes[start..] {
            [2, length @ 2..=8, ..] => Some((2, *length)),
            [2, 0x81, length @ 2..=8, ..] => Some((3, *length)),
            [2, 0x82, 0, length @ 2..=8, ..] => Some((4, *length)),
            _ => None,
        };
        let value = length.and_then(|(header, length)| bytes.get(start + header..)?.get(..length.into()));
        let number = value.map(|value| value.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)));
        number.is_some_and(|number| number > u64::from(MAX_ROUNDS) && number != 65_537)
    })
}

fn check(item: &Item, data: &[u8], opened: bool) {
    assert_plain(&item.kind());
    let lines = data.iter().filter(|byte| **byte == b'\n').count() + 1;
    assert!(item.line.is_none_or(|line| (1..=lines).contains(&line)), "line {:?} of {lines}", item.line);
    assert_eq!(
        item.form == Form::Pem,
        item.line.is_some() && item.form != Form::Pkcs7 && item.form != Form::Pkcs12
    );
    let shown = format!("{item:?}");
    match &item.content {
        Content::Certificate(der) => {
            if let Err(error) = Certificate::parse(der) {
                assert_plain(&error);
            }
        }
        Content::RevocationList(der) => match RevocationList::parse(der) {
            Err(error) => assert_plain(&error),
            Ok(list) => assert_plain(&list.issuer()),
        },
        Content::Key(key) => {
            assert!(!shown.contains("der"), "a key in {shown}");
            check_key(key);
        }
        Content::Locked(_) => assert!(!opened || shown.contains("OldKey"), "{shown} with a passphrase"),
        Content::Request(_) | Content::PublicKey(_) | Content::Other(_) => {}
        other => panic!("of a new kind: {other:?}"),
    }
}

/// A key that can be used signs, and is the same when written and read again.
fn check_key(key: &Key) {
    let parsed = match key.private_key() {
        Ok(parsed) => parsed,
        Err(error) => return assert_plain(&error),
    };
    // RSA takes milliseconds.
    if parsed.kind() != KeyKind::Rsa {
        assert!(
            parsed.sign(parsed.algorithms()[0], b"message").is_ok(),
            "a key that was taken does not sign"
        );
    }
    let label = match key.encoding() {
        KeyEncoding::Pkcs8 => pem::PKCS8,
        KeyEncoding::Pkcs1 => pem::PKCS1,
        KeyEncoding::Sec1 => pem::SEC1,
    };
    let again =
        read(pem::write(label, key.der().secret_der()).as_bytes(), None).expect("what was written is read");
    let [Item { content: Content::Key(again), .. }] = &again[..] else { panic!("a key became {again:?}") };
    let again = again.private_key().expect("what was taken is taken again");
    assert_eq!(again.public_key_bits(), parsed.public_key_bits());
}
