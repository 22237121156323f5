//! Sessions resumed with rustls at either end.

use std::sync::Arc;

use bulla_crypto::signature::KeyKind;
use bulla_testkit::authority;
use bulla_tls::registry::{CipherSuite, NamedGroup, ProtocolVersion};
use bulla_tls::{
    ClientCertificates, Facts, Keeping, ServerConfig, SessionStore, TicketKeys, TicketSecret, Verification,
};
use rustls::HandshakeKind;
use rustls::crypto::aws_lc_rs;

use super::certificates::{asking, showing};
use super::link::{
    GROUP_IDS, GROUPS, Link, client_builder, provider, rustls_client, rustls_server, server_builder,
    with_leaf,
};

const SUITES: [CipherSuite; 3] =
    [CipherSuite::AES_128_GCM_SHA256, CipherSuite::AES_256_GCM_SHA384, CipherSuite::CHACHA20_POLY1305_SHA256];

/// Fails the test unless both sides say that this connection resumed a session, or that it did not.
fn assert_resumed(mut link: Link, expected: bool, case: &str) -> Facts {
    let facts = link.assert_works();
    assert_eq!(facts.resumed, expected, "{case}");
    assert_eq!(link.theirs.handshake_kind() == Some(HandshakeKind::Resumed), expected, "{case}");
    assert!(facts.verified_at.is_some() != facts.peer_certificates.is_empty(), "{case}");
    facts
}

/// How a server may keep sessions.
fn keepings() -> [(&'static str, Keeping); 3] {
    let keys = TicketKeys::new(&TicketSecret::new(vec![7; 32], authority::now())).unwrap();
    [
        ("tickets", Keeping::Tickets),
        ("shared tickets", Keeping::SharedTickets(keys)),
        ("a store", Keeping::Store(SessionStore::new(100))),
    ]
}

#[test]
fn our_client_resumes() {
    for suite in SUITES {
        for tickets in [false, true] {
            let mut ours = authority::shared().client_config();
            ours.suites = vec![suite];
            let ours = ours.check().unwrap();
            let mut theirs = rustls_server();
            if tickets {
                theirs.ticketer = aws_lc_rs::Ticketer::new().unwrap();
            }
            let theirs = Arc::new(theirs);
            let case = format!("{suite}, tickets {tickets}");
            let first = assert_resumed(Link::to_known_server(&ours, &theirs), false, &case);
            for _ in 0..3 {
                let facts = assert_resumed(Link::to_known_server(&ours, &theirs), true, &case);
                assert_eq!(facts.peer_certificates, first.peer_certificates, "{case}");
                assert_eq!(facts.signature, first.signature, "{case}");
                assert_eq!(facts.verified_at, Some(authority::now()), "{case}");
                assert_eq!(facts.suite, Some(suite), "{case}");
            }
        }
    }
}

#[test]
fn our_server_resumes() {
    for suite in SUITES {
        for (how, keeping) in keepings() {
            let mut ours = authority::shared().server_config();
            ours.suites = vec![suite];
            ours.resumption.keeping = keeping;
            let ours = ours.check().unwrap();
            let theirs = Arc::new(rustls_client());
            let case = format!("{suite}, {how}");
            assert_resumed(Link::to_known_client(&ours, &theirs), false, &case);
            for _ in 0..3 {
                assert_resumed(Link::to_known_client(&ours, &theirs), true, &case);
            }
        }
    }
}

/// Suites of TLS 1.2.
const SUITES12: [CipherSuite; 3] = [
    CipherSuite::ECDHE_ECDSA_AES_128_GCM_SHA256,
    CipherSuite::ECDHE_ECDSA_AES_256_GCM_SHA384,
    CipherSuite::ECDHE_ECDSA_CHACHA20_POLY1305_SHA256,
];

/// What a client may speak with a server of TLS 1.2.
const VERSIONS: [&[ProtocolVersion]; 2] =
    [&[ProtocolVersion::TLS_1_2], &[ProtocolVersion::TLS_1_3, ProtocolVersion::TLS_1_2]];

#[test]
fn our_client_resumes_in_tls12() {
    for (suite, tickets) in SUITES12.into_iter().flat_map(|suite| [(suite, false), (suite, true)]) {
        for versions in VERSIONS {
            let mut ours = authority::shared().client_config();
            ours.suites = vec![CipherSuite::AES_128_GCM_SHA256, suite];
            ours.versions = versions.to_vec();
            let ours = ours.check().unwrap();
            let leaf = authority::shared().server(KeyKind::EcP256);
            let builder = server_builder(provider(&GROUPS), &[&rustls::version::TLS12]);
            let mut theirs = with_leaf(builder, &leaf);
            if tickets {
                theirs.ticketer = aws_lc_rs::Ticketer::new().unwrap();
            }
            let theirs = Arc::new(theirs);
            let case = format!("{suite}, tickets {tickets}, {versions:?}");
            let first = assert_resumed(Link::to_known_server(&ours, &theirs), false, &case);
            for _ in 0..3 {
                let facts = assert_resumed(Link::to_known_server(&ours, &theirs), true, &case);
                assert_eq!(facts.version, Some(ProtocolVersion::TLS_1_2), "{case}");
                assert_eq!(facts.peer_certificates, first.peer_certificates, "{case}");
                assert_eq!((facts.suite, facts.signature), (Some(suite), first.signature), "{case}");
                assert_eq!(facts.extended_master_secret, Some(true), "{case}");
            }
        }
    }
}

#[test]
fn our_server_resumes_in_tls12() {
    for (suite, (how, keeping)) in
        SUITES12.into_iter().flat_map(|suite| keepings().map(|keeping| (suite, keeping)))
    {
        let mut ours = authority::shared().server_config();
        ours.suites = vec![CipherSuite::AES_128_GCM_SHA256, suite];
        ours.resumption.keeping = keeping;
        let ours = ours.check().unwrap();
        let only = &[&rustls::version::TLS12];
        let theirs = Arc::new(client_builder(provider(&GROUPS), only).with_no_client_auth());
        let case = format!("{suite}, {how}");
        assert_resumed(Link::to_known_client(&ours, &theirs), false, &case);
        for _ in 0..3 {
            assert_resumed(Link::to_known_client(&ours, &theirs), true, &case);
        }
    }
}

/// The hello is renewed, and its binder with it.
#[test]
fn resumed_behind_a_hello_retry_request() {
    let leaf = authority::shared().server(KeyKind::EcP256);
    let only = provider(&[aws_lc_rs::kx_group::SECP256R1]);
    let theirs = Arc::new(with_leaf(server_builder(only, &[&rustls::version::TLS13]), &leaf));
    let mut ours = authority::shared().client_config();
    ours.key_shares = vec![NamedGroup::X25519];
    let ours = ours.check().unwrap();
    let mut ours_serving = authority::shared().server_config();
    ours_serving.groups = vec![NamedGroup::SECP384R1];
    ours_serving.retry_cookie = true;
    let ours_serving = ours_serving.check().unwrap();
    let their_client = Arc::new(rustls_client());
    for resumed in [false, true, true] {
        let facts = assert_resumed(Link::to_known_server(&ours, &theirs), resumed, "our client");
        assert!(facts.retried);
        let facts =
            assert_resumed(Link::to_known_client(&ours_serving, &their_client), resumed, "our server");
        // rustls remembers the group of its last connection.
        assert!(facts.retried || resumed);
    }
}

/// The suite that the second connection is held to has another hash: the ticket does not fit.
#[test]
fn another_hash_makes_for_a_full_handshake() {
    let keys = TicketKeys::new(&TicketSecret::new(vec![7; 32], authority::now())).unwrap();
    let ours = |suite| {
        let mut ours = authority::shared().server_config();
        ours.suites = vec![suite];
        ours.credentials = server_credentials();
        ours.resumption.keeping = Keeping::SharedTickets(keys.clone());
        ours.check().unwrap()
    };
    let theirs = Arc::new(rustls_client());
    let [sha256, sha384, chacha] = SUITES.map(ours);
    assert_resumed(Link::to_known_client(&sha256, &theirs), false, "first");
    assert_resumed(Link::to_known_client(&chacha, &theirs), true, "the same hash");
    assert_resumed(Link::to_known_client(&sha384, &theirs), false, "another hash");
}

fn server_credentials() -> bulla_tls::Credentials {
    use std::sync::LazyLock;
    static LEAF: LazyLock<Arc<bulla_tls::Credential>> =
        LazyLock::new(|| authority::shared().server(KeyKind::EcP256).credential());
    bulla_tls::Credentials::Fixed(Arc::clone(&LEAF))
}

/// A client that showed a certificate is known by it in the sessions that follow.
#[test]
fn client_certificates_are_remembered() {
    for (how, keeping) in keepings() {
        let leaf = authority::shared().client(KeyKind::EcP256);
        let mut ours: ServerConfig = authority::shared().server_config();
        let anchors = Verification::Anchors(authority::shared().anchors());
        ours.client_certificates = ClientCertificates::Required(anchors);
        ours.resumption.keeping = keeping;
        let ours = ours.check().unwrap();
        let theirs = Arc::new(showing(&leaf));
        for resumed in [false, true, true] {
            let facts = assert_resumed(Link::to_known_client(&ours, &theirs), resumed, how);
            assert_eq!(facts.peer_certificates, leaf.chain, "{how}");
            assert!(facts.client_signature.is_some(), "{how}");
        }
    }
}

#[test]
fn our_certificate_is_remembered() {
    let leaf = authority::shared().client(KeyKind::EcP256);
    let mut ours = authority::shared().client_config();
    ours.credentials = bulla_tls::ClientCredentials::Fixed(leaf.credential());
    let ours = ours.check().unwrap();
    let theirs = Arc::new(asking(false));
    for resumed in [false, true] {
        let mut link = Link::to_known_server(&ours, &theirs);
        assert_eq!(link.assert_works().resumed, resumed);
        assert_eq!(link.theirs.peer_certificates(), Some(leaf.chain.as_slice()));
    }
}

/// rustls' groups all resume: the key exchange is fresh each time.
#[test]
fn each_group_resumes() {
    for group in GROUPS {
        let leaf = authority::shared().server(KeyKind::EcP256);
        let one = provider(&[group]);
        let theirs = Arc::new(with_leaf(server_builder(one, &[&rustls::version::TLS13]), &leaf));
        let mut ours = authority::shared().client_config();
        ours.groups = GROUP_IDS.to_vec();
        let ours = ours.check().unwrap();
        for resumed in [false, true] {
            let facts = assert_resumed(Link::to_known_server(&ours, &theirs), resumed, "a group");
            assert_eq!(facts.group.map(|group| group.0), Some(u16::from(group.name())));
        }
    }
}
