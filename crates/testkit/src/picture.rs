//! The picture of a flow that a failing test prints: a line for each record, repetitions told once.

use std::fmt;

use bulla_tls::registry::{ContentType, HandshakeType};

/// Lines, each with how often it came in a row.
#[derive(Default)]
pub struct Picture {
    lines: Vec<(String, usize)>,
}

impl Picture {
    /// Adds a line.
    pub fn line(&mut self, line: String) {
        match self.lines.last_mut() {
            Some((last, count)) if *last == line => *count += 1,
            _ => self.lines.push((line, 1)),
        }
    }

    /// Adds a line for each record of these bytes.
    pub fn records(&mut self, arrow: &str, mut bytes: &[u8]) {
        while let Some([kind, _, _, high, low]) = bytes.first_chunk::<5>() {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            let kind = ContentType(*kind);
            let message = match bytes.get(5) {
                Some(message) if kind == ContentType::HANDSHAKE => format!(", {}", HandshakeType(*message)),
                _ => String::new(),
            };
            self.line(format!("{arrow}  {kind}{message} ({length} bytes)"));
            bytes = bytes.get(5 + length..).unwrap_or_default();
        }
        if !bytes.is_empty() {
            self.line(format!("{arrow}  {} bytes that are no record", bytes.len()));
        }
    }
}

impl fmt::Display for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|(line, count)| match count {
            1 => writeln!(f, "{line}"),
            _ => writeln!(f, "{line} × {count}"),
        })
    }
}
