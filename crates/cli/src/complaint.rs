//! What goes wrong, said in one line: the problem, then what mends it.

use std::fmt::{self, Display};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use bulla_inspect::escape;

use crate::terminal::say;

const HEAD: Style = AnsiColor::Red.on_default().bold();

/// An end without success.
#[derive(Debug)]
pub(crate) struct Complaint {
    text: String,
    code: u8,
}

impl Complaint {
    /// A line that holds problem and mend already.
    pub(crate) fn new(text: impl Display) -> Self {
        Self { text: text.to_string(), code: 1 }
    }

    /// A problem and its mend, neither with a full stop.
    pub(crate) fn with_mend(problem: impl Display, mend: impl Display) -> Self {
        Self::new(format_args!("{problem}; {mend}"))
    }

    /// Ends the program with this code in place of 1.
    pub(crate) fn code(self, code: u8) -> Self {
        Self { code, ..self }
    }

    /// Says it on standard error. The text is escaped here once more, so that neither a path nor a peer can write on
    /// the terminal.
    pub(crate) fn raise(&self) -> ExitCode {
        say(format_args!("{HEAD}error:{HEAD:#} {self}"));
        ExitCode::from(self.code)
    }
}

impl Display for Complaint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&escape::visible(&self.text))
    }
}

/// Says what is wrong with the command line, or prints the help that was asked for. What was typed is repeated as it
/// is only when all of it is visible.
pub(crate) fn refuse(error: &clap::Error) -> ExitCode {
    let all_visible =
        std::env::args_os().all(|typed| typed.to_str().is_some_and(|typed| escape::visible(typed) == typed));
    if all_visible {
        error.exit();
    }
    for line in error.render().to_string().lines() {
        say(escape::visible(line));
    }
    ExitCode::from(2)
}
