//! Early data that is not taken (RFC 9846 section 4.3.10): passed over within a budget, refused beyond it.

use bulla_crypto::exchange::Group;
use bulla_crypto::random::{Replay, Source};
use bulla_testkit::actor::{Actor, Out, Scene};
use bulla_testkit::authority;
use bulla_testkit::record::clear;
use bulla_tls::registry::{
    AlertDescription as Alert, ContentType as Type, ExtensionType as Ext, HandshakeType as Kind, NamedGroup,
};
use bulla_tls::{Checked, ClientConfig, Connection, Error, Violation};

use super::rule::{changed_hello, replace};

/// How many bytes a server passes over, sealed as they came.
const BUDGET: usize = 1 << 14;

fn client_config(retried: bool) -> Checked<ClientConfig> {
    let mut config = authority::shared().client_config();
    config.key_shares = vec![NamedGroup::X25519];
    config.groups = vec![NamedGroup::X25519, NamedGroup::SECP256R1];
    let keys = vec![(Group::X25519, vec![7; 32]), (Group::P256, vec![9; 32])];
    let keys = keys.into_iter().take(if retried { 2 } else { 1 }).collect();
    config.source = Source::replay(Replay { bytes: vec![vec![1; 32], vec![2; 32]], keys });
    config.check().unwrap()
}

/// A client that offers early data if `offered`, and sends records of these lengths behind its first hello,
/// before a server that asks for another hello if `retried`.
fn scene(offered: bool, retried: bool, lengths: &'static [usize]) -> Scene {
    let edit = replace(Kind::CLIENT_HELLO, 1, move |hello| {
        let early =
            lengths.iter().map(|length| Out::Raw(clear(Type::APPLICATION_DATA, &vec![0x5a; *length])));
        std::iter::once(Out::Message(hello)).chain(early).collect()
    });
    let mut actor = Actor::client(&client_config(retried), edit);
    if offered {
        let hello = changed_hello(&client_config(retried), |hello| hello.set(Ext::EARLY_DATA, b""));
        actor.narrative.substitute(vec![hello]);
    }
    let mut server = authority::shared().server_config();
    server.groups = vec![if retried { NamedGroup::SECP256R1 } else { NamedGroup::X25519 }];
    let mut scene = Scene::new(actor, Connection::server(&server.check().unwrap()));
    scene.settle();
    scene
}

#[test]
fn passed_over_within_the_budget() {
    let cases: [&[usize]; 4] = [&[100], &[BUDGET], &[8192, 8192], &[1, 17, 18, 16_000]];
    for lengths in cases {
        for retried in [false, true] {
            let scene = scene(true, retried, lengths);
            assert!(scene.subject.established && scene.actor.complete, "{lengths:?}\n{}", scene.picture());
            assert!(scene.subject.delivered.is_empty(), "early data is never delivered");
            assert_eq!(scene.subject.connection.facts().retried, retried);
        }
    }
}

#[test]
fn refused_beyond_the_budget() {
    for lengths in [&[BUDGET + 1][..], &[8192, 8192, 1]] {
        assert_refused(&scene(true, false, lengths), Violation::Undecryptable, Alert::BAD_RECORD_MAC);
        let unexpected = Violation::UnexpectedRecord(Type::APPLICATION_DATA);
        assert_refused(&scene(true, true, lengths), unexpected, Alert::UNEXPECTED_MESSAGE);
    }
}

#[test]
fn refused_where_it_was_not_offered() {
    assert_refused(&scene(false, false, &[100]), Violation::Undecryptable, Alert::BAD_RECORD_MAC);
    let unexpected = Violation::UnexpectedRecord(Type::APPLICATION_DATA);
    assert_refused(&scene(false, true, &[100]), unexpected, Alert::UNEXPECTED_MESSAGE);
}

fn assert_refused(scene: &Scene, violation: Violation, alert: Alert) {
    assert_eq!(scene.subject.error, Some(Error::Violation(violation)), "{}", scene.picture());
    assert_eq!(scene.actor.alerts(), [alert], "{}", scene.picture());
    assert!(!scene.subject.established);
}

/// Once the client's handshake is read, what does not decrypt is no early data any more.
#[test]
fn nothing_is_passed_over_in_the_session() {
    let mut scene = scene(true, false, &[100]);
    assert!(scene.subject.established);
    scene.say([Out::Raw(clear(Type::APPLICATION_DATA, &[0x5a; 100]))]);
    assert_eq!(scene.subject.error, Some(Violation::Undecryptable.into()), "{}", scene.picture());
}
