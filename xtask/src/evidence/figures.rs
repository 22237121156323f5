//! Everything that is measured, in one place.

use std::collections::BTreeMap;
use std::panic::Location;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::bad_input::{self, Words};
use super::left::Left;
use super::trials::Trials;
use crate::failure::Failure;
use crate::shape::{self, Shape};
use crate::{layers, metadata, sources};

/// Our crates with tests, the ground floor first.
const TESTED: [&str; 11] = [
    "bulla-crypto",
    "bulla-x509",
    "bulla-tls",
    "bulla-testkit",
    "bulla-tokio",
    "bulla-store",
    "bulla-ca",
    "bulla-inspect",
    "bulla-server",
    "bulla",
    "xtask",
];

/// One row of the interop table.
pub(crate) struct Case {
    pub(crate) peer: String,
    pub(crate) version: String,
    pub(crate) direction: String,
    pub(crate) checked: String,
    pub(crate) seen: String,
    pub(crate) passed: bool,
}

/// What this run measured, and what other commands left in `target/`.
pub(crate) struct Figures {
    trials: Vec<Trials>,
    pub(crate) interop: Vec<Case>,
    pub(crate) shapes: BTreeMap<String, Shape>,
    /// What `cargo xtask layers` says.
    pub(crate) layers: String,
    /// What `cargo deny` says.
    pub(crate) deny: String,
    /// From `cargo xtask fresh`.
    pub(crate) fresh: Value,
    pub(crate) left: Left,
    /// What is said of each bad input.
    pub(crate) bad_input: Vec<Words>,
    /// Versions in the lock file, by package.
    versions: BTreeMap<String, String>,
    pub(crate) rustc: String,
}

impl Figures {
    /// Runs the tests and reads the files.
    pub(crate) fn measure(root: &Path) -> Result<Figures, Failure> {
        let sources = sources::read(root, &metadata::packages(root)?)?;
        Ok(Figures {
            interop: interop(root)?,
            fresh: document(&root.join("target/fresh.json"), "cargo xtask fresh")?,
            left: Left::read(root)?,
            bad_input: bad_input::read(root)?,
            layers: layers::check(root)?,
            deny: deny(root)?,
            shapes: shape::measure(&sources),
            versions: versions(&std::fs::read_to_string(root.join("Cargo.lock"))?),
            rustc: words(Command::new("rustc").arg("--version"))?,
            trials: TESTED.into_iter().map(|package| Trials::run(root, package)).collect::<Result<_, _>>()?,
        })
    }

    /// The tests of a package.
    pub(crate) fn trials(&self, package: &str) -> Result<&Trials, Failure> {
        let found = self.trials.iter().find(|trials| trials.package == package);
        found.ok_or_else(|| Failure::new(format!("evidence: {package} was not tested")))
    }

    /// How many tests passed in all.
    pub(crate) fn tests(&self) -> usize {
        self.trials.iter().map(Trials::count).sum()
    }

    /// A dependency with its version in the lock file.
    pub(crate) fn version(&self, package: &str) -> Result<String, Failure> {
        let version = self.versions.get(package);
        version
            .map(|version| format!("{package} {version}"))
            .ok_or_else(|| Failure::new(format!("evidence: Cargo.lock names no {package}")))
    }

    /// The passed interop cases that this is true of; none is a failure, which names the place that asks.
    #[track_caller]
    pub(crate) fn cases(&self, which: impl Fn(&Case) -> bool) -> Result<Vec<&Case>, Failure> {
        let cases: Vec<&Case> = self.interop.iter().filter(|case| case.passed && which(case)).collect();
        if cases.is_empty() {
            return Err(Failure::new(format!(
                "evidence: no interop case for the claim at {}",
                Location::caller()
            )));
        }
        Ok(cases)
    }
}

/// The peers of some cases with their versions, each once.
pub(crate) fn peers(cases: &[&Case]) -> String {
    let mut peers: Vec<String> = cases.iter().map(|case| format!("{} {}", case.peer, case.version)).collect();
    peers.sort();
    peers.dedup();
    peers.join(", ")
}

fn interop(root: &Path) -> Result<Vec<Case>, Failure> {
    let table = document(&root.join("target/interop.json"), "cargo xtask interop")?;
    let text = |row: &Value, field: &str| row[field].as_str().unwrap_or_default().to_owned();
    let rows = table.as_array().map(Vec::as_slice).unwrap_or_default().iter().map(|row| Case {
        peer: text(row, "peer"),
        version: text(row, "version"),
        direction: text(row, "direction"),
        checked: text(row, "checked"),
        seen: text(row, "seen"),
        passed: row["passed"] == true,
    });
    Ok(rows.collect())
}

/// What another command left.
pub(super) fn document(path: &Path, command: &str) -> Result<Value, Failure> {
    let text = std::fs::read(path)
        .map_err(|error| Failure::new(format!("{}: {error}; run `{command}`", path.display())))?;
    Ok(serde_json::from_slice(&text)?)
}

fn deny(root: &Path) -> Result<String, Failure> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["deny", "--locked", "check", "bans", "licenses", "sources"]).current_dir(root);
    let output = cargo.output()?;
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        return Err(Failure::new(format!("evidence: cargo deny: {text}")));
    }
    Ok(text.lines().rfind(|line| line.contains("bans ok")).unwrap_or_default().trim().to_owned())
}

fn words(command: &mut Command) -> Result<String, Failure> {
    let output = command.output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(text.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
}

/// Name and version of each package of a lock file; of several versions, the last.
fn versions(lock: &str) -> BTreeMap<String, String> {
    let value =
        |line: &str, key: &str| line.strip_prefix(key).map(|value| value.trim_matches('"').to_owned());
    let mut found = BTreeMap::new();
    let mut name = String::new();
    for line in lock.lines() {
        if let Some(value) = value(line, "name = ") {
            name = value;
        } else if let Some(version) = value(line, "version = ") {
            found.insert(name.clone(), version);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_the_lock_file() {
        let lock = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.2.3\"\nsource = \"b\"\n";
        assert_eq!(versions(lock).get("a").map(String::as_str), Some("1.2.3"));
    }
}
