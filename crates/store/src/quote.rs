//! Paths and arguments as text for a terminal: nothing in them can move the cursor or turn the line around.

use std::path::Path;

use bulla_x509::text::Plain;

/// A path as text, its control and direction characters escaped.
pub fn path(path: &Path) -> String {
    text(&path.to_string_lossy())
}

/// A text with its control and direction characters escaped.
pub fn text(text: &str) -> String {
    Plain(text).to_string()
}

/// One word for a POSIX shell, quoted only when it must be.
///
/// ```
/// assert_eq!(bulla_store::quote::shell_word("/srv/bulla"), "/srv/bulla");
/// assert_eq!(bulla_store::quote::shell_word("/srv/my keys"), "'/srv/my keys'");
/// ```
pub fn shell_word(word: &str) -> String {
    let word = text(word);
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:,@%=".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word;
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_cannot_move_the_cursor() {
        assert_eq!(text("a\u{1b}[2Jb\nc\u{202e}d"), "a\\u{1b}[2Jb\\u{a}c\\u{202e}d");
        assert_eq!(text("Zürich 東京"), "Zürich 東京");
    }

    #[test]
    fn a_shell_reads_the_word_back_as_one() {
        assert_eq!(shell_word("it's"), r"'it'\''s'");
        assert_eq!(shell_word(""), "''");
        assert_eq!(shell_word("*.test"), "'*.test'");
    }
}
