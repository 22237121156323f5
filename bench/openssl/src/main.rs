//! OpenSSL as a peer of the benchmark, through the crate `openssl`.

mod context;
mod names;
mod side;

use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use bench_peer::case::Session;
use bench_peer::fault::Fault;
use bench_peer::heap::{Counted, foreign_free, foreign_malloc, foreign_realloc};
use bench_peer::identity::Identity;
use bench_peer::{Peer, Shown, Whose};
use openssl::ssl::{Ssl, SslContext, SslSession};
use openssl::stack::Stack;
use openssl::x509::store::X509Store;
use openssl::x509::{X509, X509StoreContext};
use side::Side;

#[global_allocator]
static ALLOCATOR: Counted = Counted;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("heap") if !count() => {
            eprintln!("OpenSSL holds memory already");
            return ExitCode::FAILURE;
        }
        _ => {}
    }
    bench_peer::serve::<OpenSsl>()
}

/// Has everything counted that OpenSSL allocates from here on.
#[expect(unsafe_code, reason = "one call to OpenSSL")]
fn count() -> bool {
    // SAFETY: the three functions are the system's own, and nothing was allocated by another.
    let taken = unsafe { names::CRYPTO_set_mem_functions(foreign_malloc, foreign_realloc, foreign_free) };
    taken == 1
}

/// Where the client's last session is.
type Kept = Arc<Mutex<Option<SslSession>>>;

struct OpenSsl {
    client: SslContext,
    server: SslContext,
    kept: Kept,
    roots: X509Store,
    shown: Shown<[Vec<u8>; 2]>,
}

impl Peer for OpenSsl {
    type Client = Side;
    type Server = Side;

    fn new(session: Session, identity: &Identity) -> Result<Self, Fault> {
        let kept = Kept::default();
        let client = context::client(session, identity, &kept)?;
        let (server, roots) = (context::server(session, identity)?, context::roots(identity)?);
        let shown = Shown::new(identity, |leaf, intermediate| [leaf, intermediate].map(<[u8]>::to_vec));
        Ok(Self { client, server, kept, roots, shown })
    }

    fn client(&self) -> Result<Side, Fault> {
        Side::new(context::connection(&self.client, &self.kept)?, true)
    }

    fn server(&self) -> Result<Side, Fault> {
        Side::new(Ssl::new(&self.server)?, false)
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
