//! Errors of the engine as errors of I/O, and back.

use std::fmt;
use std::io::{self, ErrorKind};
use std::time::Duration;

use bulla_tls::{Error, Facts, Misuse, NeedProblem, Role};

/// The TLS error inside an I/O error, if that is what it is.
///
/// ```
/// let error = std::io::Error::other(bulla_tls::Error::Truncated);
/// assert_eq!(bulla_tokio::tls_error(&error), Some(&bulla_tls::Error::Truncated));
/// ```
pub fn tls_error(error: &io::Error) -> Option<&Error> {
    let inner = error.get_ref()?;
    inner.downcast_ref().or_else(|| inner.downcast_ref::<NeedFailed>().map(|failed| &failed.error))
}

/// The I/O error that carries this one.
pub(crate) fn carry(error: Error) -> io::Error {
    io::Error::new(kind(&error), error)
}

fn kind(error: &Error) -> ErrorKind {
    match error {
        Error::Truncated => ErrorKind::UnexpectedEof,
        Error::Aborted(_) => ErrorKind::ConnectionAborted,
        Error::Need { problem: NeedProblem::Late, .. } => ErrorKind::TimedOut,
        Error::Misuse(Misuse::NotEstablished) => ErrorKind::NotConnected,
        Error::Misuse(Misuse::Closed) => ErrorKind::BrokenPipe,
        _ => ErrorKind::InvalidData,
    }
}

/// Work that the config leaves to its caller was refused, dropped, done wrongly or not done in time, and by
/// whom; inside an [`io::Error`]. [`tls_error`] finds the [`Error::Need`] in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error} (asked was {by})")]
#[non_exhaustive]
pub struct NeedFailed {
    /// Who was asked, as [`Signer::name`](crate::Signer::name) and its like say.
    pub by: String,
    /// What became of it.
    #[source]
    pub error: Error,
}

impl NeedFailed {
    pub(crate) fn carry(by: String, error: Error) -> io::Error {
        io::Error::new(kind(&error), Self { by, error })
    }
}

/// The peer did not complete the handshake in time; inside an [`io::Error`] of kind
/// [`TimedOut`](ErrorKind::TimedOut). Where an answer of ours was missing instead, the error carries
/// [`bulla_tls::Error::Need`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub struct HandshakeTimeout {
    /// Our side.
    pub role: Role,
    /// The time that the handshake had.
    pub limit: Duration,
    /// Whether the peer's hello had come.
    pub hello_received: bool,
}

impl HandshakeTimeout {
    pub(crate) fn new(facts: &Facts, limit: Duration) -> Self {
        Self { role: facts.role, limit, hello_received: facts.version.is_some() }
    }
}

impl fmt::Display for HandshakeTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let peer = match self.role {
            Role::Client => "server",
            Role::Server => "client",
        };
        let stage =
            if self.hello_received { "its hello came, its Finished did not" } else { "no hello came" };
        write!(f, "the {peer} did not complete the TLS handshake within {:?}: {stage}", self.limit)
    }
}
