//! Our Rust sources, read and parsed once.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::metadata::Package;

/// One Rust source file.
pub(crate) struct Source {
    /// Relative to the workspace.
    pub(crate) path: PathBuf,
    /// The package it belongs to.
    pub(crate) package: String,
    pub(crate) text: String,
    pub(crate) syntax: syn::File,
}

/// Reads every Rust file of the given packages, in the order of their paths.
pub(crate) fn read(root: &Path, packages: &[Package]) -> Result<Vec<Source>, Failure> {
    let mut sources = Vec::new();
    for package in packages {
        for path in walk(root, &package.folder)? {
            let inner = packages.iter().any(|other| {
                other.folder != package.folder
                    && other.folder.starts_with(&package.folder)
                    && path.starts_with(&other.folder)
            });
            if !inner && path.extension().is_some_and(|extension| extension == "rs") {
                sources.push(parse(root, path, &package.name)?);
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}

fn parse(root: &Path, path: PathBuf, package: &str) -> Result<Source, Failure> {
    let text = fs::read_to_string(root.join(&path)).map_err(|error| Failure::at(&path, &error))?;
    let syntax = syn::parse_file(&text).map_err(|error| Failure::at(&path, &error))?;
    Ok(Source { path, package: package.to_owned(), text, syntax })
}

/// Every file and folder below `folder`, relative to `root`; build output and hidden entries are left out.
pub(crate) fn walk(root: &Path, folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        let entries = fs::read_dir(root.join(&folder)).map_err(|error| Failure::at(&folder, &error))?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            if name == "target" || name.to_string_lossy().starts_with('.') {
                continue;
            }
            let path = folder.join(&name);
            if entry.file_type()?.is_dir() {
                open.push(path.clone());
            }
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
