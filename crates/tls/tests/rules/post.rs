//! Messages after the handshake (RFC 9846 section 4.7) and the limits on what carries nothing.

use bulla_testkit::actor::Out;
use bulla_testkit::message::framed;
use bulla_tls::registry::{AlertDescription as Alert, ContentType as Type, HandshakeType as Kind};
use bulla_tls::{DecodeProblem, Violation};

use super::rule::{Rule, check, malformed, rule, session, then};

const UNEXPECTED: Alert = Alert::UNEXPECTED_MESSAGE;

const AT_CLIENT: &[Kind] = &[Kind::NEW_SESSION_TICKET, Kind::KEY_UPDATE];
const AT_SERVER: &[Kind] = &[Kind::KEY_UPDATE];

/// A NewSessionTicket: lifetime, age, nonce, ticket, no extensions.
fn ticket() -> Vec<u8> {
    framed(Kind::NEW_SESSION_TICKET, b"\0\0\x0e\x10\x01\x02\x03\x04\x01\0\0\x03abc\0\0")
}

fn update(request: u8) -> Vec<u8> {
    framed(Kind::KEY_UPDATE, &[request])
}

#[test]
fn after_the_handshake() {
    check(&rules());
}

pub(crate) fn rules() -> Vec<Rule> {
    let rules = [messages(), syntax(), limits()].concat();
    rules.into_iter().map(Rule::within_session).collect()
}

fn messages() -> Vec<Rule> {
    let server = |name, message: Vec<u8>, error| {
        rule(name, move || then(true, [Out::Message(message.clone())]), error, UNEXPECTED)
    };
    let client = |name, message: Vec<u8>, error| {
        rule(name, move || then(false, [Out::Message(message.clone())]), error, UNEXPECTED)
    };
    let unexpected = |got, expected| Violation::UnexpectedMessage { got, expected };
    let empty = |kind| framed(kind, b"");
    let request = framed(Kind::CERTIFICATE_REQUEST, b"\x01x\0\x08\0\x0d\0\x04\0\x02\x04\x03");
    let glued =
        |server| move || then(server, [Out::Record(Type::HANDSHAKE, [update(0), update(0)].concat())]);
    let illegal = |value: u8| move || then(value.is_multiple_of(2), [Out::Message(update(value))]);
    vec![
        server("4.7.1: a ticket from a client", ticket(), unexpected(Kind::NEW_SESSION_TICKET, AT_SERVER)),
        server("4.2.2: a second hello", empty(Kind::CLIENT_HELLO), unexpected(Kind::CLIENT_HELLO, AT_SERVER)),
        server("a second Finished", empty(Kind::FINISHED), unexpected(Kind::FINISHED, AT_SERVER)),
        client("renegotiation of TLS 1.2", empty(Kind(0)), unexpected(Kind(0), AT_CLIENT)),
        client("4.7.2: never offered", request, unexpected(Kind::CERTIFICATE_REQUEST, AT_CLIENT)),
        client("a second Finished", empty(Kind::FINISHED), unexpected(Kind::FINISHED, AT_CLIENT)),
        rule("5.1: bytes behind KeyUpdate", glued(true), Violation::NotAligned, UNEXPECTED),
        rule("5.1: bytes behind KeyUpdate", glued(false), Violation::NotAligned, UNEXPECTED),
        rule("4.7.3: request_update", illegal(2), Violation::KeyUpdateRequest(2), Alert::ILLEGAL_PARAMETER),
        rule(
            "4.7.3: request_update",
            illegal(255),
            Violation::KeyUpdateRequest(255),
            Alert::ILLEGAL_PARAMETER,
        ),
    ]
}

fn syntax() -> Vec<Rule> {
    use DecodeProblem::{Length, Short, Trailing};
    let client =
        |body: &'static [u8]| move || then(false, [Out::Message(framed(Kind::NEW_SESSION_TICKET, body))]);
    let server = |body: &'static [u8]| move || then(true, [Out::Message(framed(Kind::KEY_UPDATE, body))]);
    vec![
        malformed("no request_update", server(b""), ("KeyUpdate", "request_update", Short)),
        malformed("two bytes", server(b"\0\0"), ("KeyUpdate", "end", Trailing)),
        malformed("a short ticket", client(b"\0\0\x0e"), ("NewSessionTicket", "ticket_lifetime", Short)),
        malformed("an empty ticket", client(b"12345678\0\0\0\0\0"), ("NewSessionTicket", "ticket", Length)),
    ]
}

fn limits() -> Vec<Rule> {
    let many = |name, server: bool, count: usize, out: fn() -> Out, what| {
        rule(name, move || then(server, (0..count).map(|_| out())), Violation::TooMany(what), UNEXPECTED)
    };
    let empty = || Out::Record(Type::APPLICATION_DATA, Vec::new());
    let canceled = || Out::Record(Type::ALERT, vec![1, Alert::USER_CANCELED.0]);
    let tickets = || Out::Message(ticket());
    let updates = rule(
        "33 KeyUpdates in a row",
        || {
            let mut scene = session(true);
            for _ in 0..33 {
                scene.say([Out::Message(update(0)), Out::Update]);
            }
            scene
        },
        Violation::TooMany("KeyUpdates"),
        UNEXPECTED,
    );
    vec![
        many("33 empty records in a row", true, 33, empty, "empty records"),
        many("33 empty records in a row", false, 33, empty, "empty records"),
        many("5 user_canceled in a row", true, 5, canceled, "warning alerts"),
        many("33 tickets in a row", false, 33, tickets, "messages after the handshake"),
        updates,
    ]
}

/// What carries nothing is borne up to the limit of each kind, and data starts the count anew.
#[test]
fn within_the_limits() {
    let mut scene = session(false);
    for round in 0..3 {
        scene.say((0..32).map(|_| Out::Record(Type::APPLICATION_DATA, Vec::new())));
        scene.say((0..32).map(|_| Out::Message(ticket())));
        scene.say((0..4).map(|_| Out::Record(Type::ALERT, vec![1, Alert::USER_CANCELED.0])));
        scene.say([Out::Record(Type::APPLICATION_DATA, vec![round])]);
    }
    assert_eq!(scene.subject.delivered, [0, 1, 2], "{}", scene.picture());
}

/// Keys may change for ever, as long as data flows between: and each side keeps up.
#[test]
fn keys_may_change_often() {
    for subject_is_server in [true, false] {
        let mut scene = session(subject_is_server);
        for round in 0..100u8 {
            scene.say([Out::Message(update(round % 2)), Out::Update]);
            scene.say([Out::Record(Type::APPLICATION_DATA, vec![round])]);
            scene.subject.connection.send(&[round]).unwrap();
            scene.settle();
        }
        let rounds: Vec<_> = (0..100).collect();
        assert_eq!(scene.subject.delivered, rounds, "{}", scene.picture());
        assert_eq!(scene.actor.data(), rounds);
        let updates = scene.actor.received.iter().filter(|(kind, _)| *kind == Type::HANDSHAKE);
        let updates = updates.filter(|(_, content)| content[0] == Kind::KEY_UPDATE.0).count();
        assert_eq!(updates, 50, "each request is answered");
    }
}

/// RFC 9846 section 4.7.3: several requests while we are silent are answered by one KeyUpdate, before data.
#[test]
fn requests_are_answered_once() {
    let mut scene = session(true);
    for _ in 0..5 {
        scene.say([Out::Message(update(1)), Out::Update]);
    }
    let before = scene.actor.received.len();
    scene.subject.connection.send(b"data").unwrap();
    scene.settle();
    let kinds: Vec<_> = scene.actor.received[before..].iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, [Type::HANDSHAKE, Type::APPLICATION_DATA], "{}", scene.picture());
}
