//! OpenSSL: `s_client` against our server, `s_server` against our client.

use std::process::Command;
use std::thread;
use std::time::Duration;

use super::authority::{ED25519, Key, NAME, P256, P384, P521, RSA, Wanted};
use super::bulla::{self, Checked, Echo, Up, page_agrees};
use super::process::{self, Running};
use super::table::{Peer, Table};
use super::{Bench, expect, tail};
use crate::failure::Failure;

const OUR_SERVER: &str = "our server";
const OUR_CLIENT: &str = "our client";

const SUITES: [&str; 3] =
    ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];
/// OpenSSL's name for a group, ours, and how `s_client` prints the server's key.
const GROUPS: [(&str, &str, &str); 3] = [
    ("X25519", "X25519", "Server Temp Key: X25519, 253 bits"),
    ("P-256", "secp256r1", "Server Temp Key: ECDH, prime256v1, 256 bits"),
    ("P-384", "secp384r1", "Server Temp Key: ECDH, secp384r1, 384 bits"),
];
/// Keys a server may have, and how `s_client` prints its signature.
const KEYS: [(&str, Key, &str); 5] = [
    ("ecdsa-p256", P256, "Peer signature type: ECDSA"),
    ("ecdsa-p384", P384, "Peer signature type: ECDSA"),
    ("ecdsa-p521", P521, "Peer signature type: ECDSA"),
    ("ed25519", ED25519, "Peer signature type: ed25519"),
    ("rsa", RSA, "Peer signature type: RSA-PSS"),
];
/// How OpenSSL prints a KeyUpdate that it received.
const OUR_KEY_UPDATE: &str = "<<< TLS 1.3, Handshake [length 0005], KeyUpdate";
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// All cases of `s_client` with our server.
pub(crate) fn server_cases(bench: &Bench, up: &Up, peer: &Peer, table: &mut Table) {
    for suite in SUITES {
        table.case(peer, OUR_SERVER, suite, || {
            page(up, &["-ciphersuites", suite], &[&format!("Cipher is {suite}")], &[suite])
        });
    }
    for (group, name, key) in GROUPS {
        table.case(peer, OUR_SERVER, &format!("group {name}"), || {
            page(up, &["-groups", group], &[key], &[name])
        });
    }
    for (group, name, key) in GROUPS {
        table.case(peer, OUR_SERVER, &format!("HelloRetryRequest to {name}"), || {
            let seen = page(up, &["-groups", &format!("P-521:{group}"), "-msg"], &[key], &[name])?;
            Ok(format!("{seen}, two ClientHellos"))
        });
    }
    for (checked, arguments) in [
        ("no middlebox compatibility", &["-no_middlebox"][..]),
        ("records padded to 512 bytes", &["-record_padding", "512"]),
        ("records of 512 bytes", &["-max_send_frag", "512"]),
        ("no server name", &["-noservername"]),
    ] {
        table.case(peer, OUR_SERVER, checked, || page(up, arguments, &[], &[]));
    }
    for (checked, arguments, alert) in [
        ("TLS 1.1 is refused", &["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"][..], "alert protocol version"),
        ("no common group is refused", &["-groups", "P-521"], "alert handshake failure"),
        ("no common signature is refused", &["-sigalgs", "RSA-PSS+SHA256"], "alert handshake failure"),
        ("no common protocol is refused", &["-alpn", "imap"], "alert no application protocol"),
    ] {
        table.case(peer, OUR_SERVER, checked, || refused(up, arguments, alert));
    }
    for (file, key, words) in KEYS {
        table.case(peer, OUR_SERVER, &format!("{file} certificate"), || certificate(bench, file, key, words));
    }
    bare_server_cases(bench, peer, table);
}

fn bare_server_cases(bench: &Bench, peer: &Peer, table: &mut Table) {
    table.case(peer, OUR_SERVER, "HelloRetryRequest with a cookie", || {
        let text = bare(bench, &["--retry-cookie"], &["-trace", "-groups", "P-521:X25519"])?;
        match text.matches("extension_type=cookie_ext(44)").count() {
            2 => Ok("sent by us, brought back by the second ClientHello".to_owned()),
            count => Err(Failure::new(format!("{count} cookies, not 2"))),
        }
    });
    table.case(peer, OUR_SERVER, "our records padded to 1024 bytes", || {
        let text = bare(bench, &["--padding", "1024"], &["-msg"])?;
        // The header of a protected record: 1024 bytes, the content type and the tag of 16.
        expect(&text, "17 03 03 04 11")?;
        Ok("16 bytes in a record of 1041".to_owned())
    });
    table.case(peer, OUR_SERVER, "client certificate after the handshake", || later_certificate(bench));
    for (checked, letter) in [("KeyUpdate", "k\n"), ("KeyUpdate that asks for ours", "K\n")] {
        table.case(peer, OUR_SERVER, checked, || key_updates(bench, letter));
    }
    table.case(peer, OUR_SERVER, "KeyUpdate by us, answered by theirs", || {
        expect(&bare(bench, &["--update-keys"], &["-msg"])?, OUR_KEY_UPDATE)?;
        Ok("1 update, 1 line echoed".to_owned())
    });
    table.case(peer, OUR_SERVER, "32 MiB there and back", || {
        let echo = Echo::start(bench, "ecdsa-p256")?;
        let sent = std::fs::read(&bench.bulk)?;
        let mut client = client(echo.port, NAME, &bench.authority.certificate("root").display().to_string());
        Running::start(client.args(["-quiet", "-nocommands"]))?.echoes(&sent)?;
        Ok(format!("{} MiB each way", sent.len() >> 20))
    });
}

pub(crate) fn client(port: u16, name: &str, root: &str) -> Command {
    let mut command = Command::new("openssl");
    command.args([
        "s_client",
        "-connect",
        &format!("127.0.0.1:{port}"),
        "-servername",
        name,
        "-verify_hostname",
        name,
    ]);
    command.args(["-CAfile", root, "-verify_return_error"]);
    command
}

/// Fetches the page of `up`; both sides must say the same of the connection.
fn page(up: &Up, arguments: &[&str], printed: &[&str], on_page: &[&str]) -> Result<String, Failure> {
    let mut command = client(up.port, "localhost", &up.root_file());
    if arguments.contains(&"-noservername") {
        command = Command::new("openssl");
        command.args(["s_client", "-connect", &format!("127.0.0.1:{}", up.port), "-CAfile", &up.root_file()]);
    }
    let text = process::run(command.arg("-ign_eof").args(arguments), REQUEST.to_vec())?.succeeded()?.text();
    expect(&text, "New, TLSv1.3")?;
    expect(&text, "Verification: OK")?;
    expect(&text, "HTTP/1.1 200")?;
    printed.iter().try_for_each(|words| expect(&text, words))?;
    page_agrees(&text, on_page)?;
    if arguments.contains(&"-msg") && text.matches(", ClientHello").count() != 2 {
        return Err(Failure::new("there was no second ClientHello"));
    }
    Ok(line_with(&text, "Server Temp Key: "))
}

/// What stands after `label` on its line.
fn line_with(text: &str, label: &str) -> String {
    text.lines()
        .find_map(|line| line.split_once(label))
        .map(|(_, value)| value.trim().to_owned())
        .unwrap_or_default()
}

fn refused(up: &Up, arguments: &[&str], alert: &str) -> Result<String, Failure> {
    let mut command = client(up.port, "localhost", &up.root_file());
    let finished = process::run(command.args(arguments), Vec::new())?;
    if finished.code == Some(0) {
        return Err(Failure::new("was accepted"));
    }
    expect(&finished.errors, alert)?;
    Ok(alert.to_owned())
}

fn certificate(bench: &Bench, file: &'static str, key: Key, words: &str) -> Result<String, Failure> {
    bench.authority.issue(&Wanted { key, ..Wanted::server(file) })?;
    let echo = Echo::start(bench, file)?;
    let mut command = client(echo.port, NAME, &bench.authority.certificate("root").display().to_string());
    let text = process::run(&mut command, b"hello\n".to_vec())?.succeeded()?.text();
    expect(&text, "Verification: OK")?;
    expect(&text, words)?;
    Ok(format!(
        "{}, {}",
        line_with(&text, "Peer signature type: "),
        line_with(&text, "Peer signing digest: ")
    ))
}

/// Sends a line to the echo server over the bare engine; what `s_client` printed comes back.
fn bare(bench: &Bench, ours: &[&str], theirs: &[&str]) -> Result<String, Failure> {
    let echo = Echo::start_with(bench, "ecdsa-p256", ours)?;
    let mut command = client(echo.port, NAME, &bench.authority.certificate("root").display().to_string());
    let mut running = Running::start(command.args(theirs))?;
    running.wait_for("Verify return code: 0")?;
    running.say(b"from the client\n")?;
    // What the client traces may come in pieces, with this line between them.
    running.wait_for("from the client")
}

/// Our server asks once the handshake is done; `s_client` shows a certificate, which must be trusted.
fn later_certificate(bench: &Bench) -> Result<String, Failure> {
    let wanted =
        Wanted { purpose: "clientAuth", names: "URI:spiffe://server.test/later", ..Wanted::server("later") };
    bench.authority.issue(&wanted)?;
    let path = |path: std::path::PathBuf| path.display().to_string();
    let root = path(bench.authority.certificate("root"));
    let (chain, key) = (path(bench.authority.chain(&["intermediate"])?), path(bench.authority.key("later")));
    let certificate = path(bench.authority.certificate("later"));
    let shown = ["-enable_pha", "-msg", "-cert", &certificate, "-key", &key, "-cert_chain", &chain];
    let text = bare(bench, &["--ask-later", &root], &shown)?;
    // What follows the handshake: our request, their answer.
    let (_, later) = text.split_once("], NewSessionTicket").unwrap_or_default();
    for message in ["], CertificateRequest", "], Certificate", "], CertificateVerify", "], Finished"] {
        expect(later, message)?;
    }
    Ok("asked for, shown, trusted; a line echoed behind it".to_owned())
}

/// Types a KeyUpdate command between lines, three times; each line must come back.
fn key_updates(bench: &Bench, letter: &str) -> Result<String, Failure> {
    let echo = Echo::start(bench, "ecdsa-p256")?;
    let mut command = client(echo.port, NAME, &bench.authority.certificate("root").display().to_string());
    let mut running = Running::start(command.arg("-msg"))?;
    running.wait_for("Verify return code: 0")?;
    for line in ["first line\n", "second line\n", "third line\n"] {
        // A command is one only when it is all that a read of the terminal brings.
        thread::sleep(Duration::from_millis(150));
        running.say(letter.as_bytes())?;
        running.wait_for("KEYUPDATE")?;
        thread::sleep(Duration::from_millis(150));
        running.say(line.as_bytes())?;
        running.wait_for(line.trim_end())?;
    }
    if letter == "K\n" {
        expect(&running.text(), OUR_KEY_UPDATE)?;
    }
    Ok("3 updates, 3 lines echoed".to_owned())
}

/// All cases of `s_server` with our client.
pub(crate) fn client_cases(bench: &Bench, peer: &Peer, table: &mut Table) {
    for (file, _, _) in KEYS {
        table.case(peer, OUR_CLIENT, &format!("{file} certificate"), || {
            Ok(checked(bench, file, &[], &[])?.seen())
        });
    }
    for suite in SUITES {
        table.case(peer, OUR_CLIENT, suite, || {
            Ok(checked(bench, "ecdsa-p256", &["-ciphersuites", suite], &[])?
                .connection("suite", suite)?
                .seen())
        });
    }
    for (group, name, _) in GROUPS {
        // We send shares for X25519 and its hybrid; for any other group the server has to ask.
        let retried = if group == "X25519" { "false" } else { "true" };
        table.case(peer, OUR_CLIENT, &format!("group {name}"), || {
            let checked = checked(bench, "ecdsa-p256", &["-groups", group], &[])?;
            Ok(checked.connection("group", name)?.connection("hello_retried", retried)?.seen())
        });
    }
    table.case(peer, OUR_CLIENT, "protocol by ALPN", || {
        let checked = checked(bench, "ecdsa-p256", &["-alpn", "http/1.1"], &["--alpn", "http/1.1"])?;
        Ok(checked.connection("alpn", "http/1.1")?.seen())
    });
    table.case(peer, OUR_CLIENT, "records padded to 512 bytes", || {
        Ok(checked(bench, "ecdsa-p256", &["-record_padding", "512"], &[])?.seen())
    });
    table.case(peer, OUR_CLIENT, "a server of TLS 1.1 is no connection", || {
        not_connected(bench, &["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"])
    });
    table.case(peer, OUR_CLIENT, "no common group is no connection", || {
        not_connected(bench, &["-groups", "P-521"])
    });
    bare_client_cases(bench, peer, table);
}

fn bare_client_cases(bench: &Bench, peer: &Peer, table: &mut Table) {
    table.case(peer, OUR_CLIENT, "download of 32 MiB", || {
        let (_server, port) = server(bench, "ecdsa-p256", &["-WWW", "-http_server_binmode"])?;
        let got = process::run(
            &mut bulla::fetch_command(bench, port, &[]),
            b"GET /bulk.bin HTTP/1.0\r\n\r\n".to_vec(),
        )?;
        let body = std::fs::read(&bench.bulk)?;
        if !got.output.ends_with(&body) {
            return Err(Failure::new(format!(
                "{} bytes, not the file: {}",
                got.output.len(),
                tail(&got.errors)
            )));
        }
        Ok(format!("{} MiB, byte for byte", body.len() >> 20))
    });
    table.case(peer, OUR_CLIENT, "upload of 32 MiB, then half-close", || {
        let (server, port) = server(bench, "ecdsa-p256", &["-quiet", "-naccept", "1"])?;
        let body = std::fs::read(&bench.bulk)?;
        process::run(&mut bulla::fetch_command(bench, port, &[]), body.clone())?.succeeded()?;
        let got = server.finish()?;
        if got.output != body {
            return Err(Failure::new(format!("{} bytes arrived, not the file", got.output.len())));
        }
        Ok(format!("{} MiB, byte for byte", body.len() >> 20))
    });
    table.case(peer, OUR_CLIENT, "HelloRetryRequest with a cookie", || {
        // `s_server -stateless` trips over the ChangeCipherSpec of compatibility mode (openssl/openssl#18453).
        let (mut server, port) = server(bench, "ecdsa-p256", &["-stateless"])?;
        let mut client = Running::start(&mut bulla::fetch_command(bench, port, &["--no-compatibility"]))?;
        client.say(b"from the client\n")?;
        server.wait_for("from the client")?;
        let facts = client.wait_for("\"retried\":true")?;
        Ok(tail(facts.lines().find(|line| line.contains("retried")).unwrap_or_default()))
    });
    table.case(peer, OUR_CLIENT, "KeyUpdate by us, answered by theirs", || {
        let (mut server, port) = server(bench, "ecdsa-p256", &["-msg"])?;
        let mut client = Running::start(&mut bulla::fetch_command(bench, port, &["--update-keys"]))?;
        client.say(b"from the client\n")?;
        expect(&server.wait_for("from the client")?, OUR_KEY_UPDATE)?;
        server.say(b"from the server\n")?;
        client.wait_for("from the server")?;
        Ok("1 update, 2 lines".to_owned())
    });
    for (checked, letter) in [("KeyUpdate", "k\n"), ("KeyUpdate that asks for ours", "K\n")] {
        table.case(peer, OUR_CLIENT, checked, || server_key_updates(bench, letter));
    }
}

/// Starts `s_server` with a certificate of ours; it has answered nobody yet.
pub(crate) fn server(bench: &Bench, file: &str, arguments: &[&str]) -> Result<(Running, u16), Failure> {
    serve(bench, file, Some(bench.authority.chain(&["intermediate"])?), arguments)
}

/// Starts `s_server` with any leaf and any further certificates.
pub(crate) fn serve(
    bench: &Bench,
    file: &str,
    chain: Option<std::path::PathBuf>,
    arguments: &[&str],
) -> Result<(Running, u16), Failure> {
    let port = process::free_port()?;
    let mut command = Command::new("openssl");
    command.current_dir(&bench.folder).args(["s_server", "-accept", &format!("127.0.0.1:{port}")]);
    command.arg("-cert").arg(bench.authority.certificate(file)).arg("-key").arg(bench.authority.key(file));
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

pub(super) fn checked(
    bench: &Bench,
    file: &str,
    arguments: &[&str],
    more: &[&str],
) -> Result<Checked, Failure> {
    let (_server, port) = server(bench, file, arguments)?;
    bulla::check(bulla::check_command(bench, port, more))?.trusted()
}

fn not_connected(bench: &Bench, arguments: &[&str]) -> Result<String, Failure> {
    let (_server, port) = server(bench, "ecdsa-p256", arguments)?;
    bulla::check(bulla::check_command(bench, port, &[]))?.not_connected()
}

/// The server types KeyUpdate commands between lines, and our client answers each line.
fn server_key_updates(bench: &Bench, letter: &str) -> Result<String, Failure> {
    let (mut server, port) = server(bench, "ecdsa-p256", &["-msg"])?;
    let mut client = Running::start(&mut bulla::fetch_command(bench, port, &[]))?;
    server.wait_for("CIPHER is")?;
    for round in ["first", "second", "third"] {
        thread::sleep(Duration::from_millis(150));
        server.say(letter.as_bytes())?;
        thread::sleep(Duration::from_millis(150));
        server.say(format!("{round} from the server\n").as_bytes())?;
        client.wait_for(&format!("{round} from the server"))?;
        client.say(format!("{round} from the client\n").as_bytes())?;
        server.wait_for(&format!("{round} from the client"))?;
    }
    if letter == "K\n" {
        expect(&server.text(), OUR_KEY_UPDATE)?;
    }
    Ok("3 updates, 6 lines".to_owned())
}
