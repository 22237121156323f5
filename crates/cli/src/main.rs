//! `bulla`: the whole of SSL in one binary.

mod arguments;
mod check;
mod complaint;
mod data;
mod host;
mod up;
#[allow(dead_code)]
mod welcome;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use arguments::{Arguments, Command};

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Up(arguments) => up::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Arguments::command(), "bulla", &mut anstream::stdout());
            Ok(ExitCode::SUCCESS)
        }
    };
    outcome.unwrap_or_else(|complaint| complaint.raise())
}
