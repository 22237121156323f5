//! `bogo-shim/config.json`: which cases are left out and why, and which names stand for which.

use std::path::Path;

use serde_json::Value;

use super::pattern;
use crate::failure::Failure;

/// At most this many entries in `ErrorMap`, and patterns that differ by the standard.
const EXCEPTIONS: usize = 20;
/// The kinds of reasons.
const REASONS: [&str; 4] = ["not built: ", "BoringSSL alone has it: ", "another policy: ", DIFFERS];
const DIFFERS: &str = "differs by the standard: ";

/// The disabled patterns, in the order of the file's keys.
pub(super) struct Config {
    pub(super) disabled: Vec<Disabled>,
}

/// Cases that are not expected to pass.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Disabled {
    pub(super) pattern: String,
    pub(super) reason: String,
}

impl Disabled {
    pub(super) fn matches(&self, case: &str) -> bool {
        pattern::matches(&self.pattern, case)
    }
}

impl Config {
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| Failure::at(path, &error))?;
        Self::parse(&text).map_err(|failure| Failure::at(path, &failure))
    }

    fn parse(text: &str) -> Result<Self, Failure> {
        let value: Value = serde_json::from_str(text)?;
        let names = value["ErrorMap"].as_object().map_or(0, serde_json::Map::len);
        let disabled = value["DisabledTests"].as_object().into_iter().flatten().map(|(pattern, reason)| {
            let reason = reason.as_str().unwrap_or_default().to_owned();
            Disabled { pattern: pattern.clone(), reason }
        });
        let config = Self { disabled: disabled.collect() };
        if let Some(entry) = config.disabled.iter().find(|entry| !is_reason(&entry.reason)) {
            return Err(Failure::new(format!("{}: a reason begins with one of {REASONS:?}", entry.pattern)));
        }
        let differing = config.disabled.iter().filter(|entry| entry.reason.starts_with(DIFFERS)).count();
        if names > EXCEPTIONS || differing > EXCEPTIONS {
            let words = format!("{names} names and {differing} differences; at most {EXCEPTIONS} of each");
            return Err(Failure::new(words));
        }
        Ok(config)
    }

    /// The entry that disables a case, if one does.
    pub(super) fn disabling(&self, case: &str) -> Option<&Disabled> {
        self.disabled.iter().find(|entry| entry.matches(case))
    }
}

/// Whether it is of one of the kinds.
pub(super) fn is_reason(reason: &str) -> bool {
    REASONS.iter().any(|kind| reason.strip_prefix(kind).is_some_and(|words| !words.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_of_a_kind() {
        let parse = |reason: &str| Config::parse(&format!(r#"{{"DisabledTests": {{"A-*": "{reason}"}}}}"#));
        let config = parse("not built: TLS 1.2").unwrap();
        assert!(config.disabling("A-1").is_some() && config.disabling("B-1").is_none());
        assert!(parse("broken").is_err() && parse("not built: ").is_err());
    }

    #[test]
    fn exceptions_are_few() {
        let entries = |count: usize, reason: &str| {
            let entries: Vec<String> = (0..count).map(|n| format!(r#""{n}": "{reason}""#)).collect();
            Config::parse(&format!(r#"{{"DisabledTests": {{{}}}}}"#, entries.join(",")))
        };
        assert!(entries(20, "differs by the standard: x").is_ok());
        assert!(entries(21, "differs by the standard: x").is_err());
        assert!(entries(21, "not built: x").is_ok());
    }
}
