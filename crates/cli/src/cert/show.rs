//! `bulla cert show`: what is in files.

use std::process::ExitCode;

use bulla_inspect::inventory::Inventory;
use bulla_inspect::report::to_json;
use bulla_inspect::text;
use rustls_pki_types::UnixTime;

use super::arguments::Show;
use super::chain::count;
use super::read::Reader;
use crate::complaint::Complaint;
use crate::terminal::{columns, print, say};

/// Shows what the files hold.
pub(crate) fn run(arguments: &Show) -> Result<ExitCode, Complaint> {
    let mut reader = Reader::of(&arguments.input);
    let sources = reader.sources(&arguments.input.files)?;
    let files = sources
        .iter()
        .map(|source| (source.name.as_str(), source.items.as_deref().map_err(ToOwned::to_owned)));
    let inventory = Inventory::new(files, UnixTime::now());
    let shown =
        if arguments.json { to_json(&inventory) } else { text::render_inventory(&inventory, columns()) };
    print(&shown)?;
    if reader.passed_over > 0 {
        say(format_args!("{} passed over", count(reader.passed_over, "other file")));
    }
    let all_read = inventory.files.iter().all(|file| file.problem.is_none());
    Ok(ExitCode::from(u8::from(!all_read)))
}
