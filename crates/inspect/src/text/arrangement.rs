//! A chain in order, set for a terminal.

use super::layout::{Label, Line, Sheet};
use super::{BAD, BOLD, GOOD, INDENT, NARROWEST, PLAIN, QUIET, WIDEST};
use crate::arrangement::{Arrangement, Part};
use crate::subject::split;

/// The arrangement for a terminal of `columns` columns, each line ended.
#[must_use]
pub fn render(arrangement: &Arrangement, columns: usize) -> String {
    let mut sheet = Sheet::new(columns.clamp(NARROWEST, WIDEST));
    let (mark, style, words) = match (arrangement.whole, arrangement.as_it_was) {
        (true, true) => ("✓", GOOD, "The chain is whole and in order"),
        (true, false) => ("✓", GOOD, "The chain is whole once it is put in order"),
        (false, _) => ("✗", BAD, "A certificate is missing from the chain"),
    };
    sheet.push(Line::new().add(style.bold(), &format!(" {mark}  ")).add(BOLD, words));
    for (index, part) in arrangement.chain.iter().enumerate() {
        let number = (index + 1).to_string();
        sheet.labelled(
            &Label { text: &number, style: QUIET, indent: INDENT, width: 4 },
            PLAIN,
            &described(part),
        );
    }
    if let Some(missing) = &arrangement.missing {
        let lacks = format!("{} is missing, who signed {}", title(&missing.subject), title(&missing.signed));
        sheet.labelled(&Label { text: "?", style: BAD, indent: INDENT, width: 4 }, BAD, &lacks);
        sheet.labelled(&Label { text: "Mend", style: QUIET, indent: INDENT, width: 6 }, PLAIN, &missing.mend);
    }
    if !arrangement.left_out.is_empty() {
        sheet.title("Left out");
        for out in &arrangement.left_out {
            sheet.paragraph(INDENT, PLAIN, &described(&out.part));
            sheet.paragraph(INDENT + 2, QUIET, out.why.words());
        }
    }
    sheet.finish()
}

fn described(part: &Part) -> String {
    let line = part.line.map(|line| format!(", line {line}")).unwrap_or_default();
    format!("{} ({}{line})", title(&part.subject), part.file)
}

fn title(subject: &str) -> String {
    match split(subject).0 {
        title if title.is_empty() => "a certificate without a name".to_owned(),
        title => title,
    }
}
