//! What may reach a terminal.

use std::fmt::Display;

/// Fails unless the text has no control character and nothing that turns the direction of writing.
///
/// # Panics
/// If it has.
pub fn assert_plain(text: &dyn Display) {
    let text = text.to_string();
    let hostile = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
            || matches!(c, '\u{061c}' | '\u{feff}' | '\u{2028}' | '\u{2029}')
    };
    assert!(!text.chars().any(hostile), "a hostile character in {text:?}");
}
