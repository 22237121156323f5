//! Peers written in Rust over other engines (`peers/`): programs with the command line of `bulla-peer`. Both sides print
//! their facts, and both must say the same.

use std::process::Command;

use serde_json::{Value, json};

use super::authority::NAME;
use super::bulla::{self, Echo};
use super::process::{self, Finished, Running};
use super::table::{Peer, Table};
use super::{Bench, expect, tail};
use crate::failure::Failure;

const OUR_SERVER: &str = "our server";
const OUR_CLIENT: &str = "our client";
const LINE: &[u8] = b"there and back\n";

/// What one engine has beyond what all have.
pub(super) struct Abilities {
    /// Groups for TLS 1.3 alone, by their registered names.
    pub(super) groups: &'static [&'static str],
    /// Certificates that it takes in a version, beside P-256, P-384 and RSA.
    pub(super) certificates: &'static [(&'static str, &'static str)],
    /// How its sessions are kept: a version, the words of the case, and the option.
    pub(super) keepings: &'static [(&'static str, &'static str, &'static [&'static str])],
}

/// rustls has no group of P-521, by which TLS 1.2 says what certificates it takes.
pub(super) const RUSTLS: Abilities = Abilities {
    groups: &["X25519MLKEM768", "SecP256r1MLKEM768", "MLKEM768", "MLKEM1024"],
    certificates: &[("1.3", "ecdsa-p521"), ("1.3", "ed25519"), ("1.2", "ed25519")],
    keepings: &[
        ("1.3", "by ticket", &[]),
        ("1.3", "by name", &["--no-tickets"]),
        ("1.2", "by ticket", &[]),
        ("1.2", "by name", &["--no-tickets"]),
    ],
};
/// BoringSSL keeps no session of TLS 1.3 without tickets, and takes neither P-521 nor Ed25519 unless told to.
pub(super) const BORINGSSL: Abilities = Abilities {
    groups: &["X25519MLKEM768", "MLKEM1024"],
    certificates: &[],
    keepings: &[("1.3", "by ticket", &[]), ("1.2", "by ticket", &[]), ("1.2", "by name", &["--no-tickets"])],
};

const SUITES: [(&str, &str); 9] = [
    ("TLS_AES_128_GCM_SHA256", "ecdsa-p256"),
    ("TLS_AES_256_GCM_SHA384", "ecdsa-p256"),
    ("TLS_CHACHA20_POLY1305_SHA256", "ecdsa-p256"),
    ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ecdsa-p256"),
    ("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ecdsa-p256"),
    ("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ecdsa-p256"),
    ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "rsa"),
    ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "rsa"),
    ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "rsa"),
];
const CURVES: [&str; 3] = ["x25519", "secp256r1", "secp384r1"];
/// How a version is called, and the option of either side for no more than it.
const VERSIONS: [(&str, &[&str]); 2] = [("1.3", &[]), ("1.2", &["--tls12"])];

/// Who refuses.
#[derive(Clone, Copy)]
enum Side {
    Client,
    Server,
}

/// One engine as a peer.
struct Program<'a> {
    bench: &'a Bench,
    peer: &'a Peer,
}

/// One connection: what each side is told, and what both must say of it.
#[derive(Default)]
struct Asked<'a> {
    /// The server's certificate.
    file: &'a str,
    ours: &'a [&'a str],
    theirs: &'a [&'a str],
    facts: &'a [(&'a str, Value)],
}

/// All cases with one engine.
pub(super) fn cases(bench: &Bench, peer: &Peer, abilities: &Abilities, table: &mut Table) {
    let program = &Program { bench, peer };
    suites(program, table);
    groups(program, abilities.groups, table);
    certificates(program, abilities.certificates, table);
    protocols(program, table);
    for version in VERSIONS {
        clients(program, version, table);
        bulk(program, version, table);
        refusals(program, version, table);
    }
    resumptions(program, abilities, table);
    key_updates(program, table);
}

fn suites(program: &Program<'_>, table: &mut Table) {
    for (suite, file) in SUITES {
        let version = if suite.contains("_WITH_") { "TLS 1.2" } else { "TLS 1.3" };
        let facts = [("suite", json!(suite)), ("version", json!(version))];
        let ours: &[&str] =
            if version == "TLS 1.2" { &["--suite", suite, "--tls12"] } else { &["--suite", suite] };
        program.both(table, suite, &Asked { file, ours, theirs: &[], facts: &facts });
    }
    let facts = [("version", json!("TLS 1.2"))];
    let asked = Asked { file: "rsa", ours: &[], theirs: &["--tls12"], facts: &facts };
    program.both(table, "TLS 1.2 with a peer that has no more", &asked);
}

fn groups(program: &Program<'_>, further: &[&str], table: &mut Table) {
    for (version, option) in VERSIONS {
        for group in CURVES {
            let ours = [&["--group", group], option].concat();
            let facts = [("group", json!(group)), ("version", json!(format!("TLS {version}")))];
            // In TLS 1.2 the groups are those of ECDSA certificates as well.
            let asked = Asked { file: "rsa", ours: &ours, theirs: &["--groups", group], facts: &facts };
            program.both(table, &format!("TLS {version}, group {group}"), &asked);
        }
    }
    for group in further {
        let facts = [("group", json!(group)), ("retried", json!(false))];
        let (ours, theirs) = (["--group", group], ["--groups", group]);
        let asked = Asked { file: "ecdsa-p256", ours: &ours, theirs: &theirs, facts: &facts };
        program.both(table, &format!("group {group}"), &asked);
    }
    // The client keeps its own shares, so that it has to be asked for another.
    let facts = [("group", json!("secp384r1")), ("retried", json!(true))];
    let ours = Asked { file: "ecdsa-p256", ours: &["--group", "secp384r1"], theirs: &[], facts: &facts };
    program.server(table, "HelloRetryRequest to secp384r1", &ours);
    let theirs = Asked { file: "ecdsa-p256", ours: &[], theirs: &["--groups", "secp384r1"], facts: &facts };
    program.client(table, "HelloRetryRequest to secp384r1", &theirs);
}

fn certificates(program: &Program<'_>, further: &[(&str, &'static str)], table: &mut Table) {
    for (version, option) in VERSIONS {
        let more = further.iter().filter(|(for_version, _)| *for_version == version).map(|(_, file)| *file);
        for file in ["ecdsa-p256", "ecdsa-p384", "rsa"].into_iter().chain(more) {
            let facts = [("version", json!(format!("TLS {version}")))];
            let asked = Asked { file, ours: option, theirs: &[], facts: &facts };
            program.both(table, &format!("TLS {version}, {file} certificate"), &asked);
        }
    }
}

fn protocols(program: &Program<'_>, table: &mut Table) {
    for (version, option) in VERSIONS {
        let ours = [&["--alpn", "h2"], option].concat();
        let facts = [("alpn", json!("h2")), ("version", json!(format!("TLS {version}")))];
        let asked = Asked { file: "ecdsa-p256", ours: &ours, theirs: &["--alpn", "h2"], facts: &facts };
        program.both(table, &format!("TLS {version}, protocol by ALPN"), &asked);
        let asked = Asked { theirs: &["--alpn", "imap"], facts: &[], ..asked };
        let case = format!("TLS {version}, no common protocol is refused");
        program.refused(table, &case, &asked, (Side::Server, "no application protocol"));
    }
}

/// Certificates of clients: shown, judged, missing.
fn clients(program: &Program<'_>, (version, option): (&str, &[&str]), table: &mut Table) {
    let root = program.bench.authority.certificate("root").display().to_string();
    let asks = ["--client-ca", root.as_str()];
    for file in ["client-ecdsa-p256", "client-rsa"] {
        let case = format!("TLS {version}, client certificate {file}");
        let shown = match program.bench.authority.shown(file) {
            Ok(shown) => shown,
            Err(failure) => return table.case(program.peer, OUR_SERVER, &case, || Err(failure)),
        };
        let shows = ["--chain", &shown[0], "--key", &shown[1]];
        let facts = [("version", json!(format!("TLS {version}"))), ("peer_certificate", json!(true))];
        let ours = [&asks[..], option].concat();
        program.server(
            table,
            &case,
            &Asked { file: "ecdsa-p256", ours: &ours, theirs: &shows, facts: &facts },
        );
        let ours = [&shows[..], option].concat();
        program.client(
            table,
            &case,
            &Asked { file: "ecdsa-p256", ours: &ours, theirs: &asks, facts: &facts },
        );
    }
    let case = format!("TLS {version}, a client without certificate is refused");
    let ours = [&asks[..], option].concat();
    let asked = Asked { file: "ecdsa-p256", ours: &ours, ..Asked::default() };
    let alert = if version == "1.3" { "certificate required" } else { "handshake failure" };
    program.refused_server(table, &case, &asked, (Side::Server, alert));
    let asked = Asked { file: "ecdsa-p256", ours: option, theirs: &asks, ..Asked::default() };
    // rustls says so in TLS 1.2, too, whose alerts do not have it (RFC 5246 section 7.2).
    let rustls = program.peer.name == "rustls" || version == "1.3";
    let alert = if rustls { "certificate required" } else { "handshake failure" };
    program.refused_client(table, &case, &asked, (Side::Server, alert));
}

fn bulk(program: &Program<'_>, (version, option): (&str, &[&str]), table: &mut Table) {
    let case = format!("TLS {version}, 32 MiB there and back, then half-close");
    let facts = [("version", json!(format!("TLS {version}")))];
    let asked = Asked { file: "ecdsa-p256", ours: option, theirs: &[], facts: &facts };
    let bytes = || std::fs::read(&program.bench.bulk).map_err(Failure::from);
    table.case(program.peer, OUR_SERVER, &case, || program.serve_them(&asked, &bytes()?));
    table.case(program.peer, OUR_CLIENT, &case, || program.fetch_theirs(&asked, &bytes()?));
}

fn refusals(program: &Program<'_>, (version, option): (&str, &[&str]), table: &mut Table) {
    let stranger = program.bench.authority.certificate("stranger").display().to_string();
    let trusts = ["--ca", stranger.as_str()];
    let case = format!("TLS {version}, an unknown authority is refused");
    let refusal = (Side::Client, "unknown ca");
    let asked = Asked { file: "ecdsa-p256", ours: option, theirs: &trusts, facts: &[] };
    program.refused_server(table, &case, &asked, refusal);
    let ours = [&trusts[..], option].concat();
    let asked = Asked { file: "ecdsa-p256", ours: &ours, theirs: &[], facts: &[] };
    program.refused_client(table, &case, &asked, refusal);
}

fn resumptions(program: &Program<'_>, abilities: &Abilities, table: &mut Table) {
    let versioned =
        |wanted: &str| VERSIONS.iter().find(|(version, _)| *version == wanted).map_or(&[][..], |v| v.1);
    for (version, option) in VERSIONS {
        for (how, keeping) in [("by ticket", &[][..]), ("by name", &["--store"])] {
            let ours = [keeping, option].concat();
            let facts = [("resumed", json!(true)), ("version", json!(format!("TLS {version}")))];
            let asked = Asked { file: "ecdsa-p256", ours: &ours, theirs: &["--resume"], facts: &facts };
            program.server(table, &format!("TLS {version}, resumed {how}"), &asked);
        }
    }
    for (version, how, keeping) in abilities.keepings {
        let ours = [&["--resume"], versioned(version)].concat();
        let facts = [("resumed", json!(true)), ("version", json!(format!("TLS {version}")))];
        let asked = Asked { file: "ecdsa-p256", ours: &ours, theirs: keeping, facts: &facts };
        program.client(table, &format!("TLS {version}, resumed {how}"), &asked);
    }
}

fn key_updates(program: &Program<'_>, table: &mut Table) {
    let update: &[&str] = &["--update-keys"];
    for (case, ours, theirs) in [
        ("KeyUpdate by us, answered by theirs", update, &[][..]),
        ("KeyUpdate by them, answered by ours", &[], update),
        ("KeyUpdate by both", update, update),
    ] {
        let facts = [("version", json!("TLS 1.3"))];
        program.both(table, case, &Asked { file: "ecdsa-p256", ours, theirs, facts: &facts });
    }
}

impl Program<'_> {
    fn both(&self, table: &mut Table, case: &str, asked: &Asked<'_>) {
        self.server(table, case, asked);
        self.client(table, case, asked);
    }

    fn server(&self, table: &mut Table, case: &str, asked: &Asked<'_>) {
        table.case(self.peer, OUR_SERVER, case, || self.serve_them(asked, LINE));
    }

    fn client(&self, table: &mut Table, case: &str, asked: &Asked<'_>) {
        table.case(self.peer, OUR_CLIENT, case, || self.fetch_theirs(asked, LINE));
    }

    fn refused(&self, table: &mut Table, case: &str, asked: &Asked<'_>, refusal: (Side, &str)) {
        self.refused_server(table, case, asked, refusal);
        self.refused_client(table, case, asked, refusal);
    }

    /// Their client at our server fails; whoever did not refuse names the alert.
    fn refused_server(&self, table: &mut Table, case: &str, asked: &Asked<'_>, refusal: (Side, &str)) {
        table.case(self.peer, OUR_SERVER, case, || {
            let mut echo = Echo::start_with(self.bench, asked.file, asked.ours)?;
            // Nothing is sent: in TLS 1.3 the alert comes after the client's handshake, and a write may miss it.
            let finished = process::run(&mut self.fetch_command(echo.port, asked.theirs), Vec::new())?;
            failed(&finished)?;
            told(&echo.said("bulla-peer: ")?, &finished.text(), refusal)
        });
    }

    /// Our client at their server fails; whoever did not refuse names the alert.
    fn refused_client(&self, table: &mut Table, case: &str, asked: &Asked<'_>, refusal: (Side, &str)) {
        table.case(self.peer, OUR_CLIENT, case, || {
            let (mut server, port) = self.serve(asked)?;
            let finished =
                process::run(&mut bulla::fetch_command(self.bench, port, asked.ours), LINE.to_vec())?;
            failed(&finished)?;
            told(&server.wait_for("peer: ")?, &finished.text(), refusal)
        });
    }

    /// Their client at our server.
    fn serve_them(&self, asked: &Asked<'_>, bytes: &[u8]) -> Result<String, Failure> {
        let mut echo = Echo::start_with(self.bench, asked.file, asked.ours)?;
        let theirs = process::run(&mut self.fetch_command(echo.port, asked.theirs), bytes.to_vec())?;
        let theirs = came_back(theirs, bytes)?;
        agree(&echo.said("\nended\n")?, &theirs, asked.facts)
    }

    /// Our client at their server.
    fn fetch_theirs(&self, asked: &Asked<'_>, bytes: &[u8]) -> Result<String, Failure> {
        let (mut server, port) = self.serve(asked)?;
        let ours = process::run(&mut bulla::fetch_command(self.bench, port, asked.ours), bytes.to_vec())?;
        let ours = came_back(ours, bytes)?;
        agree(&ours, &server.wait_for("\nended\n")?, asked.facts)
    }

    fn serve(&self, asked: &Asked<'_>) -> Result<(Running, u16), Failure> {
        let port = process::free_port()?;
        let [chain, key] = self.bench.authority.shown(asked.file)?;
        let mut command = Command::new(&self.peer.program);
        command.args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--chain", &chain, "--key", &key]);
        let mut server = Running::start(command.args(asked.theirs))?;
        server.wait_for("listening")?;
        Ok((server, port))
    }

    fn fetch_command(&self, port: u16, more: &[&str]) -> Command {
        let mut command = Command::new(&self.peer.program);
        command.args(["fetch", "--connect", &format!("127.0.0.1:{port}"), "--name", NAME, "--ca"]);
        command.arg(self.bench.authority.certificate("root")).args(more);
        command
    }
}

/// What a client said of its connection, all bytes having come back.
fn came_back(finished: Finished, bytes: &[u8]) -> Result<String, Failure> {
    let finished = finished.succeeded()?;
    if finished.output == bytes {
        return Ok(finished.errors);
    }
    let (got, wanted) = (finished.output.len(), bytes.len());
    Err(Failure::new(format!("{got} of {wanted} bytes came back: {}", tail(&finished.errors))))
}

fn failed(finished: &Finished) -> Result<(), Failure> {
    if finished.code == Some(0) { Err(Failure::new("was accepted")) } else { Ok(()) }
}

/// Fails unless the side that did not refuse names the alert; some engines write it as one word.
fn told(server: &str, client: &str, (by, alert): (Side, &str)) -> Result<String, Failure> {
    let text = match by {
        Side::Server => client,
        Side::Client => server,
    };
    let plain = |text: &str| text.to_ascii_lowercase().replace([' ', '_'], "");
    if !plain(text).contains(&plain(alert)) {
        expect(text, alert)?;
    }
    Ok(format!("alert {alert}"))
}

/// The last connection that a side printed.
fn facts(text: &str) -> Result<Value, Failure> {
    let line = text.lines().rev().find(|line| line.starts_with('{'));
    let line = line.ok_or_else(|| Failure::new(format!("no facts in: {}", tail(text))))?;
    serde_json::from_str(line).map_err(|error| Failure::new(format!("{line}: {error}")))
}

/// Fails unless both sides say the same of what both know, and what was asked for. Whether the other side showed a
/// certificate is the one thing that differs between them.
fn agree(ours: &str, theirs: &str, wanted: &[(&str, Value)]) -> Result<String, Failure> {
    let (ours, theirs) = (facts(ours)?, facts(theirs)?);
    for field in ["version", "suite", "group", "alpn", "resumed", "retried"] {
        let (here, there) = (&ours[field], &theirs[field]);
        // An engine does not know everything, and after a resumption some say nothing of the group.
        if !there.is_null() && !same(here, there) {
            return Err(Failure::new(format!("{field}: we say {here}, they say {there}")));
        }
    }
    for (field, value) in wanted {
        for (who, facts) in [("we", &ours), ("they", &theirs)] {
            let known = who == "we" || !facts[*field].is_null();
            if known && !same(&facts[*field], value) {
                return Err(Failure::new(format!("{field}: {who} say {}, not {value}", facts[*field])));
            }
        }
    }
    let words = ["version", "suite", "group"].map(|field| ours[field].as_str().unwrap_or("-").to_owned());
    Ok(format!("both say {}", words.join(", ")))
}

/// Names are written in more than one case.
fn same(one: &Value, other: &Value) -> bool {
    match (one.as_str(), other.as_str()) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_that_differ_do_not_agree() {
        let line = |suite: &str, resumed: bool| {
            format!(
                "listening\n{}\nended\n",
                json!({"version": "TLS 1.3", "suite": suite, "resumed": resumed})
            )
        };
        let wanted = [("resumed", json!(true))];
        assert!(agree(&line("A", true), &line("a", true), &wanted).is_ok());
        assert!(agree(&line("A", true), &line("B", true), &wanted).is_err());
        assert!(agree(&line("A", false), &line("A", false), &wanted).is_err());
        assert!(agree(&line("A", true), "listening\n", &wanted).is_err());
    }

    #[test]
    fn an_alert_must_be_named_by_who_received_it() {
        let refusal = (Side::Client, "unknown ca");
        assert!(told("received fatal alert: UnknownCA", "not trusted", refusal).is_ok());
        assert!(told("SSLV3_ALERT_UNKNOWN_CA", "not trusted", refusal).is_ok());
        assert!(told("closed", "alert unknown ca", refusal).is_err());
    }
}
