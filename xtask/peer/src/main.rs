//! The engine bare, for `cargo xtask interop`: what `bulla up` and `bulla check` do not show by themselves.
//!
//! `bulla-peer serve --listen ADDR --chain FILE (--key FILE | --pkcs11 MODULE --pin PIN --key-label LABEL)
//! [--retry-cookie] [--update-keys] [--padding BYTES] [--group NAME] [--legacy-chain FILE --legacy-key FILE] [--store]
//! [--record-size BYTES] [--ask-later CA-FILE]` sends everything back and prints one line of
//! facts per connection. `bulla-peer fetch --connect ADDR --name NAME --ca FILE [--keep-open] [--update-keys]
//! [--no-compatibility] [--group NAME] [--legacy-key-transport] [--tls12] [--resume] [--record-size BYTES]` sends its input, closes its side unless told otherwise, and prints what comes.
//! `bulla-peer issue --key KIND --name NAME --folder DIR` makes a root and a server's certificate.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command's output is its product")]

mod fetch;
mod issue;
mod options;
mod serve;
mod token;

use std::error::Error;
use std::process::ExitCode;

use bulla_tls::Facts;
use bulla_tls::registry::{CipherSuite, NamedGroup, SignatureScheme};
use options::Options;

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bulla-peer: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome {
    let mut arguments = std::env::args().skip(1);
    let verb = arguments.next().unwrap_or_default();
    let options = Options::read(arguments)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match verb.as_str() {
        "serve" => runtime.block_on(serve::serve(&options)),
        "fetch" => {
            let outcome = runtime.block_on(fetch::fetch(&options));
            // Standard input is read by a thread that may still wait; nobody needs it any more.
            runtime.shutdown_background();
            outcome
        }
        "issue" => issue::issue(&options),
        other => Err(format!("no such verb: {other}; there are serve, fetch and issue").into()),
    }
}

/// The groups that are in no default.
const GROUPS: [NamedGroup; 5] = [
    NamedGroup::SECP521R1,
    NamedGroup::SECP256R1_MLKEM768,
    NamedGroup::SECP384R1_MLKEM1024,
    NamedGroup::MLKEM768,
    NamedGroup::MLKEM1024,
];

/// The one group that the command line wants, if it wants one.
fn group(options: &Options) -> Result<Option<NamedGroup>, Box<dyn Error>> {
    let Some(name) = options.optional("--group") else { return Ok(None) };
    let group = GROUPS.into_iter().find(|group| group.name() == Some(name));
    group.map(Some).ok_or_else(|| format!("no such group: {name}").into())
}

/// A connection's facts as one line.
fn line(facts: &Facts) -> String {
    let facts = serde_json::json!({
        "suite": facts.suite.and_then(CipherSuite::name),
        "group": facts.group.and_then(NamedGroup::name),
        "signature": facts.signature.and_then(SignatureScheme::name),
        "retried": facts.retried,
        "resumed": facts.resumed,
    });
    facts.to_string()
}
