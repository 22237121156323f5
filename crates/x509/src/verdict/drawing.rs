//! The path as a picture in plain text: the root on top.

use super::{Link, Place, Role, Verdict};
use crate::model::time::show;
use std::fmt::Write as _;

impl Verdict {
    /// The path as a drawing in plain text, the root on top, each failure beside its certificate. Nothing in it can
    /// steer a terminal.
    pub fn drawing(&self) -> String {
        let mut drawing = String::new();
        let last = self.path.len().saturating_sub(1);
        for (index, link) in self.path.iter().enumerate().rev() {
            self.draw(&mut drawing, index, link, index == last);
        }
        drawing
    }

    fn draw(&self, drawing: &mut String, index: usize, link: &Link, is_top: bool) {
        let indent = "   ".repeat(self.path.len().saturating_sub(index).saturating_sub(1));
        let stem = if is_top { String::new() } else { "└─ ".into() };
        let margin =
            if is_top { indent.clone() } else { format!("{}   ", indent.get(3..).unwrap_or_default()) };
        let before = if is_top { "" } else { indent.get(3..).unwrap_or_default() };
        let role = match (link.role, link.place) {
            (Role::Leaf, _) => "leaf",
            (Role::Intermediate, _) => "intermediate",
            (Role::Root, Place::Anchor) => "trusted root",
            (Role::Root, Place::Presented(_)) => "root",
        };
        // Writing to a String does not fail.
        let _ = writeln!(drawing, "{before}{stem}{role}: {}", link.subject);
        let until = std::time::Duration::from_secs(link.not_after);
        let until = show(rustls_pki_types::UnixTime::since_unix_epoch(until));
        let _ = writeln!(drawing, "{margin}{}, {}, until {until}", link.key, link.signature);
        let failures = self.failure.iter().chain(&self.others).filter(|failure| failure.link == index);
        for failure in failures {
            let _ = writeln!(drawing, "{margin}✗ {}: {}", failure.rule, failure.detail);
        }
    }
}
