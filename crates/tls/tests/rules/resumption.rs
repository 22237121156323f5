//! Rules about sessions that are resumed (RFC 9846 section 4.3.11).

use bulla_testkit::actor::{Actor, Edit, Out, Scene};
use bulla_testkit::authority::{self, server_name};
use bulla_testkit::message::{vector8, vector16};
use bulla_testkit::pair::Pair;
use bulla_tls::registry::{
    AlertDescription as Alert, CipherSuite, ExtensionType as Ext, HandshakeType as Kind, ProtocolVersion,
};
use bulla_tls::{Checked, ClientConfig, Connection, Keeping, ServerConfig, Violation};

use super::rule::{Rule, change, check, hello, honest, rule};

type Scenes = Box<dyn Fn() -> Scene>;

/// A client that has tickets of the server's.
struct Reunion {
    client: Checked<ClientConfig>,
    server: Checked<ServerConfig>,
}

impl Reunion {
    fn new() -> Self {
        Self::speaking(ProtocolVersion::TLS_1_3)
    }

    fn speaking(version: ProtocolVersion) -> Self {
        let mut client = authority::shared().client_config();
        client.versions = vec![version];
        let mut server = authority::shared().server_config();
        server.versions = vec![version];
        let (client, server) = (client.check().unwrap(), server.check().unwrap());
        let mut pair = Pair::new(Connection::client(&client, server_name()), Connection::server(&server));
        pair.settle();
        pair.assert_established();
        assert_eq!(client.sessions.as_ref().unwrap().servers(), 1);
        Self { client, server }
    }

    fn at_server(self, edit: Edit) -> Scene {
        Scene::new(Actor::client(&self.client, edit), Connection::server(&self.server))
    }

    fn at_client(self, edit: Edit) -> Scene {
        Scene::new(Actor::server(&self.server, edit), Connection::client(&self.client, server_name()))
    }
}

/// Changes the last extension of the first hello, in its parts: the identities and the binders.
fn psk(change: impl Fn(&mut Vec<u8>, &mut Vec<u8>) + 'static) -> impl Fn() -> Scene {
    let change = std::rc::Rc::new(change);
    move || {
        let change = std::rc::Rc::clone(&change);
        Reunion::new().at_server(hello(Kind::CLIENT_HELLO, 1, move |hello| {
            let body = hello.extension(Ext::PRE_SHARED_KEY).unwrap();
            let identities = 2 + usize::from(u16::from_be_bytes([body[0], body[1]]));
            let mut parts = (body[2..identities].to_vec(), body[identities + 2..].to_vec());
            change(&mut parts.0, &mut parts.1);
            let body = [vector16(&parts.0), vector16(&parts.1)].concat();
            hello.set(Ext::PRE_SHARED_KEY, &body);
        }))
    }
}

#[test]
fn resumed_sessions() {
    check(&rules());
}

pub(crate) fn rules() -> Vec<Rule> {
    [tls13(), tls12()].concat()
}

/// The same for TLS 1.2, where a ticket or a session id brings a session back.
fn tls12() -> Vec<Rule> {
    let reunion = || Reunion::speaking(ProtocolVersion::TLS_1_2);
    let client_hello = move || {
        let edit = hello(Kind::CLIENT_HELLO, 1, |hello| hello.remove(Ext::EXTENDED_MASTER_SECRET));
        reunion().at_server(edit)
    };
    let server_hello = move || {
        let edit = hello(Kind::SERVER_HELLO, 1, |hello| hello.remove(Ext::EXTENDED_MASTER_SECRET));
        reunion().at_client(edit)
    };
    let other_suite = move || {
        let suite = CipherSuite::ECDHE_ECDSA_AES_256_GCM_SHA384;
        reunion().at_client(change(Kind::SERVER_HELLO, move |hello| set_suite(hello, suite)))
    };
    let promised = move || {
        let edit = hello(Kind::SERVER_HELLO, 1, |hello| hello.set(Ext::SESSION_TICKET, b""));
        reunion().at_client(edit)
    };
    let dropped = |message| Violation::SecretNotExtended { message };
    vec![
        rule("RFC 7627 5.3", client_hello, dropped("ClientHello"), Alert::HANDSHAKE_FAILURE),
        rule("RFC 7627 5.3", server_hello, dropped("ServerHello"), Alert::HANDSHAKE_FAILURE),
        rule(
            "RFC 5246 7.4.1.3: a suite that is not the session's",
            other_suite,
            Violation::SuiteNotOfSession(CipherSuite::ECDHE_ECDSA_AES_256_GCM_SHA384),
            Alert::ILLEGAL_PARAMETER,
        ),
        rule(
            "RFC 5077 3.3: a ticket promised and not sent",
            promised,
            Violation::UntimelyChangeCipherSpec,
            Alert::UNEXPECTED_MESSAGE,
        ),
    ]
}

fn set_suite(hello: &mut [u8], suite: CipherSuite) {
    let place = 4 + 2 + 32 + 1 + usize::from(hello[38]);
    hello[place..place + 2].copy_from_slice(&suite.0.to_be_bytes());
}

fn tls13() -> Vec<Rule> {
    let selects = |place: u8| {
        move || {
            let edit = hello(Kind::SERVER_HELLO, 1, move |hello| hello.set(Ext::PRE_SHARED_KEY, &[0, place]));
            Reunion::new().at_client(edit)
        }
    };
    let other_hash = || {
        let edit = change(Kind::SERVER_HELLO, |hello| set_suite(hello, CipherSuite::AES_256_GCM_SHA384));
        Reunion::new().at_client(edit)
    };
    let unasked = || {
        let mut client = authority::shared().client_config();
        client.sessions = None;
        let client = client.check().unwrap();
        let edit = hello(Kind::SERVER_HELLO, 1, |hello| hello.set(Ext::PRE_SHARED_KEY, &[0, 0]));
        let server = authority::shared().server_config().check().unwrap();
        Scene::new(Actor::server(&server, edit), Connection::client(&client, server_name()))
    };
    let unsolicited =
        Violation::UnsolicitedExtension { message: "ServerHello", extension: Ext::PRE_SHARED_KEY };
    let binder = |name, scene: Scenes| rule(name, scene, Violation::Binder, Alert::DECRYPT_ERROR);
    let illegal =
        |name, scene: Scenes, violation: Violation| rule(name, scene, violation, Alert::ILLEGAL_PARAMETER);
    let other_random = || Reunion::new().at_server(hello(Kind::CLIENT_HELLO, 1, |hello| hello.front[2] ^= 1));
    let certificate = || {
        let edit = super::rule::replace(Kind::ENCRYPTED_EXTENSIONS, 1, |message| {
            let certificate = bulla_testkit::message::certificate(&[]);
            vec![Out::Message(message), Out::Message(certificate)]
        });
        Reunion::new().at_client(edit)
    };
    vec![
        binder("4.3.11: a binder that proves nothing", Box::new(psk(|_, binders| binders[5] ^= 1))),
        binder(
            "4.3.11: a binder of another length",
            Box::new(psk(|_, binders| *binders = vector8(&[0; 48]))),
        ),
        binder("4.3.11.2: a hello changed before its binders", Box::new(other_random)),
        rule(
            "4.3.11: two binders for one identity",
            psk(|_, binders| binders.extend(binders.clone())),
            Violation::BinderCount,
            Alert::ILLEGAL_PARAMETER,
        ),
        rule(
            "4.3.11: one binder for two identities",
            psk(|identities, _| identities.extend(identities.clone())),
            Violation::BinderCount,
            Alert::ILLEGAL_PARAMETER,
        ),
        illegal("4.3.11: identity 1 of one", Box::new(selects(1)), Violation::IdentityNotOffered(1)),
        illegal(
            "4.3.11: a suite with another hash",
            Box::new(other_hash),
            Violation::SuiteNotForKey(CipherSuite::AES_256_GCM_SHA384),
        ),
        rule("4.3: a key that was not offered", unasked, unsolicited, Alert::UNSUPPORTED_EXTENSION),
        rule(
            "2.2: a certificate in a resumed session",
            certificate,
            Violation::UnexpectedMessage { got: Kind::CERTIFICATE, expected: &[Kind::FINISHED] },
            Alert::UNEXPECTED_MESSAGE,
        ),
    ]
}

/// An honest pair resumes, so that the rules above are tried where they matter.
#[test]
fn honest_peers_resume() {
    let reunions = || [ProtocolVersion::TLS_1_3, ProtocolVersion::TLS_1_2].map(Reunion::speaking).into_iter();
    let at_servers = reunions().map(|reunion| reunion.at_server(honest()));
    for mut scene in at_servers.chain(reunions().map(|reunion| reunion.at_client(honest()))) {
        scene.settle();
        assert!(scene.subject.established && scene.actor.complete, "{}", scene.picture());
        assert!(scene.subject.connection.facts().resumed, "{}", scene.picture());
    }
}

/// What is not ours, or too long to be looked at, makes for a full handshake; so does a ticket behind four
/// others.
#[test]
fn what_cannot_be_resumed_is_passed_over() {
    let identity = |ticket: &[u8]| [&vector16(ticket)[..], &[0; 4]].concat();
    let cases: [(&str, usize, Vec<u8>, bool); 5] = [
        ("one stranger first", 1, identity(b"stranger"), true),
        ("three strangers first", 3, identity(b"stranger"), true),
        ("four strangers first", 4, identity(b"stranger"), false),
        ("an empty stranger's", 1, identity(&[0; 16]), true),
        ("a very long one first", 1, identity(&[1; (1 << 14) + 1]), true),
    ];
    for (case, count, stranger, looked_at) in cases {
        let mut scene = psk(move |identities, binders| {
            *identities = [stranger.repeat(count), identities.clone()].concat();
            *binders = [vector8(&[0; 32]).repeat(count), binders.clone()].concat();
        })();
        // The binder no longer fits the hello: that it is looked at shows that the ticket was found.
        let hello = scene.actor.run();
        scene.subject.receive(&hello, usize::MAX);
        let found = scene.subject.error == Some(Violation::Binder.into());
        assert_eq!(found, looked_at, "{case}\n{}", scene.picture());
    }
}

/// A server that resumes nothing passes over tickets and gives none.
#[test]
fn a_server_without_sessions() {
    let mut reunion = Reunion::new();
    let mut server = authority::shared().server_config();
    server.resumption.keeping = Keeping::Nowhere;
    reunion.server = server.check().unwrap();
    let before = reunion.client.clone();
    let mut scene = reunion.at_server(honest());
    scene.settle();
    assert!(scene.subject.established && !scene.subject.connection.facts().resumed);
    drop(before);
    let tickets = scene.actor.received.iter().filter(|(_, content)| content.first() == Some(&4));
    assert_eq!(tickets.count(), 0);
}
