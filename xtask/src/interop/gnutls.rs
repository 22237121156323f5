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
const VERSIONS: [(&str, &str); 2] = [("1.3", ONLY_13), ("1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.2")];
const NO_EXTENDED_MASTER_SECRET: &str = "NORMAL:-VERS-ALL:+VERS-TLS1.2:%NO_SESSION_HASH";

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
    for (version, priority) in VERSIONS {
        table.case(peer, OUR_SERVER, &format!("TLS {version}, client certificate"), || {
            let root = bench.authority.certificate("root").display().to_string();
            let mut echo = Echo::start_with(bench, "ecdsa-p256", &["--client-ca", &root])?;
            let [chain, key] = bench.authority.shown("client-rsa")?;
            let mut command = client(NAME, echo.port, &root);
            command.args(["--priority", priority, "--x509certfile", &chain, "--x509keyfile", &key]);
            process::run(&mut command, b"hello\n".to_vec())?.succeeded()?;
            echo.said("client CN=interop client-rsa")?;
            Ok("shown to us, who say: interop client-rsa".to_owned())
        });
    }
    table.case(peer, OUR_SERVER, "TLS 1.2 without extended master secret is refused", || {
        let mut echo = Echo::start(bench, "ecdsa-p256")?;
        let root = bench.authority.certificate("root").display().to_string();
        let mut command = client(NAME, echo.port, &root);
        let finished = process::run(command.args(["--priority", NO_EXTENDED_MASTER_SECRET]), Vec::new())?;
        expect(&finished.text(), "Handshake failed")?;
        expect(&echo.said("bulla-peer: ")?, "RFC 7627")?;
        Ok("alert handshake failure, RFC 7627".to_owned())
    });
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
    for (version, priority) in VERSIONS {
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
    let sizes = ["64", "511", "1024", "4096", "16384"];
    let limited = sizes.map(|size| {
        (format!("4 MiB there and back in records of {size} bytes"), vec!["--record-size", size])
    });
    for (checked, more) in std::iter::once(("4 MiB there and back".to_owned(), vec![])).chain(limited) {
        table.case(peer, OUR_CLIENT, &checked, || {
            let (server, port) = server(bench, ONLY_13, &["--echo"])?;
            let body = lines(&std::fs::read(&bench.bulk)?, 4 << 20);
            let mut command = beside(&server, &bulla::fetch_command(bench, port, &more));
            Running::start(&mut command)?.echoes(&body)?;
            Ok(format!("{} MiB each way", body.len() >> 20))
        });
    }
    for (version, priority) in VERSIONS {
        table.case(peer, OUR_CLIENT, &format!("TLS {version}, resumed"), || resumed_by_us(bench, priority));
        table
            .case(peer, OUR_CLIENT, &format!("TLS {version}, client certificate"), || shown(bench, priority));
    }
    table.case(peer, OUR_CLIENT, "TLS 1.2 without extended master secret is refused", || {
        let (server, port) = server(bench, NO_EXTENDED_MASTER_SECRET, &["--echo"])?;
        let mut command = beside(&server, &bulla::fetch_command(bench, port, &[]));
        expect(&process::run(&mut command, Vec::new())?.errors, "RFC 7627")?;
        Ok("we refuse by RFC 7627".to_owned())
    });
}

/// Two connections of our client, of which the second brings back the session of the first.
fn resumed_by_us(bench: &Bench, priority: &str) -> Result<String, Failure> {
    let (server, port) = server(bench, priority, &["--echo"])?;
    let mut command = beside(&server, &bulla::fetch_command(bench, port, &["--resume"]));
    let mut ours = Running::start(&mut command)?;
    ours.say(b"second\n")?;
    ours.wait_for("second")?;
    expect(&ours.wait_for("\"resumed\":true")?, "\"resumed\":false")?;
    Ok("a new session, then the same resumed".to_owned())
}

/// Our client with a certificate at a server that insists on one.
fn shown(bench: &Bench, priority: &str) -> Result<String, Failure> {
    let root = bench.authority.certificate("root").display().to_string();
    let asks = ["--echo", "--require-client-cert", "--verify-client-cert", "--x509cafile", &root];
    let (mut server, port) = server(bench, priority, &asks)?;
    let [chain, key] = bench.authority.shown("client-ecdsa-p256")?;
    let ours = bulla::fetch_command(bench, port, &["--chain", &chain, "--key", &key]);
    let mut client = Running::start(&mut beside(&server, &ours))?;
    client.say(b"from the client\n")?;
    client.wait_for("from the client")?;
    server.wait_for("interop client-ecdsa-p256")?;
    Ok("they say: interop client-ecdsa-p256".to_owned())
}

fn check(bench: &Bench, priority: &str, field: &str, value: &str) -> Result<String, Failure> {
    let (server, port) = server(bench, priority, &["--http"])?;
    let command = beside(&server, &bulla::check_command(bench, port, &[]));
    Ok(bulla::check(command)?.trusted()?.connection(field, value)?.seen())
}

/// gnutls-serv listens on every address, so it gets a network namespace of its own, where only loopback exists.
fn server(bench: &Bench, priority: &str, options: &[&str]) -> Result<(Running, u16), Failure> {
    let port = process::free_port()?;
    let mut command = Command::new("unshare");
    command.args(["--net", "sh", "-c", "ip link set lo up && exec gnutls-serv \"$@\"", "gnutls-serv"]);
    command.args(options).args(["--priority", priority, "--port", &port.to_string(), "--x509certfile"]);
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
