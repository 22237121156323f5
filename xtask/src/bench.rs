//! `cargo xtask bench`: bulla beside its peers and the floor, and its instructions against a baseline.
//!
//! The benchmark is in `bench/`, a workspace of its own whose README says what is measured and how.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::valgrind;
use crate::visible::visible;

/// What the command line asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Fewer and shorter turns, and no page.
    quick: bool,
    /// Where the rows go as JSON.
    json: Option<PathBuf>,
    /// Count instructions instead of time.
    instructions: bool,
    /// Take the instructions as the new baseline.
    accept: bool,
    /// Install Valgrind if it is missing.
    install: bool,
}

impl Options {
    /// Out of the arguments behind `bench`.
    pub(crate) fn read(arguments: &[&str]) -> Result<Self, Failure> {
        let mut options = Self::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match *argument {
                "--quick" => options.quick = true,
                "--instructions" => options.instructions = true,
                "--accept" => options.accept = true,
                "--install" => options.install = true,
                "--json" => match arguments.next() {
                    Some(file) => options.json = Some(std::path::absolute(file)?),
                    None => return Err(Failure::new("bench: --json needs a file")),
                },
                other => return Err(Failure::new(format!("bench: no such option: {other}"))),
            }
        }
        match options {
            Self { accept: true, instructions: false, .. }
            | Self { install: true, instructions: false, .. } => {
                Err(Failure::new("bench: --accept and --install go with --instructions"))
            }
            Self { instructions: true, quick, ref json, .. } if quick || json.is_some() => {
                Err(Failure::new("bench: --quick and --json do not go with --instructions"))
            }
            options => Ok(options),
        }
    }
}

/// Builds the benchmark and runs it.
pub(crate) fn command(root: &Path, options: &Options) -> Result<(), Failure> {
    let folder = root.join("bench");
    if options.instructions {
        valgrind::ready("bench --instructions", options.install)?;
        build(&folder, &["--package", "bench-harness", "--package", "bench-bulla"])?;
    } else {
        build(&folder, &["--workspace"])?;
    }
    let mut harness = Command::new(folder.join("target/release/bench-harness"));
    if options.instructions {
        harness.arg("instructions").args(options.accept.then_some("--accept"));
    } else if options.quick {
        harness.arg("--quick");
    } else {
        harness.arg("--report").arg(root.join("docs/benchmarks.md"));
    }
    if let Some(file) = &options.json {
        harness.arg("--json").arg(file);
    }
    visible("bench", &mut harness)
}

fn build(folder: &Path, packages: &[&str]) -> Result<(), Failure> {
    let mut cargo = Command::new("cargo");
    visible(
        "bench",
        cargo.args(["build", "--release", "--locked", "--quiet"]).args(packages).current_dir(folder),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read() {
        let options = Options::read(&["--quick", "--json", "/rows.json"]).unwrap();
        assert_eq!(options, Options { quick: true, json: Some("/rows.json".into()), ..Options::default() });
        let options = Options::read(&["--instructions", "--install", "--accept"]).unwrap();
        assert!(options.instructions && options.install && options.accept);
        for wrong in
            [&["--accept"][..], &["--install"], &["--instructions", "--quick"], &["--json"], &["--what"]]
        {
            assert!(Options::read(wrong).is_err(), "{wrong:?}");
        }
    }
}
