//! What a client offers and demands.

use std::sync::Arc;

use bulla_crypto::random::Source;
use bulla_x509::signatures::KnownSignatures;
use rustls_pki_types::ServerName;

use super::{
    CertificateCompression, Checked, Clock, Common, ConfigError, Credential, DEFAULT_GROUPS, DEFAULT_SCHEMES,
    DEFAULT_SUITES, DEFAULT_VERSIONS, KeyLog, LEGACY_SUITES, Limits, Padding, Staples, Verification, policy,
    present, settle,
};
use crate::negotiate::record_size;
use crate::session::{Policy, SessionKey, Sessions};
use crate::wire::registry::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};

/// What a client offers and demands; made by [`ClientConfig::new`], its fields set, then checked.
///
/// ```
/// use bulla_tls::{ClientConfig, Verification};
/// use bulla_x509::trust::TrustAnchors;
///
/// let mut config = ClientConfig::new(Verification::Anchors(TrustAnchors::mozilla()));
/// config.alpn = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
/// let config = config.check()?;
/// # Ok::<(), bulla_tls::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientConfig {
    /// Who judges the server's certificates.
    pub verification: Verification,
    /// Who answers a server that asks for a certificate.
    pub credentials: ClientCredentials,
    /// Whether the server may ask for a certificate after the handshake, too (post_handshake_auth, RFC 9846 section
    /// 4.7.2). Default false: HTTP/2 and later forbid it, and a client that did not expect it might show who it is
    /// to a request that it did not mean to sign.
    pub later_certificates: bool,
    /// Application protocols offered, best first. Default none: the extension is left out.
    pub alpn: Vec<Vec<u8>>,
    /// Versions offered. Default TLS 1.3 and TLS 1.2; older ones do not exist here.
    /// One for which there is nothing in `suites` or `groups` is not spoken.
    pub versions: Vec<ProtocolVersion>,
    /// Cipher suites offered, best first. Default AES-128-GCM, AES-256-GCM and
    /// ChaCha20-Poly1305, in TLS 1.2 with ECDHE and ECDSA or RSA. Those of a version that is not enabled are passed over.
    pub suites: Vec<CipherSuite>,
    /// Groups offered, best first. Default X25519MLKEM768, X25519, P-256, P-384. There are P-521,
    /// SecP256r1MLKEM768, SecP384r1MLKEM1024, MLKEM768 and MLKEM1024 besides.
    pub groups: Vec<NamedGroup>,
    /// The groups for which a share is sent at once. Default X25519MLKEM768 and X25519, whose key is the
    /// hybrid's own (RFC 9954), so that the second costs 36 bytes and no time.
    pub key_shares: Vec<NamedGroup>,
    /// Signature schemes accepted, best first. PKCS#1 counts for certificates only.
    pub signature_schemes: Vec<SignatureScheme>,
    /// The schemes accepted for signatures within certificates, best first, where they are not those of
    /// `signature_schemes` (signature_algorithms_cert, RFC 9846 section 4.3.3). Default none: one list says all, and in
    /// TLS 1.3 PKCS#1 in it counts for certificates only. The peer is told; what is accepted is for whoever verifies.
    pub certificate_schemes: Option<Vec<SignatureScheme>>,
    /// Whether the name is sent in the clear so that the server can choose a certificate (SNI). Default
    /// true; an IP address is never sent (RFC 6066 section 3).
    pub send_name: bool,
    /// Whether to look like TLS 1.2 to boxes on the way (RFC 9846 appendix E.4). Default true.
    pub compatibility: bool,
    /// Where sessions are kept, to be resumed by the next connection; `None` to resume none. Default a new
    /// store in memory, which clones of the config share.
    pub sessions: Option<Sessions>,
    /// A name for the rule by which the caller judges certificates, or chooses what to show: configs with the
    /// same name may share sessions. Default empty: sessions are then of one config and its clones.
    pub session_context: Vec<u8>,
    /// Whether the chain that a session began with is judged again when the session is resumed, as if it were shown
    /// anew: where trust may end before a certificate does, as by revocation. Default false: a session is resumed
    /// under the same anchors only, and no longer than its certificates are valid.
    pub judge_resumed: bool,
    /// How many tickets are asked for (RFC 9149). Default no word of it: servers mostly give two.
    pub ticket_request: Option<TicketRequest>,
    /// The most that a protected record from the peer may hold, told to it if set (RFC 8449): content, type and
    /// padding. Default 16 385, all that TLS 1.3 has: so the peer, too, may ask for less. A side that has little room
    /// sets less.
    pub record_size_limit: Option<u16>,
    /// The algorithms by which certificates are compressed, and taken compressed, best first (RFC 8879). Default
    /// all that are built in.
    pub compression: Vec<CertificateCompression>,
    /// The signatures within servers' chains that are known to hold, so that one who comes back verifies one signature in
    /// place of three; `None` to remember none. All else in a chain is judged each time. Default a new memory of 512
    /// signatures, which clones of the config share.
    pub known_signatures: Option<KnownSignatures>,
    /// What the server is asked to send beside its certificate. Default all that there is; judging it is for
    /// whoever verifies.
    pub staples: Staples,
    /// Whether TLS 1.2 is refused with peers that do not bind the master secret to the whole handshake (RFC 7627).
    /// Default true: without it a session can be synchronised with another one (the triple handshake attack).
    pub require_extended_master_secret: bool,
    /// Whether servers of TLS 1.2 that know nothing but the key transport of old are reached by it (RFC 5246 section
    /// 7.4.7.1; RFC 10015 deprecates it). There is no forward secrecy: whoever gets the server's key opens every
    /// recording. Default false: it is not offered.
    pub legacy_key_transport: bool,
    /// Padding of what we send, in TLS 1.3. Default none.
    pub padding: Padding,
    /// Bounds on what the server can make us hold.
    pub limits: Limits,
    /// Who is told the secrets of each connection, so that a recording of it can be read while debugging
    /// (SSLKEYLOGFILE, RFC 9850). Default nobody.
    pub key_log: Option<KeyLog>,
    /// The time at which certificates are judged.
    pub clock: Clock,
    /// Where randomness comes from.
    pub source: Source,
    pub(super) policy: Policy,
}

/// How many tickets a client asks its servers for (RFC 9149 section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketRequest {
    /// Where a new session is made: as many as connections are to be made at once.
    pub new: u8,
    /// Where a session is resumed: mostly 1, for the ticket that was used.
    pub resumed: u8,
}

/// Who answers a server that asks for a client certificate.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ClientCredentials {
    /// No certificate is shown.
    None,
    /// This one is shown to whoever asks.
    Fixed(Arc<Credential>),
    /// The first of these that fits what the server asks for, or none ([`CertificateNeed::accepts`]).
    ///
    /// [`CertificateNeed::accepts`]: crate::CertificateNeed::accepts
    Choose(Vec<Arc<Credential>>),
    /// The caller chooses, by [`Need::Certificate`](crate::Need::Certificate).
    Ask,
}

impl ClientConfig {
    /// A config with the defaults that each field names.
    pub fn new(verification: Verification) -> Self {
        Self {
            verification,
            credentials: ClientCredentials::None,
            later_certificates: false,
            alpn: Vec::new(),
            versions: DEFAULT_VERSIONS.to_vec(),
            suites: DEFAULT_SUITES.to_vec(),
            groups: DEFAULT_GROUPS.to_vec(),
            key_shares: vec![NamedGroup::X25519_MLKEM768, NamedGroup::X25519],
            signature_schemes: DEFAULT_SCHEMES.to_vec(),
            certificate_schemes: None,
            send_name: true,
            compatibility: true,
            sessions: Some(Sessions::new()),
            session_context: Vec::new(),
            judge_resumed: false,
            ticket_request: None,
            record_size_limit: Some(record_size::MOST),
            compression: CertificateCompression::ALL.to_vec(),
            known_signatures: Some(KnownSignatures::new()),
            staples: Staples::ALL,
            require_extended_master_secret: true,
            legacy_key_transport: false,
            padding: Padding::None,
            limits: Limits::default(),
            key_log: None,
            clock: Clock::system(),
            source: Source::system(),
            policy: Policy::default(),
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
        if self.legacy_key_transport && !self.versions.contains(&ProtocolVersion::TLS_1_2) {
            return Err(ConfigError::LegacyVersion);
        }
        present("key_shares", &self.key_shares)?;
        if let Some(share) = self.key_shares.iter().find(|share| !self.groups.contains(share)) {
            return Err(ConfigError::Share(*share));
        }
        settle(&mut self.versions, &mut self.suites, &mut self.groups);
        self.key_shares.retain(|share| self.groups.contains(share));
        if self.legacy_key_transport {
            self.suites.extend(LEGACY_SUITES);
        }
        if let Some(sessions) = &self.sessions {
            self.policy = policy::of_client(&self, sessions);
        }
        Ok(Checked(Arc::new(self)))
    }
}

impl ClientConfig {
    /// Under what name this config's sessions with a server are kept.
    pub(crate) fn session_key(&self, server: ServerName<'static>) -> SessionKey {
        SessionKey { server, policy: self.policy }
    }
}
