//! The work whose instructions are counted by Callgrind: nothing here is timed.

use std::path::Path;
use std::process::ExitCode;

use bench_peer::Peer as _;
use bench_peer::case::{Group, Kind, Session, Suite};
use bench_peer::fault::Fault;
use bench_peer::identity::Identity;
use bench_peer::measure;

use crate::Bulla;

const SESSION: Session = Session { suite: Suite::Aes128Gcm, group: Group::X25519, kind: Kind::EcdsaP256 };

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
    let identity = Identity::read(&folder.join(SESSION.kind.folder()))?;
    let peer = Bulla::new(SESSION, &identity)?;
    match what {
        "handshake" => measure::untimed(&peer, repetitions),
        "bulk" => {
            let mut writes = measure::Writes::new(&peer, 1 << 16)?;
            (0..repetitions).try_for_each(|_| writes.write().map(|_| ()))
        }
        other => Err(Fault::new(format!("no such work: {other}"))),
    }
}
