//! BoringSSL as a peer of the benchmark, through the crate `boring`; and as streams, through `tokio-boring`.

mod context;
mod side;
mod streams;

use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use bench_peer::Peer;
use bench_peer::case::Session;
use bench_peer::fault::Fault;
use bench_peer::identity::Identity;
use boring::ssl::{Ssl, SslContext, SslSession};
use side::Side;

/// The program: orders in memory, or by streams.
pub fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("streams") => bench_streams::serve::<streams::Boring>(),
        _ => bench_peer::serve::<BoringSsl>(),
    }
}

/// Where the client's last session is.
type Kept = Arc<Mutex<Option<SslSession>>>;

struct BoringSsl {
    session: Session,
    client: SslContext,
    server: SslContext,
    kept: Kept,
}

impl Peer for BoringSsl {
    type Client = Side;
    type Server = Side;

    fn new(session: Session, identity: &Identity) -> Result<Self, Fault> {
        let kept = Kept::default();
        Ok(Self {
            session,
            client: context::client(session, identity, &kept)?,
            server: context::server(session, identity)?,
            kept,
        })
    }

    fn client(&self) -> Result<Side, Fault> {
        let ssl = context::connection(&self.client, &self.kept)?;
        Side::new(ssl, true, self.session.resumes())
    }

    fn server(&self) -> Result<Side, Fault> {
        Side::new(Ssl::new(&self.server)?, false, self.session.resumes())
    }
}
