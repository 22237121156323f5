//! `cargo xtask interop`: our server and our client against other people's software.
//!
//! Every server listens on loopback and is ended by its own process id; every step has a time limit. A missing
//! peer, or a run without cases, is a failure. The table is printed and kept as `target/interop.json`.

mod authority;
mod bulla;
mod curl;
mod gnutls;
mod install;
mod key_transport;
mod nginx;
mod node;
mod openssl;
mod pkcs11;
pub(crate) mod process;
mod python;
mod refusals;
mod resumption;
mod table;
mod tls12;

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use authority::Authority;
use bulla::Binaries;
use table::Table;

/// What every case has at hand.
struct Bench {
    /// The workspace.
    root: PathBuf,
    /// Where this run keeps its files: `target/interop`.
    folder: PathBuf,
    binaries: Binaries,
    /// The authority behind the peers' own servers.
    authority: Authority,
    /// Data to send when a case needs more than fits any buffer.
    bulk: PathBuf,
}

/// What the command line asks for.
#[derive(Default)]
pub(crate) struct Options {
    /// Install missing peers.
    pub(crate) install: bool,
    /// Test the release build.
    pub(crate) release: bool,
    /// Test the programs in this folder instead of building them.
    pub(crate) binaries: Option<PathBuf>,
}

/// Size of the bulk file in bytes: far more than any socket buffer, and thousands of records.
const BULK: usize = 32 << 20;

/// Runs every case and prints the table.
pub(crate) fn command(root: &Path, options: &Options) -> Result<(), Failure> {
    let peers = install::ready(root, options.install)?;
    let bench = prepare(root, options)?;
    let mut table = Table::default();
    let up = bulla::Up::start(&bench)?;
    curl::cases(&bench, &up, &peers.curl, &mut table);
    openssl::server_cases(&bench, &up, &peers.openssl, &mut table);
    gnutls::server_cases(&bench, &up, &peers.gnutls, &mut table);
    python::cases(&bench, &up, &peers.python, &mut table);
    node::server_cases(&bench, &up, &peers.node, &mut table);
    node::server_cases(&bench, &up, &peers.newer_node, &mut table);
    nginx::server_cases(&bench, &up, &peers.nginx, &mut table);
    table.case(&peers.curl, "our server", "stops cleanly on Ctrl-C", || up.stop());
    openssl::client_cases(&bench, &peers.openssl, &mut table);
    tls12::openssl_cases(&bench, &peers.openssl, &mut table);
    key_transport::cases(&bench, &peers.openssl, &mut table);
    resumption::openssl_cases(&bench, &peers.openssl, &mut table);
    resumption::gnutls_cases(&bench, &peers.gnutls, &mut table);
    python::client_cases(&bench, &peers.python, &mut table);
    gnutls::client_cases(&bench, &peers.gnutls, &mut table);
    nginx::client_cases(&bench, &peers.nginx, &mut table);
    node::client_cases(&bench, &peers.newer_node, &mut table);
    pkcs11::cases(&bench, &peers.softhsm, &mut table);
    refusals::cases(&bench, &peers.openssl, &mut table);
    table.write(&root.join("target/interop.json"))?;
    table.print();
    table.verdict()
}

fn prepare(root: &Path, options: &Options) -> Result<Bench, Failure> {
    let folder = root.join("target/interop");
    for part in ["run", "authority"] {
        let part = folder.join(part);
        if part.exists() {
            std::fs::remove_dir_all(&part).map_err(|error| Failure::at(&part, &error))?;
        }
        std::fs::create_dir_all(&part).map_err(|error| Failure::at(&part, &error))?;
    }
    let binaries = match &options.binaries {
        Some(folder) => Binaries::in_folder(folder),
        None => Binaries::build(root, options.release)?,
    };
    let authority = Authority::create(&folder.join("authority"))?;
    let bulk = folder.join("run/bulk.bin");
    std::fs::write(&bulk, bulk_bytes()).map_err(|error| Failure::at(&bulk, &error))?;
    Ok(Bench { root: root.to_path_buf(), folder: folder.join("run"), binaries, authority, bulk })
}

/// Bytes that do not repeat within a record, so that a lost or repeated one shows.
fn bulk_bytes() -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let words = std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.take(BULK / 8).flatten().collect()
}

/// Fails unless `text` holds `words`.
fn expect(text: &str, words: &str) -> Result<(), Failure> {
    if text.contains(words) { Ok(()) } else { Err(Failure::new(format!("no `{words}` in: {}", tail(text)))) }
}

/// The end of a long output, on one line.
fn tail(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let skipped = line.chars().count().saturating_sub(400);
    line.chars().skip(skipped).filter(|c| !c.is_control()).collect()
}
