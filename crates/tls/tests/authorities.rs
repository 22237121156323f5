//! Which authorities a server names, what certificates may be signed by, and which certificate a client then shows.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a fixture that cannot be made fails its test")]

use std::sync::Arc;

use bulla_crypto::signature::KeyKind;
use bulla_testkit::authority::{self, TestAuthority, server_name};
use bulla_testkit::pair::Pair;
use bulla_tls::registry::{ProtocolVersion, SignatureScheme as Scheme};
use bulla_tls::{
    CertificateNeed, ClientCertificates, ClientConfig, ClientCredentials, ConfigError, Connection,
    Credentials, Need, ServerConfig, Verification,
};
use bulla_x509::certificate::Certificate;

const VERSIONS: [ProtocolVersion; 2] = [ProtocolVersion::TLS_1_2, ProtocolVersion::TLS_1_3];

fn configs() -> (ClientConfig, ServerConfig) {
    let (client, mut server) = (authority::shared().client_config(), authority::shared().server_config());
    server.client_certificates =
        ClientCertificates::Optional(Verification::Anchors(authority::shared().anchors()));
    (client, server)
}

fn settled(client: &ClientConfig, server: &ServerConfig) -> Pair {
    let client = Connection::client(&client.clone().check().unwrap(), server_name());
    let mut pair = Pair::new(client, Connection::server(&server.clone().check().unwrap()));
    pair.settle();
    pair
}

/// What the server's request says.
fn request(server: &ServerConfig, version: ProtocolVersion) -> CertificateNeed {
    let (mut client, _) = configs();
    client.versions = vec![version];
    client.credentials = ClientCredentials::Ask;
    let mut pair = settled(&client, server);
    match pair.client.needs.pop() {
        Some(Need::Certificate(need)) => need,
        other => panic!("{other:?}"),
    }
}

fn root_name() -> Vec<u8> {
    Certificate::parse(authority::shared().root()).unwrap().subject().der().to_vec()
}

#[test]
fn a_request_names_the_anchors_or_what_it_is_told_to() {
    for version in VERSIONS {
        let (_, mut server) = configs();
        assert_eq!(request(&server, version).authorities, [root_name()], "{version}");
        server.client_authorities = Some(vec![vec![0x30, 0]]);
        assert_eq!(request(&server, version).authorities, [[0x30, 0]], "{version}");
        server.client_authorities = Some(Vec::new());
        assert!(request(&server, version).authorities.is_empty(), "{version}");
    }
}

#[test]
fn too_many_anchors_are_not_named_and_too_long_a_list_is_no_config() {
    let (_, mut server) = configs();
    server.client_certificates = ClientCertificates::Optional(Verification::Ask);
    assert!(request(&server, ProtocolVersion::TLS_1_3).authorities.is_empty(), "no anchors are known");
    let mozilla = bulla_x509::trust::TrustAnchors::mozilla();
    server.client_certificates = ClientCertificates::Optional(Verification::Anchors(mozilla));
    assert!(request(&server, ProtocolVersion::TLS_1_3).authorities.is_empty(), "more than 8 KiB of names");
    for list in [vec![Vec::new()], vec![vec![1; 600]; 200], vec![vec![1; 1 << 16]]] {
        server.client_authorities = Some(list);
        assert_eq!(server.clone().check().err(), Some(ConfigError::Authorities));
    }
}

#[test]
fn a_client_shows_the_certificate_of_an_authority_that_is_named() {
    let other = TestAuthority::named("Other");
    let credentials = [
        other.client(KeyKind::EcP256).credential(),
        authority::shared().client(KeyKind::Ed25519).credential(),
        authority::shared().client(KeyKind::EcP256).credential(),
    ];
    for version in VERSIONS {
        let (mut client, mut server) = configs();
        client.versions = vec![version];
        client.credentials = ClientCredentials::Choose(credentials.to_vec());
        // The second is of the right authority, but its key signs by a scheme that the server does not take.
        server.signature_schemes = vec![Scheme::ECDSA_SECP256R1_SHA256];
        let pair = settled(&client, &server);
        pair.assert_established();
        let shown = pair.client.connection.facts().credential.unwrap();
        assert!(Arc::ptr_eq(&shown, &credentials[2]), "{version}");
        assert_eq!(pair.server.connection.facts().peer_certificates, credentials[2].chain(), "{version}");

        client.credentials = ClientCredentials::Choose(credentials[..2].to_vec());
        let pair = settled(&client, &server);
        pair.assert_established();
        assert!(pair.server.connection.facts().peer_certificates.is_empty(), "{version}: none fits");
    }
}

#[test]
fn schemes_for_certificates_are_said_where_they_differ() {
    let (mut client, mut server) = configs();
    let need = request(&server, ProtocolVersion::TLS_1_3);
    assert_eq!(need.certificate_schemes, need.signature_schemes, "one list says all");
    let schemes = vec![Scheme::RSA_PKCS1_SHA256, Scheme::ECDSA_SECP256R1_SHA256];
    server.certificate_schemes = Some(schemes.clone());
    let need = request(&server, ProtocolVersion::TLS_1_3);
    assert_eq!(need.certificate_schemes, schemes);
    assert_ne!(need.signature_schemes, schemes);

    client.certificate_schemes = Some(schemes.clone());
    server.credentials = Credentials::Ask;
    let mut pair = settled(&client, &server);
    let Some(Need::Certificate(need)) = pair.server.needs.pop() else { panic!("{}", pair.picture()) };
    assert_eq!(need.certificate_schemes, schemes);
    assert!(need.accepts(&authority::shared().server(KeyKind::EcP256).credential()));

    server.certificate_schemes = Some(Vec::new());
    assert_eq!(server.clone().check().err(), Some(ConfigError::Empty("certificate_schemes")));
    server.certificate_schemes = Some(vec![Scheme(0x1234)]);
    assert_eq!(server.check().err(), Some(ConfigError::Scheme(Scheme(0x1234))));
}
