//! What speaks, where the first bytes are no TLS record.

use crate::error::Foreign;
use crate::facts::Role;
use crate::wire::registry::ContentType;

/// How many bytes are needed to tell.
pub(crate) const ENOUGH: usize = 5;

/// What a plain HTTP client is told by a TLS port.
pub(crate) const HTTP_ANSWER: &[u8] = b"HTTP/1.1 400 Bad Request\r\n\
Content-Type: text/plain; charset=utf-8\r\n\
Content-Length: 76\r\n\
Connection: close\r\n\
\r\n\
This port speaks HTTPS, and you sent plain HTTP. Use https:// in the address";

const METHODS: [&[u8]; 9] = [b"GET ", b"HEAD", b"POST", b"PUT ", b"DELE", b"OPTI", b"CONN", b"PATC", b"PRI "];

/// Whether these first bytes may begin a TLS connection, and if not, what they are.
///
/// What looks like a record is one, even where another type is due: its sender learns so by an alert. Its
/// version is SSL 3.0 or later, whatever the minor number (RFC 9846 section 5.1).
pub(crate) fn recognise(role: Role, first: &[u8; ENOUGH]) -> Option<Foreign> {
    let [kind, major, ..] = *first;
    let known = ContentType(kind).name().is_some();
    if known && major == 3 {
        return None;
    }
    Some(match role {
        Role::Server => from_client(first),
        Role::Client => from_server(first),
    })
}

fn from_client(first: &[u8; ENOUGH]) -> Foreign {
    // An SSL 2.0 record: two bytes of length with the high bit set, CLIENT-HELLO, and a version that is
    // 2.0 or, from a client that could do better, 3.x.
    let [length, _, message, major, minor] = *first;
    if length & 0x80 != 0 && message == 1 && (major == 3 || (major, minor) == (0, 2)) {
        return Foreign::Ssl2;
    }
    if METHODS.iter().any(|method| first.starts_with(method)) {
        return Foreign::HttpRequest;
    }
    plain(first)
}

fn from_server(first: &[u8; ENOUGH]) -> Foreign {
    if first == b"HTTP/" { Foreign::HttpResponse } else { plain(first) }
}

fn plain(first: &[u8; ENOUGH]) -> Foreign {
    match first {
        [b'S', b'S', b'H', b'-', _] => Foreign::Ssh,
        [b'2', b'2', b'0', b' ' | b'-', _] => Foreign::Greeting220,
        [b'*', b' ', b'O', b'K', _] | [b'+', b'O', b'K', ..] => Foreign::MailboxGreeting,
        [byte, ..] => Foreign::Unknown(*byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_are_told_apart() {
        let server = |first| recognise(Role::Server, first);
        let client = |first| recognise(Role::Client, first);
        assert_eq!(server(&[0x16, 3, 1, 0, 5]), None);
        assert_eq!(client(&[0x15, 3, 3, 0, 2]), None);
        assert_eq!(server(&[0x80, 0x2e, 1, 0, 2]), Some(Foreign::Ssl2));
        assert_eq!(server(&[0x80, 0x67, 1, 3, 1]), Some(Foreign::Ssl2));
        assert_eq!(server(b"GET /"), Some(Foreign::HttpRequest));
        assert_eq!(client(b"HTTP/"), Some(Foreign::HttpResponse));
        assert_eq!(client(b"SSH-2"), Some(Foreign::Ssh));
        assert_eq!(client(b"220 m"), Some(Foreign::Greeting220));
        assert_eq!(client(b"* OK "), Some(Foreign::MailboxGreeting));
        assert_eq!(client(b"+OK r"), Some(Foreign::MailboxGreeting));
        assert_eq!(server(&[0x17, 3, 3, 0, 1]), None);
        assert_eq!(server(&[0x17, 2, 3, 0, 1]), Some(Foreign::Unknown(0x17)));
        assert_eq!(server(&[0x18, 3, 3, 0, 1]), Some(Foreign::Unknown(0x18)));
    }

    #[test]
    fn the_answer_has_the_length_it_claims() {
        let text = std::str::from_utf8(HTTP_ANSWER).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}", body.len())), "{}", body.len());
    }
}
