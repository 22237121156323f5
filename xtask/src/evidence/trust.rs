//! One row for each claim of the fourth milestone: certificates judged, and every verdict explained.

use std::fmt::Write as _;

use bulla_x509::verdict::Rule;
use serde_json::Value;

use super::figures::{Figures, peers};
use super::{Row, cell};
use crate::failure::Failure;

/// All rows, in the milestone's order.
pub(super) fn all(figures: &Figures) -> Result<Vec<Row>, Failure> {
    [limbo, pkits, rules, verdicts, files].into_iter().map(|row| row(figures)).collect()
}

/// The last line of a suite.
fn line(suite: &str, counts: &Value) -> Result<String, Failure> {
    let count = |field: &str| {
        let count = counts[field].as_u64();
        count.ok_or_else(|| Failure::new(format!("evidence: target/{suite}.json has no {field}")))
    };
    match count("failed")? {
        0 => Ok(format!("{suite}: {} passed, 0 failed, {} skipped", count("passed")?, count("skipped")?)),
        failed => Err(Failure::new(format!("evidence: {failed} cases of {suite} failed"))),
    }
}

fn limbo(figures: &Figures) -> Result<Row, Failure> {
    Ok(Row {
        claim: "x509-limbo",
        shown_by: "`cargo xtask limbo`".to_owned(),
        figure: line("limbo", &figures.left.limbo)?,
        against: "x509-limbo, the open part".to_owned(),
    })
}

fn pkits(figures: &Figures) -> Result<Row, Failure> {
    Ok(Row {
        claim: "PKITS",
        shown_by: "`cargo xtask pkits`, table below".to_owned(),
        figure: line("pkits", &figures.left.pkits)?,
        against: crate::pkits::VECTORS.to_owned(),
    })
}

fn rules(figures: &Figures) -> Result<Row, Failure> {
    let trials = figures.trials("bulla-x509")?;
    Ok(Row {
        claim: "Every rule shown by a chain, every mend applied",
        shown_by: "`cargo test -p bulla-x509 --test mends`".to_owned(),
        figure: format!("{} rules, {} tests", Rule::ALL.len(), trials.about(&["mends::"])?),
        against: figures.rustc.clone(),
    })
}

fn verdicts(figures: &Figures) -> Result<Row, Failure> {
    let servers = &figures.left.verdicts;
    let explained = servers.iter().filter(|server| !why(server).is_empty()).count();
    Ok(Row {
        claim: "Agreement with browsers",
        shown_by: "`cargo xtask browsers`, table below".to_owned(),
        figure: format!("{} servers, {explained} differences, each explained", servers.len()),
        against: super::harnesses::browsers_of(figures),
    })
}

fn files(figures: &Figures) -> Result<Row, Failure> {
    let (x509, cli) = (figures.trials("bulla-x509")?, figures.trials("bulla")?);
    let cases =
        figures.cases(|case| ["PKCS#12", "PKCS#7", "key"].iter().any(|kind| case.checked.contains(kind)))?;
    Ok(Row {
        claim: "Files of certificates and keys, `bulla cert`",
        shown_by:
            "`cargo test -p bulla-x509 files`, `cargo test -p bulla --test cert`, `cargo xtask interop`"
                .to_owned(),
        figure: format!(
            "{} and {} tests, {} cases with other programs",
            x509.about(&["files::"])?,
            cli.about(&["cert::"])?,
            cases.len()
        ),
        against: peers(&cases),
    })
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

/// Why the browsers decide otherwise.
fn why(server: &Value) -> String {
    let why = server["why"].as_object().into_iter().flatten();
    why.map(|(browser, why)| format!("{browser}: {}", why.as_str().unwrap_or_default()))
        .collect::<Vec<_>>()
        .join("; ")
}

/// PKITS by section, and the verdicts of the browsers.
pub(super) fn tables(figures: &Figures) -> String {
    let mut tables =
        String::from("\n## PKITS\n\n| section | passed | failed | skipped |\n|---|---:|---:|---:|\n");
    for row in figures.left.pkits["rows"].as_array().into_iter().flatten() {
        let count = |field: &str| row[field].as_u64().unwrap_or_default();
        let part = cell(text(row, "part"));
        // Writing to a string cannot fail.
        let _ =
            writeln!(tables, "| {part} | {} | {} | {} |", count("passed"), count("failed"), count("skipped"));
    }
    tables +=
        "\n## Verdicts\n\n| server | bulla | Chromium | Firefox | why they differ |\n|---|---|---|---|---|\n";
    for server in &figures.left.verdicts {
        let [chromium, firefox] = ["chromium", "firefox"].map(|browser| text(&server["browsers"], browser));
        let (name, ours) = (cell(text(server, "server")), text(server, "bulla"));
        let _ = writeln!(tables, "| {name} | {ours} | {chromium} | {firefox} | {} |", cell(&why(server)));
    }
    tables
}
