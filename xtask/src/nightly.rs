//! `cargo xtask nightly`: the runs that take too long for every change.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::failure::Failure;

/// Cases per property; proptest's own default is 256.
const CASES: &str = "20000";

/// One run: what it is called and the command line behind it.
const STAGES: [(&str, &[&str]); 10] = [
    ("release tests", &["test", "--release", "--workspace", "--locked"]),
    ("long properties", &["test", "--release", "--workspace", "--locked", "--lib", "--tests"]),
    ("NIST's path validation suite", &["xtask", "pkits", "--install"]),
    ("constant time", &["xtask", "constant-time", "--install"]),
    ("interop with the release build", &["xtask", "interop", "--install", "--release", "--built"]),
    ("BoringSSL's runner", &["xtask", "bogo", "--install"]),
    ("browsers with the release build", &["xtask", "browsers", "--install", "--release"]),
    ("ten minutes of fuzzing for each target", &["xtask", "fuzz", "--install", "--seconds", "600"]),
    ("the whole benchmark", &["xtask", "bench", "--install", "--json", "target/bench.json"]),
    ("fresh clone", &["xtask", "fresh"]),
];

/// Runs every stage, prints its seconds, and fails at the end if any failed.
pub(crate) fn command(root: &Path) -> Result<(), Failure> {
    let mut failed = Vec::new();
    for (name, arguments) in STAGES {
        let begun = Instant::now();
        println!("\n== {name}: cargo {}", arguments.join(" "));
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(arguments).current_dir(root);
        if name == "long properties" {
            cargo.env("PROPTEST_CASES", CASES);
        }
        let status = cargo.status()?;
        println!("== {name}: {status}, {} s", begun.elapsed().as_secs());
        if !status.success() {
            failed.push(name);
        }
    }
    println!("nightly: {} passed, {} failed", STAGES.len() - failed.len(), failed.len());
    if failed.is_empty() {
        Ok(())
    } else {
        Err(Failure::new(format!("nightly: failed: {}", failed.join(", "))))
    }
}
