//! Handshake messages: whatever reads as one is written as what was read.

use bulla_crypto::hash::HashAlgorithm;
use bulla_tls::DecodeError;
use bulla_tls::registry::{ExtensionType, HandshakeType};
use bulla_tls::testing::{rewrite, rewrite12};

use crate::text::assert_plain;

const HEADER: usize = 4;

/// A ServerHello whose random is the hash of this is a HelloRetryRequest (RFC 9846 section 4.2.3).
const RETRY: &[u8] = b"HelloRetryRequest";

/// In the first byte of an input: the message is one of TLS 1.2.
pub const TLS12: u8 = 0x80;

/// The same, where a ClientKeyExchange holds an encrypted premaster secret.
pub const KEY_TRANSPORT: u8 = 0x40;

type Rewrite = fn(&[u8]) -> Option<Result<Vec<u8>, DecodeError>>;

/// Any handshake message: the first byte is its type and syntax, the rest its body.
pub fn message(data: &[u8]) {
    let Some((kind, body)) = data.split_first() else { return };
    let message = framed(kind & !(TLS12 | KEY_TRANSPORT), body);
    let rewrite: Rewrite = match (kind & TLS12 != 0, kind & KEY_TRANSPORT != 0) {
        (false, _) => rewrite,
        (true, false) => |message| rewrite12(message, false),
        (true, true) => |message| rewrite12(message, true),
    };
    match rewrite(&message) {
        None => {}
        Some(Err(error)) => assert_plain(&error),
        Some(Ok(written)) => check(rewrite, kind & TLS12 != 0, &message, &written),
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

fn check(rewrite: Rewrite, tls12: bool, message: &[u8], written: &[u8]) {
    let again = rewrite(written).expect("the same type").expect("what was written reads back");
    assert_eq!(again, written, "writing what was written changes it");
    let kind = HandshakeType(message[0]);
    // Hellos alone are the same in both versions.
    let alike = !tls12 || is_hello(kind);
    let Some(front) = alike.then(|| front_length(kind, message)).flatten() else {
        return assert_eq!(written, message, "{kind} is not written as it was read");
    };
    assert_eq!(message[HEADER..front], written[HEADER..front], "{kind} has another front");
    let (before, after) = (extensions(&message[front..]), extensions(&written[front..]));
    // What a wish for a staple says beyond its type is passed over.
    let says_all = |entry: &(ExtensionType, &[u8])| entry.0 != ExtensionType::STATUS_REQUEST;
    let has = |entries: &[(ExtensionType, &[u8])], entry: &(ExtensionType, &[u8])| {
        entries.iter().any(|other| if says_all(entry) { other == entry } else { other.0 == entry.0 })
    };
    for entry in &after {
        assert!(has(&before, entry), "{kind} has an extension that was not there");
    }
    for entry in &before {
        assert!(has(&after, entry) || !known(kind, message, entry.0), "{kind} has lost {}", entry.0);
    }
}

fn is_hello(kind: HandshakeType) -> bool {
    matches!(kind, HandshakeType::CLIENT_HELLO | HandshakeType::SERVER_HELLO)
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
        HandshakeType::NEW_SESSION_TICKET => {
            // Behind lifetime and age.
            let ticket = HEADER + 9 + at(HEADER + 8);
            Some(ticket + 2 + (at(ticket) << 8 | at(ticket + 1)))
        }
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
    use ExtensionType as Ext;
    match kind {
        HandshakeType::CLIENT_HELLO => !matches!(
            extension.name(),
            // Named, for errors and traces, but nothing of ours.
            None | Some("max_fragment_length" | "use_srtp" | "heartbeat" | "client_certificate_type")
                | Some("server_certificate_type" | "padding" | "oid_filters")
                | Some("post_handshake_auth")
        ),
        HandshakeType::SERVER_HELLO if retry() => {
            matches!(extension, Ext::SUPPORTED_VERSIONS | Ext::KEY_SHARE | Ext::COOKIE)
        }
        HandshakeType::SERVER_HELLO => matches!(
            extension,
            Ext::SUPPORTED_VERSIONS
                | Ext::KEY_SHARE
                | Ext::PRE_SHARED_KEY
                | Ext::SERVER_NAME
                | Ext::RENEGOTIATION_INFO
                | Ext::EXTENDED_MASTER_SECRET
                | Ext::EC_POINT_FORMATS
                | Ext::ALPN
                | Ext::STATUS_REQUEST
                | Ext::SIGNED_CERTIFICATE_TIMESTAMP
                | Ext::RECORD_SIZE_LIMIT
                | Ext::SESSION_TICKET
        ),
        HandshakeType::ENCRYPTED_EXTENSIONS => matches!(
            extension,
            Ext::SERVER_NAME
                | Ext::SUPPORTED_GROUPS
                | Ext::ALPN
                | Ext::TICKET_REQUEST
                | Ext::RECORD_SIZE_LIMIT
        ),
        HandshakeType::CERTIFICATE_REQUEST => matches!(
            extension,
            Ext::SIGNATURE_ALGORITHMS
                | Ext::SIGNATURE_ALGORITHMS_CERT
                | Ext::CERTIFICATE_AUTHORITIES
                | Ext::STATUS_REQUEST
                | Ext::SIGNED_CERTIFICATE_TIMESTAMP
                | Ext::COMPRESS_CERTIFICATE
        ),
        HandshakeType::NEW_SESSION_TICKET => extension == Ext::EARLY_DATA,
        _ => false,
    }
}
