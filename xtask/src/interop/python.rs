//! Python's ssl module; `python.py` beside this file is the client.

use std::process::Command;

use super::authority::NAME;
use super::bulla::{self, Echo, Up};
use super::openssl::resumption::KEEPINGS;
use super::process::{self, Running};
use super::table::{Peer, Table};
use super::{Bench, tail};
use crate::failure::Failure;

const OURS: &str = "our server";
/// A version as cases name it, and as Python does.
const VERSIONS: [(&str, &str); 2] = [("1.3", "TLSv1_3"), ("1.2", "TLSv1_2")];

/// All cases with Python.
pub(crate) fn cases(bench: &Bench, up: &Up, peer: &Peer, table: &mut Table) {
    let (page, root) = (up.port.to_string(), up.root_file());
    for (checked, verb) in [
        ("page, 10 requests on one connection", "page"),
        ("protocol by ALPN", "alpn"),
        ("8 connections at once", "parallel"),
        ("a connection cut short leaves the server well", "cut"),
        ("a wrong name is refused by Python", "wrong-name"),
    ] {
        table.case(peer, OURS, checked, || script(bench, peer, &[verb, "localhost", &page, &root]));
    }
    let root = bench.authority.certificate("root").display().to_string();
    for (checked, verb) in
        [("32 MiB there and back", "bulk"), ("half-close: we answer after its close_notify", "half-close")]
    {
        table.case(peer, OURS, checked, || {
            let echo = Echo::start(bench, "ecdsa-p256")?;
            script(bench, peer, &[verb, NAME, &echo.port.to_string(), &root])
        });
    }
    for (version, theirs) in VERSIONS {
        for (how, options) in KEEPINGS {
            table.case(peer, OURS, &format!("resumed {version}, {how}"), || {
                let echo = Echo::start_with(bench, "ecdsa-p256", options)?;
                script(bench, peer, &["resume", NAME, &echo.port.to_string(), &root, theirs])
            });
        }
    }
}

/// Python as a server.
pub(crate) fn client_cases(bench: &Bench, peer: &Peer, table: &mut Table) {
    table.case(peer, "our client", "half-close: it answers after our close_notify", || {
        let (_server, port) = serve(bench, peer, "serve", &[])?;
        let sent = std::fs::read(&bench.bulk)?;
        let mut fetch = bulla::fetch_command(bench, port, &[]);
        let got = process::run(&mut fetch, sent.clone())?.succeeded()?;
        if got.output != sent {
            return Err(Failure::new(format!("{} bytes came back: {}", got.output.len(), tail(&got.errors))));
        }
        Ok(format!("{} MiB sent and closed, all of it came back", sent.len() >> 20))
    });
    for (version, theirs) in VERSIONS {
        table.case(peer, "our client", &format!("resumed {version}, by ticket"), || {
            let (_server, port) = serve(bench, peer, "lines", &[theirs])?;
            bulla::fetch_resumed(bench, port, version, &[])
        });
    }
}

/// Python as a server, by one of its verbs.
fn serve(bench: &Bench, peer: &Peer, verb: &str, options: &[&str]) -> Result<(Running, u16), Failure> {
    let port = process::free_port()?;
    let chain = bench.authority.chain(&["ecdsa-p256", "intermediate"])?;
    let mut command = Command::new(&peer.program);
    command.arg(bench.root.join("xtask/src/interop/python.py")).args([verb, NAME, &port.to_string()]);
    let mut server = Running::start(command.arg(chain).arg(bench.authority.key("ecdsa-p256")).args(options))?;
    server.wait_for("listening")?;
    Ok((server, port))
}

fn script(bench: &Bench, peer: &Peer, arguments: &[&str]) -> Result<String, Failure> {
    let mut command = Command::new(&peer.program);
    command.arg(bench.root.join("xtask/src/interop/python.py")).args(arguments);
    let finished = process::run(&mut command, Vec::new())?.succeeded()?;
    Ok(tail(&String::from_utf8_lossy(&finished.output)))
}
