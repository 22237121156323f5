//! Our tests: run per package, listed by name.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// The tests of one package that passed, by their full names.
pub(crate) struct Trials {
    pub(crate) package: &'static str,
    passed: Vec<String>,
    /// Everything the tests printed.
    printed: String,
}

impl Trials {
    /// Runs all tests of a package; one that fails is a failure.
    pub(crate) fn run(root: &Path, package: &'static str) -> Result<Trials, Failure> {
        // One pipe for both streams: cargo names the file of tests on the one, the tests speak on the other.
        let mut cargo = Command::new("sh");
        cargo.args([
            "-c",
            "exec \"$0\" \"$@\" 2>&1",
            env!("CARGO"),
            "test",
            "--locked",
            "--package",
            package,
        ]);
        cargo.args(["--", "--show-output"]).stdin(Stdio::null());
        let output = cargo.current_dir(root).output()?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            return Err(Failure::new(format!("evidence: the tests of {package} fail:\n{printed}")));
        }
        Ok(Trials { package, passed: passed(&printed), printed })
    }

    /// How many tests passed.
    pub(crate) fn count(&self) -> usize {
        self.passed.len()
    }

    /// How many tests with one of these words in their names passed; none is a failure.
    pub(crate) fn about(&self, words: &[&str]) -> Result<usize, Failure> {
        match self.passed.iter().filter(|name| words.iter().any(|word| name.contains(word))).count() {
            0 => Err(Failure::new(format!(
                "evidence: no test of {} is about {}",
                self.package,
                words.join(" or ")
            ))),
            count => Ok(count),
        }
    }

    /// The lines the tests printed that begin with these words, without them.
    pub(crate) fn lines(&self, beginning: &str) -> Result<Vec<String>, Failure> {
        let lines = self.printed.lines().filter_map(|line| line.strip_prefix(beginning));
        let mut lines: Vec<String> = lines.map(|line| line.trim().to_owned()).collect();
        lines.sort();
        lines.dedup();
        if lines.is_empty() {
            return Err(Failure::new(format!("evidence: no test of {} printed `{beginning}`", self.package)));
        }
        Ok(lines)
    }
}

/// The names in the lines `test NAME ... ok`, each behind the name of its file if that is one of tests.
fn passed(printed: &str) -> Vec<String> {
    let mut file = "";
    let mut names = Vec::new();
    for line in printed.lines() {
        if let Some(running) = line.trim_start().strip_prefix("Running ") {
            file = running
                .strip_prefix("tests/")
                .and_then(|path| path.split(['.', '/']).next())
                .unwrap_or_default();
        } else if line.trim_start().starts_with("Doc-tests ") {
            file = "example";
        } else if let Some(name) = line.strip_prefix("test ").and_then(|line| line.strip_suffix(" ... ok")) {
            names.push(if file.is_empty() { name.to_owned() } else { format!("{file}::{name}") });
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passed_tests_are_told_from_others() {
        let printed = "     Running unittests src/lib.rs (target/a)\ntest a::b ... ok\ntest c ... FAILED\n\
            test d ... ignored\ntest result: ok. 1 passed\n     Running tests/rfc8448/main.rs (target/b)\n\
            test handshake ... ok\n   Doc-tests it\ntest src/lib.rs - a (line 3) ... ok";
        assert_eq!(passed(printed), ["a::b", "rfc8448::handshake", "example::src/lib.rs - a (line 3)"]);
    }

    #[test]
    fn a_claim_without_a_test_is_a_failure() {
        let trials =
            Trials { package: "it", passed: vec!["keys::schedule".to_owned()], printed: String::new() };
        assert_eq!(trials.about(&["keys::"]).unwrap(), 1);
        assert!(trials.about(&["wire::"]).is_err());
        assert!(trials.lines("future of").is_err());
    }
}
