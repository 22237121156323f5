//! The engine bare, for `cargo xtask interop`: what `bulla up` and `bulla check` do not show by themselves.
//!
//! `bulla-peer serve --listen ADDR --chain FILE (--key FILE | --pkcs11 MODULE --pin PIN --key-label LABEL)
//! [--retry-cookie] [--padding BYTES] [--legacy-chain FILE --legacy-key FILE] [--store] [--staple FILE]
//! [--client-ca FILE [--optional]] [--ask-later CA-FILE]` sends everything back and prints one line of facts per
//! connection. `bulla-peer fetch --connect ADDR --name NAME --ca FILE [--chain FILE --key FILE] [--keep-open]
//! [--no-compatibility] [--legacy-key-transport] [--resume] [--show-later]` sends its input, closes its side unless
//! told otherwise, and prints what comes. Both take `[--tls12] [--suite NAME] [--group NAME] [--alpn NAME]
//! [--record-size BYTES] [--no-compression] [--update-keys]`.
//! `bulla-peer issue --key KIND --name NAME --folder DIR` makes a root and a server's certificate.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command's output is its product")]

mod fetch;
mod issue;
mod options;
mod serve;
mod token;

use std::error::Error;
use std::process::ExitCode;

use bulla_crypto::pem;
use bulla_crypto::private_key::PrivateKey;
use bulla_tls::registry::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};
use bulla_tls::{Credential, Facts};
use options::Options;
use rustls_pki_types::CertificateDer;

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

/// A connection's facts as one line.
fn line(facts: &Facts) -> String {
    let facts = serde_json::json!({
        "version": facts.version.and_then(ProtocolVersion::name),
        "suite": facts.suite.and_then(CipherSuite::name),
        "group": facts.group.and_then(NamedGroup::name),
        "alpn": facts.protocol.as_deref().map(String::from_utf8_lossy),
        "signature": facts.signature.and_then(SignatureScheme::name),
        "client_signature": facts.client_signature.and_then(SignatureScheme::name),
        "retried": facts.retried,
        "resumed": facts.resumed,
        "peer_certificate": !facts.peer_certificates.is_empty(),
        "ocsp_bytes": facts.peer_ocsp.as_ref().map(Vec::len),
    });
    facts.to_string()
}

/// A chain and its key, from files in PEM.
fn credential(chain: &str, key: &str) -> Result<Credential, Box<dyn Error>> {
    Ok(Credential::new(chain_of(chain)?, PrivateKey::from_pem(&std::fs::read(key)?)?)?)
}

fn chain_of(file: &str) -> Result<Vec<CertificateDer<'static>>, Box<dyn Error>> {
    let sections = pem::read(&std::fs::read(file)?)?;
    Ok(sections.into_iter().map(|section| CertificateDer::from(section.into_der())).collect())
}
