//! Text that strangers wrote, made safe to print.

use std::fmt;

/// Displays text with every character that could move a cursor, reorder or hide its neighbours escaped as
/// `\u{..}`: controls, bidirectional marks and overrides, zero-width and tag characters, line separators.
///
/// ```
/// use bulla_x509::text::Plain;
/// assert_eq!(Plain("evil\u{202e}gpj.exe\n").to_string(), r"evil\u{202e}gpj.exe\u{a}");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Plain<'a>(pub &'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        for character in self.0.chars() {
            if is_unsafe(character) {
                write!(f, "{}", character.escape_unicode())?;
            } else {
                f.write_char(character)?;
            }
        }
        Ok(())
    }
}

/// Whether a character could deceive a reader or steer a terminal.
pub fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{e0fff}'
            | '\u{f0000}'..='\u{10ffff}')
}

/// The text, or as many of its characters and an ellipsis.
pub(crate) fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_escaped() {
        let shown = Plain("\u{1b}[31mred\0\r\n\u{2066}x\u{2069}\u{200b}").to_string();
        assert!(shown.chars().all(|c| !is_unsafe(c)), "{shown}");
        assert!(shown.starts_with(r"\u{1b}[31mred\u{0}\u{d}\u{a}"), "{shown}");
    }

    #[test]
    fn ordinary_text_is_left_alone() {
        assert_eq!(
            Plain("Żółć & Söhne, 株式会社 https://x/?a=b").to_string(),
            "Żółć & Söhne, 株式会社 https://x/?a=b"
        );
    }
}
