//! `cargo xtask fuzz`: every fuzz target for some seconds, from its committed seeds.
//!
//! The targets are in `fuzz/`, a workspace of its own, and are built by cargo-fuzz with the nightly toolchain and
//! AddressSanitizer. What was tried is kept in `fuzz/corpus`, and an input that found something in
//! `fuzz/artifacts`; neither is committed.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use crate::failure::Failure;

/// What the command line asks for.
pub(crate) struct Options {
    /// How long each target runs.
    pub(crate) seconds: u32,
    /// Only this target.
    pub(crate) target: Option<String>,
    /// Install cargo-fuzz if it is missing.
    pub(crate) install: bool,
}

impl Default for Options {
    /// All targets together stay within three minutes.
    fn default() -> Self {
        Self { seconds: 15, target: None, install: false }
    }
}

impl Options {
    /// Out of the arguments behind `fuzz`.
    pub(crate) fn read(arguments: &[&str]) -> Result<Self, Failure> {
        let mut options = Self::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match *argument {
                "--install" => options.install = true,
                "--target" => options.target = arguments.next().map(|name| (*name).to_owned()),
                "--seconds" => {
                    let number = arguments.next().and_then(|number| number.parse().ok());
                    let number = number.filter(|number| *number > 0);
                    options.seconds = number
                        .ok_or_else(|| Failure::new("fuzz: --seconds wants a number of seconds above 0"))?;
                }
                other => return Err(Failure::new(format!("fuzz: no such option: {other}"))),
            }
        }
        Ok(options)
    }
}

/// The version of cargo-fuzz that is known to work here.
const CARGO_FUZZ: &str = "0.13.2";

/// What cargo-fuzz builds for, and so the folder of what it builds.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";

/// What libFuzzer must not let pass: an input that takes this many seconds, memory in megabytes, in all and at
/// once. The inputs themselves are short: what is long is in the targets' power to make.
const LIMITS: [&str; 4] = ["-timeout=10", "-rss_limit_mb=1024", "-malloc_limit_mb=64", "-max_len=8192"];

/// Builds the targets, runs them one after another and prints what they did.
pub(crate) fn command(root: &Path, options: &Options) -> Result<(), Failure> {
    let folder = root.join("fuzz");
    let targets = chosen(&folder, options)?;
    ready(options.install)?;
    build(root)?;
    println!("{:<18} {:>12} {:>9} {:>8}  result", "target", "executions", "coverage", "seconds");
    let mut failed = 0;
    for target in &targets {
        let run = Run::of(&folder, target, options.seconds)?;
        println!("{run}");
        failed += usize::from(run.finding.is_some());
    }
    println!("fuzz: {} passed, {failed} failed", targets.len() - failed);
    match failed {
        0 => Ok(()),
        _ => Err(Failure::new("fuzz: an input was found: mend what it shows, and keep it as a seed")),
    }
}

/// The targets that were asked for, by name.
fn chosen(folder: &Path, options: &Options) -> Result<Vec<String>, Failure> {
    let sources = folder.join("fuzz_targets");
    let mut targets = Vec::new();
    for entry in std::fs::read_dir(&sources).map_err(|error| Failure::at(&sources, &error))? {
        let path = entry?.path();
        targets.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    }
    targets.sort();
    match &options.target {
        None => Ok(targets),
        Some(name) if targets.contains(name) => Ok(vec![name.clone()]),
        Some(name) => {
            let known = targets.join(", ");
            Err(Failure::new(format!("fuzz: no such target: {name}; there are {known}")))
        }
    }
}

/// Finds cargo-fuzz, or installs it.
fn ready(install: bool) -> Result<(), Failure> {
    let found = Command::new("cargo").args(["fuzz", "--version"]).output()?.status.success();
    match (found, install) {
        (true, _) => Ok(()),
        (false, true) => {
            println!("fuzz: installing cargo-fuzz {CARGO_FUZZ}");
            let mut cargo = Command::new("cargo");
            visible(cargo.args(["install", "cargo-fuzz", "--locked", "--quiet", "--version", CARGO_FUZZ]))
        }
        (false, false) => Err(Failure::new("fuzz: missing cargo-fuzz; `cargo xtask fuzz --install` gets it")),
    }
}

/// Builds all targets. The nightly toolchain is named by rustup, which takes the place of this one's cargo.
fn build(root: &Path) -> Result<(), Failure> {
    let mut cargo = Command::new("rustup");
    cargo.args(["run", "nightly", "cargo", "fuzz", "build"]).current_dir(root);
    visible(cargo.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO"))
}

/// Runs a program that may take minutes and may talk.
fn visible(command: &mut Command) -> Result<(), Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|error| Failure::new(format!("{program}: {error}")))?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("fuzz: {program}: {status}"))) }
}

/// What a target did.
struct Run {
    target: String,
    executions: String,
    coverage: String,
    seconds: u64,
    /// What was found: libFuzzer's words, and the input's place.
    finding: Option<String>,
}

impl Run {
    fn of(folder: &Path, target: &str, seconds: u32) -> Result<Self, Failure> {
        let start = Instant::now();
        let artifacts = made(folder.join("artifacts").join(target))?;
        let output = Command::new(folder.join("target").join(PLATFORM).join("release").join(target))
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-artifact_prefix={}/", artifacts.display()))
            .arg("-print_final_stats=1")
            .args(LIMITS)
            .arg(made(folder.join("corpus").join(target))?)
            .arg(folder.join("seeds").join(target))
            .output()
            .map_err(|error| Failure::new(format!("fuzz: {target}: {error}")))?;
        Ok(Self::read(target, &output, start.elapsed().as_secs()))
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
    }

    #[test]
    fn a_run_that_tried_nothing_or_found_something_fails() {
        assert!(Run::read("pem", &output(0, ""), 0).finding.is_some());
        let text = "thread 'x' panicked at src/pem.rs:1:2:\nthe words\nSUMMARY: libFuzzer: deadly signal\n\
                    stat::number_of_executed_units: 5\n";
        let finding = Run::read("pem", &output(77, text), 1).finding.unwrap();
        assert!(finding.contains("the words") && finding.contains("deadly signal"), "{finding}");
    }

    #[test]
    fn options_are_read() {
        let options = Options::read(&["--seconds", "3", "--target", "pem"]).unwrap();
        assert_eq!((options.seconds, options.target.as_deref(), options.install), (3, Some("pem"), false));
        assert!(Options::read(&["--seconds", "0"]).is_err());
        assert!(Options::read(&["--what"]).is_err());
    }
}
