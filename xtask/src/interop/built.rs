//! Peers that are built here, from `peers/`: rustls always, OpenSSL's newest release and BoringSSL where asked for.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Options;
use super::install::peer;
use super::table::Peer;
use crate::failure::Failure;

/// The peers that are built.
pub(super) struct Built {
    pub(super) rustls: Peer,
    /// The newest OpenSSL, whose C takes minutes to build.
    pub(super) openssl: Option<Peer>,
    /// BoringSSL, likewise.
    pub(super) boringssl: Option<Peer>,
}

/// Builds what is missing, and asks each for its version.
pub(super) fn ready(root: &Path, options: &Options) -> Result<Built, Failure> {
    let rustls = named("rustls", &built(root, "rustls-peer")?)?;
    let openssl = match &options.openssl {
        Some(program) => Some(program.clone()),
        None if options.built => Some(newest_openssl(root)?),
        None => None,
    };
    let boringssl = match &options.boringssl {
        Some(program) => Some(program.clone()),
        None if options.built => Some(built(root, "boring-peer")?),
        None => None,
    };
    Ok(Built {
        rustls,
        openssl: openssl
            .map(|program| peer("openssl", &program.display().to_string(), &["version"]))
            .transpose()?,
        boringssl: boringssl.map(|program| named("boringssl", &program)).transpose()?,
    })
}

fn named(name: &'static str, program: &Path) -> Result<Peer, Failure> {
    peer(name, &program.display().to_string(), &["version"])
}

/// Where the `openssl` program is that its package builds.
fn newest_openssl(root: &Path) -> Result<PathBuf, Failure> {
    let output = Command::new(built(root, "openssl-peer")?).output()?;
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

/// Builds a package of `peers/` and says where its program is. rustls is built beside what the workspace has built
/// already; the others share nothing with it, and stay in a folder of their own.
fn built(root: &Path, package: &str) -> Result<PathBuf, Failure> {
    let folder = if package == "rustls-peer" { root.join("target") } else { root.join("peers/target") };
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(folder, PathBuf::from);
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--locked", "--package", package, "--manifest-path"]);
    cargo.arg(root.join("peers/Cargo.toml")).arg("--target-dir").arg(&target);
    let status = cargo.status()?;
    if !status.success() {
        return Err(Failure::new(format!("interop: cargo build of {package}: {status}")));
    }
    Ok(target.join("debug").join(package))
}
