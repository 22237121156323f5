//! What speaks where a TLS 1.3 peer was expected: older protocols, other protocols, and noise.

use bulla_testkit::actor::{Actor, Scene};
use bulla_testkit::authority::{self, server_name};
use bulla_testkit::message::{framed, vector8, vector16};
use bulla_testkit::pair::End;
use bulla_testkit::record::clear;
use bulla_tls::registry::{
    AlertDescription as Alert, ContentType as Type, HandshakeType as Kind, ProtocolVersion,
};
use bulla_tls::{Connection, Error, Foreign, Incompatibility};

use super::rule::honest;

fn server() -> End {
    End::new(Connection::server(&authority::shared().server_config().check().unwrap()))
}

fn client() -> End {
    let mut end =
        End::new(Connection::client(&authority::shared().client_config().check().unwrap(), server_name()));
    end.run();
    end
}

/// Sends these bytes to one end, in pieces; gives what it answers.
fn answer(end: &mut End, bytes: &[u8], chunk: usize) -> Vec<u8> {
    end.receive(bytes, chunk)
}

fn fatal(alert: Alert) -> Vec<u8> {
    clear(Type::ALERT, &[2, alert.0])
}

/// A hello as clients sent it before there were extensions.
fn old_hello(minor: u8) -> Vec<u8> {
    let suites = vector16(&[0x00, 0x2f, 0x00, 0x0a, 0x00, 0x05]);
    let body = [&[3, minor][..], &[0x5a; 32], &vector8(b""), &suites, &vector8(&[0])].concat();
    let mut record = clear(Type::HANDSHAKE, &framed(Kind::CLIENT_HELLO, &body));
    record[2] = minor.min(1);
    record
}

#[test]
fn hellos_of_older_versions_are_named() {
    let versions = [
        (0, ProtocolVersion::SSL_3_0, "SSL 3.0"),
        (1, ProtocolVersion::TLS_1_0, "TLS 1.0"),
        (2, ProtocolVersion::TLS_1_1, "TLS 1.1"),
    ];
    for (minor, version, name) in versions {
        for chunk in [1, 7, usize::MAX] {
            let mut end = server();
            assert_eq!(answer(&mut end, &old_hello(minor), chunk), fatal(Alert::PROTOCOL_VERSION));
            let error = end.error.unwrap();
            assert_eq!(error, Incompatibility::Version(version).into());
            assert!(
                error.to_string().contains(&format!("the best version of the peer is {name}")),
                "{error}"
            );
        }
    }
}

/// SSL 2.0 (draft-hickman-netscape-ssl, section 1.3): length, CLIENT-HELLO, version, three lengths, the rest.
#[test]
fn ssl_2_is_named() {
    let rest = [&[0, 3, 0, 0, 0, 16, 1, 0, 0x80][..], &[0x5a; 16]].concat();
    for version in [[0, 2], [3, 0], [3, 1], [3, 3]] {
        let body = [&[1], &version[..], &rest].concat();
        let record = [&[0x80, u8::try_from(body.len()).unwrap()], &body[..]].concat();
        let mut end = server();
        assert_eq!(answer(&mut end, &record, 3), fatal(Alert::PROTOCOL_VERSION));
        assert_eq!(end.error, Some(Foreign::Ssl2.into()));
    }
}

#[test]
fn plain_http_is_answered_in_its_own_words() {
    for request in [
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /x HTTP/1.1\r\n",
        "OPTIONS * HTTP/1.1\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM",
    ] {
        for chunk in [1, usize::MAX] {
            let mut end = server();
            let answer = String::from_utf8(answer(&mut end, request.as_bytes(), chunk)).unwrap();
            assert!(
                answer.starts_with("HTTP/1.1 400 Bad Request\r\n") && answer.contains("https://"),
                "{answer}"
            );
            assert_eq!(end.error, Some(Error::Foreign(Foreign::HttpRequest)));
        }
    }
}

#[test]
fn strangers_at_a_server() {
    let cases: [(&[u8], Foreign); 4] = [
        (b"SSH-2.0-OpenSSH_9.9\r\n", Foreign::Ssh),
        (b"\0\0\0\0\0\0\0\0", Foreign::Unknown(0)),
        // A handshake record of no version that ever was.
        (&[22, 4, 1, 0, 5, 1, 0, 0, 1, 0], Foreign::Unknown(22)),
        (b"EHLO x\r\n", Foreign::Unknown(b'E')),
    ];
    for (bytes, foreign) in cases {
        let mut end = server();
        assert!(answer(&mut end, bytes, 1).is_empty(), "there is nothing to tell {foreign:?}");
        assert_eq!(end.error, Some(foreign.into()));
    }
}

#[test]
fn strangers_at_a_client() {
    let cases: [(&[u8], Foreign); 6] = [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Foreign::HttpResponse),
        (b"SSH-2.0-OpenSSH_9.9\r\n", Foreign::Ssh),
        (b"220 mail.example ESMTP\r\n", Foreign::Greeting220),
        (b"* OK IMAP4rev1 ready\r\n", Foreign::MailboxGreeting),
        (b"+OK POP3 ready\r\n", Foreign::MailboxGreeting),
        (b"GET / HTTP/1.1\r\n", Foreign::Unknown(b'G')),
    ];
    for (bytes, foreign) in cases {
        let mut end = client();
        assert!(answer(&mut end, bytes, usize::MAX).is_empty());
        assert_eq!(end.error, Some(foreign.into()));
    }
}

/// RFC 9846 section 5.1: legacy_record_version MUST be ignored for all purposes. (Its high byte tells TLS from
/// other protocols in the very first record, and from then on nothing looks at it.)
#[test]
fn record_versions_are_ignored() {
    let mut scene = Scene::new(
        Actor::client(&authority::shared().client_config().check().unwrap(), honest()),
        Connection::server(&authority::shared().server_config().check().unwrap()),
    );
    let mut hello = scene.actor.run();
    hello[2] = 0x7f;
    let mut flight = scene.subject.receive(&hello, usize::MAX);
    let mut finish = scene.actor.receive(&std::mem::take(&mut flight));
    assert_eq!(finish[..6], [20, 3, 3, 0, 1, 1], "change_cipher_spec first");
    finish[1..3].copy_from_slice(&[0xab, 0xcd]);
    scene.subject.receive(&finish, usize::MAX);
    assert!(scene.subject.established, "{}", scene.picture());
}
