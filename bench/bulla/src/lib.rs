//! bulla's configs for a session of the benchmark.

use std::sync::Arc;

use bench_peer::case::{Group, Kind, Resumption, Session, Version};
use bench_peer::fault::Fault;
use bench_peer::identity::Identity;
use bulla_crypto::private_key::PrivateKey;
use bulla_tls::registry::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};
use bulla_tls::{
    ClientCertificates, ClientConfig, ClientCredentials, Credential, Credentials, Keeping, ServerConfig,
    SessionStore, Sessions, Verification,
};
use bulla_x509::signatures::KnownSignatures;
use bulla_x509::trust::TrustAnchors;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};

/// A client that offers what the session names and nothing else.
///
/// # Errors
/// A certificate or key cannot be read.
pub fn client_config(session: Session, identity: &Identity) -> Result<ClientConfig, Fault> {
    let mut client = ClientConfig::new(Verification::Anchors(anchors(identity)?));
    client.versions = vec![version(session.version)];
    client.suites = vec![CipherSuite(session.suite_id())];
    client.groups = groups(session);
    client.key_shares = vec![group(session.group)];
    client.signature_schemes = schemes(session.kind);
    client.sessions = session.resumes().then(Sessions::new);
    client.known_signatures = session.remembers.then(KnownSignatures::new);
    client.compression = Vec::new();
    if session.mutual {
        let credential = credential(&identity.client, &identity.intermediate, &identity.client_key)?;
        client.credentials = ClientCredentials::Fixed(Arc::new(credential));
    }
    Ok(client)
}

/// Its server.
///
/// # Errors
/// A certificate or key cannot be read.
pub fn server_config(session: Session, identity: &Identity) -> Result<ServerConfig, Fault> {
    let credential = credential(&identity.leaf, &identity.intermediate, &identity.key)?;
    let mut server = ServerConfig::new(Credentials::Fixed(Arc::new(credential)));
    server.versions = vec![version(session.version)];
    server.suites = vec![CipherSuite(session.suite_id())];
    server.groups = groups(session);
    server.signature_schemes = schemes(session.kind);
    server.resumption.tickets = 1;
    server.resumption.keeping = match session.resumption {
        Resumption::None => Keeping::Nowhere,
        Resumption::Ticket => Keeping::Tickets,
        Resumption::Id => Keeping::Store(SessionStore::new(1024)),
    };
    server.compression = Vec::new();
    if session.mutual {
        server.client_certificates = ClientCertificates::Required(Verification::Anchors(anchors(identity)?));
    }
    Ok(server)
}

/// The root alone.
///
/// # Errors
/// It cannot be read.
pub fn anchors(identity: &Identity) -> Result<TrustAnchors, Fault> {
    let mut anchors = TrustAnchors::new();
    anchors.add_certificate(&identity.root)?;
    Ok(anchors)
}

fn credential(leaf: &[u8], intermediate: &[u8], key: &[u8]) -> Result<Credential, Fault> {
    let chain = [leaf, intermediate].map(|der| CertificateDer::from(der.to_vec()));
    let key = PrivatePkcs8KeyDer::from(key);
    Ok(Credential::new(chain.to_vec(), PrivateKey::from_der(&key.into())?)?)
}

fn version(version: Version) -> ProtocolVersion {
    ProtocolVersion(version.id())
}

/// In TLS 1.2 the curve of an ECDSA key is to be among the groups, too (RFC 8422 section 5.1.1).
fn groups(session: Session) -> Vec<NamedGroup> {
    let curve = session.names_curve().then_some(NamedGroup::SECP256R1);
    [group(session.group)].into_iter().chain(curve).collect()
}

fn group(group: Group) -> NamedGroup {
    match group {
        Group::X25519 => NamedGroup::X25519,
        Group::X25519MlKem768 => NamedGroup::X25519_MLKEM768,
    }
}

/// The scheme of the handshake, and the one inside the certificates where it is another.
fn schemes(kind: Kind) -> Vec<SignatureScheme> {
    match kind {
        Kind::EcdsaP256 => vec![SignatureScheme::ECDSA_SECP256R1_SHA256],
        Kind::Rsa2048 => vec![SignatureScheme::RSA_PSS_RSAE_SHA256, SignatureScheme::RSA_PKCS1_SHA256],
    }
}
