//! The key transport of TLS 1.2 with OpenSSL, which still has it, in both roles; and without the switch, refused.

use super::super::authority::{RSA, Wanted};
use super::super::bulla::{self, Echo};
use super::super::expect;
use super::super::process::{self, Running};
use super::super::table::Table;
use super::{OUR_CLIENT, OUR_SERVER, OpenSsl};
use crate::failure::Failure;

/// OpenSSL's name of each suite, and ours.
const SUITES: [(&str, &str); 2] = [
    ("AES128-GCM-SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256"),
    ("AES256-GCM-SHA384", "TLS_RSA_WITH_AES_256_GCM_SHA384"),
];

/// The certificate whose key has no other use.
const LEGACY: &str = "key-transport";

pub(super) fn cases(openssl: &OpenSsl<'_>, table: &mut Table) {
    for (theirs, ours) in SUITES {
        table.case(openssl.peer, OUR_SERVER, &format!("{ours}, switched on"), || {
            served(openssl, theirs, ours)
        });
        table.case(openssl.peer, OUR_CLIENT, &format!("{ours}, switched on"), || {
            fetched(openssl, theirs, ours)
        });
    }
    table
        .case(openssl.peer, OUR_SERVER, "the key transport is off by default", || refused_by_server(openssl));
    table
        .case(openssl.peer, OUR_CLIENT, "the key transport is off by default", || refused_by_client(openssl));
}

fn issue(openssl: &OpenSsl<'_>) -> Result<(), Failure> {
    openssl.bench.authority.issue(&Wanted {
        key: RSA,
        usage: "critical,keyEncipherment",
        ..Wanted::server(LEGACY)
    })
}

/// `s_client` with this suite alone, and what it printed.
fn connect(openssl: &OpenSsl<'_>, echo: &Echo, suite: &str) -> Result<process::Finished, Failure> {
    let mut command = openssl.client_of(echo);
    process::run(command.args(["-tls1_2", "-cipher", suite]), b"hello\n".to_vec())
}

fn served(openssl: &OpenSsl<'_>, theirs: &str, ours: &str) -> Result<String, Failure> {
    issue(openssl)?;
    let chain = openssl.bench.authority.chain(&[LEGACY, "intermediate"])?.display().to_string();
    let key = openssl.bench.authority.key(LEGACY).display().to_string();
    let echo =
        Echo::start_with(openssl.bench, "ecdsa-p256", &["--legacy-chain", &chain, "--legacy-key", &key])?;
    let text = connect(openssl, &echo, theirs)?.succeeded()?.text();
    for words in ["Verification: OK", &format!("Cipher is {theirs}"), "Extended master secret: yes"] {
        expect(&text, words)?;
    }
    Ok(format!("{ours}, a certificate for keyEncipherment alone, extended master secret"))
}

fn refused_by_server(openssl: &OpenSsl<'_>) -> Result<String, Failure> {
    let echo = Echo::start(openssl.bench, "rsa")?;
    let finished = connect(openssl, &echo, SUITES[0].0)?;
    expect(&finished.errors, "alert handshake failure")?;
    Ok("alert handshake failure".to_owned())
}

fn fetched(openssl: &OpenSsl<'_>, theirs: &str, ours: &str) -> Result<String, Failure> {
    issue(openssl)?;
    let (mut running, port) = openssl.server(LEGACY, &["-tls1_2", "-cipher", theirs])?;
    let mut command = bulla::fetch_command(openssl.bench, port, &["--legacy-key-transport"]);
    let mut ours_running = Running::start(&mut command)?;
    ours_running.say(b"to the old server\n")?;
    running.wait_for("to the old server")?;
    ours_running.wait_for(ours)?;
    Ok(ours.to_owned())
}

fn refused_by_client(openssl: &OpenSsl<'_>) -> Result<String, Failure> {
    issue(openssl)?;
    let (_running, port) = openssl.server(LEGACY, &["-tls1_2", "-cipher", SUITES[0].0])?;
    let finished = process::run(&mut bulla::fetch_command(openssl.bench, port, &[]), Vec::new())?;
    if finished.code == Some(0) {
        return Err(Failure::new("was accepted"));
    }
    expect(&finished.errors, "handshake_failure")?;
    Ok("alert handshake_failure by OpenSSL, which finds no suite".to_owned())
}
