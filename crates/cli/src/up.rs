//! `bulla up`: serve HTTPS on this machine.

mod content;
mod ports;
mod renewal;
mod serving;
mod voice;

use std::process::ExitCode;

use bulla_server::Server;
use bulla_server::stop;
use rustls_pki_types::UnixTime;

use crate::arguments::Up;
use crate::complaint::Complaint;
use ports::Ports;
use serving::Serving;
use voice::Voice;

/// Serves until asked to stop.
pub(crate) fn run(arguments: &Up) -> Result<ExitCode, Complaint> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Complaint::new(format_args!("the runtime cannot start: {error}")))?;
    runtime.block_on(serve(arguments))
}

async fn serve(arguments: &Up) -> Result<ExitCode, Complaint> {
    let voice = Voice::start(arguments);
    // Ports first: when one is taken, nothing has been written yet.
    let ports = Ports::take(arguments)?;
    let content = content::of(arguments, &ports)?;
    let key_log = arguments.key_log.as_deref().map(|path| voice.key_log(path)).transpose()?;
    let mut serving = Serving::prepare(arguments, UnixTime::now())?;
    let (welcome, in_one_line) = serving.welcome(arguments, &ports);
    let (https, http) = ports.open()?;
    voice.welcome(&welcome, &in_one_line)?;
    let (hand, ear) = stop::channel();
    let signals = hand
        .press_on_signals()
        .map_err(|error| Complaint::new(format_args!("signals cannot be heard: {error}")))?;
    tokio::spawn(signals);
    tokio::spawn(voice.say_when_stopping(ear.clone()));
    if let Some(renewal) = serving.renewal.take() {
        tokio::spawn(renewal.keep(voice));
    }
    let mut server = Server::new(https, serving.shown.clone(), serving.mirror.clone());
    server.redirect = http;
    server.content = content;
    server.log = Some(voice.access_log()?);
    server.key_log = key_log;
    let ended = server.run(ear).await.map_err(Complaint::new)?;
    voice.say(&match ended.cut {
        0 => "Stopped.".to_owned(),
        1 => "Stopped; one connection was cut.".to_owned(),
        cut => format!("Stopped; {cut} connections were cut."),
    });
    Ok(ExitCode::SUCCESS)
}
