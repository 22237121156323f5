//! Valgrind, which counts instructions and follows secrets.

use std::process::Command;

use crate::failure::Failure;

/// Finds it or, if `install` says so, installs it; gives its version. `command` is the habit that asks, as it is typed.
pub(crate) fn ready(command: &str, install: bool) -> Result<String, Failure> {
    if let Some(version) = version() {
        return Ok(version);
    }
    if !install {
        let mend = format!("`cargo xtask {command} --install` gets it");
        return Err(Failure::new(format!("{command}: missing valgrind; {mend}")));
    }
    println!("{command}: installing valgrind");
    apt(&["update", "--quiet"])?;
    apt(&["install", "--yes", "--quiet", "--no-install-recommends", "valgrind"])?;
    version().ok_or_else(|| Failure::new(format!("{command}: valgrind was installed and does not run")))
}

fn version() -> Option<String> {
    let output = Command::new("valgrind").arg("--version").output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs apt-get, which asks nothing.
pub(crate) fn apt(arguments: &[&str]) -> Result<(), Failure> {
    let status = Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive").status()?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!("apt-get {}: {status}", arguments.join(" "))))
    }
}
