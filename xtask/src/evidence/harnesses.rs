//! One row for each claim of the second milestone: the harnesses that judge what the first one built.

use std::fmt::Write as _;

use serde_json::Value;

use super::figures::Figures;
use super::{Row, bad_input, cell};
use crate::failure::Failure;

/// All rows, in the milestone's order.
pub(super) fn all(figures: &Figures) -> Result<Vec<Row>, Failure> {
    [browsers, content, bad_inputs, fuzz, bogo, documents].into_iter().map(|row| row(figures)).collect()
}

fn browsers(figures: &Figures) -> Result<Row, Failure> {
    let cases = &figures.left.browsers;
    let failed = cases.iter().filter(|case| case["passed"] != true).count();
    if failed > 0 {
        return Err(Failure::new(format!("evidence: {failed} browser cases failed")));
    }
    Ok(Row {
        claim: "Browsers",
        shown_by: "`cargo xtask browsers`, table below".to_owned(),
        figure: format!("{} cases, 0 failed", cases.len()),
        against: browsers_of(figures),
    })
}

/// The browsers with their versions.
pub(super) fn browsers_of(figures: &Figures) -> String {
    let mut browsers: Vec<String> = figures.left.browsers.iter().map(browser).collect();
    browsers.dedup();
    browsers.join(", ")
}

fn browser(case: &Value) -> String {
    format!("{} {}", text(case, "browser"), text(case, "version"))
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

fn content(figures: &Figures) -> Result<Row, Failure> {
    let (server, cli) = (figures.trials("bulla-server")?, figures.trials("bulla")?);
    Ok(Row {
        claim: "`up --root`, `up --proxy`, `trust`",
        shown_by: "`cargo test -p bulla-server -p bulla`".to_owned(),
        figure: format!(
            "{} tests of folders, {} of backends, {} of `bulla trust`",
            server.about(&["files::"])?,
            server.about(&["proxy::", "tunnel::"])?,
            cli.about(&["trust::"])?
        ),
        against: format!("{}, {}", figures.version("tower-http")?, figures.version("hyper")?),
    })
}

fn bad_inputs(figures: &Figures) -> Result<Row, Failure> {
    let (inputs, snapshots) = bad_input::counts(&figures.bad_input);
    let hostile = figures.trials("bulla")?.about(&["hostile::"])?;
    Ok(Row {
        claim: "Every bad input",
        shown_by: "`cargo test -p bulla --test words --test serving --test hostile`, table below".to_owned(),
        figure: format!(
            "{inputs} kinds of bad input, {snapshots} snapshots of the words; hostile text: {hostile} tests through terminal, page, log and JSON"
        ),
        against: figures.version("insta")?,
    })
}

fn fuzz(figures: &Figures) -> Result<Row, Failure> {
    let fuzz = &figures.left.fuzz;
    let tenths = fuzz.seconds / 6;
    Ok(Row {
        claim: "Fuzzing",
        shown_by: "`cargo xtask fuzz`; differences from rustls in `fuzz/differences.md`".to_owned(),
        figure: format!(
            "{} targets, {}.{} minutes in all, at least {} s each, {} inputs; the last run of each found nothing",
            fuzz.targets,
            tenths / 10,
            tenths % 10,
            fuzz.least,
            fuzz.executions
        ),
        against: figures.version("rustls")?,
    })
}

fn bogo(figures: &Figures) -> Result<Row, Failure> {
    let counts = &figures.left.bogo;
    let count = |field: &str| {
        let count = counts[field].as_u64();
        count.ok_or_else(|| Failure::new(format!("evidence: target/bogo.json has no {field}")))
    };
    let (passed, failed, skipped) = (count("passed")?, count("failed")?, count("skipped")?);
    if failed > 0 {
        return Err(Failure::new(format!("evidence: {failed} cases of BoGo failed")));
    }
    Ok(Row {
        claim: "BoGo",
        shown_by: "`cargo xtask bogo`".to_owned(),
        figure: format!("bogo: {passed} passed, {failed} failed, {skipped} skipped"),
        against: text(counts, "runner").to_owned(),
    })
}

fn documents(figures: &Figures) -> Result<Row, Failure> {
    let (cli, tokio) = (figures.trials("bulla")?, figures.trials("bulla-tokio")?);
    Ok(Row {
        claim: "Documents",
        shown_by: "`cargo test -p bulla --test manual`, `cargo test -p bulla-tokio --doc`".to_owned(),
        figure: format!(
            "{} tests compare the manual with what is printed or parsed, {} programs of the README compile",
            cli.about(&["manual"])?,
            tokio.about(&["Readme"])?
        ),
        against: figures.rustc.clone(),
    })
}

/// The tables below: browsers and bad input.
pub(super) fn tables(figures: &Figures) -> String {
    let mut tables = String::from("\n## Browsers\n\n| browser | checked | seen |\n|---|---|---|\n");
    for case in &figures.left.browsers {
        let (checked, seen) = (cell(text(case, "checked")), cell(text(case, "seen")));
        // Writing to a string cannot fail.
        let _ = writeln!(tables, "| {} | {checked} | {seen} |", browser(case));
    }
    tables += "\n## Bad input\n\n";
    tables += &bad_input::table(&figures.bad_input);
    tables
}
