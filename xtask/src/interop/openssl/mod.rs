//! OpenSSL's command line, of any release: `s_client` at our server, `s_server` for our client.

pub(super) mod certificates;
mod client;
mod key_transport;
pub(super) mod newer;
pub(super) mod resumption;
mod server;
mod tls12;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use super::Bench;
use super::authority::NAME;
use super::bulla::{self, Checked, Echo, Up};
use super::process::{self, Running};
use super::table::{Peer, Table};
use crate::failure::Failure;

const OUR_SERVER: &str = "our server";
const OUR_CLIENT: &str = "our client";

const SUITES: [&str; 3] =
    ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];
/// OpenSSL's name for a group, ours, and how `s_client` prints the server's key, in old releases and new.
const GROUPS: [(&str, &str, &str); 3] = [
    ("X25519", "X25519", "Temp Key: X25519, 253 bits"),
    ("P-256", "secp256r1", "Temp Key: ECDH, prime256v1, 256 bits"),
    ("P-384", "secp384r1", "Temp Key: ECDH, secp384r1, 384 bits"),
];
/// The servers' certificates, and how `s_client` prints their signatures, in lower case.
const KEYS: [(&str, &str); 5] = [
    ("ecdsa-p256", "peer signature type: ecdsa"),
    ("ecdsa-p384", "peer signature type: ecdsa"),
    ("ecdsa-p521", "peer signature type: ecdsa"),
    ("ed25519", "peer signature type: ed25519"),
    ("rsa", "peer signature type: rsa-pss"),
];
/// How OpenSSL prints a KeyUpdate that it received.
const OUR_KEY_UPDATE: &str = "<<< TLS 1.3, Handshake [length 0005], KeyUpdate";

/// One release of OpenSSL as a peer.
pub(super) struct OpenSsl<'a> {
    pub(super) bench: &'a Bench,
    pub(super) peer: &'a Peer,
}

/// All cases of one release in which `bulla up` is the server.
pub(super) fn page_cases(bench: &Bench, up: &Up, peer: &Peer, table: &mut Table) {
    server::page_cases(&OpenSsl { bench, peer }, up, table);
}

/// All other cases of one release.
pub(super) fn cases(bench: &Bench, peer: &Peer, table: &mut Table) {
    let openssl = &OpenSsl { bench, peer };
    server::bare_cases(openssl, table);
    client::cases(openssl, table);
    tls12::cases(openssl, table);
    certificates::cases(openssl, table);
    key_transport::cases(openssl, table);
    resumption::cases(openssl, table);
}

impl OpenSsl<'_> {
    /// `s_client` that goes by this name and trusts this root.
    pub(super) fn client(&self, port: u16, name: &str, root: &str) -> Command {
        let mut command = Command::new(&self.peer.program);
        let address = format!("127.0.0.1:{port}");
        command.args(["s_client", "-connect", &address, "-servername", name, "-verify_hostname", name]);
        command.args(["-CAfile", root, "-verify_return_error"]);
        command
    }

    /// `s_client` at our echo server.
    fn client_of(&self, echo: &Echo) -> Command {
        self.client(echo.port, NAME, &self.root())
    }

    /// The root of the peers' authority, for command lines.
    fn root(&self) -> String {
        self.bench.authority.certificate("root").display().to_string()
    }

    /// Starts `s_server` with a certificate of ours; it has answered nobody yet.
    fn server(&self, file: &str, arguments: &[&str]) -> Result<(Running, u16), Failure> {
        self.serve(file, Some(self.bench.authority.chain(&["intermediate"])?), arguments)
    }

    /// As [`OpenSsl::server`], under a file of settings.
    fn server_by(&self, settings: &str, file: &str, arguments: &[&str]) -> Result<(Running, u16), Failure> {
        let authority = &self.bench.authority;
        let shown = (authority.certificate(file), authority.key(file));
        let chain = Some(authority.chain(&["intermediate"])?);
        let mut program = Command::new(&self.peer.program);
        self.start(program.env("OPENSSL_CONF", settings), (&shown.0, &shown.1), chain, arguments)
    }

    /// Starts `s_server` with any leaf and any further certificates.
    pub(super) fn serve(
        &self,
        file: &str,
        chain: Option<PathBuf>,
        arguments: &[&str],
    ) -> Result<(Running, u16), Failure> {
        let authority = &self.bench.authority;
        self.show(&authority.certificate(file), &authority.key(file), chain, arguments)
    }

    /// Starts `s_server` with this certificate, this key and any further certificates.
    fn show(
        &self,
        certificate: &Path,
        key: &Path,
        chain: Option<PathBuf>,
        arguments: &[&str],
    ) -> Result<(Running, u16), Failure> {
        self.start(&mut Command::new(&self.peer.program), (certificate, key), chain, arguments)
    }

    fn start(
        &self,
        command: &mut Command,
        (certificate, key): (&Path, &Path),
        chain: Option<PathBuf>,
        arguments: &[&str],
    ) -> Result<(Running, u16), Failure> {
        let port = process::free_port()?;
        command.current_dir(&self.bench.folder).args(["s_server", "-accept", &format!("127.0.0.1:{port}")]);
        command.arg("-cert").arg(certificate).arg("-key").arg(key);
        if let Some(chain) = chain {
            command.arg("-cert_chain").arg(chain);
        }
        let mut running = Running::start(command.args(arguments))?;
        if arguments.contains(&"-quiet") {
            // It says nothing when it is ready; a probe would use up its one connection.
            thread::sleep(Duration::from_millis(500));
        } else {
            running.wait_for("ACCEPT")?;
        }
        Ok((running, port))
    }

    /// What `bulla check` says of such a server, which it must trust.
    fn checked(&self, file: &str, arguments: &[&str], more: &[&str]) -> Result<Checked, Failure> {
        let (_server, port) = self.server(file, arguments)?;
        bulla::check(bulla::check_command(self.bench, port, more))?.trusted()
    }
}
