//! The handshake as a future: bytes both ways, answers to needs, the time limit, and a parting word to the
//! peer when it fails.

use std::fmt;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bulla_tls::registry::ProtocolVersion;
use bulla_tls::{ConfigurationNeed, Connection, Facts, Need, Role};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Sleep, sleep};

use crate::error::HandshakeTimeout;
use crate::outside::{Answering, Outside};
use crate::stream::{TlsStream, Turn};

/// How long a handshake, or a piece of work after it, may take unless told otherwise.
const LIMIT: Duration = Duration::from_secs(10);

/// How long a peer may take to receive the alert that ends a failed handshake.
const PARTING_LIMIT: Duration = Duration::from_secs(1);

/// What acceptors and connectors share.
#[derive(Clone)]
pub(crate) struct Terms {
    pub(crate) limit: Option<Duration>,
    /// How long each piece of work after the handshake may take.
    pub(crate) answer_limit: Option<Duration>,
    pub(crate) outside: Arc<Outside>,
}

impl Default for Terms {
    fn default() -> Self {
        Self { limit: Some(LIMIT), answer_limit: Some(LIMIT), outside: Arc::default() }
    }
}

impl fmt::Debug for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terms")
            .field("limit", &self.limit)
            .field("answer_limit", &self.answer_limit)
            .finish_non_exhaustive()
    }
}

/// A server's [`Handshake`].
pub type Accept<IO> = Handshake<IO>;

/// A client's [`Handshake`].
pub type Connect<IO> = Handshake<IO>;

/// A handshake under way. Dropping it ends the connection.
#[must_use = "a handshake does nothing unless it is awaited"]
#[derive(Debug)]
pub struct Handshake<IO>(Fallible<IO>);

impl<IO> Handshake<IO> {
    pub(crate) fn new(io: IO, connection: Connection, terms: Terms) -> Self {
        Self::of(Talk::new(io, connection, terms))
    }

    pub(crate) fn of(talk: Box<Talk<IO>>) -> Self {
        Self(Fallible(Some(talk)))
    }

    /// The same handshake, which on failure gives back the transport and what is known of the connection.
    pub fn into_fallible(self) -> Fallible<IO> {
        self.0
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Future for Handshake<IO> {
    type Output = io::Result<TlsStream<IO>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map_err(|failed| failed.error)
    }
}

/// A handshake under way that says more when it fails; made by [`Handshake::into_fallible`].
#[must_use = "a handshake does nothing unless it is awaited"]
pub struct Fallible<IO>(Option<Box<Talk<IO>>>);

/// A handshake that failed.
#[derive(Debug)]
#[non_exhaustive]
pub struct Failed<IO> {
    /// Why.
    pub error: io::Error,
    /// What was known of the connection by then, such as the certificates that were not trusted.
    pub facts: Box<Facts>,
    /// The transport. The alert has been sent on it, if it took the bytes, and its writing half has been
    /// shut down.
    pub io: IO,
}

impl<IO> From<Failed<IO>> for io::Error {
    fn from(failed: Failed<IO>) -> Self {
        failed.error
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Future for Fallible<IO> {
    type Output = Result<TlsStream<IO>, Failed<IO>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(mut talk) = self.0.take() else { panic!("a handshake was polled after its end") };
        match talk.poll(cx) {
            Poll::Pending => {
                self.0 = Some(talk);
                Poll::Pending
            }
            Poll::Ready(Ok(())) => Poll::Ready(Ok(talk.stream)),
            Poll::Ready(Err(error)) => Poll::Ready(Err(talk.fail(error))),
        }
    }
}

impl<IO> fmt::Debug for Fallible<IO> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(talk) => f.debug_tuple("Fallible").field(talk).finish(),
            None => f.write_str("Fallible(ended)"),
        }
    }
}

/// A handshake's state.
pub(crate) struct Talk<IO> {
    stream: TlsStream<IO>,
    terms: Terms,
    established: bool,
    answering: Option<Answering>,
    /// The client's hello, if the config is to be chosen by it.
    hello: Option<ConfigurationNeed>,
    /// Rings when the handshake's time is over, then when its parting's is.
    alarm: Option<Pin<Box<Sleep>>>,
    /// Why the handshake has failed; the peer is being told.
    parting: Option<io::Error>,
}

impl<IO> Talk<IO> {
    pub(crate) fn new(io: IO, connection: Connection, terms: Terms) -> Box<Self> {
        Box::new(Self {
            stream: TlsStream::new(io, connection, &terms),
            terms,
            established: false,
            answering: None,
            hello: None,
            alarm: None,
            parting: None,
        })
    }

    pub(crate) fn io(&self) -> &IO {
        self.stream.get_ref().0
    }

    /// The hello that was reached.
    pub(crate) fn take_hello(&mut self) -> Option<ConfigurationNeed> {
        self.hello.take()
    }

    /// Sets who is asked from here on, and how long they have after the handshake.
    pub(crate) fn ask(&mut self, terms: &Terms) {
        self.stream.ask(terms);
    }

    /// What is left of a handshake that has ended so.
    pub(crate) fn fail(self, error: io::Error) -> Failed<IO> {
        let (io, connection) = self.stream.into_inner();
        Failed { error, facts: Box::new(connection.facts()), io }
    }
}

impl<IO> fmt::Debug for Talk<IO> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stream.get_ref().1.fmt(f)
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Talk<IO> {
    /// Talks until both sides agree, or until the client's hello if the config is to be chosen by it.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.parting.is_none() {
            if let (None, Some(limit)) = (&self.alarm, self.terms.limit) {
                self.alarm = Some(Box::pin(sleep(limit)));
            }
            let error = match self.poll_agreement(cx) {
                Poll::Ready(Ok(())) => return Poll::Ready(Ok(())),
                Poll::Ready(Err(error)) => error,
                Poll::Pending => {
                    let Some(alarm) = &mut self.alarm else { return Poll::Pending };
                    ready!(alarm.as_mut().poll(cx));
                    self.late()
                }
            };
            self.part(error);
        }
        self.poll_parting(cx)
    }

    /// Talks until both sides agree and what we owe for that is sent.
    fn poll_agreement(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if let Some(answering) = &mut self.answering
                && answering.as_mut().poll(cx).is_ready()
            {
                self.answering = None;
            }
            if self.established && (self.stream.try_send(cx) || self.peer_is_done()) {
                return Poll::Ready(Ok(()));
            }
            // With a question open, the peer has nothing to say that we could take in.
            let turn = match self.stream.poll_turn(cx, self.answering.is_none()) {
                Poll::Ready(turn) => turn?,
                Poll::Pending if self.established && self.stream.has_sent() => return Poll::Ready(Ok(())),
                Poll::Pending => {
                    return self.stream.take_write_error().map_or(Poll::Pending, |e| Poll::Ready(Err(e)));
                }
            };
            match turn {
                Turn::Established => self.established = true,
                Turn::Need(Need::Configuration(need)) => {
                    self.hello = Some(need);
                    return Poll::Ready(Ok(()));
                }
                Turn::Need(need) => self.answering = Some(self.stream.answer(need)),
                Turn::Waiting if self.answering.is_some() => return Poll::Pending,
                // Whoever was to answer has ended without an answer.
                Turn::Waiting => self.stream.get_mut().1.need_is_late(),
                // The peer goes on already; the stream sends the rest while it is read.
                Turn::Data | Turn::Closed => return Poll::Ready(Ok(())),
            }
        }
    }

    /// Whether the peer has agreed already, so that it may never take what we still have to send: a client
    /// that said Finished in TLS 1.3 need not wait for its tickets. The stream sends them on its way.
    fn peer_is_done(&self) -> bool {
        let facts = self.stream.facts();
        facts.role == Role::Server && facts.version == Some(ProtocolVersion::TLS_1_3)
    }

    /// The time is over: who was waited for?
    fn late(&mut self) -> io::Error {
        let connection = self.stream.get_mut().1;
        connection.need_is_late();
        match connection.error() {
            Some(error) => {
                let error = error.clone();
                self.stream.carry(error)
            }
            None => {
                let limit = self.terms.limit.unwrap_or_default();
                io::Error::new(ErrorKind::TimedOut, HandshakeTimeout::new(&connection.facts(), limit))
            }
        }
    }

    fn part(&mut self, error: io::Error) {
        self.answering = None;
        self.parting = Some(error);
        if let Some(alarm) = &mut self.alarm {
            alarm.as_mut().reset(Instant::now() + PARTING_LIMIT);
        }
    }

    /// Tells the peer, as far as it listens. Without a timer that is as far as it listens at once.
    fn poll_parting(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if Pin::new(&mut self.stream).poll_shutdown(cx).is_pending()
            && let Some(alarm) = &mut self.alarm
        {
            ready!(alarm.as_mut().poll(cx));
        }
        Poll::Ready(self.parting.take().map_or(Ok(()), Err))
    }
}
