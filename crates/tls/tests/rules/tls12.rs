//! What each side refuses in TLS 1.2 (RFC 5246, RFC 5746, RFC 7627, RFC 8422). Where a name begins with a number, it
//! is the section of RFC 5246 that has the rule.

mod server;

use std::rc::Rc;

use bulla_crypto::signature::KeyKind;
use bulla_testkit::actor::{Edit, Out, Scene};
use bulla_testkit::authority;
use bulla_testkit::message::{Hello, framed, vector24};
use bulla_testkit::record::clear;
use bulla_tls::registry::{
    AlertDescription as Alert, CipherSuite, ContentType as Type, ExtensionType as Ext, HandshakeType as Kind,
    NamedGroup, ProtocolVersion, SignatureScheme,
};
use bulla_tls::{
    ClientCertificates, ClientCredentials, Credentials, DecodeProblem, Incompatibility, Need, Verification,
    Violation,
};

use super::rule::{
    Configs, Rule, at_client, at_server, change, check, hello, honest, malformed, replace, rule,
};

/// Both sides speak TLS 1.2; ours knows TLS 1.3, too, where the peer does not.
fn versions(client: &[ProtocolVersion], server: &[ProtocolVersion]) -> impl Fn(&mut Configs) + use<> {
    let (client, server) = (client.to_vec(), server.to_vec());
    move |configs| {
        configs.client.versions.clone_from(&client);
        configs.server.versions.clone_from(&server);
    }
}

const ONE: [ProtocolVersion; 1] = [ProtocolVersion::TLS_1_2];
const BOTH: [ProtocolVersion; 2] = [ProtocolVersion::TLS_1_3, ProtocolVersion::TLS_1_2];

/// Our client before a server of TLS 1.2 with this edit.
fn client(edit: impl Fn() -> Edit) -> impl Fn() -> Scene {
    move || at_client(versions(&BOTH, &ONE), edit())
}

/// Our server before a client of TLS 1.2 with this edit.
fn server(edit: impl Fn() -> Edit) -> impl Fn() -> Scene {
    move || at_server(versions(&ONE, &BOTH), edit())
}

fn server_hello(edit: impl Fn(&mut Hello) + 'static) -> impl Fn() -> Scene {
    let edit = Rc::new(edit);
    client(move || {
        let edit = Rc::clone(&edit);
        hello(Kind::SERVER_HELLO, 1, move |hello| edit(hello))
    })
}

fn client_hello(edit: impl Fn(&mut Hello) + 'static) -> impl Fn() -> Scene {
    let edit = Rc::new(edit);
    server(move || {
        let edit = Rc::clone(&edit);
        hello(Kind::CLIENT_HELLO, 1, move |hello| edit(hello))
    })
}

/// This body in the place of the first message of this type, at our client.
fn body(kind: Kind, body: &'static [u8]) -> impl Fn() -> Scene {
    client(move || replace(kind, 1, move |_| vec![Out::Message(framed(kind, body))]))
}

#[test]
fn both_sides_can_be_honest() {
    for mut scene in [client(honest)(), server(honest)()] {
        scene.settle();
        assert!(scene.subject.established && scene.actor.complete, "{}", scene.picture());
        let facts = scene.subject.connection.facts();
        assert_eq!(facts.version, Some(ProtocolVersion::TLS_1_2));
    }
}

#[test]
fn what_a_client_refuses() {
    check(&client_rules());
}

#[test]
fn what_a_server_refuses() {
    check(&server::rules());
}

#[test]
fn change_cipher_spec_is_timely() {
    check(&change_cipher_spec());
}

#[test]
fn nothing_is_renegotiated() {
    check(&after_the_handshake());
}

pub(crate) fn rules() -> Vec<Rule> {
    [client_rules(), server::rules(), change_cipher_spec(), after_the_handshake()].concat()
}

fn client_rules() -> Vec<Rule> {
    [hellos(), hello_extensions(), certificates(), server_keys(), flight()].concat()
}

/// What a client refuses a ServerHello for.
fn hellos() -> Vec<Rule> {
    const MESSAGE: &str = "ServerHello";
    let illegal = Alert::ILLEGAL_PARAMETER;
    let suite = |id: u16| server_hello(move |hello| set_suite(hello, id));
    let not_offered = |id: u16| Violation::SuiteNotOffered(CipherSuite(id));
    vec![
        rule("7.4.1.3: suite of TLS 1.3", suite(0x1301), not_offered(0x1301), illegal),
        rule("RFC 10015: key transport", suite(0x009c), not_offered(0x009c), illegal),
        rule("7.4.1.3: suite unknown", suite(0x0005), not_offered(0x0005), illegal),
        rule(
            "7.4.1.3: compression",
            server_hello(|hello| *hello.front.last_mut().unwrap() = 1),
            Violation::Compression { message: MESSAGE },
            illegal,
        ),
        rule("the id of compatibility mode", at_echo, Violation::ResumedUnasked, illegal),
        rule(
            "RFC 9846 4.2.3: downgraded",
            || {
                at_client(
                    versions(&BOTH, &ONE),
                    hello(Kind::SERVER_HELLO, 1, |hello| {
                        hello.front[26..34].copy_from_slice(b"DOWNGRD\x01");
                    }),
                )
            },
            Violation::Downgraded,
            illegal,
        ),
    ]
}

/// What a client refuses the extensions of a ServerHello for.
fn hello_extensions() -> Vec<Rule> {
    const MESSAGE: &str = "ServerHello";
    let set = |kind, body: &'static [u8]| server_hello(move |hello| hello.set(kind, body));
    let without = |kind| server_hello(move |hello| hello.remove(kind));
    let unsolicited = |extension| Violation::UnsolicitedExtension { message: MESSAGE, extension };
    let own = vec![
        rule(
            "RFC 5746 3.4: no secure renegotiation",
            without(Ext::RENEGOTIATION_INFO),
            Incompatibility::SecureRenegotiation,
            Alert::HANDSHAKE_FAILURE,
        ),
        rule(
            "RFC 7301 3.1: protocol not offered",
            set(Ext::ALPN, &[0, 3, 2, b'h', b'3']),
            unsolicited(Ext::ALPN),
            Alert::UNSUPPORTED_EXTENSION,
        ),
        rule(
            "7.4.1.4: heartbeat",
            set(Ext::HEARTBEAT, &[1]),
            unsolicited(Ext::HEARTBEAT),
            Alert::UNSUPPORTED_EXTENSION,
        ),
        rule(
            "RFC 9846 4.3.8: a key share",
            set(Ext::KEY_SHARE, &[0, 29, 0, 1, 1]),
            Violation::MisplacedExtension { message: MESSAGE, extension: Ext::KEY_SHARE },
            Alert::ILLEGAL_PARAMETER,
        ),
    ];
    [of_either_hello(MESSAGE, set, without), own].concat()
}

/// What either side refuses the other's hello for.
fn of_either_hello<S: Fn() -> Scene + 'static, W: Fn() -> Scene + 'static>(
    message: &'static str,
    set: impl Fn(Ext, &'static [u8]) -> S,
    without: impl Fn(Ext) -> W,
) -> Vec<Rule> {
    vec![
        rule(
            "RFC 5746 3.4 and 3.6: verify_data in a first handshake",
            set(Ext::RENEGOTIATION_INFO, &[1, 0]),
            Violation::RenegotiationInfo { message },
            Alert::HANDSHAKE_FAILURE,
        ),
        rule(
            "RFC 7627 5.2 and 5.3: no extended master secret",
            without(Ext::EXTENDED_MASTER_SECRET),
            Incompatibility::ExtendedMasterSecret,
            Alert::HANDSHAKE_FAILURE,
        ),
        rule(
            "RFC 8422 5.1.2: compressed points",
            set(Ext::EC_POINT_FORMATS, &[1, 1]),
            Violation::PointFormats { message },
            Alert::ILLEGAL_PARAMETER,
        ),
    ]
}

fn set_suite(hello: &mut Hello, suite: u16) {
    let place = hello.front.len() - 3;
    hello.front[place..place + 2].copy_from_slice(&suite.to_be_bytes());
}

/// A server that sends back the session id which our client made up for TLS 1.3's compatibility mode.
fn at_echo() -> Scene {
    let scene = at_client(versions(&BOTH, &ONE), honest());
    let heard = Rc::clone(&scene.actor.heard);
    let mut scene = scene;
    scene.actor.edit = hello(Kind::SERVER_HELLO, 1, move |hello| {
        let id = heard.borrow()[39..71].to_vec();
        hello.front[34] = 32;
        hello.front.splice(35..35, id);
    });
    scene
}

/// What a client refuses a server's certificate for.
fn certificates() -> Vec<Rule> {
    let illegal = Alert::ILLEGAL_PARAMETER;
    vec![
        rule(
            "7.4.2: no certificate",
            body(Kind::CERTIFICATE, &[0, 0, 0]),
            Violation::NoCertificate,
            Alert::DECODE_ERROR,
        ),
        malformed(
            "7.4.2: an empty certificate",
            body(Kind::CERTIFICATE, &[0, 0, 3, 0, 0, 0]),
            ("Certificate", "certificate", DecodeProblem::Length),
        ),
        rule(
            "7.4.2: the wrong kind of key",
            wrong_kind,
            Violation::CertificateNotForSuite(CipherSuite::ECDHE_RSA_AES_128_GCM_SHA256),
            illegal,
        ),
        rule(
            "RFC 8422 5.3: a key on a curve that was not offered",
            wrong_curve,
            Violation::CurveNotOffered(NamedGroup::SECP384R1),
            illegal,
        ),
    ]
}

/// What a client refuses a server's ephemeral key for.
fn server_keys() -> Vec<Rule> {
    let illegal = Alert::ILLEGAL_PARAMETER;
    let exchange = Kind::SERVER_KEY_EXCHANGE;
    let edit = |place: usize, bytes: &'static [u8]| {
        client(move || {
            change(exchange, move |message| message[place..place + bytes.len()].copy_from_slice(bytes))
        })
    };
    let scheme_at = 4 + 4 + 32;
    let unexpected = |got, expected: &'static [Kind]| Violation::UnexpectedMessage { got, expected };
    vec![
        rule(
            "RFC 8422 5.4: group not offered",
            edit(5, &[0, 30]),
            Violation::GroupNotOffered(NamedGroup::X448),
            illegal,
        ),
        malformed(
            "RFC 8422 5.4: an explicit curve",
            edit(4, &[1]),
            ("ServerKeyExchange", "curve_type", DecodeProblem::Value),
        ),
        rule(
            "7.4.3: scheme not offered",
            edit(scheme_at, &[2, 3]),
            Violation::SchemeNotOffered(SignatureScheme(0x0203)),
            illegal,
        ),
        rule(
            "7.4.3: scheme of another kind of key",
            edit(scheme_at, &[4, 1]),
            Violation::SchemeNotForKey(SignatureScheme::RSA_PKCS1_SHA256),
            illegal,
        ),
        rule(
            "7.4.3: a key that was not signed",
            client(move || change(exchange, |message| message[10] ^= 1)),
            Violation::Signature,
            Alert::DECRYPT_ERROR,
        ),
        rule(
            "7.4.3: no key exchange",
            client(move || replace(exchange, 1, |_| Vec::new())),
            unexpected(Kind::SERVER_HELLO_DONE, &[Kind::SERVER_KEY_EXCHANGE]),
            Alert::UNEXPECTED_MESSAGE,
        ),
    ]
}

/// What a client refuses the end of a server's flights for.
fn flight() -> Vec<Rule> {
    vec![
        malformed(
            "7.4.5: a body in ServerHelloDone",
            body(Kind::SERVER_HELLO_DONE, &[0]),
            ("ServerHelloDone", "end", DecodeProblem::Trailing),
        ),
        rule(
            "7.4.9: Finished",
            client(|| change(Kind::FINISHED, |message| message[4] ^= 1)),
            Violation::Finished,
            Alert::DECRYPT_ERROR,
        ),
        rule(
            "7.4.9: Finished cut short",
            client(|| {
                replace(Kind::FINISHED, 1, |message| {
                    vec![Out::Message(framed(Kind::FINISHED, &message[4..15]))]
                })
            }),
            Violation::Finished,
            Alert::DECRYPT_ERROR,
        ),
    ]
}

/// A server that names a suite for RSA and shows an ECDSA certificate.
fn wrong_kind() -> Scene {
    let leaf = authority::shared().server(KeyKind::EcP256);
    let chain: Vec<u8> = leaf.chain.iter().flat_map(|der| vector24(der)).collect();
    let set = |configs: &mut Configs| {
        versions(&BOTH, &ONE)(configs);
        let rsa = authority::shared().server(KeyKind::Rsa).credential();
        configs.server.credentials = Credentials::Fixed(rsa);
    };
    let edit = move |_: Vec<u8>| vec![Out::Message(framed(Kind::CERTIFICATE, &vector24(&chain)))];
    at_client(set, replace(Kind::CERTIFICATE, 1, edit))
}

/// A server that shows a key on P-384 to a client that offers P-256 alone.
fn wrong_curve() -> Scene {
    let leaf = authority::shared().server(KeyKind::EcP384);
    let chain: Vec<u8> = leaf.chain.iter().flat_map(|der| vector24(der)).collect();
    let set = |configs: &mut Configs| {
        versions(&BOTH, &ONE)(configs);
        configs.client.groups = vec![NamedGroup::SECP256R1];
        configs.client.key_shares = vec![NamedGroup::SECP256R1];
        configs.server.credentials =
            Credentials::Fixed(authority::shared().server(KeyKind::EcP256).credential());
    };
    let edit = move |_: Vec<u8>| vec![Out::Message(framed(Kind::CERTIFICATE, &vector24(&chain)))];
    at_client(set, replace(Kind::CERTIFICATE, 1, edit))
}

/// RFC 5246 section 7.1, and the attack on those who took one before there were keys (CVE-2014-0224).
fn change_cipher_spec() -> Vec<Rule> {
    const CCS: &[u8] = &[1];
    let untimely = Violation::UntimelyChangeCipherSpec;
    let alert = Alert::UNEXPECTED_MESSAGE;
    let before = |kind| {
        move || -> Edit {
            replace(kind, 1, |message| {
                vec![Out::Raw(clear(Type::CHANGE_CIPHER_SPEC, CCS)), Out::Message(message)]
            })
        }
    };
    let skipped = || -> Edit {
        Box::new(|out| {
            out.retain(|each| !matches!(each, Out::Raw(raw) if raw[0] == Type::CHANGE_CIPHER_SPEC.0));
        })
    };
    let odd = || -> Edit {
        Box::new(|out| {
            for each in out {
                if matches!(each, Out::Raw(raw) if raw[0] == Type::CHANGE_CIPHER_SPEC.0) {
                    *each = Out::Raw(clear(Type::CHANGE_CIPHER_SPEC, &[2]));
                }
            }
        })
    };
    let unprotected = Violation::UnexpectedRecord(Type::HANDSHAKE);
    vec![
        rule("7.1: before ClientKeyExchange", server(before(Kind::CLIENT_KEY_EXCHANGE)), untimely, alert),
        rule("7.1: before ServerKeyExchange", client(before(Kind::SERVER_KEY_EXCHANGE)), untimely, alert),
        rule("7.1: none before the client's Finished", server(skipped), unprotected, alert),
        rule("7.1: none before the server's Finished", client(skipped), unprotected, alert),
        rule("7.1: an odd one", server(odd), Violation::ChangeCipherSpec, alert),
    ]
}

/// A session, in which the peer then says this.
fn then(subject_is_server: bool, out: impl Fn() -> Out) -> impl Fn() -> Scene {
    move || {
        let mut scene = if subject_is_server { server(honest)() } else { client(honest)() };
        scene.settle();
        scene.say([out()]);
        scene
    }
}

fn after_the_handshake() -> Vec<Rule> {
    let message = |kind, body: &'static [u8]| move || Out::Message(framed(kind, body));
    let unexpected = |got| Violation::UnexpectedMessage { got, expected: &[] };
    let (again, alert) = (Violation::Renegotiation, Alert::UNEXPECTED_MESSAGE);
    let rules = vec![
        rule("HelloRequest", then(false, message(Kind::HELLO_REQUEST, b"")), again, Alert::NO_RENEGOTIATION),
        rule(
            "a second ClientHello",
            then(true, message(Kind::CLIENT_HELLO, b"x")),
            again,
            Alert::NO_RENEGOTIATION,
        ),
        rule("KeyUpdate", then(true, message(Kind::KEY_UPDATE, &[0])), unexpected(Kind::KEY_UPDATE), alert),
        rule(
            "6.2.3.3: a record that does not decrypt",
            then(true, || Out::Raw(clear(Type::APPLICATION_DATA, &[0; 64]))),
            Violation::Undecryptable,
            Alert::BAD_RECORD_MAC,
        ),
        rule(
            "6.2.3.3: a record shorter than its tag",
            then(false, || Out::Raw(clear(Type::APPLICATION_DATA, &[0; 23]))),
            Violation::Undecryptable,
            Alert::BAD_RECORD_MAC,
        ),
        rule(
            "7.1: another change_cipher_spec",
            then(true, || Out::Record(Type::CHANGE_CIPHER_SPEC, vec![1])),
            Violation::UntimelyChangeCipherSpec,
            alert,
        ),
    ];
    rules.into_iter().map(Rule::within_session).collect()
}

/// RFC 5246 section 7.2.2: a warning does not end the connection.
#[test]
fn warnings_are_passed_over() {
    let mut scene = server(honest)();
    scene.settle();
    for _ in 0..4 {
        scene.say([Out::Record(Type::ALERT, vec![1, Alert::NO_RENEGOTIATION.0])]);
    }
    scene.say([Out::Record(Type::APPLICATION_DATA, b"still here".to_vec())]);
    assert_eq!(scene.subject.delivered, b"still here");
}

/// RFC 6066 section 3: a client may pass over the warning that its name is not known.
#[test]
fn a_warning_about_the_name_is_passed_over() {
    let warning = || Out::Record(Type::ALERT, vec![1, Alert::UNRECOGNIZED_NAME.0]);
    let mut scene = client(move || {
        replace(Kind::SERVER_HELLO, 1, move |message| vec![warning(), Out::Message(message)])
    })();
    scene.settle();
    assert!(scene.subject.established, "{}", scene.picture());
}

/// RFC 5246 section 7.4.6: a client shows only what is of a type that the server takes.
#[test]
fn a_client_minds_the_types_of_certificate() {
    let rsa_alone = || {
        change(Kind::CERTIFICATE_REQUEST, |message| {
            // The list of two types becomes one of RSA twice.
            message[5..7].copy_from_slice(&[1, 1]);
        })
    };
    let set = |configs: &mut Configs| {
        versions(&BOTH, &ONE)(configs);
        let anchors = Verification::Anchors(authority::shared().anchors());
        configs.server.client_certificates = ClientCertificates::Optional(anchors);
        configs.client.credentials = ClientCredentials::Ask;
    };
    let mut scene = at_client(set, rsa_alone());
    scene.settle();
    let Some(Need::Certificate(need)) = scene.subject.needs.pop() else {
        panic!("{}", scene.picture());
    };
    for (kind, fits) in [(KeyKind::Rsa, true), (KeyKind::EcP256, false), (KeyKind::Ed25519, false)] {
        assert_eq!(need.accepts(&authority::shared().client(kind).credential()), fits, "{kind:?}");
    }
}
