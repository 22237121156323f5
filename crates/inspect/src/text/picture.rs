//! The chain as a picture: the root on top, each certificate a card, the failing one marked.

use anstyle::Style;

use super::layout::{Label, Line, Sheet, wrap};
use super::{BAD, BOLD, GOOD, PLAIN, QUIET};
use crate::report::{Link, Moment, Reason, Role};
use crate::subject::split;

const INDENT: usize = 4;
/// Where the line that joins two cards runs, from the left edge of a card.
const JOINT: usize = 4;
/// Names listed before the rest are only counted.
const NAMES: usize = 8;

/// What is drawn.
#[derive(Clone, Copy)]
pub(super) struct Picture<'a> {
    pub(super) chain: &'a [Link],
    pub(super) reason: &'a Reason,
    pub(super) others: &'a [Reason],
    pub(super) trusted: bool,
    pub(super) now: Moment,
    pub(super) words: &'a Words,
}

/// What the picture calls the peer and what came from it.
pub(super) struct Words {
    /// The role of the first certificate.
    pub(super) leaf: &'static str,
    /// What stands before the place of a certificate among those that came.
    pub(super) came_as: &'static str,
    /// What is said of an intermediate that did not come.
    pub(super) missing: &'static str,
}

/// Draws the chain.
pub(super) fn draw(sheet: &mut Sheet, report: &Picture<'_>) {
    let top = report.chain.len().saturating_sub(1);
    let unsigned = faults(report, top).find(|fault| is_unsigned(fault));
    if let (Some(fault), Some(last)) = (unsigned, report.chain.last()) {
        ghost(sheet, last, fault, report.words);
    }
    for (place, link) in report.chain.iter().enumerate().rev() {
        if place < top {
            joint(sheet, report, place);
        }
        let elsewhere = |fault: &Reason| is_signature(fault) || (is_unsigned(fault) && place == top);
        let card = Card {
            link,
            faults: faults(report, place).filter(|fault| !elsewhere(fault)).collect(),
            joined_above: place < top || unsigned.is_some(),
            joined_below: place > 0,
            words: report.words,
        };
        card.draw(sheet, report.now);
    }
}

/// What is wrong with the certificate at this place.
fn faults<'a>(report: &Picture<'a>, place: usize) -> impl Iterator<Item = &'a Reason> + use<'a> {
    let all = std::iter::once(report.reason).chain(report.others);
    all.filter(move |fault| fault.rule.is_some() && fault.link == Some(place))
}

/// Whether the fault is that the issuer of the certificate is not at hand, trusted or sent.
fn is_unsigned(fault: &Reason) -> bool {
    matches!(fault.rule.as_deref(), Some("unknown-authority" | "missing-intermediate"))
}

/// Whether the fault lies between a certificate and the key of its issuer.
fn is_signature(fault: &Reason) -> bool {
    fault.rule.as_deref() == Some("bad-signature")
}

/// The line between a certificate and its issuer above.
fn joint(sheet: &mut Sheet, report: &Picture<'_>, below: usize) {
    let Some(link) = report.chain.get(below) else { return };
    if let Some(fault) = faults(report, below).find(|fault| is_signature(fault)) {
        return sheet.labelled(&beside("✗", BAD.bold()), BAD, &fault_line(fault));
    }
    let mark = if report.trusted { ("✓", GOOD) } else { ("│", QUIET) };
    sheet.labelled(&beside(mark.0, mark.1), QUIET, &format!("signed, {}", link.signature));
}

/// The issuer that would be needed and is not trusted.
fn ghost(sheet: &mut Sheet, last: &Link, reason: &Reason, words: &Words) {
    let inner = sheet.width - INDENT - 4;
    let row = |style: Style, text: &str| {
        Line::new()
            .fill_to(INDENT)
            .add(QUIET, "╎ ")
            .add(style, text)
            .fill_to(INDENT + inner + 2)
            .add(QUIET, " ╎")
    };
    sheet.push(edge(["┌", "╌", "┐"], "╌", inner, QUIET));
    for line in wrap(&format!("? {}", split(&last.issuer).0), inner) {
        sheet.push(row(BOLD, &line));
    }
    let missing = match reason.rule.as_deref() {
        Some("missing-intermediate") => words.missing,
        _ => "not among the trusted authorities",
    };
    sheet.push(row(QUIET, missing));
    sheet.push(edge(["└", "╌", "┘"], "┬", inner, QUIET));
    sheet.labelled(&beside("✗", BAD.bold()), BAD, &fault_line(reason));
}

/// One certificate.
struct Card<'a> {
    link: &'a Link,
    faults: Vec<&'a Reason>,
    joined_above: bool,
    joined_below: bool,
    words: &'a Words,
}

impl Card<'_> {
    fn draw(&self, sheet: &mut Sheet, now: Moment) {
        let inner = sheet.width - INDENT - 4;
        let frame = if self.faults.is_empty() { QUIET } else { BAD };
        let mut rows: Vec<(Style, String)> = vec![(QUIET, self.heading())];
        let (title, rest) = split(&self.link.subject);
        rows.push((BOLD, title));
        if !rest.is_empty() {
            rows.push((QUIET, rest));
        }
        rows.push((PLAIN, format!("{} · {}", self.link.key, validity(self.link, now))));
        if !self.link.names.is_empty() {
            rows.push((PLAIN, names(&self.link.names)));
        }
        for fault in &self.faults {
            rows.push((BAD.bold(), format!("✗ {}", fault_line(fault))));
        }
        sheet.push(edge(["╭", "─", "╮"], if self.joined_above { "┴" } else { "─" }, inner, frame));
        for (style, text) in rows {
            for line in wrap(&text, inner) {
                let row = Line::new().fill_to(INDENT).add(frame, "│ ").add(style, &line);
                sheet.push(row.fill_to(INDENT + inner + 2).add(frame, " │"));
            }
        }
        sheet.push(edge(["╰", "─", "╯"], if self.joined_below { "┬" } else { "─" }, inner, frame));
    }

    fn heading(&self) -> String {
        let role = match self.link.role {
            Role::Leaf => self.words.leaf,
            Role::Intermediate => "intermediate",
            Role::Root => "root",
        };
        match self.link.sent_as {
            Some(place) => format!("{role} · {} {}", self.words.came_as, place + 1),
            None => format!("{role} · from the trusted authorities"),
        }
    }
}

fn fault_line(fault: &Reason) -> String {
    let rule = fault.rule.as_deref().unwrap_or_default();
    match &fault.source {
        Some(source) => format!("{rule} ({source})"),
        None => rule.to_owned(),
    }
}

/// The upper or lower edge of a card: its left corner, line and right corner, and what stands at the joint.
fn edge([left, fill, right]: [&str; 3], joint: &str, inner: usize, style: Style) -> Line {
    let (before, after) = (fill.repeat(JOINT - 1), fill.repeat(inner + 2 - JOINT));
    Line::new().fill_to(INDENT).add(style, &format!("{left}{before}{joint}{after}{right}"))
}

/// A mark on the line that joins two cards.
fn beside(text: &str, style: Style) -> Label<'_> {
    Label { text, style, indent: INDENT + JOINT, width: 2 }
}

fn names(names: &[String]) -> String {
    let listed = names.iter().take(NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES) {
        0 => format!("for {listed}"),
        rest => format!("for {listed} and {rest} more"),
    }
}

/// Its validity, and how far off the end is.
fn validity(link: &Link, now: Moment) -> String {
    let (from, until) = (link.not_before.day(), link.not_after.day());
    let rest = if now < link.not_before {
        format!("begins in {}", days(link.not_before.days_since(now)))
    } else if now > link.not_after {
        format!("ended {} ago", days(now.days_since(link.not_after)))
    } else {
        format!("{} left", days(link.not_after.days_since(now)))
    };
    format!("{from} to {until}, {rest}")
}

fn days(count: i64) -> String {
    match count {
        ..=0 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        2..=1000 => format!("{count} days"),
        _ => format!("{} years", count / 365),
    }
}
