//! `bulla up` for the browsers to visit.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Options;
use crate::failure::Failure;
use crate::interop::process::{self, Running};

/// A running `bulla up` with a data folder of its own, on loopback.
pub(crate) struct Up {
    /// Ends it when the run ends.
    _process: Running,
    /// Where it speaks HTTPS.
    pub(crate) port: u16,
    /// Where it redirects plain HTTP.
    pub(crate) plain_port: u16,
    /// The root its certificates lead to.
    pub(crate) root: PathBuf,
}

impl Up {
    /// Starts it on its usual ports or, if they are taken, on free ones, and waits until it answers.
    pub(crate) fn start(root: &Path, folder: &Path, options: &Options) -> Result<Up, Failure> {
        let program = match &options.binaries {
            Some(folder) => folder.join("bulla"),
            None => build(root, options.release)?,
        };
        let (port, plain_port) = (process::port_like(8443)?, process::port_like(8080)?);
        let data = folder.join("data");
        let mut command = Command::new(program);
        command.arg("up").arg("--data").arg(&data);
        command.args(["--listen", &format!("127.0.0.1:{port}")]);
        command.args(["--redirect", &format!("127.0.0.1:{plain_port}")]);
        let process = Running::start(&mut command)?;
        process::wait_for_port(port).map_err(|failure| {
            Failure::new(format!("bulla up: {failure}; it said: {}", process.text().trim()))
        })?;
        Ok(Up { _process: process, port, plain_port, root: data.join("authority/root.pem") })
    }
}

fn build(root: &Path, release: bool) -> Result<PathBuf, Failure> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--locked", "--package", "bulla"]).current_dir(root);
    if release {
        cargo.arg("--release");
    }
    let status = cargo.status()?;
    if !status.success() {
        return Err(Failure::new(format!("browsers: cargo build: {status}")));
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target.join(if release { "release" } else { "debug" }).join("bulla"))
}
