//! Node's https, http2 and tls; `node.mjs` beside this file is both its client and its server.

use std::process::Command;

use super::authority::NAME;
use super::bulla::{self, Checked, Echo, Issued, Up};
use super::openssl::resumption::KEEPINGS;
use super::process::{self, Running};
use super::table::{Peer, Table};
use super::{Bench, expect, tail};
use crate::failure::Failure;

const OUR_SERVER: &str = "our server";
const OUR_CLIENT: &str = "our client";
const HYBRID: &str = "X25519MLKEM768";
/// Groups that are in no default of ours, by the registry's name and OpenSSL's.
const FURTHER: [(&str, &str); 5] = [
    ("secp521r1", "P-521"),
    ("SecP256r1MLKEM768", "SecP256r1MLKEM768"),
    ("SecP384r1MLKEM1024", "SecP384r1MLKEM1024"),
    ("MLKEM768", "MLKEM768"),
    ("MLKEM1024", "MLKEM1024"),
];
const ML_DSA: [&str; 3] = ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"];

/// All cases of Node as a client.
pub(crate) fn server_cases(bench: &Bench, up: &Up, peer: &Peer, table: &mut Table) {
    let (page, root) = (up.port.to_string(), up.root_file());
    let run = |verb: &str, option: &str| script(bench, peer, &[verb, "localhost", &page, &root, option]);
    table.case(peer, OUR_SERVER, "https, 10 requests on one connection", || run("page", ""));
    table.case(peer, OUR_SERVER, "http2, 10 requests at once", || run("http2", ""));
    table.case(peer, OUR_SERVER, "an unknown authority is refused by Node", || run("refuse", ""));
    table.case(peer, OUR_SERVER, "group X25519", || run("group", "X25519"));
    if knows_hybrid(peer) {
        table.case(peer, OUR_SERVER, &format!("group {HYBRID}"), || run("group", HYBRID));
        table.case(peer, OUR_SERVER, &format!("HelloRetryRequest to {HYBRID}"), || {
            run("group", "P-521:X25519MLKEM768")
        });
    }
    if knows_hybrid(peer) {
        bare_server_cases(bench, peer, table);
    }
    table.case(peer, OUR_SERVER, "32 MiB there and back", || {
        let echo = Echo::start(bench, "ecdsa-p256")?;
        let root = bench.authority.certificate("root").display().to_string();
        script(bench, peer, &["bulk", NAME, &echo.port.to_string(), &root, ""])
    });
    for version in ["1.3", "1.2"] {
        for (how, options) in KEEPINGS {
            table.case(peer, OUR_SERVER, &format!("resumed {version}, {how}"), || {
                let echo = Echo::start_with(bench, "ecdsa-p256", options)?;
                let root = bench.authority.certificate("root").display().to_string();
                let theirs = format!("TLSv{version}");
                script(bench, peer, &["resume", NAME, &echo.port.to_string(), &root, &theirs])
            });
        }
    }
}

/// What `bulla up` does not offer by itself.
fn bare_server_cases(bench: &Bench, peer: &Peer, table: &mut Table) {
    for (ours, theirs) in FURTHER {
        table.case(peer, OUR_SERVER, &format!("group {theirs}"), || {
            let echo = Echo::start_with(bench, "ecdsa-p256", &["--group", ours])?;
            let root = bench.authority.certificate("root").display().to_string();
            script(bench, peer, &["echo", NAME, &echo.port.to_string(), &root, theirs])
        });
    }
    for kind in ML_DSA {
        table.case(peer, OUR_SERVER, &format!("a chain and a handshake signed by {kind}"), || {
            let issued = Issued::make(bench, kind)?;
            let echo = Echo::show(bench, &issued.chain, &issued.key, &[])?;
            let root = issued.root.display().to_string();
            let seen = script(bench, peer, &["echo", NAME, &echo.port.to_string(), &root, ""])?;
            expect(&seen, &kind.to_ascii_lowercase())?;
            Ok(seen)
        });
    }
}

/// OpenSSL has X25519MLKEM768 and ML-DSA since 3.5.
fn knows_hybrid(peer: &Peer) -> bool {
    let version = peer.version.rsplit("OpenSSL ").next().unwrap_or_default();
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().unwrap_or_default());
    (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default()) >= (3, 5)
}

fn script(bench: &Bench, peer: &Peer, arguments: &[&str]) -> Result<String, Failure> {
    let finished = process::run(&mut node(bench, peer, arguments), Vec::new())?.succeeded()?;
    Ok(tail(&String::from_utf8_lossy(&finished.output)))
}

fn node(bench: &Bench, peer: &Peer, arguments: &[&str]) -> Command {
    let mut command = Command::new(&peer.program);
    command.arg(bench.root.join("xtask/src/interop/node.mjs")).args(arguments);
    command
}

/// All cases of Node as a server.
pub(crate) fn client_cases(bench: &Bench, peer: &Peer, table: &mut Table) {
    for group in [HYBRID, "X25519"] {
        table.case(peer, OUR_CLIENT, &format!("group {group}"), || {
            Ok(check(bench, peer, group)?
                .connection("group", group)?
                .connection("hello_retried", "false")?
                .seen())
        });
    }
    for version in ["1.3", "1.2"] {
        table.case(peer, OUR_CLIENT, &format!("resumed {version}, by ticket"), || {
            let (_server, port) = serve(bench, peer, None, &["X25519:P-256", &format!("TLSv{version}")])?;
            bulla::fetch_resumed(bench, port, version, &["--keep-open"])
        });
    }
    bare_client_cases(bench, peer, table);
}

/// What `bulla check` does not offer by itself. Node answers one request.
fn bare_client_cases(bench: &Bench, peer: &Peer, table: &mut Table) {
    let fetch = |mut command: Command, words: &str| {
        let request = format!("GET / HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n");
        let got = process::run(&mut command, request.into_bytes())?.succeeded()?;
        expect(&String::from_utf8_lossy(&got.output), "hello")?;
        expect(&got.errors, words)?;
        Ok(tail(&got.errors))
    };
    for (ours, theirs) in FURTHER {
        table.case(peer, OUR_CLIENT, &format!("group {theirs}"), || {
            let (_server, port) = serve(bench, peer, None, &[theirs])?;
            let command = bulla::fetch_command(bench, port, &["--keep-open", "--group", ours]);
            fetch(command, &format!("\"group\":\"{ours}\""))
        });
    }
    for kind in ML_DSA {
        table.case(peer, OUR_CLIENT, &format!("a handshake signed by {kind}"), || {
            let issued = Issued::make(bench, kind)?;
            let (_server, port) = serve(bench, peer, Some(&issued), &[HYBRID])?;
            let command = bulla::fetch_trusting(bench, &issued.root, port, &["--keep-open"]);
            let scheme = kind.to_ascii_lowercase().replace('-', "");
            fetch(command, &format!("\"signature\":\"{scheme}\""))
        });
    }
}

/// Node as a server, with a certificate of the authority or this one; its groups, and a version other than TLS 1.3.
fn serve(
    bench: &Bench,
    peer: &Peer,
    issued: Option<&Issued>,
    options: &[&str],
) -> Result<(Running, u16), Failure> {
    let port = process::free_port()?;
    let (chain, key) = match issued {
        Some(issued) => (issued.chain.clone(), issued.key.clone()),
        None => (bench.authority.chain(&["ecdsa-p256", "intermediate"])?, bench.authority.key("ecdsa-p256")),
    };
    let (chain, key) = (chain.display().to_string(), key.display().to_string());
    let mut server =
        Running::start(node(bench, peer, &["serve", &port.to_string(), &chain, &key]).args(options))?;
    server.wait_for("listening")?;
    Ok((server, port))
}

fn check(bench: &Bench, peer: &Peer, groups: &str) -> Result<Checked, Failure> {
    let (_server, port) = serve(bench, peer, None, &[groups])?;
    bulla::check(bulla::check_command(bench, port, &[]))?.trusted()
}
