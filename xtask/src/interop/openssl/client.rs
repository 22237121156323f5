//! `s_server` for our client.

use std::thread;
use std::time::Duration;

use super::super::bulla;
use super::super::process::{self, Running};
use super::super::table::Table;
use super::super::{expect, tail};
use super::{GROUPS, KEYS, OUR_CLIENT, OUR_KEY_UPDATE, OpenSsl, SUITES};
use crate::failure::Failure;

/// All cases of `s_server` with our client.
pub(super) fn cases(openssl: &OpenSsl<'_>, table: &mut Table) {
    for (file, _) in KEYS {
        table.case(openssl.peer, OUR_CLIENT, &format!("{file} certificate"), || {
            Ok(openssl.checked(file, &[], &[])?.seen())
        });
    }
    for suite in SUITES {
        table.case(openssl.peer, OUR_CLIENT, suite, || {
            Ok(openssl
                .checked("ecdsa-p256", &["-ciphersuites", suite], &[])?
                .connection("suite", suite)?
                .seen())
        });
    }
    for (group, name, _) in GROUPS {
        // We send shares for X25519 and its hybrid; for any other group the server has to ask.
        let retried = if group == "X25519" { "false" } else { "true" };
        table.case(openssl.peer, OUR_CLIENT, &format!("group {name}"), || {
            let checked = openssl.checked("ecdsa-p256", &["-groups", group], &[])?;
            Ok(checked.connection("group", name)?.connection("hello_retried", retried)?.seen())
        });
    }
    table.case(openssl.peer, OUR_CLIENT, "protocol by ALPN", || {
        let checked = openssl.checked("ecdsa-p256", &["-alpn", "http/1.1"], &["--alpn", "http/1.1"])?;
        Ok(checked.connection("alpn", "http/1.1")?.seen())
    });
    table.case(openssl.peer, OUR_CLIENT, "records padded to 512 bytes", || {
        Ok(openssl.checked("ecdsa-p256", &["-record_padding", "512"], &[])?.seen())
    });
    table.case(openssl.peer, OUR_CLIENT, "a server of TLS 1.1 is no connection", || {
        not_connected(openssl, &["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"])
    });
    table.case(openssl.peer, OUR_CLIENT, "no common group is no connection", || {
        not_connected(openssl, &["-groups", "P-521"])
    });
    bare_client_cases(openssl, table);
}

fn bare_client_cases(openssl: &OpenSsl<'_>, table: &mut Table) {
    for (version, option, ours) in [("1.3", "-tls1_3", &[][..]), ("1.2", "-tls1_2", &["--tls12"])] {
        let case = format!("TLS {version}, download of 32 MiB");
        table.case(openssl.peer, OUR_CLIENT, &case, || download(openssl, option, ours));
        let case = format!("TLS {version}, upload of 32 MiB, then half-close");
        table.case(openssl.peer, OUR_CLIENT, &case, || upload(openssl, option, ours));
        let case = format!("TLS {version}, group secp521r1");
        table.case(openssl.peer, OUR_CLIENT, &case, || widest(openssl, option, ours));
    }
    table.case(openssl.peer, OUR_CLIENT, "HelloRetryRequest with a cookie", || {
        // `s_server -stateless` trips over the ChangeCipherSpec of compatibility mode (openssl/openssl#18453).
        let (mut server, port) = openssl.server("ecdsa-p256", &["-stateless"])?;
        let mut client =
            Running::start(&mut bulla::fetch_command(openssl.bench, port, &["--no-compatibility"]))?;
        client.say(b"from the client\n")?;
        server.wait_for("from the client")?;
        let facts = client.wait_for("\"retried\":true")?;
        Ok(tail(facts.lines().find(|line| line.contains("retried")).unwrap_or_default()))
    });
    table.case(openssl.peer, OUR_CLIENT, "KeyUpdate by us, answered by theirs", || {
        let (mut server, port) = openssl.server("ecdsa-p256", &["-msg"])?;
        let mut client = Running::start(&mut bulla::fetch_command(openssl.bench, port, &["--update-keys"]))?;
        client.say(b"from the client\n")?;
        expect(&server.wait_for("from the client")?, OUR_KEY_UPDATE)?;
        server.say(b"from the server\n")?;
        client.wait_for("from the server")?;
        Ok("1 update, 2 lines".to_owned())
    });
    for (checked, letter) in [("KeyUpdate", "k\n"), ("KeyUpdate that asks for ours", "K\n")] {
        table.case(openssl.peer, OUR_CLIENT, checked, || server_key_updates(openssl, letter));
    }
}

fn not_connected(openssl: &OpenSsl<'_>, arguments: &[&str]) -> Result<String, Failure> {
    let (_server, port) = openssl.server("ecdsa-p256", arguments)?;
    bulla::check(bulla::check_command(openssl.bench, port, &[]))?.not_connected()
}

fn download(openssl: &OpenSsl<'_>, option: &str, ours: &[&str]) -> Result<String, Failure> {
    let (_server, port) = openssl.server("ecdsa-p256", &["-WWW", "-http_server_binmode", option])?;
    let request = b"GET /bulk.bin HTTP/1.0\r\n\r\n".to_vec();
    let got = process::run(&mut bulla::fetch_command(openssl.bench, port, ours), request)?;
    let body = std::fs::read(&openssl.bench.bulk)?;
    if !got.output.ends_with(&body) {
        let (count, said) = (got.output.len(), tail(&got.errors));
        return Err(Failure::new(format!("{count} bytes, not the file: {said}")));
    }
    Ok(format!("{} MiB, byte for byte", body.len() >> 20))
}

fn upload(openssl: &OpenSsl<'_>, option: &str, ours: &[&str]) -> Result<String, Failure> {
    let (server, port) = openssl.server("ecdsa-p256", &["-quiet", "-naccept", "1", option])?;
    let body = std::fs::read(&openssl.bench.bulk)?;
    process::run(&mut bulla::fetch_command(openssl.bench, port, ours), body.clone())?.succeeded()?;
    let got = server.finish()?;
    if got.output != body {
        return Err(Failure::new(format!("{} bytes arrived, not the file", got.output.len())));
    }
    Ok(format!("{} MiB, byte for byte", body.len() >> 20))
}

/// P-521, which is in no default of ours.
fn widest(openssl: &OpenSsl<'_>, option: &str, ours: &[&str]) -> Result<String, Failure> {
    let (mut server, port) = openssl.server("rsa", &[option, "-groups", "P-521"])?;
    let ours = [&["--group", "secp521r1"], ours].concat();
    let mut client = Running::start(&mut bulla::fetch_command(openssl.bench, port, &ours))?;
    client.say(b"from the client\n")?;
    server.wait_for("from the client")?;
    client.wait_for("\"group\":\"secp521r1\"")?;
    Ok("both have no other group".to_owned())
}

/// The server types KeyUpdate commands between lines, and our client answers each line.
fn server_key_updates(openssl: &OpenSsl<'_>, letter: &str) -> Result<String, Failure> {
    let (mut server, port) = openssl.server("ecdsa-p256", &["-msg"])?;
    let mut client = Running::start(&mut bulla::fetch_command(openssl.bench, port, &[]))?;
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
