//! Keys, certificates and configs that are the same on every machine: Ed25519 throughout, since its signatures
//! need no randomness.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bulla_crypto::exchange::Group;
use bulla_crypto::private_key::PrivateKey;
use bulla_crypto::random::Source;
use bulla_tls::registry::{NamedGroup, ProtocolVersion};
use bulla_tls::{
    Checked, ClientCertificates, ClientConfig, ClientCredentials, Clock, Connection, Credential, Credentials,
    Keeping, ServerConfig, Sessions, Verification,
};
use bulla_x509::build::{CertificateTemplate, Issuer, Name, Subject, SubjectPublicKey};
use bulla_x509::certificate::{Certificate, KeyPurpose};
use bulla_x509::trust::TrustAnchors;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime};

use crate::watched::Watched;

/// The server's name.
pub const NAME: &str = "server.example";

/// The random of the client's hello, and its session id; the server's have each bit turned.
pub const RANDOM: [u8; 32] = [0x42; 32];

/// The X25519 key of either side.
pub const X25519_KEY: [u8; 32] = [0x24; 32];

/// The P-256 key of either side.
pub const P256_KEY: [u8; 32] = [0x11; 32];

/// 2027-01-15; certificates are valid from 2023 until 2049.
pub fn now() -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000))
}

/// [`NAME`] as a server name.
///
/// # Panics
/// Never: the constant is a DNS name.
pub fn name() -> ServerName<'static> {
    ServerName::try_from(NAME).expect("a DNS name")
}

/// An Ed25519 key made of one byte, in PKCS#8 (RFC 8410).
pub fn key_der(seed: u8) -> PrivatePkcs8KeyDer<'static> {
    const BEFORE: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    [&BEFORE[..], &[seed; 32]].concat().into()
}

/// The same key, ready to sign.
///
/// # Panics
/// Never: every 32 bytes are an Ed25519 key.
pub fn key(seed: u8) -> PrivateKey {
    PrivateKey::from_der(&key_der(seed).into()).expect("an Ed25519 key")
}

/// The seeds of the keys.
pub mod seed {
    /// The root's.
    pub const ROOT: u8 = 1;
    /// The intermediate's.
    pub const INTERMEDIATE: u8 = 2;
    /// The server's.
    pub const SERVER: u8 = 3;
    /// The client's.
    pub const CLIENT: u8 = 4;
}

/// A root, an intermediate and their leaves.
pub struct Authority {
    /// The root.
    pub root: CertificateDer<'static>,
    /// What the root has signed.
    pub intermediate: CertificateDer<'static>,
    /// The server's leaf.
    pub server: CertificateDer<'static>,
    /// The client's leaf.
    pub client: CertificateDer<'static>,
    anchors: TrustAnchors,
    server_credential: Arc<Credential>,
    client_credential: Arc<Credential>,
}

/// The one authority.
pub fn authority() -> &'static Authority {
    static AUTHORITY: LazyLock<Authority> = LazyLock::new(Authority::make);
    &AUTHORITY
}

impl Authority {
    fn make() -> Self {
        let subject = |name: &str| Subject::new().common_name(name);
        let root = lasting(CertificateTemplate::authority(subject("Root"), Some(1)));
        let root = root.self_signed(&key(seed::ROOT)).expect("a sound template");
        let intermediate = lasting(CertificateTemplate::authority(subject("Intermediate"), Some(0)));
        let intermediate = issue(&intermediate, &root, seed::ROOT, seed::INTERMEDIATE);
        let server = lasting(CertificateTemplate::server(vec![Name::Dns(NAME.into())]));
        let server = issue(&server, &intermediate, seed::INTERMEDIATE, seed::SERVER);
        let mut client = lasting(CertificateTemplate::server(Vec::new()));
        client.subject = subject("Client");
        client.purposes = vec![KeyPurpose::ClientAuth];
        let client = issue(&client, &intermediate, seed::INTERMEDIATE, seed::CLIENT);
        let mut anchors = TrustAnchors::new();
        anchors.add_certificate(&root).expect("a root just made");
        let credential = |leaf: &CertificateDer<'static>, seed| {
            let chain = vec![leaf.clone(), intermediate.clone()];
            Arc::new(Credential::new(chain, key(seed)).expect("a chain just made"))
        };
        Self {
            server_credential: credential(&server, seed::SERVER),
            client_credential: credential(&client, seed::CLIENT),
            root,
            intermediate: intermediate.clone(),
            server,
            client,
            anchors,
        }
    }

    /// The server's leaf and the intermediate.
    pub fn server_chain(&self) -> Vec<CertificateDer<'static>> {
        vec![self.server.clone(), self.intermediate.clone()]
    }

    /// The root as the only anchor.
    pub fn anchors(&self) -> TrustAnchors {
        self.anchors.clone()
    }
}

/// Valid while the fixed clock stands.
pub fn lasting(mut template: CertificateTemplate) -> CertificateTemplate {
    template.not_before = UnixTime::since_unix_epoch(Duration::from_secs(1_700_000_000));
    template.not_after = UnixTime::since_unix_epoch(Duration::from_secs(2_500_000_000));
    template
}

fn issue(
    template: &CertificateTemplate,
    issuer: &CertificateDer<'_>,
    issuer_key: u8,
    subject_key: u8,
) -> CertificateDer<'static> {
    let certificate = Certificate::parse(issuer).expect("a certificate just made");
    let issuer_key = key(issuer_key);
    let issuer = Issuer::new(&certificate, &issuer_key).expect("the issuer's own key");
    template
        .issue(&issuer, &SubjectPublicKey::of(&key(subject_key)).expect("a key"))
        .expect("a sound template")
}

/// Randomness and keys, the same for ever.
fn source(byte: u8) -> Source {
    Source::constant(byte, vec![(Group::X25519, X25519_KEY.to_vec()), (Group::P256, P256_KEY.to_vec())])
}

/// What the first bytes of an input switch in the configs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Flags(pub u16);

impl Flags {
    /// Both sides speak ALPN.
    pub const ALPN: u16 = 1;
    /// The server wants a client certificate.
    pub const CLIENT_CERTIFICATE: u16 = 2;
    /// The client has one.
    pub const CLIENT_CREDENTIAL: u16 = 4;
    /// The client's one share is for P-256 and the server only takes X25519: in TLS 1.3 a retry.
    pub const RETRY: u16 = 8;
    /// The server's retry has a cookie; the client has no compatibility mode.
    pub const UNUSUAL: u16 = 16;
    /// System randomness and the post-quantum group; inputs are then not quite repeatable.
    pub const HYBRID: u16 = 32;
    /// The certificates are judged outside.
    pub const ASK: u16 = 64;
    /// What the target itself makes of this bit.
    pub const OWN: u16 = 128;
    /// The server speaks TLS 1.2 alone.
    pub const SERVER12: u16 = 256;
    /// The client speaks TLS 1.2 alone.
    pub const CLIENT12: u16 = 512;
    /// The two have met before.
    pub const RESUMED: u16 = 1024;
    /// Neither resumption nor compressed certificates nor record size limits nor staples of time stamps: as rustls.
    pub const PLAIN: u16 = 2048;

    /// The versions of both sides.
    pub const VERSIONS: u16 = Self::SERVER12 | Self::CLIENT12;

    /// Whether this is switched on.
    pub fn has(self, flag: u16) -> bool {
        self.0 & flag != 0
    }

    /// The same without some.
    #[must_use]
    pub fn without(self, flags: u16) -> Self {
        Self(self.0 & !flags)
    }

    /// Whether the two meet in TLS 1.2.
    pub fn is_tls12(self) -> bool {
        self.has(Self::VERSIONS)
    }

    /// The same with TLS 1.2 on one side at least.
    #[must_use]
    pub fn with_tls12(self) -> Self {
        if self.is_tls12() { self } else { Self(self.0 | Self::SERVER12) }
    }

    fn verification(self) -> Verification {
        if self.has(Self::ASK) { Verification::Ask } else { Verification::Anchors(authority().anchors()) }
    }

    /// The client's config; with a session of the server's where they have met.
    pub fn client_config(self) -> Checked<ClientConfig> {
        let sessions = Sessions::new();
        if self.has(Self::RESUMED) {
            let mut first = Watched::new(Connection::client(&self.new_client(sessions.clone()), name()));
            let mut server = Watched::new(self.server());
            let mut to_server = first.run();
            while !to_server.is_empty() {
                let to_client = server.receive(&to_server, &mut None);
                to_server = first.receive(&to_client, &mut None);
            }
        }
        self.new_client(sessions)
    }

    fn new_client(self, sessions: Sessions) -> Checked<ClientConfig> {
        let mut config = ClientConfig::new(self.verification());
        config.clock = Clock::from_fn(now);
        config.compatibility = !self.has(Self::UNUSUAL);
        config.sessions = Some(sessions);
        // By this name the judge outside is the same for both meetings.
        config.session_context = b"fuzz".to_vec();
        if self.has(Self::CLIENT_CREDENTIAL) {
            config.credentials = ClientCredentials::Fixed(Arc::clone(&authority().client_credential));
        }
        if self.has(Self::ALPN) {
            config.alpn = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        }
        if !self.has(Self::HYBRID) {
            config.source = source(RANDOM[0]);
            config.groups = vec![NamedGroup::X25519, NamedGroup::SECP256R1];
            config.key_shares = vec![NamedGroup::X25519];
        }
        if self.has(Self::RETRY) {
            config.key_shares = vec![NamedGroup::SECP256R1];
        }
        if self.has(Self::CLIENT12) {
            config.versions = vec![ProtocolVersion::TLS_1_2];
        }
        if self.has(Self::PLAIN) {
            config.sessions = None;
            config.compression.clear();
            config.record_size_limit = None;
            config.staples.scts = false;
        }
        config.check().expect("a sound config")
    }

    /// The server's config.
    ///
    /// # Panics
    /// Never: every combination is sound.
    pub fn server_config(self) -> Checked<ServerConfig> {
        let mut config = ServerConfig::new(Credentials::Fixed(Arc::clone(&authority().server_credential)));
        config.clock = Clock::from_fn(now);
        config.retry_cookie = self.has(Self::UNUSUAL);
        if self.has(Self::CLIENT_CERTIFICATE) {
            config.client_certificates = match self.has(Self::UNUSUAL) {
                true => ClientCertificates::Required(self.verification()),
                false => ClientCertificates::Optional(self.verification()),
            };
        }
        if self.has(Self::ALPN) {
            config.alpn = vec![b"http/1.1".to_vec(), b"h2".to_vec()];
        }
        if !self.has(Self::HYBRID) {
            config.source = source(!RANDOM[0]);
            config.groups = vec![NamedGroup::X25519, NamedGroup::SECP256R1];
        }
        if self.has(Self::RETRY) {
            config.groups = vec![NamedGroup::X25519];
        }
        if self.has(Self::SERVER12) {
            config.versions = vec![ProtocolVersion::TLS_1_2];
        }
        if self.has(Self::PLAIN) {
            config.resumption.keeping = Keeping::Nowhere;
            config.compression.clear();
            config.record_size_limit = None;
        }
        config.check().expect("a sound config")
    }

    /// A client over a stream.
    pub fn client(self) -> Connection {
        Connection::client(&self.client_config(), name())
    }

    /// A server over a stream.
    pub fn server(self) -> Connection {
        Connection::server(&self.server_config())
    }
}
