//! One target, run for some seconds, and what it did.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use serde_json::{Value, json};

use crate::failure::Failure;

/// What libFuzzer must not let pass: an input that takes this many seconds, memory in megabytes, in all and at
/// once. The inputs themselves are short: what is long is in the targets' power to make.
const LIMITS: [&str; 4] = ["-timeout=10", "-rss_limit_mb=1024", "-malloc_limit_mb=64", "-max_len=8192"];

/// What a target did.
pub(super) struct Run {
    pub(super) target: String,
    /// Inputs tried; `none` if libFuzzer did not say.
    pub(super) executions: String,
    /// Edges of the code that were reached.
    pub(super) coverage: String,
    pub(super) seconds: u64,
    /// What was found: libFuzzer's words, and the input's place.
    pub(super) finding: Option<String>,
}

/// A short run, as CI has it for every change, throws the same dice each time: what it finds is of the change. A long
/// run looks further each time.
fn dice(seconds: u32) -> Option<&'static str> {
    const SHORT: u32 = 60;
    (seconds < SHORT).then_some("-seed=1")
}

impl Run {
    /// Runs the target that was built as `program`.
    pub(super) fn of(folder: &Path, program: &Path, target: &str, seconds: u32) -> Result<Self, Failure> {
        let start = Instant::now();
        let artifacts = made(folder.join("artifacts").join(target))?;
        let output = Command::new(program)
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-artifact_prefix={}/", artifacts.display()))
            .arg("-print_final_stats=1")
            .args(LIMITS)
            .args(dice(seconds))
            .arg(made(folder.join("corpus").join(target))?)
            .arg(folder.join("seeds").join(target))
            .output()
            .map_err(|error| Failure::new(format!("fuzz: {target}: {error}")))?;
        Ok(Self::read(target, &output, start.elapsed().as_secs()))
    }

    /// The run as `evidence` reads it.
    pub(super) fn json(&self) -> Value {
        json!({
            "target": self.target,
            "executions": self.executions.parse::<u64>().unwrap_or_default(),
            "seconds": self.seconds,
            "passed": self.finding.is_none(),
        })
    }

    fn read(target: &str, output: &Output, seconds: u64) -> Self {
        let text = String::from_utf8_lossy(&output.stderr);
        let after = |word: &str| {
            let found = text.lines().rev().find_map(|line| line.split_once(word));
            let value = found.and_then(|(_, rest)| rest.split_whitespace().next());
            value.unwrap_or("none").to_owned()
        };
        let executions = after("stat::number_of_executed_units:");
        // A run that tried nothing has proved nothing.
        let idle = executions == "none" || executions == "0";
        let finding = (!output.status.success() || idle).then(|| finding(&text, &output.status.to_string()));
        Self { target: target.to_owned(), executions, coverage: after(" cov: "), seconds, finding }
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { target, executions, coverage, seconds, finding } = self;
        write!(f, "{target:<18} {executions:>12} {coverage:>9} {seconds:>8}  ")?;
        match finding {
            None => f.write_str("passed"),
            Some(finding) => write!(f, "FAILED\n{finding}"),
        }
    }
}

/// The lines of a failed run that say what was found and where the input is.
fn finding(text: &str, status: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let mut behind = 0;
    for line in text.lines() {
        // A panic's words are on the lines behind its place.
        behind = if line.contains("panicked at") { 4 } else { behind };
        let telling = ["ERROR: ", "SUMMARY: ", "Test unit written to"].iter().any(|word| line.contains(word));
        if behind > 0 || telling {
            lines.push(line);
        }
        behind = usize::saturating_sub(behind, 1);
    }
    let lines: String = lines.iter().map(|line| format!("  {}\n", line.trim_end())).collect();
    format!("{lines}  {status}")
}

/// The folder, made if it is not there.
fn made(folder: PathBuf) -> Result<PathBuf, Failure> {
    std::fs::create_dir_all(&folder).map_err(|error| Failure::at(&folder, &error))?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::ExitStatus;

    use super::*;

    fn output(code: i32, text: &str) -> Output {
        Output { status: ExitStatus::from_raw(code << 8), stdout: Vec::new(), stderr: text.into() }
    }

    #[test]
    fn a_run_is_read_from_its_words() {
        let text =
            "#9\tNEW    cov: 12 ft: 13\n#42\tDONE   cov: 77 ft: 99\nstat::number_of_executed_units: 42\n";
        let run = Run::read("pem", &output(0, text), 15);
        assert_eq!((run.executions.as_str(), run.coverage.as_str()), ("42", "77"));
        assert_eq!(run.finding, None);
        let json = r#"{"executions":42,"passed":true,"seconds":15,"target":"pem"}"#;
        assert_eq!(run.json().to_string(), json);
    }

    #[test]
    fn a_run_that_tried_nothing_or_found_something_fails() {
        assert!(Run::read("pem", &output(0, ""), 0).finding.is_some());
        let text = "thread 'x' panicked at src/pem.rs:1:2:\nthe words\nSUMMARY: libFuzzer: deadly signal\n\
                    stat::number_of_executed_units: 5\n";
        let finding = Run::read("pem", &output(77, text), 1).finding.unwrap();
        assert!(finding.contains("the words") && finding.contains("deadly signal"), "{finding}");
    }
}
