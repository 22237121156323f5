//! TLS 1.2: suites, groups, keys, and what must be refused.

use std::path::PathBuf;
use std::process::Command;

use super::super::bulla::{self, Echo};
use super::super::expect;
use super::super::process::{self, Running};
use super::super::table::Table;
use super::{OUR_CLIENT, OUR_SERVER, OpenSsl};
use crate::failure::Failure;

/// OpenSSL's name of each suite, ours, and a certificate whose key fits it.
const SUITES: [(&str, &str, &str); 6] = [
    ("ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ecdsa-p256"),
    ("ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ecdsa-p384"),
    ("ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ed25519"),
    ("ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "rsa"),
    ("ECDHE-RSA-AES256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "rsa"),
    ("ECDHE-RSA-CHACHA20-POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "rsa"),
];
/// OpenSSL's name of each group, ours, and how it prints the key.
const GROUPS: [(&str, &str, &str); 3] = [
    ("X25519", "x25519", "Temp Key: X25519"),
    ("P-256", "secp256r1", "prime256v1"),
    ("P-384", "secp384r1", "secp384r1"),
];
/// By which rule the extended master secret is insisted on.
const RULE: &str = "RFC 7627";
/// Settings that leave out the extended master secret, in every release that knows how.
const NO_EXTENDED_MASTER_SECRET: &str = "\
openssl_conf = all
[all]
ssl_conf = tls
[tls]
system_default = defaults
[defaults]
Options = -ExtendedMasterSecret
";

/// All cases of `s_client` and `s_server`.
pub(super) fn cases(openssl: &OpenSsl<'_>, table: &mut Table) {
    for (theirs, ours, file) in SUITES {
        table.case(openssl.peer, OUR_SERVER, &format!("{ours}, {file}"), || {
            echoed(openssl, file, &["-cipher", theirs], &[&format!("Cipher is {theirs}")])
        });
        table.case(openssl.peer, OUR_CLIENT, &format!("{ours}, {file}"), || {
            let checked = openssl.checked(file, &["-tls1_2", "-cipher", theirs], &[])?;
            Ok(checked.connection("version", "TLS 1.2")?.connection("suite", ours)?.seen())
        });
    }
    for (group, name, key) in GROUPS {
        table.case(openssl.peer, OUR_SERVER, &format!("TLS 1.2, group {name}"), || {
            echoed(openssl, "rsa", &["-groups", group], &[key])
        });
        table.case(openssl.peer, OUR_CLIENT, &format!("TLS 1.2, group {name}"), || {
            let checked = openssl.checked("rsa", &["-tls1_2", "-groups", group], &[])?;
            Ok(checked.connection("group", name)?.seen())
        });
    }
    let case = "TLS 1.2 without extended master secret is refused";
    table.case(openssl.peer, OUR_SERVER, case, || no_master_secret_from_them(openssl));
    table.case(openssl.peer, OUR_CLIENT, case, || no_master_secret_for_us(openssl));
    table.case(openssl.peer, OUR_SERVER, "TLS 1.2, records of 512 bytes", || {
        echoed(openssl, "ecdsa-p256", &["-max_send_frag", "512"], &[])
    });
    table.case(openssl.peer, OUR_SERVER, "TLS 1.2, 32 MiB there and back", || bulk(openssl));
    table.case(openssl.peer, OUR_SERVER, "TLS 1.2, a renegotiation is refused", || renegotiation(openssl));
    table.case(openssl.peer, OUR_SERVER, "TLS 1.2 with CBC alone is refused", || {
        refused(openssl, &["-cipher", "ECDHE-ECDSA-AES128-SHA"], "handshake failure")
    });
}

/// `s_client` of TLS 1.2 at an echo server with this certificate.
fn connection(openssl: &OpenSsl<'_>, file: &str, arguments: &[&str]) -> Result<(Echo, Command), Failure> {
    let echo = Echo::start(openssl.bench, file)?;
    let mut command = openssl.client_of(&echo);
    command.arg("-tls1_2").args(arguments);
    Ok((echo, command))
}

fn echoed(
    openssl: &OpenSsl<'_>,
    file: &str,
    arguments: &[&str],
    printed: &[&str],
) -> Result<String, Failure> {
    let (_echo, mut command) = connection(openssl, file, arguments)?;
    let text = process::run(&mut command, b"hello\n".to_vec())?.succeeded()?.text();
    for words in ["New, TLSv1.2", "Verification: OK", "Extended master secret: yes"] {
        expect(&text, words)?;
    }
    printed.iter().try_for_each(|words| expect(&text, words))?;
    Ok("TLS 1.2, extended master secret".to_owned())
}

fn bulk(openssl: &OpenSsl<'_>) -> Result<String, Failure> {
    let sent = std::fs::read(&openssl.bench.bulk)?;
    let (_echo, mut command) = connection(openssl, "ecdsa-p256", &["-quiet", "-nocommands"])?;
    Running::start(&mut command)?.echoes(&sent)?;
    Ok(format!("{} MiB each way", sent.len() >> 20))
}

fn renegotiation(openssl: &OpenSsl<'_>) -> Result<String, Failure> {
    let (_echo, mut command) = connection(openssl, "ecdsa-p256", &[])?;
    let mut running = Running::start(&mut command)?;
    running.wait_for("Verify return code: 0")?;
    std::thread::sleep(std::time::Duration::from_millis(150));
    running.say(b"R\n")?;
    running.wait_for("no renegotiation")?;
    Ok("alert no renegotiation".to_owned())
}

fn refused(openssl: &OpenSsl<'_>, arguments: &[&str], alert: &str) -> Result<String, Failure> {
    let (_echo, mut command) = connection(openssl, "ecdsa-p256", arguments)?;
    let finished = process::run(&mut command, Vec::new())?;
    if finished.code == Some(0) {
        return Err(Failure::new("was accepted"));
    }
    expect(&finished.errors, alert)?;
    Ok(alert.to_owned())
}

fn settings(openssl: &OpenSsl<'_>) -> Result<PathBuf, Failure> {
    let file = openssl.bench.folder.join("no-extended-master-secret.cnf");
    std::fs::write(&file, NO_EXTENDED_MASTER_SECRET).map_err(|error| Failure::at(&file, &error))?;
    Ok(file)
}

fn no_master_secret_from_them(openssl: &OpenSsl<'_>) -> Result<String, Failure> {
    let (mut echo, mut command) = connection(openssl, "ecdsa-p256", &[])?;
    let finished = process::run(command.env("OPENSSL_CONF", settings(openssl)?), Vec::new())?;
    expect(&finished.errors, "alert handshake failure")?;
    expect(&echo.said("bulla-peer: ")?, RULE)?;
    Ok(format!("alert handshake failure, {RULE}"))
}

fn no_master_secret_for_us(openssl: &OpenSsl<'_>) -> Result<String, Failure> {
    let file = settings(openssl)?.display().to_string();
    let (_server, port) = openssl.server_by(&file, "ecdsa-p256", &["-tls1_2"])?;
    let finished = process::run(&mut bulla::fetch_command(openssl.bench, port, &[]), Vec::new())?;
    if finished.code == Some(0) {
        return Err(Failure::new("was accepted"));
    }
    expect(&finished.errors, RULE)?;
    Ok(format!("we refuse by {RULE}"))
}
