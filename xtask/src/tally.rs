//! How a suite of cases went, by the parts that it has.

use std::path::Path;

use serde_json::json;

use crate::failure::Failure;

/// How often what came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
}

impl Tally {
    fn and(self, other: &Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }
}

/// Prints the table and the last line, keeps both in `target/SUITE.json` for `evidence`, and fails if a case did or if
/// there was none.
pub(crate) fn conclude(
    root: &Path,
    suite: &str,
    part: &str,
    rows: &[(String, Tally)],
) -> Result<(), Failure> {
    println!("\n{part:<46} {:>7} {:>7} {:>7}", "passed", "failed", "skipped");
    for (name, Tally { passed, failed, skipped }) in rows {
        println!("{name:<46} {passed:>7} {failed:>7} {skipped:>7}");
    }
    let whole = rows.iter().fold(Tally::default(), |sum, (_, tally)| sum.and(tally));
    let row = |(name, Tally { passed, failed, skipped }): &(String, Tally)| json!({ "part": name, "passed": passed, "failed": failed, "skipped": skipped });
    let Tally { passed, failed, skipped } = whole;
    let table: Vec<_> = rows.iter().map(row).collect();
    let document = json!({ "passed": passed, "failed": failed, "skipped": skipped, "rows": table });
    let path = root.join("target").join(format!("{suite}.json"));
    std::fs::write(&path, format!("{document:#}\n")).map_err(|error| Failure::at(&path, &error))?;
    println!("{suite}: {passed} passed, {failed} failed, {skipped} skipped");
    match (passed, failed) {
        (0, 0) => Err(Failure::new(format!("{suite}: no case ran"))),
        (_, 0) => Ok(()),
        _ => Err(Failure::new(format!("{suite}: {failed} cases have the wrong outcome"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_case_or_none_at_all_fails_the_suite() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("target")).unwrap();
        let end = |passed, failed, skipped| {
            let rows =
                [("a".to_owned(), Tally { passed, failed, skipped }), ("b".to_owned(), Tally::default())];
            conclude(folder.path(), "suite", "part", &rows).is_ok()
        };
        assert!(end(1, 0, 1));
        assert!(!end(1, 1, 0));
        assert!(!end(0, 0, 1));
        let kept = std::fs::read_to_string(folder.path().join("target/suite.json")).unwrap();
        assert!(kept.contains("\"skipped\": 1"), "{kept}");
    }
}
