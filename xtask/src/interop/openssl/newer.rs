//! What OpenSSL has since 3.2: compressed certificates; and since 3.5: hybrid groups and ML-DSA.

use super::super::Bench;
use super::super::bulla::{self, Echo, Issued};
use super::super::expect;
use super::super::process::{self, Running};
use super::super::table::{Peer, Table};
use super::{OUR_CLIENT, OUR_SERVER, OpenSsl};
use crate::failure::Failure;

const GROUPS: [&str; 5] =
    ["X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024", "MLKEM768", "MLKEM1024"];
const ML_DSA: [&str; 3] = ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"];
/// How `-msg` names a certificate that came compressed.
const COMPRESSED: &str = ", CompressedCertificate";

/// All cases.
pub(in super::super) fn cases(bench: &Bench, peer: &Peer, table: &mut Table) {
    let openssl = &OpenSsl { bench, peer };
    for group in GROUPS {
        table.case(peer, OUR_SERVER, &format!("group {group}"), || group_served(openssl, group));
        table.case(peer, OUR_CLIENT, &format!("group {group}"), || group_fetched(openssl, group));
    }
    for kind in ML_DSA {
        let case = format!("a chain and a handshake signed by {kind}");
        table.case(peer, OUR_SERVER, &case, || signed_by_us(openssl, kind));
        table.case(peer, OUR_CLIENT, &case, || signed_by_them(openssl, kind));
    }
    for (case, ours, compressed) in [
        ("a compressed certificate", &[][..], true),
        ("no compression where one side has none", &["--no-compression"], false),
    ] {
        table.case(peer, OUR_SERVER, case, || compressed_by_us(openssl, ours, compressed));
        table.case(peer, OUR_CLIENT, case, || compressed_by_them(openssl, ours, compressed));
    }
}

fn group_served(openssl: &OpenSsl<'_>, group: &str) -> Result<String, Failure> {
    let mut echo = Echo::start_with(openssl.bench, "ecdsa-p256", &["--group", group])?;
    let text = process::run(openssl.client_of(&echo).args(["-groups", group]), b"hello\n".to_vec())?;
    expect(&text.succeeded()?.text(), &format!("Negotiated TLS1.3 group: {group}"))?;
    agrees(&echo.said("\nended\n")?, group)
}

fn group_fetched(openssl: &OpenSsl<'_>, group: &str) -> Result<String, Failure> {
    let (mut server, port) = openssl.server("ecdsa-p256", &["-groups", group])?;
    let mut client = Running::start(&mut bulla::fetch_command(openssl.bench, port, &["--group", group]))?;
    client.say(b"from the client\n")?;
    let text = server.wait_for("from the client")?;
    // What `s_server` calls it goes by the implementation's name.
    expect(&text.to_ascii_lowercase(), &group.to_ascii_lowercase())?;
    agrees(&client.wait_for("\"group\"")?, group)
}

fn agrees(ours: &str, group: &str) -> Result<String, Failure> {
    expect(ours, &format!("\"group\":\"{group}\""))?;
    Ok(format!("both say {group}"))
}

fn signed_by_us(openssl: &OpenSsl<'_>, kind: &str) -> Result<String, Failure> {
    let issued = Issued::make(openssl.bench, kind)?;
    let echo = Echo::show(openssl.bench, &issued.chain, &issued.key, &[])?;
    let mut command = openssl.client(echo.port, super::NAME, &issued.root.display().to_string());
    let text = process::run(&mut command, b"hello\n".to_vec())?.succeeded()?.text();
    expect(&text, "Verification: OK")?;
    let name = kind.to_ascii_lowercase().replace('-', "");
    expect(&text.to_ascii_lowercase().replace('-', ""), &format!("peer signature type: {name}"))?;
    Ok(format!("they say {name}, verified"))
}

fn signed_by_them(openssl: &OpenSsl<'_>, kind: &str) -> Result<String, Failure> {
    let issued = Issued::make(openssl.bench, kind)?;
    let (mut server, port) = openssl.show(&issued.chain, &issued.key, None, &[])?;
    let mut client = Running::start(&mut bulla::fetch_trusting(openssl.bench, &issued.root, port, &[]))?;
    client.say(b"from the client\n")?;
    server.wait_for("from the client")?;
    let name = kind.to_ascii_lowercase().replace('-', "");
    client.wait_for(&format!("\"signature\":\"{name}\""))?;
    Ok(format!("we say {name}, trusted"))
}

fn compressed_by_us(openssl: &OpenSsl<'_>, ours: &[&str], compressed: bool) -> Result<String, Failure> {
    let echo = Echo::start_with(openssl.bench, "ecdsa-p256", ours)?;
    let text = process::run(openssl.client_of(&echo).arg("-msg"), b"hello\n".to_vec())?.succeeded()?.text();
    expect(&text, "Verification: OK")?;
    judged(&text, compressed)
}

fn compressed_by_them(openssl: &OpenSsl<'_>, ours: &[&str], compressed: bool) -> Result<String, Failure> {
    let (mut server, port) = openssl.server("ecdsa-p256", &["-msg", "-cert_comp"])?;
    let mut client = Running::start(&mut bulla::fetch_command(openssl.bench, port, ours))?;
    client.say(b"from the client\n")?;
    judged(&server.wait_for("from the client")?, compressed)
}

fn judged(text: &str, compressed: bool) -> Result<String, Failure> {
    if text.contains(COMPRESSED) != compressed {
        return Err(Failure::new(format!("compressed: {}", !compressed)));
    }
    Ok(if compressed { "they say CompressedCertificate" } else { "they say Certificate" }.to_owned())
}
