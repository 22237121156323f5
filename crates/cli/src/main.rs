//! `bulla`: the whole of SSL in one binary.

mod anchors;
mod arguments;
mod cert;
mod check;
mod complaint;
mod data;
mod host;
mod key_log;
mod terminal;
mod trust;
mod up;
mod welcome;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use arguments::{Arguments, Command};

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return complaint::refuse(&error),
    };
    let outcome = match arguments.command {
        Command::Up(arguments) => up::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Cert(arguments) => cert::run(&arguments.action),
        Command::Trust(arguments) => trust::run(&arguments.action),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "bulla", &mut script);
            terminal::print(&String::from_utf8_lossy(&script))
        }
    };
    outcome.unwrap_or_else(|complaint| complaint.raise())
}
