//! Signatures within chains that are known to hold: what is remembered, by whom, and that it decides nothing.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a fixture that cannot be made fails its test")]

use bulla_crypto::signature::KeyKind;
use bulla_testkit::authority::{self, server_name};
use bulla_testkit::pair::Pair;
use bulla_tls::registry::ProtocolVersion;
use bulla_tls::{
    ClientCertificates, ClientConfig, ClientCredentials, Connection, Error, ServerConfig, Verification,
};
use bulla_x509::signatures::KnownSignatures;
use bulla_x509::trust::TrustAnchors;
use bulla_x509::verdict::Rule;

const VERSIONS: [ProtocolVersion; 2] = [ProtocolVersion::TLS_1_3, ProtocolVersion::TLS_1_2];

/// Configs of this version whose handshakes are all full ones.
fn configs(version: ProtocolVersion) -> (ClientConfig, ServerConfig) {
    let authority = authority::shared();
    let (mut client, server) = (authority.client_config(), authority.server_config());
    (client.versions, client.sessions) = (vec![version], None);
    (client, server)
}

fn connect(client: &ClientConfig, server: &ServerConfig) -> Pair {
    let client = Connection::client(&client.clone().check().unwrap(), server_name());
    let mut pair = Pair::new(client, Connection::server(&server.clone().check().unwrap()));
    pair.settle();
    pair
}

fn remembered(known: &Option<KnownSignatures>) -> Option<usize> {
    known.as_ref().map(KnownSignatures::len)
}

#[test]
fn a_client_remembers_by_default_and_its_clones_with_it() {
    for version in VERSIONS {
        let (client, server) = configs(version);
        assert_eq!(remembered(&client.known_signatures), Some(0));
        let clone = client.clone();
        for client in [&client, &clone] {
            connect(client, &server).assert_established();
            assert_eq!(remembered(&clone.known_signatures), Some(2), "leaf and intermediate");
        }
        assert_eq!(remembered(&server.known_signatures), None, "a server remembers none");
    }
}

#[test]
fn a_client_that_remembers_none_connects_all_the_same() {
    let (mut client, server) = configs(ProtocolVersion::TLS_1_3);
    for known in [None, Some(KnownSignatures::of_signatures(0))] {
        client.known_signatures = known;
        for _ in 0..2 {
            connect(&client, &server).assert_established();
        }
        assert_eq!(remembered(&client.known_signatures).unwrap_or(0), 0);
    }
}

#[test]
fn a_server_that_is_told_to_remembers_its_clients() {
    for version in VERSIONS {
        let (mut client, mut server) = configs(version);
        let credential = authority::shared().client(KeyKind::EcP256).credential();
        client.credentials = ClientCredentials::Fixed(credential);
        server.client_certificates =
            ClientCertificates::Required(Verification::Anchors(authority::shared().anchors()));
        server.known_signatures = Some(KnownSignatures::new());
        for _ in 0..2 {
            connect(&client, &server).assert_established();
            assert_eq!(remembered(&server.known_signatures), Some(2));
        }
    }
}

/// A memory that knows every signature of a chain trusts nobody.
#[test]
fn who_is_trusted_is_judged_anew() {
    let (client, server) = configs(ProtocolVersion::TLS_1_3);
    connect(&client, &server).assert_established();
    let mut other = ClientConfig::new(Verification::Anchors(TrustAnchors::new()));
    (other.clock, other.sessions) = (client.clock.clone(), None);
    other.known_signatures = client.known_signatures.clone();
    let pair = connect(&other, &server);
    match pair.client.error.as_ref() {
        Some(Error::Certificate(failure)) => assert_eq!(failure.rule, Rule::UnknownAuthority),
        other => panic!("{other:?}"),
    }
}
