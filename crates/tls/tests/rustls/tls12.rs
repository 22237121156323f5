//! TLS 1.2 in both roles: suites, groups, signatures, client certificates, and the way down from TLS 1.3.

use std::sync::Arc;

use bulla_crypto::signature::KeyKind;
use bulla_testkit::authority::{self, Leaf};
use bulla_tls::registry::{AlertDescription, CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};
use bulla_tls::{
    ClientCertificates, ClientConfig, ClientCredentials, Credentials, Error, Incompatibility, ServerConfig,
    Verification, Violation,
};
use rustls::server::WebPkiClientVerifier;

use super::link::{GROUPS, Link, client_builder, key, provider, roots, server_builder, with_leaf};

const TLS12: &[&rustls::SupportedProtocolVersion] = &[&rustls::version::TLS12];

const ECDSA: [CipherSuite; 3] = [
    CipherSuite::ECDHE_ECDSA_AES_128_GCM_SHA256,
    CipherSuite::ECDHE_ECDSA_AES_256_GCM_SHA384,
    CipherSuite::ECDHE_ECDSA_CHACHA20_POLY1305_SHA256,
];

const RSA: [CipherSuite; 3] = [
    CipherSuite::ECDHE_RSA_AES_128_GCM_SHA256,
    CipherSuite::ECDHE_RSA_AES_256_GCM_SHA384,
    CipherSuite::ECDHE_RSA_CHACHA20_POLY1305_SHA256,
];

const KINDS: [KeyKind; 5] =
    [KeyKind::EcP256, KeyKind::EcP384, KeyKind::EcP521, KeyKind::Ed25519, KeyKind::Rsa];

/// What each of [`KINDS`] signs by.
const SCHEMES: [SignatureScheme; 5] = [
    SignatureScheme::ECDSA_SECP256R1_SHA256,
    SignatureScheme::ECDSA_SECP384R1_SHA384,
    SignatureScheme::ECDSA_SECP521R1_SHA512,
    SignatureScheme::ED25519,
    SignatureScheme::RSA_PSS_RSAE_SHA256,
];

fn theirs_client() -> rustls::ClientConfig {
    client_builder(provider(&GROUPS), TLS12).with_no_client_auth()
}

fn theirs_server(kind: KeyKind) -> rustls::ServerConfig {
    with_leaf(server_builder(provider(&GROUPS), TLS12), &authority::shared().server(kind))
}

fn our_client() -> ClientConfig {
    authority::shared().client_config()
}

fn our_server(kind: KeyKind) -> ServerConfig {
    let mut config = authority::shared().server_config();
    config.credentials = Credentials::Fixed(authority::shared().server(kind).credential());
    config
}

#[test]
fn each_suite_with_each_kind_of_key() {
    for (kind, suites) in [(KeyKind::EcP256, ECDSA), (KeyKind::Ed25519, ECDSA), (KeyKind::Rsa, RSA)] {
        for suite in suites {
            let mut ours = our_client();
            ours.suites = vec![suite];
            let facts = Link::to_server(ours, theirs_server(kind)).assert_works();
            assert_eq!((facts.version, facts.suite), (Some(ProtocolVersion::TLS_1_2), Some(suite)));
            assert_eq!(facts.extended_master_secret, Some(true));

            let mut ours = our_server(kind);
            ours.suites = vec![suite];
            let facts = Link::to_client(ours, theirs_client()).assert_works();
            assert_eq!((facts.version, facts.suite), (Some(ProtocolVersion::TLS_1_2), Some(suite)));
            assert_eq!(facts.extended_master_secret, Some(true));
        }
    }
}

#[test]
fn each_group() {
    let ids = [NamedGroup::X25519, NamedGroup::SECP256R1, NamedGroup::SECP384R1];
    for (theirs, id) in GROUPS[1..].iter().zip(ids) {
        let leaf = authority::shared().server(KeyKind::Rsa);
        let server = with_leaf(server_builder(provider(&[*theirs]), TLS12), &leaf);
        assert_eq!(Link::to_server(our_client(), server).assert_works().group, Some(id));
        let client = client_builder(provider(&[*theirs]), TLS12).with_no_client_auth();
        assert_eq!(Link::to_client(our_server(KeyKind::Rsa), client).assert_works().group, Some(id));
    }
}

/// ECDSA signs with the hash of its curve's strength, RSA by PSS. The curve must be among the client's groups (RFC 8422
/// section 5.3), and rustls does not have P-521 there.
#[test]
fn each_kind_of_signature() {
    for (kind, scheme) in KINDS.into_iter().zip(SCHEMES) {
        let mut link = Link::to_client(our_server(kind), theirs_client());
        if kind == KeyKind::EcP521 {
            assert_eq!(link.ours.error, Some(Incompatibility::Suite.into()));
        } else {
            assert_eq!(link.assert_works().signature, Some(scheme), "{kind:?}");
        }
        let mut ours = our_client();
        ours.groups.push(NamedGroup::SECP521R1);
        Link::to_server(ours, theirs_server(kind)).assert_works();
    }
}

/// RFC 5246 section 7.4.1.4.1: an RSA key signs by PKCS#1 v1.5 for those who know no better.
#[test]
fn rsa_by_pkcs1() {
    let mut ours = our_client();
    ours.signature_schemes = vec![SignatureScheme::RSA_PKCS1_SHA256, SignatureScheme::ECDSA_SECP256R1_SHA256];
    let facts = Link::to_server(ours, theirs_server(KeyKind::Rsa)).assert_works();
    assert_eq!(facts.signature, Some(SignatureScheme::RSA_PKCS1_SHA256));
}

#[test]
fn a_client_of_both_versions_comes_down_and_no_further() {
    let facts = Link::to_server(our_client(), theirs_server(KeyKind::EcP256)).assert_works();
    assert_eq!(facts.version, Some(ProtocolVersion::TLS_1_2));

    let mut ours = our_client();
    ours.versions = vec![ProtocolVersion::TLS_1_3];
    let link = Link::to_server(ours, theirs_server(KeyKind::EcP256));
    assert_eq!(link.ours.error, Some(Error::Alert(AlertDescription::PROTOCOL_VERSION)));

    let mut ours = our_server(KeyKind::EcP256);
    ours.versions = vec![ProtocolVersion::TLS_1_3];
    let link = Link::to_client(ours, theirs_client());
    assert_eq!(link.ours.error, Some(Incompatibility::Version(ProtocolVersion::TLS_1_2).into()));
}

#[test]
fn a_config_for_tls_1_2_alone_speaks_it_to_peers_of_both() {
    let both = [&rustls::version::TLS13, &rustls::version::TLS12];
    let mut ours = our_client();
    ours.versions = vec![ProtocolVersion::TLS_1_2];
    let leaf = authority::shared().server(KeyKind::EcP256);
    // A server that knows TLS 1.3 marks its random; a client that never offered it must not mind.
    let facts =
        Link::to_server(ours, with_leaf(server_builder(provider(&GROUPS), &both), &leaf)).assert_works();
    assert_eq!((facts.version, facts.retried), (Some(ProtocolVersion::TLS_1_2), false));

    let mut ours = our_server(KeyKind::EcP256);
    ours.versions = vec![ProtocolVersion::TLS_1_2];
    let theirs = client_builder(provider(&GROUPS), &both).with_no_client_auth();
    assert_eq!(Link::to_client(ours, theirs).assert_works().version, Some(ProtocolVersion::TLS_1_2));
}

#[test]
fn application_protocols() {
    let names = || vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let mut ours = our_client();
    ours.alpn = names();
    let mut theirs = theirs_server(KeyKind::EcP256);
    theirs.alpn_protocols = vec![b"http/1.1".to_vec()];
    assert_eq!(Link::to_server(ours, theirs).assert_works().protocol.as_deref(), Some(&b"http/1.1"[..]));

    let mut ours = our_server(KeyKind::EcP256);
    ours.alpn = names();
    let mut theirs = theirs_client();
    theirs.alpn_protocols = names();
    assert_eq!(Link::to_client(ours, theirs).assert_works().protocol.as_deref(), Some(&b"h2"[..]));
}

/// rustls' server that asks for certificates.
fn asking(optional: bool) -> rustls::ServerConfig {
    let provider = Arc::new(provider(&GROUPS));
    let verifier = WebPkiClientVerifier::builder_with_provider(roots(), Arc::clone(&provider));
    let verifier = if optional { verifier.allow_unauthenticated() } else { verifier };
    let leaf = authority::shared().server(KeyKind::EcP256);
    rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(TLS12)
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(leaf.chain.clone(), key(&leaf))
        .unwrap()
}

/// rustls' client that shows this leaf.
fn showing(leaf: &Leaf) -> rustls::ClientConfig {
    client_builder(provider(&GROUPS), TLS12).with_client_auth_cert(leaf.chain.clone(), key(leaf)).unwrap()
}

fn ours_asking(ask: impl FnOnce(Verification) -> ClientCertificates) -> ServerConfig {
    let mut config = our_server(KeyKind::EcP256);
    config.client_certificates = ask(Verification::Anchors(authority::shared().anchors()));
    config
}

#[test]
fn client_certificates_of_each_kind_in_both_roles() {
    for kind in KINDS {
        let leaf = authority::shared().client(kind);
        let mut ours = our_client();
        ours.credentials = ClientCredentials::Fixed(leaf.credential());
        let mut link = Link::to_server(ours, asking(false));
        assert!(link.assert_works().client_signature.is_some(), "{kind:?}");
        assert_eq!(link.theirs.peer_certificates(), Some(leaf.chain.as_slice()), "{kind:?}");

        let mut link = Link::to_client(ours_asking(ClientCertificates::Required), showing(&leaf));
        let facts = link.assert_works();
        assert_eq!(facts.peer_certificates, leaf.chain, "{kind:?}");
        assert!(facts.client_signature.is_some(), "{kind:?}");
    }
}

#[test]
fn a_client_without_certificate() {
    let facts = Link::to_server(our_client(), asking(true)).assert_works();
    assert!(facts.client_signature.is_none());
    let facts = Link::to_client(ours_asking(ClientCertificates::Optional), theirs_client()).assert_works();
    assert!(facts.peer_certificates.is_empty());
    let link = Link::to_client(ours_asking(ClientCertificates::Required), theirs_client());
    assert_eq!(link.ours.error, Some(Violation::CertificateRequired.into()));
    let link = Link::to_server(our_client(), asking(false));
    assert!(link.ours.error.is_some());
}

#[test]
fn an_untrusted_client_is_refused() {
    let stranger = authority::TestAuthority::new().client(KeyKind::EcP256);
    let link = Link::to_client(ours_asking(ClientCertificates::Required), showing(&stranger));
    assert!(matches!(link.ours.error, Some(Error::Certificate(_))), "{:?}", link.ours.error);
}

/// Records of every size, both ways, with the end of the connection.
#[test]
fn data_in_records_of_all_sizes() {
    for suite in [ECDSA[0], ECDSA[2]] {
        let mut ours = our_client();
        ours.suites = vec![suite];
        let mut link = Link::to_server(ours, theirs_server(KeyKind::EcP256));
        for length in [1, 2, 15, 16, 17, 16_383, 16_384, 16_385, 100_000] {
            let data: Vec<u8> = (0..=250).cycle().take(length).collect();
            link.received.clear();
            link.send(&data);
            assert_eq!(link.received, data, "{suite}, {length}");
            link.ours.delivered.clear();
            link.send_theirs(&data);
            assert_eq!(link.ours.delivered, data, "{suite}, {length}");
        }
        link.ours.connection.close();
        link.settle();
        assert!(link.they_saw_close);
    }
}
