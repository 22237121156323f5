//! Every developer habit of bulla as a command: `cargo xtask` lists them.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command's output is its product")]

mod bench;
mod bogo;
mod browsers;
mod constant_time;
mod evidence;
mod failure;
mod fresh;
mod fuzz;
mod interop;
mod known;
mod layers;
mod limbo;
mod metadata;
mod nightly;
mod pkits;
mod shape;
mod sources;
mod tally;
mod valgrind;
mod visible;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use failure::Failure;

const USAGE: &str = "\
cargo xtask COMMAND

  layers               every dependency between our crates points down
  shape                longest functions and files, and each `unsafe`, per crate
  bench [--quick] [--json FILE]
                       bulla beside rustls and the floor; without --quick it writes docs/benchmarks.md
  bench --instructions [--install] [--accept]
                       instructions of two cases against the committed baseline
  bogo [--install] [--filter PATTERN]
                       BoringSSL's protocol test runner against bogo-shim
  fuzz [--install] [--seconds N] [--target T]
                       every fuzz target for N seconds (10), or one
  interop [files] [--install] [--release | --binaries FOLDER] [--only PEER]
          [--built | --openssl PROGRAM --boringssl PROGRAM]
                       our server and client against curl, OpenSSL, GnuTLS, nginx, Python, Node and rustls;
                       --built builds the newest OpenSSL and BoringSSL from peers/ for it
  browsers [verdicts] [--install] [--release | --binaries FOLDER]
                       the page of `bulla up` in Chromium and Firefox, and their verdicts beside ours
  limbo [FILE]         the cases of an x509-limbo file (JSON, or JSON in gzip) against our verifier
  pkits [--install]    NIST's path validation suite against our verifier
  constant-time [--install]
                       valgrind over the RSA key transport: nothing depends on what was decrypted
  fresh                the README's two commands in a fresh clone, timed
  evidence             run what proves each claim and write docs/evidence.md (after interop, browsers,
                       bogo, fuzz, bench and fresh)
  nightly [--fuzz-seconds N]
                       release tests, long properties, constant-time, interop, bogo, browsers, ten minutes of each fuzz
                       target (or N seconds), the whole benchmark, fresh
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Failure> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["layers"] => layers::command(&root()),
        ["bench", options @ ..] => bench::command(&root(), &bench::Options::read(options)?),
        ["bogo", options @ ..] => bogo::command(&root(), &bogo::Options::read(options)?),
        ["fuzz", options @ ..] => fuzz::command(&root(), &fuzz::Options::read(options)?),
        ["browsers", options @ ..] => browsers::command(&root(), &browsers::Options::read(options)?),
        ["interop", options @ ..] => interop::command(&root(), &interop_options(options)?),
        ["constant-time", options @ ..] => constant_time::command(&root(), options),
        ["limbo"] => limbo::command(&root(), &root().join(limbo::KEPT)),
        ["limbo", file] => limbo::command(&root(), Path::new(file)),
        ["pkits", options @ ..] => pkits::command(&root(), options),
        ["evidence"] => evidence::command(&root()),
        ["fresh"] => fresh::command(&root()),
        ["nightly", options @ ..] => nightly::command(&root(), options),
        ["shape"] => shape::command(&root()),
        [] | ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            Ok(())
        }
        other => Err(Failure::new(format!("no such command: {}\n\n{USAGE}", other.join(" ")))),
    }
}

fn interop_options(arguments: &[&str]) -> Result<interop::Options, Failure> {
    let mut options = interop::Options::default();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match *argument {
            "files" => options.files = true,
            "--install" => options.install = true,
            "--release" => options.release = true,
            "--built" => options.built = true,
            "--only" => options.only = arguments.next().map(|peer| (*peer).to_owned()),
            "--binaries" | "--openssl" | "--boringssl" => {
                let path = arguments.next().map(PathBuf::from);
                let path = path.ok_or_else(|| Failure::new(format!("interop: {argument} needs a path")))?;
                match *argument {
                    "--binaries" => options.binaries = Some(path),
                    "--openssl" => options.openssl = Some(path),
                    _ => options.boringssl = Some(path),
                }
            }
            other => return Err(Failure::new(format!("interop: no such option: {other}\n\n{USAGE}"))),
        }
    }
    Ok(options)
}

/// The workspace's folder: this crate lies directly in it.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}
