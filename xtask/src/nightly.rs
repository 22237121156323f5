//! `cargo xtask nightly`: the runs that take too long for every change.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::failure::Failure;

/// Cases per property; proptest's own default is 256.
const CASES: &str = "20000";

/// Seconds for each fuzz target, where nothing else is asked for.
const FUZZ_SECONDS: &str = "600";

/// The stage that is told how many seconds a target has.
const FUZZING: &str = "fuzzing";

/// One run: what it is called and the command line behind it.
const STAGES: [(&str, &[&str]); 10] = [
    ("release tests", &["test", "--release", "--workspace", "--locked"]),
    ("long properties", &["test", "--release", "--workspace", "--locked", "--lib", "--tests"]),
    ("NIST's path validation suite", &["xtask", "pkits", "--install"]),
    ("constant time", &["xtask", "constant-time", "--install"]),
    ("interop with the release build", &["xtask", "interop", "--install", "--release", "--built"]),
    ("BoringSSL's runner", &["xtask", "bogo", "--install"]),
    ("browsers with the release build", &["xtask", "browsers", "--install", "--release"]),
    (FUZZING, &["xtask", "fuzz", "--install", "--seconds"]),
    ("the whole benchmark", &["xtask", "bench", "--install", "--json", "target/bench.json"]),
    ("fresh clone", &["xtask", "fresh"]),
];

/// Runs every stage, prints its seconds, and fails at the end if any failed.
pub(crate) fn command(root: &Path, options: &[&str]) -> Result<(), Failure> {
    let seconds = fuzz_seconds(options)?;
    let mut failed = Vec::new();
    for (name, arguments) in STAGES {
        let mut arguments = arguments.to_vec();
        if name == FUZZING {
            arguments.push(seconds);
        }
        let begun = Instant::now();
        println!("\n== {name}: cargo {}", arguments.join(" "));
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(&arguments).current_dir(root);
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

fn fuzz_seconds<'a>(options: &[&'a str]) -> Result<&'a str, Failure> {
    match options {
        [] => Ok(FUZZ_SECONDS),
        ["--fuzz-seconds", number] if number.parse::<u64>().is_ok_and(|number| number > 0) => Ok(number),
        _ => Err(Failure::new("nightly: the only option is --fuzz-seconds, with a number above 0 behind it")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fuzzing_lasts_as_long_as_is_asked() {
        assert_eq!(fuzz_seconds(&[]).unwrap(), "600");
        assert_eq!(fuzz_seconds(&["--fuzz-seconds", "60"]).unwrap(), "60");
        for wrong in [
            &["--fuzz-seconds"][..],
            &["--fuzz-seconds", "0"],
            &["--fuzz-seconds", "x"],
            &["--seconds", "60"],
        ] {
            assert!(fuzz_seconds(wrong).is_err(), "{wrong:?}");
        }
    }
}
