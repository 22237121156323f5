//! The browsers and what drives them, and how missing ones are had.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;

/// Every program, found.
pub(crate) struct Programs {
    pub(crate) chromium: PathBuf,
    pub(crate) firefox: PathBuf,
    pub(crate) node: PathBuf,
    /// The folder that holds `node_modules`.
    pub(crate) modules: PathBuf,
}

/// A program and the Debian package that brings it.
const PROGRAMS: [(&str, &str); 6] = [
    ("chromium", "chromium"),
    ("firefox-esr", "firefox-esr"),
    ("certutil", "libnss3-tools"),
    ("openssl", "openssl"),
    ("node", "nodejs"),
    ("npm", "npm"),
];

/// The npm packages of `xtask/browsers/package.json`.
const PACKAGES: [&str; 2] = ["axe-core", "playwright-core"];

/// Finds every program, installing what is missing if `install` says so.
pub(crate) fn ready(root: &Path, install: bool) -> Result<Programs, Failure> {
    let modules = root.join("target/browsers/node");
    if install {
        install_debian()?;
        install_packages(root, &modules)?;
    }
    let programs = missing_programs().map(|(program, _)| program.to_owned());
    let packages =
        PACKAGES.into_iter().filter(|package| !modules.join("node_modules").join(package).is_dir());
    let missing: Vec<String> = programs.chain(packages.map(str::to_owned)).collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return Err(Failure::new(format!(
            "browsers: missing {missing}; `cargo xtask browsers --install` gets them"
        )));
    }
    let program = |name| find(name).ok_or_else(|| Failure::new(format!("browsers: missing {name}")));
    Ok(Programs {
        chromium: program("chromium")?,
        firefox: program("firefox-esr")?,
        node: program("node")?,
        modules,
    })
}

fn missing_programs() -> impl Iterator<Item = (&'static str, &'static str)> {
    PROGRAMS.into_iter().filter(|(program, _)| find(program).is_none())
}

fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|candidate| candidate.is_file())
}

fn install_debian() -> Result<(), Failure> {
    let packages: Vec<&str> = missing_programs().map(|(_, package)| package).collect();
    if packages.is_empty() {
        return Ok(());
    }
    println!("browsers: installing {}", packages.join(" "));
    apt(&["update", "--quiet"])?;
    let install = ["install", "--yes", "--quiet", "--no-install-recommends"];
    apt(&[&install, packages.as_slice()].concat())
}

/// Another installer may hold the lock for a while.
fn apt(arguments: &[&str]) -> Result<(), Failure> {
    let mut apt = Command::new("apt-get");
    apt.args(["-o", "DPkg::Lock::Timeout=300"]).args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    visible(&mut apt)
}

/// Exactly what the lock file names; no package runs a script of its own.
fn install_packages(root: &Path, modules: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(modules).map_err(|error| Failure::at(modules, &error))?;
    for file in ["package.json", "package-lock.json"] {
        let source = root.join("xtask/browsers").join(file);
        std::fs::copy(&source, modules.join(file)).map_err(|error| Failure::at(&source, &error))?;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]);
    visible(npm.current_dir(modules))
}

/// Runs an installer, which may take minutes and may talk.
fn visible(command: &mut Command) -> Result<(), Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|error| Failure::new(format!("{program}: {error}")))?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("{program}: {status}"))) }
}
