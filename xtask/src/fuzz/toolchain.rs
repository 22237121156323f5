//! The compiler that the targets are built with: a nightly one, or the stable one asked to act as such.
//!
//! Instrumented code needs compiler options that stable Rust hides. The environment variable `RUSTC_BOOTSTRAP`
//! uncovers them, and is set for the one command that builds the targets. The runtime of AddressSanitizer comes with
//! rustup's toolchains, but not with every distribution's.

use std::fmt;
use std::path::Path;
use std::process::Command;

use crate::failure::Failure;

/// Where the targets' code comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Toolchain {
    /// A nightly toolchain that rustup knows.
    Nightly,
    /// The toolchain that runs this command.
    Stable { sanitizer: Sanitizer },
}

/// What watches the memory of a running target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sanitizer {
    Address,
    /// Only what Rust itself checks: bounds, overflow, assertions.
    Missing,
}

impl Toolchain {
    /// Nightly if it is there and knows our Rust; what else there is if not.
    pub(super) fn find() -> Result<Self, Failure> {
        let nightly = says("rustup", &["run", "nightly", "rustc", "--version"])?;
        if nightly.is_some_and(|version| new_enough(&version)) {
            return Ok(Self::Nightly);
        }
        let libraries = says("rustc", &["--print", "target-libdir"])?
            .ok_or_else(|| Failure::new("fuzz: rustc does not say where its libraries are"))?;
        Ok(Self::Stable { sanitizer: Sanitizer::beside(Path::new(libraries.trim()))? })
    }

    /// The command that builds every target.
    pub(super) fn build(self) -> Command {
        let mut build;
        match self {
            Self::Nightly => {
                // Named by rustup, it takes the place of the cargo that runs this command.
                build = Command::new("rustup");
                build.args(["run", "nightly", "cargo"]).env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
            }
            Self::Stable { .. } => {
                build = Command::new("cargo");
                build.env("RUSTC_BOOTSTRAP", "1");
            }
        }
        build.args(["fuzz", "build", "--sanitizer", self.sanitizer().name()]);
        build
    }

    /// The platform it builds for, and so the folder of what it builds.
    pub(super) fn platform(self) -> Result<String, Failure> {
        let version = match self {
            Self::Nightly => says("rustup", &["run", "nightly", "rustc", "--version", "--verbose"]),
            Self::Stable { .. } => says("rustc", &["--version", "--verbose"]),
        };
        let version = version?.unwrap_or_default();
        let platform = version.lines().find_map(|line| line.strip_prefix("host: "));
        platform.map(str::to_owned).ok_or_else(|| Failure::new("fuzz: rustc does not name its platform"))
    }

    fn sanitizer(self) -> Sanitizer {
        match self {
            Self::Nightly => Sanitizer::Address,
            Self::Stable { sanitizer } => sanitizer,
        }
    }
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nightly => "nightly Rust, AddressSanitizer",
            Self::Stable { sanitizer: Sanitizer::Address } => {
                "stable Rust with RUSTC_BOOTSTRAP=1, AddressSanitizer"
            }
            Self::Stable { sanitizer: Sanitizer::Missing } => {
                "stable Rust with RUSTC_BOOTSTRAP=1, NO sanitizer: this toolchain brings no runtime for it; \
                 rustup's do"
            }
        })
    }
}

impl Sanitizer {
    /// The toolchain's own libraries tell: `librustc-stable_rt.asan.a`.
    fn beside(libraries: &Path) -> Result<Self, Failure> {
        let entries = std::fs::read_dir(libraries).map_err(|error| Failure::at(libraries, &error))?;
        for entry in entries {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.starts_with("librustc-") && name.ends_with("_rt.asan.a") {
                return Ok(Self::Address);
            }
        }
        Ok(Self::Missing)
    }

    /// As cargo-fuzz calls it.
    fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Missing => "none",
        }
    }
}

/// Whether a compiler that calls itself so is at least of the version that bulla is written for.
fn new_enough(version: &str) -> bool {
    let minor = |version: &str| version.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok());
    minor(version) >= minor(env!("CARGO_PKG_RUST_VERSION"))
}

/// What a program prints; nothing if it is not there or fails.
fn says(program: &str, arguments: &[&str]) -> Result<Option<String>, Failure> {
    // Asking after a toolchain must not install it.
    match Command::new(program).args(arguments).env("RUSTUP_AUTO_INSTALL", "0").output() {
        Ok(output) if output.status.success() => {
            Ok(Some(String::from_utf8_lossy(&output.stdout).into_owned()))
        }
        Ok(_) => Ok(None),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::new(format!("{program}: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    fn words(command: &Command) -> String {
        let words: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
        words.join(" ")
    }

    #[test]
    fn the_runtime_of_the_sanitizer_is_looked_for() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Sanitizer::beside(folder.path()).unwrap(), Sanitizer::Missing);
        std::fs::write(folder.path().join("librustc-stable_rt.lsan.a"), "").unwrap();
        assert_eq!(Sanitizer::beside(folder.path()).unwrap(), Sanitizer::Missing);
        std::fs::write(folder.path().join("librustc-stable_rt.asan.a"), "").unwrap();
        assert_eq!(Sanitizer::beside(folder.path()).unwrap(), Sanitizer::Address);
        assert!(Sanitizer::beside(&folder.path().join("nowhere")).is_err());
    }

    #[test]
    fn an_old_nightly_is_none() {
        assert!(new_enough("rustc 1.97.0-nightly (0123456789 2026-05-01)"));
        assert!(!new_enough("rustc 1.80.0-nightly (0123456789 2024-06-01)"));
        assert!(!new_enough("no version"));
    }

    #[test]
    fn hidden_options_are_uncovered_on_stable_alone() {
        let nightly = Toolchain::Nightly.build();
        assert_eq!(words(&nightly), "run nightly cargo fuzz build --sanitizer address");
        assert!(nightly.get_envs().all(|(name, _)| name != "RUSTC_BOOTSTRAP"));
        let stable = Toolchain::Stable { sanitizer: Sanitizer::Missing };
        assert_eq!(words(&stable.build()), "fuzz build --sanitizer none");
        assert!(stable.build().get_envs().any(|(name, value)| name == "RUSTC_BOOTSTRAP" && value.is_some()));
        assert!(stable.to_string().contains("NO sanitizer"));
    }
}
