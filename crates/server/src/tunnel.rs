//! Connections that leave HTTP: after a switch of protocols, bytes pass both ways until one side ends.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncWriteExt as _, copy_bidirectional};

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
    /// Passes bytes until both sides have ended, or until the server is to stop: a tunnel has no end of its own to wait
    /// for. Gives the bytes that the visitor sent and was sent.
    pub(crate) async fn run(self, mut stop: Stop) -> io::Result<(u64, u64)> {
        let (visitor, backend) = tokio::try_join!(self.visitor, self.backend).map_err(io::Error::other)?;
        let (mut visitor, mut backend) = (TokioIo::new(visitor), TokioIo::new(backend));
        let passed = tokio::select! {
            passed = copy_bidirectional(&mut visitor, &mut backend) => passed,
            () = stop.reached(Phase::Draining) => Ok((0, 0)),
        };
        let farewell = async { tokio::join!(visitor.shutdown(), backend.shutdown()) };
        let _ = tokio::time::timeout(FAREWELL, farewell).await;
        passed
    }
}

impl fmt::Debug for Tunnel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tunnel")
    }
}
