//! OpenSSL as a peer of the benchmark, through the crate `openssl`.

mod context;
mod names;
mod side;

use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use bench_peer::Peer;
use bench_peer::case::Session;
use bench_peer::fault::Fault;
use bench_peer::heap::{Counted, foreign_free, foreign_malloc, foreign_realloc};
use bench_peer::identity::Identity;
use openssl::ssl::{Ssl, SslContext, SslSession};
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
}

impl Peer for OpenSsl {
    type Client = Side;
    type Server = Side;

    fn new(session: Session, identity: &Identity) -> Result<Self, Fault> {
        let kept = Kept::default();
        let client = context::client(session, identity, &kept)?;
        Ok(Self { client, server: context::server(session, identity)?, kept })
    }

    fn client(&self) -> Result<Side, Fault> {
        Side::new(context::connection(&self.client, &self.kept)?, true)
    }

    fn server(&self) -> Result<Side, Fault> {
        Side::new(Ssl::new(&self.server)?, false)
    }
}
