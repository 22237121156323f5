//! A key in a PKCS#11 token: SoftHSM holds it, our server has it sign, OpenSSL is the client.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::authority::{NAME, P256, RSA, Wanted};
use super::openssl::OpenSsl;
use super::process::{self, Running};
use super::table::{Peer, Table};
use super::{Bench, expect, tail};
use crate::failure::Failure;

/// Where Debian's SoftHSM keeps its library.
const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
const PIN: &str = "1234";

/// A file of the authority, and how `s_client` prints its key's signature.
const KEYS: [(&str, &str); 2] =
    [("token-ecdsa", "Peer signature type: ECDSA"), ("token-rsa", "Peer signature type: RSA-PSS")];

/// All cases.
pub(crate) fn cases(bench: &Bench, peer: &Peer, openssl: &Peer, table: &mut Table) {
    for (file, printed) in KEYS {
        table.case(
            peer,
            "our server",
            &format!("the {} key of a token signs", file.replace("token-", "")),
            || {
                let folder = bench.folder.join(file);
                let configured = token(bench, peer, &folder, file)?;
                signed(&OpenSsl { bench, peer: openssl }, &configured, file, printed)
            },
        );
    }
}

/// Makes a token and puts a key into it; gives SoftHSM's configuration file.
fn token(bench: &Bench, peer: &Peer, folder: &Path, file: &'static str) -> Result<PathBuf, Failure> {
    let key = if file == "token-rsa" { RSA } else { P256 };
    bench.authority.issue(&Wanted { key, ..Wanted::server(file) })?;
    let tokens = folder.join("tokens");
    std::fs::create_dir_all(&tokens).map_err(|error| Failure::at(&tokens, &error))?;
    let configured = folder.join("softhsm2.conf");
    let settings = format!("directories.tokendir = {}\nobjectstore.backend = file\n", tokens.display());
    std::fs::write(&configured, settings).map_err(|error| Failure::at(&configured, &error))?;
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&peer.program);
        command.env("SOFTHSM2_CONF", &configured).args(arguments);
        process::run(&mut command, Vec::new())?.succeeded()
    };
    run(&["--init-token", "--free", "--label", "bulla", "--so-pin", PIN, "--pin", PIN])?;
    let key = bench.authority.key(file).display().to_string();
    run(&["--import", &key, "--token", "bulla", "--label", file, "--id", "01", "--pin", PIN])?;
    Ok(configured)
}

/// Starts our server with the certificate and the token, and has OpenSSL talk to it.
fn signed(openssl: &OpenSsl<'_>, configured: &Path, file: &str, printed: &str) -> Result<String, Failure> {
    let bench = openssl.bench;
    let port = process::free_port()?;
    let mut command = Command::new(&bench.binaries.peer);
    command.args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--chain"]);
    command.arg(bench.authority.chain(&[file, "intermediate"])?).env("SOFTHSM2_CONF", configured);
    command.args(["--pkcs11", MODULE, "--pin", PIN, "--key-label", file]);
    let mut server = Running::start(&mut command)?;
    server.wait_for("listening")?;
    let root = bench.authority.certificate("root").display().to_string();
    let mut client = openssl.client(port, NAME, &root);
    let finished = process::run(client.arg("-nocommands"), b"hello\n".to_vec())?;
    let text = finished.text();
    expect(&text, printed).map_err(|error| Failure::new(format!("{error}; {}", tail(&server.text()))))?;
    expect(&text, "Verify return code: 0 (ok)")?;
    Ok(printed.trim_start_matches("Peer signature type: ").to_owned())
}
