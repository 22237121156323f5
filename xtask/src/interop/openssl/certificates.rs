//! Certificates of clients, in the handshake and after it, and what is stapled to those of servers.

use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Duration;

use super::super::authority::{CLIENTS, Wanted};
use super::super::bulla::{self, Echo};
use super::super::expect;
use super::super::process::{self, Running};
use super::super::table::Table;
use super::{OUR_CLIENT, OUR_SERVER, OpenSsl};
use crate::failure::Failure;

/// A version as cases name it, OpenSSL's option for it, our client's, and the alert that says "no certificate".
const VERSIONS: [(&str, &str, &[&str], &str); 2] =
    [("1.3", "-tls1_3", &[], "certificate required"), ("1.2", "-tls1_2", &["--tls12"], "handshake failure")];
/// A client's certificate from an authority that nobody trusts.
const STRANGE: &str = "client-strange";
/// The name in every client's certificate.
const CLIENT_NAME: &str = "spiffe://server.test/client";

/// All cases.
pub(super) fn cases(openssl: &OpenSsl<'_>, table: &mut Table) {
    for (version, option, ours, missing) in VERSIONS {
        for (file, _) in CLIENTS {
            let case = format!("TLS {version}, certificate {file}");
            table.case(openssl.peer, OUR_SERVER, &case, || served(openssl, option, file));
            table.case(openssl.peer, OUR_CLIENT, &case, || shown(openssl, option, ours, file));
        }
        let case = format!("TLS {version}, a client without certificate is refused");
        table.case(openssl.peer, OUR_SERVER, &case, || refused(openssl, option, None, missing));
        table.case(openssl.peer, OUR_CLIENT, &case, || refused_by_them(openssl, option, ours, missing));
        let case = format!("TLS {version}, a client of an unknown authority is refused");
        table.case(openssl.peer, OUR_SERVER, &case, || refused(openssl, option, Some(STRANGE), "unknown ca"));
        let case = format!("TLS {version}, a client without certificate is taken where it may be");
        table.case(openssl.peer, OUR_SERVER, &case, || nobody(openssl, option));
        let case = format!("TLS {version}, a stapled OCSP response");
        table.case(openssl.peer, OUR_SERVER, &case, || stapled_by_us(openssl, option));
        table.case(openssl.peer, OUR_CLIENT, &case, || stapled_by_them(openssl, option, ours));
    }
    table.case(openssl.peer, OUR_SERVER, "client certificate after the handshake", || asked_later(openssl));
    table.case(openssl.peer, OUR_CLIENT, "client certificate after the handshake", || shown_later(openssl));
}

/// `s_client` with a certificate, if it has one, at our server that asks for it.
fn client(openssl: &OpenSsl<'_>, echo: &Echo, option: &str, file: Option<&str>) -> Result<Command, Failure> {
    let mut command = openssl.client_of(echo);
    command.arg(option);
    if let Some(file) = file {
        let authority = &openssl.bench.authority;
        command.arg("-cert").arg(authority.certificate(file)).arg("-key").arg(authority.key(file));
        command.arg("-cert_chain").arg(authority.chain(&["intermediate"])?);
    }
    Ok(command)
}

fn served(openssl: &OpenSsl<'_>, option: &str, file: &str) -> Result<String, Failure> {
    let mut echo = Echo::start_with(openssl.bench, "ecdsa-p256", &["--client-ca", &openssl.root()])?;
    let text = process::run(&mut client(openssl, &echo, option, Some(file))?, b"hello\n".to_vec())?;
    expect(&text.succeeded()?.text(), "Acceptable client certificate CA names")?;
    let said = echo.said("\nended\n")?;
    for words in [&format!("client CN=interop {file}"), CLIENT_NAME, "\"peer_certificate\":true"] {
        expect(&said, words)?;
    }
    Ok(format!("shown to us, who say: {CLIENT_NAME}"))
}

fn shown(openssl: &OpenSsl<'_>, option: &str, ours: &[&str], file: &str) -> Result<String, Failure> {
    let root = openssl.root();
    let asks = [option, "-Verify", "2", "-verify_return_error", "-CAfile", &root];
    let [chain, key] = openssl.bench.authority.shown(file)?;
    // OpenSSL takes from a client of TLS 1.2 only keys on curves that the client offers for its own sake.
    let (own, offered): (_, &[&str]) =
        if file.ends_with("p521") { ("rsa", &["--group", "secp521r1"]) } else { ("ecdsa-p256", &[]) };
    let (mut server, port) = openssl.server(own, &asks)?;
    let ours = [&["--chain", &chain, "--key", &key], ours, offered].concat();
    let mut client = Running::start(&mut bulla::fetch_command(openssl.bench, port, &ours))?;
    client.say(b"from the client\n")?;
    let text = server.wait_for("from the client")?;
    for words in [&format!("interop {file}"), "Client certificate", "Peer signature type"] {
        expect(&text, words)?;
    }
    Ok(format!("they say: interop {file}"))
}

fn refused(
    openssl: &OpenSsl<'_>,
    option: &str,
    file: Option<&'static str>,
    alert: &str,
) -> Result<String, Failure> {
    if let Some(file) = file {
        openssl.bench.authority.issue(&Wanted { signer: "stranger", ..Wanted::client(file) })?;
    }
    let mut echo = Echo::start_with(openssl.bench, "ecdsa-p256", &["--client-ca", &openssl.root()])?;
    let mut running = Running::start(&mut client(openssl, &echo, option, file)?)?;
    // In TLS 1.3 the client learns of it when it reads, its handshake being done.
    let theirs = running.wait_for(&format!("alert {alert}"));
    let ours = echo.said("bulla-peer: ")?;
    theirs?;
    expect(&ours.to_ascii_lowercase(), "certificate")?;
    Ok(format!("alert {alert}"))
}

fn refused_by_them(
    openssl: &OpenSsl<'_>,
    option: &str,
    ours: &[&str],
    alert: &str,
) -> Result<String, Failure> {
    let root = openssl.root();
    let (_server, port) = openssl.server("ecdsa-p256", &[option, "-Verify", "2", "-CAfile", &root])?;
    let mut client = Running::start(&mut bulla::fetch_command(openssl.bench, port, ours))?;
    client.wait_for(&alert.replace(' ', "_"))?;
    Ok(format!("alert {alert}, as we say"))
}

fn nobody(openssl: &OpenSsl<'_>, option: &str) -> Result<String, Failure> {
    let asks = ["--client-ca", &openssl.root(), "--optional"];
    let mut echo = Echo::start_with(openssl.bench, "ecdsa-p256", &asks)?;
    let text = process::run(&mut client(openssl, &echo, option, None)?, b"hello\n".to_vec())?;
    expect(&text.succeeded()?.text(), "Acceptable client certificate CA names")?;
    expect(&echo.said("\nended\n")?, "\"peer_certificate\":false")?;
    Ok("asked for, not shown, taken".to_owned())
}

/// An OCSP response for the server's certificate, made by OpenSSL.
fn response(openssl: &OpenSsl<'_>) -> Result<PathBuf, Failure> {
    let authority = &openssl.bench.authority;
    let (request, response) =
        (openssl.bench.folder.join("ocsp.request"), openssl.bench.folder.join("ocsp.der"));
    let issuer = authority.certificate("intermediate");
    let mut command = Command::new(&openssl.peer.program);
    command.arg("ocsp").arg("-issuer").arg(&issuer).arg("-cert").arg(authority.certificate("ecdsa-p256"));
    process::run(command.arg("-no_nonce").arg("-reqout").arg(&request), Vec::new())?.succeeded()?;
    let mut command = Command::new(&openssl.peer.program);
    command.arg("ocsp").arg("-index").arg(authority.certificate("index").with_extension("txt"));
    command
        .arg("-CA")
        .arg(&issuer)
        .arg("-rsigner")
        .arg(&issuer)
        .arg("-rkey")
        .arg(authority.key("intermediate"));
    command.arg("-reqin").arg(&request).arg("-respout").arg(&response).args(["-ndays", "7"]);
    process::run(&mut command, Vec::new())?.succeeded()?;
    Ok(response)
}

fn stapled_by_us(openssl: &OpenSsl<'_>, option: &str) -> Result<String, Failure> {
    let file = response(openssl)?.display().to_string();
    let echo = Echo::start_with(openssl.bench, "ecdsa-p256", &["--staple", &file])?;
    let mut command = client(openssl, &echo, option, None)?;
    let text = process::run(command.arg("-status"), b"hello\n".to_vec())?.succeeded()?.text();
    expect(&text, "OCSP Response Status: successful")?;
    expect(&text, "Cert Status: good")?;
    Ok("they read it: good".to_owned())
}

fn stapled_by_them(openssl: &OpenSsl<'_>, option: &str, ours: &[&str]) -> Result<String, Failure> {
    let file = response(openssl)?;
    let length = std::fs::metadata(&file).map_err(|error| Failure::at(&file, &error))?.len();
    let file = file.display().to_string();
    let (mut server, port) = openssl.server("ecdsa-p256", &[option, "-status_file", &file])?;
    let mut client = Running::start(&mut bulla::fetch_command(openssl.bench, port, ours))?;
    client.say(b"from the client\n")?;
    server.wait_for("from the client")?;
    client.wait_for(&format!("\"ocsp_bytes\":{length}"))?;
    Ok(format!("{length} bytes, as they are in the file"))
}

/// Our server asks once the handshake is done; `s_client` shows a certificate, which must be trusted.
fn asked_later(openssl: &OpenSsl<'_>) -> Result<String, Failure> {
    let mut echo = Echo::start_with(openssl.bench, "ecdsa-p256", &["--ask-later", &openssl.root()])?;
    let mut command = client(openssl, &echo, "-tls1_3", Some("client-ecdsa-p256"))?;
    let mut running = Running::start(command.args(["-enable_pha", "-msg"]))?;
    running.wait_for("Verify return code: 0")?;
    running.say(b"from the client\n")?;
    let text = running.wait_for("from the client")?;
    // What follows the handshake: our request, their answer.
    let (_, later) = text.split_once("], NewSessionTicket").unwrap_or_default();
    for message in ["], CertificateRequest", "], Certificate", "], CertificateVerify", "], Finished"] {
        expect(later, message)?;
    }
    running.say(b"Q\n")?;
    running.finish()?;
    expect(&echo.said("\nended\n")?, CLIENT_NAME)?;
    Ok(format!("asked for, shown, trusted; we say: {CLIENT_NAME}"))
}

/// `s_server` asks by its command `c`; our client shows a certificate, which must be trusted.
fn shown_later(openssl: &OpenSsl<'_>) -> Result<String, Failure> {
    let root = openssl.root();
    let asks = ["-tls1_3", "-msg", "-CAfile", &root];
    let (mut server, port) = openssl.server("ecdsa-p256", &asks)?;
    let [chain, key] = openssl.bench.authority.shown("client-ecdsa-p256")?;
    let ours = ["--show-later", "--chain", &chain, "--key", &key];
    let mut client = Running::start(&mut bulla::fetch_command(openssl.bench, port, &ours))?;
    client.say(b"before\n")?;
    server.wait_for("before")?;
    if server.text().contains("interop client-ecdsa-p256") {
        return Err(Failure::new("the certificate was shown before it was asked for"));
    }
    // A command is one only when it is all that a read of the terminal brings.
    server.say(b"c\n")?;
    server.wait_for("], CertificateRequest")?;
    thread::sleep(Duration::from_millis(150));
    server.say(b"what now\n")?;
    client.wait_for("what now")?;
    client.say(b"after\n")?;
    let text = server.wait_for("after")?;
    for words in ["CN = interop client-ecdsa-p256", "verify return:1", "], CertificateVerify"] {
        expect(&text.replace("CN=", "CN = "), words)?;
    }
    Ok("asked for, shown, trusted; they say: interop client-ecdsa-p256".to_owned())
}
