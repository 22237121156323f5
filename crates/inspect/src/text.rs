//! A report set for a terminal.
//!
//! The text carries colour; print it through `anstream`, which leaves it out where it does not belong (a pipe,
//! `NO_COLOR`). Every piece of it passes [`crate::escape`], so that no text of a peer reaches the terminal as it came.

mod arrangement;
mod inventory;
mod layout;
mod picture;

pub use arrangement::render as render_arrangement;
pub use inventory::render as render_inventory;

use anstyle::{AnsiColor, Style};

use crate::cue::{Bar, Cue, Icon, Padlock, place};
use crate::judgement::{Judgement, Purpose};
use crate::report::{Connection, Reason, Report};
use layout::{Label, Line, Sheet};
use picture::{Picture, Words};

pub(crate) const PLAIN: Style = Style::new();
pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const QUIET: Style = Style::new().dimmed();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();

/// The widest a line grows, in columns; longer ones tire the eye.
const WIDEST: usize = 92;
/// The narrowest terminal that is set for, in columns.
const NARROWEST: usize = 36;
const INDENT: usize = 4;

/// The report for a terminal of `columns` columns: cue, reason, chain and connection, each line ended.
#[must_use]
pub fn render(report: &Report, columns: usize) -> String {
    let mut sheet = Sheet::new(columns.clamp(NARROWEST, WIDEST));
    headline(&mut sheet, report);
    cue(&mut sheet, &report.cue);
    if !report.chain.is_empty() {
        sheet.title("Chain");
        let picture = Picture {
            chain: &report.chain,
            reason: &report.reason,
            others: &report.others,
            trusted: report.trusted,
            now: report.checked_at,
            words: &SENT,
        };
        picture::draw(&mut sheet, &picture);
    }
    connection(&mut sheet, &report.connection);
    sheet.finish()
}

/// The judgement on certificates out of files for a terminal of `columns` columns, each line ended.
#[must_use]
pub fn render_judgement(judgement: &Judgement, columns: usize) -> String {
    let mut sheet = Sheet::new(columns.clamp(NARROWEST, WIDEST));
    verdict(&mut sheet, &judgement.subject, judgement.trusted, &judgement.reason, &judgement.others);
    sheet.push(Line::new());
    let purpose = match &judgement.purpose {
        Purpose::Server { name, own: false } => format!("for the server {name}"),
        Purpose::Server { name, own: true } => {
            format!("for the server {name}, a name of its own; --name NAME asks for another")
        }
        Purpose::Client => "for a client".to_owned(),
        Purpose::Path => "as an authority: the path alone".to_owned(),
    };
    sheet.labelled(&label("judged"), PLAIN, &purpose);
    sheet.labelled(&label("by the rules"), PLAIN, judgement.profile);
    sheet.labelled(&label("at"), PLAIN, &judgement.at.minute());
    if let Some(identity) = &judgement.vouches_for {
        sheet.labelled(&label("vouches for"), PLAIN, &identity.to_string());
    }
    if judgement.tried > 1 {
        sheet.labelled(
            &label("paths"),
            PLAIN,
            &format!("{} were tried; --explain tells of each", judgement.tried),
        );
    }
    if !judgement.chain.is_empty() {
        sheet.title("Chain");
        let picture = Picture {
            chain: &judgement.chain,
            reason: &judgement.reason,
            others: &judgement.others,
            trusted: judgement.trusted,
            now: judgement.at,
            words: match judgement.purpose {
                Purpose::Server { .. } => &SERVER_FILES,
                Purpose::Client => &CLIENT_FILES,
                Purpose::Path => &PATH_FILES,
            },
        };
        picture::draw(&mut sheet, &picture);
    }
    sheet.finish()
}

const SENT: Words = Words { leaf: "server", came_as: "sent as number", missing: "not sent by the server" };
const SERVER_FILES: Words = Words { leaf: "server", came_as: "number", missing: "not in the files" };
const CLIENT_FILES: Words = Words { leaf: "client", ..SERVER_FILES };
const PATH_FILES: Words = Words { leaf: "judged", ..SERVER_FILES };

fn headline(sheet: &mut Sheet, report: &Report) {
    let place = place(&report.host, report.port);
    verdict(sheet, &place, report.trusted, &report.reason, &report.others);
}

fn verdict(sheet: &mut Sheet, of: &str, trusted: bool, main: &Reason, others: &[Reason]) {
    let (mark, verb, style) =
        if trusted { ("✓", "is trusted", GOOD) } else { ("✗", "is not trusted", BAD) };
    let line = Line::new().add(style.bold(), &format!(" {mark}  ")).add(BOLD, of);
    sheet.push(line.add(style, &format!(" {verb}")));
    reason(sheet, main);
    for other in others {
        sheet.push(Line::new());
        sheet.labelled(&narrow("Also"), PLAIN, &other.text);
        rule_and_mend(sheet, other);
    }
}

fn reason(sheet: &mut Sheet, reason: &Reason) {
    sheet.paragraph(INDENT, PLAIN, &reason.text);
    rule_and_mend(sheet, reason);
}

fn rule_and_mend(sheet: &mut Sheet, reason: &Reason) {
    let rule = [reason.rule.as_deref(), reason.source.as_deref()];
    let rule: Vec<&str> = rule.into_iter().flatten().collect();
    if !rule.is_empty() {
        sheet.labelled(&narrow("Rule"), PLAIN, &rule.join(", "));
    }
    if let Some(mend) = &reason.mend {
        sheet.labelled(&narrow("Mend"), PLAIN, mend);
    }
}

/// A label beside the reason.
fn narrow(text: &str) -> Label<'_> {
    Label { text, style: QUIET, indent: INDENT, width: 6 }
}

/// A label beside a fact.
fn label(text: &str) -> Label<'_> {
    Label { text, style: QUIET, indent: INDENT, width: 14 }
}

fn cue(sheet: &mut Sheet, cue: &Cue) {
    sheet.title("What a browser shows");
    let (classic, modern) = (&cue.classic, &cue.modern);
    let padlock = match (classic.padlock, &classic.bar) {
        (Padlock::Closed, Bar::Red) => "closed padlock on red",
        (Padlock::Closed, _) => "closed padlock",
        (Padlock::Struck, Bar::Red) => "struck padlock on red",
        (Padlock::Struck, _) => "struck padlock",
    };
    let style = match classic.bar {
        Bar::Red => BAD,
        _ => PLAIN,
    };
    sheet.labelled(&label("classic"), style, &format!("{padlock}, {}", classic.address));
    sheet.labelled(&label(""), QUIET, &classic.says);
    let icon = match modern.icon {
        Icon::Tune => "tune icon",
        Icon::Triangle => "warning triangle",
    };
    sheet.labelled(&label("modern"), PLAIN, &format!("{icon}, {}: {}", modern.address, modern.label));
    if let Some(warning) = &modern.warning {
        sheet.labelled(&label(""), BAD, &warning.title);
        sheet.labelled(&label(""), QUIET, &format!("Chromium: {}", warning.chromium));
        sheet.labelled(&label(""), QUIET, &format!("Firefox:  {}", warning.firefox.code));
        sheet.labelled(&label(""), QUIET, &format!("bulla:    {}", warning.code));
    }
}

/// The version before the present one.
const OLDER: &str = "TLS 1.2";

fn connection(sheet: &mut Sheet, connection: &Connection) {
    sheet.title("Connection");
    let group = if connection.post_quantum {
        format!("{}, holds against a quantum computer", connection.group)
    } else {
        let none = if connection.version == OLDER { "; none in TLS 1.2 does" } else { "" };
        format!("{}, does not hold against a quantum computer{none}", connection.group)
    };
    let version = match connection.version.as_str() {
        OLDER => format!("{OLDER}, sound; TLS 1.3 is faster, and hides the certificates on the way"),
        version => version.to_owned(),
    };
    let rows = [
        ("version", Some(version.as_str())),
        ("cipher suite", Some(connection.suite.as_str())),
        ("key exchange", Some(group.as_str())),
        ("signed with", Some(connection.signature.as_str())),
        ("protocol", Some(connection.alpn.as_deref().unwrap_or("none agreed (ALPN)"))),
        ("asked for", Some(connection.server_name.as_deref().unwrap_or("no name (an address needs none)"))),
        ("address", connection.peer.as_deref()),
        ("hello", connection.hello_retried.then_some("sent twice: the server asked for another key share")),
    ];
    for (name, value) in rows {
        if let Some(value) = value {
            sheet.labelled(&label(name), PLAIN, value);
        }
    }
}
