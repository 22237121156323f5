//! Plain structs with safe defaults, checked once into an immutable, shared value.

mod authorities;
mod client;
mod compression;
mod credential;
mod key_log;
mod key_transport;
mod messages;
mod policy;
mod resumption;
mod server;

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use bulla_x509::trust::TrustAnchors;
use rustls_pki_types::UnixTime;

pub use client::{ClientConfig, ClientCredentials, TicketRequest};
pub use compression::CertificateCompression;
pub use credential::{Credential, CredentialError};
pub(crate) use key_log::Logbook;
pub use key_log::{KeyLog, LoggedSecret};
pub(crate) use key_transport::LEGACY_SUITES;
pub use key_transport::{LegacyKeyTransport, LegacyKeyTransportError};
pub use messages::Staples;
pub use resumption::{Keeping, Resumption};
pub use server::{ClientCertificates, Credentials, ServerConfig};

use crate::keys::suite::Suite;
use crate::negotiate::{group, record_size};
use crate::wire::registry::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};

/// A config that was found sound. Cheap to clone; made by `ClientConfig::check` or `ServerConfig::check`.
pub struct Checked<T>(Arc<T>);

impl<T> Clone for Checked<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Checked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: fmt::Debug> fmt::Debug for Checked<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Checked").field(&self.0).finish()
    }
}

/// Who judges the peer's certificates. There is no way to leave them unjudged.
#[derive(Clone, Debug)]
pub enum Verification {
    /// bulla-x509, against these anchors, at once.
    Anchors(TrustAnchors),
    /// The caller, by [`Need::Verify`](crate::Need::Verify).
    Ask,
}

/// How much padding hides the length of application data (RFC 9846 section 5.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Padding {
    /// None: the length of each record shows.
    #[default]
    None,
    /// Each record's content is padded to a multiple of this many bytes, as far as the record holds them.
    Block(u16),
}

/// Bounds on what a peer can make this side hold or do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The longest handshake message accepted, in bytes. Default 65 536: a chain with post-quantum
    /// signatures fits.
    pub message: usize,
    /// The most certificates accepted in a chain. Default 64.
    pub certificates: usize,
    /// The most of each in a row without application data between them: empty records, change_cipher_spec,
    /// KeyUpdates, other messages after the handshake. Default 32.
    pub idle_records: u32,
    /// How many sealed bytes may wait to be transmitted before `send` takes no more. Default 65 536.
    pub output: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { message: 1 << 16, certificates: 64, idle_records: 32, output: 1 << 16 }
    }
}

/// Where a connection learns the time; asked when a chain is judged, and when a session is kept or resumed.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> UnixTime + Send + Sync>);

impl Clock {
    /// The clock of the system.
    pub fn system() -> Self {
        Self::from_fn(UnixTime::now)
    }

    /// A clock of the caller's, such as one that stands still in a test.
    pub fn from_fn(now: impl Fn() -> UnixTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    pub(crate) fn now(&self) -> UnixTime {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// What makes a config unsound, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A list that must name something is empty.
    #[error("{0} is empty: leave its default, or name at least one")]
    Empty(&'static str),
    /// A version that bulla does not speak.
    #[error("versions: {0} is not spoken by bulla; name TLS 1.3, TLS 1.2 or both")]
    Version(ProtocolVersion),
    /// No version that has both a suite and a group.
    #[error(
        "versions: none of them has both a suite in suites and a group in groups; TLS 1.2 takes suites of its own, and elliptic curves only"
    )]
    NoVersion,
    /// The key of the key transport has another use.
    #[error(
        "legacy_key_transport: its certificate has the same key as credentials; issue another one, with a key of its own, for it alone"
    )]
    LegacyKeyShared,
    /// The key transport without the version that has it.
    #[error("legacy_key_transport: only TLS 1.2 has it; add TLS 1.2 to versions, or leave it out")]
    LegacyVersion,
    /// A suite that bulla cannot use.
    #[error("suites: {0} is not one that bulla can use; take them from the default list")]
    Suite(CipherSuite),
    /// A group that bulla cannot use.
    #[error("groups: {0} is not one that bulla can use; take one from the field's documentation")]
    Group(NamedGroup),
    /// A share for a group that is not offered.
    #[error("key_shares: {0} is not in groups; add it there or take it out here")]
    Share(NamedGroup),
    /// A scheme that bulla cannot use.
    #[error("signature_schemes: {0} is not one that bulla can use; take them from the default list")]
    Scheme(SignatureScheme),
    /// An application protocol whose name cannot stand in ALPN.
    #[error("alpn: a protocol name must have 1 to 255 bytes (RFC 7301 section 3.1)")]
    Protocol,
    /// A padding block that no record could hold.
    #[error("padding: a block has 1 to 16 384 bytes (RFC 9846 section 5.4)")]
    Padding,
    /// A record size that no peer may be told.
    #[error("record_size_limit: 64 to 16 385 bytes (RFC 8449 section 4), or none")]
    RecordSize,
    /// Authorities that cannot stand in a request.
    #[error(
        "client_authorities: a name is empty, or all together have more than 65 535 bytes (RFC 9846 section 4.3.4)"
    )]
    Authorities,
    /// A limit that no handshake could stay within.
    #[error("limits: {0} is too small for any handshake")]
    Limit(&'static str),
    /// A lifetime that no ticket may have.
    #[error("resumption.lifetime: a session lives for a second to 7 days (RFC 9846 section 4.7.1)")]
    SessionLifetime,
    /// Sessions that others may resume, judged by a rule that cannot be told from others.
    #[error(
        "resumption.context: the caller judges client certificates, and sessions are kept where other configs \
         may find them: give the caller's rule a name here, so that no session crosses to another rule"
    )]
    SessionContext,
    /// No ticket keys could be drawn.
    #[error(
        "resumption.keeping: there is no randomness for ticket keys; share some, or keep sessions nowhere"
    )]
    TicketRandomness,
}

pub(crate) const DEFAULT_VERSIONS: [ProtocolVersion; 2] =
    [ProtocolVersion::TLS_1_3, ProtocolVersion::TLS_1_2];

/// Those of TLS 1.3, then those of TLS 1.2 with forward secrecy and an AEAD.
pub(crate) const DEFAULT_SUITES: [CipherSuite; 9] = [
    CipherSuite::AES_128_GCM_SHA256,
    CipherSuite::AES_256_GCM_SHA384,
    CipherSuite::CHACHA20_POLY1305_SHA256,
    CipherSuite::ECDHE_ECDSA_AES_128_GCM_SHA256,
    CipherSuite::ECDHE_ECDSA_AES_256_GCM_SHA384,
    CipherSuite::ECDHE_ECDSA_CHACHA20_POLY1305_SHA256,
    CipherSuite::ECDHE_RSA_AES_128_GCM_SHA256,
    CipherSuite::ECDHE_RSA_AES_256_GCM_SHA384,
    CipherSuite::ECDHE_RSA_CHACHA20_POLY1305_SHA256,
];

pub(crate) const DEFAULT_GROUPS: [NamedGroup; 4] =
    [NamedGroup::X25519_MLKEM768, NamedGroup::X25519, NamedGroup::SECP256R1, NamedGroup::SECP384R1];

/// The schemes for CertificateVerify, and RSA PKCS#1 for signatures inside certificates only. ML-DSA is among them as
/// with OpenSSL, Go and Chrome: it costs six bytes, and only an anchor that its user trusts can make use of it.
pub(crate) const DEFAULT_SCHEMES: [SignatureScheme; 13] = [
    SignatureScheme::ECDSA_SECP256R1_SHA256,
    SignatureScheme::ED25519,
    SignatureScheme::ECDSA_SECP384R1_SHA384,
    SignatureScheme::ECDSA_SECP521R1_SHA512,
    SignatureScheme::RSA_PSS_RSAE_SHA256,
    SignatureScheme::RSA_PSS_RSAE_SHA384,
    SignatureScheme::RSA_PSS_RSAE_SHA512,
    SignatureScheme::MLDSA65,
    SignatureScheme::MLDSA87,
    SignatureScheme::MLDSA44,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
];

/// The checks that both roles share.
struct Common<'a> {
    versions: &'a [ProtocolVersion],
    alpn: &'a [Vec<u8>],
    suites: &'a [CipherSuite],
    groups: &'a [NamedGroup],
    signature_schemes: &'a [SignatureScheme],
    certificate_schemes: Option<&'a [SignatureScheme]>,
    padding: Padding,
    record_size_limit: Option<u16>,
    limits: Limits,
}

impl Common<'_> {
    fn check(&self) -> Result<(), ConfigError> {
        present("versions", self.versions)?;
        present("suites", self.suites)?;
        present("groups", self.groups)?;
        present("signature_schemes", self.signature_schemes)?;
        refuse(self.versions, |version| !DEFAULT_VERSIONS.contains(&version), ConfigError::Version)?;
        refuse(self.suites, |suite| !is_default(suite), ConfigError::Suite)?;
        refuse(self.groups, |group| group::known(group).is_none(), ConfigError::Group)?;
        refuse(self.signature_schemes, |scheme| scheme.algorithm().is_none(), ConfigError::Scheme)?;
        if !self.versions.iter().any(|version| is_possible(*version, self.suites, self.groups)) {
            return Err(ConfigError::NoVersion);
        }
        if let Some(schemes) = self.certificate_schemes {
            present("certificate_schemes", schemes)?;
            refuse(schemes, |scheme| scheme.algorithm().is_none(), ConfigError::Scheme)?;
        }
        if self.alpn.iter().any(|name| name.is_empty() || name.len() > 255) {
            return Err(ConfigError::Protocol);
        }
        if matches!(self.padding, Padding::Block(block) if block == 0 || block > 1 << 14) {
            return Err(ConfigError::Padding);
        }
        let sizes = record_size::LEAST..=record_size::MOST;
        if self.record_size_limit.is_some_and(|limit| !sizes.contains(&limit)) {
            return Err(ConfigError::RecordSize);
        }
        self.check_limits()
    }

    fn check_limits(&self) -> Result<(), ConfigError> {
        match self.limits {
            Limits { message: ..4096, .. } => Err(ConfigError::Limit("message")),
            Limits { certificates: 0, .. } => Err(ConfigError::Limit("certificates")),
            Limits { idle_records: ..4, .. } => Err(ConfigError::Limit("idle_records")),
            Limits { output: ..1024, .. } => Err(ConfigError::Limit("output")),
            _ => Ok(()),
        }
    }
}

/// Whether there is a suite and a group for this version. TLS 1.2 has no hybrids.
fn is_possible(version: ProtocolVersion, suites: &[CipherSuite], groups: &[NamedGroup]) -> bool {
    let has_group = version == ProtocolVersion::TLS_1_3 || groups.iter().any(|group| group.is_elliptic());
    has_group && suites.iter().filter_map(|suite| Suite::of(*suite)).any(|suite| suite.version() == version)
}

/// Leaves the versions for which there is a suite and a group, and the suites and groups of these versions.
fn settle(versions: &mut Vec<ProtocolVersion>, suites: &mut Vec<CipherSuite>, groups: &mut Vec<NamedGroup>) {
    versions.retain(|version| is_possible(*version, suites, groups));
    suites.retain(|suite| Suite::of(*suite).is_some_and(|suite| versions.contains(&suite.version())));
    groups.retain(|group| versions.contains(&ProtocolVersion::TLS_1_3) || group.is_elliptic());
}

fn is_default(suite: CipherSuite) -> bool {
    DEFAULT_SUITES.contains(&suite)
}

fn present<T>(field: &'static str, values: &[T]) -> Result<(), ConfigError> {
    if values.is_empty() { Err(ConfigError::Empty(field)) } else { Ok(()) }
}

fn refuse<T: Copy>(
    values: &[T],
    unusable: impl Fn(T) -> bool,
    error: impl Fn(T) -> ConfigError,
) -> Result<(), ConfigError> {
    values.iter().copied().find(|value| unusable(*value)).map_or(Ok(()), |value| Err(error(value)))
}
