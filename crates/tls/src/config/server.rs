//! What a server accepts and shows.

use std::sync::Arc;

use bulla_crypto::random::Source;
use bulla_x509::signatures::KnownSignatures;

use super::{
    CertificateCompression, Checked, Clock, Common, ConfigError, Credential, DEFAULT_GROUPS, DEFAULT_SCHEMES,
    DEFAULT_SUITES, DEFAULT_VERSIONS, Keeping, KeyLog, LegacyKeyTransport, Limits, Padding, Resumption,
    Staples, Verification, authorities, policy, settle,
};
use crate::negotiate::record_size;
use crate::session::{Policy, TicketKeys};
use crate::wire::extension::certificate_authorities::AuthorityNames;
use crate::wire::registry::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};

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
    /// Who judges a client's certificate that is asked for after the handshake, by
    /// [`Connection::request_certificate`](crate::Connection::request_certificate). Default nobody: then none can be.
    pub later_certificates: Option<Verification>,
    /// Application protocols spoken, best first. Default none: what the client offers is passed over.
    pub alpn: Vec<Vec<u8>>,
    /// Versions accepted. Default TLS 1.3 and TLS 1.2; older ones do not exist here.
    /// One for which there is nothing in `suites` or `groups` is not spoken. The best that the client offers
    /// is taken.
    pub versions: Vec<ProtocolVersion>,
    /// Cipher suites accepted, best first. Default AES-128-GCM, AES-256-GCM and
    /// ChaCha20-Poly1305, in TLS 1.2 with ECDHE and ECDSA or RSA. Those of a version that is not enabled are passed over.
    pub suites: Vec<CipherSuite>,
    /// Groups accepted, best first. Default X25519MLKEM768, X25519, P-256, P-384. There are P-521,
    /// SecP256r1MLKEM768, SecP384r1MLKEM1024, MLKEM768 and MLKEM1024 besides. A client that offers a
    /// post-quantum group as the best without a share for it is asked for one.
    pub groups: Vec<NamedGroup>,
    /// Signature schemes accepted from clients, best first.
    pub signature_schemes: Vec<SignatureScheme>,
    /// The schemes accepted for signatures within certificates, best first, where they are not those of
    /// `signature_schemes` (signature_algorithms_cert, RFC 9846 section 4.3.3). Default none: one list says all, and in
    /// TLS 1.3 PKCS#1 in it counts for certificates only. The peer is told; what is accepted is for whoever verifies.
    pub certificate_schemes: Option<Vec<SignatureScheme>>,
    /// The authorities that a request for a certificate names, as distinguished names in DER, so that a client with
    /// several finds the one that is trusted here. Default none given: then those of the anchors are named, if all of
    /// them have at most 8 KiB. An empty list names none.
    pub client_authorities: Option<Vec<Vec<u8>>>,
    /// Whether a HelloRetryRequest carries a cookie that the client must bring back. Default false: this
    /// server keeps its state, so the cookie proves nothing more.
    pub retry_cookie: bool,
    /// Whether sessions are resumed. Default by tickets that only this config opens.
    pub resumption: Resumption,
    /// The most that a protected record from the peer may hold, told to it if set (RFC 8449): content, type and
    /// padding. Default 16 385, all that TLS 1.3 has: so the peer, too, may ask for less. A side that has little room
    /// sets less.
    pub record_size_limit: Option<u16>,
    /// The algorithms by which certificates are compressed, and taken compressed, best first (RFC 8879). Default
    /// all that are built in.
    pub compression: Vec<CertificateCompression>,
    /// The signatures within clients' chains that are known to hold: they are not verified again, and all else in a chain is
    /// judged each time. Default none: TLS 1.3 hides who a client is, and how long its judgement takes would show
    /// who watches the line whether it came before.
    pub known_signatures: Option<KnownSignatures>,
    /// What clients are asked to send beside their certificates. Default nothing.
    pub staples: Staples,
    /// Whether TLS 1.2 is refused with peers that do not bind the master secret to the whole handshake (RFC 7627).
    /// Default true: without it a session can be synchronised with another one (the triple handshake attack).
    pub require_extended_master_secret: bool,
    /// A certificate for clients that know nothing but the key transport of old (RFC 5246 section 7.4.7.1): see
    /// [`LegacyKeyTransport`]. Default none: such clients are refused.
    pub legacy_key_transport: Option<LegacyKeyTransport>,
    /// Padding of what we send, in TLS 1.3. Default none.
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
    pub(super) derived: Derived,
}

/// What follows from a checked config.
#[derive(Clone, Debug, Default)]
pub(super) struct Derived {
    pub(super) policy: Policy,
    /// Ticket keys of this config alone.
    pub(super) own_keys: Option<TicketKeys>,
    /// The names that a request for a certificate carries, each behind its length.
    pub(super) authorities: Vec<u8>,
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
            later_certificates: None,
            alpn: Vec::new(),
            versions: DEFAULT_VERSIONS.to_vec(),
            suites: DEFAULT_SUITES.to_vec(),
            groups: DEFAULT_GROUPS.to_vec(),
            signature_schemes: DEFAULT_SCHEMES.to_vec(),
            certificate_schemes: None,
            client_authorities: None,
            retry_cookie: false,
            resumption: Resumption::new(),
            record_size_limit: Some(record_size::MOST),
            compression: CertificateCompression::ALL.to_vec(),
            known_signatures: None,
            staples: Staples::NONE,
            require_extended_master_secret: true,
            legacy_key_transport: None,
            padding: Padding::None,
            limits: Limits::default(),
            key_log: None,
            clock: Clock::system(),
            source: Source::system(),
            derived: Derived::default(),
        }
    }

    /// Checks the config once, for any number of connections.
    ///
    /// # Errors
    /// The first field that is unsound, and how to mend it.
    pub fn check(mut self) -> Result<Checked<Self>, ConfigError> {
        Common {
            alpn: &self.alpn,
            versions: &self.versions,
            suites: &self.suites,
            groups: &self.groups,
            signature_schemes: &self.signature_schemes,
            certificate_schemes: self.certificate_schemes.as_deref(),
            padding: self.padding,
            record_size_limit: self.record_size_limit,
            limits: self.limits,
        }
        .check()?;
        if let Some(legacy) = &self.legacy_key_transport {
            legacy.check(&self.credentials)?;
            if !self.versions.contains(&ProtocolVersion::TLS_1_2) {
                return Err(ConfigError::LegacyVersion);
            }
        }
        settle(&mut self.versions, &mut self.suites, &mut self.groups);
        let judge = self.client_certificates.verification();
        self.resumption.check(matches!(judge, Some(Verification::Ask)))?;
        let own_keys = self.resumption.own_keys(&self.source, self.clock.now())?;
        let authorities = {
            let judge = self.client_certificates.verification().or(self.later_certificates.as_ref());
            authorities::of(self.client_authorities.as_deref(), judge)?
        };
        self.derived = Derived { policy: policy::of_server(&self), own_keys, authorities };
        Ok(Checked(Arc::new(self)))
    }
}

impl ServerConfig {
    /// The authorities that a request for a certificate names, if any.
    pub(crate) fn authorities(&self) -> Option<AuthorityNames<'_>> {
        let names = &self.derived.authorities;
        (!names.is_empty()).then_some(AuthorityNames::over(names))
    }

    /// The digest of whatever must be as it was for a session to be resumed.
    pub(crate) fn policy(&self) -> &Policy {
        &self.derived.policy
    }

    /// The keys that seal tickets here, if it is done here.
    pub(crate) fn ticket_keys(&self) -> Option<&TicketKeys> {
        match &self.resumption.keeping {
            Keeping::Tickets => self.derived.own_keys.as_ref(),
            Keeping::SharedTickets(keys) => Some(keys),
            _ => None,
        }
    }
}
