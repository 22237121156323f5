//! Instructions of bulla's own code in a few cases, counted by Callgrind and held against a committed baseline.
//!
//! Time is never asserted; instructions are, since they are nearly the same in each run. Only functions of Rust
//! count, sha2's apart: what the primitives execute depends on the processor's features, and is their own affair. How often Rust calls
//! out of itself (into the primitives, the allocator and libc) is counted beside it, so that one HMAC or allocation more
//! shows as well.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use bench_peer::fault::Fault;
use serde::{Deserialize, Serialize};

use crate::program::place;
use crate::run;

/// The pieces of work that `bench-bulla` knows by these names.
const CASES: [&str; 9] = [
    "handshake",
    "seen-before",
    "resumed",
    "mutual",
    "handshake-1.2",
    "resumed-1.2",
    "verify",
    "bulk",
    "small",
];

/// How often each is done in two runs: the difference is what twenty cost, without what a process does once.
const REPETITIONS: [u64; 2] = [1, 21];

/// The crate whose functions are primitives, though of Rust.
const PRIMITIVES: &str = "sha2::";

/// Growth beyond so many percent fails.
const TOLERANCE: u64 = 3;

/// What was counted: in one run, or in twenty handshakes or writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Count {
    /// Instructions within functions of Rust.
    instructions: u64,
    /// Calls from functions of Rust to others.
    calls_out: u64,
}

type Counts = BTreeMap<String, Count>;

fn baseline_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../instructions.json")
}

/// Counts, prints the change, and fails on growth; or takes the counts as the new baseline.
pub(crate) fn command(accept: bool) -> Result<(), Fault> {
    let folder = run::certificates()?;
    let mut counts = Counts::new();
    for case in CASES {
        let [few, many] = REPETITIONS;
        let (before, after) = (count(case, few, &folder)?, count(case, many, &folder)?);
        counts.insert(case.to_owned(), after.since(before));
    }
    if accept {
        let mut text = serde_json::to_string_pretty(&counts)?;
        text.push('\n');
        std::fs::write(baseline_file(), text)?;
    }
    let baseline = std::fs::read(baseline_file()).map_err(|error| {
        Fault::new(format!(
            "{}: {error}: `cargo xtask bench --instructions --accept` writes it",
            baseline_file().display()
        ))
    })?;
    let changes = changes(&serde_json::from_slice(&baseline)?, &counts)?;
    changes.iter().for_each(|change| println!("{change}"));
    match changes.iter().filter(|change| change.grown()).count() {
        0 => Ok(()),
        grown => Err(Fault::new(format!(
            "{grown} of {} grew by more than {TOLERANCE} %: find out why, or `cargo xtask bench --instructions --accept`",
            changes.len()
        ))),
    }
}

impl Count {
    /// What the repetitions add that were made here and not before.
    fn since(self, before: Self) -> Self {
        Self {
            instructions: self.instructions.saturating_sub(before.instructions),
            calls_out: self.calls_out.saturating_sub(before.calls_out),
        }
    }
}

/// Runs one case so many times below Callgrind.
fn count(case: &str, repetitions: u64, certificates: &Path) -> Result<Count, Fault> {
    let out = certificates.join(format!("callgrind.{case}.{repetitions}"));
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--quiet", "--compress-strings=no"]);
    valgrind.arg("--compress-pos=no").arg(format!("--callgrind-out-file={}", out.display()));
    let output =
        valgrind.arg(place("bench-bulla")?).args([case, &repetitions.to_string()]).arg(certificates).output();
    let output = output.map_err(|error| Fault::new(format!("valgrind: {error}")))?;
    if !output.status.success() {
        return Err(Fault::new(format!(
            "{case} below Callgrind: {}",
            String::from_utf8_lossy(&output.stderr)
        )));
    }
    let count = read(&std::fs::read_to_string(&out)?);
    if count.instructions == 0 {
        return Err(Fault::new(format!("{case}: Callgrind saw no function of Rust: {}", out.display())));
    }
    Ok(count)
}

/// Adds up a file of Callgrind's, written without compression: `fn=` names whose costs follow, `cfn=` who is called,
/// `calls=` how often; the line behind `calls=` is the callee's cost.
fn read(text: &str) -> Count {
    let mut count = Count::default();
    let (mut own, mut callee) = (false, false);
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix("fn=") {
            own = is_rust(name);
        } else if let Some(name) = line.strip_prefix("cfn=") {
            callee = is_rust(name);
        } else if let Some(calls) = line.strip_prefix("calls=") {
            let calls = calls.split(' ').next().and_then(|calls| calls.parse().ok()).unwrap_or(0);
            count.calls_out += if own && !callee { calls } else { 0 };
            lines.next();
        } else if own && line.starts_with(|first: char| first.is_ascii_digit()) {
            let cost = line.split(' ').nth(1).and_then(|cost| cost.parse::<u64>().ok());
            count.instructions += cost.unwrap_or(0);
        }
    }
    count
}

/// Whether a symbol is a function of Rust, since only those have paths, and none of sha2's, which are the compression
/// functions below HMAC.
fn is_rust(symbol: &str) -> bool {
    let plain = symbol.split('\'').next().unwrap_or(symbol);
    match rustc_demangle::try_demangle(plain) {
        Ok(path) => !format!("{path:#}").starts_with(PRIMITIVES),
        Err(_) => plain.contains("::") && !plain.starts_with(PRIMITIVES),
    }
}

/// How one figure changed.
struct Change {
    what: String,
    before: u64,
    now: u64,
}

impl Change {
    #[expect(clippy::cast_precision_loss, reason = "a share of counts far below 2^52")]
    fn share(&self) -> f64 {
        self.now as f64 / self.before.max(1) as f64 - 1.0
    }

    fn grown(&self) -> bool {
        self.now * 100 > self.before * (100 + TOLERANCE)
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { what, before, now } = self;
        let verdict = if self.grown() { "  GREW" } else { "" };
        write!(f, "{what:<24} {before:>10} {now:>10} {:>+7.2} %{verdict}", self.share() * 100.0)
    }
}

fn changes(baseline: &Counts, counts: &Counts) -> Result<Vec<Change>, Fault> {
    let mut changes = Vec::new();
    for (case, now) in counts {
        let before = baseline.get(case).ok_or_else(|| Fault::new(format!("the baseline has no {case}")))?;
        let figures = [
            ("instructions", before.instructions, now.instructions),
            ("calls out", before.calls_out, now.calls_out),
        ];
        changes.extend(figures.map(|(what, before, now)| Change {
            what: format!("{case}, {what}"),
            before,
            now,
        }));
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
events: Ir
fn=bulla_tls::connection::Connection::step
12 100
cfn=aws_lc_0_47_0_HMAC
calls=3 0
12 5000
13 7
cfn=sha2::sha256::compress256
calls=4 0
13 800
cfn=<alloc::vec::Vec<u8> as core::clone::Clone>::clone
calls=2 0
14 60

fn=aws_lc_0_47_0_HMAC
1 5000
cfn=malloc
calls=9 0
1 90

fn=sha2::sha256::compress256
3 800

fn=_RNvCskwGfYPst2Cb_9bulla_tls4main
0 5
fn=_ZN9bulla_tls10connection4step17h0123456789abcdefE'2
0 6
totals: 5178
";

    #[test]
    fn only_functions_of_rust_and_their_calls_out_are_counted() {
        assert_eq!(read(FILE), Count { instructions: 100 + 7 + 5 + 6, calls_out: 3 + 4 });
    }

    #[test]
    fn growth_over_three_percent_fails() {
        let counts =
            |instructions| Counts::from([("bulk".to_owned(), Count { instructions, calls_out: 10 })]);
        let grown = |now| changes(&counts(1000), &counts(now)).unwrap().iter().any(Change::grown);
        assert!(!grown(900) && !grown(1000) && !grown(1030));
        assert!(grown(1031));
        assert!(changes(&Counts::new(), &counts(1)).is_err());
    }
}
