//! Why a file cannot be read: the place, what is wrong there, and what would mend it.

use super::{MAX_ITEMS, MAX_LEN, Stranger};
use crate::{fault::ParseError, text::Plain};
use bulla_crypto::{
    passphrase::OpenError,
    pem::{self, PemError},
};
use std::fmt;

/// Why a file cannot be read. `Display` is one line, safe to print: place, problem, mend.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadError {
    /// The line in a PEM text, counted from 1.
    pub line: Option<usize>,
    /// The column in that line, counted in bytes from 1, when it is known.
    pub column: Option<usize>,
    /// The byte in a binary file, counted from 0.
    pub byte: Option<usize>,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// Nothing in it but blanks.
    #[error("the file is empty: copy it again from where it came")]
    Empty,
    /// Larger than [`MAX_LEN`].
    #[error("the file is larger than {MAX_LEN} bytes: is it the right one?")]
    TooLarge,
    /// PEM of which no section begins, or a bundle that holds nothing.
    #[error("there is nothing in the file, though it looks as if there were: copy it again whole")]
    Nothing,
    /// More than [`MAX_ITEMS`] things in it.
    #[error("there are more than {MAX_ITEMS} things in the file: is it the right one?")]
    TooMany,
    /// Broken PEM.
    #[error("{0}")]
    Pem(pem::Problem),
    /// What is behind the passphrase cannot be had.
    #[error("{0}")]
    Passphrase(#[from] OpenError),
    /// Well known, and nothing to do with certificates, or in a form that others convert.
    #[error("{0}")]
    Stranger(Stranger),
    /// The file ends before the value in it does.
    #[error("the file breaks off: it has {has} bytes of the {announced} that it says; copy it again whole")]
    CutShort {
        /// The bytes that are there.
        has: usize,
        /// The bytes that there should be.
        announced: usize,
    },
    /// Neither PEM nor DER of any kind that is known.
    #[error(
        "this is neither PEM nor a certificate, key, request, PKCS#7 or PKCS#12 in binary form: is it the right file?"
    )]
    Unrecognised,
    /// A value with lengths that do not work out.
    #[error("the lengths inside do not work out: copy the file again from where it came")]
    BadBer,
    /// A value that is not what it begins as.
    #[error("malformed: {}; get it again from where it came", Plain(&.0.to_string()))]
    Broken(ParseError),
    /// PKCS#7 that holds no certificates.
    #[error(
        "PKCS#7 of the kind {0}, which holds no certificates: a file of certificates is of the kind signedData, \
         1.2.840.113549.1.7.2"
    )]
    OtherPkcs7(String),
}

impl ReadError {
    pub(super) fn at_line(line: usize, problem: Problem) -> Self {
        Self { line: Some(line), column: None, byte: None, problem }
    }

    pub(super) fn at_byte(byte: usize, problem: Problem) -> Self {
        Self { line: None, column: None, byte: Some(byte).filter(|byte| *byte > 0), problem }
    }

    /// Whether another passphrase could help.
    pub fn is_wrong_passphrase(&self) -> bool {
        self.problem == Problem::Passphrase(OpenError::WrongPassphrase)
    }
}

impl From<Problem> for ReadError {
    fn from(problem: Problem) -> Self {
        Self { line: None, column: None, byte: None, problem }
    }
}

impl From<PemError> for ReadError {
    fn from(error: PemError) -> Self {
        Self {
            line: Some(error.line),
            column: Some(error.column),
            byte: None,
            problem: Problem::Pem(error.problem),
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column, self.byte) {
            (Some(line), Some(column), _) => write!(f, "line {line}, column {column}: ")?,
            (Some(line), None, _) => write!(f, "line {line}: ")?,
            (None, _, Some(byte)) => write!(f, "byte {byte}: ")?,
            (None, _, None) => {}
        }
        self.problem.fmt(f)
    }
}

impl std::error::Error for ReadError {}
