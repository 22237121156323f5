//! `cargo xtask fuzz`: every fuzz target for some seconds, from its committed seeds.
//!
//! The targets are in `fuzz/`, a workspace of its own, and are built by cargo-fuzz. What was tried is kept in
//! `fuzz/corpus`, and an input that found something in `fuzz/artifacts`; neither is committed. Each run leaves a line
//! in `target/fuzz.jsonl`.

mod run;
mod toolchain;

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use crate::failure::Failure;
use crate::visible::visible;
use run::Run;
use toolchain::Toolchain;

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
        Self { seconds: 10, target: None, install: false }
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
                "--target" => {
                    let name = arguments.next().map(|name| (*name).to_owned());
                    options.target =
                        Some(name.ok_or_else(|| Failure::new("fuzz: --target wants the name of a target"))?);
                }
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

/// Builds the targets, runs them one after another and prints what they did.
pub(crate) fn command(root: &Path, options: &Options) -> Result<(), Failure> {
    let folder = root.join("fuzz");
    let targets = chosen(root, options)?;
    ready(options.install)?;
    let toolchain = Toolchain::find()?;
    println!("fuzz: built with {toolchain}");
    visible("fuzz", toolchain.build().current_dir(root))?;
    let programs = folder.join("target").join(toolchain.platform()?).join("release");
    println!("{:<18} {:>12} {:>9} {:>8}  result", "target", "executions", "coverage", "seconds");
    let mut failed = 0;
    for target in &targets {
        let run = Run::of(&folder, &programs.join(target), target, options.seconds)?;
        println!("{run}");
        keep(&root.join("target/fuzz.jsonl"), &run)?;
        failed += usize::from(run.finding.is_some());
    }
    println!("fuzz: {} passed, {failed} failed", targets.len() - failed);
    match failed {
        0 => Ok(()),
        _ => Err(Failure::new("fuzz: an input was found: mend what it shows, and keep it as a seed")),
    }
}

/// The names of all targets.
pub(crate) fn targets(root: &Path) -> Result<Vec<String>, Failure> {
    let sources = root.join("fuzz/fuzz_targets");
    let mut targets = Vec::new();
    for entry in std::fs::read_dir(&sources).map_err(|error| Failure::at(&sources, &error))? {
        let path = entry?.path();
        targets.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    }
    targets.sort();
    Ok(targets)
}

/// The targets that were asked for, by name.
fn chosen(root: &Path, options: &Options) -> Result<Vec<String>, Failure> {
    let targets = targets(root)?;
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
            visible(
                "fuzz",
                cargo.args(["install", "cargo-fuzz", "--locked", "--quiet", "--version", CARGO_FUZZ]),
            )
        }
        (false, false) => Err(Failure::new("fuzz: missing cargo-fuzz; `cargo xtask fuzz --install` gets it")),
    }
}

/// Adds a line to what `evidence` reads.
fn keep(path: &Path, run: &Run) -> Result<(), Failure> {
    let file = OpenOptions::new().create(true).append(true).open(path);
    let written = file.and_then(|mut file| writeln!(file, "{}", run.json()));
    written.map_err(|error| Failure::at(path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read() {
        let options = Options::read(&["--seconds", "3", "--target", "pem"]).unwrap();
        assert_eq!((options.seconds, options.target.as_deref(), options.install), (3, Some("pem"), false));
        assert!(Options::read(&["--seconds", "0"]).is_err());
        assert!(Options::read(&["--target"]).is_err());
        assert!(Options::read(&["--what"]).is_err());
    }
}
