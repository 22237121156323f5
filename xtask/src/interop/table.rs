//! The table: which peer, which version, which side is ours, what was checked and how it ended.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use serde_json::json;

use crate::failure::Failure;

/// Someone else's program and its version.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    pub(crate) version: String,
    /// The program to start.
    pub(crate) program: String,
}

/// Rows in the order they ran.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
    /// The one peer whose cases run, if it is one.
    only: Option<String>,
    /// The peers whose cases did not, then.
    others: BTreeSet<&'static str>,
}

struct Row {
    peer: Peer,
    direction: &'static str,
    checked: String,
    outcome: Outcome,
    millis: u128,
}

enum Outcome {
    /// With what was seen.
    Passed(String),
    /// With what was seen instead.
    Failed(String),
}

impl Outcome {
    fn word(&self) -> &'static str {
        match self {
            Outcome::Passed(_) => "passed",
            Outcome::Failed(_) => "FAILED",
        }
    }

    fn detail(&self) -> &str {
        match self {
            Outcome::Passed(detail) | Outcome::Failed(detail) => detail,
        }
    }
}

impl Table {
    /// An empty table, for all peers or one.
    pub(crate) fn of(only: Option<String>) -> Self {
        Self { only, ..Self::default() }
    }

    /// Runs one case and keeps its row; what the case returns is what was seen.
    pub(crate) fn case(
        &mut self,
        peer: &Peer,
        direction: &'static str,
        checked: &str,
        run: impl FnOnce() -> Result<String, Failure>,
    ) {
        if self.only.as_deref().is_some_and(|only| only != peer.name) {
            self.others.insert(peer.name);
            return;
        }
        let begun = Instant::now();
        let outcome = match run() {
            Ok(seen) => Outcome::Passed(seen),
            Err(failure) => Outcome::Failed(failure.to_string()),
        };
        let millis = begun.elapsed().as_millis();
        self.rows.push(Row { peer: peer.clone(), direction, checked: checked.to_owned(), outcome, millis });
    }

    /// Prints every row, aligned.
    pub(crate) fn print(&self) {
        let width = |text: fn(&Row) -> &str| self.rows.iter().map(|row| text(row).len()).max().unwrap_or(0);
        let (name, version) = (width(|row| row.peer.name), width(|row| &row.peer.version));
        let (direction, checked) = (width(|row| row.direction), width(|row| &row.checked));
        for row in &self.rows {
            println!(
                "{:name$}  {:version$}  {:direction$}  {:checked$}  {} {:>6} ms  {}",
                row.peer.name,
                row.peer.version,
                row.direction,
                row.checked,
                row.outcome.word(),
                row.millis,
                row.outcome.detail(),
            );
        }
    }

    /// Keeps the table for `evidence`.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        let rows: Vec<_> = self
            .rows
            .iter()
            .map(|row| {
                json!({
                    "peer": row.peer.name,
                    "version": row.peer.version,
                    "direction": row.direction,
                    "checked": row.checked,
                    "passed": matches!(row.outcome, Outcome::Passed(_)),
                    "seen": row.outcome.detail(),
                    "milliseconds": u64::try_from(row.millis).unwrap_or(u64::MAX),
                })
            })
            .collect();
        std::fs::write(path, format!("{:#}\n", json!(rows))).map_err(|error| Failure::at(path, &error))
    }

    /// Prints the last line; fails on any failed case, and when there was none at all.
    pub(crate) fn verdict(&self) -> Result<(), Failure> {
        let failed = self.rows.iter().filter(|row| matches!(row.outcome, Outcome::Failed(_))).count();
        println!("interop: {} passed, {failed} failed, 0 skipped", self.rows.len() - failed);
        if self.rows.is_empty() {
            let names: Vec<_> = self.others.iter().map(|name| format!("\"{name}\"")).collect();
            return Err(Failure::new(match names.as_slice() {
                [] => "interop: no case ran".to_owned(),
                names => format!("interop: no case ran: --only takes one of {}", names.join(", ")),
            }));
        }
        if failed > 0 { Err(Failure::new(format!("interop: {failed} cases failed"))) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_case_and_an_empty_table_are_failures() {
        let peer = Peer { name: "a", version: "1".to_owned(), program: "a".to_owned() };
        let mut table = Table::default();
        assert!(table.verdict().is_err());
        table.case(&peer, "our server", "works", || Ok("seen".to_owned()));
        assert!(table.verdict().is_ok());
        table.case(&peer, "our server", "fails", || Err(Failure::new("not seen")));
        assert!(table.verdict().is_err());
    }
    #[test]
    fn a_peer_that_is_not_there_is_answered_with_those_that_are() {
        let mut table = Table::of(Some("python".to_owned()));
        for name in ["python ssl", "curl"] {
            let peer = Peer { name, version: "1".to_owned(), program: name.to_owned() };
            table.case(&peer, "our server", "works", || Ok("seen".to_owned()));
        }
        let failure = table.verdict().expect_err("no case ran");
        assert!(failure.to_string().ends_with("--only takes one of \"curl\", \"python ssl\""), "{failure}");
    }
}
