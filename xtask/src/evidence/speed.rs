//! One row for each goal of the fifth milestone: what `cargo xtask bench` measured beside peers and floor.
//!
//! A row tells the worst of the cases that its goal is about, so that no better one hides it.

use std::fmt::Write as _;

use serde_json::Value;

use super::figures::Figures;
use super::{Row, cell};
use crate::failure::Failure;

const PEERS: [&str; 3] = ["rustls", "boringssl", "openssl"];

/// What is asked of some rows of the benchmark.
struct Goal {
    claim: &'static str,
    concerns: fn(&Measured) -> bool,
    says: &'static [Says],
}

/// A figure of several rows, the worst of them.
enum Says {
    /// bulla over the floor and over that of AWS-LC alone, and what it is to be at most.
    Floor(f64),
    /// A peer over bulla, and what it is to be at least.
    Peer(&'static str, f64),
    /// The best peer over bulla, which is to be above 1.
    Peers,
    /// bulla's own number in this unit, and the most that it is to be.
    Most(&'static str, f64),
    /// The largest over the smallest of bulla's numbers.
    Spread(f64),
}

const GOALS: [Goal; 10] = [
    Goal {
        claim: "A chain of three certificates verified",
        concerns: |row| row.case.starts_with("verify") && row.is_time(),
        says: &[Says::Floor(1.05), Says::Peer("rustls", 1.0)],
    },
    Goal {
        claim: "Full handshakes, TLS 1.3",
        concerns: |row| row.case.starts_with("full 1.3") && row.is_handshake(),
        says: &[Says::Floor(1.06), Says::Peers],
    },
    Goal {
        claim: "Resumed handshakes, TLS 1.3",
        concerns: |row| row.case.starts_with("resumed 1.3") && row.is_handshake(),
        says: &[Says::Floor(1.06), Says::Peers],
    },
    Goal {
        claim: "Full handshakes, TLS 1.2, and mutual ones, TLS 1.3",
        concerns: |row| {
            ["full 1.2", "mutual"].iter().any(|it| row.case.starts_with(it)) && row.is_handshake()
        },
        says: &[Says::Peers],
    },
    Goal {
        claim: "Resumed handshakes, TLS 1.2",
        concerns: |row| row.case.starts_with("resumed 1.2") && row.is_handshake(),
        says: &[Says::Floor(1.4), Says::Peer("rustls", 1.5), Says::Peers],
    },
    Goal {
        claim: "Writes of 64 KiB and more",
        concerns: |row| row.is_bulk() && row.is_large(),
        says: &[Says::Floor(1.0 / 0.95), Says::Peers],
    },
    Goal {
        claim: "Small writes",
        concerns: |row| row.is_bulk() && row.case.contains("writes of"),
        says: &[Says::Peers],
    },
    Goal {
        claim: "Heap and allocations of a full handshake",
        concerns: |row| ["full", "mutual"].iter().any(|it| row.case.starts_with(it)),
        says: &[
            Says::Most("B heap, idle", 6144.0),
            Says::Most("B heap, peak", 24576.0),
            Says::Most("allocations", 40.0),
        ],
    },
    Goal {
        claim: "Threads: time for a handshake in each",
        concerns: |row| row.side == "thread",
        says: &[Says::Spread(1.03), Says::Peers],
    },
    Goal {
        claim: "bulla-tokio over loopback; system calls",
        concerns: |row| row.case.starts_with("tokio"),
        says: &[Says::Peers, Says::Most("socket calls", 19.0)],
    },
];

/// A row of the benchmark.
struct Measured<'a> {
    case: &'a str,
    side: &'a str,
    unit: &'a str,
    values: &'a Value,
}

impl<'a> Measured<'a> {
    fn of(row: &'a Value) -> Self {
        let text = |field: &str| row[field].as_str().unwrap_or_default();
        Self { case: text("case"), side: text("side"), unit: text("unit"), values: row }
    }

    fn value(&self, column: &str) -> Option<f64> {
        self.values[column].as_f64()
    }

    fn is_time(&self) -> bool {
        self.unit.starts_with("us")
    }

    fn is_handshake(&self) -> bool {
        self.is_time() && matches!(self.side, "client" | "server")
    }

    fn is_bulk(&self) -> bool {
        matches!(self.side, "seal" | "open")
    }

    fn is_large(&self) -> bool {
        self.case.contains("MiB writes") || self.case.contains("64 KiB writes")
    }

    /// A column's number over bulla's, as the benchmark compared them, round by round.
    fn ahead_of(&self, column: &str) -> Option<f64> {
        self.values["over_bulla"][column].as_f64()
    }

    fn ahead_of_all(&self) -> Option<f64> {
        PEERS.iter().filter_map(|peer| self.ahead_of(peer)).min_by(f64::total_cmp)
    }

    fn over_floor(&self) -> Option<f64> {
        self.ahead_of("floor").map(|ratio| 1.0 / ratio)
    }

    fn over_floor_of_aws_lc(&self) -> Option<f64> {
        self.ahead_of("floor_aws_lc").map(|ratio| 1.0 / ratio)
    }

    fn name(&self) -> String {
        format!("{}, {}", self.case, self.side)
    }
}

impl Says {
    /// The figure of these rows in words.
    fn words(&self, rows: &[Measured<'_>]) -> Option<String> {
        let timed = || rows.iter().filter(|row| row.is_time() || matches!(self, Self::Most(..)));
        match self {
            Self::Floor(most) => {
                let (worst, row) = largest(timed(), Measured::over_floor)?;
                let (of_aws_lc, its_row) = largest(timed(), Measured::over_floor_of_aws_lc)?;
                Some(format!(
                    "at most {worst:.2} x floor ({}), {of_aws_lc:.2} x that of AWS-LC alone ({}); goal {most:.2}",
                    row.name(),
                    its_row.name()
                ))
            }
            Self::Peer(peer, least) => {
                let (worst, row) = largest(timed(), |row| row.ahead_of(peer).map(|ratio| -ratio))?;
                Some(format!("{peer} takes at least {:.2} x ours ({}; goal {least:.2})", -worst, row.name()))
            }
            Self::Peers => {
                let (worst, row) = largest(timed(), |row| row.ahead_of_all().map(|ratio| -ratio))?;
                let behind =
                    timed().filter(|row| row.ahead_of_all().is_some_and(|ratio| ratio < 1.0)).count();
                Some(format!(
                    "the best peer takes at least {:.2} x ours ({}); ahead in {} of {} rows",
                    -worst,
                    row.name(),
                    timed().count() - behind,
                    timed().count()
                ))
            }
            Self::Most(unit, most) => {
                let (worst, row) =
                    largest(timed().filter(|row| row.unit == *unit), |row| row.value("bulla"))?;
                Some(format!("{unit}: at most {worst:.0} ({}; goal {most:.0})", row.name()))
            }
            Self::Spread(most) => {
                let (slowest, _) = largest(timed(), |row| row.value("bulla"))?;
                let (fastest, _) = largest(timed(), |row| row.value("bulla").map(|value| -value))?;
                Some(format!("slowest over fastest {:.2} (goal {most:.2})", slowest / -fastest))
            }
        }
    }
}

/// The row for which this is largest.
fn largest<'a, 'r: 'a>(
    rows: impl Iterator<Item = &'a Measured<'r>>,
    of: impl Fn(&Measured<'r>) -> Option<f64>,
) -> Option<(f64, &'a Measured<'r>)> {
    rows.filter_map(|row| Some((of(row)?, row))).max_by(|one, other| one.0.total_cmp(&other.0))
}

/// All rows, in the order of the goals.
pub(super) fn all(figures: &Figures) -> Result<Vec<Row>, Failure> {
    GOALS.iter().map(|goal| row(goal, &figures.left.bench, figures)).collect()
}

fn row(goal: &Goal, bench: &[Value], figures: &Figures) -> Result<Row, Failure> {
    Ok(Row {
        claim: goal.claim,
        shown_by: "`cargo xtask bench`, [benchmarks.md](benchmarks.md)".to_owned(),
        figure: figure(goal, bench)?,
        against: format!("{}, BoringSSL, OpenSSL", figures.version("rustls")?),
    })
}

fn figure(goal: &Goal, bench: &[Value]) -> Result<String, Failure> {
    let rows: Vec<_> = bench.iter().map(Measured::of).filter(goal.concerns).collect();
    let words = goal.says.iter().map(|says| says.words(&rows)).collect::<Option<Vec<_>>>();
    let words = words.ok_or_else(|| Failure::new(format!("evidence: no rows for: {}", goal.claim)))?;
    Ok(words.join("; "))
}

/// Every row of the benchmark.
pub(super) fn tables(figures: &Figures) -> String {
    let mut tables = String::from(
        "\n## Benchmark\n\n| case | side | bulla | rustls | BoringSSL | OpenSSL | floor | floor, AWS-LC | unit |\n|---|---|---:|---:|---:|---:|---:|---:|---|\n",
    );
    for row in figures.left.bench.iter().map(Measured::of) {
        let number = |column| row.value(column).map_or_else(|| "-".to_owned(), |number| number.to_string());
        let [bulla, rustls, boringssl, openssl, floor, aws_lc] =
            ["bulla", "rustls", "boringssl", "openssl", "floor", "floor_aws_lc"].map(number);
        // Writing to a string cannot fail.
        let _ = writeln!(
            tables,
            "| {} | {} | {bulla} | {rustls} | {boringssl} | {openssl} | {floor} | {aws_lc} | {} |",
            cell(row.case),
            row.side,
            row.unit
        );
    }
    tables
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_worst_of_the_rows_is_told() {
        let goal = Goal {
            claim: "handshakes",
            concerns: |row| row.is_handshake(),
            says: &[Says::Floor(1.5), Says::Peer("rustls", 1.0), Says::Peers],
        };
        let row = |side: &str, bulla: f64, openssl: Value| {
            json!({
                "case": "full", "side": side, "unit": "us", "bulla": bulla,
                "over_bulla": {"rustls": 6.0 / bulla, "openssl": openssl, "floor": 2.0 / bulla, "floor_aws_lc": 2.5 / bulla},
            })
        };
        let rows =
            [row("client", 3.0, Value::Null), row("server", 4.0, json!(0.75)), row("both", 9.0, Value::Null)];
        assert_eq!(
            figure(&goal, &rows).unwrap(),
            "at most 2.00 x floor (full, server), 1.60 x that of AWS-LC alone (full, server); goal 1.50; rustls takes at least 1.50 x ours (full, server; goal 1.00); \
             the best peer takes at least 0.75 x ours (full, server); ahead in 1 of 2 rows"
        );
        assert!(figure(&goal, &rows[2..]).is_err(), "no rows are no figure");
    }

    #[test]
    fn counts_and_spreads() {
        let row = |side: &str, unit: &str, bulla: f64| json!({"case": "c", "side": side, "unit": unit, "bulla": bulla});
        let rows = [
            row("client", "allocations", 30.0),
            row("server", "allocations", 44.0),
            row("client", "us", 1.0),
        ];
        let goal = Goal { claim: "heap", concerns: |_| true, says: &[Says::Most("allocations", 40.0)] };
        assert_eq!(figure(&goal, &rows).unwrap(), "allocations: at most 44 (c, server; goal 40)");
        let rows = [row("thread", "us", 100.0), row("thread", "us", 102.0)];
        let goal =
            Goal { claim: "threads", concerns: |row| row.side == "thread", says: &[Says::Spread(1.03)] };
        assert_eq!(figure(&goal, &rows).unwrap(), "slowest over fastest 1.02 (goal 1.03)");
    }
}
