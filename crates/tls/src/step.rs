//! Every reason for which a connection stops, as one enum each: [`Step`] for what the caller does next,
//! [`Need`] for work that is done outside.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bulla_crypto::signature::SignatureAlgorithm;
use bulla_x509::verdict::{Failure, Purpose, Trusted};
use rustls_pki_types::{CertificateDer, ServerName};

use crate::client_offer::ClientOffer;
use crate::config::{Checked, Credential, ServerConfig};
use crate::error::{Error, NeedProblem};
use crate::facts::Facts;
use crate::negotiate::tls12;
use crate::session::SessionState;
use crate::wire::registry::{AlertDescription, NamedGroup, ProtocolVersion, SignatureScheme};

/// What a [`Connection`](crate::Connection) waits for.
#[derive(Debug)]
#[must_use = "a step that is passed over leaves the connection standing"]
#[non_exhaustive]
pub enum Step<'a> {
    /// Nothing can happen until more bytes arrive: read into
    /// [`read_slot`](crate::Connection::read_slot), then [`advance`](crate::Connection::advance).
    NeedBytes,
    /// Plaintext from the peer, lent out of the buffer in which it was decrypted. The same bytes come
    /// again until [`consume`](crate::Connection::consume) takes them.
    Deliver(&'a mut [u8]),
    /// Bytes for the peer: tell [`transmitted`](crate::Connection::transmitted) how many went out. Bytes
    /// may be received meanwhile.
    Transmit(&'a [u8]),
    /// Work for the caller, handed over once.
    Need(Need),
    /// The work of this kind has been handed over and has no answer yet.
    Waiting(NeedKind),
    /// The handshake is complete; said once.
    Established(&'a Facts),
    /// At a server: the client has answered [`request_certificate`](crate::Connection::request_certificate), and
    /// the facts say who it is; one that shows no certificate is nobody. A refused certificate fails the connection.
    Authenticated(&'a Facts),
    /// The peer has said that it sends nothing more (`close_notify`). Sending stays possible until
    /// [`close`](crate::Connection::close).
    Closed,
}

/// Work that a connection cannot or should not do itself: each carries the handle for its own answer.
///
/// With the defaults of [`ClientConfig`](crate::ClientConfig) and [`ServerConfig`]
/// no need ever comes up. A need is cancelled when its connection fails or is dropped: a later answer
/// is ignored. It has no clock of its own; a caller for whom an answer takes too long says
/// [`need_is_late`](crate::Connection::need_is_late), as bulla-tokio does at the end of its time
/// limits.
#[derive(Debug)]
#[non_exhaustive]
pub enum Need {
    /// Choose the config by which a client's hello is answered; asked for by
    /// [`Connection::server_after_hello`](crate::Connection::server_after_hello) alone.
    Configuration(ConfigurationNeed),
    /// Choose the certificate to present.
    Certificate(CertificateNeed),
    /// Sign with the key of the chosen certificate.
    Sign(SignNeed),
    /// Judge the peer's certificate chain.
    Verify(VerifyNeed),
    /// Seal a session into a ticket.
    SealTicket(SealTicketNeed),
    /// Open a ticket.
    OpenTicket(OpenTicketNeed),
    /// Keep a session.
    KeepSession(KeepSessionNeed),
    /// Find a session that was kept.
    FindSession(FindSessionNeed),
}

impl Need {
    /// Which kind of work this is.
    pub fn kind(&self) -> NeedKind {
        match self {
            Self::Configuration(_) => NeedKind::Configuration,
            Self::Certificate(_) => NeedKind::Certificate,
            Self::Sign(_) => NeedKind::Sign,
            Self::Verify(_) => NeedKind::Verify,
            Self::SealTicket(_) => NeedKind::SealTicket,
            Self::OpenTicket(_) => NeedKind::OpenTicket,
            Self::KeepSession(_) => NeedKind::KeepSession,
            Self::FindSession(_) => NeedKind::FindSession,
        }
    }
}

/// The kinds of [`Need`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NeedKind {
    /// Choosing a config.
    Configuration,
    /// Choosing a certificate.
    Certificate,
    /// Signing.
    Sign,
    /// Judging a chain.
    Verify,
    /// Sealing a ticket.
    SealTicket,
    /// Opening a ticket.
    OpenTicket,
    /// Keeping a session.
    KeepSession,
    /// Finding a session.
    FindSession,
}

impl fmt::Display for NeedKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Configuration => "choosing the config for the client's hello",
            Self::Certificate => "choosing our certificate",
            Self::Sign => "signing with our key",
            Self::Verify => "judging the peer's certificate",
            Self::SealTicket => "sealing a ticket",
            Self::OpenTicket => "opening a ticket",
            Self::KeepSession => "keeping the session",
            Self::FindSession => "finding the client's session",
        })
    }
}

/// A client's hello, by which a server chooses its config.
#[derive(Debug)]
#[non_exhaustive]
pub struct ConfigurationNeed {
    /// What the client offers.
    pub offer: Box<ClientOffer>,
    /// The handle for the answer: the config, or the alert by which the client is refused, such as
    /// [`UNRECOGNIZED_NAME`](AlertDescription::UNRECOGNIZED_NAME).
    pub reply: Reply<Result<Checked<ServerConfig>, AlertDescription>>,
}

/// What a server must choose a certificate for, or a client that was asked for one.
#[derive(Debug)]
#[non_exhaustive]
pub struct CertificateNeed {
    /// At a server: the host that the client named (SNI), in lower case.
    pub server_name: Option<String>,
    /// At a server: the protocols that the client offered by ALPN.
    pub protocols: Vec<Vec<u8>>,
    /// The schemes that the peer takes in CertificateVerify, best first.
    pub signature_schemes: Vec<SignatureScheme>,
    /// The schemes that the peer takes in certificates, best first.
    pub certificate_schemes: Vec<SignatureScheme>,
    /// The authorities that the peer names (distinguished names in DER); none named means any.
    pub authorities: Vec<Vec<u8>>,
    /// The version of the handshake that the certificate is for.
    pub version: ProtocolVersion,
    /// In TLS 1.2, the groups that the client named, if it did: a certificate for ECDSA must have its key on one of them
    /// (RFC 8422 section 5.3).
    pub curves: Option<Vec<NamedGroup>>,
    /// The handle for the answer. `None` from a client means that it has no certificate to show; from a
    /// server it refuses the name.
    pub reply: Reply<Option<Arc<Credential>>>,
}

impl CertificateNeed {
    /// Whether this credential fits: its key signs by a scheme that the peer takes, and where the peer names
    /// authorities, one of them issued some certificate of the chain (RFC 9846 sections 4.3.4 and 4.5.1.2).
    pub fn accepts(&self, credential: &Credential) -> bool {
        self.takes(credential) && credential.is_issued_by(&self.authorities)
    }

    /// Whether the key of this credential is of a kind that the peer takes, whoever issued it.
    pub fn takes(&self, credential: &Credential) -> bool {
        let schemes = credential.schemes_for(self.version);
        let signs = schemes.iter().any(|scheme| self.signature_schemes.contains(scheme));
        let curve = tls12::curve(credential.key_kind());
        let on_curve = self.curves.as_ref().is_none_or(|curves| curve.is_none_or(|it| curves.contains(&it)));
        signs && on_curve
    }
}

/// What is to be signed.
#[derive(Debug)]
#[non_exhaustive]
pub struct SignNeed {
    /// The credential whose key signs.
    pub credential: Arc<Credential>,
    /// The scheme to sign by, as the protocol names it.
    pub scheme: SignatureScheme,
    /// The same as padding, curve and hash. In TLS 1.2 a scheme for ECDSA does not say the curve.
    pub algorithm: SignatureAlgorithm,
    /// The message, to be hashed as the scheme says (RFC 9846 section 4.5.2).
    pub message: Vec<u8>,
    /// The handle for the answer.
    pub reply: Reply<Signature>,
}

/// A signature as its scheme encodes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature(pub Vec<u8>);

/// A chain to be judged. The peer has already proved that it holds the leaf's key.
#[derive(Debug)]
#[non_exhaustive]
pub struct VerifyNeed {
    /// The chain as the peer sent it, leaf first.
    pub chain: Vec<CertificateDer<'static>>,
    /// The OCSP response that was stapled to the leaf, in DER.
    pub ocsp: Option<Vec<u8>>,
    /// The signed certificate timestamps that came beside the leaf.
    pub scts: Vec<Vec<u8>>,
    /// At a client: the name that the leaf must bear. At a server: `None`, the chain is a client's.
    pub server_name: Option<ServerName<'static>>,
    /// Whether the leaf's key is to decrypt, by the key transport of TLS 1.2, rather than to sign: its key usage must
    /// then allow `keyEncipherment`. Never so unless
    /// [`ClientConfig::legacy_key_transport`](crate::ClientConfig::legacy_key_transport) is on.
    pub key_transport: bool,
    /// The handle for the answer: the proof that some verdict trusts the chain, or the failure.
    pub reply: Reply<Result<Trusted, Box<Failure>>>,
}

impl VerifyNeed {
    /// What the chain is to be good for, as bulla-x509 asks.
    pub fn purpose(&self) -> Purpose<'_> {
        match &self.server_name {
            Some(name) if self.key_transport => Purpose::KeyTransportServer(name),
            Some(name) => Purpose::Server(name),
            None => Purpose::Client,
        }
    }
}

/// A session that a server would have its client carry.
#[derive(Debug)]
#[non_exhaustive]
pub struct SealTicketNeed {
    /// The session, to be sealed so that nobody else can read or change it.
    pub state: SessionState,
    /// How long the ticket must open; afterwards nobody asks for it.
    pub lifetime: Duration,
    /// The handle for the answer: the ticket, of at most 16 KiB; `None` to send no ticket.
    pub reply: Reply<Option<Vec<u8>>>,
}

/// A ticket that a client brings. It may come from anybody.
#[derive(Debug)]
#[non_exhaustive]
pub struct OpenTicketNeed {
    /// The ticket, of at most 16 KiB.
    pub ticket: Vec<u8>,
    /// The handle for the answer: the session, as it was given to be sealed; `None` for a ticket that is not
    /// ours or too old, which makes for a full handshake.
    pub reply: Reply<Option<SessionState>>,
}

/// A session that a server would have kept for it.
#[derive(Debug)]
#[non_exhaustive]
pub struct KeepSessionNeed {
    /// By what name it will be asked for: random bytes.
    pub name: [u8; 32],
    /// The session, a secret.
    pub state: SessionState,
    /// For how long; afterwards nobody asks for it.
    pub lifetime: Duration,
    /// The handle for the answer: whether the session is kept.
    pub reply: Reply<bool>,
}

/// The name of a session that a client asks for. It may come from anybody.
#[derive(Debug)]
#[non_exhaustive]
pub struct FindSessionNeed {
    /// The name under which it was to be kept.
    pub name: [u8; 32],
    /// Whether the session is to be forgotten as it is given, in one step: so it is in TLS 1.3, where a
    /// ticket is good for once.
    pub once: bool,
    /// The handle for the answer: the session, as it was given to be kept; `None` makes for a full
    /// handshake.
    pub reply: Reply<Option<SessionState>>,
}

/// The handle by which a [`Need`] is answered, from any thread, at any time, at most once.
///
/// Dropping it fails the connection rather than leaving it waiting for ever.
pub struct Reply<T> {
    slot: Arc<Slot<T>>,
}

impl<T> Reply<T> {
    /// Gives the answer; ignored if the connection is gone.
    pub fn reply(self, answer: T) {
        self.slot.put(Ok(answer));
    }

    /// Refuses the work: the connection fails with this reason, and the peer learns `general_error`.
    pub fn refuse(self, reason: impl Into<Cow<'static, str>>) {
        self.slot.put(Err(NeedProblem::Refused(reason.into())));
    }
}

impl<T> Drop for Reply<T> {
    fn drop(&mut self) {
        self.slot.put(Err(NeedProblem::Dropped));
    }
}

impl<T> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reply")
    }
}

/// Where an answer arrives; the first one stands.
pub(crate) struct Slot<T> {
    answer: Mutex<Answer<T>>,
}

enum Answer<T> {
    Open,
    Given(Result<T, NeedProblem>),
    Taken,
}

impl<T> Slot<T> {
    /// A slot and the handle that fills it.
    pub(crate) fn open() -> (Arc<Self>, Reply<T>) {
        let slot = Arc::new(Self { answer: Mutex::new(Answer::Open) });
        (Arc::clone(&slot), Reply { slot })
    }

    fn put(&self, answer: Result<T, NeedProblem>) {
        let mut held = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*held, Answer::Open) {
            *held = Answer::Given(answer);
        }
    }

    pub(crate) fn take(&self) -> Option<Result<T, NeedProblem>> {
        let mut held = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        match *held {
            Answer::Given(_) => match std::mem::replace(&mut *held, Answer::Taken) {
                Answer::Given(answer) => Some(answer),
                Answer::Open | Answer::Taken => None,
            },
            Answer::Open | Answer::Taken => None,
        }
    }
}

impl From<(NeedKind, NeedProblem)> for Error {
    fn from((kind, problem): (NeedKind, NeedProblem)) -> Self {
        Self::Need { kind, problem }
    }
}
