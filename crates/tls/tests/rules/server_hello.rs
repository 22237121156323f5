//! What a client refuses ServerHello and HelloRetryRequest for (RFC 9846 sections 4.2.3, 4.2.4 and 4.3).

use std::rc::Rc;

use bulla_testkit::actor::{Out, Scene};
use bulla_testkit::message::{Hello, encrypted_extensions, framed, vector16};
use bulla_tls::registry::{
    AlertDescription as Alert, CipherSuite, ExtensionType as Ext, HandshakeType, NamedGroup, ProtocolVersion,
};
use bulla_tls::{DecodeProblem, Incompatibility, Violation};

use super::rule::{Configs, Rule, at_client, check, hello, malformed, plain, replace, rule};

const HELLO: HandshakeType = HandshakeType::SERVER_HELLO;

/// SHA-256 of "HelloRetryRequest" (RFC 9846 section 4.2.3).
const RETRY_RANDOM: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2,
    0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// The `nth` hello of a server, changed so, before a client that offers two suites and one share.
fn nth(nth: usize, servers: NamedGroup, change: impl Fn(&mut Hello) + 'static) -> impl Fn() -> Scene {
    let change = Rc::new(change);
    move || {
        let change = Rc::clone(&change);
        at_client(set(servers), hello(HELLO, nth, move |hello| change(hello)))
    }
}

fn set(servers: NamedGroup) -> impl Fn(&mut Configs) {
    move |configs| {
        configs.client.groups = vec![NamedGroup::X25519, NamedGroup::SECP256R1, NamedGroup::SECP384R1];
        configs.client.key_shares = vec![NamedGroup::X25519];
        configs.client.suites = vec![CipherSuite::AES_128_GCM_SHA256, CipherSuite::AES_256_GCM_SHA384];
        configs.client.alpn = vec![b"h2".to_vec()];
        configs.server.alpn = vec![b"h2".to_vec()];
        configs.server.groups = vec![servers];
    }
}

/// The server's only hello.
fn only(change: impl Fn(&mut Hello) + 'static) -> impl Fn() -> Scene {
    nth(1, NamedGroup::X25519, change)
}

/// A HelloRetryRequest that asks for P-256, changed so.
fn retry(change: impl Fn(&mut Hello) + 'static) -> impl Fn() -> Scene {
    nth(1, NamedGroup::SECP256R1, change)
}

/// The hello behind that HelloRetryRequest.
fn after_retry(change: impl Fn(&mut Hello) + 'static) -> impl Fn() -> Scene {
    nth(2, NamedGroup::SECP256R1, change)
}

fn set_suite(hello: &mut Hello, suite: CipherSuite) {
    let place = hello.front.len() - 3;
    hello.front[place..place + 2].copy_from_slice(&suite.0.to_be_bytes());
}

fn share(group: NamedGroup, key: &[u8]) -> Vec<u8> {
    [&group.0.to_be_bytes(), &vector16(key)[..]].concat()
}

#[test]
fn server_hello() {
    check(&rules());
    check(&syntax());
}

#[test]
fn hello_retry_request() {
    check(&retry_rules());
}

pub(crate) fn rules() -> Vec<Rule> {
    [frame(), extensions(), order()].concat()
}

fn frame() -> Vec<Rule> {
    let illegal = Alert::ILLEGAL_PARAMETER;
    let legacy = Violation::LegacyVersion { message: "ServerHello", version: ProtocolVersion::TLS_1_1 };
    let unknown = CipherSuite(0x1304);
    let old = |version: u8, ending: &'static [u8; 8]| {
        only(move |hello| {
            hello.front[1] = version;
            hello.front[26..34].copy_from_slice(ending);
            hello.remove(Ext::SUPPORTED_VERSIONS);
        })
    };
    let downgrade = |name, ending| rule(name, old(3, ending), Violation::Downgraded, illegal);
    let older = |name, version: u8, is| {
        rule(name, old(version, b"12345678"), Incompatibility::Version(is), Alert::PROTOCOL_VERSION)
    };
    let not_offered = |suite| Violation::SuiteNotOffered(suite);
    let chacha = CipherSuite::CHACHA20_POLY1305_SHA256;
    vec![
        rule("4.2.3: legacy_version", only(|hello| hello.front[1] = 2), legacy, Alert::PROTOCOL_VERSION),
        rule("4.2.3: session id", only(|hello| hello.front[35] ^= 1), Violation::SessionIdEcho, illegal),
        rule(
            "4.2.3: no session id",
            only(|hello| {
                hello.front[34] = 0;
                hello.front.drain(35..67);
            }),
            Violation::SessionIdEcho,
            illegal,
        ),
        rule("4.2.3: suite not offered", only(move |h| set_suite(h, chacha)), not_offered(chacha), illegal),
        rule("4.2.3: suite unknown", only(move |h| set_suite(h, unknown)), not_offered(unknown), illegal),
        rule(
            "4.2.3: compression",
            only(|hello| *hello.front.last_mut().unwrap() = 1),
            Violation::Compression { message: "ServerHello" },
            illegal,
        ),
        downgrade("4.2.3: downgraded to TLS 1.2", b"DOWNGRD\x01"),
        downgrade("4.2.3: downgraded to TLS 1.1 or below", b"DOWNGRD\x00"),
        older("TLS 1.2 by the server's choice", 3, ProtocolVersion::TLS_1_2),
        older("TLS 1.1 by the server's choice", 2, ProtocolVersion::TLS_1_1),
        older("SSL 3.0 by the server's choice", 0, ProtocolVersion::SSL_3_0),
    ]
}

fn extensions() -> Vec<Rule> {
    let illegal = Alert::ILLEGAL_PARAMETER;
    let set = |kind, body: &'static [u8]| only(move |hello| hello.set(kind, body));
    let version = Violation::VersionNotOffered(ProtocolVersion::TLS_1_2);
    let missing = Violation::MissingExtension { message: "ServerHello", extension: Ext::KEY_SHARE };
    let misplaced = |extension| Violation::MisplacedExtension { message: "ServerHello", extension };
    let unsolicited = |extension| Violation::UnsolicitedExtension { message: "ServerHello", extension };
    let unshared = Violation::GroupNotShared(NamedGroup::SECP384R1);
    let invalid = Violation::InvalidShare(NamedGroup::X25519);
    let grease = Ext(0x0a0a);
    vec![
        rule("4.3.1: TLS 1.2 selected", set(Ext::SUPPORTED_VERSIONS, &[3, 3]), version, illegal),
        rule("9.2: no share", only(|h| h.remove(Ext::KEY_SHARE)), missing, Alert::MISSING_EXTENSION),
        rule(
            "4.3.8: a share in a group without ours",
            only(|hello| hello.set(Ext::KEY_SHARE, &share(NamedGroup::SECP384R1, &[4; 97]))),
            unshared,
            illegal,
        ),
        rule(
            "RFC 7748 6.1: the all-zero point",
            only(|hello| hello.set(Ext::KEY_SHARE, &share(NamedGroup::X25519, &[0; 32]))),
            invalid,
            illegal,
        ),
        rule("4.3: ALPN has no place here", set(Ext::ALPN, b"\0\x03\x02h2"), misplaced(Ext::ALPN), illegal),
        rule("4.3: cookie has no place here", set(Ext::COOKIE, b"\0\x01x"), misplaced(Ext::COOKIE), illegal),
        rule(
            "4.3: never offered",
            set(Ext::PRE_SHARED_KEY, &[0, 0]),
            unsolicited(Ext::PRE_SHARED_KEY),
            Alert::UNSUPPORTED_EXTENSION,
        ),
        rule("4.3: unknown", set(grease, b""), unsolicited(grease), Alert::UNSUPPORTED_EXTENSION),
    ]
}

fn order() -> Vec<Rule> {
    let instead = |message: Vec<u8>| {
        move || {
            let message = message.clone();
            at_client(
                set(NamedGroup::X25519),
                replace(HELLO, 1, move |_| vec![Out::Message(message.clone())]),
            )
        }
    };
    let unexpected = |got| Violation::UnexpectedMessage { got, expected: &[HELLO] };
    let twice = || {
        at_client(
            set(NamedGroup::X25519),
            replace(HELLO, 1, |hello| {
                // In one record, so that the second stands behind the key change.
                vec![Out::Message([hello.clone(), hello].concat())]
            }),
        )
    };
    let kinds = [
        ("EncryptedExtensions first", HandshakeType::ENCRYPTED_EXTENSIONS),
        ("Finished first", HandshakeType::FINISHED),
        ("a ClientHello from a server", HandshakeType::CLIENT_HELLO),
        ("HelloRequest of TLS 1.2", HandshakeType(0)),
        ("ServerHelloDone of TLS 1.2", HandshakeType(14)),
        ("message_hash on the wire", HandshakeType::MESSAGE_HASH),
        ("an unknown message", HandshakeType(99)),
    ];
    let mut rules: Vec<_> = kinds
        .into_iter()
        .map(|(name, kind)| {
            rule(name, instead(framed(kind, b"")), unexpected(kind), Alert::UNEXPECTED_MESSAGE)
        })
        .collect();
    rules.push(rule("5.1: two hellos in a record", twice, Violation::NotAligned, Alert::UNEXPECTED_MESSAGE));
    rules
}

fn syntax() -> Vec<Rule> {
    use DecodeProblem::{Duplicate, Length, Short, Trailing};
    let set = |kind, body: &'static [u8]| only(move |hello| hello.set(kind, body));
    let session_id = |hello: &mut Hello| {
        hello.front[34] = 33;
        hello.front.insert(35, 0);
    };
    let cut =
        || at_client(plain, replace(HELLO, 1, |hello| vec![Out::Message(framed(HELLO, &hello[4..24]))]));
    vec![
        malformed(
            "a session id of 33 bytes",
            only(session_id),
            ("ServerHello", "legacy_session_id_echo", Length),
        ),
        malformed("cut off", cut, ("ServerHello", "random", Short)),
        malformed(
            "4.3: an extension twice",
            only(|hello| hello.extensions.push((Ext::KEY_SHARE, vec![]))),
            ("ServerHello", "extensions", Duplicate),
        ),
        malformed(
            "half a version",
            set(Ext::SUPPORTED_VERSIONS, &[3]),
            ("supported_versions", "selected_version", Short),
        ),
        malformed(
            "two versions",
            set(Ext::SUPPORTED_VERSIONS, &[3, 4, 3, 3]),
            ("supported_versions", "end", Trailing),
        ),
        malformed(
            "an empty share",
            set(Ext::KEY_SHARE, &[0, 29, 0, 0]),
            ("key_share", "key_exchange", Length),
        ),
        malformed(
            "bytes behind the share",
            set(Ext::KEY_SHARE, &[0, 29, 0, 1, 1, 1]),
            ("key_share", "end", Trailing),
        ),
    ]
}

pub(crate) fn retry_rules() -> Vec<Rule> {
    let illegal = Alert::ILLEGAL_PARAMETER;
    let group = |group: NamedGroup| retry(move |hello| hello.set(Ext::KEY_SHARE, &group.0.to_be_bytes()));
    let again = |hello: &mut Hello| {
        hello.front[2..34].copy_from_slice(&RETRY_RANDOM);
        hello.set(Ext::KEY_SHARE, &NamedGroup::SECP384R1.0.to_be_bytes());
    };
    let lacks =
        Violation::MissingExtension { message: "HelloRetryRequest", extension: Ext::SUPPORTED_VERSIONS };
    let early = Violation::UnsolicitedExtension { message: "HelloRetryRequest", extension: Ext::EARLY_DATA };
    let misplaced = Violation::MisplacedExtension { message: "HelloRetryRequest", extension: Ext::ALPN };
    let p521 = NamedGroup::SECP521R1;
    let aes256 = CipherSuite::AES_256_GCM_SHA384;
    let set = |kind, body: &'static [u8]| retry(move |hello| hello.set(kind, body));
    vec![
        rule("4.3.8: group not offered", group(p521), Violation::RetryGroupNotOffered(p521), illegal),
        rule(
            "4.3.8: group already shared",
            group(NamedGroup::X25519),
            Violation::RetryGroupShared(NamedGroup::X25519),
            illegal,
        ),
        rule("4.2.4: no change", retry(|h| h.remove(Ext::KEY_SHARE)), Violation::RetryWithoutChange, illegal),
        rule("4.2.4: twice", after_retry(again), Violation::SecondRetry, Alert::UNEXPECTED_MESSAGE),
        rule(
            "4.2.4: another suite",
            after_retry(move |h| set_suite(h, aes256)),
            Violation::SuiteChanged,
            illegal,
        ),
        rule(
            "4.2.4: no version",
            retry(|hello| hello.remove(Ext::SUPPORTED_VERSIONS)),
            lacks,
            Alert::MISSING_EXTENSION,
        ),
        rule(
            "4.3.1: another version",
            set(Ext::SUPPORTED_VERSIONS, &[3, 3]),
            Violation::VersionNotOffered(ProtocolVersion::TLS_1_2),
            illegal,
        ),
        rule("4.3: never offered", set(Ext::EARLY_DATA, b""), early, Alert::UNSUPPORTED_EXTENSION),
        rule("4.3: no place here", set(Ext::ALPN, b"\0\x03\x02h2"), misplaced, illegal),
        rule(
            "4.3.8: then another group",
            after_retry(|hello| hello.set(Ext::KEY_SHARE, &share(NamedGroup::X25519, &[9; 32]))),
            Violation::GroupNotShared(NamedGroup::X25519),
            illegal,
        ),
        rule(
            "then no hello",
            || {
                let edit = replace(HELLO, 2, |_| vec![Out::Message(encrypted_extensions(&[]))]);
                at_client(self::set(NamedGroup::SECP256R1), edit)
            },
            Violation::UnexpectedMessage { got: HandshakeType::ENCRYPTED_EXTENSIONS, expected: &[HELLO] },
            Alert::UNEXPECTED_MESSAGE,
        ),
        malformed("an empty cookie", set(Ext::COOKIE, &[0, 0]), ("cookie", "cookie", DecodeProblem::Length)),
    ]
}
