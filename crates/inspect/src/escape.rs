//! The one door for text that a peer or a certificate wrote.
//!
//! Such text may hold escape sequences that rewrite a terminal, marks that reverse the reading direction, characters
//! that take no room, or line ends that forge a log entry. Here every character that cannot be seen as itself is
//! replaced by its number, as in `\u{202e}`. HTML adds its own escaping of `<`, `>`, `&` and quotes on top.
//!
//! ```
//! assert_eq!(bulla_inspect::escape::visible("pay\u{202e}lap"), "pay\\u{202e}lap");
//! ```

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar;

/// The text with every character that is not plainly visible replaced by its number, on one line.
///
/// For terminals, logs and (before HTML escaping) pages. Visible characters, ASCII or not, are kept.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_visible) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_visible(character) {
            shown.push(character);
        } else {
            push_number(&mut shown, character);
        }
    }
    Cow::Owned(shown)
}

/// As [`visible`], and cut after `limit` characters with an ellipsis.
#[must_use]
pub fn clipped(text: &str, limit: usize) -> Cow<'_, str> {
    match text.char_indices().nth(limit) {
        None => visible(text),
        Some((end, _)) => {
            let mut shown = visible(text.get(..end).unwrap_or_default()).into_owned();
            shown.push('…');
            Cow::Owned(shown)
        }
    }
}

/// The bytes as text: UTF-8 as it reads, anything else by its numbers.
#[must_use]
pub fn bytes(raw: &[u8]) -> String {
    let mut shown = String::with_capacity(raw.len());
    for chunk in raw.utf8_chunks() {
        shown.push_str(&visible(chunk.valid()));
        for byte in chunk.invalid() {
            let _ = write!(shown, "\\x{byte:02x}");
        }
    }
    shown
}

/// A finished JSON document with every character that is not plainly visible written as `\uXXXX`.
///
/// A JSON writer escapes the ASCII controls only. All other such characters can stand within strings alone, where
/// their escaped form means the same, so that the value a program reads back does not change.
#[must_use]
pub fn json(document: &str) -> String {
    let mut escaped = String::with_capacity(document.len());
    let mut units = [0u16; 2];
    for character in document.chars() {
        if character == '\n' || is_visible(character) {
            escaped.push(character);
        } else {
            for unit in character.encode_utf16(&mut units) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    escaped
}

/// Whether a character takes room on a line and leaves its neighbours alone.
fn is_visible(character: char) -> bool {
    match character {
        ' '..='~' => true,
        // Line and paragraph separators, the soft hyphen, and blanks that pass for nothing or for a plain space.
        '\u{00ad}' | '\u{2028}' | '\u{2029}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' => false,
        '\u{2800}' | '\u{fff9}'..='\u{fffb}' => false,
        // Private use: a font may draw anything there.
        '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' => false,
        other => {
            other.width().is_some_and(|width| width > 0) && (other == '\u{3000}' || !other.is_whitespace())
        }
    }
}

fn push_number(shown: &mut String, character: char) {
    match character {
        '\n' => shown.push_str("\\n"),
        '\r' => shown.push_str("\\r"),
        '\t' => shown.push_str("\\t"),
        '\0' => shown.push_str("\\0"),
        other => {
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(other));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The marks that change the reading direction or hide: Unicode TR 36 and TR 9.
    const HOSTILE: &[char] = &[
        '\0',
        '\x07',
        '\x08',
        '\t',
        '\n',
        '\r',
        '\x1b',
        '\x7f',
        '\u{80}',
        '\u{85}',
        '\u{9b}',
        '\u{ad}',
        '\u{34f}',
        '\u{61c}',
        '\u{180e}',
        '\u{200b}',
        '\u{200c}',
        '\u{200d}',
        '\u{200e}',
        '\u{200f}',
        '\u{2028}',
        '\u{2029}',
        '\u{202a}',
        '\u{202b}',
        '\u{202c}',
        '\u{202d}',
        '\u{202e}',
        '\u{2060}',
        '\u{2064}',
        '\u{2066}',
        '\u{2067}',
        '\u{2068}',
        '\u{2069}',
        '\u{206f}',
        '\u{3164}',
        '\u{fe0f}',
        '\u{feff}',
        '\u{fff9}',
        '\u{e0001}',
        '\u{e007f}',
        '\u{a0}',
        '\u{2003}',
        '\u{f8ff}',
        '\u{0301}',
    ];

    #[test]
    fn hostile_characters_are_shown_by_number() {
        for &character in HOSTILE {
            let shown = visible(&format!("a{character}b")).into_owned();
            assert!(!shown.contains(character), "U+{:04X} got through", u32::from(character));
            assert!(shown.starts_with("a\\") && shown.ends_with('b'), "{shown}");
        }
    }

    #[test]
    fn ordinary_text_is_borrowed_and_unchanged() {
        for text in ["example.com", "Zürich Kantonalbank", "東京", "*.example", "a\\b \"c\" <d>", "Ελλάδα"]
        {
            assert!(matches!(visible(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_shown_by_number() {
        assert_eq!(bytes(b"h2"), "h2");
        assert_eq!(bytes(b"\xff\x00h\xc3\xbc"), "\\xff\\0hü");
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(clipped("übermut", 3), "übe…");
        assert_eq!(clipped("übe", 3), "übe");
    }

    #[test]
    fn json_reads_back_as_it_was() {
        let hostile: String = HOSTILE.iter().collect();
        let document = json(&serde_json::to_string_pretty(&[&hostile]).unwrap());
        assert!(HOSTILE.iter().all(|character| *character == '\n' || !document.contains(*character)));
        let back: Vec<String> = serde_json::from_str(&document).unwrap();
        assert_eq!(back, [hostile]);
    }
}
