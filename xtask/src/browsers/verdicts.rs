//! Our verdict beside the browsers': some fifty servers made on the spot, sound and broken, each asked by Chromium, by
//! Firefox and by our verifier, which trust the same root.
//!
//! What counts is whether a server is trusted; the codes are shown. A difference must be explained below, and an
//! explanation must belong to a difference.

mod maker;
mod servers;

use std::fs;
use std::path::Path;

use bulla_crypto::pem;
use bulla_x509::trust::TrustAnchors;
use bulla_x509::verdict::{Presented, Purpose, judge};
use rustls_pki_types::{ServerName, UnixTime};
use serde_json::{Value, json};

use crate::failure::Failure;
use servers::{Server, World};

/// Where a browser decides otherwise than we do, and why. The browser's name may be `both`.
const EXPLAINED: &[(&str, &str, &str)] = &[
    (
        "ECDSA P-521",
        "chromium",
        "its hello offers no signature of P-521 keys, so that no server can answer with one",
    ),
    ("Ed25519", "both", "its hello offers no Ed25519, so that no server can answer with it"),
    (
        "for any purpose, by name",
        "chromium",
        "it takes anyExtendedKeyUsage for serverAuth below private roots; the CA/Browser Forum forbids it (BR 7.1.2.7.10)",
    ),
    (
        "a key for agreement alone",
        "firefox",
        "it asks for any one of three usages, whatever the key exchange; TLS 1.3 signs (RFC 9846, 4.5.1.2)",
    ),
    (
        "RSA 1024",
        "both",
        "below private roots it takes 1024 bits still; NIST SP 800-131A gave them up in 2013",
    ),
];

/// What stands above the table in the document.
const HEAD: &str = "\
# Verdicts: bulla beside Chromium and Firefox

Servers made on the spot, each with its own chain, sound or broken, below one private root that all three trust. Written by
`cargo xtask browsers verdicts`, which fails when a browser trusts a server that bulla refuses, or the other way around, and
nothing explains it. bulla judges by its profile `private`, as `bulla check --ca` does.
";

/// The servers, ready to be started by the driver.
pub(super) struct Verdicts {
    rows: Vec<Row>,
    /// The browsers' names and versions.
    versions: Vec<String>,
    /// The root that all trust.
    pub(super) root: std::path::PathBuf,
    /// What the driver is told of them.
    pub(super) task: Value,
}

struct Row {
    name: &'static str,
    ours: String,
    /// In the order of [`BROWSERS`].
    theirs: Vec<String>,
}

const BROWSERS: [&str; 2] = ["chromium", "firefox"];
const TRUSTED: &str = "opened";

impl Verdicts {
    /// Makes all servers' certificates in a folder, and judges them.
    pub(super) fn prepare(folder: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(folder).map_err(|error| Failure::at(folder, &error))?;
        let world = World::new(folder)?;
        let root = folder.join("root.pem");
        fs::write(&root, pem::write("CERTIFICATE", &world.root.der))
            .map_err(|error| Failure::at(&root, &error))?;
        let mut anchors = TrustAnchors::new();
        anchors.add_certificate(&world.root.der).map_err(|error| Failure::new(error.to_string()))?;
        let (mut rows, mut task) = (Vec::new(), Vec::new());
        for (index, server) in world.servers.iter().enumerate() {
            let files = maker::write(folder, &format!("server-{index}"), (&server.chain, &server.key))?;
            rows.push(Row { name: server.name, ours: ours(server, &anchors)?, theirs: Vec::new() });
            task.push(
                json!({ "name": server.name, "host": server.host, "certificates": files.0, "key": files.1 }),
            );
        }
        Ok(Self { rows, versions: Vec::new(), root, task: Value::Array(task) })
    }

    /// Keeps what the driver printed of one browser; the browsers come in the order of [`BROWSERS`].
    pub(super) fn add(&mut self, printed: &str) -> Result<(), Failure> {
        let mut seen = printed.lines().map(serde_json::from_str::<Value>);
        let browser = seen.next().ok_or_else(|| Failure::new("the driver printed nothing"))??;
        let said = |field: &str| browser[field].as_str().unwrap_or_default().to_owned();
        self.versions.push(format!("{} {}", said("name"), said("version")));
        for row in &mut self.rows {
            let case = seen.next().ok_or_else(|| Failure::new("the driver left out servers"))??;
            if case["checked"] != row.name {
                return Err(Failure::new(format!("the driver told of {} for {}", case["checked"], row.name)));
            }
            row.theirs.push(case["seen"].as_str().unwrap_or_default().to_owned());
        }
        Ok(())
    }

    /// The table as a document.
    fn as_markdown(&self) -> String {
        let mut text = String::from(HEAD);
        let versions: Vec<&str> = self.versions.iter().map(String::as_str).collect();
        text.push_str(&format!("\n| server | bulla | {} |\n|---|---|---|---|\n", versions.join(" | ")));
        let mut explained = String::new();
        for row in &self.rows {
            text.push_str(&format!("| {} | {} | {} |\n", row.name, row.ours, row.theirs.join(" | ")));
            for (browser, seen) in BROWSERS.iter().zip(&row.theirs) {
                if let Ok(Some(why)) = row.explained(browser, seen) {
                    explained.push_str(&format!("- {}, {browser}: {why}.\n", row.name));
                }
            }
        }
        format!("{text}\n## Differences\n\n{explained}")
    }

    /// Prints the table with its last line; fails on differences without an explanation and explanations without a
    /// difference.
    pub(super) fn conclude(&self, (path, document): (&Path, &Path)) -> Result<(), Failure> {
        let rows: Vec<Value> = self.rows.iter().map(Row::as_json).collect();
        fs::write(path, format!("{:#}\n", json!(rows))).map_err(|error| Failure::at(path, &error))?;
        let table = self.as_markdown();
        fs::write(document, table).map_err(|error| Failure::at(document, &error))?;
        println!("{:<38} {:<26} {:<36} Firefox", "server", "bulla", "Chromium");
        let mut faults = Vec::new();
        for row in &self.rows {
            let [chromium, firefox] = [0, 1].map(|index| row.theirs.get(index).map_or("-", String::as_str));
            println!("{:<38} {:<26} {chromium:<36} {firefox}", row.name, row.ours);
            for (browser, seen) in BROWSERS.iter().zip(&row.theirs) {
                match row.explained(browser, seen) {
                    Ok(Some(why)) => println!("    {browser} differs: {why}"),
                    Ok(None) => {}
                    Err(fault) => faults.push(format!("{}: {browser} {fault}", row.name)),
                }
            }
        }
        println!("verdicts: {} servers, {} faults", self.rows.len(), faults.len());
        if faults.is_empty() {
            return Ok(());
        }
        Err(Failure::new(format!("browsers: {}", faults.join("\n  "))))
    }
}

impl Row {
    fn differs(&self, seen: &str) -> bool {
        (self.ours == TRUSTED) != (seen == TRUSTED)
    }

    /// Why this browser decides otherwise, if it does; what is wrong with our explanations.
    fn explained(&self, browser: &str, seen: &str) -> Result<Option<&'static str>, &'static str> {
        let mut explanations = EXPLAINED.iter().filter(|(name, _, _)| *name == self.name);
        let why = explanations.find(|(_, who, _)| *who == browser || *who == "both").map(|(_, _, why)| *why);
        match (self.differs(seen), why) {
            (true, None) => Err("differs, and nothing explains it"),
            (false, Some(_)) => Err("agrees, and yet a difference is explained"),
            (_, why) => Ok(why),
        }
    }

    fn as_json(&self) -> Value {
        let theirs: serde_json::Map<String, Value> = BROWSERS
            .iter()
            .zip(&self.theirs)
            .map(|(browser, seen)| ((*browser).to_owned(), json!(seen)))
            .collect();
        let why: serde_json::Map<String, Value> = BROWSERS
            .iter()
            .zip(&self.theirs)
            .filter_map(|(browser, seen)| {
                Some(((*browser).to_owned(), json!(self.explained(browser, seen).ok()??)))
            })
            .collect();
        json!({ "server": self.name, "bulla": self.ours, "browsers": theirs, "why": why })
    }
}

/// `opened`, or the rule that is broken.
fn ours(server: &Server, anchors: &TrustAnchors) -> Result<String, Failure> {
    let name = ServerName::try_from(server.host.as_str()).map_err(|error| Failure::new(error.to_string()))?;
    let verdict = judge(&Presented::new(&server.chain, Purpose::Server(&name)), anchors, UnixTime::now());
    Ok(verdict.failure.map_or_else(|| TRUSTED.to_owned(), |failure| failure.rule.id().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_and_explanations_must_meet() {
        let row = |name, ours: &str| Row { name, ours: ours.to_owned(), theirs: Vec::new() };
        assert_eq!(row("good", TRUSTED).explained("firefox", TRUSTED), Ok(None));
        assert_eq!(row("expired", "expired").explained("chromium", "ERR_CERT_DATE_INVALID"), Ok(None));
        assert!(row("good", TRUSTED).explained("firefox", "SEC_ERROR_X").is_err());
        assert!(row("expired", "expired").explained("firefox", TRUSTED).is_err());
        assert!(row("RSA 1024", "weak-key").explained("firefox", TRUSTED).unwrap().is_some());
        assert!(row("RSA 1024", "weak-key").explained("firefox", "SEC_ERROR_X").is_err());
        assert!(row("ECDSA P-521", TRUSTED).explained("firefox", TRUSTED).is_ok_and(|why| why.is_none()));
    }
}
