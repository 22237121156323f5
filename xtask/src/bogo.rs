//! `cargo xtask bogo`: BoringSSL's protocol test runner against `bogo-shim`.
//!
//! The runner comes from the package registries and is built under `target/bogo`; none of it is kept here. Every
//! case is run, disabled ones too: a disabled case that passes is a failure of the configuration, and so is a
//! pattern without a failing case. The counts are kept as `target/bogo.json`.

mod config;
mod install;
mod pattern;
mod report;
mod runner;

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use config::Config;
use report::Report;

/// What the command line asks for.
#[derive(Default)]
pub(crate) struct Options {
    /// Install what is missing.
    pub(crate) install: bool,
    /// Run the cases that match this pattern alone.
    pub(crate) filter: Option<String>,
}

impl Options {
    /// Reads the command line behind `bogo`.
    pub(crate) fn read(arguments: &[&str]) -> Result<Self, Failure> {
        let mut options = Self::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match (*argument, arguments.as_slice().first()) {
                ("--install", _) => options.install = true,
                ("--filter", Some(pattern)) => {
                    options.filter = Some((*pattern).to_owned());
                    arguments.next();
                }
                (other, _) => {
                    return Err(Failure::new(format!("bogo: no such option, or no value: {other}")));
                }
            }
        }
        Ok(options)
    }
}

/// Where everything lies.
struct Places {
    /// The workspace.
    root: PathBuf,
    /// `target/bogo`.
    folder: PathBuf,
}

impl Places {
    fn shim_manifest(&self) -> PathBuf {
        self.root.join("bogo-shim/Cargo.toml")
    }

    fn shim(&self) -> PathBuf {
        self.root.join("bogo-shim/target/debug/bogo-shim")
    }

    fn config(&self) -> PathBuf {
        self.root.join("bogo-shim/config.json")
    }
}

/// Runs the cases and says what came of them.
pub(crate) fn command(root: &Path, options: &Options) -> Result<(), Failure> {
    let places = Places { root: root.to_path_buf(), folder: root.join("target/bogo") };
    std::fs::create_dir_all(&places.folder).map_err(|error| Failure::at(&places.folder, &error))?;
    let config = Config::read(&places.config())?;
    let tools = install::ready(&places, options.install)?;
    let runner = runner::build(&places, &tools)?;
    runner::build_shim(&places)?;
    let outcomes = runner::run(&places, &runner, options.filter.as_deref())?;
    let report = Report::new(&config, &outcomes);
    report.print();
    if options.filter.is_none() {
        report.write(&root.join("target/bogo.json"), &tools.version())?;
    }
    report.verdict(options.filter.is_none())
}
