//! An inventory set for a terminal: each thing in a file, what matters to a person first.

use anstyle::Style;

use super::layout::{Label, Line, Sheet};
use super::{BAD, BOLD, GOOD, INDENT, NARROWEST, PLAIN, QUIET, WIDEST};
use crate::inventory::{CertificateFacts, File, Inventory, Item, KeyFacts, ListFacts, RequestFacts, What};
use crate::report::Moment;
use crate::subject::split;

/// The inventory for a terminal of `columns` columns, each line ended.
#[must_use]
pub fn render(inventory: &Inventory, columns: usize) -> String {
    let mut sheet = Sheet::new(columns.clamp(NARROWEST, WIDEST));
    for (index, file) in inventory.files.iter().enumerate() {
        if index > 0 {
            sheet.push(Line::new());
        }
        sheet.push(Line::new().add(BOLD, &file.file));
        contents(&mut sheet, file, inventory.checked_at);
    }
    sheet.finish()
}

fn contents(sheet: &mut Sheet, file: &File, now: Moment) {
    if let Some(problem) = &file.problem {
        sheet.paragraph(2, BAD, problem);
    } else if file.items.is_empty() {
        sheet.paragraph(2, QUIET, "nothing in it");
    }
    for item in &file.items {
        sheet.push(Line::new());
        heading(sheet, item);
        match &item.what {
            What::Certificate(facts) => certificate(sheet, facts, item, now),
            What::PrivateKey(facts) => private_key(sheet, facts, item),
            What::Request(facts) => request(sheet, facts, item),
            What::RevocationList(facts) => revocation_list(sheet, facts, now),
            What::PublicKey { public_key_sha256 } => {
                row(sheet, "public key", QUIET, &format!("SHA-256 {public_key_sha256}"));
                together(sheet, item);
            }
            What::Locked { mend, .. } => row(sheet, "to open it", PLAIN, mend),
            What::Other { label } => row(sheet, "label", PLAIN, label),
            What::Malformed { problem, .. } => row(sheet, "problem", BAD, problem),
        }
    }
}

fn heading(sheet: &mut Sheet, item: &Item) {
    let what = match &item.what {
        What::Certificate(facts) if facts.self_signed && facts.authority => "root certificate",
        What::Certificate(facts) if facts.authority => "certificate of an authority",
        What::Certificate(facts) if facts.self_signed => "self-signed certificate",
        What::Certificate(_) => "certificate",
        What::PrivateKey(_) => "private key",
        What::Request(_) => "request for a certificate",
        What::RevocationList(_) => "revocation list",
        What::PublicKey { .. } => "public key",
        What::Locked { what, .. } | What::Malformed { what, .. } => what,
        What::Other { .. } => "something of no use here",
    };
    let line = item.line.map(|line| format!(", line {line}")).unwrap_or_default();
    let name = item.name.as_ref().map(|name| format!(", called \"{name}\"")).unwrap_or_default();
    let place = format!("  {}{line}{name}", item.form);
    sheet.push(Line::new().add(BOLD, &format!("  {} {what}", item.number)).add(QUIET, &place));
}

/// A label and what it stands for, wrapped.
fn row(sheet: &mut Sheet, text: &str, style: Style, value: &str) {
    sheet.labelled(&Label { text, style: QUIET, indent: INDENT, width: 12 }, style, value);
}

fn certificate(sheet: &mut Sheet, facts: &CertificateFacts, item: &Item, now: Moment) {
    row(sheet, "of", BOLD, &called(&facts.subject, "no one by name"));
    if !facts.names.is_empty() {
        row(sheet, "for", PLAIN, &facts.names.join(", "));
    }
    let by = match item.signed_by {
        Some(number) => format!("{} (number {number})", called(&facts.issuer, "no one by name")),
        None if facts.self_signed => "itself".to_owned(),
        None => called(&facts.issuer, "no one by name"),
    };
    row(sheet, "by", PLAIN, &by);
    let (style, span) = validity(facts.not_before, facts.not_after, now);
    row(sheet, "valid", style, &span);
    row(sheet, "key", PLAIN, &facts.key);
    together(sheet, item);
    row(sheet, "signed with", PLAIN, &facts.signature);
    row(sheet, "serial", QUIET, &facts.serial);
    row(sheet, "SHA-256", QUIET, &facts.fingerprint);
    if facts.version != 3 {
        row(sheet, "version", BAD, &format!("{}; only version 3 is in use", facts.version));
    }
    for extension in &facts.extensions {
        // The names stand above.
        if extension.name != "subjectAltName" {
            let critical = if extension.critical { " (critical)" } else { "" };
            let says = extension.says.join("; ");
            sheet.labelled(
                &Label { text: "", style: QUIET, indent: INDENT, width: 2 },
                QUIET,
                &format!("{}{critical}: {says}", extension.name),
            );
        }
    }
}

fn private_key(sheet: &mut Sheet, facts: &KeyFacts, item: &Item) {
    match (&facts.key, &facts.problem) {
        (Some(key), _) => row(sheet, "key", PLAIN, key),
        (None, problem) => row(sheet, "problem", BAD, problem.as_deref().unwrap_or_default()),
    }
    let guard =
        if facts.encrypted { "behind a passphrase" } else { "not encrypted: whoever reads the file has it" };
    row(sheet, "written as", PLAIN, &format!("{}, {guard}", facts.encoding));
    together(sheet, item);
}

fn request(sheet: &mut Sheet, facts: &RequestFacts, item: &Item) {
    row(sheet, "of", BOLD, &called(&facts.subject, "no one by name"));
    if !facts.names.is_empty() {
        row(sheet, "for", PLAIN, &facts.names.join(", "));
    }
    row(sheet, "key", PLAIN, &facts.key);
    together(sheet, item);
    match &facts.problem {
        None => row(sheet, "signature", GOOD, "holds: whoever made it has the key"),
        Some(problem) => row(sheet, "signature", BAD, problem),
    }
}

fn revocation_list(sheet: &mut Sheet, facts: &ListFacts, now: Moment) {
    row(sheet, "by", PLAIN, &called(&facts.issuer, "no one by name"));
    row(sheet, "made", PLAIN, &facts.this_update.day());
    if let Some(next) = facts.next_update {
        let style = if next < now { BAD } else { PLAIN };
        row(sheet, "next due", style, &next.day());
    }
    row(sheet, "revoked", PLAIN, &format!("{} certificates", facts.revoked));
}

/// What has the same key.
fn together(sheet: &mut Sheet, item: &Item) {
    if !item.belongs_to.is_empty() {
        let numbers: Vec<String> = item.belongs_to.iter().map(ToString::to_string).collect();
        row(sheet, "belongs to", GOOD, &format!("number {}", numbers.join(", ")));
    }
}

/// A distinguished name in words.
fn called(name: &str, nameless: &str) -> String {
    match split(name) {
        (title, _) if title.is_empty() => nameless.to_owned(),
        (title, rest) if rest.is_empty() => title,
        (title, rest) => format!("{title} ({rest})"),
    }
}

/// From when until when, and how far off that is.
fn validity(from: Moment, until: Moment, now: Moment) -> (Style, String) {
    let span = format!("{} to {}", from.day(), until.day());
    if now < from {
        return (BAD, format!("{span}: not yet"));
    }
    if now > until {
        return (BAD, format!("{span}: expired"));
    }
    match until.days_since(now) {
        0 => (BAD, format!("{span}, less than a day left")),
        1 => (BAD, format!("{span}, 1 day left")),
        days => (PLAIN, format!("{span}, {days} days left")),
    }
}
