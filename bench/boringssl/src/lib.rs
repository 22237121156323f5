//! BoringSSL as a peer of the benchmark, through the crate `boring`; and as streams, through `tokio-boring`.

mod context;
mod side;
mod streams;

use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use bench_peer::case::Session;
use bench_peer::fault::Fault;
use bench_peer::identity::Identity;
use bench_peer::{Peer, Shown, Whose};
use boring::ssl::{Ssl, SslContext, SslSession};
use boring::stack::Stack;
use boring::x509::store::X509Store;
use boring::x509::{X509, X509StoreContext};
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
    roots: X509Store,
    shown: Shown<[Vec<u8>; 2]>,
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
            roots: context::roots(identity)?,
            shown: Shown::new(identity, |leaf, intermediate| [leaf, intermediate].map(<[u8]>::to_vec)),
        })
    }

    fn client(&self) -> Result<Side, Fault> {
        let ssl = context::connection(&self.client, &self.kept)?;
        Side::new(ssl, true, self.session.resumes())
    }

    fn server(&self) -> Result<Side, Fault> {
        Side::new(Ssl::new(&self.server)?, false, self.session.resumes())
    }

    fn believes(&self, whose: Whose) -> Result<bool, Fault> {
        let [leaf, intermediate] = self.shown.of(whose);
        let mut chain = Stack::new()?;
        chain.push(X509::from_der(intermediate)?)?;
        let leaf = X509::from_der(leaf)?;
        let mut context = X509StoreContext::new()?;
        Ok(context.init(&self.roots, &leaf, &chain, |context| context.verify_cert())?)
    }
}
