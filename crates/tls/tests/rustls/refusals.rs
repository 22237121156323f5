//! What two implementations refuse each other for.

use bulla_crypto::signature::KeyKind;
use bulla_testkit::authority;
use bulla_tls::registry::{AlertDescription, CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};
use bulla_tls::{Error, Incompatibility, ServerConfig};
use rustls::AlertDescription as Theirs;

use super::link::{
    GROUPS, Link, client_builder, provider, rustls_client, rustls_server, server_builder, with_leaf,
};

fn protocols(names: &[&str]) -> Vec<Vec<u8>> {
    names.iter().map(|name| name.as_bytes().to_vec()).collect()
}

#[test]
fn application_protocols() {
    let cases: [(&[&str], &[&str], Option<&str>); 4] = [
        (&["h2", "http/1.1"], &["http/1.1", "h2"], Some("h2")),
        (&["http/1.1"], &["h2", "http/1.1"], Some("http/1.1")),
        (&["h2"], &[], None),
        (&[], &["h2"], None),
    ];
    for (servers, clients, chosen) in cases {
        let chosen = chosen.map(|name| name.as_bytes().to_vec());
        let mut ours = authority::shared().server_config();
        ours.alpn = protocols(servers);
        let mut theirs = rustls_client();
        theirs.alpn_protocols = protocols(clients);
        let mut link = Link::to_client(ours, theirs);
        assert_eq!(link.assert_works().protocol, chosen);
        assert_eq!(link.theirs.alpn_protocol(), chosen.as_deref());

        let mut ours = authority::shared().client_config();
        ours.alpn = protocols(clients);
        let mut theirs = rustls_server();
        theirs.alpn_protocols = protocols(servers);
        assert_eq!(Link::to_server(ours, theirs).assert_works().protocol, chosen);
    }
}

/// Each version by itself.
const VERSIONS: [&[&rustls::SupportedProtocolVersion]; 2] =
    [&[&rustls::version::TLS13], &[&rustls::version::TLS12]];

#[test]
fn no_application_protocol_in_common() {
    for version in VERSIONS {
        let mut ours = authority::shared().server_config();
        ours.alpn = protocols(&["h2"]);
        let mut theirs = client_builder(provider(&GROUPS), version).with_no_client_auth();
        theirs.alpn_protocols = protocols(&["imap"]);
        assert_refused(ours, theirs, Incompatibility::Protocol, Theirs::NoApplicationProtocol);

        let mut ours = authority::shared().client_config();
        ours.alpn = protocols(&["imap"]);
        let leaf = authority::shared().server(KeyKind::EcP256);
        let mut theirs = with_leaf(server_builder(provider(&GROUPS), version), &leaf);
        theirs.alpn_protocols = protocols(&["h2"]);
        let link = Link::to_server(ours, theirs);
        assert_eq!(link.ours.error, Some(Error::Alert(AlertDescription::NO_APPLICATION_PROTOCOL)));
    }
}

#[test]
fn a_client_of_both_versions_is_served() {
    let both = [&rustls::version::TLS13, &rustls::version::TLS12];
    let theirs = client_builder(provider(&GROUPS), &both).with_no_client_auth();
    let facts = Link::to_client(authority::shared().server_config(), theirs).assert_works();
    assert_eq!(facts.version, Some(ProtocolVersion::TLS_1_3));
    let leaf = authority::shared().server(KeyKind::EcP256);
    let theirs = with_leaf(server_builder(provider(&GROUPS), &both), &leaf);
    Link::to_server(authority::shared().client_config(), theirs).assert_works();
}

#[test]
fn nothing_in_common() {
    let mut ours = authority::shared().server_config();
    ours.suites = vec![CipherSuite::CHACHA20_POLY1305_SHA256];
    let mut narrow = provider(&GROUPS);
    narrow.cipher_suites.retain(|suite| suite.suite() == rustls::CipherSuite::TLS13_AES_128_GCM_SHA256);
    let theirs = client_builder(narrow, &[&rustls::version::TLS13]).with_no_client_auth();
    assert_refused(ours, theirs, Incompatibility::Suite, Theirs::HandshakeFailure);

    let mut ours = authority::shared().server_config();
    ours.groups = vec![NamedGroup::SECP384R1];
    let theirs = client_builder(provider(&GROUPS[1..3]), &[&rustls::version::TLS13]).with_no_client_auth();
    assert_refused(ours, theirs, Incompatibility::Group, Theirs::HandshakeFailure);

    let mut ours = authority::shared().client_config();
    ours.signature_schemes = vec![SignatureScheme::ED25519];
    let link = Link::to_server(ours, rustls_server());
    assert_eq!(link.ours.error, Some(Error::Alert(AlertDescription::HANDSHAKE_FAILURE)));
}

fn assert_refused(ours: ServerConfig, theirs: rustls::ClientConfig, why: Incompatibility, alert: Theirs) {
    let link = Link::to_client(ours, theirs);
    assert_eq!(link.ours.error, Some(why.into()));
    assert_eq!(link.their_error, Some(rustls::Error::AlertReceived(alert)), "{why}");
    assert!(!link.ours.established);
}

#[test]
fn an_untrusted_server_is_refused_by_both() {
    let stranger = authority::TestAuthority::named("Stranger");
    for version in VERSIONS {
        let leaf = stranger.server(KeyKind::EcP256);
        let theirs = with_leaf(server_builder(provider(&GROUPS), version), &leaf);
        let link = Link::to_server(authority::shared().client_config(), theirs);
        assert!(matches!(link.ours.error, Some(Error::Certificate(_))), "{:?}", link.ours.connection);
        assert_eq!(link.their_error, Some(rustls::Error::AlertReceived(Theirs::UnknownCA)));

        let theirs = client_builder(provider(&GROUPS), version).with_no_client_auth();
        let link = Link::to_client(stranger.server_config(), theirs);
        assert_eq!(link.ours.error, Some(Error::Alert(AlertDescription::UNKNOWN_CA)));
    }
}
