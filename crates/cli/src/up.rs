//! `bulla up`: serve HTTPS on this machine.

mod content;
mod ports;
mod serving;

use std::process::ExitCode;
use std::sync::Arc;

use bulla_server::Server;
use bulla_server::access_log::{AccessLog, Format};
use bulla_server::stop::{self, Phase, Stop};
use rustls_pki_types::UnixTime;

use crate::arguments::Up;
use crate::complaint::Complaint;
use crate::terminal::{print, say};
use ports::Ports;
use serving::Serving;

/// Serves until asked to stop.
pub(crate) fn run(arguments: &Up) -> Result<ExitCode, Complaint> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Complaint::new(format_args!("the runtime cannot start: {error}")))?;
    runtime.block_on(serve(arguments))
}

async fn serve(arguments: &Up) -> Result<ExitCode, Complaint> {
    log(arguments);
    // Ports first: when one is taken, nothing has been written yet.
    let ports = Ports::take(arguments)?;
    let content = content::of(arguments, &ports)?;
    let serving = Serving::prepare(arguments, UnixTime::now())?;
    let welcome = serving.welcome(arguments, &ports);
    let (https, http) = ports.open()?;
    if arguments.json_log {
        // Standard output is for the log alone, so that a program can read it.
        say(welcome.trim_end());
    } else {
        print(&welcome)?;
    }
    let (hand, ear) = stop::channel();
    let signals = hand
        .press_on_signals()
        .map_err(|error| Complaint::new(format_args!("signals cannot be heard: {error}")))?;
    tokio::spawn(signals);
    tokio::spawn(say_when_stopping(ear.clone()));
    let mut server = Server::new(https, Arc::clone(&serving.credential), serving.mirror.clone());
    server.redirect = http;
    server.content = content;
    server.log = Some(access_log(arguments)?);
    let ended = server.run(ear).await.map_err(Complaint::new)?;
    match ended.cut {
        0 => say("Stopped."),
        1 => say("Stopped; one connection was cut."),
        cut => say(format_args!("Stopped; {cut} connections were cut.")),
    }
    Ok(ExitCode::SUCCESS)
}

async fn say_when_stopping(mut ear: Stop) {
    ear.reached(Phase::Draining).await;
    say("\nStopping: requests under way may finish; Ctrl-C again stops at once.");
}

fn access_log(arguments: &Up) -> Result<AccessLog, Complaint> {
    let format = if arguments.json_log { Format::Json } else { Format::Text };
    AccessLog::new(format, std::io::stdout())
        .map_err(|error| Complaint::new(format_args!("the access log cannot start: {error}")))
}

fn log(arguments: &Up) {
    let level = match arguments.verbose {
        0 => tracing::Level::INFO,
        1 => tracing::Level::DEBUG,
        _ => tracing::Level::TRACE,
    };
    let log = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_target(false)
        .with_writer(std::io::stderr)
        .with_ansi(!arguments.json_log && std::io::IsTerminal::is_terminal(&std::io::stderr()));
    if arguments.json_log { log.json().flatten_event(true).init() } else { log.init() }
}
