//! Text as numbered lines, without what does not matter at their ends.

use super::{MAX_LABEL_LEN, PemError, Problem};

const BEGIN: &[u8] = b"-----BEGIN";
const END: &[u8] = b"-----END";
const DASHES: &[u8] = b"-----";

/// The lines of a text. A clone goes on from the same place.
#[derive(Clone)]
pub(super) struct Lines<'a> {
    rest: &'a [u8],
    number: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        // A byte order mark would hide a BEGIN in the first line.
        Self { rest: text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text), number: 0 }
    }

    /// The lines from here to `end`, which these lines gave.
    pub(super) fn up_to(self, end: &Line<'a>) -> impl Iterator<Item = Line<'a>> + Clone {
        let end = end.number;
        self.take_while(move |line| line.number < end)
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.iter().position(|&byte| byte == b'\n');
        let (line, rest) = match end {
            Some(end) => (&self.rest[..end], &self.rest[end + 1..]),
            None => (self.rest, &[][..]),
        };
        self.rest = rest;
        self.number += 1;
        let text = line.trim_ascii_start();
        Some(Line { number: self.number, indent: line.len() - text.len(), text: text.trim_ascii_end() })
    }
}

/// One line, without blanks around it.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    /// Counted from 1.
    pub(super) number: usize,
    indent: usize,
    pub(super) text: &'a [u8],
}

impl<'a> Line<'a> {
    pub(super) fn begins_section(&self) -> bool {
        self.text.starts_with(BEGIN)
    }

    pub(super) fn ends_section(&self) -> bool {
        self.text.starts_with(END)
    }

    pub(super) const fn is_indented(&self) -> bool {
        self.indent > 0
    }

    /// The label of a BEGIN or END line: printable ASCII, so that errors may show it.
    pub(super) fn label(&self) -> Result<&'a str, PemError> {
        let bytes = self.text.strip_prefix(BEGIN).or_else(|| self.text.strip_prefix(END));
        bytes
            .and_then(|rest| rest.strip_prefix(b" "))
            .and_then(|rest| rest.strip_suffix(DASHES))
            .filter(|label| (1..=MAX_LABEL_LEN).contains(&label.len()))
            .filter(|label| label.iter().all(|byte| (b' '..=b'~').contains(byte)))
            .filter(|label| !label.windows(2).any(|pair| pair == b"--"))
            .and_then(|label| str::from_utf8(label).ok())
            .ok_or_else(|| self.error(Problem::BadBoundary))
    }

    /// An error at the start of this line.
    pub(super) const fn error(&self, problem: Problem) -> PemError {
        self.error_at(0, problem)
    }

    /// An error `offset` bytes into the text of this line.
    pub(super) const fn error_at(&self, offset: usize, problem: Problem) -> PemError {
        PemError { line: self.number, column: self.indent + offset + 1, problem }
    }
}
