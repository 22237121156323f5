//! `bulla up`.

use std::process::ExitCode;

use crate::arguments::Up;
use crate::complaint::Complaint;

/// Serves until asked to stop.
pub(crate) fn run(_arguments: &Up) -> Result<ExitCode, Complaint> {
    Err(Complaint::new("not yet joined"))
}
