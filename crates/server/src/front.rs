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
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use crate::stop::{Phase, Stop};

/// What a port does with its connections.
pub(crate) trait Front: Send + Sync + 'static {
    /// The opened connection.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;
    /// What is known of it.
    type Facts: Send + Sync + 'static;

    /// Opens a connection: the handshake, if there is one, within its own time limit.
    fn open(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
    ) -> impl Future<Output = io::Result<(Self::Stream, Self::Facts)>> + Send;

    /// Answers one request.
    fn respond(&self, request: &Request<Incoming>, facts: &Self::Facts) -> Response<Full<Bytes>>;
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
    /// Time for the requests under way to finish once the server is asked to stop.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            handshake: Duration::from_secs(10),
            header: Duration::from_secs(30),
            drain: Duration::from_secs(10),
        }
    }
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
    limits: Limits,
    mut stop: Stop,
) -> Ended {
    let room = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut open = JoinSet::new();
    loop {
        let (stream, peer, permit) = tokio::select! {
            () = stop.reached(Phase::Draining) => break,
            accepted = accept(&listener, &room) => accepted,
        };
        while open.try_join_next().is_some() {}
        let connection = Connection { front: Arc::clone(&front), limits, peer, stop: stop.clone() };
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
    limits: Limits,
    peer: SocketAddr,
    stop: Stop,
}

impl<F: Front> Connection<F> {
    async fn run(mut self, stream: TcpStream, watcher: Watcher, _permit: OwnedSemaphorePermit) {
        // Answers are small; waiting to fill a segment would only delay them.
        let _ = stream.set_nodelay(true);
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
        let Self { front, peer, limits, .. } = self;
        let service = service_fn(move |request: Request<Incoming>| {
            let response = front.respond(&request, &facts);
            let path = escape::clipped(request.uri().path(), 200);
            tracing::debug!("{peer}: {} {path} {}", request.method(), response.status().as_u16());
            std::future::ready(Ok::<_, Infallible>(response))
        });
        let builder = http_builder(limits);
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        if let Err(error) = watcher.watch(connection.into_owned()).await {
            tracing::debug!("{peer}: the connection broke: {}", shown(error.as_ref()));
        }
    }
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
fn shown(error: &(dyn std::error::Error + 'static)) -> String {
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
