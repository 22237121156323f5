//! Where results go: a file, written whole and never over another one unasked, or standard output.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;

use bulla_store::{Protection, quote, write_file};

use crate::complaint::Complaint;
use crate::terminal::say;

/// A place for a result.
#[derive(Clone, Copy)]
pub(crate) struct Output<'a> {
    pub(crate) path: &'a Path,
    /// Whether a file that is there is replaced.
    pub(crate) force: bool,
}

/// What is written.
#[derive(Clone, Copy)]
pub(crate) struct Made<'a> {
    pub(crate) bytes: &'a [u8],
    /// Whether there is an unguarded private key in it.
    pub(crate) secret: bool,
    /// Whether it is text.
    pub(crate) text: bool,
    /// What it is, as in `2 certificates`.
    pub(crate) what: &'a str,
}

impl Output<'_> {
    /// Writes it, and says so.
    pub(crate) fn write(self, made: &Made<'_>) -> Result<(), Complaint> {
        if self.path.as_os_str() == "-" {
            return to_standard_output(made);
        }
        let protection = if made.secret { Protection::OwnerOnly } else { Protection::Public };
        let shown = quote::path(self.path);
        write_file(self.path, made.bytes, protection, self.force).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Complaint::with_mend(
                format_args!("{shown} is there already"),
                "name another file, or replace it with --force",
            ),
            io::ErrorKind::IsADirectory => {
                Complaint::with_mend(format_args!("{shown} is a folder"), "name a file in it")
            }
            io::ErrorKind::NotFound => Complaint::with_mend(
                format_args!("the folder of {shown} does not exist"),
                "make it, or name another file",
            ),
            _ => {
                Complaint::with_mend(format_args!("{shown} cannot be written: {error}"), "name another file")
            }
        })?;
        let guard = if made.secret { ", readable by you alone" } else { "" };
        say(format_args!("wrote {shown}: {}{guard}", made.what));
        Ok(())
    }
}

fn to_standard_output(made: &Made<'_>) -> Result<(), Complaint> {
    let mut out = io::stdout().lock();
    if out.is_terminal() && (made.secret || !made.text) {
        let problem = if made.secret {
            "a private key would be shown on the terminal"
        } else {
            "binary does not belong on a terminal"
        };
        return Err(Complaint::with_mend(problem, "name a file with --out FILE"));
    }
    match out.write_all(made.bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Complaint::with_mend(
            format_args!("standard output cannot be written: {error}"),
            "give it room",
        )),
        _ => Ok(()),
    }
}
