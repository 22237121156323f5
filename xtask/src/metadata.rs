//! What cargo knows of the workspace: its packages and what each asks for.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::failure::Failure;

/// One package of the workspace.
#[derive(Debug, Clone)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Its folder, relative to the workspace.
    pub(crate) folder: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
}

/// One dependency as a package declares it, under its real name.
#[derive(Debug, Clone)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// In which table of `Cargo.toml` a dependency stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Normal,
    Build,
    Dev,
}

/// Asks cargo for the packages of the workspace at `root`.
pub(crate) fn packages(root: &Path) -> Result<Vec<Package>, Failure> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(root)
        .output()?;
    if !output.status.success() {
        return Err(Failure::new(format!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr))));
    }
    let document: Value = serde_json::from_slice(&output.stdout)?;
    list(&document["packages"])?.iter().map(|package| read_package(package, root)).collect()
}

fn read_package(package: &Value, root: &Path) -> Result<Package, Failure> {
    let manifest = PathBuf::from(text(&package["manifest_path"])?);
    let folder = manifest.parent().unwrap_or(&manifest);
    Ok(Package {
        name: text(&package["name"])?.to_owned(),
        folder: folder.strip_prefix(root).unwrap_or(folder).to_path_buf(),
        dependencies: list(&package["dependencies"])?
            .iter()
            .map(read_dependency)
            .collect::<Result<_, _>>()?,
    })
}

fn read_dependency(dependency: &Value) -> Result<Dependency, Failure> {
    let kind = match dependency["kind"].as_str() {
        None => Kind::Normal,
        Some("build") => Kind::Build,
        Some("dev") => Kind::Dev,
        Some(other) => return Err(Failure::new(format!("cargo metadata: unknown dependency kind {other}"))),
    };
    Ok(Dependency { name: text(&dependency["name"])?.to_owned(), kind })
}

fn list(value: &Value) -> Result<&Vec<Value>, Failure> {
    value.as_array().ok_or_else(|| Failure::new("cargo metadata: a list is missing"))
}

fn text(value: &Value) -> Result<&str, Failure> {
    value.as_str().ok_or_else(|| Failure::new("cargo metadata: a name is missing"))
}
