//! Sessions of TLS 1.2: tickets and session ids, good for more than once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bulla_crypto::exchange::Group;
use bulla_crypto::random::{Replay, Source};
use bulla_crypto::signature::KeyKind;
use bulla_testkit::actor::{Actor, Scene};
use bulla_testkit::authority::{self, TestAuthority, server_name};
use bulla_testkit::message::Hello;
use bulla_testkit::pair::Pair;
use bulla_tls::registry::{ExtensionType, NamedGroup, ProtocolVersion};
use bulla_tls::testing::{Narrative, Told};
use bulla_tls::{
    Checked, ClientConfig, ClientCredentials, Clock, Connection, Error, Keeping, Need, NeedKind,
    ServerConfig, SessionStore, Sessions, Verification,
};
use bulla_x509::verdict::Rule;
use rustls_pki_types::UnixTime;

use super::{meet, resumes};

fn client(set: impl FnOnce(&mut ClientConfig)) -> Checked<ClientConfig> {
    super::client(|config| {
        config.versions = vec![ProtocolVersion::TLS_1_2];
        set(config);
    })
}

fn server(set: impl FnOnce(&mut ServerConfig)) -> Checked<ServerConfig> {
    super::server(|config| {
        config.versions = vec![ProtocolVersion::TLS_1_2];
        set(config);
    })
}

fn keepings() -> [Keeping; 2] {
    [Keeping::Tickets, Keeping::Store(SessionStore::new(10))]
}

#[test]
fn resumed_over_and_over() {
    for keeping in keepings() {
        let (client, server) = (client(|_| {}), server(|config| config.resumption.keeping = keeping.clone()));
        for round in 0..10 {
            let [facts, _] = meet(&client, &server);
            assert_eq!(facts.resumed, round > 0, "{keeping:?}");
            assert_eq!(facts.version, Some(ProtocolVersion::TLS_1_2));
            assert_eq!(facts.verified_at, Some(authority::now()));
            assert!(!facts.peer_certificates.is_empty() && facts.signature.is_some());
        }
    }
}

/// A client of both versions resumes with a server of either, and a session of one version is none of the other.
#[test]
fn of_both_versions() {
    let client = super::client(|_| {});
    let (old, new) = (server(|_| {}), super::server(|_| {}));
    for _ in 0..3 {
        assert!(!resumes(&client, &old));
        assert!(resumes(&client, &old));
        assert!(!resumes(&client, &new));
        assert!(resumes(&client, &new));
        client.sessions.as_ref().unwrap().clear();
    }
}

#[test]
fn none_where_none_are_wanted() {
    let without = client(|config| config.sessions = None);
    let nowhere = server(|config| config.resumption.keeping = Keeping::Nowhere);
    for (client, server) in [(&without, &server(|_| {})), (&client(|_| {}), &nowhere)] {
        assert!(!resumes(client, server));
        assert!(!resumes(client, server));
    }
}

/// A config that gives no tickets leaves TLS 1.2 the ids of a store, and TLS 1.3 nothing.
#[test]
fn ids_without_tickets() {
    for (keeping, by_id) in keepings().into_iter().zip([false, true]) {
        let server = super::server(|config| {
            config.resumption.keeping = keeping;
            config.resumption.tickets = 0;
        });
        for version in [ProtocolVersion::TLS_1_3, ProtocolVersion::TLS_1_2] {
            let client = super::client(|config| config.versions = vec![version]);
            assert!(!resumes(&client, &server));
            assert_eq!(resumes(&client, &server), by_id && version == ProtocolVersion::TLS_1_2, "{version}");
        }
    }
}

/// A client of before RFC 7627, with randoms that do not vary.
fn unextended() -> Checked<ClientConfig> {
    client(|config| {
        config.require_extended_master_secret = false;
        config.groups = vec![NamedGroup::X25519, NamedGroup::SECP256R1];
        config.key_shares = vec![NamedGroup::X25519];
        let keys = vec![(Group::X25519, vec![7; 32])];
        config.source = Source::replay(Replay { bytes: vec![vec![1; 32]], keys });
    })
}

/// RFC 7627 section 5.3: a session without an extended master secret is not resumed, so none is kept.
#[test]
fn a_secret_that_is_not_extended_is_not_kept() {
    let store = SessionStore::new(10);
    for keeping in [Keeping::Tickets, Keeping::Store(store.clone())] {
        let server = server(|config| {
            config.require_extended_master_secret = false;
            config.resumption.keeping = keeping;
        });
        let mut narrative = Narrative::stream_client(&unextended(), server_name());
        narrative.resume().unwrap();
        let Some(Told::Message(hello)) = narrative.told().into_iter().next() else { panic!("no hello") };
        let mut hello = Hello::parse(&hello);
        hello.remove(ExtensionType::EXTENDED_MASTER_SECRET);
        let mut actor = Actor::client(&unextended(), Box::new(|_| {}));
        actor.narrative.substitute(vec![hello.build()]);
        let mut scene = Scene::new(actor, Connection::server(&server));
        scene.settle();
        assert!(scene.subject.established && scene.actor.complete, "{}", scene.picture());
        assert_eq!(scene.subject.connection.facts().extended_master_secret, Some(false));
        let tickets = scene.actor.received.iter().filter(|(_, content)| content.first() == Some(&4));
        assert_eq!((tickets.count(), store.len()), (0, 0), "{}", scene.picture());
    }
}

#[test]
fn a_session_ends_with_its_lifetime() {
    for keeping in keepings() {
        for (passed, resumed) in [(59, true), (60, false)] {
            let hand = Arc::new(AtomicU64::new(authority::now().as_secs()));
            let clock = || {
                let hand = Arc::clone(&hand);
                Clock::from_fn(move || at(hand.load(Ordering::Relaxed)))
            };
            // Only the server counts: the client would go on.
            let client = client(|_| {});
            let server = server(|config| {
                config.clock = clock();
                config.resumption.lifetime = Duration::from_secs(60);
                config.resumption.keeping = keeping.clone();
            });
            assert!(!resumes(&client, &server));
            hand.fetch_add(passed, Ordering::Relaxed);
            assert_eq!(resumes(&client, &server), resumed, "{passed} seconds, {keeping:?}");
        }
    }
}

fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

/// A client counts a day, whatever the server says, and looks at the certificates' end.
#[test]
fn a_client_counts_too() {
    let hand = Arc::new(AtomicU64::new(authority::now().as_secs()));
    let clock = {
        let hand = Arc::clone(&hand);
        Clock::from_fn(move || at(hand.load(Ordering::Relaxed)))
    };
    let client = client(|config| config.clock = clock);
    let server = server(|config| {
        config.resumption.lifetime = Duration::from_secs(7 * 24 * 3600);
        config.resumption.keeping = Keeping::Store(SessionStore::new(10));
    });
    assert!(!resumes(&client, &server));
    hand.fetch_add(24 * 3600 - 1, Ordering::Relaxed);
    assert!(resumes(&client, &server));
    hand.fetch_add(1, Ordering::Relaxed);
    assert!(!resumes(&client, &server));

    // The certificates end in an hour.
    client.sessions.as_ref().unwrap().clear();
    hand.store(2_500_000_000 - 3600, Ordering::Relaxed);
    assert!(!resumes(&client, &server));
    assert!(resumes(&client, &server));
    hand.fetch_add(3601, Ordering::Relaxed);
    let mut pair = Pair::new(Connection::client(&client, server_name()), Connection::server(&server));
    pair.settle();
    let Some(Error::Certificate(failure)) = pair.client.error else { panic!("{}", pair.picture()) };
    assert_eq!(failure.rule, Rule::Expired);
}

#[test]
fn nothing_crosses_to_other_trust_or_identity() {
    let sessions = Sessions::new();
    let with = |set: &dyn Fn(&mut ClientConfig)| {
        client(|config| {
            config.sessions = Some(sessions.clone());
            set(config);
        })
    };
    let server = server(|_| {});
    assert!(!resumes(&with(&|_| {}), &server));
    assert!(resumes(&with(&|_| {}), &server));
    let others: [&dyn Fn(&mut ClientConfig); 3] = [
        &|config| {
            let mut anchors = authority::shared().anchors();
            anchors.add_certificate(TestAuthority::named("Another").root()).unwrap();
            config.verification = Verification::Anchors(anchors);
        },
        &|config| {
            let leaf = authority::shared().client(KeyKind::EcP256);
            config.credentials = ClientCredentials::Fixed(leaf.credential());
        },
        &|config| config.require_extended_master_secret = false,
    ];
    for (index, other) in others.into_iter().enumerate() {
        assert!(!resumes(&with(other), &server), "policy {index}");
    }
}

/// The caller keeps sessions: what it is asked in a first handshake, and in those that follow.
#[test]
fn kept_by_the_caller() {
    use NeedKind::{FindSession, KeepSession, OpenTicket, SealTicket};
    for (keeping, first, next) in [
        (Keeping::AskTickets, vec![SealTicket], vec![OpenTicket]),
        (Keeping::AskStore, vec![FindSession, KeepSession], vec![FindSession]),
    ] {
        // Of both versions, so that the first hello has an id that names nothing.
        let (client, server) =
            (super::client(|_| {}), server(|config| config.resumption.keeping = keeping.clone()));
        let mut kept = None;
        for (resumed, due) in [(false, first), (true, next.clone()), (true, next)] {
            let mut pair = Pair::new(Connection::client(&client, server_name()), Connection::server(&server));
            pair.settle();
            let mut asked = Vec::new();
            while let Some(need) = pair.server.needs.pop() {
                asked.push(need.kind());
                match need {
                    Need::SealTicket(need) => {
                        kept = Some(need.state);
                        need.reply.reply(Some(b"a ticket".to_vec()));
                    }
                    Need::OpenTicket(need) => need.reply.reply(kept.clone()),
                    Need::KeepSession(need) => {
                        kept = Some(need.state);
                        need.reply.reply(true);
                    }
                    Need::FindSession(need) => {
                        assert!(!need.once, "a session of TLS 1.2 may be found again");
                        need.reply.reply(kept.clone());
                    }
                    other => panic!("{other:?}"),
                }
                pair.settle();
            }
            pair.assert_established();
            assert_eq!(pair.server.connection.facts().resumed, resumed, "{keeping:?}");
            assert_eq!(asked, due, "{keeping:?}");
        }
    }
}
