//! The client's side.

use std::sync::Arc;
use std::time::Duration;

use bulla_tls::{Checked, ClientConfig, Connection};
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::certificate_resolver::CertificateResolver;
use crate::handshake::{Connect, Handshake, Terms};
use crate::signer::Signer;
use crate::verifier::Verifier;

/// Begins TLS connections over streams that lead to servers. Cheap to clone.
#[derive(Clone, Debug)]
pub struct TlsConnector {
    config: Checked<ClientConfig>,
    terms: Terms,
}

impl TlsConnector {
    /// Sets how long a handshake may take. Default ten seconds; `None` sets no limit.
    #[must_use]
    pub fn with_handshake_limit(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.terms.limit = limit.into();
        self
    }

    /// Sets how long each piece of work may take that comes up after the handshake, such as signing for a
    /// certificate that the server asks for late.
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

    /// The handshake with the server of this name at the other end of `io`. It has a time limit, which
    /// needs tokio's timer, see [`with_handshake_limit`](Self::with_handshake_limit).
    pub fn connect<IO: AsyncRead + AsyncWrite + Unpin>(
        &self,
        name: ServerName<'static>,
        io: IO,
    ) -> Connect<IO> {
        Handshake::new(io, Connection::client(&self.config, name), self.terms.clone())
    }

    /// The config.
    pub fn config(&self) -> &Checked<ClientConfig> {
        &self.config
    }
}

impl From<Checked<ClientConfig>> for TlsConnector {
    fn from(config: Checked<ClientConfig>) -> Self {
        Self { config, terms: Terms::default() }
    }
}
