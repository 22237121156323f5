//! Sessions between our own two sides: what a client offers and a server takes, what neither does, how much
//! both keep, and work on sessions that is done outside.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a fixture that cannot be made fails its test")]

mod memory;
mod outside;
mod tickets;
mod time;
mod tls12;

use bulla_testkit::authority::{self, server_name};
use bulla_testkit::pair::Pair;
use bulla_tls::registry::ProtocolVersion;
use bulla_tls::{Checked, ClientConfig, Connection, Facts, Keeping, ServerConfig, SessionStore};

/// A client's config, changed so.
fn client(set: impl FnOnce(&mut ClientConfig)) -> Checked<ClientConfig> {
    let mut config = authority::shared().client_config();
    set(&mut config);
    config.check().unwrap()
}

/// A server's config, changed so.
fn server(set: impl FnOnce(&mut ServerConfig)) -> Checked<ServerConfig> {
    let mut config = authority::shared().server_config();
    set(&mut config);
    config.check().unwrap()
}

/// Two sides that have met, each with its facts; fails the test unless both say alike.
fn meet(client: &Checked<ClientConfig>, server: &Checked<ServerConfig>) -> [Facts; 2] {
    let mut pair = Pair::new(Connection::client(client, server_name()), Connection::server(server));
    pair.settle();
    pair.assert_established();
    let facts = [pair.client.connection.facts(), pair.server.connection.facts()];
    assert_eq!(facts[0].resumed, facts[1].resumed);
    pair.client.connection.send(b"there").unwrap();
    pair.server.connection.send(b"back").unwrap();
    pair.settle();
    assert_eq!((&pair.server.delivered[..], &pair.client.delivered[..]), (&b"there"[..], &b"back"[..]));
    facts
}

/// Whether two sides that meet resume a session.
fn resumes(client: &Checked<ClientConfig>, server: &Checked<ServerConfig>) -> bool {
    meet(client, server)[0].resumed
}

/// However the bytes are cut on the way, sessions go on.
#[test]
fn any_chunking() {
    for version in [ProtocolVersion::TLS_1_3, ProtocolVersion::TLS_1_2] {
        for keeping in [Keeping::Tickets, Keeping::Store(SessionStore::new(100))] {
            let client = client(|config| config.versions = vec![version]);
            let server = server(|config| config.resumption.keeping = keeping);
            for (round, chunk) in [1, 2, 3, 7, 100, 1000].into_iter().enumerate() {
                let ours = Connection::client(&client, server_name());
                let mut pair = Pair::new(ours, Connection::server(&server));
                pair.settle_with(chunk, |_, bytes| bytes);
                pair.assert_established();
                let facts = pair.client.connection.facts();
                assert_eq!((facts.resumed, facts.version), (round > 0, Some(version)), "{chunk} bytes");
            }
        }
    }
}
