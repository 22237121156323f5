//! The harness: makes the certificates, runs the peers in turns, refuses to compare what is not alike, and writes
//! tables.

mod alike;
mod authority;
mod chart;
mod instructions;
mod machine;
mod plan;
mod program;
mod report;
mod row;
mod run;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bench_peer::fault::Fault;

const USAGE: &str = "\
bench [--quick] [--cases TEXT] [--peers NAMES] [--json FILE] [--report FILE]
    every case, each peer and the floor in turns; under two minutes with --quick; only the cases whose names hold
    TEXT; only these columns, with commas between them
bench instructions [--accept]
    the instructions of a few cases under Callgrind, against the committed baseline
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["instructions"] => instructions::command(false),
        ["instructions", "--accept"] => instructions::command(true),
        options => Options::read(options).and_then(|options| compare(&options)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("bench: {fault}");
            ExitCode::FAILURE
        }
    }
}

#[derive(Default)]
struct Options {
    quick: bool,
    json: Option<PathBuf>,
    report: Option<PathBuf>,
    cases: String,
    peers: Vec<String>,
}

impl Options {
    fn read(arguments: &[&str]) -> Result<Self, Fault> {
        let mut options = Self::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match (*argument, arguments.as_slice().first()) {
                ("--quick", _) => options.quick = true,
                ("--json", Some(file)) => {
                    options.json = Some(file.into());
                    arguments.next();
                }
                ("--cases", Some(text)) => {
                    (*text).clone_into(&mut options.cases);
                    arguments.next();
                }
                ("--peers", Some(names)) => {
                    options.peers = names.split(',').map(str::to_owned).collect();
                    arguments.next();
                }
                ("--report", Some(file)) => {
                    options.report = Some(file.into());
                    arguments.next();
                }
                (other, _) => {
                    return Err(Fault::new(format!("no such option, or no value: {other}\n{USAGE}")));
                }
            }
        }
        Ok(options)
    }
}

/// Runs all cases and writes what came of them.
fn compare(options: &Options) -> Result<(), Fault> {
    let mut cases = plan::cases();
    cases.retain(|case| case.name().contains(&options.cases));
    let pace = plan::Pace::new(options.quick);
    let rows = run::all(&run::Run { cases: &cases, columns: &options.peers, pace })?;
    print!("{}", report::text(&rows));
    if let Some(file) = &options.json {
        write(file, &report::json(&rows)?)?;
    }
    if let Some(file) = &options.report {
        write(file, &report::page(&rows)?)?;
        write(&file.with_extension("svg"), &chart::svg(&rows))?;
    }
    Ok(())
}

fn write(file: &Path, text: &str) -> Result<(), Fault> {
    std::fs::write(file, text).map_err(|error| Fault::new(format!("{}: {error}", file.display())))
}
