//! `cargo xtask interop`: our server and our client against other people's software.
//!
//! Every server listens on loopback and is ended by its own process id; every step has a time limit. A missing
//! peer, or a run without cases, is a failure. The table is printed and kept as `target/interop.json`.

mod authority;
mod built;
mod bulla;
mod curl;
mod files;
mod gnutls;
mod install;
mod nginx;
mod node;
mod openssl;
mod pkcs11;
pub(crate) mod process;
mod programs;
mod python;
mod refusals;
mod table;

use std::iter;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use authority::Authority;
use built::Built;
use bulla::Binaries;
use install::Peers;
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
    /// Only the cases on files of keys and certificates.
    pub(crate) files: bool,
    /// Test the release build.
    pub(crate) release: bool,
    /// Test the programs in this folder instead of building them.
    pub(crate) binaries: Option<PathBuf>,
    /// Build the newest OpenSSL and BoringSSL, and test with them too.
    pub(crate) built: bool,
    /// A further `openssl` program to test with.
    pub(crate) openssl: Option<PathBuf>,
    /// A `boring-peer` to test with.
    pub(crate) boringssl: Option<PathBuf>,
    /// Run the cases of this peer alone, and keep no table.
    pub(crate) only: Option<String>,
}

/// Size of the bulk file in bytes: far more than any socket buffer, and thousands of records.
const BULK: usize = 32 << 20;

/// Runs every case and prints the table.
pub(crate) fn command(root: &Path, options: &Options) -> Result<(), Failure> {
    let of_files = install::of_files(options.install)?;
    if options.files {
        let (bench, mut table) = (prepare(root, options)?, Table::of(None));
        files::cases(&bench.folder, &bench.binaries, &of_files, &mut table);
        table.print();
        return table.verdict();
    }
    let peers = install::ready(root, options)?;
    let built = built::ready(root, options)?;
    let bench = prepare(root, options)?;
    let mut table = Table::of(options.only.clone());
    files::cases(&bench.folder, &bench.binaries, &of_files, &mut table);
    page_cases(&bench, &peers, &built, &mut table)?;
    bare_cases(&bench, &peers, &built, &mut table);
    if options.only.is_none() {
        table.write(&root.join("target/interop.json"))?;
    }
    table.print();
    table.verdict()
}

/// What begins with the page of `bulla up`.
fn page_cases(bench: &Bench, peers: &Peers, built: &Built, table: &mut Table) -> Result<(), Failure> {
    let up = bulla::Up::start(bench)?;
    curl::cases(bench, &up, &peers.curl, table);
    for peer in iter::once(&peers.openssl).chain(&built.openssl) {
        openssl::page_cases(bench, &up, peer, table);
    }
    gnutls::server_cases(bench, &up, &peers.gnutls, table);
    python::cases(bench, &up, &peers.python, table);
    node::server_cases(bench, &up, &peers.node, table);
    node::server_cases(bench, &up, &peers.newer_node, table);
    nginx::server_cases(bench, &up, &peers.nginx, table);
    table.case(&peers.curl, "our server", "stops cleanly on Ctrl-C", || up.stop());
    Ok(())
}

fn bare_cases(bench: &Bench, peers: &Peers, built: &Built, table: &mut Table) {
    openssl::cases(bench, &peers.openssl, table);
    if let Some(peer) = &built.openssl {
        openssl::cases(bench, peer, table);
        openssl::newer::cases(bench, peer, table);
    }
    programs::cases(bench, &built.rustls, &programs::RUSTLS, table);
    if let Some(peer) = &built.boringssl {
        programs::cases(bench, peer, &programs::BORINGSSL, table);
    }
    python::client_cases(bench, &peers.python, table);
    gnutls::client_cases(bench, &peers.gnutls, table);
    nginx::client_cases(bench, &peers.nginx, table);
    node::client_cases(bench, &peers.newer_node, table);
    pkcs11::cases(bench, &peers.softhsm, &peers.openssl, table);
    refusals::cases(bench, &peers.openssl, table);
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
    let words = iter::repeat_with(move || {
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
