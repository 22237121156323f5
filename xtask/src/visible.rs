//! Programs whose output goes past us.

use std::process::Command;

use crate::failure::Failure;

/// Runs a program that may take minutes and may talk, for the command of ours that is called `ours`.
pub(crate) fn visible(ours: &str, command: &mut Command) -> Result<(), Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|error| Failure::new(format!("{program}: {error}")))?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("{ours}: {program}: {status}"))) }
}
