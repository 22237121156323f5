//! Why a command did not succeed, in words.

use std::fmt;
use std::io;
use std::path::Path;

/// One line that says what went wrong and where.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    /// A failure in the caller's words.
    pub(crate) fn new(words: impl Into<String>) -> Self {
        Failure(words.into())
    }

    /// A file or folder that could not be used.
    pub(crate) fn at(path: &Path, error: &dyn fmt::Display) -> Self {
        Failure(format!("{}: {error}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure(error.to_string())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Failure(format!("unexpected JSON: {error}"))
    }
}
