//! `s_client` at our server.

use std::process::Command;
use std::thread;
use std::time::Duration;

use super::super::bulla::{Echo, Up, page_agrees};
use super::super::expect;
use super::super::process::{self, Running};
use super::super::table::Table;
use super::{GROUPS, KEYS, OUR_KEY_UPDATE, OUR_SERVER, OpenSsl, SUITES};
use crate::failure::Failure;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// The cases with the page of `bulla up`.
pub(super) fn page_cases(openssl: &OpenSsl<'_>, up: &Up, table: &mut Table) {
    for suite in SUITES {
        table.case(openssl.peer, OUR_SERVER, suite, || {
            page(openssl, up, &["-ciphersuites", suite], &[&format!("Cipher is {suite}")], &[suite])
        });
    }
    for (group, name, key) in GROUPS {
        table.case(openssl.peer, OUR_SERVER, &format!("group {name}"), || {
            page(openssl, up, &["-groups", group], &[key], &[name])
        });
    }
    for (group, name, key) in GROUPS {
        table.case(openssl.peer, OUR_SERVER, &format!("HelloRetryRequest to {name}"), || {
            let seen = page(openssl, up, &["-groups", &format!("P-521:{group}"), "-msg"], &[key], &[name])?;
            Ok(format!("{seen}, two ClientHellos"))
        });
    }
    for (checked, arguments) in [
        ("no middlebox compatibility", &["-no_middlebox"][..]),
        ("records padded to 512 bytes", &["-record_padding", "512"]),
        ("records of 512 bytes", &["-max_send_frag", "512"]),
        ("no server name", &["-noservername"]),
    ] {
        table.case(openssl.peer, OUR_SERVER, checked, || page(openssl, up, arguments, &[], &[]));
    }
    for (checked, arguments, alert) in [
        ("TLS 1.1 is refused", &["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"][..], "alert protocol version"),
        ("no common group is refused", &["-groups", "P-521"], "alert handshake failure"),
        ("no common signature is refused", &["-sigalgs", "RSA-PSS+SHA256"], "alert handshake failure"),
        ("no common protocol is refused", &["-alpn", "imap"], "alert no application protocol"),
    ] {
        table.case(openssl.peer, OUR_SERVER, checked, || refused(openssl, up, arguments, alert));
    }
}

/// The cases with the bare engine.
pub(super) fn bare_cases(openssl: &OpenSsl<'_>, table: &mut Table) {
    for (file, words) in KEYS {
        table.case(openssl.peer, OUR_SERVER, &format!("{file} certificate"), || {
            certificate(openssl, file, words)
        });
    }
    table.case(openssl.peer, OUR_SERVER, "HelloRetryRequest with a cookie", || {
        let text = bare(openssl, &["--retry-cookie"], &["-trace", "-groups", "P-521:X25519"])?;
        match text.matches("extension_type=cookie_ext(44)").count() {
            2 => Ok("sent by us, brought back by the second ClientHello".to_owned()),
            count => Err(Failure::new(format!("{count} cookies, not 2"))),
        }
    });
    for (version, option) in [("1.3", "-tls1_3"), ("1.2", "-tls1_2")] {
        table.case(openssl.peer, OUR_SERVER, &format!("TLS {version}, group secp521r1"), || {
            let echo = Echo::start_with(openssl.bench, "rsa", &["--group", "secp521r1"])?;
            let text = process::run(openssl.client_of(&echo).arg(option), b"hello\n".to_vec())?;
            expect(&text.succeeded()?.text(), "Temp Key: ECDH, secp521r1, 521 bits")?;
            Ok("they say ECDH, secp521r1, 521 bits".to_owned())
        });
        table.case(openssl.peer, OUR_SERVER, &format!("TLS {version}, protocol by ALPN"), || {
            let echo = Echo::start_with(openssl.bench, "ecdsa-p256", &["--alpn", "h2"])?;
            let mut command = openssl.client_of(&echo);
            let text = process::run(command.args([option, "-alpn", "imap,h2"]), b"hello\n".to_vec())?;
            expect(&text.succeeded()?.text(), "ALPN protocol: h2")?;
            Ok("they say h2".to_owned())
        });
    }
    table.case(openssl.peer, OUR_SERVER, "our records padded to 1024 bytes", || {
        let text = bare(openssl, &["--padding", "1024"], &["-msg"])?;
        // The header of a protected record: 1024 bytes, the content type and the tag of 16.
        expect(&text, "17 03 03 04 11")?;
        Ok("16 bytes in a record of 1041".to_owned())
    });
    for (checked, letter) in [("KeyUpdate", "k\n"), ("KeyUpdate that asks for ours", "K\n")] {
        table.case(openssl.peer, OUR_SERVER, checked, || key_updates(openssl, letter));
    }
    table.case(openssl.peer, OUR_SERVER, "KeyUpdate by us, answered by theirs", || {
        expect(&bare(openssl, &["--update-keys"], &["-msg"])?, OUR_KEY_UPDATE)?;
        Ok("1 update, 1 line echoed".to_owned())
    });
    table.case(openssl.peer, OUR_SERVER, "32 MiB there and back", || {
        let echo = Echo::start(openssl.bench, "ecdsa-p256")?;
        let sent = std::fs::read(&openssl.bench.bulk)?;
        let mut client = openssl.client_of(&echo);
        Running::start(client.args(["-quiet", "-nocommands"]))?.echoes(&sent)?;
        Ok(format!("{} MiB each way", sent.len() >> 20))
    });
}

/// Fetches the page of `up`; both sides must say the same of the connection.
fn page(
    openssl: &OpenSsl<'_>,
    up: &Up,
    arguments: &[&str],
    printed: &[&str],
    on_page: &[&str],
) -> Result<String, Failure> {
    let mut command = openssl.client(up.port, "localhost", &up.root_file());
    if arguments.contains(&"-noservername") {
        command = Command::new(&openssl.peer.program);
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
    Ok(line_with(&text, "Temp Key: "))
}

/// What stands after `label` on its line.
fn line_with(text: &str, label: &str) -> String {
    text.lines()
        .find_map(|line| line.split_once(label))
        .map(|(_, value)| value.trim().to_owned())
        .unwrap_or_default()
}

fn refused(openssl: &OpenSsl<'_>, up: &Up, arguments: &[&str], alert: &str) -> Result<String, Failure> {
    let mut command = openssl.client(up.port, "localhost", &up.root_file());
    let finished = process::run(command.args(arguments), Vec::new())?;
    if finished.code == Some(0) {
        return Err(Failure::new("was accepted"));
    }
    expect(&finished.errors, alert)?;
    Ok(alert.to_owned())
}

fn certificate(openssl: &OpenSsl<'_>, file: &str, words: &str) -> Result<String, Failure> {
    let echo = Echo::start(openssl.bench, file)?;
    let mut command = openssl.client_of(&echo);
    let text = process::run(&mut command, b"hello\n".to_vec())?.succeeded()?.text();
    expect(&text, "Verification: OK")?;
    // Newer releases say `rsa_pss_rsae_sha256` where older ones said `RSA-PSS`.
    expect(&text.to_ascii_lowercase().replace('_', "-"), words)?;
    Ok(format!(
        "{}, {}",
        line_with(&text, "Peer signature type: "),
        line_with(&text, "Peer signing digest: ")
    ))
}

/// Sends a line to the echo server over the bare engine; what `s_client` printed comes back.
fn bare(openssl: &OpenSsl<'_>, ours: &[&str], theirs: &[&str]) -> Result<String, Failure> {
    let echo = Echo::start_with(openssl.bench, "ecdsa-p256", ours)?;
    let mut command = openssl.client_of(&echo);
    let mut running = Running::start(command.args(theirs))?;
    running.wait_for("Verify return code: 0")?;
    running.say(b"from the client\n")?;
    // What the client traces may come in pieces, with this line between them.
    running.wait_for("from the client")
}

/// Types a KeyUpdate command between lines, three times; each line must come back.
fn key_updates(openssl: &OpenSsl<'_>, letter: &str) -> Result<String, Failure> {
    let echo = Echo::start(openssl.bench, "ecdsa-p256")?;
    let mut command = openssl.client_of(&echo);
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
