//! The rules of the record layer (RFC 9846 section 5).

use bulla_testkit::actor::{Edit, Out, Scene};
use bulla_testkit::message::framed;
use bulla_testkit::record::clear;
use bulla_tls::Violation;
use bulla_tls::registry::{AlertDescription as Alert, ContentType as Type, HandshakeType as Kind};

use super::rule::{Rule, at_client, at_server, check, plain, replace, rule, then};

const UNEXPECTED: Alert = Alert::UNEXPECTED_MESSAGE;

/// The most content in a record.
const FULL: usize = 1 << 14;

/// A client sends this before its hello, or in its place.
fn first(bytes: Vec<u8>) -> impl Fn() -> Scene {
    move || {
        let bytes = bytes.clone();
        at_server(plain, replace(Kind::CLIENT_HELLO, 1, move |_| vec![Out::Raw(bytes.clone())]))
    }
}

/// A client sends this behind its hello.
fn behind_hello(more: impl Fn() -> Vec<Out> + Clone + 'static) -> impl Fn() -> Scene {
    move || at_server(plain, behind(Kind::CLIENT_HELLO, more.clone()))
}

/// A server sends this behind its EncryptedExtensions.
fn in_flight(more: impl Fn() -> Vec<Out> + Clone + 'static) -> impl Fn() -> Scene {
    move || at_client(plain, behind(Kind::ENCRYPTED_EXTENSIONS, more.clone()))
}

fn behind(kind: Kind, more: impl Fn() -> Vec<Out> + 'static) -> Edit {
    replace(kind, 1, move |message| std::iter::once(Out::Message(message)).chain(more()).collect())
}

/// A message and these bytes in one record.
fn glued(subject_is_server: bool, kind: Kind, tail: Vec<u8>) -> impl Fn() -> Scene {
    move || {
        let tail = tail.clone();
        let edit = replace(kind, 1, move |message| {
            vec![Out::Record(Type::HANDSHAKE, [&message[..], &tail].concat())]
        });
        if subject_is_server { at_server(plain, edit) } else { at_client(plain, edit) }
    }
}

fn header(kind: Type, length: usize) -> Vec<u8> {
    let [high, low] = u16::try_from(length).unwrap().to_be_bytes();
    vec![kind.0, 3, 3, high, low]
}

#[test]
fn in_the_clear() {
    check(&rules());
}

#[test]
fn protected() {
    check(&protected_rules());
}

pub(crate) fn rules() -> Vec<Rule> {
    [lengths(), types(), alerts(), fragments()].concat()
}

fn lengths() -> Vec<Rule> {
    let overflow = Alert::RECORD_OVERFLOW;
    let long = header(Type::HANDSHAKE, FULL + 1);
    let claims = |length: u32| {
        let [_, a, b, c] = length.to_be_bytes();
        first(clear(Type::HANDSHAKE, &[Kind::CLIENT_HELLO.0, a, b, c]))
    };
    let too_long = Violation::MessageTooLong { kind: Kind::CLIENT_HELLO, length: 65_537, limit: 65_536 };
    vec![
        rule("5.1: 2^14 + 1 bytes", first(long), Violation::RecordTooLong, overflow),
        rule(
            "5.1: a handshake record without content",
            first(clear(Type::HANDSHAKE, b"")),
            Violation::EmptyRecord(Type::HANDSHAKE),
            UNEXPECTED,
        ),
        rule("a message longer than the limit", claims(65_537), too_long, Alert::ILLEGAL_PARAMETER),
    ]
}

fn types() -> Vec<Rule> {
    let ccs = |content: &'static [u8]| move || vec![Out::Raw(clear(Type::CHANGE_CIPHER_SPEC, content))];
    let ccs_rule =
        |name, scene: Box<dyn Fn() -> Scene>| rule(name, scene, Violation::ChangeCipherSpec, UNEXPECTED);
    let record = |kind| Violation::UnexpectedRecord(kind);
    let heartbeat = Type(24);
    vec![
        rule(
            "5: a change_cipher_spec before the first hello",
            first(clear(Type::CHANGE_CIPHER_SPEC, &[1])),
            record(Type::CHANGE_CIPHER_SPEC),
            UNEXPECTED,
        ),
        rule(
            "5: application data before the first hello",
            first(clear(Type::APPLICATION_DATA, b"data")),
            record(Type::APPLICATION_DATA),
            UNEXPECTED,
        ),
        ccs_rule("5: another value", Box::new(behind_hello(ccs(&[2])))),
        ccs_rule("5: two bytes", Box::new(behind_hello(ccs(&[1, 1])))),
        ccs_rule("5: no byte", Box::new(in_flight(ccs(&[])))),
        ccs_rule(
            "5: protected",
            Box::new(in_flight(|| vec![Out::Record(Type::CHANGE_CIPHER_SPEC, vec![1])])),
        ),
        rule(
            "too many change_cipher_spec",
            behind_hello(|| (0..33).map(|_| Out::Raw(clear(Type::CHANGE_CIPHER_SPEC, &[1]))).collect()),
            Violation::TooMany("change_cipher_spec records"),
            UNEXPECTED,
        ),
        rule(
            "5: an unknown type",
            behind_hello(move || vec![Out::Raw(clear(heartbeat, b"x"))]),
            record(heartbeat),
            UNEXPECTED,
        ),
        rule(
            "5: a handshake record in the clear behind the keys",
            behind_hello(|| vec![Out::Raw(clear(Type::HANDSHAKE, &framed(Kind::FINISHED, &[0; 32])))]),
            record(Type::HANDSHAKE),
            UNEXPECTED,
        ),
        rule(
            "5.2: what no key opens",
            behind_hello(|| vec![Out::Raw(clear(Type::APPLICATION_DATA, &[7; 40]))]),
            Violation::Undecryptable,
            Alert::BAD_RECORD_MAC,
        ),
        rule(
            "5.2: shorter than a tag",
            behind_hello(|| vec![Out::Raw(clear(Type::APPLICATION_DATA, &[7; 15]))]),
            Violation::Undecryptable,
            Alert::BAD_RECORD_MAC,
        ),
    ]
}

fn alerts() -> Vec<Rule> {
    vec![
        rule(
            "5.1: an alert of one byte",
            first(clear(Type::ALERT, &[2])),
            Violation::AlertLength,
            Alert::DECODE_ERROR,
        ),
        rule(
            "5.1: two alerts",
            first(clear(Type::ALERT, &[1, 90, 1, 0])),
            Violation::AlertLength,
            Alert::DECODE_ERROR,
        ),
        rule(
            "5.4: an empty alert",
            first(clear(Type::ALERT, &[])),
            Violation::EmptyRecord(Type::ALERT),
            UNEXPECTED,
        ),
    ]
}

fn fragments() -> Vec<Rule> {
    let half = |hello: Vec<u8>, between: Vec<u8>| {
        vec![Out::Record(Type::HANDSHAKE, hello[..50].to_vec()), Out::Raw(between)]
    };
    let cut = |between: Vec<u8>| {
        move || {
            let between = between.clone();
            at_server(plain, replace(Kind::CLIENT_HELLO, 1, move |hello| half(hello, between.clone())))
        }
    };
    let interleaved = |name, between| rule(name, cut(between), Violation::Interleaved, UNEXPECTED);
    let update = framed(Kind::KEY_UPDATE, &[0]);
    let aligned = |name, scene: Box<dyn Fn() -> Scene>| rule(name, scene, Violation::NotAligned, UNEXPECTED);
    vec![
        interleaved("5.1: an alert between fragments", clear(Type::ALERT, &[1, 0])),
        interleaved("5.1: change_cipher_spec between fragments", clear(Type::CHANGE_CIPHER_SPEC, &[1])),
        interleaved("5.1: data between fragments", clear(Type::APPLICATION_DATA, b"data")),
        aligned("5.1: bytes behind ClientHello", Box::new(glued(true, Kind::CLIENT_HELLO, vec![20]))),
        aligned("5.1: bytes behind ServerHello", Box::new(glued(false, Kind::SERVER_HELLO, vec![8, 0]))),
        aligned(
            "5.1: bytes behind the client's Finished",
            Box::new(glued(true, Kind::FINISHED, update.clone())),
        ),
        aligned("5.1: bytes behind the server's Finished", Box::new(glued(false, Kind::FINISHED, update))),
    ]
}

pub(crate) fn protected_rules() -> Vec<Rule> {
    [protected_contents(), protected_in_session()].concat()
}

fn protected_contents() -> Vec<Rule> {
    let record = |kind| Violation::UnexpectedRecord(kind);
    let half = || vec![Out::Record(Type::HANDSHAKE, vec![11, 0, 1]), Out::Record(Type::ALERT, vec![1, 90])];
    vec![
        rule(
            "5.1: application data under handshake keys",
            in_flight(|| vec![Out::Record(Type::APPLICATION_DATA, b"early".to_vec())]),
            record(Type::APPLICATION_DATA),
            UNEXPECTED,
        ),
        rule(
            "5.1: an empty handshake record",
            in_flight(|| vec![Out::Record(Type::HANDSHAKE, vec![])]),
            Violation::EmptyRecord(Type::HANDSHAKE),
            UNEXPECTED,
        ),
        rule("5.1: an alert between fragments", in_flight(half), Violation::Interleaved, UNEXPECTED),
        rule(
            "5.4: padding only",
            in_flight(|| vec![Out::Inner(vec![0; 20])]),
            Violation::PaddingOnly,
            UNEXPECTED,
        ),
        rule(
            "5.4: nothing at all",
            in_flight(|| vec![Out::Inner(vec![])]),
            Violation::PaddingOnly,
            UNEXPECTED,
        ),
        rule(
            "an alert in the clear behind protected records",
            in_flight(|| vec![Out::Raw(clear(Type::ALERT, &[2, 40]))]),
            record(Type::ALERT),
            UNEXPECTED,
        ),
    ]
}

/// In a session, whichever side is tried.
fn protected_in_session() -> Vec<Rule> {
    [true, false]
        .into_iter()
        .flat_map(|server| [lengths_in_session(server), types_in_session(server)].concat())
        .collect()
}

fn in_session(
    name: &'static str,
    server: bool,
    out: fn() -> Vec<Out>,
    error: Violation,
    alert: Alert,
) -> Rule {
    rule(name, move || then(server, out()), error, alert).within_session()
}

fn lengths_in_session(server: bool) -> Vec<Rule> {
    vec![
        in_session(
            "5.2: a record of more than 2^14 + 256 bytes",
            server,
            || vec![Out::Raw(header(Type::APPLICATION_DATA, FULL + 257))],
            Violation::RecordTooLong,
            Alert::RECORD_OVERFLOW,
        ),
        in_session(
            "5.2: an inner plaintext of more than 2^14 + 1 bytes",
            server,
            || vec![Out::Inner([vec![7; FULL + 1], vec![23]].concat())],
            Violation::RecordTooLong,
            Alert::RECORD_OVERFLOW,
        ),
        in_session(
            "5.4: padding beyond 2^14 + 1 bytes",
            server,
            || vec![Out::Inner([vec![7, 23], vec![0; FULL]].concat())],
            Violation::RecordTooLong,
            Alert::RECORD_OVERFLOW,
        ),
    ]
}

fn types_in_session(server: bool) -> Vec<Rule> {
    let record = |kind| Violation::UnexpectedRecord(kind);
    vec![
        in_session(
            "5: change_cipher_spec after Finished",
            server,
            || vec![Out::Raw(clear(Type::CHANGE_CIPHER_SPEC, &[1]))],
            Violation::ChangeCipherSpec,
            UNEXPECTED,
        ),
        in_session(
            "5: a protected record of an unknown type",
            server,
            || vec![Out::Record(Type(24), b"x".to_vec())],
            record(Type(24)),
            UNEXPECTED,
        ),
        in_session(
            "an alert in the clear",
            server,
            || vec![Out::Raw(clear(Type::ALERT, &[1, 0]))],
            record(Type::ALERT),
            UNEXPECTED,
        ),
        in_session(
            "5.4: an empty alert",
            server,
            || vec![Out::Record(Type::ALERT, vec![])],
            Violation::EmptyRecord(Type::ALERT),
            UNEXPECTED,
        ),
        in_session(
            "data between fragments",
            server,
            || vec![Out::Record(Type::HANDSHAKE, vec![24, 0]), Out::Record(Type::APPLICATION_DATA, vec![1])],
            Violation::Interleaved,
            UNEXPECTED,
        ),
    ]
}
