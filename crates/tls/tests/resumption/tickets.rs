//! How many tickets there are, of what size, and what becomes of those that are not taken.

use bulla_crypto::signature::KeyKind;
use bulla_testkit::actor::{Actor, Out, Scene};
use bulla_testkit::authority::{self, server_name};
use bulla_testkit::message::{Hello, framed, vector8, vector16};
use bulla_tls::registry::{ContentType, ExtensionType, HandshakeType};
use bulla_tls::{
    Checked, ClientCertificates, ClientConfig, ClientCredentials, Connection, Credential, Keeping,
    ServerConfig, SessionStore, TicketRequest, Verification,
};

use super::{client, resumes, server};

/// How many tickets a client is given, and how many it was told to expect.
fn tickets(client: &Checked<ClientConfig>, server: &Checked<ServerConfig>) -> (usize, Option<u8>) {
    let mut scene = Scene::new(Actor::client(client, Box::new(|_| {})), Connection::server(server));
    scene.settle();
    assert!(scene.subject.established && scene.actor.complete, "{}", scene.picture());
    let messages = messages(&scene.actor.received);
    let of = |kind: HandshakeType| messages.iter().filter(move |message| message[0] == kind.0);
    let parameters = of(HandshakeType::ENCRYPTED_EXTENSIONS).next().unwrap();
    // An extension block by itself, as behind a ServerHello's fields.
    let front = [&[3, 3][..], &[0; 32], &[0, 0x13, 1, 0]].concat();
    let as_hello = framed(HandshakeType::SERVER_HELLO, &[&front[..], &parameters[4..]].concat());
    let hint = Hello::parse(&as_hello).extension(ExtensionType::TICKET_REQUEST).map(|body| body[0]);
    (of(HandshakeType::NEW_SESSION_TICKET).count(), hint)
}

/// The handshake messages among what an actor received.
fn messages(received: &[(ContentType, Vec<u8>)]) -> Vec<Vec<u8>> {
    let handshake = received.iter().filter(|(kind, _)| *kind == ContentType::HANDSHAKE);
    let mut bytes: Vec<u8> = handshake.flat_map(|(_, content)| content.clone()).collect();
    let mut messages = Vec::new();
    while let [_, a, b, c, ..] = bytes[..] {
        let length = 4 + usize::try_from(u32::from_be_bytes([0, a, b, c])).unwrap();
        messages.push(bytes.drain(..length).collect());
    }
    messages
}

#[test]
fn as_many_as_are_wanted_within_bounds() {
    let request = |new, resumed| Some(TicketRequest { new, resumed });
    let cases = [
        (None, [(2, None), (1, None)]),
        (request(5, 3), [(5, Some(5)), (3, Some(3))]),
        (request(1, 0), [(1, Some(1)), (0, Some(0))]),
        (request(255, 255), [(8, Some(8)), (8, Some(8))]),
        (request(9, 8), [(8, Some(8)), (8, Some(8))]),
    ];
    for store in [false, true] {
        for (wanted, [new, resumed]) in cases {
            let client = client(|config| config.ticket_request = wanted);
            let server = server(|config| {
                if store {
                    config.resumption.keeping = Keeping::Store(SessionStore::new(100));
                }
            });
            assert_eq!(tickets(&client, &server), new, "{wanted:?}, store {store}");
            assert!(!resumes(&client, &server));
            assert_eq!(tickets(&client, &server), resumed, "{wanted:?}, store {store}");
        }
    }
}

#[test]
fn none_for_whom_they_are_of_no_use() {
    let with = client(|_| {});
    let without = client(|config| config.sessions = None);
    assert_eq!(tickets(&without, &server(|_| {})), (0, None));
    assert_eq!(tickets(&with, &server(|config| config.resumption.keeping = Keeping::Nowhere)), (0, None));
    assert_eq!(tickets(&with, &server(|config| config.resumption.tickets = 0)), (0, None));
}

/// A server that has forgotten its sessions, and one with another secret, pass over what they do not know.
#[test]
fn what_is_not_known_makes_for_a_full_handshake() {
    let store = SessionStore::new(10);
    let keeping = |config: &mut ServerConfig| config.resumption.keeping = Keeping::Store(store.clone());
    let (client, server) = (client(|_| {}), server(keeping));
    assert!(!resumes(&client, &server));
    assert_eq!(store.len(), 2);
    store.clear();
    assert!(!resumes(&client, &server));
    assert!(resumes(&client, &server));
    assert!(!resumes(&client, &super::server(|_| {})), "another server");
}

/// A session that is held can be taken out once, whoever brings its name.
#[test]
fn a_stored_session_is_good_for_once() {
    let store = SessionStore::new(10);
    let server = server(|config| config.resumption.keeping = Keeping::Store(store.clone()));
    let client = client(|_| {});
    assert!(!resumes(&client, &server));
    // The very bytes of a resuming hello, twice.
    let mut connection = bulla_testkit::pair::End::new(Connection::client(&client, server_name()));
    let hello = connection.run();
    let mut resumed = Vec::new();
    for _ in 0..2 {
        let mut end = bulla_testkit::pair::End::new(Connection::server(&server));
        end.receive(&hello, usize::MAX);
        resumed.push(end.connection.facts().resumed);
    }
    assert_eq!(resumed, [true, false]);
}

fn given(ticket: &[u8], lifetime: u32) -> usize {
    let config = client(|_| {});
    let server = server(|config| config.resumption.keeping = Keeping::Nowhere);
    let actor = Actor::server(&server, Box::new(|_| {}));
    let mut scene = Scene::new(actor, Connection::client(&config, server_name()));
    scene.settle();
    let body = [&lifetime.to_be_bytes()[..], &[0; 4], &vector8(b"n"), &vector16(ticket), &[0, 0]].concat();
    scene.say([Out::Message(framed(HandshakeType::NEW_SESSION_TICKET, &body))]);
    assert!(scene.subject.error.is_none(), "{}", scene.picture());
    config.sessions.as_ref().unwrap().servers()
}

/// RFC 9846 section 4.7.1: The value of zero indicates that the ticket should be discarded immediately.
#[test]
fn tickets_of_no_use_are_not_kept() {
    assert_eq!(given(b"a ticket", 3600), 1);
    assert_eq!(given(b"a ticket", u32::MAX), 1);
    assert_eq!(given(b"a ticket", 0), 0);
    assert_eq!(given(&[7; 1 << 14], 3600), 1);
    assert_eq!(given(&[7; (1 << 14) + 1], 3600), 0);
}

/// A chain that is too long for a ticket is not carried about: such a client is given none.
#[test]
fn a_session_too_long_for_a_ticket_is_not_kept() {
    for (surplus, kept) in [(0, 1), (40, 0)] {
        let leaf = authority::shared().client(KeyKind::EcP256);
        let mut chain = leaf.chain.clone();
        chain.extend(std::iter::repeat_n(leaf.chain[1].clone(), surplus));
        let credential = Credential::new(chain, leaf.private_key()).unwrap();
        let client = client(|config| config.credentials = ClientCredentials::Fixed(credential.into()));
        let server = server(|config| {
            let anchors = Verification::Anchors(authority::shared().anchors());
            config.client_certificates = ClientCertificates::Required(anchors);
        });
        assert!(!resumes(&client, &server));
        assert_eq!(client.sessions.as_ref().unwrap().servers(), kept, "{surplus} surplus certificates");
        assert_eq!(resumes(&client, &server), kept == 1);
    }
}
