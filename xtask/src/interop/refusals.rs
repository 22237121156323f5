//! Servers with something wrong: `bulla check` must refuse each with exactly the rule that is broken.

use std::path::PathBuf;

use super::Bench;
use super::authority::{P256, RSA_WEAK, Wanted};
use super::bulla;
use super::openssl::OpenSsl;
use super::process;
use super::table::{Peer, Table};
use crate::failure::Failure;

const OUR_CLIENT: &str = "our client";
/// OpenSSL itself declines weak keys and digests unless told otherwise.
const LENIENT: &[&str] = &["-cipher", "DEFAULT:@SECLEVEL=0"];

/// One server with one fault.
struct Fault {
    checked: &'static str,
    /// The rule that `bulla check` names.
    rule: &'static str,
    leaf: Wanted,
    /// Which further certificates the server sends.
    sends: &'static [&'static str],
}

/// All servers that must be refused, and those that are not there.
pub(crate) fn cases(bench: &Bench, peer: &Peer, table: &mut Table) {
    let openssl = &OpenSsl { bench, peer };
    if let Err(failure) = authorities(bench) {
        table.case(peer, OUR_CLIENT, "further authorities for the refusals", || Err(failure));
        return;
    }
    for fault in leaf_faults().into_iter().chain(path_faults()) {
        table.case(peer, OUR_CLIENT, &format!("refused: {}", fault.checked), || refused(openssl, &fault));
    }
    table.case(peer, OUR_CLIENT, "refused: signature with a bit turned", || {
        bench.authority.issue(&Wanted::server("unspoiled"))?;
        bench.authority.spoil_signature("unspoiled", "spoiled")?;
        check(openssl, "spoiled", Some(bench.authority.chain(&["intermediate"])?), "bad-signature")
    });
    table.case(peer, OUR_CLIENT, "nothing listens: exit code 2", || {
        let port = process::free_port()?;
        bulla::check(bulla::check_command(bench, port, &[]))?.not_connected()
    });
}

fn authorities(bench: &Bench) -> Result<(), Failure> {
    let expired = ("20230101000000Z", "20240101000000Z");
    let made = [
        Wanted { signer: "stranger", ..Wanted::authority("strange-intermediate") },
        Wanted { begins: expired.0, ends: expired.1, ..Wanted::authority("expired-intermediate") },
        Wanted { constraints: "critical,CA:FALSE", ..Wanted::authority("no-authority") },
        Wanted { usage: "critical,digitalSignature", ..Wanted::authority("no-signer") },
        Wanted { signer: "intermediate", ..Wanted::authority("too-deep") },
        Wanted {
            more: "nameConstraints=critical,permitted;DNS:elsewhere.test",
            ..Wanted::authority("elsewhere")
        },
        Wanted {
            more: "nameConstraints=critical,excluded;DNS:server.test",
            ..Wanted::authority("excluding")
        },
    ];
    made.iter().try_for_each(|wanted| bench.authority.issue(wanted))
}

fn leaf(checked: &'static str, rule: &'static str, leaf: Wanted) -> Fault {
    Fault { checked, rule, leaf, sends: &["intermediate"] }
}

fn leaf_faults() -> Vec<Fault> {
    let server = Wanted::server;
    let (begins, ends) = ("20450101000000Z", "20460101000000Z");
    let critical = "1.2.3.4.5=critical,ASN1:UTF8String:surprise";
    vec![
        leaf(
            "expired",
            "expired",
            Wanted { begins: "20230101000000Z", ends: "20240101000000Z", ..server("expired") },
        ),
        leaf("not yet valid", "not-yet-valid", Wanted { begins, ends, ..server("early") }),
        leaf("another name", "wrong-name", Wanted { names: "DNS:other.test", ..server("misnamed") }),
        leaf(
            "a wildcard one label too high",
            "wrong-name",
            Wanted { names: "DNS:*.server.test", ..server("wildcard") },
        ),
        leaf("no names at all", "no-names", Wanted { names: "", ..server("nameless") }),
        leaf(
            "key usage without signing",
            "wrong-key-usage",
            Wanted { usage: "critical,keyAgreement", ..server("usage") },
        ),
        leaf(
            "extended key usage for clients",
            "wrong-purpose",
            Wanted { purpose: "clientAuth", ..server("purpose") },
        ),
        leaf("self-signed", "self-signed", Wanted { signer: "", ..server("selfsigned") }),
        leaf(
            "unknown critical extension",
            "unknown-critical-extension",
            Wanted { more: critical, ..server("critical") },
        ),
        leaf("RSA key of 1024 bits", "weak-key", Wanted { key: RSA_WEAK, ..server("weak") }),
        leaf("signed with SHA-1", "weak-signature", Wanted { digest: "sha1", ..server("sha1") }),
    ]
}

fn path_faults() -> Vec<Fault> {
    let path = |checked, rule, file, signer, sends| {
        let leaf = Wanted { signer, key: P256, ..Wanted::server(file) };
        Fault { checked, rule, leaf, sends }
    };
    vec![
        path(
            "unknown authority",
            "unknown-authority",
            "strange",
            "strange-intermediate",
            &["strange-intermediate"],
        ),
        path("missing intermediate", "missing-intermediate", "orphan", "intermediate", &[]),
        path("expired intermediate", "expired", "late", "expired-intermediate", &["expired-intermediate"]),
        path("issuer is no authority", "not-an-authority", "unauthorised", "no-authority", &["no-authority"]),
        path("issuer may not sign", "authority-may-not-sign", "unsigned", "no-signer", &["no-signer"]),
        path("path too long", "path-too-long", "deep", "too-deep", &["too-deep", "intermediate"]),
        path("name not permitted", "name-not-permitted", "outside", "elsewhere", &["elsewhere"]),
        path("name excluded", "name-excluded", "excluded", "excluding", &["excluding"]),
    ]
}

fn refused(openssl: &OpenSsl<'_>, fault: &Fault) -> Result<String, Failure> {
    let authority = &openssl.bench.authority;
    authority.issue(&fault.leaf)?;
    let chain = if fault.sends.is_empty() { None } else { Some(authority.chain(fault.sends)?) };
    check(openssl, fault.leaf.file, chain, fault.rule)
}

fn check(openssl: &OpenSsl<'_>, file: &str, chain: Option<PathBuf>, rule: &str) -> Result<String, Failure> {
    let (_server, port) = openssl.serve(file, chain, LENIENT)?;
    bulla::check(bulla::check_command(openssl.bench, port, &[]))?.refused(rule)?;
    Ok(format!("{rule}, exit code 1"))
}
