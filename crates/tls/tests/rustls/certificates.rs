//! Client certificates asked for by either side.

use std::sync::Arc;

use bulla_crypto::signature::KeyKind;
use bulla_testkit::authority::{self, Leaf};
use bulla_tls::registry::AlertDescription;
use bulla_tls::{ClientCertificates, ClientCredentials, Error, Role, Verification, Violation};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;

use super::link::{GROUPS, Link, client_builder, key, provider, roots, rustls_client};

const KINDS: [KeyKind; 5] =
    [KeyKind::EcP256, KeyKind::EcP384, KeyKind::EcP521, KeyKind::Ed25519, KeyKind::Rsa];

/// rustls' server that asks for certificates.
pub(crate) fn asking(optional: bool) -> rustls::ServerConfig {
    let provider = Arc::new(provider(&GROUPS));
    let verifier = WebPkiClientVerifier::builder_with_provider(roots(), Arc::clone(&provider));
    let verifier = if optional { verifier.allow_unauthenticated() } else { verifier };
    let verifier: Arc<dyn ClientCertVerifier> = verifier.build().unwrap();
    let leaf = authority::shared().server(KeyKind::EcP256);
    rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(leaf.chain.clone(), key(&leaf))
        .unwrap()
}

/// rustls' client that shows this leaf.
pub(crate) fn showing(leaf: &Leaf) -> rustls::ClientConfig {
    client_builder(provider(&GROUPS), &[&rustls::version::TLS13])
        .with_client_auth_cert(leaf.chain.clone(), key(leaf))
        .unwrap()
}

fn ours_asking(ask: impl FnOnce(Verification) -> ClientCertificates) -> bulla_tls::ServerConfig {
    let mut config = authority::shared().server_config();
    config.client_certificates = ask(Verification::Anchors(authority::shared().anchors()));
    config
}

#[test]
fn we_show_each_kind() {
    for kind in KINDS {
        let leaf = authority::shared().client(kind);
        let mut ours = authority::shared().client_config();
        ours.credentials = ClientCredentials::Fixed(leaf.credential());
        let mut link = Link::to_server(ours, asking(false));
        let facts = link.assert_works();
        assert!(facts.client_signature.is_some() && facts.credential.is_some(), "{kind:?}");
        assert_eq!(link.theirs.peer_certificates(), Some(leaf.chain.as_slice()), "{kind:?}");
    }
}

#[test]
fn we_judge_each_kind() {
    for kind in KINDS {
        let leaf = authority::shared().client(kind);
        let facts = Link::to_client(ours_asking(ClientCertificates::Required), showing(&leaf)).assert_works();
        assert_eq!((facts.role, facts.peer_certificates), (Role::Server, leaf.chain), "{kind:?}");
        assert!(facts.client_signature.is_some(), "{kind:?}");
    }
}

#[test]
fn none_is_shown_to_whom_it_is_optional() {
    let facts = Link::to_server(authority::shared().client_config(), asking(true)).assert_works();
    assert!(facts.client_signature.is_none());
    let facts = Link::to_client(ours_asking(ClientCertificates::Optional), rustls_client()).assert_works();
    assert!(facts.client_signature.is_none() && facts.peer_certificates.is_empty());
}

#[test]
fn none_is_refused_by_whom_it_is_required() {
    let link = Link::to_server(authority::shared().client_config(), asking(false));
    assert_eq!(link.ours.error, Some(Error::Alert(AlertDescription::CERTIFICATE_REQUIRED)));
    let link = Link::to_client(ours_asking(ClientCertificates::Required), rustls_client());
    assert_eq!(link.ours.error, Some(Violation::CertificateRequired.into()));
    assert_eq!(
        link.their_error,
        Some(rustls::Error::AlertReceived(rustls::AlertDescription::CertificateRequired))
    );
}

/// A server's leaf shows its holder to be a server only.
#[test]
fn a_certificate_for_another_purpose_is_refused() {
    let leaf = authority::shared().server(KeyKind::EcP256);
    let link = Link::to_client(ours_asking(ClientCertificates::Optional), showing(&leaf));
    assert!(matches!(link.ours.error, Some(Error::Certificate(_))), "{:?}", link.ours.connection);
    assert!(matches!(link.their_error, Some(rustls::Error::AlertReceived(_))), "{:?}", link.their_error);

    let mut ours = authority::shared().client_config();
    ours.credentials = ClientCredentials::Fixed(leaf.credential());
    let link = Link::to_server(ours, asking(true));
    assert!(matches!(link.ours.error, Some(Error::Alert(_))), "{:?}", link.ours.connection);
}
