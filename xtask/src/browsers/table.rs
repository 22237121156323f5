//! The table: which browser, which version, what was checked and how it ended.

use std::path::Path;

use serde_json::{Value, json};

use crate::failure::Failure;

/// Rows in the order they ran.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

struct Row {
    browser: String,
    version: String,
    checked: String,
    passed: bool,
    seen: String,
    millis: u64,
}

impl Table {
    /// Keeps what a driver printed: a line for the browser, then one for each case. A driver that fails, or has no
    /// case, is a failed row.
    pub(crate) fn add(&mut self, browser: &str, run: impl FnOnce() -> Result<String, Failure>) {
        match run().and_then(|printed| rows(&printed)) {
            Ok(rows) => self.rows.extend(rows),
            Err(failure) => self.rows.push(Row {
                browser: browser.to_owned(),
                version: String::new(),
                checked: "starts and runs its cases".to_owned(),
                passed: false,
                seen: failure.to_string(),
                millis: 0,
            }),
        }
    }

    /// Prints every row, aligned.
    pub(crate) fn print(&self) {
        let width =
            |text: fn(&Row) -> &str| self.rows.iter().map(|row| text(row).chars().count()).max().unwrap_or(0);
        let (browser, version) = (width(|row| &row.browser), width(|row| &row.version));
        let checked = width(|row| &row.checked);
        for row in &self.rows {
            println!(
                "{:browser$}  {:version$}  {:checked$}  {} {:>6} ms  {}",
                row.browser,
                row.version,
                row.checked,
                if row.passed { "passed" } else { "FAILED" },
                row.millis,
                row.seen,
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
                    "browser": row.browser,
                    "version": row.version,
                    "checked": row.checked,
                    "passed": row.passed,
                    "seen": row.seen,
                    "milliseconds": row.millis,
                })
            })
            .collect();
        std::fs::write(path, format!("{:#}\n", json!(rows))).map_err(|error| Failure::at(path, &error))
    }

    /// Prints the last line; fails on any failed case, and when there was none at all.
    pub(crate) fn verdict(&self) -> Result<(), Failure> {
        let failed = self.rows.iter().filter(|row| !row.passed).count();
        println!("browsers: {} passed, {failed} failed, 0 skipped", self.rows.len() - failed);
        if self.rows.is_empty() {
            return Err(Failure::new("browsers: no case ran"));
        }
        if failed > 0 { Err(Failure::new(format!("browsers: {failed} cases failed"))) } else { Ok(()) }
    }
}

fn rows(printed: &str) -> Result<Vec<Row>, Failure> {
    let mut lines = printed.lines().map(serde_json::from_str::<Value>);
    let browser = lines.next().ok_or_else(|| Failure::new("the driver printed nothing"))??;
    let mut rows = Vec::new();
    for case in lines {
        let case = case?;
        rows.push(Row {
            browser: text(&browser, "name")?,
            version: text(&browser, "version")?,
            checked: text(&case, "checked")?,
            passed: case["passed"] == true,
            seen: one_line(&text(&case, "seen")?),
            millis: case["milliseconds"].as_u64().unwrap_or_default(),
        });
    }
    if rows.is_empty() { Err(Failure::new("the driver ran no case")) } else { Ok(rows) }
}

fn text(value: &Value, field: &str) -> Result<String, Failure> {
    let text = value[field].as_str();
    text.map(str::to_owned).ok_or_else(|| Failure::new(format!("the driver's line has no {field}: {value}")))
}

/// Failures may quote whole pages.
fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(400).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BROWSER: &str = r#"{"name": "Browser", "version": "1"}"#;

    fn table(printed: Result<String, Failure>) -> Table {
        let mut table = Table::default();
        table.add("browser", || printed);
        table
    }

    #[test]
    fn a_case_is_a_row() {
        let case = r#"{"checked": "opens", "passed": true, "seen": "a\n page", "milliseconds": 7}"#;
        let table = table(Ok(format!("{BROWSER}\n{case}\n")));
        let row = table.rows.first().unwrap();
        assert_eq!((row.checked.as_str(), row.seen.as_str(), row.millis), ("opens", "a page", 7));
        assert!(table.verdict().is_ok());
    }

    #[test]
    fn whatever_else_a_driver_does_is_a_failure() {
        assert!(Table::default().verdict().is_err());
        let failed = r#"{"checked": "opens", "passed": false, "seen": "nothing", "milliseconds": 7}"#;
        let printed = [
            Ok(String::new()),
            Ok(BROWSER.to_owned()),
            Ok(format!("{BROWSER}\n{failed}")),
            Ok(format!("{BROWSER}\n{{}}")),
            Ok("not JSON".to_owned()),
            Err(Failure::new("no browser")),
        ];
        for printed in printed {
            let case = format!("{printed:?}");
            assert!(table(printed).verdict().is_err(), "{case}");
        }
    }
}
