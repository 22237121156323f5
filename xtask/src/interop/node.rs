//! Node's https, http2 and tls; `node.mjs` beside this file is both its client and its server.

use std::process::Command;

use super::authority::NAME;
use super::bulla::{self, Checked, Echo, Up};
use super::process::{self, Running};
use super::table::{Peer, Table};
use super::{Bench, tail};
use crate::failure::Failure;

const OUR_SERVER: &str = "our server";
const OUR_CLIENT: &str = "our client";
const HYBRID: &str = "X25519MLKEM768";

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
    table.case(peer, OUR_SERVER, "32 MiB there and back", || {
        let echo = Echo::start(bench, "ecdsa-p256")?;
        let root = bench.authority.certificate("root").display().to_string();
        script(bench, peer, &["bulk", NAME, &echo.port.to_string(), &root, ""])
    });
}

/// OpenSSL has X25519MLKEM768 since 3.5.
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
}

fn check(bench: &Bench, peer: &Peer, groups: &str) -> Result<Checked, Failure> {
    let port = process::free_port()?;
    let chain = bench.authority.chain(&["ecdsa-p256", "intermediate"])?.display().to_string();
    let key = bench.authority.key("ecdsa-p256").display().to_string();
    let mut server =
        Running::start(&mut node(bench, peer, &["serve", &port.to_string(), &chain, &key, groups]))?;
    server.wait_for("listening")?;
    bulla::check(bulla::check_command(bench, port, &[]))?.trusted()
}
