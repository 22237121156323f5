//! Why a server could not be looked at, and what would help.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bulla_tls::registry::AlertDescription;
use bulla_tls::{Error, Foreign, Incompatibility};
use serde::Serialize;

use crate::cue::place;
use crate::escape;
use crate::report::Moment;

/// Why there is no report: there was no connection to report on.
#[derive(Debug)]
pub struct ConnectError {
    /// What was asked for, as in `example.com:8443`.
    place: String,
    host: String,
    port: u16,
    cause: Cause,
}

/// What kept a connection from being.
#[derive(Debug)]
#[non_exhaustive]
pub enum Cause {
    /// The name leads to no address.
    NoSuchHost(String),
    /// No one listens there.
    Refused(SocketAddr),
    /// There is no way there.
    Unreachable(SocketAddr, io::ErrorKind),
    /// Time ran out.
    TimedOut(Stage, Duration),
    /// The server closed before the handshake was done, without an alert.
    Closed,
    /// The connection broke.
    Broken(io::ErrorKind),
    /// Something answers that is not TLS, or the handshake failed for another reason than the certificate.
    Handshake(Box<Error>),
    /// The question itself cannot be asked.
    Question(String),
}

/// How far it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Looking up the name.
    Lookup,
    /// Opening the connection.
    Connect,
    /// Agreeing on keys and showing certificates.
    Handshake,
}

/// The name and version of the document about a server that could not be looked at.
pub const SCHEMA: &str = "bulla.failure/1";

/// A [`ConnectError`] as a document.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    schema: &'static str,
    host: String,
    port: u16,
    checked_at: Moment,
    kind: &'static str,
    text: String,
    mend: String,
}

impl ConnectError {
    pub(crate) fn new(host: &str, port: u16, cause: Cause) -> Self {
        Self { place: place(host, port), host: host.to_owned(), port, cause }
    }

    /// What kept the connection from being.
    #[must_use]
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// What would help.
    #[must_use]
    pub fn mend(&self) -> String {
        match &self.cause {
            Cause::NoSuchHost(_) => "look at the spelling, or give an address with --connect".to_owned(),
            Cause::Refused(_) => {
                "start the server, or name the port it listens at, as in HOST:8443".to_owned()
            }
            Cause::Unreachable(..) => "look at the address and at this machine's network".to_owned(),
            Cause::TimedOut(Stage::Lookup, _) => "look at this machine's name server".to_owned(),
            Cause::TimedOut(Stage::Connect, _) => {
                "a firewall may drop what is sent there; --timeout SECONDS waits longer".to_owned()
            }
            Cause::TimedOut(Stage::Handshake, _) => {
                "the port may speak another protocol; --timeout SECONDS waits longer".to_owned()
            }
            Cause::Closed => "the port may speak another protocol, or turn this client away".to_owned(),
            Cause::Broken(_) => "try again; if it stays, look at the server's log".to_owned(),
            Cause::Handshake(error) => mend(error, self.port).to_owned(),
            Cause::Question(_) => "correct the command".to_owned(),
        }
    }

    /// The same as a document.
    #[must_use]
    pub fn document(&self, checked_at: Moment) -> Failure {
        Failure {
            schema: SCHEMA,
            host: self.host.clone(),
            port: self.port,
            checked_at,
            kind: self.kind(),
            text: self.to_string(),
            mend: self.mend(),
        }
    }

    /// The cause in one word, stable.
    fn kind(&self) -> &'static str {
        match &self.cause {
            Cause::NoSuchHost(_) => "no-such-host",
            Cause::Refused(_) => "refused",
            Cause::Unreachable(..) => "unreachable",
            Cause::TimedOut(..) => "timed-out",
            Cause::Closed => "closed",
            Cause::Broken(_) => "broken",
            Cause::Handshake(error) if matches!(**error, Error::Foreign(_)) => "not-tls",
            Cause::Handshake(_) => "handshake",
            Cause::Question(_) => "question",
        }
    }
}

impl std::fmt::Display for ConnectError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = &self.place;
        let text = match &self.cause {
            Cause::NoSuchHost(says) => format!("{} leads to no address: {says}", self.host),
            Cause::Refused(address) => format!("{place} refuses the connection: no one listens at {address}"),
            Cause::Unreachable(address, kind) => format!("{place} cannot be reached at {address}: {kind}"),
            Cause::TimedOut(Stage::Lookup, limit) => {
                format!("{} was not found within {}", self.host, seconds(*limit))
            }
            Cause::TimedOut(Stage::Connect, limit) => {
                format!("{place} does not answer within {}", seconds(*limit))
            }
            Cause::TimedOut(Stage::Handshake, limit) => {
                format!(
                    "{place} takes the connection, but does not finish the handshake within {}",
                    seconds(*limit)
                )
            }
            Cause::Closed => format!("{place} closed the connection without a word of TLS"),
            Cause::Broken(kind) => format!("the connection to {place} broke during the handshake: {kind}"),
            Cause::Handshake(error) => match &**error {
                Error::Foreign(foreign) => format!("{place} does not speak TLS: {}", answers(*foreign)),
                Error::Incompatible(Incompatibility::ExtendedMasterSecret) => format!(
                    "no handshake with {place}: it speaks TLS 1.2 without the extended master secret (RFC 7627), so that a \
                     middleman could make two connections share their keys"
                ),
                other => format!("no handshake with {place}: {other}"),
            },
            Cause::Question(says) => says.clone(),
        };
        formatter.write_str(&escape::visible(&text))
    }
}

impl std::error::Error for ConnectError {}

fn seconds(limit: Duration) -> String {
    match limit.as_secs() {
        1 => "1 second".to_owned(),
        count => format!("{count} seconds"),
    }
}

/// What answered in place of TLS.
fn answers(foreign: Foreign) -> String {
    match foreign {
        Foreign::HttpResponse => "it answers in plain HTTP".to_owned(),
        Foreign::HttpRequest => "it sends a plain HTTP request".to_owned(),
        Foreign::Ssl2 => "it answers in SSL 2.0, which is forbidden since 2011 (RFC 6176)".to_owned(),
        Foreign::Ssh => "it answers with SSH".to_owned(),
        Foreign::Greeting220 => "it greets in plain text, as SMTP and FTP servers do".to_owned(),
        Foreign::MailboxGreeting => "it greets in plain text, as POP3 and IMAP servers do".to_owned(),
        Foreign::Unknown(byte) => format!("its first byte is {byte:#04x}"),
        other => other.to_string(),
    }
}

fn mend(error: &Error, port: u16) -> &'static str {
    match error {
        Error::Foreign(Foreign::HttpResponse) if port == 80 => {
            "plain HTTP lives at port 80; name the HTTPS port, mostly 443"
        }
        Error::Foreign(Foreign::HttpResponse) => "name the server's HTTPS port",
        Error::Foreign(Foreign::Greeting220 | Foreign::MailboxGreeting) => {
            "name the port that speaks TLS from the start (465, 993 or 995 for mail, 990 for FTP)"
        }
        Error::Foreign(_) => "name the port that speaks TLS",
        Error::Alert(AlertDescription::PROTOCOL_VERSION) => {
            "the server needs TLS 1.2 or 1.3: older versions have been broken for years"
        }
        Error::Alert(AlertDescription::HANDSHAKE_FAILURE) => {
            "look at the server's log, which says why it turned the hello away; one that has nothing newer than RSA key \
             exchange or CBC suites is too old"
        }
        Error::Alert(_) => "look at the server's log, which says why it turned the hello away",
        Error::Incompatible(Incompatibility::Version(_)) => {
            "the server needs TLS 1.2 or 1.3: older versions have been broken for years"
        }
        Error::Incompatible(Incompatibility::ExtendedMasterSecret) => {
            "the server needs a TLS library of 2016 or later, such as OpenSSL 1.1.0, or TLS 1.3"
        }
        _ => "if the server is yours, look at its log",
    }
}
