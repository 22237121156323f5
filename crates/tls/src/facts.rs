//! What a connection is: versions, algorithms, names, certificates.

use std::sync::Arc;

use rustls_pki_types::{CertificateDer, UnixTime};

use crate::config::Credential;
use crate::peer_names::PeerNames;
use crate::wire::registry::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};

/// Which side of the handshake this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The side that sends the first hello.
    Client,
    /// The side that answers it.
    Server,
}

/// What is known of a connection. Fields fill as the handshake goes on, so that a failed handshake can
/// still be reported; once it is established all that apply are present.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Facts {
    /// Our side.
    pub role: Role,
    /// The version agreed.
    pub version: Option<ProtocolVersion>,
    /// The cipher suite agreed.
    pub suite: Option<CipherSuite>,
    /// The key exchange group.
    pub group: Option<NamedGroup>,
    /// The scheme by which the server signed.
    pub signature: Option<SignatureScheme>,
    /// The scheme by which the client signed, if it showed a certificate.
    pub client_signature: Option<SignatureScheme>,
    /// The application protocol agreed by ALPN.
    pub protocol: Option<Vec<u8>>,
    /// The host named by the client (SNI), in lower case.
    pub server_name: Option<String>,
    /// In TLS 1.2, whether the master secret is bound to the whole handshake (RFC 7627).
    pub extended_master_secret: Option<bool>,
    /// Whether the server asked for a second hello.
    pub retried: bool,
    /// Whether the handshake resumed a session. What it says of certificates and signatures is then of the full
    /// handshake that the session began with.
    pub resumed: bool,
    /// When the peer's chain was judged, by our clock.
    pub verified_at: Option<UnixTime>,
    /// When the first certificate of the path so judged ends.
    pub(crate) verified_until: Option<UnixTime>,
    /// The peer's chain as it sent it, leaf first.
    pub peer_certificates: Vec<CertificateDer<'static>>,
    /// The OCSP response that the peer stapled to its leaf, in DER; not judged by its being here.
    pub peer_ocsp: Option<Vec<u8>>,
    /// The signed certificate timestamps that the peer sent beside its leaf; not judged either.
    pub peer_scts: Vec<Vec<u8>>,
    /// What we presented.
    pub credential: Option<Arc<Credential>>,
}

impl Facts {
    /// The names in the peer's certificate: at a server, who the client is. `None` where it showed none.
    pub fn peer_names(&self) -> Option<PeerNames> {
        self.peer_certificates.first().and_then(PeerNames::of)
    }

    pub(crate) fn new(role: Role) -> Self {
        Self {
            role,
            version: None,
            suite: None,
            group: None,
            signature: None,
            client_signature: None,
            protocol: None,
            server_name: None,
            extended_master_secret: None,
            retried: false,
            resumed: false,
            verified_at: None,
            verified_until: None,
            peer_certificates: Vec::new(),
            peer_ocsp: None,
            peer_scts: Vec::new(),
            credential: None,
        }
    }
}
