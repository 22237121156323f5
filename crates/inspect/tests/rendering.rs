//! How reports read on a terminal, and that no text of a peer reaches any sink as it came.

use bulla_inspect::cue::{Cue, Finding, Identity};
use bulla_inspect::report::{Connection, Link, Moment, Reason, Report, Role, SCHEMA};
use bulla_inspect::{escape, text};

/// 2026-11-22 07:18:33 UTC.
const NOW: u64 = 1_795_331_913;
const DAY: u64 = 86_400;

fn link(role: Role, sent_as: Option<usize>, subject: &str, issuer: &str, days: (u64, u64)) -> Link {
    Link {
        role,
        sent_as,
        subject: subject.to_owned(),
        issuer: issuer.to_owned(),
        names: Vec::new(),
        not_before: Moment::from_unix(NOW - days.0 * DAY),
        not_after: Moment::from_unix(NOW + days.1 * DAY),
        key: "ECDSA P-256".to_owned(),
        signature: "ECDSA with SHA-256".to_owned(),
        fingerprint: "5d".repeat(32),
    }
}

fn chain() -> Vec<Link> {
    let mut leaf = link(Role::Leaf, Some(0), "CN=localhost", "CN=Local intermediate", (1, 89));
    leaf.names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    vec![
        leaf,
        link(Role::Intermediate, Some(1), "CN=Local intermediate", "CN=Local root", (10, 700)),
        link(Role::Root, None, "CN=Local root,O=Someone's own", "CN=Local root", (10, 3640)),
    ]
}

fn connection() -> Connection {
    Connection {
        version: "TLS 1.3".to_owned(),
        suite: "TLS_AES_128_GCM_SHA256".to_owned(),
        group: "X25519MLKEM768".to_owned(),
        post_quantum: true,
        signature: "ecdsa_secp256r1_sha256".to_owned(),
        alpn: Some("h2".to_owned()),
        server_name: Some("localhost".to_owned()),
        hello_retried: false,
        peer: Some("127.0.0.1:8443".to_owned()),
    }
}

fn trusted() -> Report {
    Report {
        schema: SCHEMA,
        host: "localhost".to_owned(),
        port: 8443,
        checked_at: Moment::from_unix(NOW),
        trusted: true,
        identity: Some(Identity::Private),
        cue: Cue::new("localhost", 8443, Finding::Trusted(Identity::Private)),
        reason: Reason {
            rule: None,
            link: None,
            text: "The certificate is good for localhost, in date, and leads to a root that you trust."
                .to_owned(),
            mend: None,
            source: None,
        },
        others: Vec::new(),
        chain: chain(),
        connection: connection(),
    }
}

fn refused(rule: &str, link: usize, says: &str, mend: &str, source: &str) -> Report {
    Report {
        trusted: false,
        identity: None,
        cue: Cue::new("localhost", 8443, Finding::Refused(rule)),
        reason: Reason {
            rule: Some(rule.to_owned()),
            link: Some(link),
            text: says.to_owned(),
            mend: Some(mend.to_owned()),
            source: Some(source.to_owned()),
        },
        ..trusted()
    }
}

fn plain(report: &Report, columns: usize) -> String {
    anstream::adapter::strip_str(&text::render(report, columns)).to_string()
}

#[test]
fn a_trusted_server() {
    insta::assert_snapshot!(plain(&trusted(), 80));
}

#[test]
fn an_expired_certificate() {
    let mut report = refused(
        "expired",
        0,
        "The server's certificate ended 3 days ago.",
        "Renew the certificate; if it is new, set this machine's clock.",
        "RFC 5280 section 4.1.2.5",
    );
    report.chain[0].not_after = Moment::from_unix(NOW - 3 * DAY);
    insta::assert_snapshot!(plain(&report, 80));
}

#[test]
fn an_unknown_authority() {
    let mut report = refused(
        "unknown-authority",
        1,
        "No authority you trust has signed this chain.",
        "Give the root with --ca FILE, or --local for the authority of this machine.",
        "RFC 5280 section 6.1",
    );
    report.chain.truncate(2);
    insta::assert_snapshot!(plain(&report, 80));
}

#[test]
fn a_signature_by_another_key_on_a_narrow_terminal() {
    let report = refused(
        "bad-signature",
        0,
        "The signature on localhost was not made by the key of Local intermediate.",
        "Put the intermediate that issued this certificate into the chain.",
        "RFC 5280 section 6.1.3",
    );
    let narrow = plain(&report, 44);
    assert!(narrow.lines().all(|line| line.chars().count() <= 44), "{narrow}");
    insta::assert_snapshot!(narrow);
}

#[test]
fn the_document() {
    insta::assert_snapshot!(trusted().to_json());
}

const HOSTILE: &str =
    "\x1b[2J\x1b]0;pwned\x07\u{9b}31m\u{202e}moc.elgoog\u{2066}\0\r\nHTTP/1.1 200 <script>\u{200b}\u{7f}";

fn hostile() -> Report {
    let mut report = refused(HOSTILE, 0, HOSTILE, HOSTILE, HOSTILE);
    report.host = HOSTILE.to_owned();
    report.cue = Cue::new(HOSTILE, 443, Finding::Refused(HOSTILE));
    for link in &mut report.chain {
        for field in
            [&mut link.subject, &mut link.issuer, &mut link.key, &mut link.signature, &mut link.fingerprint]
        {
            *field = HOSTILE.to_owned();
        }
        link.names = vec![HOSTILE.to_owned(); 3];
    }
    let shown = &mut report.connection;
    for field in [&mut shown.version, &mut shown.suite, &mut shown.group, &mut shown.signature] {
        *field = HOSTILE.to_owned();
    }
    for field in [&mut shown.alpn, &mut shown.server_name, &mut shown.peer] {
        *field = Some(HOSTILE.to_owned());
    }
    report
}

/// Colour that we set ourselves: ESC `[` digits and semicolons `m`.
fn without_our_colour(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::new();
    while let Some(start) = rest.find("\x1b[") {
        let after = &rest[start + 2..];
        let digits =
            after.find(|character: char| !character.is_ascii_digit() && character != ';').unwrap_or(0);
        kept.push_str(&rest[..start]);
        if after[digits..].starts_with('m') {
            rest = &after[digits + 1..];
        } else {
            kept.push('\x1b');
            rest = after;
        }
    }
    kept + rest
}

fn assert_harmless(sink: &str, text: &str) {
    for character in HOSTILE.chars().filter(|character| !character.is_ascii_graphic() && *character != '\n') {
        if character != ' ' {
            assert!(!text.contains(character), "{sink}: U+{:04X} got through", u32::from(character));
        }
    }
    assert!(!text.lines().any(|line| line.starts_with("HTTP/1.1")), "{sink}: a line was forged");
}

#[test]
fn hostile_text_reaches_every_sink_escaped() {
    let report = hostile();
    for columns in [36, 80, 200] {
        assert_harmless("terminal", &without_our_colour(&text::render(&report, columns)));
    }
    let document = report.to_json();
    assert_harmless("JSON", &document);
    let back: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_eq!(back["host"], HOSTILE, "JSON changed the value");
    assert_harmless("log", &escape::visible(HOSTILE));
}
