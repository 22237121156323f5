//! Each suite, group and kind of signature, in both roles, and the hello that is asked for again.

use bulla_crypto::signature::KeyKind;
use bulla_testkit::authority;
use bulla_tls::registry::{CipherSuite, NamedGroup, SignatureScheme};
use bulla_tls::{Credentials, ServerConfig};
use rustls::HandshakeKind;

use super::link::{
    GROUP_IDS, GROUPS, Link, client_builder, provider, rustls_client, rustls_server, server_builder,
    with_leaf,
};

const SUITES: [CipherSuite; 3] =
    [CipherSuite::AES_128_GCM_SHA256, CipherSuite::AES_256_GCM_SHA384, CipherSuite::CHACHA20_POLY1305_SHA256];

const KINDS: [(KeyKind, SignatureScheme); 5] = [
    (KeyKind::EcP256, SignatureScheme::ECDSA_SECP256R1_SHA256),
    (KeyKind::EcP384, SignatureScheme::ECDSA_SECP384R1_SHA384),
    (KeyKind::EcP521, SignatureScheme::ECDSA_SECP521R1_SHA512),
    (KeyKind::Ed25519, SignatureScheme::ED25519),
    (KeyKind::Rsa, SignatureScheme::RSA_PSS_RSAE_SHA256),
];

fn with_kind(kind: KeyKind) -> ServerConfig {
    let mut config = authority::shared().server_config();
    config.credentials = Credentials::Fixed(authority::shared().server(kind).credential());
    config
}

#[test]
fn each_suite() {
    for suite in SUITES {
        let mut ours = authority::shared().client_config();
        ours.suites = vec![suite];
        let mut link = Link::to_server(ours, rustls_server());
        assert_eq!(link.assert_works().suite, Some(suite));

        let mut ours = authority::shared().server_config();
        ours.suites = vec![suite];
        let mut link = Link::to_client(ours, rustls_client());
        assert_eq!(link.assert_works().suite, Some(suite));
        let theirs = link.theirs.negotiated_cipher_suite().unwrap().suite();
        assert_eq!(u16::from(theirs), suite.0);
    }
}

#[test]
fn each_group() {
    for (theirs, id) in GROUPS.into_iter().zip(GROUP_IDS) {
        let server = with_leaf(server_builder(provider(&[theirs]), &[&rustls::version::TLS13]), &p256_leaf());
        let mut ours = authority::shared().client_config();
        ours.groups = GROUP_IDS.to_vec();
        ours.key_shares = vec![id];
        let facts = Link::to_server(ours, server).assert_works();
        assert_eq!((facts.group, facts.retried), (Some(id), false));

        let client = client_builder(provider(&[theirs]), &[&rustls::version::TLS13]).with_no_client_auth();
        let mut ours = authority::shared().server_config();
        ours.groups = GROUP_IDS.to_vec();
        let facts = Link::to_client(ours, client).assert_works();
        assert_eq!((facts.group, facts.retried), (Some(id), false));
    }
}

/// X25519 beside its hybrid has the hybrid's key; a server that takes the classical one meets the same secret.
#[test]
fn a_shared_classical_key_serves_alone() {
    let server = server_builder(provider(&[GROUPS[1]]), &[&rustls::version::TLS13]);
    let ours = authority::shared().client_config();
    assert_eq!(ours.key_shares, [NamedGroup::X25519_MLKEM768, NamedGroup::X25519]);
    let facts = Link::to_server(ours, with_leaf(server, &p256_leaf())).assert_works();
    assert_eq!((facts.group, facts.retried), (Some(NamedGroup::X25519), false));
}

#[test]
fn each_kind_of_server_signature() {
    for (kind, scheme) in KINDS {
        let facts = Link::to_client(with_kind(kind), rustls_client()).assert_works();
        assert_eq!(facts.signature, Some(scheme), "{kind:?}");

        let server = server_builder(provider(&GROUPS), &[&rustls::version::TLS13]);
        let server = with_leaf(server, &authority::shared().server(kind));
        let mut link = Link::to_server(authority::shared().client_config(), server);
        let signature = link.assert_works().signature.unwrap();
        // rustls takes the strongest hash for RSA.
        let expected = if kind == KeyKind::Rsa { SignatureScheme::RSA_PSS_RSAE_SHA512 } else { scheme };
        assert_eq!(signature, expected, "{kind:?}");
    }
}

#[test]
fn a_hello_is_asked_for_again_by_us() {
    for cookie in [false, true] {
        // rustls sends one share, for its first group, which our server does not take.
        let groups = [GROUPS[3], GROUPS[2]];
        let client = client_builder(provider(&groups), &[&rustls::version::TLS13]).with_no_client_auth();
        let mut ours = authority::shared().server_config();
        ours.groups = vec![NamedGroup::SECP256R1];
        ours.retry_cookie = cookie;
        let mut link = Link::to_client(ours, client);
        let facts = link.assert_works();
        assert_eq!((facts.group, facts.retried), (Some(NamedGroup::SECP256R1), true), "cookie: {cookie}");
        assert_eq!(link.theirs.handshake_kind(), Some(HandshakeKind::FullWithHelloRetryRequest));
    }
}

#[test]
fn a_hello_is_asked_for_again_by_them() {
    for (theirs, id) in GROUPS.into_iter().zip(GROUP_IDS) {
        let server = with_leaf(server_builder(provider(&[theirs]), &[&rustls::version::TLS13]), &p256_leaf());
        let mut ours = authority::shared().client_config();
        let other = if id == NamedGroup::SECP256R1 { NamedGroup::X25519 } else { NamedGroup::SECP256R1 };
        ours.groups = vec![other, id];
        ours.key_shares = vec![other];
        let mut link = Link::to_server(ours, server);
        let facts = link.assert_works();
        assert_eq!((facts.group, facts.retried), (Some(id), true));
        assert_eq!(link.theirs.handshake_kind(), Some(HandshakeKind::FullWithHelloRetryRequest));
    }
}

/// Without the looks of TLS 1.2 there is neither session id nor change_cipher_spec, and the same keys.
#[test]
fn without_compatibility_mode() {
    let mut ours = authority::shared().client_config();
    ours.compatibility = false;
    Link::to_server(ours, rustls_server()).assert_works();
}

fn p256_leaf() -> authority::Leaf {
    authority::shared().server(KeyKind::EcP256)
}
