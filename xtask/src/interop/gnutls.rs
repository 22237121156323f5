//! GnuTLS: `gnutls-cli` against our server, `gnutls-serv` against our client.

use std::process::Command;
use std::thread;
use std::time::Duration;

use super::authority::NAME;
use super::bulla::{self, Echo, Up, page_agrees};
use super::openssl::resumption::KEEPINGS;
use super::process::{self, Running};
use super::table::{Peer, Table};
use super::{Bench, expect, tail};
use crate::failure::Failure;

const OUR_SERVER: &str = "our server";
const OUR_CLIENT: &str = "our client";

/// GnuTLS's name for a cipher, its name in a description, and ours.
const SUITES: [(&str, &str, &str); 3] = [
    ("AES-128-GCM", "AES-128-GCM", "TLS_AES_128_GCM_SHA256"),
    ("AES-256-GCM", "AES-256-GCM", "TLS_AES_256_GCM_SHA384"),
    ("CHACHA20-POLY1305", "CHACHA20-POLY1305", "TLS_CHACHA20_POLY1305_SHA256"),
];
/// GnuTLS's name for a group, its name in a description, and ours.
const GROUPS: [(&str, &str, &str); 3] = [
    ("GROUP-X25519", "ECDHE-X25519", "X25519"),
    ("GROUP-SECP256R1", "ECDHE-SECP256R1", "secp256r1"),
    ("GROUP-SECP384R1", "ECDHE-SECP384R1", "secp384r1"),
];
const ONLY_13: &str = "NORMAL:-VERS-ALL:+VERS-TLS1.3";

/// All cases of `gnutls-cli` with our server.
pub(crate) fn server_cases(bench: &Bench, up: &Up, peer: &Peer, table: &mut Table) {
    for (cipher, description, suite) in SUITES {
        let priority = format!("{ONLY_13}:-CIPHER-ALL:+{cipher}");
        table.case(peer, OUR_SERVER, suite, || page(up, &["--priority", &priority], description, &[suite]));
    }
    for (group, description, name) in GROUPS {
        let priority = format!("{ONLY_13}:-GROUP-ALL:+{group}");
        table.case(peer, OUR_SERVER, &format!("group {name}"), || {
            page(up, &["--priority", &priority], description, &[name])
        });
    }
    table.case(peer, OUR_SERVER, "HelloRetryRequest to X25519", || {
        let priority = format!("{ONLY_13}:-GROUP-ALL:+GROUP-SECP521R1:+GROUP-X25519");
        let mut command = client("localhost", up.port, &up.root_file());
        let mut running = Running::start(command.args(["--single-key-share", "--priority", &priority]))?;
        running.wait_for("Simple Client Mode")?;
        running.say(&request("/connection.json"))?;
        expect(&running.wait_for("\"hello_retried\": true")?, "\"group\": \"x25519\"")?;
        Ok("the server says x25519, after a HelloRetryRequest".to_owned())
    });
    table.case(peer, OUR_SERVER, "protocol by ALPN", || {
        page(up, &["--alpn", "http/1.1"], "Application protocol: http/1.1", &[])
    });
    table.case(peer, OUR_SERVER, "TLS 1.1 is refused", || {
        let mut command = client("localhost", up.port, &up.root_file());
        let finished =
            process::run(command.args(["--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.1"]), Vec::new())?;
        if finished.code == Some(0) {
            return Err(Failure::new("was accepted"));
        }
        expect(&finished.text(), "protocol version")?;
        Ok("alert: protocol version".to_owned())
    });
    table.case(peer, OUR_SERVER, "records of at most 512 bytes", || {
        page(up, &["--recordsize", "512"], "", &[])?;
        Ok("a page in records of 512 bytes".to_owned())
    });
    table.case(peer, OUR_SERVER, "KeyUpdate that asks for ours", || key_updates(bench));
    resumed(bench, peer, table);
}

fn client(name: &str, port: u16, root: &str) -> Command {
    let mut command = Command::new("gnutls-cli");
    command.args(["--sni-hostname", name, "--verify-hostname", name, "--x509cafile", root]);
    command.args(["--port", &port.to_string(), "127.0.0.1"]);
    command
}

fn request(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").into_bytes()
}

fn page(up: &Up, arguments: &[&str], description: &str, on_page: &[&str]) -> Result<String, Failure> {
    let mut running = Running::start(client("localhost", up.port, &up.root_file()).args(arguments))?;
    running.wait_for("Simple Client Mode")?;
    running.say(&request("/"))?;
    let text = running.wait_for("</html>")?;
    expect(&text, "The certificate is trusted")?;
    expect(&text, description)?;
    page_agrees(&text, on_page)?;
    let line = text.lines().find_map(|line| line.split_once("Description: "));
    Ok(line.map(|(_, description)| description.trim().to_owned()).unwrap_or_default())
}

/// gnutls-cli rekeys when it reads `^rekey^` on a line of its own.
fn key_updates(bench: &Bench) -> Result<String, Failure> {
    let echo = Echo::start(bench, "ecdsa-p256")?;
    let root = bench.authority.certificate("root").display().to_string();
    let mut running = Running::start(client(NAME, echo.port, &root).arg("--inline-commands"))?;
    running.wait_for("Simple Client Mode")?;
    for round in ["first line", "second line", "third line"] {
        running.say(b"^rekey^\n")?;
        thread::sleep(Duration::from_millis(200));
        running.say(format!("{round}\n").as_bytes())?;
        running.wait_for(round)?;
    }
    let text = running.text();
    if text.contains("rehandshake failed") || text.contains("error") {
        return Err(Failure::new(tail(&text)));
    }
    Ok("3 updates, 3 lines echoed".to_owned())
}

/// Sessions that our server resumes.
fn resumed(bench: &Bench, peer: &Peer, table: &mut Table) {
    for (version, priority) in
        [("1.3", "NORMAL:-VERS-ALL:+VERS-TLS1.3"), ("1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.2")]
    {
        for (how, options) in KEEPINGS {
            table.case(peer, OUR_SERVER, &format!("resumed {version}, {how}"), || {
                let echo = Echo::start_with(bench, "ecdsa-p256", options)?;
                let mut command = Command::new("gnutls-cli");
                let root = bench.authority.certificate("root");
                command.args(["--resume", "--priority", priority, "--x509cafile"]).arg(root);
                command.args(["--sni-hostname", NAME, "--verify-hostname", NAME]);
                command.args(["--port", &echo.port.to_string(), "127.0.0.1"]);
                let text = process::run(&mut command, b"hello\n".to_vec())?.text();
                expect(&text, "*** This is a resumed session")?;
                Ok("a resumed session".to_owned())
            });
        }
    }
}

/// All cases of `gnutls-serv` with our client.
pub(crate) fn client_cases(bench: &Bench, peer: &Peer, table: &mut Table) {
    for (cipher, _, suite) in SUITES {
        let priority = format!("{ONLY_13}:-CIPHER-ALL:+{cipher}");
        table.case(peer, OUR_CLIENT, suite, || check(bench, &priority, "suite", suite));
    }
    for (group, _, name) in GROUPS {
        let priority = format!("{ONLY_13}:-GROUP-ALL:+{group}");
        table.case(peer, OUR_CLIENT, &format!("group {name}"), || check(bench, &priority, "group", name));
    }
    for (checked, more) in [
        ("4 MiB there and back", &[][..]),
        ("4 MiB there and back in records of 64 bytes", &["--record-size", "64"]),
    ] {
        table.case(peer, OUR_CLIENT, checked, || {
            let (server, port) = server(bench, ONLY_13, "--echo")?;
            let body = lines(&std::fs::read(&bench.bulk)?, 4 << 20);
            let mut command = beside(&server, &bulla::fetch_command(bench, port, more));
            Running::start(&mut command)?.echoes(&body)?;
            Ok(format!("{} MiB each way", body.len() >> 20))
        });
    }
}

fn check(bench: &Bench, priority: &str, field: &str, value: &str) -> Result<String, Failure> {
    let (server, port) = server(bench, priority, "--http")?;
    let command = beside(&server, &bulla::check_command(bench, port, &[]));
    Ok(bulla::check(command)?.trusted()?.connection(field, value)?.seen())
}

/// gnutls-serv listens on every address, so it gets a network namespace of its own, where only loopback exists.
fn server(bench: &Bench, priority: &str, mode: &str) -> Result<(Running, u16), Failure> {
    let port = process::free_port()?;
    let mut command = Command::new("unshare");
    command.args(["--net", "sh", "-c", "ip link set lo up && exec gnutls-serv \"$@\"", "gnutls-serv", mode]);
    command.args(["--priority", priority, "--port", &port.to_string(), "--x509certfile"]);
    command.arg(bench.authority.chain(&["ecdsa-p256", "intermediate"])?).arg("--x509keyfile");
    let mut running = Running::start(command.arg(bench.authority.key("ecdsa-p256")))?;
    running.wait_for("listening on IPv4 0.0.0.0")?;
    Ok((running, port))
}

/// Bytes as lines of text: gnutls-serv echoes nothing else.
fn lines(bytes: &[u8], length: usize) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| DIGITS.get(usize::from(half)).copied().unwrap_or_default();
    let mut text = Vec::with_capacity(length + 65);
    for line in bytes.chunks(32).take(length.div_ceil(65)) {
        text.extend(line.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
        text.push(b'\n');
    }
    text
}

/// Puts a command into the network namespace of a running server.
fn beside(server: &Running, command: &Command) -> Command {
    let mut inside = Command::new("nsenter");
    inside.arg(format!("--net=/proc/{}/ns/net", server.id())).arg("--").arg(command.get_program());
    inside.args(command.get_args());
    inside
}
