//! The server's side.

use std::time::Duration;

use bulla_tls::{Checked, Connection, ServerConfig};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::answers::Answers;
use crate::handshake::{Accept, Handshake, Terms};

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

    /// Sets who answers what the config leaves to its caller.
    #[must_use]
    pub fn with_answers(mut self, answers: impl Answers) -> Self {
        self.terms.answer_by(answers);
        self
    }

    /// The handshake with the client at the other end of `io`. It has a time limit, which needs tokio's
    /// timer, see [`with_handshake_limit`](Self::with_handshake_limit).
    pub fn accept<IO: AsyncRead + AsyncWrite + Unpin>(&self, io: IO) -> Accept<IO> {
        Handshake::new(io, Connection::server(&self.config), self.terms.clone())
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
