//! What a server refuses a hello for (RFC 9846 sections 4.2 and 4.3).

use bulla_testkit::actor::{Out, Scene};
use bulla_testkit::message::{Hello, framed, vector8, vector16};
use bulla_tls::registry::{
    AlertDescription as Alert, CipherSuite, ExtensionType as Ext, HandshakeType, NamedGroup, ProtocolVersion,
    SignatureScheme,
};
use bulla_tls::{DecodeProblem, Incompatibility, Violation};

use super::rule::{Configs, Rule, at_server, check, hello, honest, malformed, plain, replace, rule};

const HELLO: HandshakeType = HandshakeType::CLIENT_HELLO;

/// A first hello changed so.
fn first(change: impl Fn(&mut Hello) + 'static) -> impl Fn() -> Scene {
    first_at(plain, change)
}

fn first_at(set: fn(&mut Configs), change: impl Fn(&mut Hello) + 'static) -> impl Fn() -> Scene {
    let change = std::rc::Rc::new(change);
    move || {
        let change = std::rc::Rc::clone(&change);
        at_server(set, hello(HELLO, 1, move |hello| change(hello)))
    }
}

/// A server that has TLS 1.2 switched off.
fn newest_alone(configs: &mut Configs) {
    configs.server.versions = vec![ProtocolVersion::TLS_1_3];
}

fn with(set: fn(&mut Configs)) -> impl Fn() -> Scene {
    move || at_server(set, honest())
}

fn share(group: NamedGroup, key: &[u8]) -> Vec<u8> {
    [&group.0.to_be_bytes(), &vector16(key)[..]].concat()
}

fn shares(entries: &[Vec<u8>]) -> Vec<u8> {
    vector16(&entries.concat())
}

fn numbers(values: impl IntoIterator<Item = u16>) -> Vec<u8> {
    vector16(&values.into_iter().flat_map(u16::to_be_bytes).collect::<Vec<_>>())
}

fn lacks(extension: Ext) -> Violation {
    Violation::MissingExtension { message: "ClientHello", extension }
}

#[test]
fn first_hello() {
    check(&rules());
    check(&[syntax(), syntax_of_names(), syntax_of_lists()].concat());
}

pub(crate) fn rules() -> Vec<Rule> {
    [versions(), parameters(), key_shares(), pre_shared_keys()].concat()
}

/// What holds for pre-shared keys even at a server that takes none.
fn pre_shared_keys() -> Vec<Rule> {
    const MODES: &[u8] = &[1, 1];
    let identities =
        || [vector16(&[&vector16(b"ticket")[..], &[0; 4]].concat()), vector16(&vector8(&[0; 32]))];
    let early = first(move |hello| {
        hello.remove(Ext::PSK_KEY_EXCHANGE_MODES);
        hello.set(Ext::PRE_SHARED_KEY, &identities().concat());
        hello.set(Ext::PSK_KEY_EXCHANGE_MODES, MODES);
    });
    let alone = first(move |hello| {
        hello.remove(Ext::PSK_KEY_EXCHANGE_MODES);
        hello.set(Ext::PRE_SHARED_KEY, &identities().concat());
    });
    let misplaced = Violation::MisplacedExtension { message: "ClientHello", extension: Ext::PRE_SHARED_KEY };
    vec![
        rule("4.3.11: not the last extension", early, misplaced, Alert::ILLEGAL_PARAMETER),
        rule("4.3.9: no modes", alone, lacks(Ext::PSK_KEY_EXCHANGE_MODES), Alert::MISSING_EXTENSION),
    ]
}

fn versions() -> Vec<Rule> {
    let version = |version| Incompatibility::Version(version);
    let changed = |version: [u8; 2]| {
        first_at(newest_alone, move |hello| {
            hello.remove(Ext::SUPPORTED_VERSIONS);
            hello.front[..2].copy_from_slice(&version);
        })
    };
    let tls13 = Violation::LegacyVersion { message: "ClientHello", version: ProtocolVersion::TLS_1_3 };
    let tls10 = Violation::LegacyVersion { message: "ClientHello", version: ProtocolVersion::TLS_1_0 };
    let legacy = |version: u8| first(move |hello| hello.front[1] = version);
    let offers =
        |list: &'static [u8]| first_at(newest_alone, move |hello| hello.set(Ext::SUPPORTED_VERSIONS, list));
    let alert = Alert::PROTOCOL_VERSION;
    vec![
        rule("4.2.2: legacy_version is 0x0303, not 0x0304", legacy(4), tls13, alert),
        rule("4.2.2: legacy_version is 0x0303, not 0x0301", legacy(1), tls10, alert),
        rule("TLS 1.2 without supported_versions", changed([3, 3]), version(ProtocolVersion::TLS_1_2), alert),
        rule("TLS 1.1", changed([3, 2]), version(ProtocolVersion::TLS_1_1), alert),
        rule("TLS 1.0", changed([3, 1]), version(ProtocolVersion::TLS_1_0), alert),
        rule("SSL 3.0", changed([3, 0]), version(ProtocolVersion::SSL_3_0), alert),
        rule("4.3.1: no 1.3", offers(&[4, 3, 2, 3, 3]), version(ProtocolVersion::TLS_1_2), alert),
        rule("4.3.1: unknown", offers(&[2, 0x0a, 0x0a]), version(ProtocolVersion::TLS_1_2), alert),
    ]
}

fn parameters() -> Vec<Rule> {
    let compression = Violation::Compression { message: "ClientHello" };
    let methods = |list: &'static [u8]| {
        first(move |hello| {
            hello.front.truncate(hello.front.len() - 2);
            hello.front.extend(vector8(list));
        })
    };
    let without = |extension| first(move |hello| hello.remove(extension));
    vec![
        rule("4.2.2: compression", methods(&[1]), compression, Alert::ILLEGAL_PARAMETER),
        rule("4.2.2: null and another", methods(&[0, 1]), compression, Alert::ILLEGAL_PARAMETER),
        rule(
            "9.2: groups",
            without(Ext::SUPPORTED_GROUPS),
            lacks(Ext::SUPPORTED_GROUPS),
            Alert::MISSING_EXTENSION,
        ),
        rule("9.2: shares", without(Ext::KEY_SHARE), lacks(Ext::KEY_SHARE), Alert::MISSING_EXTENSION),
        rule(
            "9.2: signature schemes",
            without(Ext::SIGNATURE_ALGORITHMS),
            lacks(Ext::SIGNATURE_ALGORITHMS),
            Alert::MISSING_EXTENSION,
        ),
        rule(
            "4.2.1: no suite in common",
            with(|configs| {
                configs.client.suites = vec![CipherSuite::AES_128_GCM_SHA256];
                configs.server.suites = vec![CipherSuite::AES_256_GCM_SHA384];
            }),
            Incompatibility::Suite,
            Alert::HANDSHAKE_FAILURE,
        ),
        rule(
            "4.2.1: no group in common",
            with(|configs| {
                configs.client.groups = vec![NamedGroup::X25519];
                configs.client.key_shares = vec![NamedGroup::X25519];
                configs.server.groups = vec![NamedGroup::SECP384R1];
            }),
            Incompatibility::Group,
            Alert::HANDSHAKE_FAILURE,
        ),
        rule(
            "4.5.1: no scheme for our key",
            with(|configs| configs.client.signature_schemes = vec![SignatureScheme::ED25519]),
            Incompatibility::Signature,
            Alert::HANDSHAKE_FAILURE,
        ),
        rule(
            "RFC 7301 3.2: no protocol in common",
            with(|configs| {
                configs.client.alpn = vec![b"imap".to_vec()];
                configs.server.alpn = vec![b"h2".to_vec()];
            }),
            Incompatibility::Protocol,
            Alert::NO_APPLICATION_PROTOCOL,
        ),
    ]
}

fn key_shares() -> Vec<Rule> {
    let x25519 = NamedGroup::X25519;
    let list = |entries: Vec<Vec<u8>>| first(move |hello| hello.set(Ext::KEY_SHARE, &shares(&entries)));
    let invalid = |name, group: NamedGroup, key: &[u8]| {
        let shares = shares(&[share(group, key)]);
        let scene = first(move |hello| {
            hello.set(Ext::SUPPORTED_GROUPS, &numbers([group.0]));
            hello.set(Ext::KEY_SHARE, &shares);
        });
        rule(name, scene, Violation::InvalidShare(group), Alert::ILLEGAL_PARAMETER)
    };
    let mut off_curve = vec![4; 65];
    off_curve[64] = 1;
    vec![
        rule(
            "4.3.8: two shares for one group",
            list(vec![share(x25519, &[9; 32]), share(x25519, &[8; 32])]),
            Violation::RepeatedShare(x25519),
            Alert::ILLEGAL_PARAMETER,
        ),
        rule(
            "4.3.8: a share for a group that is not listed",
            first(|hello| hello.set(Ext::SUPPORTED_GROUPS, &numbers([NamedGroup::SECP384R1.0]))),
            Violation::ShareWithoutGroup(NamedGroup::X25519_MLKEM768),
            Alert::ILLEGAL_PARAMETER,
        ),
        rule(
            "more shares than there are groups",
            first(|hello| {
                hello.set(Ext::SUPPORTED_GROUPS, &numbers(1000..1065));
                let entries: Vec<_> = (1000..1065).map(|group| share(NamedGroup(group), &[1])).collect();
                hello.set(Ext::KEY_SHARE, &shares(&entries));
            }),
            Violation::TooMany("key shares"),
            Alert::UNEXPECTED_MESSAGE,
        ),
        invalid("RFC 7748 6.1: the all-zero point", x25519, &[0; 32]),
        invalid("x25519 one byte short", x25519, &[9; 31]),
        invalid("4.3.8.2: a point off the curve", NamedGroup::SECP256R1, &off_curve),
        invalid("4.3.8.2: a compressed point", NamedGroup::SECP256R1, &[2; 33]),
        invalid("P-384 of zeros", NamedGroup::SECP384R1, &[0; 97]),
        invalid("the hybrid without its classical half", NamedGroup::X25519_MLKEM768, &[1; 1184]),
        // FIPS 203 section 7.2: coefficients of 2^12-1 are not reduced modulo q.
        invalid("FIPS 203 7.2: an unreduced ML-KEM key", NamedGroup::X25519_MLKEM768, &[0xff; 1216]),
    ]
}

/// Decoding errors name structure and field; their alert is always decode_error (RFC 9846 section 6.2).
fn syntax() -> Vec<Rule> {
    use DecodeProblem::{Duplicate, Length, Short, Trailing};
    let body = |change: fn(&mut Vec<u8>)| {
        move || {
            at_server(
                plain,
                replace(HELLO, 1, move |message| {
                    let mut body = message[4..].to_vec();
                    change(&mut body);
                    vec![Out::Message(framed(HELLO, &body))]
                }),
            )
        }
    };
    let suites = |list: &'static [u8]| {
        first(move |hello| {
            hello.front.truncate(35 + 32);
            hello.front.extend_from_slice(list);
            hello.front.extend([1, 0]);
        })
    };
    let session_id = |body: &mut Vec<u8>| {
        body[34] = 33;
        body.insert(35, 0);
    };
    vec![
        malformed("empty", body(Vec::clear), ("ClientHello", "legacy_version", Short)),
        malformed("only a version", body(|b| b.truncate(2)), ("ClientHello", "random", Short)),
        malformed("a session id of 33 bytes", body(session_id), ("ClientHello", "legacy_session_id", Length)),
        malformed("no suites", suites(&[0, 0]), ("ClientHello", "cipher_suites", Length)),
        malformed("half a suite", suites(&[0, 1, 0x13]), ("ClientHello", "cipher_suites", Length)),
        malformed("bytes behind", body(|b| b.push(0)), ("ClientHello", "end", Trailing)),
        malformed(
            "an extension cut off",
            body(|b| b.truncate(b.len() - 1)),
            ("ClientHello", "extensions", Short),
        ),
        malformed(
            "4.3: an extension twice",
            first(|hello| hello.extensions.push((Ext::KEY_SHARE, vec![0, 0]))),
            ("ClientHello", "extensions", Duplicate),
        ),
    ]
}

/// A first hello with this data in an extension.
fn with_extension(kind: Ext, body: &'static [u8]) -> impl Fn() -> Scene {
    first(move |hello| hello.set(kind, body))
}

fn syntax_of_names() -> Vec<Rule> {
    use DecodeProblem::{Duplicate, Length, Value};
    let set = with_extension;
    vec![
        malformed(
            "an empty name list",
            set(Ext::SERVER_NAME, &[0, 0]),
            ("server_name", "server_name_list", Length),
        ),
        malformed(
            "an empty name",
            set(Ext::SERVER_NAME, &[0, 3, 0, 0, 0]),
            ("ServerNameList", "host_name", Length),
        ),
        malformed(
            "RFC 6066 3: two names",
            set(Ext::SERVER_NAME, &[0, 8, 0, 0, 1, b'a', 0, 0, 1, b'b']),
            ("ServerNameList", "server_name_list", Duplicate),
        ),
        malformed(
            "a name of an unknown type",
            set(Ext::SERVER_NAME, &[0, 4, 1, 0, 1, b'a']),
            ("ServerNameList", "name_type", Value),
        ),
        malformed(
            "RFC 7301 3.1: an empty protocol name",
            set(Ext::ALPN, &[0, 3, 0, 1, b'a']),
            ("ProtocolNameList", "protocol_name", Length),
        ),
        malformed(
            "an authority without name",
            set(Ext::CERTIFICATE_AUTHORITIES, &[0, 5, 0, 0, 0, 1, 1]),
            ("CertificateAuthoritiesExtension", "DistinguishedName", Length),
        ),
    ]
}

fn syntax_of_lists() -> Vec<Rule> {
    use DecodeProblem::{Length, Short, Trailing};
    let set = with_extension;
    vec![
        malformed(
            "half a version",
            set(Ext::SUPPORTED_VERSIONS, &[3, 3, 4, 3]),
            ("supported_versions", "versions", Length),
        ),
        malformed(
            "no version",
            set(Ext::SUPPORTED_VERSIONS, &[0]),
            ("supported_versions", "versions", Length),
        ),
        malformed(
            "no group",
            set(Ext::SUPPORTED_GROUPS, &[0, 0]),
            ("supported_groups", "named_group_list", Length),
        ),
        malformed(
            "no scheme",
            set(Ext::SIGNATURE_ALGORITHMS, &[0, 0]),
            ("signature_algorithms", "supported_signature_algorithms", Length),
        ),
        malformed(
            "an empty share",
            set(Ext::KEY_SHARE, &[0, 4, 0, 29, 0, 0]),
            ("KeyShareClientHello", "key_exchange", Length),
        ),
        malformed(
            "RFC 6066 8: an empty status_request",
            set(Ext::STATUS_REQUEST, &[]),
            ("status_request", "status_type", Short),
        ),
        malformed("an empty cookie", set(Ext::COOKIE, &[0, 0]), ("cookie", "cookie", Length)),
        malformed("early_data with a body", set(Ext::EARLY_DATA, &[0]), ("early_data", "end", Trailing)),
    ]
}

/// A second hello changed so, after a HelloRetryRequest for P-256.
fn second(change: impl Fn(&mut Hello) + 'static) -> impl Fn() -> Scene {
    second_with(|_| {}, change)
}

fn second_with(set: fn(&mut Configs), change: impl Fn(&mut Hello) + 'static) -> impl Fn() -> Scene {
    let change = std::rc::Rc::new(change);
    move || {
        let change = std::rc::Rc::clone(&change);
        let set = |configs: &mut Configs| {
            configs.client.groups = vec![NamedGroup::SECP256R1, NamedGroup::SECP384R1, NamedGroup::X25519];
            configs.client.key_shares = vec![NamedGroup::X25519];
            configs.server.groups = vec![NamedGroup::SECP256R1, NamedGroup::SECP384R1];
            set(configs);
        };
        at_server(set, hello(HELLO, 2, move |hello| change(hello)))
    }
}

/// RFC 9846 section 4.2.2 lists what may differ in a second hello.
#[test]
fn second_hello() {
    check(&second_rules());
}

pub(crate) fn second_rules() -> Vec<Rule> {
    let changed = |name, scene: Box<dyn Fn() -> Scene>, field| {
        rule(name, scene, Violation::HelloChanged(field), Alert::ILLEGAL_PARAMETER)
    };
    let p384 = |hello: &mut Hello| {
        hello.set(Ext::SUPPORTED_GROUPS, &numbers([NamedGroup::SECP384R1.0]));
        hello.set(Ext::KEY_SHARE, &shares(&[share(NamedGroup::SECP384R1, &[4; 97])]));
    };
    let ignored = |name, entries: Vec<Vec<u8>>| {
        let scene = second(move |hello| hello.set(Ext::KEY_SHARE, &shares(&entries)));
        rule(name, scene, Violation::RetryIgnored, Alert::ILLEGAL_PARAMETER)
    };
    let with_alpn = |configs: &mut Configs| {
        configs.client.alpn = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        configs.server.alpn = configs.client.alpn.clone();
    };
    let with_cookie = |configs: &mut Configs| configs.server.retry_cookie = true;
    let other_cookie = |hello: &mut Hello| {
        let mut cookie = hello.extension(Ext::COOKIE).unwrap().to_vec();
        cookie[33] ^= 1;
        hello.set(Ext::COOKIE, &cookie);
    };
    vec![
        changed("random", Box::new(second(|hello| hello.front[2] ^= 1)), "random"),
        changed("session id", Box::new(second(|hello| hello.front[35] ^= 1)), "legacy_session_id"),
        changed("suites", Box::new(second(|hello| hello.front[70] ^= 1)), "cipher_suites"),
        changed("no name", Box::new(second(|hello| hello.remove(Ext::SERVER_NAME))), "server_name"),
        changed(
            "protocols",
            Box::new(second_with(with_alpn, |hello| hello.set(Ext::ALPN, b"\0\x09\x08http/1.1"))),
            "application_layer_protocol_negotiation",
        ),
        changed("groups", Box::new(second(p384)), "supported_groups"),
        changed("early data", Box::new(second(|hello| hello.set(Ext::EARLY_DATA, b""))), "early_data"),
        changed(
            "a key that was not offered before",
            Box::new(second(|hello| {
                let identities = vector16(&[&vector16(b"ticket")[..], &[0; 4]].concat());
                let binders = vector16(&vector8(&[0; 32]));
                hello.set(Ext::PRE_SHARED_KEY, &[identities, binders].concat());
            })),
            "pre_shared_key",
        ),
        changed(
            "a cookie never given",
            Box::new(second(|hello| hello.set(Ext::COOKIE, b"\0\x01x"))),
            "cookie",
        ),
        changed("no cookie", Box::new(second_with(with_cookie, |hello| hello.remove(Ext::COOKIE))), "cookie"),
        changed("another cookie", Box::new(second_with(with_cookie, other_cookie)), "cookie"),
        ignored("4.2.4: no share", vec![]),
        ignored("4.2.4: the old share", vec![share(NamedGroup::X25519, &[9; 32])]),
        ignored(
            "4.2.4: another share beside",
            vec![share(NamedGroup::SECP256R1, &[4; 65]), share(NamedGroup::X25519, &[9; 32])],
        ),
    ]
}
