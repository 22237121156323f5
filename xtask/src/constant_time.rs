//! `cargo xtask constant-time`: what valgrind sees of the RSA key transport, in the release build.
//!
//! Memcheck is told that the decrypted block and the fallback are undefined, and must report no branch and no address
//! that depends on them. Callgrind counts the instructions from the end of the raw operation to the return, which must
//! be as many for a well padded block as for each probe. The careless twin of the decryption goes through both, and must
//! be found out: else valgrind was not looking. The counts are kept as `target/constant-time.json`.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::valgrind;

/// Where the tests are: `crates/crypto/src/key_transport/tests/trial.rs`.
const TRIAL: &str = "key_transport::tests::trial::";

/// What memcheck and callgrind say of one decryption.
struct Seen {
    /// Errors that memcheck reported.
    errors: u64,
    /// Each block and the instructions spent on it.
    counts: Vec<(String, u64)>,
}

impl Seen {
    /// Whether all counts are one.
    fn is_even(&self) -> bool {
        self.counts.windows(2).all(|two| two[0].1 == two[1].1)
    }

    fn least_and_most(&self) -> (u64, u64) {
        let counts = self.counts.iter().map(|(_, count)| *count);
        (counts.clone().min().unwrap_or_default(), counts.max().unwrap_or_default())
    }
}

/// Runs the tests under both tools and says what they saw.
pub(crate) fn command(root: &Path, options: &[&str]) -> Result<(), Failure> {
    let install = match options {
        [] => false,
        ["--install"] => true,
        other => return Err(Failure::new(format!("constant-time: no such option: {}", other.join(" ")))),
    };
    let version = valgrind::ready("constant-time", install)?;
    let folder = root.join("target/constant-time");
    if folder.is_dir() {
        std::fs::remove_dir_all(&folder).map_err(|error| Failure::at(&folder, &error))?;
    }
    std::fs::create_dir_all(&folder).map_err(|error| Failure::at(&folder, &error))?;
    let program = build(root)?;
    let see = |memcheck: &str, callgrind: &str| -> Result<Seen, Failure> {
        Ok(Seen { errors: errors(&program, memcheck)?, counts: counts(&program, callgrind, &folder)? })
    };
    let ours = see("memcheck_follows_the_secret", "callgrind_counts_the_instructions")?;
    let careless = see("memcheck_reports_the_careless", "callgrind_counts_the_careless")?;
    println!("{:>6} {:>9}  instructions after the raw operation, block ({version})", "ours", "careless");
    for ((block, ours), (_, careless)) in ours.counts.iter().zip(&careless.counts) {
        println!("{ours:>6} {careless:>9}  {block}");
    }
    println!("memcheck: {} errors, and {} of the careless twin", ours.errors, careless.errors);
    let path = root.join("target/constant-time.json");
    std::fs::write(&path, record(&ours, &careless, &version)).map_err(|error| Failure::at(&path, &error))?;
    verdict(&ours, &careless)
}

fn record(ours: &Seen, careless: &Seen, version: &str) -> String {
    let seen = |seen: &Seen| -> Value {
        let (least, most) = seen.least_and_most();
        json!({ "memcheck_errors": seen.errors, "blocks": seen.counts.len(), "least": least, "most": most })
    };
    json!({ "valgrind": version, "ours": seen(ours), "careless": seen(careless) }).to_string()
}

fn verdict(ours: &Seen, careless: &Seen) -> Result<(), Failure> {
    let fault = match (ours, careless) {
        (ours, careless) if ours.counts.is_empty() || ours.counts.len() != careless.counts.len() => {
            "callgrind counted nothing"
        }
        (_, careless) if careless.errors == 0 => {
            "memcheck missed what the careless twin decides by the block"
        }
        (_, careless) if careless.is_even() => {
            "callgrind missed what the careless twin spends on a good block"
        }
        (ours, _) if ours.errors > 0 => "something depends on the decrypted block or the fallback",
        (ours, _) if !ours.is_even() => "the instructions depend on the decrypted block",
        (ours, _) => {
            println!("constant-time: {} blocks passed, 0 failed", ours.counts.len());
            return Ok(());
        }
    };
    Err(Failure::new(format!("constant-time: {fault}")))
}

/// Builds the tests as the release is built, and says where they are.
fn build(root: &Path) -> Result<PathBuf, Failure> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root).args(["test", "--release", "--locked", "--package", "bulla-crypto", "--lib"]);
    cargo.args(["--features", "valgrind", "--no-run", "--message-format", "json-render-diagnostics"]);
    let output = cargo.stderr(std::process::Stdio::inherit()).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let program = messages.find_map(|message| message["executable"].as_str().map(PathBuf::from));
    program.ok_or_else(|| Failure::new("constant-time: the tests of bulla-crypto could not be built"))
}

/// Runs one test under a tool of valgrind's and gives what valgrind wrote; the test must pass.
fn run(program: &Path, test: &str, options: &[String]) -> Result<String, Failure> {
    let mut command = Command::new("valgrind");
    command.args(options).arg(program).args(["--ignored", "--test-threads", "1"]);
    let output = command.arg(format!("{TRIAL}{test}")).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let reported = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() && said.contains("test result: ok. 1 passed") {
        return Ok(reported);
    }
    Err(Failure::new(format!("constant-time: {test}: {}\n{said}\n{reported}", output.status)))
}

/// How many errors memcheck reports.
fn errors(program: &Path, test: &str) -> Result<u64, Failure> {
    let reported = run(program, test, &["--error-limit=no".to_owned()])?;
    error_count(&reported).ok_or_else(|| Failure::new(format!("memcheck has no summary:\n{reported}")))
}

fn error_count(reported: &str) -> Option<u64> {
    let (_, summary) = reported.rsplit_once("ERROR SUMMARY: ")?;
    summary.split(' ').next()?.replace(',', "").parse().ok()
}

/// The instructions that callgrind counts for each block that has a name.
fn counts(program: &Path, test: &str, folder: &Path) -> Result<Vec<(String, u64)>, Failure> {
    let out = folder.join(test);
    let options = ["--tool=callgrind", "--collect-atstart=no"].map(str::to_owned);
    let file = format!("--callgrind-out-file={}", out.display());
    run(program, test, &[options.as_slice(), &[file]].concat())?;
    let mut counts = Vec::new();
    // Each dump is a file of its own, numbered from 1.
    for part in 1.. {
        let path = folder.join(format!("{test}.{part}"));
        let Ok(text) = std::fs::read_to_string(&path) else { break };
        counts.extend(dump(&text));
    }
    Ok(counts)
}

/// The name and the count of a dump that has a name.
fn dump(text: &str) -> Option<(String, u64)> {
    let after = |key: &str| text.lines().find_map(|line| line.strip_prefix(key));
    let name = after("desc: Trigger: Client Request: ")?;
    Some((name.to_owned(), after("totals: ")?.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(errors: u64, counts: &[u64]) -> Seen {
        Seen { errors, counts: counts.iter().map(|count| ("block".to_owned(), *count)).collect() }
    }

    #[test]
    fn only_even_counts_without_errors_pass() {
        let careless = seen(3, &[5, 9]);
        assert!(verdict(&seen(0, &[7, 7]), &careless).is_ok());
        assert!(verdict(&seen(1, &[7, 7]), &careless).is_err());
        assert!(verdict(&seen(0, &[7, 8]), &careless).is_err());
        assert!(verdict(&seen(0, &[]), &seen(3, &[])).is_err());
        assert!(verdict(&seen(0, &[7]), &careless).is_err());
        assert!(verdict(&seen(0, &[7, 7]), &seen(0, &[5, 9])).is_err());
        assert!(verdict(&seen(0, &[7, 7]), &seen(3, &[5, 5])).is_err());
    }

    #[test]
    fn reports_of_valgrind_are_read() {
        let reported = "==1== ERROR SUMMARY: 2,349 errors from 8 contexts (suppressed: 0 from 0)\n";
        assert_eq!(error_count(reported), Some(2349));
        assert_eq!(error_count("==1== nothing\n"), None);
        let named = "part: 30\n\ndesc: Trigger: Client Request: the type 0\n\nsummary: 828\n\ntotals: 828\n";
        assert_eq!(dump(named), Some(("the type 0".to_owned(), 828)));
        assert_eq!(dump("desc: Trigger: Client Request\n\ntotals: 774\n"), None);
    }
}
