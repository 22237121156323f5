//! The rows as text, as JSON and as the page `docs/benchmarks.md`.

use std::fmt::Write as _;

use bench_peer::fault::Fault;
use serde_json::{Map, Value};

use crate::machine;
use crate::program::COLUMNS;
use crate::row::{Cell, Row};

/// The heads of the columns, in order.
fn heads() -> Vec<&'static str> {
    let mut heads = vec!["case", "side", "unit"];
    heads.extend(COLUMNS.iter().map(|column| column.title));
    heads.extend(["best peer/bulla", "bulla/floor", "bulla/floor, AWS-LC"]);
    heads
}

/// A row's cells as text, in the order of the heads.
fn cells(row: &Row) -> Vec<String> {
    let mut cells = vec![row.case.clone(), row.side.to_owned(), row.unit.to_owned()];
    cells.extend(
        row.cells
            .iter()
            .map(|cell| cell.as_ref().map_or_else(|| "-".to_owned(), |cell| text_of(cell, row.unit))),
    );
    for ratio in [row.best_peer_over_bulla()].into_iter().chain(row.bulla_over_floors()) {
        cells.push(ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}")));
    }
    cells
}

/// A median, and in brackets the minimum where there is one of its own.
fn text_of(cell: &Cell, unit: &str) -> String {
    let Cell { median, minimum, .. } = cell;
    match unit {
        "us" | "us/MiB" | "us/connection" if *median < 100.0 => format!("{median:.2} ({minimum:.2})"),
        "us" | "us/MiB" | "us/connection" => format!("{median:.1} ({minimum:.1})"),
        _ => format!("{median:.0}"),
    }
}

/// The table for a terminal.
pub(crate) fn text(rows: &[Row]) -> String {
    let lines: Vec<Vec<String>> = std::iter::once(heads().into_iter().map(str::to_owned).collect())
        .chain(rows.iter().map(cells))
        .collect();
    let width = |column: usize| lines.iter().filter_map(|line| line.get(column)).map(String::len).max();
    let mut text = String::new();
    for line in &lines {
        for (column, cell) in line.iter().enumerate() {
            let width = width(column).unwrap_or(0);
            // Names stand left, numbers right.
            let _ = match column {
                0..=2 => write!(text, "{cell:<width$}  "),
                _ => write!(text, "{cell:>width$}  "),
            };
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

/// One object a row: the medians, and beside them the minima and the ratios to bulla.
pub(crate) fn json(rows: &[Row]) -> Result<String, Fault> {
    let rows: Vec<Value> = rows.iter().map(object).collect();
    let mut text = serde_json::to_string_pretty(&rows)?;
    text.push('\n');
    Ok(text)
}

fn object(row: &Row) -> Value {
    let of_cells = |of: fn(&Cell) -> f64| row.cells.each_ref().map(|cell| cell.as_ref().map(of));
    let mut object = Map::new();
    object.insert("case".to_owned(), row.case.clone().into());
    object.insert("side".to_owned(), row.side.into());
    object.extend(named(of_cells(|cell| cell.median)));
    object.insert("unit".to_owned(), row.unit.into());
    object.insert("minimum".to_owned(), named(of_cells(|cell| cell.minimum)).collect());
    object.insert("over_bulla".to_owned(), named(row.over_bulla()).skip(1).collect());
    Value::Object(object)
}

/// Each column's number by its name, to a thousandth.
fn named(values: [Option<f64>; COLUMNS.len()]) -> impl Iterator<Item = (String, Value)> {
    COLUMNS.iter().zip(values).map(|(column, value)| {
        let value = value.map_or(Value::Null, |value| Value::from((value * 1000.0).round() / 1000.0));
        (column.name.to_owned(), value)
    })
}

/// The page that is committed.
pub(crate) fn page(rows: &[Row]) -> Result<String, Fault> {
    let mut page = String::from(HEAD);
    for line in machine::lines() {
        writeln!(page, "- {line}")?;
    }
    writeln!(page, "- date: {}", machine::date())?;
    for (title, words, chosen) in SECTIONS {
        writeln!(page, "\n## {title}\n\n{words}\n")?;
        let heads = heads();
        writeln!(page, "| {} |", heads.join(" | "))?;
        writeln!(page, "|---|---|---|{}", "---:|".repeat(heads.len().saturating_sub(3)))?;
        for row in rows.iter().filter(|row| chosen(row)) {
            writeln!(page, "| {} |", cells(row).join(" | "))?;
        }
    }
    Ok(page)
}

const HEAD: &str = "\
# Benchmarks

bulla beside its peers and beside the floor: the cryptography that the RFC asks of any library, alone. All take turns in one
run, in memory, on one thread; what each must do and what is not compared is in [bench/README.md](../bench/README.md).
`cargo xtask bench` makes this page again; `cargo xtask bench --quick` prints the table in under two minutes.

![Time of each library over bulla's](benchmarks.svg)

Times are medians of the whole run, with the minimum in brackets. Right of them: how many times bulla's time the best peer needs
(above 1 bulla is ahead), and how many times the floor's bulla needs (1 would leave nothing to gain). These are medians of the
ratios within each round, since the machine's clock wanders: what slows a round slows all who have their turn in it, while medians of
the run may lie in different hours of it. The floor takes for each row the faster of two HMACs, AWS-LC's and one over RustCrypto's
sha2; the floor of AWS-LC alone, against which its users can be measured, stands beside it with a ratio of its own. A library that has no way to do what a case asks for has no number.

";

type Section = (&'static str, &'static str, fn(&Row) -> bool);

const SECTIONS: [Section; 6] = [
    (
        "Handshakes",
        "Microseconds of each side, from the making of its connection until it is established, with \
         AES-128-GCM. Full handshakes verify certificates; resumed ones take up the session of the one before, which in TLS 1.3 \
         gives a ticket for the next.",
        |row| row.unit == "us" && matches!(row.side, "client" | "server"),
    ),
    (
        "Chains of certificates",
        "Microseconds to verify leaf and intermediate below a root that is trusted: both are read, and path, dates, purpose and \
         name judged. The floor is the two signatures, the root's key parsed beforehand.",
        |row| row.side == "verifier",
    ),
    (
        "Writes",
        "Microseconds for one write, or for a hundred small ones: sealed from the caller's memory into buffers that are used \
         again, and opened from a receive buffer to plaintext. The floor is the bare cipher over the same records.",
        |row| row.unit == "us" && matches!(row.side, "seal" | "open"),
    ),
    (
        "Threads",
        "Microseconds of both sides for a handshake, in each of so many threads that share their configs.",
        |row| row.side == "thread",
    ),
    (
        "Streams of tokio",
        "bulla-tokio, tokio-rustls and tokio-boring, client and server on one thread, over TCP on loopback. Calls are those \
         to the socket: reads and writes, those that find nothing with them.",
        |row| matches!(row.unit, "us/MiB" | "us/connection" | "socket calls"),
    ),
    (
        "Memory and bytes sent",
        "Of the same handshakes. Heap is all that a side holds, the connection itself and what AWS-LC allocates with it. \
         Growing an allocation counts as one more.",
        |row| row.unit.starts_with("B ") || row.unit.starts_with("allocations"),
    ),
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn measured(median: f64, minimum: f64) -> Option<Cell> {
        Cell::of(&[vec![minimum, median, median]])
    }

    fn row() -> Row {
        let mut row = Row::new("full 1.3, X25519, ECDSA P-256", "client", "us");
        row.put(0, measured(150.0, 140.25));
        row.put(1, measured(165.0, 150.0));
        row.put(3, measured(170.0, 160.0));
        row.put(4, measured(99.5, 99.0));
        row.put(5, measured(120.0, 119.0));
        row
    }

    #[test]
    fn the_table_has_the_agreed_columns() {
        let libraries = ["bulla", "rustls", "BoringSSL", "OpenSSL", "floor", "floor, AWS-LC"];
        assert_eq!(heads()[..3], ["case", "side", "unit"]);
        assert_eq!(heads()[3..9], libraries);
        assert_eq!(heads()[9..], ["best peer/bulla", "bulla/floor", "bulla/floor, AWS-LC"]);
        let cells = cells(&row());
        assert_eq!(
            cells[3..],
            [
                "150.0 (140.2)",
                "165.0 (150.0)",
                "-",
                "170.0 (160.0)",
                "99.50 (99.00)",
                "120.0 (119.0)",
                "1.10",
                "1.51",
                "1.25"
            ]
        );
        let text = text(&[row()]);
        let mut lines = text.lines();
        assert!(lines.next().is_some_and(|line| line.starts_with("case  ")));
        assert!(
            lines.next().is_some_and(|line| line.ends_with("1.10         1.51                 1.25")),
            "{text}"
        );
    }

    #[test]
    fn the_json_has_the_agreed_fields() {
        let value: Value = serde_json::from_str(&json(&[row()]).unwrap()).unwrap();
        let object = value[0].as_object().unwrap();
        let mut names: Vec<&str> = object.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "boringssl",
                "bulla",
                "case",
                "floor",
                "floor_aws_lc",
                "minimum",
                "openssl",
                "over_bulla",
                "rustls",
                "side",
                "unit"
            ]
        );
        assert_eq!((object["bulla"].as_f64(), object["unit"].as_str()), (Some(150.0), Some("us")));
        assert_eq!(object["minimum"]["floor"].as_f64(), Some(99.0));
        assert_eq!(
            object["over_bulla"],
            json!({"rustls": 1.1, "boringssl": null, "openssl": 1.133, "floor": 0.663, "floor_aws_lc": 0.8})
        );
        let counted = Row::new("case", "server", "allocations");
        assert_eq!(super::object(&counted)["floor"], Value::Null);
    }

    #[test]
    fn every_row_is_on_the_page_once() {
        let units = ["us", "us", "us", "us", "us/MiB", "socket calls", "B sent", "allocations of AWS-LC"];
        let sides = ["client", "verifier", "seal", "thread", "both", "client", "server", "client"];
        let rows: Vec<Row> = units
            .iter()
            .zip(sides)
            .enumerate()
            .map(|(n, (unit, side))| Row::new(&format!("case-{n}"), side, unit))
            .collect();
        let page = page(&rows).unwrap();
        for row in &rows {
            assert_eq!(page.matches(&row.case).count(), 1, "{}", row.case);
        }
    }
}
