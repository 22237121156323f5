//! A server's handshake that stops at the client's hello, so that the config can be chosen by it.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bulla_tls::registry::AlertDescription;
use bulla_tls::{ClientOffer, ConfigurationNeed, Connection, Error, Limits};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::acceptor::TlsAcceptor;
use crate::error::carry;
use crate::handshake::{Accept, Failed, Handshake, Talk, Terms};

/// Accepts TLS connections up to the client's hello, which is shown before a config answers it: for servers
/// whose names have configs of their own, or come and go.
///
/// ```no_run
/// use bulla_tls::registry::AlertDescription;
/// use bulla_tokio::{LazyAcceptor, TlsAcceptor};
/// use tokio::net::TcpStream;
///
/// # async fn serve(tcp: TcpStream, shop: TlsAcceptor) -> std::io::Result<()> {
/// let start = LazyAcceptor::new().accept(tcp).await?;
/// match start.client_offer().server_name.as_deref() {
///     Some("shop.example") => {
///         let stream = start.into_stream(&shop).await?;
///         println!("{:?}", stream.facts().protocol);
///     }
///     _ => println!("{}", start.refuse(AlertDescription::UNRECOGNIZED_NAME).await.error),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct LazyAcceptor {
    limits: Limits,
    terms: Terms,
}

impl LazyAcceptor {
    /// With a limit of ten seconds for the whole handshake and the default [`Limits`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how long the whole handshake may take, the choice of a config included. Default ten seconds;
    /// `None` sets no limit.
    #[must_use]
    pub fn with_handshake_limit(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.terms.limit = limit.into();
        self
    }

    /// Sets what holds until a config is chosen, such as how long the hello may be.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Waits for the hello of the client at the other end of `io`.
    pub fn accept<IO: AsyncRead + AsyncWrite + Unpin>(&self, io: IO) -> Peek<IO> {
        Peek(Some(Talk::new(io, Connection::server_after_hello(self.limits), self.terms.clone())))
    }
}

/// A handshake on its way to the client's hello. Dropping it ends the connection.
#[must_use = "a handshake does nothing unless it is awaited"]
#[derive(Debug)]
pub struct Peek<IO>(Option<Box<Talk<IO>>>);

impl<IO: AsyncRead + AsyncWrite + Unpin> Future for Peek<IO> {
    type Output = io::Result<Start<IO>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(mut talk) = self.0.take() else { panic!("a handshake was polled after its end") };
        match talk.poll(cx) {
            Poll::Pending => {
                self.0 = Some(talk);
                Poll::Pending
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) => Poll::Ready(match talk.take_hello() {
                Some(need) => Ok(Start { talk, need }),
                None => Err(carry(Error::Internal("a handshake went past a hello that was to be shown"))),
            }),
        }
    }
}

/// A handshake that stands at the client's hello. Dropping it ends the connection without a word;
/// [`refuse`](Self::refuse) says one.
#[derive(Debug)]
pub struct Start<IO> {
    talk: Box<Talk<IO>>,
    need: ConfigurationNeed,
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Start<IO> {
    /// What the client offers.
    pub fn client_offer(&self) -> &ClientOffer {
        &self.need.offer
    }

    /// The transport, such as to learn the peer's address.
    pub fn get_ref(&self) -> &IO {
        self.talk.io()
    }

    /// Goes on by this acceptor's config, and with those who do its work. The time limit is the one under
    /// which the hello came.
    pub fn into_stream(self, acceptor: &TlsAcceptor) -> Accept<IO> {
        let Self { mut talk, need } = self;
        need.reply.reply(Ok(acceptor.config().clone()));
        talk.ask(acceptor.terms());
        Handshake::of(talk)
    }

    /// Refuses the client: tells it by this alert, and gives back the transport.
    pub async fn refuse(self, alert: AlertDescription) -> Failed<IO> {
        let Self { mut talk, need } = self;
        need.reply.reply(Err(alert));
        let ended = poll_fn(|cx| talk.poll(cx)).await;
        talk.fail(ended.err().unwrap_or_else(|| carry(Error::HelloRefused(alert))))
    }
}
