//! Standard output and standard error. Colour goes only where a terminal wants it.

use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;

use crate::complaint::Complaint;

/// Prints to standard output. A reader that went away, as `head` does, is no fault.
pub(crate) fn print(text: &str) -> Result<ExitCode, Complaint> {
    let mut out = anstream::stdout();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Complaint::with_mend(
            format_args!("standard output cannot be written: {error}"),
            "give it room",
        )),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Says a line on standard error. When that cannot be written, there is no one left to tell.
pub(crate) fn say(line: impl std::fmt::Display) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// How wide the terminal is, in columns.
pub(crate) fn columns() -> usize {
    let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    told.or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))).unwrap_or(80)
}
