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
    /// Install what is missing: Valgrind for instructions, CMake and clang for the peers in C.
    install: bool,
    /// Only the cases whose names hold this.
    cases: Option<String>,
    /// Only these columns, with commas between them.
    peers: Option<String>,
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
                "--cases" => match arguments.next() {
                    Some(text) => options.cases = Some((*text).to_owned()),
                    None => return Err(Failure::new("bench: --cases needs a text")),
                },
                "--peers" => match arguments.next() {
                    Some(names) => options.peers = Some((*names).to_owned()),
                    None => return Err(Failure::new("bench: --peers needs names")),
                },
                other => return Err(Failure::new(format!("bench: no such option: {other}"))),
            }
        }
        options.consistent()
    }

    /// Options that do not go together are refused.
    fn consistent(self) -> Result<Self, Failure> {
        if self.accept && !self.instructions {
            return Err(Failure::new("bench: --accept goes with --instructions"));
        }
        let timed = self.quick || self.json.is_some() || self.cases.is_some() || self.peers.is_some();
        if self.instructions && timed {
            return Err(Failure::new("bench: --instructions goes with --accept and --install alone"));
        }
        Ok(self)
    }

    /// Whether the page is written: by a full run of everything.
    fn writes_page(&self) -> bool {
        !self.quick && self.cases.is_none() && self.peers.is_none()
    }
}

/// Builds the benchmark and runs it.
pub(crate) fn command(root: &Path, options: &Options) -> Result<(), Failure> {
    let folder = root.join("bench");
    if options.instructions {
        valgrind::ready("bench --instructions", options.install)?;
        build(&folder, &["--package", "bench-harness", "--package", "bench-bulla"])?;
    } else {
        build_all(&folder, options)?;
    }
    let mut harness = Command::new(folder.join("target/release/bench-harness"));
    if options.instructions {
        harness.arg("instructions").args(options.accept.then_some("--accept"));
    } else {
        harness.args(options.quick.then_some("--quick"));
    }
    if !options.instructions && options.writes_page() {
        harness.arg("--report").arg(root.join("docs/benchmarks.md"));
    }
    for (option, value) in [("--cases", &options.cases), ("--peers", &options.peers)] {
        harness.args(value.iter().flat_map(|value| [option, value]));
    }
    if let Some(file) = &options.json {
        harness.arg("--json").arg(file);
    }
    visible("bench", &mut harness)
}

/// Builds every peer. The crate of OpenSSL brings an older one than there is, so the newest is built first and named to it.
fn build_all(folder: &Path, options: &Options) -> Result<(), Failure> {
    let wanted =
        |name: &str| options.peers.as_ref().is_none_or(|peers| peers.split(',').any(|peer| peer == name));
    let mut packages =
        vec!["bench-harness", "bench-floor", "bench-bulla", "bench-rustls", "bench-streams-rust"];
    let mut built = String::new();
    if wanted("boringssl") {
        tools(options.install)?;
        packages.push("bench-boringssl");
    }
    if wanted("openssl") {
        build(folder, &["--package", "bench-openssl-source"])?;
        let output = Command::new(folder.join("target/release/bench-openssl-source")).output()?;
        String::from_utf8_lossy(&output.stdout).trim().clone_into(&mut built);
        packages.push("bench-openssl");
    }
    let packages: Vec<&str> = packages.iter().flat_map(|package| ["--package", package]).collect();
    let mut cargo = cargo_build(folder, &packages);
    if !built.is_empty() {
        cargo.env("OPENSSL_DIR", built).env("OPENSSL_STATIC", "1");
    }
    visible("bench", &mut cargo)
}

/// CMake and clang, by which BoringSSL is built and its functions are made known to Rust.
fn tools(install: bool) -> Result<(), Failure> {
    let runs = |program: &str| Command::new(program).arg("--version").output().is_ok();
    if runs("cmake") && runs("clang") {
        return Ok(());
    }
    if !install {
        return Err(Failure::new("bench: missing CMake or clang; `cargo xtask bench --install` gets them"));
    }
    valgrind::apt(&["update", "--quiet"])?;
    valgrind::apt(&[
        "install",
        "--yes",
        "--quiet",
        "--no-install-recommends",
        "cmake",
        "clang",
        "libclang-dev",
    ])
}

fn build(folder: &Path, packages: &[&str]) -> Result<(), Failure> {
    visible("bench", &mut cargo_build(folder, packages))
}

fn cargo_build(folder: &Path, packages: &[&str]) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--locked", "--quiet"]).args(packages).current_dir(folder);
    cargo
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
            [&["--accept"][..], &["--peers"], &["--instructions", "--quick"], &["--json"], &["--what"]]
        {
            assert!(Options::read(wrong).is_err(), "{wrong:?}");
        }
    }
}
