//! What the commands with real browsers, runners, fuzzers and clocks left in `target/`.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::figures::document;
use crate::failure::Failure;

/// All of it.
pub(crate) struct Left {
    /// From `cargo xtask browsers`: a row for each case.
    pub(crate) browsers: Vec<Value>,
    /// From `cargo xtask browsers`: a row for each server made on the spot.
    pub(crate) verdicts: Vec<Value>,
    /// From `cargo xtask limbo` and `cargo xtask pkits`: the counts.
    pub(crate) limbo: Value,
    pub(crate) pkits: Value,
    /// From `cargo xtask bogo`: the counts.
    pub(crate) bogo: Value,
    pub(crate) fuzz: Fuzz,
    /// From `cargo xtask bench`: a row for each case and side.
    pub(crate) bench: Vec<Value>,
    /// From `cargo xtask constant-time`: what valgrind saw of our decryption and of its careless twin.
    pub(crate) constant_time: Value,
}

/// What `cargo xtask fuzz` has done here so far.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fuzz {
    pub(crate) targets: usize,
    pub(crate) seconds: u64,
    pub(crate) executions: u64,
    /// The shortest time that a target has had.
    pub(crate) least: u64,
}

impl Left {
    /// Reads every file; one that is missing is a failure that names its command.
    pub(super) fn read(root: &Path) -> Result<Self, Failure> {
        let target = root.join("target");
        let log = target.join("fuzz.jsonl");
        let log = std::fs::read_to_string(&log)
            .map_err(|error| Failure::new(format!("{}: {error}; run `cargo xtask fuzz`", log.display())))?;
        Ok(Self {
            browsers: rows(document(&target.join("browsers.json"), "cargo xtask browsers")?)?,
            verdicts: rows(document(&target.join("verdicts.json"), "cargo xtask browsers")?)?,
            limbo: document(&target.join("limbo.json"), "cargo xtask limbo")?,
            pkits: document(&target.join("pkits.json"), "cargo xtask pkits")?,
            bogo: document(&target.join("bogo.json"), "cargo xtask bogo")?,
            fuzz: Fuzz::read(&log, &crate::fuzz::targets(root)?)?,
            bench: rows(document(&target.join("bench.json"), "cargo xtask bench --json target/bench.json")?)?,
            constant_time: document(&target.join("constant-time.json"), "cargo xtask constant-time")?,
        })
    }
}

fn rows(table: Value) -> Result<Vec<Value>, Failure> {
    match table {
        Value::Array(rows) if !rows.is_empty() => Ok(rows),
        other => Err(Failure::new(format!("evidence: a table without rows: {other}"))),
    }
}

impl Fuzz {
    /// Sums up the runs. The last run of each target must have passed.
    fn read(log: &str, targets: &[String]) -> Result<Self, Failure> {
        let mut runs = BTreeMap::<String, (u64, bool)>::new();
        let mut executions = 0;
        for line in log.lines() {
            let run: Value = serde_json::from_str(line)?;
            let target = run["target"].as_str().unwrap_or_default().to_owned();
            let (seconds, passed) = runs.entry(target).or_default();
            *seconds += run["seconds"].as_u64().unwrap_or_default();
            *passed = run["passed"] == true;
            executions += run["executions"].as_u64().unwrap_or_default();
        }
        for target in targets {
            match runs.get(target) {
                Some((_, true)) => {}
                Some((_, false)) => {
                    return Err(Failure::new(format!("evidence: fuzz target {target} failed")));
                }
                None => return Err(Failure::new(format!("evidence: fuzz target {target} was not run"))),
            }
        }
        let of = |target: &String| runs.get(target).map_or(0, |(seconds, _)| *seconds);
        Ok(Self {
            targets: targets.len(),
            seconds: targets.iter().map(of).sum(),
            executions,
            least: targets.iter().map(of).min().unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(target: &str, passed: bool) -> String {
        format!("{{\"target\": \"{target}\", \"seconds\": 15, \"executions\": 40, \"passed\": {passed}}}\n")
    }

    #[test]
    fn runs_add_up() {
        let targets = ["a".to_owned(), "b".to_owned()];
        let log = run("a", false) + &run("a", true) + &run("b", true);
        let fuzz = Fuzz::read(&log, &targets).unwrap();
        assert_eq!(fuzz, Fuzz { targets: 2, seconds: 45, executions: 120, least: 15 });
        assert!(Fuzz::read(&run("a", true), &targets).is_err(), "b was not run");
        assert!(Fuzz::read(&(log + &run("a", false)), &targets).is_err(), "the last run of a failed");
    }

    #[test]
    fn a_table_needs_rows() {
        assert!(rows(Value::Array(Vec::new())).is_err());
        assert!(rows(Value::Null).is_err());
    }
}
