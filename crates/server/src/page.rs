//! The page: what this very connection is, for a person.
//!
//! Rendered on the server, needs no script, asks no one else for anything. Everything a peer or a certificate wrote
//! passes [`escape::visible`] here and HTML escaping in the template.

use askama::Template;
use bulla_inspect::cue::{Cue, Finding, Identity, place};
use bulla_inspect::escape;
use bulla_inspect::report::{Link, Report, Role};
use bulla_inspect::subject::split;

/// The style sheet, part of the page; the Content-Security-Policy allows exactly this text.
pub(crate) const STYLE: &str = include_str!("../templates/page.css");
/// The mark, also served as `/seal.svg`.
pub(crate) const SEAL: &str = include_str!("../templates/seal.svg");

/// Names listed on a certificate before the rest are only counted.
const NAMES: usize = 24;

#[derive(Template)]
#[template(path = "page.html")]
struct Page {
    /// Where the page and its parts are, with a slash at the end.
    base: &'static str,
    style: &'static str,
    seal: &'static str,
    place: String,
    lead: String,
    reason: Option<String>,
    trusted: Cue,
    refused: Cue,
    facts: Vec<Fact>,
    chain: Vec<Card>,
    commands: Vec<Command>,
}

struct Fact {
    name: &'static str,
    value: String,
    badge: Option<&'static str>,
    note: String,
}

struct Card {
    role: &'static str,
    title: &'static str,
    subject: String,
    rest: String,
    /// None when it signed itself.
    issuer: Option<String>,
    names: Vec<String>,
    more_names: usize,
    from: String,
    until: String,
    not_before: String,
    not_after: String,
    key: String,
    signature: String,
    fingerprint: String,
}

struct Command {
    what: &'static str,
    line: String,
}

/// The page for the connection that `report` is about.
///
/// # Errors
///
/// None that a report can bring about; `askama` allows for writers that fail.
pub(crate) fn render(report: &Report, base: &'static str) -> Result<String, askama::Error> {
    let host = escape::visible(&report.host).into_owned();
    let identity = report.identity.unwrap_or(Identity::Domain);
    Page {
        base,
        style: STYLE,
        seal: inner_seal(),
        place: place(&host, report.port),
        lead: lead(&host, report),
        reason: (!report.trusted).then(|| shown(&report.reason.text)),
        trusted: Cue::new(&host, report.port, Finding::Trusted(identity)),
        refused: Cue::new(&host, report.port, Finding::Refused("unknown-authority")),
        facts: facts(report),
        chain: report.chain.iter().rev().map(card).collect(),
        commands: commands(&place(&host, report.port), base, report),
    }
    .render()
}

/// The drawing within the mark's outer element, which the template writes itself.
fn inner_seal() -> &'static str {
    let start = SEAL.find('>').map_or(0, |end| end + 1);
    SEAL.get(start..).unwrap_or_default().trim_end().trim_end_matches("</svg>")
}

fn shown(text: &str) -> String {
    escape::clipped(text, 400).into_owned()
}

fn lead(host: &str, report: &Report) -> String {
    let connection = &report.connection;
    let outlook = if connection.post_quantum {
        "and the key exchange also holds against a quantum computer"
    } else {
        "though whoever records it and one day owns a quantum computer could read it then"
    };
    let version = shown(&connection.version);
    format!(
        "Your client and {host} speak {version}. No one on the way can read or change what passes, {outlook}."
    )
}

fn version_note(version: &str) -> &'static str {
    match version {
        "TLS 1.2" => {
            "The protocol that both sides speak. It is sound; this server speaks TLS 1.3 too, your client did not ask for it."
        }
        _ => "The protocol that both sides speak.",
    }
}

fn facts(report: &Report) -> Vec<Fact> {
    let connection = &report.connection;
    let fact = |name, value: &str, note: String| Fact { name, value: shown(value), badge: None, note };
    let mut rows = vec![
        fact("Version", &connection.version, version_note(&connection.version).to_owned()),
        fact("Cipher suite", &connection.suite, suite_note(&connection.suite)),
        Fact {
            badge: connection.post_quantum.then_some("post-quantum"),
            ..fact("Key exchange", &connection.group, group_note(&connection.group))
        },
        match connection.signature.as_str() {
            "" => fact(
                "Signature",
                "none",
                "The session was resumed: the server proved itself when it began.".to_owned(),
            ),
            signature => fact(
                "Signature",
                signature,
                "With it the server proved that it holds the key of its certificate.".to_owned(),
            ),
        },
    ];
    rows.push(match &connection.alpn {
        Some(protocol) => fact("Application protocol", protocol, alpn_note(protocol)),
        None => fact(
            "Application protocol",
            "none",
            "The client asked for none by ALPN; HTTP/1.1 is assumed.".to_owned(),
        ),
    });
    rows.push(match &connection.server_name {
        Some(name) => fact(
            "Server name",
            name,
            "The name the client asked for (SNI), before anything was encrypted.".to_owned(),
        ),
        None => fact(
            "Server name",
            "none",
            "The client named no server (SNI), as when it goes by an address.".to_owned(),
        ),
    });
    if let Some(peer) = &connection.peer {
        rows.push(fact("You", peer, "The address this connection comes from.".to_owned()));
    }
    if connection.hello_retried {
        rows.push(fact(
            "Hello",
            "sent twice",
            "The server asked the client for another key share first.".to_owned(),
        ));
    }
    rows
}

fn suite_note(suite: &str) -> String {
    match suite {
        "TLS_AES_128_GCM_SHA256" => "AES-128 in GCM seals the data; the keys come from SHA-256.",
        "TLS_AES_256_GCM_SHA384" => "AES-256 in GCM seals the data; the keys come from SHA-384.",
        "TLS_CHACHA20_POLY1305_SHA256" => "ChaCha20-Poly1305 seals the data; the keys come from SHA-256.",
        _ => "It seals the data.",
    }
    .to_owned()
}

fn group_note(group: &str) -> String {
    match group {
        "X25519MLKEM768" => {
            "Two exchanges in one, X25519 and ML-KEM-768: whoever wants the key must break both."
        }
        "x25519" | "X25519" => "An elliptic curve. Strong against today’s computers.",
        _ => "Strong against today’s computers.",
    }
    .to_owned()
}

fn alpn_note(protocol: &str) -> String {
    match protocol {
        "h2" => "HTTP/2, agreed on during the handshake (ALPN).",
        "http/1.1" => "HTTP/1.1, agreed on during the handshake (ALPN).",
        _ => "Agreed on during the handshake (ALPN).",
    }
    .to_owned()
}

fn card(link: &Link) -> Card {
    let (role, title) = match (link.role, link.sent_as) {
        (Role::Leaf, _) => ("leaf", "Server certificate"),
        (Role::Intermediate, _) => ("intermediate", "Intermediate authority"),
        (Role::Root, None) => ("root", "Root, not sent: the client has it"),
        (Role::Root, Some(_)) => ("root", "Root"),
    };
    let (subject, rest) = split(&link.subject);
    Card {
        role,
        title,
        subject: shown(&subject),
        rest: shown(&rest),
        issuer: (link.issuer != link.subject).then(|| shown(&split(&link.issuer).0)),
        names: link.names.iter().take(NAMES).map(|name| shown(name)).collect(),
        more_names: link.names.len().saturating_sub(NAMES),
        from: link.not_before.day(),
        until: link.not_after.day(),
        not_before: link.not_before.to_string(),
        not_after: link.not_after.to_string(),
        key: shown(&link.key),
        signature: shown(&link.signature),
        fingerprint: shown(&link.fingerprint),
    }
}

fn commands(place: &str, base: &str, report: &Report) -> Vec<Command> {
    let command = |what, line| Command { what, line };
    if report.identity == Some(Identity::Private) {
        vec![
            command(
                "Judge this server as a browser that trusts the root",
                format!("bulla check {place} --local"),
            ),
            command("And as one that does not: see where the chain breaks", format!("bulla check {place}")),
            command(
                "See the connection of another client",
                format!("curl --cacert root.pem https://{place}{base}connection.json"),
            ),
        ]
    } else {
        vec![
            command("Judge this server as a browser would", format!("bulla check {place}")),
            command(
                "See the connection of another client",
                format!("curl https://{place}{base}connection.json"),
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bulla_inspect::report::{Connection, Moment, Reason, SCHEMA};

    const NOW: u64 = 1_795_331_913;
    const HOSTILE: &str =
        "\x1b[2J\u{202e}moc\0\r\n</style><script>alert(1)</script>\" onload='x'&amp;\u{200b}";

    fn link(role: Role, sent_as: Option<usize>, subject: &str, issuer: &str) -> Link {
        Link {
            role,
            sent_as,
            subject: subject.to_owned(),
            issuer: issuer.to_owned(),
            names: if role == Role::Leaf {
                ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into()
            } else {
                vec![]
            },
            not_before: Moment::from_unix(NOW - 86_400),
            not_after: Moment::from_unix(NOW + 7_776_000),
            key: "ECDSA P-256".to_owned(),
            signature: "ECDSA with SHA-256".to_owned(),
            fingerprint: "5d81f0".repeat(11),
        }
    }

    fn sample(text: Option<&str>) -> Report {
        let pick = |plain: &str| text.unwrap_or(plain).to_owned();
        let (root, middle) = (pick("Local root"), pick("Local intermediate"));
        Report {
            schema: SCHEMA,
            host: pick("localhost"),
            port: 8443,
            checked_at: Moment::from_unix(NOW),
            trusted: text.is_none(),
            identity: text.is_none().then_some(Identity::Private),
            cue: Cue::new("localhost", 8443, Finding::Trusted(Identity::Private)),
            reason: Reason { rule: None, link: None, text: pick("It holds."), mend: None, source: None },
            others: Vec::new(),
            chain: vec![
                link(Role::Leaf, Some(0), &pick("localhost"), &middle),
                link(Role::Intermediate, Some(1), &middle, &root),
                link(Role::Root, None, &root, &root),
            ],
            connection: Connection {
                version: pick("TLS 1.3"),
                suite: pick("TLS_AES_128_GCM_SHA256"),
                group: pick("X25519MLKEM768"),
                post_quantum: true,
                signature: pick("ecdsa_secp256r1_sha256"),
                alpn: Some(pick("h2")),
                server_name: Some(pick("localhost")),
                hello_retried: false,
                peer: Some(pick("127.0.0.1:51544")),
            },
        }
    }

    #[test]
    fn the_page_shows_the_facts() {
        let html = render(&sample(None), "/").unwrap();
        for fact in
            ["TLS 1.3", "TLS_AES_128_GCM_SHA256", "X25519MLKEM768", "post-quantum", "HTTP/2", "Local root"]
        {
            assert!(html.contains(fact), "{fact}");
        }
        assert!(!html.contains("<script") && !html.contains(" style="));
    }

    #[test]
    fn hostile_text_stays_text() {
        let html = render(&sample(Some(HOSTILE)), "/").unwrap();
        assert!(!html.contains("<script") && !html.contains("onload='x'"));
        assert_eq!(html.matches("</style>").count(), 1);
        for character in ['\x1b', '\u{202e}', '\0', '\r', '\u{200b}'] {
            assert!(!html.contains(character), "U+{:04X} got through", u32::from(character));
        }
        assert!(html.contains("\\u{202e}moc"));
    }
}
