//! Sessions resumed with OpenSSL and GnuTLS at the other end.

use std::process::Command;

use super::authority::NAME;
use super::bulla::{self, Echo};
use super::openssl::{client, server};
use super::process::{self, Running};
use super::table::{Peer, Table};
use super::{Bench, expect};
use crate::failure::Failure;

/// A version as cases name it, OpenSSL's option for it, and what both say of it.
const VERSIONS: [(&str, &str, &str); 2] = [("1.3", "-tls1_3", "TLSv1.3"), ("1.2", "-tls1_2", "TLSv1.2")];

/// How our server keeps sessions, and its option.
const KEEPINGS: [(&str, &[&str]); 2] = [("by ticket", &[]), ("by name", &["--store"])];

pub(super) fn openssl_cases(bench: &Bench, peer: &Peer, table: &mut Table) {
    for version in VERSIONS {
        for keeping in KEEPINGS {
            let case = format!("resumed {}, {}", version.0, keeping.0);
            table.case(peer, "our server", &case, || served(bench, version, keeping.1));
        }
        for (how, option) in [("by ticket", &[][..]), ("by name", &["-no_ticket"])] {
            let case = format!("resumed {}, {how}", version.0);
            table.case(peer, "our client", &case, || fetched(bench, version, option));
        }
    }
}

pub(super) fn gnutls_cases(bench: &Bench, peer: &Peer, table: &mut Table) {
    for (version, priority) in
        [("1.3", "NORMAL:-VERS-ALL:+VERS-TLS1.3"), ("1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.2")]
    {
        for (how, options) in KEEPINGS {
            table.case(peer, "our server", &format!("resumed {version}, {how}"), || {
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

/// Two `s_client`s, of which the second brings back the session of the first.
fn served(bench: &Bench, version: (&str, &str, &str), options: &[&str]) -> Result<String, Failure> {
    let echo = Echo::start_with(bench, "ecdsa-p256", options)?;
    let session = bench.folder.join("session.pem").display().to_string();
    let root = bench.authority.certificate("root").display().to_string();
    for (option, words) in [("-sess_out", "New, "), ("-sess_in", "Reused, ")] {
        let mut command = client(echo.port, NAME, &root);
        let mut running = Running::start(command.args([version.1, option, &session]))?;
        running.wait_for("Verify return code: 0")?;
        running.say(b"hello\n")?;
        let text = running.wait_for("\nhello")?;
        expect(&text, &format!("{words}{}", version.2))?;
        running.say(b"Q\n")?;
        running.finish()?;
    }
    Ok(format!("Reused, {}", version.2))
}

/// `s_server` that sends lines back reversed, and our client twice.
fn fetched(bench: &Bench, version: (&str, &str, &str), theirs: &[&str]) -> Result<String, Failure> {
    let (_server, port) = server(bench, "ecdsa-p256", &[&[version.1, "-rev"], theirs].concat())?;
    let tls12: &[&str] = if version.1 == "-tls1_2" { &["--tls12"] } else { &[] };
    let mut ours = Running::start(&mut bulla::fetch_command(bench, port, &[&["--resume"], tls12].concat()))?;
    ours.say(b"second\n")?;
    let text = ours.wait_for("dnoces")?;
    expect(&text, "\"resumed\":false")?;
    expect(&text, "\"resumed\":true")?;
    Ok("a new session, then the same resumed".to_owned())
}
