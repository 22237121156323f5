//! The server's side.

use std::sync::Arc;
use std::time::Duration;

use bulla_tls::{Checked, Connection, ServerConfig};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::certificate_resolver::CertificateResolver;
use crate::handshake::{Accept, Handshake, Terms};
use crate::session_keeper::SessionKeeper;
use crate::signer::Signer;
use crate::ticket_sealer::TicketSealer;
use crate::verifier::Verifier;

/// Accepts TLS connections over streams that clients opened. Cheap to clone.
#[derive(Clone, Debug)]
pub struct TlsAcceptor {
    config: Checked<ServerConfig>,
    terms: Terms,
}

impl TlsAcceptor {
    /// Sets how long a handshake may take. Default ten seconds; `None` sets no limit.
    #[must_use]
    pub fn with_handshake_limit(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.terms.limit = limit.into();
        self
    }

    /// Sets how long each piece of work may take that comes up after the handshake, such as judging a certificate
    /// that was asked for late ([`TlsStream::request_certificate`](crate::TlsStream::request_certificate)).
    /// Default ten seconds; `None` sets no limit. Work that is late fails the connection with
    /// [`NeedProblem::Late`](bulla_tls::NeedProblem::Late). It needs tokio's timer, once such work comes up.
    #[must_use]
    pub fn with_answer_limit(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.terms.answer_limit = limit.into();
        self
    }

    /// Sets who signs for credentials whose key is elsewhere.
    #[must_use]
    pub fn with_signer(mut self, signer: impl Signer) -> Self {
        Arc::make_mut(&mut self.terms.outside).signer = Some(Arc::new(signer));
        self
    }

    /// Sets who chooses the certificate to present, where the config says `Ask`.
    #[must_use]
    pub fn with_certificate_resolver(mut self, resolver: impl CertificateResolver) -> Self {
        Arc::make_mut(&mut self.terms.outside).resolver = Some(Arc::new(resolver));
        self
    }

    /// Sets who judges the peer's certificates, where the config says `Ask`.
    #[must_use]
    pub fn with_verifier(mut self, verifier: impl Verifier) -> Self {
        Arc::make_mut(&mut self.terms.outside).verifier = Some(Arc::new(verifier));
        self
    }

    /// Sets who keeps sessions, where the config leaves that to its caller.
    #[must_use]
    pub fn with_session_keeper(mut self, keeper: impl SessionKeeper) -> Self {
        Arc::make_mut(&mut self.terms.outside).keeper = Some(Arc::new(keeper));
        self
    }

    /// Sets who seals and opens tickets, where the config leaves that to its caller.
    #[must_use]
    pub fn with_ticket_sealer(mut self, sealer: impl TicketSealer) -> Self {
        Arc::make_mut(&mut self.terms.outside).sealer = Some(Arc::new(sealer));
        self
    }

    /// The handshake with the client at the other end of `io`. It has a time limit, which needs tokio's
    /// timer, see [`with_handshake_limit`](Self::with_handshake_limit).
    pub fn accept<IO: AsyncRead + AsyncWrite + Unpin>(&self, io: IO) -> Accept<IO> {
        Handshake::new(io, Connection::server(&self.config), self.terms.clone())
    }

    pub(crate) fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The config.
    pub fn config(&self) -> &Checked<ServerConfig> {
        &self.config
    }
}

impl From<Checked<ServerConfig>> for TlsAcceptor {
    fn from(config: Checked<ServerConfig>) -> Self {
        Self { config, terms: Terms::default() }
    }
}
