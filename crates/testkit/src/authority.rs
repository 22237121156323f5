//! A certificate authority for tests: a root, an intermediate, and leaves of any kind.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bulla_crypto::private_key::PrivateKey;
use bulla_crypto::signature::KeyKind;
use bulla_tls::{ClientConfig, Clock, Credential, Credentials, ServerConfig, Verification};
use bulla_x509::build::{CertificateTemplate, Issuer, Name, Subject, SubjectPublicKey};
use bulla_x509::certificate::{Certificate, KeyPurpose};
use bulla_x509::trust::TrustAnchors;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime};

/// The name that server leaves bear.
pub const SERVER_NAME: &str = "server.example";

/// The moment at which tests judge: 2027-01-15. Certificates are valid from 2023 until 2049.
pub fn now() -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000))
}

/// [`SERVER_NAME`] as a server name.
pub fn server_name() -> ServerName<'static> {
    ServerName::try_from(SERVER_NAME).expect("a constant that is a DNS name")
}

/// An authority with its keys.
pub struct TestAuthority {
    root: CertificateDer<'static>,
    intermediate: CertificateDer<'static>,
    key: PrivateKey,
}

/// The authority that tests share.
pub fn shared() -> &'static TestAuthority {
    static SHARED: LazyLock<TestAuthority> = LazyLock::new(TestAuthority::new);
    &SHARED
}

/// A leaf with its chain and its key.
pub struct Leaf {
    /// The leaf, then the intermediate.
    pub chain: Vec<CertificateDer<'static>>,
    /// The key in PKCS#8.
    pub key: PrivatePkcs8KeyDer<'static>,
}

impl Leaf {
    /// The credential that bulla uses.
    pub fn credential(&self) -> Arc<Credential> {
        let key = PrivateKey::from_der(&self.key.clone_key().into()).expect("a key just made");
        Arc::new(Credential::new(self.chain.clone(), key).expect("a chain just made for this key"))
    }

    /// The same credential with its key elsewhere: each signature is a need.
    pub fn remote(&self) -> Arc<Credential> {
        Arc::new(Credential::remote(self.chain.clone()).expect("a chain just made"))
    }

    /// The key, to answer such a need with.
    pub fn private_key(&self) -> PrivateKey {
        PrivateKey::from_der(&self.key.clone_key().into()).expect("a key just made")
    }
}

impl TestAuthority {
    /// Makes a new root and intermediate.
    pub fn new() -> Self {
        Self::named("Test")
    }

    /// Makes a new root and intermediate whose names begin with this.
    pub fn named(name: &str) -> Self {
        let root_key = generate(KeyKind::EcP256);
        let template = CertificateTemplate::authority(subject(&format!("{name} Root")), Some(1));
        let template = lasting(template);
        let root = template.self_signed(&root_key).expect("a root template");
        let key = generate(KeyKind::EcP256);
        let template = CertificateTemplate::authority(subject(&format!("{name} Intermediate")), Some(0));
        let template = lasting(template);
        let intermediate = issue(&template, &root, &root_key, &key);
        Self { root, intermediate, key }
    }

    /// The root.
    pub fn root(&self) -> &CertificateDer<'static> {
        &self.root
    }

    /// The root as the only anchor.
    pub fn anchors(&self) -> TrustAnchors {
        let mut anchors = TrustAnchors::new();
        anchors.add_certificate(&self.root).expect("a root just made");
        anchors
    }

    /// A server's leaf for [`SERVER_NAME`], `localhost` and 127.0.0.1.
    pub fn server(&self, kind: KeyKind) -> Leaf {
        let dns = [SERVER_NAME, "localhost"].map(|name| Name::Dns(name.to_owned()));
        let names = dns.into_iter().chain([Name::Ip([127, 0, 0, 1].into())]).collect();
        self.leaf(&CertificateTemplate::server(names), kind)
    }

    /// A client's leaf.
    pub fn client(&self, kind: KeyKind) -> Leaf {
        let mut template = CertificateTemplate::server(Vec::new());
        template.subject = subject("Test Client");
        template.purposes = vec![KeyPurpose::ClientAuth];
        self.leaf(&template, kind)
    }

    /// A leaf by a template whose validity is set here.
    pub fn leaf(&self, template: &CertificateTemplate, kind: KeyKind) -> Leaf {
        let key = generate(kind);
        let leaf = issue(&lasting(template.clone()), &self.intermediate, &self.key, &key);
        let der = key.to_pkcs8().expect("a key just made").to_vec();
        Leaf { chain: vec![leaf, self.intermediate.clone()], key: der.into() }
    }

    /// A client's config that trusts this authority at [`now`].
    pub fn client_config(&self) -> ClientConfig {
        let mut config = ClientConfig::new(Verification::Anchors(self.anchors()));
        config.clock = Clock::from_fn(now);
        config
    }

    /// A server's config with an ECDSA P-256 leaf.
    pub fn server_config(&self) -> ServerConfig {
        let mut config = ServerConfig::new(Credentials::Fixed(self.server(KeyKind::EcP256).credential()));
        config.clock = Clock::from_fn(now);
        config
    }
}

impl Default for TestAuthority {
    fn default() -> Self {
        Self::new()
    }
}

fn generate(kind: KeyKind) -> PrivateKey {
    PrivateKey::generate(kind).expect("key generation")
}

fn subject(name: &str) -> Subject {
    Subject::new().common_name(name)
}

fn lasting(mut template: CertificateTemplate) -> CertificateTemplate {
    template.not_before = UnixTime::since_unix_epoch(Duration::from_secs(1_700_000_000));
    template.not_after = UnixTime::since_unix_epoch(Duration::from_secs(2_500_000_000));
    template
}

fn issue(
    template: &CertificateTemplate,
    issuer: &CertificateDer<'_>,
    issuer_key: &PrivateKey,
    subject: &PrivateKey,
) -> CertificateDer<'static> {
    let certificate = Certificate::parse(issuer).expect("a certificate just made");
    let issuer = Issuer::new(&certificate, issuer_key).expect("the issuer's own key");
    let subject = SubjectPublicKey::of(subject).expect("a key just made");
    template.issue(&issuer, &subject).expect("a sound template")
}
