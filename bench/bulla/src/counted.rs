//! The work whose instructions are counted by Callgrind: nothing here is timed.

use std::path::Path;
use std::process::ExitCode;

use bench_peer::case::{Group, Kind, Resumption, Session, Suite, Version};
use bench_peer::fault::Fault;
use bench_peer::identity::Identity;
use bench_peer::measure;
use bench_peer::{Peer as _, Whose};

use crate::Bulla;

const FULL: Session = Session::full(Suite::Aes128Gcm, Group::X25519, Kind::EcdsaP256);

/// Does one piece of work so many times, with the certificates in this folder.
pub(crate) fn command(what: &str, repetitions: &str, folder: &Path) -> ExitCode {
    match work(what, repetitions, folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{what}: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn work(what: &str, repetitions: &str, folder: &Path) -> Result<(), Fault> {
    let repetitions: usize = repetitions.parse()?;
    let identity = Identity::read(&folder.join(FULL.kind.folder()))?;
    let handshakes = |session| measure::untimed(&Bulla::new(session, &identity)?, repetitions);
    let writes = |write, writes| {
        let mut writes = measure::Writes::new(&Bulla::new(FULL, &identity)?, write, writes)?;
        (0..repetitions).try_for_each(|_| writes.write().map(|_| ()))
    };
    let verify = || {
        let bulla = Bulla::new(FULL, &identity)?;
        (0..repetitions).try_for_each(|_| bulla.believes(Whose::Server).map(|_| ()))
    };
    let ticket = Session { resumption: Resumption::Ticket, ..FULL };
    match what {
        "handshake" => handshakes(FULL),
        "resumed" => handshakes(ticket),
        "seen-before" => handshakes(Session { remembers: true, ..FULL }),
        "mutual" => handshakes(Session { mutual: true, ..FULL }),
        "handshake-1.2" => handshakes(Session { version: Version::Tls12, ..FULL }),
        "resumed-1.2" => handshakes(Session { version: Version::Tls12, ..ticket }),
        "verify" => verify(),
        "bulk" => writes(1 << 16, 1),
        "small" => writes(64, 100),
        other => Err(Fault::new(format!("no such work: {other}"))),
    }
}
