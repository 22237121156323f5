//! How long sessions live.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bulla_crypto::signature::KeyKind;
use bulla_testkit::authority::{self, server_name};
use bulla_testkit::pair::Pair;
use bulla_tls::{
    ClientCertificates, ClientCredentials, Clock, Connection, Error, Keeping, SessionStore, TicketKeys,
    TicketSecret, Verification,
};
use bulla_x509::verdict::Rule;
use rustls_pki_types::UnixTime;

use super::{client, meet, resumes, server};

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// When the test authority's certificates end.
const END: u64 = 2_500_000_000;

/// A clock that a test sets.
#[derive(Clone)]
struct Hand(Arc<AtomicU64>);

impl Hand {
    fn at(seconds: u64) -> Self {
        Self(Arc::new(AtomicU64::new(seconds)))
    }

    fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn pass(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }

    fn clock(&self) -> Clock {
        let hand = self.clone();
        Clock::from_fn(move || UnixTime::since_unix_epoch(Duration::from_secs(hand.now())))
    }
}

fn start() -> u64 {
    authority::now().as_secs()
}

#[test]
fn a_session_ends_with_its_lifetime() {
    for store in [false, true] {
        for (passed, resumed) in [(0, true), (59, true), (60, false), (DAY, false)] {
            let hand = Hand::at(start());
            let client = client(|config| config.clock = hand.clock());
            let server = server(|config| {
                config.clock = hand.clock();
                config.resumption.lifetime = Duration::from_secs(60);
                if store {
                    config.resumption.keeping = Keeping::Store(SessionStore::new(10));
                }
            });
            assert!(!resumes(&client, &server));
            hand.pass(passed);
            assert_eq!(resumes(&client, &server), resumed, "{passed} seconds, store {store}");
        }
    }
}

/// The server goes by its own clock, whatever the client's says.
#[test]
fn a_client_that_does_not_count_is_not_believed() {
    let hand = Hand::at(start());
    let client = client(|_| {});
    let server = server(|config| config.clock = hand.clock());
    assert!(!resumes(&client, &server));
    hand.pass(12 * HOUR - 1);
    assert!(resumes(&client, &server));
    hand.pass(1);
    // The oldest of the client's tickets is as old as the first handshake.
    assert!(resumes(&client, &server), "the newest");
    hand.pass(12 * HOUR);
    assert!(!resumes(&client, &server));
}

/// RFC 9846 section 4.7.1: a session does not outlive the certificates that its first handshake showed, and
/// then they are judged again.
#[test]
fn an_expired_certificate_is_not_resumed_past() {
    let hand = Hand::at(END - HOUR);
    let client = client(|config| config.clock = hand.clock());
    let server = server(|_| {});
    assert!(!resumes(&client, &server));
    hand.pass(HOUR - 1);
    assert!(resumes(&client, &server));
    hand.pass(2);
    let mut pair = Pair::new(Connection::client(&client, server_name()), Connection::server(&server));
    pair.settle();
    let Some(Error::Certificate(failure)) = pair.client.error else { panic!("{}", pair.picture()) };
    assert_eq!(failure.rule, Rule::Expired);
}

/// The same for the client's certificates, by the server's clock.
#[test]
fn an_expired_client_certificate_is_not_resumed_past() {
    let hand = Hand::at(END - HOUR);
    let leaf = authority::shared().client(KeyKind::EcP256);
    let client = client(|config| config.credentials = ClientCredentials::Fixed(leaf.credential()));
    let server = server(|config| {
        config.clock = hand.clock();
        let anchors = Verification::Anchors(authority::shared().anchors());
        config.client_certificates = ClientCertificates::Required(anchors);
    });
    assert!(!resumes(&client, &server));
    hand.pass(HOUR - 1);
    let [_, facts] = meet(&client, &server);
    assert!(facts.resumed);
    assert_eq!(facts.peer_certificates, leaf.chain);
    hand.pass(2);
    let mut pair = Pair::new(Connection::client(&client, server_name()), Connection::server(&server));
    pair.settle();
    let Some(Error::Certificate(failure)) = pair.server.error else { panic!("{}", pair.picture()) };
    assert_eq!(failure.rule, Rule::Expired);
}

/// Each session renews the next, but for 7 days at most: then certificates are shown and judged again.
#[test]
fn sessions_are_not_renewed_for_ever() {
    let hand = Hand::at(start());
    let client = client(|config| config.clock = hand.clock());
    let server = server(|config| config.clock = hand.clock());
    let mut judged = hand.now();
    for round in 0..60 {
        let [facts, _] = meet(&client, &server);
        let due = round == 0 || hand.now() >= judged + 7 * DAY;
        assert_eq!(facts.resumed, !due, "round {round}");
        if due {
            judged = hand.now();
        }
        assert_eq!(facts.verified_at.map(|at| at.as_secs()), Some(judged), "round {round}");
        hand.pass(11 * HOUR);
    }
    assert!(judged > start(), "more than 7 days have passed");
}

/// Tickets go with their key: a ticket under a key that is no longer kept is none.
#[test]
fn a_ticket_goes_with_its_key() {
    let hand = Hand::at(start());
    let mut secret = TicketSecret::new(vec![7; 32], authority::now());
    secret.period = Duration::from_secs(HOUR);
    secret.kept = 3;
    let keys = TicketKeys::new(&secret).unwrap();
    let client = client(|_| {});
    let server = server(|config| {
        config.clock = hand.clock();
        config.resumption.lifetime = Duration::from_secs(DAY);
        config.resumption.keeping = Keeping::SharedTickets(keys.clone());
    });
    assert!(!resumes(&client, &server));
    hand.pass(3 * HOUR - 1);
    assert!(resumes(&client, &server));
    hand.pass(4 * HOUR);
    assert!(!resumes(&client, &server));
}
