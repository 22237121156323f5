//! Connections that leave HTTP: after a switch of protocols, bytes pass both ways until one side ends.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf, copy_bidirectional};
use tokio::time::sleep;

use crate::stop::{Phase, Stop};

/// Time for the last bytes and the farewell of a tunnel that is ended.
const FAREWELL: Duration = Duration::from_secs(1);

/// Where an answer leaves the tunnel that is to follow it; one for each connection, found among the extensions of its
/// requests.
///
/// The tunnel then runs in the connection's own task: it counts as that connection, and ends with it.
#[derive(Clone, Default)]
pub(crate) struct Next(Arc<Mutex<Option<Tunnel>>>);

impl Next {
    /// Leaves a tunnel.
    pub(crate) fn put(&self, tunnel: Tunnel) {
        if let Ok(mut next) = self.0.lock() {
            *next = Some(tunnel);
        }
    }

    /// Takes it out.
    pub(crate) fn take(&self) -> Option<Tunnel> {
        self.0.lock().ok()?.take()
    }
}

/// Two connections that both leave HTTP.
pub(crate) struct Tunnel {
    pub(crate) visitor: OnUpgrade,
    pub(crate) backend: OnUpgrade,
}

impl Tunnel {
    /// Passes bytes until both sides have ended, until nothing has passed for as long as `silence`, or until the server
    /// is to stop: a tunnel has no end of its own to wait for. Gives the bytes that the visitor sent and was sent.
    pub(crate) async fn run(self, silence: Duration, mut stop: Stop) -> io::Result<(u64, u64)> {
        let (visitor, backend) = tokio::try_join!(self.visitor, self.backend).map_err(io::Error::other)?;
        let passes = Passes::default();
        let mut visitor = Heard { io: TokioIo::new(visitor), passes: passes.clone() };
        let mut backend = TokioIo::new(backend);
        let passed = tokio::select! {
            passed = copy_bidirectional(&mut visitor, &mut backend) => passed,
            () = passes.stopped_for(silence) => Err(silent(silence)),
            () = stop.reached(Phase::Draining) => Ok((0, 0)),
        };
        let farewell = async { tokio::join!(visitor.shutdown(), backend.shutdown()) };
        let _ = tokio::time::timeout(FAREWELL, farewell).await;
        passed
    }
}

fn silent(limit: Duration) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, format!("nothing has passed for {limit:?}"))
}

/// How often bytes have passed a tunnel.
#[derive(Clone, Default)]
struct Passes(Arc<AtomicU64>);

impl Passes {
    fn note(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits until none has passed between two looks, so far apart.
    async fn stopped_for(&self, silence: Duration) {
        loop {
            let before = self.0.load(Ordering::Relaxed);
            sleep(silence).await;
            if self.0.load(Ordering::Relaxed) == before {
                return;
            }
        }
    }
}

/// The visitor's side of a tunnel, through which all of it passes.
struct Heard<T> {
    io: T,
    passes: Passes,
}

impl<T: AsyncRead + Unpin> AsyncRead for Heard<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.io).poll_read(cx, buf);
        if polled.is_ready() {
            self.passes.note();
        }
        polled
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Heard<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write(cx, bytes);
        if polled.is_ready() {
            self.passes.note();
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

impl fmt::Debug for Tunnel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tunnel")
    }
}
