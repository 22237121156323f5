//! What a server accepts and shows.

use std::sync::Arc;

use bulla_crypto::random::Source;

use super::{
    Checked, Clock, Common, ConfigError, Credential, DEFAULT_GROUPS, DEFAULT_SCHEMES, DEFAULT_SUITES, KeyLog,
    Limits, Padding, Verification,
};
use crate::wire::registry::{CipherSuite, NamedGroup, SignatureScheme};

/// What a server accepts and shows; made by [`ServerConfig::new`], its fields set, then checked.
///
/// ```
/// use std::sync::Arc;
/// use bulla_tls::{Checked, ConfigError, Credential, Credentials, ServerConfig};
///
/// fn https(credential: Credential) -> Result<Checked<ServerConfig>, ConfigError> {
///     let mut config = ServerConfig::new(Credentials::Fixed(Arc::new(credential)));
///     config.alpn = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
///     config.check()
/// }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerConfig {
    /// Which certificate is shown.
    pub credentials: Credentials,
    /// Whether clients are asked for a certificate. Default not.
    pub client_certificates: ClientCertificates,
    /// Application protocols spoken, best first. Default none: what the client offers is passed over.
    pub alpn: Vec<Vec<u8>>,
    /// Cipher suites accepted, best first. Default AES-128-GCM, AES-256-GCM, ChaCha20-Poly1305.
    pub suites: Vec<CipherSuite>,
    /// Groups accepted, best first. Default X25519MLKEM768, X25519, P-256, P-384. There are P-521,
    /// SecP256r1MLKEM768, SecP384r1MLKEM1024, MLKEM768 and MLKEM1024 besides. A client that offers a
    /// post-quantum group as the best without a share for it is asked for one.
    pub groups: Vec<NamedGroup>,
    /// Signature schemes accepted from clients, best first.
    pub signature_schemes: Vec<SignatureScheme>,
    /// Whether a HelloRetryRequest carries a cookie that the client must bring back. Default false: this
    /// server keeps its state, so the cookie proves nothing more.
    pub retry_cookie: bool,
    /// Padding of what we send. Default none.
    pub padding: Padding,
    /// Bounds on what a client can make us hold.
    pub limits: Limits,
    /// Who is told the secrets of each connection, so that a recording of it can be read while debugging
    /// (SSLKEYLOGFILE, RFC 9850). Default nobody.
    pub key_log: Option<KeyLog>,
    /// The time at which certificates are judged.
    pub clock: Clock,
    /// Where randomness comes from.
    pub source: Source,
}

/// Which certificate a server shows.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Credentials {
    /// Always this one.
    Fixed(Arc<Credential>),
    /// The caller's choice for each hello, by [`Need::Certificate`](crate::Need::Certificate).
    Ask,
}

/// Whether a server asks its clients for a certificate.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ClientCertificates {
    /// It does not ask.
    Ignored,
    /// It asks, and takes a client that has none; one that is shown must be trusted.
    Optional(Verification),
    /// It asks, and refuses a client that has none.
    Required(Verification),
}

impl ClientCertificates {
    pub(crate) fn verification(&self) -> Option<&Verification> {
        match self {
            Self::Ignored => None,
            Self::Optional(verification) | Self::Required(verification) => Some(verification),
        }
    }
}

impl ServerConfig {
    /// A config with the defaults that each field names.
    pub fn new(credentials: Credentials) -> Self {
        Self {
            credentials,
            client_certificates: ClientCertificates::Ignored,
            alpn: Vec::new(),
            suites: DEFAULT_SUITES.to_vec(),
            groups: DEFAULT_GROUPS.to_vec(),
            signature_schemes: DEFAULT_SCHEMES.to_vec(),
            retry_cookie: false,
            padding: Padding::None,
            limits: Limits::default(),
            key_log: None,
            clock: Clock::system(),
            source: Source::system(),
        }
    }

    /// Checks the config once, for any number of connections.
    ///
    /// # Errors
    /// The first field that is unsound, and how to mend it.
    pub fn check(self) -> Result<Checked<Self>, ConfigError> {
        Common {
            alpn: &self.alpn,
            suites: &self.suites,
            groups: &self.groups,
            signature_schemes: &self.signature_schemes,
            padding: self.padding,
            limits: self.limits,
        }
        .check()?;
        Ok(Checked(Arc::new(self)))
    }
}
