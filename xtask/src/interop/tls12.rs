//! TLS 1.2 with OpenSSL, curl and GnuTLS: suites, groups, keys, client certificates, and what must be refused.

use std::process::Command;

use super::authority::NAME;
use super::bulla::{Echo, Up, page_agrees};
use super::openssl::{checked, client};
use super::process::{self, Running};
use super::table::{Peer, Table};
use super::{Bench, expect};
use crate::failure::Failure;

const OUR_SERVER: &str = "our server";
const OUR_CLIENT: &str = "our client";

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

/// All cases of `s_client` and `s_server`.
pub(super) fn openssl_cases(bench: &Bench, peer: &Peer, table: &mut Table) {
    for (theirs, ours, file) in SUITES {
        table.case(peer, OUR_SERVER, &format!("{ours}, {file}"), || {
            echoed(bench, file, &["-cipher", theirs], &[&format!("Cipher is {theirs}")])
        });
        table.case(peer, OUR_CLIENT, &format!("{ours}, {file}"), || {
            let checked = checked(bench, file, &["-tls1_2", "-cipher", theirs], &[])?;
            Ok(checked.connection("version", "TLS 1.2")?.connection("suite", ours)?.seen())
        });
    }
    for (group, name, key) in GROUPS {
        table.case(peer, OUR_SERVER, &format!("TLS 1.2, group {name}"), || {
            echoed(bench, "rsa", &["-groups", group], &[key])
        });
        table.case(peer, OUR_CLIENT, &format!("TLS 1.2, group {name}"), || {
            let checked = checked(bench, "rsa", &["-tls1_2", "-groups", group], &[])?;
            Ok(checked.connection("group", name)?.seen())
        });
    }
    table.case(peer, OUR_SERVER, "TLS 1.2, records of 512 bytes", || {
        echoed(bench, "ecdsa-p256", &["-max_send_frag", "512"], &[])
    });
    table.case(peer, OUR_SERVER, "TLS 1.2, 32 MiB there and back", || bulk(bench));
    table.case(peer, OUR_SERVER, "TLS 1.2, a renegotiation is refused", || renegotiation(bench));
    table.case(peer, OUR_SERVER, "TLS 1.2 with CBC alone is refused", || {
        refused(bench, &["-cipher", "ECDHE-ECDSA-AES128-SHA"], "handshake failure")
    });
}

/// `s_client` of TLS 1.2 at an echo server with this certificate.
fn connection(bench: &Bench, file: &str, arguments: &[&str]) -> Result<(Echo, Command), Failure> {
    let echo = Echo::start(bench, file)?;
    let mut command = client(echo.port, NAME, &bench.authority.certificate("root").display().to_string());
    command.arg("-tls1_2").args(arguments);
    Ok((echo, command))
}

fn echoed(bench: &Bench, file: &str, arguments: &[&str], printed: &[&str]) -> Result<String, Failure> {
    let (_echo, mut command) = connection(bench, file, arguments)?;
    let text = process::run(&mut command, b"hello\n".to_vec())?.succeeded()?.text();
    for words in ["New, TLSv1.2", "Verification: OK", "Extended master secret: yes"] {
        expect(&text, words)?;
    }
    printed.iter().try_for_each(|words| expect(&text, words))?;
    Ok("TLS 1.2, extended master secret".to_owned())
}

fn bulk(bench: &Bench) -> Result<String, Failure> {
    let sent = std::fs::read(&bench.bulk)?;
    let (_echo, mut command) = connection(bench, "ecdsa-p256", &["-quiet", "-nocommands"])?;
    Running::start(&mut command)?.echoes(&sent)?;
    Ok(format!("{} MiB each way", sent.len() >> 20))
}

fn renegotiation(bench: &Bench) -> Result<String, Failure> {
    let (_echo, mut command) = connection(bench, "ecdsa-p256", &[])?;
    let mut running = Running::start(&mut command)?;
    running.wait_for("Verify return code: 0")?;
    std::thread::sleep(std::time::Duration::from_millis(150));
    running.say(b"R\n")?;
    running.wait_for("no renegotiation")?;
    Ok("alert no renegotiation".to_owned())
}

fn refused(bench: &Bench, arguments: &[&str], alert: &str) -> Result<String, Failure> {
    let (_echo, mut command) = connection(bench, "ecdsa-p256", arguments)?;
    let finished = process::run(&mut command, Vec::new())?;
    if finished.code == Some(0) {
        return Err(Failure::new("was accepted"));
    }
    expect(&finished.errors, alert)?;
    Ok(alert.to_owned())
}

/// The page of `bulla up` by curl in TLS 1.2.
pub(super) fn curl_page(up: &Up) -> Result<String, Failure> {
    let page = format!("https://localhost:{}/", up.port);
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--max-time", "40", "--noproxy", "*", "--tls-max", "1.2"]);
    let finished =
        process::run(command.args(["--cacert", &up.root_file(), &page]), Vec::new())?.succeeded()?;
    page_agrees(&String::from_utf8_lossy(&finished.output), &["TLS 1.2"])?;
    Ok("TLS 1.2; the page says the same".to_owned())
}
