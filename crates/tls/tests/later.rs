//! A certificate of the client asked for after the handshake (RFC 9846 section 4.7.2).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a fixture that cannot be made fails its test")]

use bulla_crypto::signature::{KeyKind, SignatureAlgorithm};
use bulla_testkit::authority::{self, server_name};
use bulla_testkit::pair::Pair;
use bulla_tls::registry::{ProtocolVersion, SignatureScheme};
use bulla_tls::{
    ClientConfig, ClientCredentials, Connection, Error, Misuse, Need, NeedKind, NeedProblem, ServerConfig,
    Signature, Staples, Verification, Violation,
};
use bulla_x509::verdict::Trusted;

/// Both sides allow it, and the client has a certificate to show.
fn configs() -> (ClientConfig, ServerConfig) {
    let (mut client, mut server) = (authority::shared().client_config(), authority::shared().server_config());
    client.later_certificates = true;
    client.credentials = ClientCredentials::Fixed(authority::shared().client(KeyKind::EcP256).credential());
    server.later_certificates = Some(Verification::Anchors(authority::shared().anchors()));
    (client, server)
}

fn established(client: &ClientConfig, server: &ServerConfig) -> Pair {
    let client = Connection::client(&client.clone().check().unwrap(), server_name());
    let mut pair = Pair::new(client, Connection::server(&server.clone().check().unwrap()));
    pair.settle();
    pair.assert_established();
    assert!(pair.server.connection.facts().peer_certificates.is_empty());
    pair
}

fn assert_data_flows(pair: &mut Pair) {
    pair.client.connection.send(b"from the client").unwrap();
    pair.server.connection.send(b"from the server").unwrap();
    pair.settle();
    assert!(pair.server.delivered.ends_with(b"from the client"), "{}", pair.picture());
    assert!(pair.client.delivered.ends_with(b"from the server"), "{}", pair.picture());
}

#[test]
fn the_client_shows_who_it_is_and_both_sides_learn_it() {
    let (client, mut server) = configs();
    server.staples = Staples::ALL;
    let mut pair = established(&client, &server);
    for round in 1..4 {
        // Keys change between the rounds, and with them the key of Finished.
        pair.client.connection.update_keys(round == 2).unwrap();
        pair.server.connection.request_certificate().unwrap();
        assert_eq!(pair.server.connection.request_certificate(), Err(Misuse::RequestOpen.into()));
        pair.settle();
        pair.assert_established();
        assert_eq!(pair.server.authenticated, round, "{}", pair.picture());
        let facts = pair.server.connection.facts();
        assert_eq!(facts.peer_certificates.len(), 2);
        assert_eq!(facts.peer_names().unwrap().to_string(), "CN=Test Client");
        assert_eq!(facts.client_signature, Some(SignatureScheme::ECDSA_SECP256R1_SHA256));
        let facts = pair.client.connection.facts();
        assert!(facts.credential.is_some() && facts.client_signature.is_some());
        assert_data_flows(&mut pair);
    }
}

#[test]
fn a_client_without_a_certificate_stays_nobody() {
    let (mut client, server) = configs();
    client.credentials = ClientCredentials::None;
    let mut pair = established(&client, &server);
    pair.server.connection.request_certificate().unwrap();
    pair.settle();
    pair.assert_established();
    assert_eq!(pair.server.authenticated, 1);
    assert!(pair.server.connection.facts().peer_certificates.is_empty());
    assert_data_flows(&mut pair);
}

#[test]
fn a_certificate_that_is_not_trusted_ends_the_connection() {
    let (client, mut server) = configs();
    let other = authority::TestAuthority::named("Other");
    server.later_certificates = Some(Verification::Anchors(other.anchors()));
    server.client_authorities = Some(Vec::new());
    let mut pair = established(&client, &server);
    pair.server.connection.request_certificate().unwrap();
    pair.settle();
    assert!(matches!(pair.server.error, Some(Error::Certificate(_))), "{}", pair.picture());
    assert!(matches!(pair.client.error, Some(Error::Alert(_))), "{}", pair.picture());
    assert_eq!(pair.server.authenticated, 0);
}

#[test]
fn none_is_asked_for_unless_both_sides_said_so() {
    let misuse = Error::from(Misuse::NoLaterCertificates);
    let (client, server) = configs();
    let mut silent = client.clone();
    silent.later_certificates = false;
    assert_eq!(established(&silent, &server).server.connection.request_certificate(), Err(misuse.clone()));
    let mut strict = server.clone();
    strict.later_certificates = None;
    let mut pair = established(&client, &strict);
    assert_eq!(pair.server.connection.request_certificate(), Err(misuse.clone()));
    assert_eq!(pair.client.connection.request_certificate(), Err(misuse.clone()));
    let mut old = client.clone();
    old.versions = vec![ProtocolVersion::TLS_1_2];
    assert_eq!(established(&old, &server).server.connection.request_certificate(), Err(misuse));
    let mut early = Connection::server(&server.check().unwrap());
    assert_eq!(early.request_certificate(), Err(Misuse::NotEstablished.into()));
}

#[test]
fn a_resumed_session_can_be_authenticated_too() {
    let (client, server) = configs();
    let (client, server) = (client.check().unwrap(), server.check().unwrap());
    for resumed in [false, true] {
        let mut pair = Pair::new(Connection::client(&client, server_name()), Connection::server(&server));
        pair.settle();
        pair.assert_established();
        assert_eq!(pair.client.connection.facts().resumed, resumed);
        pair.server.connection.request_certificate().unwrap();
        pair.settle();
        assert_eq!(pair.server.authenticated, 1, "{}", pair.picture());
        assert_data_flows(&mut pair);
    }
}

/// The certificate is chosen, signed for and judged by the callers, while data goes on.
#[test]
fn work_outside_may_take_its_time() {
    let (mut client, mut server) = configs();
    client.credentials = ClientCredentials::Ask;
    server.later_certificates = Some(Verification::Ask);
    let leaf = authority::shared().client(KeyKind::EcP256);
    let mut pair = established(&client, &server);
    pair.server.connection.request_certificate().unwrap();
    pair.settle();
    let Some(Need::Certificate(need)) = pair.client.needs.pop() else { panic!("{}", pair.picture()) };
    assert_data_flows(&mut pair);
    need.reply.reply(Some(leaf.remote()));
    pair.settle();
    let Some(Need::Sign(need)) = pair.client.needs.pop() else { panic!("{}", pair.picture()) };
    pair.client.connection.update_keys(false).unwrap();
    assert_data_flows(&mut pair);
    let signature = leaf.private_key().sign(SignatureAlgorithm::EcdsaP256Sha256, &need.message).unwrap();
    need.reply.reply(Signature(signature));
    pair.settle();
    let Some(Need::Verify(need)) = pair.server.needs.pop() else { panic!("{}", pair.picture()) };
    assert_data_flows(&mut pair);
    assert_eq!(pair.server.authenticated, 0, "not before it is judged");
    assert_eq!((&need.chain, &need.server_name), (&leaf.chain, &None));
    need.reply.reply(Ok(Trusted::asserted("a test of needs")));
    pair.settle();
    assert_eq!(pair.server.authenticated, 1);
    assert_eq!(pair.server.connection.facts().peer_certificates, leaf.chain);
    assert_data_flows(&mut pair);
}

#[test]
fn work_outside_that_comes_late_ends_the_connection() {
    let (mut client, server) = configs();
    client.credentials = ClientCredentials::Ask;
    let mut pair = established(&client, &server);
    pair.client.connection.need_is_late();
    pair.server.connection.request_certificate().unwrap();
    pair.settle();
    pair.client.connection.need_is_late();
    pair.settle();
    let late = Error::Need { kind: NeedKind::Certificate, problem: NeedProblem::Late };
    assert_eq!(pair.client.error, Some(late));
    assert!(matches!(pair.server.error, Some(Error::Alert(_))), "{}", pair.picture());
}

#[test]
fn a_client_that_did_not_offer_it_refuses_the_request() {
    let (mut client, server) = configs();
    client.later_certificates = false;
    let mut pair = established(&client, &server);
    // A request that our server would not send, under the context 0.
    let request = [13, 0, 0, 12, 1, 0, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3];
    bulla_tls::testing::forge_record(&mut pair.server.connection, 22, &request).unwrap();
    pair.settle();
    assert!(
        matches!(pair.client.error, Some(Error::Violation(Violation::UnexpectedMessage { .. }))),
        "{}",
        pair.picture()
    );
}
