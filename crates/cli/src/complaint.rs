//! What goes wrong, said in one line, with the mend below it.

use std::process::ExitCode;

use anstyle::{AnsiColor, Style};

const HEAD: Style = AnsiColor::Red.on_default().bold();
const QUIET: Style = Style::new().dimmed();

/// An end without success: what is wrong, and what mends it.
#[derive(Debug)]
pub(crate) struct Complaint {
    problem: String,
    mend: Option<String>,
    code: u8,
}

impl Complaint {
    /// A complaint with exit code 1.
    pub(crate) fn new(problem: impl Into<String>) -> Self {
        Self { problem: problem.into(), mend: None, code: 1 }
    }

    /// Adds what mends it.
    pub(crate) fn mend(self, mend: impl Into<String>) -> Self {
        Self { mend: Some(mend.into()), ..self }
    }

    /// Ends the program with this code.
    pub(crate) fn code(self, code: u8) -> Self {
        Self { code, ..self }
    }

    /// Says it on standard error. The text is escaped here once more, so that a path or a peer cannot write on the
    /// terminal.
    #[expect(clippy::print_stderr, reason = "this is where the program complains")]
    pub(crate) fn raise(&self) -> ExitCode {
        let shown = bulla_inspect::escape::visible(&self.problem);
        anstream::eprintln!("{HEAD}error:{HEAD:#} {shown}");
        if let Some(mend) = &self.mend {
            anstream::eprintln!(" {QUIET}mend:{QUIET:#} {}", bulla_inspect::escape::visible(mend));
        }
        ExitCode::from(self.code)
    }
}
