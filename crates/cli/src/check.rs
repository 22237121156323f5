//! `bulla check`.

use std::process::ExitCode;

use crate::arguments::Check;
use crate::complaint::Complaint;

/// Judges a server.
pub(crate) fn run(_arguments: &Check) -> Result<ExitCode, Complaint> {
    Err(Complaint::new("not yet joined").mend("").code(2))
}
