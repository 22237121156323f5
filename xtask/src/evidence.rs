//! `cargo xtask evidence`: runs what proves each claim and writes `docs/evidence.md`.
//!
//! Every figure in the table is measured by this run or read from the file that another of our commands wrote. A row
//! with an empty cell is a failure, and so is a claim for which no test ran.

mod bad_input;
mod figures;
mod harnesses;
mod left;
mod protocol;
mod rows;
mod speed;
mod trials;
mod trust;

use std::fmt::Write as _;
use std::path::Path;

use crate::failure::Failure;
use figures::Figures;

/// One claim and what stands behind it.
pub(crate) struct Row {
    pub(crate) claim: &'static str,
    /// Tests and commands.
    pub(crate) shown_by: String,
    /// What they measured.
    pub(crate) figure: String,
    /// Who or what was on the other side, with its version.
    pub(crate) against: String,
}

/// Measures everything, writes the table, and fails on an empty cell.
pub(crate) fn command(root: &Path) -> Result<(), Failure> {
    let figures = Figures::measure(root)?;
    let mut rows = rows::all(&figures)?;
    rows.extend(harnesses::all(&figures)?);
    rows.extend(protocol::all(&figures)?);
    rows.extend(trust::all(&figures)?);
    rows.extend(speed::all(&figures)?);
    let path = root.join("docs/evidence.md");
    std::fs::write(&path, document(&rows, &figures)).map_err(|error| Failure::at(&path, &error))?;
    println!("evidence: {} rows in {}", rows.len(), path.display());
    match empty_cells(&rows) {
        empty if empty.is_empty() => Ok(()),
        empty => Err(Failure::new(format!("evidence: empty cells: {}", empty.join(", ")))),
    }
}

fn empty_cells(rows: &[Row]) -> Vec<String> {
    let cells = rows.iter().flat_map(|row| {
        [("shown by", &row.shown_by), ("figure", &row.figure), ("against", &row.against)]
            .map(|(column, cell)| (row.claim, column, cell))
    });
    cells
        .filter(|(_, _, cell)| cell.trim().is_empty())
        .map(|(row, column, _)| format!("{row}: {column}"))
        .collect()
}

fn document(rows: &[Row], figures: &Figures) -> String {
    let mut text = String::from(
        "# Evidence\n\nWritten by `cargo xtask evidence`. It runs the tests, `layers`, `shape` and `deny`; the figures of other commands are those that their\nlast runs left in `target/`.\n\n",
    );
    let heading = "| claim | shown by | figure | against |\n|---|---|---|---|\n";
    text.push_str(heading);
    for Row { claim, shown_by, figure, against } in rows {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {claim} | {} | {} | {} |", cell(shown_by), cell(figure), cell(against));
    }
    text.push_str(&harnesses::tables(figures));
    text.push_str(&trust::tables(figures));
    text.push_str(&speed::tables(figures));
    text.push_str("\n## Real peers\n\n| peer | version | side | checked | seen |\n|---|---|---|---|---|\n");
    for case in &figures.interop {
        let seen = if case.passed { cell(&case.seen) } else { format!("**failed** {}", cell(&case.seen)) };
        let (peer, version) = (&case.peer, &case.version);
        let _ =
            writeln!(text, "| {peer} | {version} | {} | {} | {seen} |", case.direction, cell(&case.checked));
    }
    text
}

/// Text that cannot break out of its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_cell_is_found() {
        let row = |figure: &str| Row {
            claim: "a",
            shown_by: "b".to_owned(),
            figure: figure.to_owned(),
            against: "c".to_owned(),
        };
        assert_eq!(empty_cells(&[row("1"), row(" ")]), ["a: figure"]);
    }

    #[test]
    fn a_cell_stays_one() {
        assert_eq!(cell("a|b\nc"), "a\\|b c");
    }
}
