//! Our own side: `bulla up`, `bulla check`, and the engine bare (`bulla-peer`).

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::authority::NAME;
use super::process::{self, Running};
use super::{Bench, expect, tail};
use crate::failure::Failure;

/// The programs under test, built before the first case.
pub(crate) struct Binaries {
    bulla: PathBuf,
    pub(super) peer: PathBuf,
}

impl Binaries {
    /// The programs in a folder.
    pub(crate) fn in_folder(folder: &Path) -> Binaries {
        Binaries { bulla: folder.join("bulla"), peer: folder.join("bulla-peer") }
    }

    /// Our program, for `bulla cert`.
    pub(crate) fn cert(&self) -> PathBuf {
        self.bulla.clone()
    }

    /// Builds the programs of this workspace.
    pub(crate) fn build(root: &Path, release: bool) -> Result<Binaries, Failure> {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--locked", "--package", "bulla", "--package", "bulla-peer"]);
        if release {
            cargo.arg("--release");
        }
        let status = cargo.current_dir(root).status()?;
        if !status.success() {
            return Err(Failure::new(format!("interop: cargo build: {status}")));
        }
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        Ok(Binaries::in_folder(&target.join(if release { "release" } else { "debug" })))
    }
}

/// A running `bulla up` with a data folder of its own.
pub(crate) struct Up {
    process: Running,
    /// Where it speaks HTTPS.
    pub(crate) port: u16,
    /// Where it redirects plain HTTP.
    pub(crate) plain_port: u16,
    /// The root its certificates lead to.
    pub(crate) root: PathBuf,
}

impl Up {
    /// Starts it on free ports and waits until it answers.
    pub(crate) fn start(bench: &Bench) -> Result<Up, Failure> {
        let (port, plain_port) = (process::free_port()?, process::free_port()?);
        let data = bench.folder.join("data");
        let mut command = Command::new(&bench.binaries.bulla);
        command.arg("up").arg("--data").arg(&data);
        command.args([
            "--listen",
            &format!("127.0.0.1:{port}"),
            "--redirect",
            &format!("127.0.0.1:{plain_port}"),
        ]);
        let process = Running::start(&mut command)?;
        let root = data.join("authority/root.pem");
        let up = Up { process, port, plain_port, root };
        process::wait_for_port(port).map_err(|failure| {
            Failure::new(format!("bulla up: {failure}; it said: {}", tail(&up.process.text())))
        })?;
        Ok(up)
    }

    /// The root's file as text, for command lines.
    pub(crate) fn root_file(&self) -> String {
        self.root.display().to_string()
    }

    /// Interrupts it as Ctrl-C does; it must end with exit code 0.
    pub(crate) fn stop(self) -> Result<String, Failure> {
        self.process.interrupt()?.succeeded()?;
        Ok("exit code 0".to_owned())
    }
}

/// What `bulla check --json` found.
pub(crate) struct Checked {
    pub(crate) code: Option<i32>,
    pub(crate) report: Value,
    /// What it printed, for failures.
    text: String,
}

impl Checked {
    /// Fails unless the chain was trusted and the exit code says so.
    pub(crate) fn trusted(self) -> Result<Checked, Failure> {
        if self.code == Some(0) && self.report["trusted"] == true {
            return Ok(self);
        }
        Err(self.unexpected("not trusted"))
    }

    /// Fails unless exactly this rule refused the server, with exit code 1.
    pub(crate) fn refused(self, rule: &str) -> Result<Checked, Failure> {
        if self.code == Some(1) && self.report["reason"]["rule"] == rule && self.report["trusted"] == false {
            return Ok(self);
        }
        Err(self.unexpected(&format!("not refused as {rule}")))
    }

    /// Fails unless the exit code says that there was no connection.
    pub(crate) fn not_connected(self) -> Result<String, Failure> {
        if self.code != Some(2) {
            return Err(self.unexpected("not told as no connection"));
        }
        Ok(format!("exit code 2: {}", self.report["text"].as_str().unwrap_or_default()))
    }

    /// Fails unless a field of the connection has this value.
    pub(crate) fn connection(self, field: &str, value: &str) -> Result<Checked, Failure> {
        if self.field(field).eq_ignore_ascii_case(value) {
            return Ok(self);
        }
        Err(self.unexpected(&format!("{field} is not {value}")))
    }

    /// The connection in a few words.
    pub(crate) fn seen(&self) -> String {
        let again =
            if self.report["connection"]["hello_retried"] == true { ", HelloRetryRequest" } else { "" };
        format!("{}, {}, {}{again}", self.field("suite"), self.field("group"), self.field("signature"))
    }

    fn field(&self, field: &str) -> String {
        let value = &self.report["connection"][field];
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    }

    fn unexpected(&self, what: &str) -> Failure {
        let reason = &self.report["reason"];
        let found = match (reason["rule"].as_str(), reason["text"].as_str()) {
            (Some(rule), Some(text)) => format!("{rule}: {text}"),
            _ => tail(&self.text),
        };
        Failure::new(format!("{what}: exit code {:?}: {found}", self.code))
    }
}

/// The command that checks the server on `port` under the name of the peers' certificates.
pub(crate) fn check_command(bench: &Bench, port: u16, more: &[&str]) -> Command {
    let mut command = Command::new(&bench.binaries.bulla);
    command.arg("check").arg(format!("{NAME}:{port}")).args([
        "--connect",
        &format!("127.0.0.1:{port}"),
        "--json",
    ]);
    command.arg("--ca").arg(bench.authority.certificate("root")).args(more);
    command
}

/// Runs a `bulla check --json`.
pub(crate) fn check(mut command: Command) -> Result<Checked, Failure> {
    let finished = process::run(&mut command, Vec::new())?;
    let report = serde_json::from_slice(&finished.output).unwrap_or(Value::Null);
    Ok(Checked { code: finished.code, report, text: finished.text() })
}

/// Our client twice at a server that answers lines or HTTP: the second connection brings back the session of the first.
pub(crate) fn fetch_resumed(
    bench: &Bench,
    port: u16,
    version: &str,
    more: &[&str],
) -> Result<String, Failure> {
    let versions: &[&str] = if version == "1.2" { &["--tls12"] } else { &[] };
    let request = format!("GET / HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n");
    let mut command = fetch_command(bench, port, &[&["--resume"], versions, more].concat());
    let got = process::run(&mut command, request.into_bytes())?.succeeded()?;
    for words in [format!("\"version\":\"TLS {version}\""), "\"resumed\":true".to_owned()] {
        expect(&got.errors, &words)?;
    }
    Ok("a new session, then the same resumed".to_owned())
}

/// A running echo server over the bare engine.
pub(crate) struct Echo {
    process: Running,
    pub(crate) port: u16,
}

impl Echo {
    /// Starts it with a certificate of the peers' authority.
    pub(crate) fn start(bench: &Bench, file: &str) -> Result<Echo, Failure> {
        Echo::start_with(bench, file, &[])
    }

    /// Starts it with further options of `bulla-peer serve`.
    pub(crate) fn start_with(bench: &Bench, file: &str, options: &[&str]) -> Result<Echo, Failure> {
        let chain = bench.authority.chain(&[file, "intermediate"])?;
        Echo::show(bench, &chain, &bench.authority.key(file), options)
    }

    /// Starts it with this chain and key.
    pub(crate) fn show(bench: &Bench, chain: &Path, key: &Path, options: &[&str]) -> Result<Echo, Failure> {
        let port = process::free_port()?;
        let mut command = Command::new(&bench.binaries.peer);
        command.args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--chain"]);
        command.arg(chain).arg("--key").arg(key);
        let mut process = Running::start(command.args(options))?;
        process.wait_for("listening")?;
        Ok(Echo { process, port })
    }
}

impl Echo {
    /// What the server has said by the time it has said this.
    pub(crate) fn said(&mut self, words: &str) -> Result<String, Failure> {
        self.process.wait_for(words)
    }
}

/// The command that connects the bare engine as a client: its input goes to the server, what the server says is its output.
pub(crate) fn fetch_command(bench: &Bench, port: u16, more: &[&str]) -> Command {
    fetch_trusting(bench, &bench.authority.certificate("root"), port, more)
}

/// As [`fetch_command`], with another root.
pub(crate) fn fetch_trusting(bench: &Bench, root: &Path, port: u16, more: &[&str]) -> Command {
    let mut command = Command::new(&bench.binaries.peer);
    command.args(["fetch", "--connect", &format!("127.0.0.1:{port}"), "--name", NAME, "--ca"]);
    command.arg(root).args(more);
    command
}

/// A root, a chain and a key of this kind, made by bulla: OpenSSL 3.0, which makes the others, does not know ML-DSA.
pub(crate) struct Issued {
    pub(crate) root: PathBuf,
    pub(crate) chain: PathBuf,
    pub(crate) key: PathBuf,
}

impl Issued {
    /// Makes them in a folder of their own.
    pub(crate) fn make(bench: &Bench, kind: &str) -> Result<Issued, Failure> {
        let folder = bench.folder.join(kind);
        std::fs::create_dir_all(&folder).map_err(|error| Failure::at(&folder, &error))?;
        let mut command = Command::new(&bench.binaries.peer);
        command.args(["issue", "--key", kind, "--name", NAME, "--folder"]).arg(&folder);
        process::run(&mut command, Vec::new())?.succeeded()?;
        let [root, chain, key] = ["root.pem", "chain.pem", "key.pem"].map(|name| folder.join(name));
        Ok(Issued { root, chain, key })
    }
}

/// Fails unless the page is whole and names what the peer saw too. The registry writes `x25519`, OpenSSL `X25519`.
pub(crate) fn page_agrees(page: &str, words: &[&str]) -> Result<(), Failure> {
    expect(page, "</html>")?;
    let page = page.to_ascii_lowercase();
    words.iter().try_for_each(|words| expect(&page, &words.to_ascii_lowercase()))
}
