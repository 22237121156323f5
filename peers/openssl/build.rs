//! Builds the `openssl` program from the sources that `openssl-src` carries; that crate itself builds libraries alone.
//!
//! Needs Perl, make, a C compiler, and the headers of zlib, Brotli and Zstandard for compressed certificates.

use std::error::Error;
use std::path::PathBuf;
use std::process::Command;

/// What the interop cases ask of it, and nothing that they do not.
const OPTIONS: [&str; 9] = [
    "no-shared",
    "no-module",
    "no-tests",
    "no-docs",
    "no-makedepend",
    "zlib",
    "enable-brotli",
    "enable-zstd",
    "--libdir=lib",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let folder = PathBuf::from(std::env::var("OUT_DIR")?).join("build");
    std::fs::create_dir_all(&folder)?;
    let configure = openssl_src::source_dir().join("Configure");
    run(Command::new("perl").arg(configure).args(OPTIONS).current_dir(&folder))?;
    let jobs = format!("-j{}", std::env::var("NUM_JOBS")?);
    // Cargo's own jobserver speaks through this variable; OpenSSL's make is told how many by `-j`.
    run(Command::new("make").args([&jobs, "build_programs"]).env_remove("MAKEFLAGS").current_dir(&folder))?;
    println!("cargo::rustc-env=OPENSSL_PROGRAM={}", folder.join("apps/openssl").display());
    Ok(())
}

fn run(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}").into()) }
}
