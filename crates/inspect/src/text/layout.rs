//! Lines of styled text and their widths. All text is escaped on its way in.

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::{BOLD, PLAIN};
use crate::escape;

/// The longest piece of text that is shown, in characters: more is not read, only scrolled past.
const LONGEST: usize = 600;

/// One line: pieces of text, each with its style.
#[derive(Default)]
pub(super) struct Line {
    pieces: Vec<(Style, String)>,
    width: usize,
}

impl Line {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn add(mut self, style: Style, text: &str) -> Self {
        if !text.is_empty() {
            let shown = escape::clipped(text, LONGEST);
            self.width += shown.width();
            self.pieces.push((style, shown.into_owned()));
        }
        self
    }

    /// Spaces up to this column; none if the line is there already.
    pub(super) fn fill_to(self, column: usize) -> Self {
        let missing = column.saturating_sub(self.width);
        self.add(PLAIN, &" ".repeat(missing))
    }

    fn write(&self, out: &mut String) {
        for (style, text) in &self.pieces {
            if style.is_plain() {
                out.push_str(text);
            } else {
                out.push_str(&format!("{style}{text}{style:#}"));
            }
        }
        let kept = out.trim_end_matches(' ').len();
        out.truncate(kept);
        out.push('\n');
    }
}

/// What stands left of a text, in a column of its own.
pub(super) struct Label<'a> {
    pub(super) text: &'a str,
    pub(super) style: Style,
    /// Columns left of the label.
    pub(super) indent: usize,
    /// Columns from the label's start to the text's.
    pub(super) width: usize,
}

/// The lines written so far, and the width they keep to.
pub(super) struct Sheet {
    lines: Vec<Line>,
    pub(super) width: usize,
}

impl Sheet {
    pub(super) fn new(width: usize) -> Self {
        Self { lines: Vec::new(), width }
    }

    pub(super) fn push(&mut self, line: Line) {
        self.lines.push(line);
    }

    /// A headline with an empty line above it.
    pub(super) fn title(&mut self, text: &str) {
        self.push(Line::new());
        self.push(Line::new().add(PLAIN, "  ").add(BOLD, text));
    }

    /// Wrapped text, each line indented.
    pub(super) fn paragraph(&mut self, indent: usize, style: Style, text: &str) {
        for line in wrap(text, self.width.saturating_sub(indent)) {
            self.push(Line::new().fill_to(indent).add(style, &line));
        }
    }

    /// A label in its own column and the wrapped text beside it.
    pub(super) fn labelled(&mut self, label: &Label<'_>, style: Style, text: &str) {
        let start = label.indent + label.width;
        for (number, line) in wrap(text, self.width.saturating_sub(start)).iter().enumerate() {
            let head = if number == 0 { label.text } else { "" };
            let head = Line::new().fill_to(label.indent).add(label.style, head);
            self.push(head.fill_to(start).add(style, line));
        }
    }

    pub(super) fn finish(self) -> String {
        let mut out = String::new();
        for line in &self.lines {
            line.write(&mut out);
        }
        out
    }
}

/// The text in lines of at most `width` columns, broken at spaces; a word that is longer is broken within.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(8);
    let shown = escape::clipped(text, LONGEST);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in shown.split(' ').filter(|word| !word.is_empty()) {
        let needed = word.width() + usize::from(used > 0);
        if used + needed <= width {
            if used > 0 {
                push(&mut lines, " ");
            }
            push(&mut lines, word);
            used += needed;
            continue;
        }
        if used > 0 {
            lines.push(String::new());
        }
        used = push_broken(&mut lines, word, width);
    }
    lines
}

/// Adds a word to the last, empty line, going on to further lines where it does not fit; says how much of the last is used.
fn push_broken(lines: &mut Vec<String>, word: &str, width: usize) -> usize {
    let mut used = 0;
    let mut piece = [0; 4];
    for character in word.chars() {
        let text = character.encode_utf8(&mut piece);
        if used + text.width() > width {
            lines.push(String::new());
            used = 0;
        }
        push(lines, text);
        used += text.width();
    }
    used
}

fn push(lines: &mut [String], text: &str) {
    if let Some(last) = lines.last_mut() {
        last.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole_where_they_fit() {
        assert_eq!(wrap("one two three four", 9), ["one two", "three", "four"]);
    }

    #[test]
    fn a_long_word_is_broken() {
        assert_eq!(wrap("ab cdefghijklmnop q", 8), ["ab", "cdefghij", "klmnop q"]);
    }

    #[test]
    fn wide_characters_count_double() {
        assert_eq!(wrap("東京東京東京", 8), ["東京東京", "東京"]);
    }

    #[test]
    fn nothing_is_one_empty_line() {
        assert_eq!(wrap("", 20), [""]);
    }
}
