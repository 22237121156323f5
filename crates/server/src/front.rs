//! One listening port: accept, open, serve, drain.
//!
//! What a port does with a connection is its [`Front`]; how many connections there may be, how long each may take to
//! open, and how they end is the same for all and stands here.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bulla_inspect::escape;
use bulla_inspect::report::Connection as Sealed;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use rustix::net::sockopt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use crate::access_log::{AccessLog, Visitor};
use crate::answer::Body;
use crate::counted::Counted;
use crate::stop::{Phase, Stop};
use crate::tunnel::Next;

/// What a port does with its connections.
pub(crate) trait Front: Send + Sync + 'static {
    /// The opened connection.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;
    /// What is known of it.
    type Facts: Send + Sync + 'static;
    /// As URLs name the protocol, for the log.
    const SCHEME: &'static str;

    /// Opens a connection: the handshake, if there is one, within its own time limit.
    fn open(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
    ) -> impl Future<Output = io::Result<(Self::Stream, Self::Facts)>> + Send;

    /// Answers one request.
    fn respond(
        &self,
        request: Request<Incoming>,
        facts: &Self::Facts,
    ) -> impl Future<Output = Response<Body>> + Send;

    /// How the connection is protected, in words; none when it is not.
    fn seal(facts: &Self::Facts) -> Option<Arc<Sealed>>;
}

/// Limits of a port.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Connections open at once; further ones wait to be accepted.
    pub connections: usize,
    /// Time for the handshake.
    pub handshake: Duration,
    /// Time for a request's header to arrive, and thus also for an idle HTTP/1.1 connection.
    pub header: Duration,
    /// Time for which a tunnel (WebSocket) may pass nothing either way; up to twice as long may go by until it is noticed.
    pub silence: Duration,
    /// Time for the requests under way to finish once the server is asked to stop.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            handshake: Duration::from_secs(10),
            header: Duration::from_secs(30),
            silence: Duration::from_secs(600),
            drain: Duration::from_secs(10),
        }
    }
}

/// What all ports of a server do alike.
#[derive(Clone, Debug)]
pub(crate) struct Manner {
    pub(crate) limits: Limits,
    pub(crate) log: Option<AccessLog>,
}

/// How a port ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Connections that were cut because they did not finish in time.
    pub cut: usize,
}

/// Serves a port until it is asked to stop and its connections have ended.
pub(crate) async fn serve<F: Front>(
    listener: TcpListener,
    front: Arc<F>,
    manner: Manner,
    mut stop: Stop,
) -> Ended {
    let limits = manner.limits;
    let room = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut open = JoinSet::new();
    loop {
        let (stream, peer, permit) = tokio::select! {
            () = stop.reached(Phase::Draining) => break,
            accepted = accept(&listener, &room) => accepted,
        };
        while open.try_join_next().is_some() {}
        let connection =
            Connection { front: Arc::clone(&front), manner: manner.clone(), peer, stop: stop.clone() };
        open.spawn(connection.run(stream, graceful.watcher(), permit));
    }
    drop(listener);
    drain(graceful, open, limits.drain, stop).await
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    loop {
        let Ok(permit) = Arc::clone(room).acquire_owned().await else {
            // The semaphore is never closed.
            return std::future::pending().await;
        };
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, canonical(peer), permit),
            // The peer is gone already, or this process has no descriptor left: the port itself is fine.
            Err(error) => {
                tracing::warn!("a connection could not be accepted: {error}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// The address as an IPv4 one where a port for both kinds gives it as an IPv6 one.
pub(crate) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// Lets requests under way finish, up to a time limit or until asked to stop at once.
async fn drain(graceful: GracefulShutdown, mut open: JoinSet<()>, limit: Duration, mut stop: Stop) -> Ended {
    while open.try_join_next().is_some() {}
    let finished = async {
        graceful.shutdown().await;
        while open.join_next().await.is_some() {}
    };
    tokio::select! {
        () = finished => {}
        () = tokio::time::sleep(limit) => {}
        () = stop.reached(Phase::Stopped) => {}
    }
    let cut = open.len();
    open.shutdown().await;
    Ended { cut }
}

struct Connection<F> {
    front: Arc<F>,
    manner: Manner,
    peer: SocketAddr,
    stop: Stop,
}

impl<F: Front> Connection<F> {
    async fn run(mut self, stream: TcpStream, watcher: Watcher, _permit: OwnedSemaphorePermit) {
        // Answers are small; waiting to fill a segment would only delay them.
        let _ = stream.set_nodelay(true);
        // What is gone without a word, as when a cable is cut, is found out in minutes.
        let _ = keep_alive(&stream);
        let peer = self.peer;
        let opened = tokio::select! {
            () = self.stop.reached(Phase::Draining) => return,
            opened = self.front.open(stream, peer) => opened,
        };
        match opened {
            Ok((stream, facts)) => self.serve(stream, Arc::new(facts), watcher).await,
            // Port scanners and a browser's spare connections come and go without a word.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                tracing::debug!("{peer}: gone before the handshake was done");
            }
            Err(error) => tracing::info!("{peer}: no connection: {}", shown(&error)),
        }
    }

    async fn serve(self, stream: F::Stream, facts: Arc<F::Facts>, watcher: Watcher) {
        let Self { front, peer, manner: Manner { limits, log }, stop } = self;
        let next = Next::default();
        let visitor = Visitor { peer, scheme: F::SCHEME, seal: F::seal(&facts) };
        let service = service_fn(|mut request: Request<Incoming>| {
            let record = log.as_ref().map(|log| log.record(&request, visitor.clone()));
            request.extensions_mut().insert(next.clone());
            let (front, facts) = (Arc::clone(&front), Arc::clone(&facts));
            async move { Ok::<_, Infallible>(Counted::answer(front.respond(request, &facts).await, record)) }
        });
        let builder = http_builder(limits);
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!("{peer}: the connection broke: {}", shown(error.as_ref()));
        }
        if let Some(tunnel) = next.take() {
            match tunnel.run(limits.silence, stop).await {
                Ok((sent, received)) => {
                    tracing::debug!("{peer}: a tunnel ended after {sent} and {received} bytes");
                }
                Err(error) => tracing::debug!("{peer}: a tunnel broke: {}", shown(&error)),
            }
        }
    }
}

/// Lets the system ask a silent peer whether it is still there.
pub(crate) fn keep_alive(stream: &TcpStream) -> io::Result<()> {
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, Duration::from_secs(60))?;
    sockopt::set_tcp_keepintvl(stream, Duration::from_secs(15))?;
    Ok(sockopt::set_tcp_keepcnt(stream, 4)?)
}

fn http_builder(limits: Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.header).max_buf_size(64 * 1024);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits.header)
        .keep_alive_timeout(limits.handshake)
        .max_concurrent_streams(100)
        .max_header_list_size(16 * 1024);
    builder
}

/// An error and its causes on one line, with nothing of the peer's text as it came.
pub(crate) fn shown(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let says = next.to_string();
        if !text.contains(&says) {
            text.push_str(": ");
            text.push_str(&says);
        }
        cause = next.source();
    }
    escape::clipped(&text, 400).into_owned()
}
