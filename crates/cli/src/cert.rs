//! `bulla cert`: files of certificates and keys shown, judged, put in order and converted.

pub(crate) mod arguments;
mod chain;
mod convert;
mod output;
mod passphrase;
mod read;
mod show;
mod verify;

use std::process::ExitCode;

use arguments::Action;

use crate::complaint::Complaint;

/// Does what was asked for.
pub(crate) fn run(action: &Action) -> Result<ExitCode, Complaint> {
    match action {
        Action::Show(arguments) => show::run(arguments),
        Action::Verify(arguments) => verify::run(arguments),
        Action::Chain(arguments) => chain::run(arguments),
        Action::Convert(arguments) => convert::run(arguments),
    }
}
