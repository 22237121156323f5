//! Why something could not be measured, in words.

use std::fmt;

/// What went wrong.
#[derive(Debug)]
pub struct Fault {
    words: String,
    /// Whether the library has no way to do it, and stands aside in this case.
    passed_over: bool,
}

impl Fault {
    /// In these words.
    pub fn new(words: impl Into<String>) -> Self {
        Self { words: words.into(), passed_over: false }
    }

    /// The library has no way to do what the case asks for, so that it takes no part in it.
    pub fn passed_over(words: impl Into<String>) -> Self {
        Self { words: words.into(), passed_over: true }
    }

    /// Whether the library stands aside.
    pub fn is_passed_over(&self) -> bool {
        self.passed_over
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl<E: std::error::Error> From<E> for Fault {
    fn from(error: E) -> Self {
        let mut words = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            words.push_str(": ");
            words.push_str(&cause.to_string());
            source = cause.source();
        }
        Self::new(words)
    }
}
