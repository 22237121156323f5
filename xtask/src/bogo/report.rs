//! What came of a run: in words for whoever reads it, in numbers for `target/bogo.json`.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;

use super::config::{self, Config, Disabled};
use super::runner::Outcome;
use crate::failure::Failure;

/// Fewer passed cases than this, and something is wrong with the run itself.
const FLOOR: usize = 1900;

/// The cases of a run, sorted by what they mean.
pub(super) struct Report<'a> {
    passed: usize,
    failed: Vec<(&'a str, &'a str)>,
    /// By what the shim says, how many cases it leaves out that no pattern disables.
    unimplemented: BTreeMap<&'a str, usize>,
    /// By reason, how many cases are left out, by a pattern or by the shim.
    reasons: BTreeMap<&'a str, usize>,
    disabled: Vec<Tally<'a>>,
    /// Disabled cases.
    left_out: usize,
    /// Disabled cases that pass.
    hidden: Vec<(&'a str, &'a str)>,
}

/// A pattern and its cases.
struct Tally<'a> {
    entry: &'a Disabled,
    cases: usize,
    failing: usize,
}

impl<'a> Report<'a> {
    pub(super) fn new(config: &'a Config, outcomes: &'a BTreeMap<String, Outcome>) -> Self {
        let mut report = Self {
            passed: 0,
            failed: Vec::new(),
            unimplemented: BTreeMap::new(),
            reasons: BTreeMap::new(),
            disabled: config.disabled.iter().map(|entry| Tally::new(entry, outcomes)).collect(),
            left_out: 0,
            hidden: Vec::new(),
        };
        for (case, outcome) in outcomes {
            match (config.disabling(case), outcome) {
                (Some(entry), Outcome::Passed) => report.hidden.push((case, &entry.pattern)),
                (Some(entry), _) => {
                    report.left_out += 1;
                    *report.reasons.entry(&entry.reason).or_default() += 1;
                }
                (None, Outcome::Passed) => report.passed += 1,
                (None, Outcome::Failed(words)) => report.failed.push((case, words)),
                (None, Outcome::Unimplemented(what)) => {
                    *report.unimplemented.entry(what).or_default() += 1;
                    *report.reasons.entry(reason(what)).or_default() += 1;
                }
            }
        }
        report
    }

    fn skipped(&self) -> usize {
        self.left_out + self.unimplemented.values().sum::<usize>()
    }

    /// Patterns without any failing case.
    fn idle(&self) -> impl Iterator<Item = &Disabled> {
        self.disabled.iter().filter(|tally| tally.failing == 0).map(|tally| tally.entry)
    }

    pub(super) fn print(&self) {
        let mut reasons: BTreeMap<&str, Vec<&Tally>> = BTreeMap::new();
        for tally in self.disabled.iter().filter(|tally| tally.cases > 0) {
            reasons.entry(&tally.entry.reason).or_default().push(tally);
        }
        println!("Disabled patterns (cases, failing among them):");
        for (reason, tallies) in &reasons {
            println!("  {reason}");
            for Tally { entry, cases, failing } in tallies {
                println!("    {cases:>5} {failing:>4}  {}", entry.pattern);
            }
        }
        println!("\nLeft out by the shim (cases):");
        print_counts(&self.unimplemented);
        println!("\nLeft out, by reason (cases):");
        print_counts(&self.reasons);
        for (case, pattern) in &self.hidden {
            println!("\n{case} passes, though {pattern} disables it");
        }
        for (case, words) in &self.failed {
            println!("\nfailed: {case}\n{}", words.trim_end());
        }
        println!();
    }

    pub(super) fn write(&self, path: &Path, runner: &str) -> Result<(), Failure> {
        let counts = json!({
            "passed": self.passed,
            "failed": self.failed.len(),
            "skipped": self.skipped(),
            "disabled": self.left_out,
            "runner": runner,
        });
        std::fs::write(path, format!("{counts:#}\n")).map_err(|error| Failure::at(path, &error))
    }

    /// The last line, and whether the run stands; `whole` unless a filter picked the cases.
    pub(super) fn verdict(&self, whole: bool) -> Result<(), Failure> {
        let (passed, failed, skipped) = (self.passed, self.failed.len(), self.skipped());
        let unexplained = self.reasons.keys().find(|reason| !config::is_reason(reason));
        let idle: Vec<&str> = self.idle().map(|entry| entry.pattern.as_str()).collect();
        let fault = if failed > 0 {
            Some(format!("{failed} cases fail"))
        } else if !self.hidden.is_empty() {
            Some(format!("{} disabled cases pass: narrow their patterns", self.hidden.len()))
        } else if let Some(what) = unexplained {
            Some(format!("cases are left out without a reason: {what}"))
        } else if whole && !idle.is_empty() {
            Some(format!("patterns without a failing case: {}", idle.join(", ")))
        } else if whole && passed < FLOOR {
            Some(format!("{passed} cases passed; at least {FLOOR} are expected"))
        } else if passed + skipped == 0 {
            Some("there was no case".to_owned())
        } else {
            None
        };
        println!("bogo: {passed} passed, {failed} failed, {skipped} skipped");
        fault.map_or(Ok(()), |fault| Err(Failure::new(format!("bogo: {fault}"))))
    }
}

/// What the shim says without the option or value that it names in parentheses.
fn reason(what: &str) -> &str {
    what.strip_suffix(')').and_then(|what| what.rsplit_once(" (")).map_or(what, |(reason, _)| reason)
}

fn print_counts(counts: &BTreeMap<&str, usize>) {
    let mut counts: Vec<_> = counts.iter().collect();
    counts.sort_by_key(|(what, count)| (std::cmp::Reverse(**count), **what));
    for (what, count) in counts {
        println!("    {count:>5}  {what}");
    }
}

impl<'a> Tally<'a> {
    fn new(entry: &'a Disabled, outcomes: &BTreeMap<String, Outcome>) -> Self {
        let mut tally = Self { entry, cases: 0, failing: 0 };
        for (_, outcome) in outcomes.iter().filter(|(case, _)| entry.matches(case)) {
            tally.cases += 1;
            tally.failing += usize::from(matches!(outcome, Outcome::Failed(_)));
        }
        tally
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(patterns: &[&str]) -> Config {
        let entry = |pattern: &&str| Disabled { pattern: (*pattern).into(), reason: "not built: x".into() };
        Config { disabled: patterns.iter().map(entry).collect() }
    }

    fn outcomes(cases: &[(&str, Outcome)]) -> BTreeMap<String, Outcome> {
        cases.iter().map(|(case, outcome)| ((*case).to_owned(), outcome.clone())).collect()
    }

    fn many(mut cases: Vec<(&str, Outcome)>, names: &'static [String]) -> BTreeMap<String, Outcome> {
        cases.extend(names.iter().map(|name| (name.as_str(), Outcome::Passed)));
        outcomes(&cases)
    }

    fn names() -> &'static [String] {
        Vec::leak((0..FLOOR).map(|n| format!("ok-{n}")).collect())
    }

    #[test]
    fn a_run_stands_or_falls() {
        let config = config(&["x-*"]);
        let failed = || Outcome::Failed("no".into());
        let verdict = |cases: Vec<(&str, Outcome)>, whole| {
            let outcomes = many(cases, names());
            let report = Report::new(&config, &outcomes);
            (report.verdict(whole).is_ok(), report.skipped())
        };
        assert_eq!(verdict(vec![("x-1", failed())], true), (true, 1));
        assert_eq!(verdict(vec![("x-1", failed()), ("y", failed())], true), (false, 1), "a case fails");
        assert_eq!(
            verdict(vec![("x-1", failed()), ("x-2", Outcome::Passed)], true),
            (false, 1),
            "one is hidden"
        );
        assert_eq!(verdict(vec![], true), (false, 0), "the pattern is idle");
        assert_eq!(verdict(vec![], false), (true, 0), "a filter leaves patterns idle");
        let two = |what: &str| vec![("x-1", failed()), ("y", Outcome::Unimplemented(what.into()))];
        assert_eq!(verdict(two("not built: DTLS (-dtls)"), true), (true, 2));
        assert_eq!(verdict(two("-dtls"), true), (false, 2), "there is no reason");
    }

    #[test]
    fn reasons_of_patterns_and_of_the_shim_are_counted_together() {
        let config = config(&["x-*"]);
        let left_out = |what: &str| Outcome::Unimplemented(what.into());
        let outcomes = outcomes(&[
            ("x-1", Outcome::Failed("no".into())),
            ("y", left_out("not built: x (-y)")),
            ("z", left_out("not built: z (RFC 1) (-z)")),
        ]);
        let reasons = Report::new(&config, &outcomes).reasons;
        assert_eq!(
            reasons.into_iter().collect::<Vec<_>>(),
            [("not built: x", 2), ("not built: z (RFC 1)", 1)]
        );
    }

    #[test]
    fn too_few_cases_are_no_success() {
        let none = outcomes(&[]);
        assert!(Report::new(&config(&[]), &none).verdict(false).is_err());
        let few = outcomes(&[("a", Outcome::Passed)]);
        assert!(Report::new(&config(&[]), &few).verdict(true).is_err());
        assert!(Report::new(&config(&[]), &few).verdict(false).is_ok());
    }
}
