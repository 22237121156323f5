//! What kind of value DER holds, by its first elements alone: enough to choose who parses it.

use super::{KeyEncoding, ber::Element};
use bulla_crypto::{pkcs12, private_key::encrypted};

/// The kinds of value that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Certificate,
    Request,
    RevocationList,
    PublicKey,
    Key(KeyEncoding),
    EncryptedKey,
    Pkcs7,
    Pkcs12,
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;

/// 1.2.840.113549.1.7, PKCS#7, without its last arc.
const PKCS7: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07];

/// As many elements as any of the structures is told by.
const LOOKED_AT: usize = 6;

impl Shape {
    /// The kind of one value; `None` for one that is none of them.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let outer = Element::first(bytes).filter(|outer| outer.tag == SEQUENCE)?;
        let inside: Vec<Element<'_>> = outer.children().take(LOOKED_AT).collect();
        let tags: Vec<u8> = inside.iter().map(|element| element.tag).collect();
        let first = inside.first()?;
        match tags.as_slice() {
            [INTEGER, SEQUENCE, OCTET_STRING, ..] => Some(Self::Key(KeyEncoding::Pkcs8)),
            [INTEGER, SEQUENCE, ..] if is_pkcs12(&inside, bytes) => Some(Self::Pkcs12),
            [INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, INTEGER] => Some(Self::Key(KeyEncoding::Pkcs1)),
            [INTEGER, OCTET_STRING, ..] => Some(Self::Key(KeyEncoding::Sec1)),
            [OBJECT_IDENTIFIER, ..] if first.contents.starts_with(PKCS7) => Some(Self::Pkcs7),
            [SEQUENCE, OCTET_STRING] if encrypted::is_encrypted(bytes) => Some(Self::EncryptedKey),
            [SEQUENCE, BIT_STRING] => Some(Self::PublicKey),
            [SEQUENCE, SEQUENCE, BIT_STRING] => Self::of_signed(first),
            _ => None,
        }
    }

    /// Certificates, requests and lists are signed alike; what is signed differs.
    fn of_signed(content: &Element<'_>) -> Option<Self> {
        let tags: Vec<u8> = content.children().take(LOOKED_AT).map(|element| element.tag).collect();
        match tags.as_slice() {
            [VERSION, INTEGER, SEQUENCE, ..] | [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE, ..] => {
                Some(Self::Certificate)
            }
            [INTEGER, SEQUENCE, SEQUENCE] | [INTEGER, SEQUENCE, SEQUENCE, VERSION, ..] => Some(Self::Request),
            [SEQUENCE, SEQUENCE, UTC_TIME | GENERALIZED_TIME, ..]
            | [INTEGER, SEQUENCE, SEQUENCE, UTC_TIME | GENERALIZED_TIME, ..] => Some(Self::RevocationList),
            _ => None,
        }
    }
}

/// Version 3, which no key has, or what the strict reader says.
fn is_pkcs12(inside: &[Element<'_>], bytes: &[u8]) -> bool {
    pkcs12::is_pkcs12(bytes) || inside.first().is_some_and(|version| version.contents == [3])
}
