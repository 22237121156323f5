//! The key transport of TLS 1.2 with OpenSSL, which still has it, in both roles; and without the switch, refused.

use super::authority::{NAME, RSA, Wanted};
use super::bulla::{self, Echo};
use super::openssl::{client, server};
use super::process::{self, Running};
use super::table::{Peer, Table};
use super::{Bench, expect};
use crate::failure::Failure;

/// OpenSSL's name of each suite, and ours.
const SUITES: [(&str, &str); 2] = [
    ("AES128-GCM-SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256"),
    ("AES256-GCM-SHA384", "TLS_RSA_WITH_AES_256_GCM_SHA384"),
];

/// The certificate whose key has no other use.
const LEGACY: &str = "key-transport";

pub(super) fn cases(bench: &Bench, peer: &Peer, table: &mut Table) {
    for (theirs, ours) in SUITES {
        table.case(peer, "our server", &format!("{ours}, switched on"), || served(bench, theirs, ours));
        table.case(peer, "our client", &format!("{ours}, switched on"), || fetched(bench, theirs, ours));
    }
    table.case(peer, "our server", "the key transport is off by default", || refused_by_server(bench));
    table.case(peer, "our client", "the key transport is off by default", || refused_by_client(bench));
}

fn issue(bench: &Bench) -> Result<(), Failure> {
    bench.authority.issue(&Wanted { key: RSA, usage: "critical,keyEncipherment", ..Wanted::server(LEGACY) })
}

/// `s_client` with this suite alone, and what it printed.
fn connect(bench: &Bench, echo: &Echo, suite: &str) -> Result<process::Finished, Failure> {
    let root = bench.authority.certificate("root").display().to_string();
    let mut command = client(echo.port, NAME, &root);
    process::run(command.args(["-tls1_2", "-cipher", suite]), b"hello\n".to_vec())
}

fn served(bench: &Bench, theirs: &str, ours: &str) -> Result<String, Failure> {
    issue(bench)?;
    let chain = bench.authority.chain(&[LEGACY, "intermediate"])?.display().to_string();
    let key = bench.authority.key(LEGACY).display().to_string();
    let echo = Echo::start_with(bench, "ecdsa-p256", &["--legacy-chain", &chain, "--legacy-key", &key])?;
    let text = connect(bench, &echo, theirs)?.succeeded()?.text();
    for words in ["Verification: OK", &format!("Cipher is {theirs}"), "Extended master secret: yes"] {
        expect(&text, words)?;
    }
    Ok(format!("{ours}, a certificate for keyEncipherment alone, extended master secret"))
}

fn refused_by_server(bench: &Bench) -> Result<String, Failure> {
    let echo = Echo::start(bench, "rsa")?;
    let finished = connect(bench, &echo, SUITES[0].0)?;
    expect(&finished.errors, "alert handshake failure")?;
    Ok("alert handshake failure".to_owned())
}

fn fetched(bench: &Bench, theirs: &str, ours: &str) -> Result<String, Failure> {
    issue(bench)?;
    let (mut running, port) = server(bench, LEGACY, &["-tls1_2", "-cipher", theirs])?;
    let mut command = bulla::fetch_command(bench, port, &["--legacy-key-transport"]);
    let mut ours_running = Running::start(&mut command)?;
    ours_running.say(b"to the old server\n")?;
    running.wait_for("to the old server")?;
    expect(&ours_running.text(), ours)?;
    Ok(ours.to_owned())
}

fn refused_by_client(bench: &Bench) -> Result<String, Failure> {
    issue(bench)?;
    let (_running, port) = server(bench, LEGACY, &["-tls1_2", "-cipher", SUITES[0].0])?;
    let finished = process::run(&mut bulla::fetch_command(bench, port, &[]), Vec::new())?;
    if finished.code == Some(0) {
        return Err(Failure::new("was accepted"));
    }
    expect(&finished.errors, "handshake_failure")?;
    Ok("alert handshake_failure by OpenSSL, which finds no suite".to_owned())
}
