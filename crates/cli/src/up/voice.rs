//! What a running server says, and where: sentences for people, or JSON lines for programs.

use std::io::{IsTerminal as _, stderr, stdout};
use std::path::Path;

use bulla_server::access_log::{AccessLog, Format};
use bulla_server::stop::{Phase, Stop};
use bulla_tls::KeyLog;
use tracing::Level;

use crate::arguments::Up;
use crate::complaint::Complaint;
use crate::key_log;
use crate::terminal::{print, say};

/// How this server speaks. Requests are noted on standard output; all else is told on standard error.
#[derive(Clone, Copy, Debug)]
pub(super) enum Voice {
    Sentences,
    Json,
}

impl Voice {
    /// Chooses it, and opens the log of this program.
    pub(super) fn start(arguments: &Up) -> Self {
        let level = match arguments.verbose {
            0 => Level::INFO,
            1 => Level::DEBUG,
            _ => Level::TRACE,
        };
        let log = tracing_subscriber::fmt().with_max_level(level).with_target(false).with_writer(stderr);
        if arguments.json_log {
            log.json().flatten_event(true).init();
            return Self::Json;
        }
        log.with_ansi(stderr().is_terminal()).init();
        Self::Sentences
    }

    /// The server listens. Where programs read, standard output is for requests alone.
    pub(super) fn welcome(self, in_full: &str, in_one_line: &str) -> Result<(), Complaint> {
        match self {
            Self::Sentences => print(in_full).map(drop),
            Self::Json => {
                self.say(in_one_line);
                Ok(())
            }
        }
    }

    /// Says a sentence that is no fault.
    pub(super) fn say(self, sentence: &str) {
        match self {
            Self::Sentences => say(sentence),
            Self::Json => tracing::info!("{sentence}"),
        }
    }

    /// Says when the server has been asked to stop.
    pub(super) async fn say_when_stopping(self, mut ear: Stop) {
        ear.reached(Phase::Draining).await;
        if matches!(self, Self::Sentences) {
            // The terminal shows ^C, and stays on that line.
            say("");
        }
        self.say("Stopping: requests under way may finish; Ctrl-C again stops at once.");
    }

    /// The file that takes the secrets of each connection; that it does is said at once.
    pub(super) fn key_log(self, path: &Path) -> Result<KeyLog, Complaint> {
        let log = key_log::open(path)?;
        tracing::warn!("{}", key_log::warning(path));
        Ok(log)
    }

    /// The log of requests.
    pub(super) fn access_log(self) -> Result<AccessLog, Complaint> {
        let format = match self {
            Self::Sentences => Format::Text,
            Self::Json => Format::Json,
        };
        AccessLog::new(format, stdout())
            .map_err(|error| Complaint::new(format_args!("the access log cannot start: {error}")))
    }
}
