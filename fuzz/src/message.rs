//! Handshake messages: whatever reads as one is written as what was read.

use bulla_crypto::hash::HashAlgorithm;
use bulla_tls::registry::{ExtensionType, HandshakeType};
use bulla_tls::testing::rewrite;

use crate::text::assert_plain;

const HEADER: usize = 4;

/// A ServerHello whose random is the hash of this is a HelloRetryRequest (RFC 9846 section 4.2.3).
const RETRY: &[u8] = b"HelloRetryRequest";

/// Any handshake message: the first byte is its type, the rest its body.
pub fn message(data: &[u8]) {
    let Some((kind, body)) = data.split_first() else { return };
    let message = framed(*kind, body);
    match rewrite(&message) {
        None => {}
        Some(Err(error)) => assert_plain(&error),
        Some(Ok(written)) => check(&message, &written),
    }
}

/// A body behind a header whose length is right.
///
/// # Panics
/// If the body has 2^24 bytes or more.
pub fn framed(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("a short body").to_be_bytes();
    [&[kind], &length[1..], body].concat()
}

fn check(message: &[u8], written: &[u8]) {
    let again = rewrite(written).expect("the same type").expect("what was written reads back");
    assert_eq!(again, written, "writing what was written changes it");
    let kind = HandshakeType(message[0]);
    let Some(front) = front_length(kind, message) else {
        return assert_eq!(written, message, "{kind} is not written as it was read");
    };
    assert_eq!(message[HEADER..front], written[HEADER..front], "{kind} has another front");
    let (before, after) = (extensions(&message[front..]), extensions(&written[front..]));
    for entry in &after {
        assert!(before.contains(entry), "{kind} has an extension that was not there");
    }
    for entry in &before {
        assert!(after.contains(entry) || !known(kind, message, entry.0), "{kind} has lost {}", entry.0);
    }
}

/// Where the block of extensions starts, in messages that are written with those alone that are known.
fn front_length(kind: HandshakeType, message: &[u8]) -> Option<usize> {
    let at = |place: usize| usize::from(message[place]);
    let session_id = HEADER + 35 + message.get(HEADER + 34).map_or(0, |length| usize::from(*length));
    match kind {
        HandshakeType::CLIENT_HELLO => {
            let suites = session_id + 2 + (at(session_id) << 8 | at(session_id + 1));
            Some(suites + 1 + at(suites))
        }
        HandshakeType::SERVER_HELLO => Some(session_id + 3),
        HandshakeType::ENCRYPTED_EXTENSIONS => Some(HEADER),
        HandshakeType::CERTIFICATE_REQUEST => Some(HEADER + 1 + at(HEADER)),
        _ => None,
    }
}

/// The entries of a well-formed block; none where it is left out.
fn extensions(block: &[u8]) -> Vec<(ExtensionType, &[u8])> {
    let mut rest = block.get(2..).unwrap_or_default();
    let mut entries = Vec::new();
    while let [a, b, high, low, body @ ..] = rest {
        let (data, behind) = body.split_at(usize::from(*high) << 8 | usize::from(*low));
        entries.push((ExtensionType(u16::from_be_bytes([*a, *b])), data));
        rest = behind;
    }
    entries
}

/// What bulla reads in this message (RFC 9846 section 4.3).
fn known(kind: HandshakeType, message: &[u8], extension: ExtensionType) -> bool {
    let retry = || message.get(HEADER + 2..HEADER + 34) == Some(HashAlgorithm::Sha256.hash(RETRY).as_ref());
    match kind {
        HandshakeType::CLIENT_HELLO => matches!(
            extension,
            ExtensionType::SERVER_NAME
                | ExtensionType::SUPPORTED_VERSIONS
                | ExtensionType::SUPPORTED_GROUPS
                | ExtensionType::SIGNATURE_ALGORITHMS
                | ExtensionType::SIGNATURE_ALGORITHMS_CERT
                | ExtensionType::ALPN
                | ExtensionType::CERTIFICATE_AUTHORITIES
                | ExtensionType::EARLY_DATA
                | ExtensionType::COOKIE
                | ExtensionType::KEY_SHARE
        ),
        HandshakeType::SERVER_HELLO => match extension {
            ExtensionType::SUPPORTED_VERSIONS | ExtensionType::KEY_SHARE => true,
            ExtensionType::COOKIE => retry(),
            _ => false,
        },
        HandshakeType::ENCRYPTED_EXTENSIONS => matches!(
            extension,
            ExtensionType::SERVER_NAME | ExtensionType::SUPPORTED_GROUPS | ExtensionType::ALPN
        ),
        HandshakeType::CERTIFICATE_REQUEST => matches!(
            extension,
            ExtensionType::SIGNATURE_ALGORITHMS
                | ExtensionType::SIGNATURE_ALGORITHMS_CERT
                | ExtensionType::CERTIFICATE_AUTHORITIES
        ),
        _ => false,
    }
}
