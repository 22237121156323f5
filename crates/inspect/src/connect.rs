//! Looking at a server: resolve, connect, shake hands, judge.
//!
//! The handshake is driven step by step, so that a server whose certificate is refused is still reported on in full:
//! what it presented, and how the connection would have been protected.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bulla_tls::{
    ClientConfig, Connection, Error, Facts, KeyLog, Need, Step, Verification, VerifyNeed, Violation,
};
use bulla_x509::trust::TrustAnchors;
use bulla_x509::verdict::{Presented, Purpose, Verdict, judge};
use rustls_pki_types::{ServerName, UnixTime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout_at};

use crate::cue::Identity;
use crate::fault::{Cause, ConnectError, Stage};
use crate::report::{self, Asked, Report};

/// A server to look at, and by what to judge it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Check {
    /// The name or address that the certificate must be good for.
    pub name: ServerName<'static>,
    /// The port.
    pub port: u16,
    /// Where to connect, if not to the name itself: a name or address.
    pub connect_host: Option<String>,
    /// The port to connect to, if not `port`.
    pub connect_port: Option<u16>,
    /// The authorities to trust.
    pub anchors: TrustAnchors,
    /// What kind of authorities these are.
    pub identity: Identity,
    /// Application protocols to offer, in order of preference.
    pub alpn: Vec<Vec<u8>>,
    /// Who is told the secrets of the connection, for debugging. Default nobody.
    pub key_log: Option<KeyLog>,
    /// Time for all of it. Default ten seconds.
    pub time_limit: Duration,
}

impl Check {
    /// A check of `name` at `port` against `anchors`.
    #[must_use]
    pub fn new(name: ServerName<'static>, port: u16, anchors: TrustAnchors, identity: Identity) -> Self {
        Self {
            name,
            port,
            connect_host: None,
            connect_port: None,
            anchors,
            identity,
            alpn: Vec::new(),
            key_log: None,
            time_limit: Duration::from_secs(10),
        }
    }

    /// Looks at the server and judges it as of `now`.
    ///
    /// # Errors
    ///
    /// [`ConnectError`] when there was no handshake to judge. A certificate that is not trusted is no error: the
    /// report says so.
    pub async fn run(&self, now: UnixTime) -> Result<Report, ConnectError> {
        let host = self.name.to_str().into_owned();
        let outcome = self.look(&host, now).await;
        let (facts, verdict, address) =
            outcome.map_err(|cause| ConnectError::new(&host, self.port, cause))?;
        let asked = Asked { host: &host, port: self.port, now, identity: self.identity };
        Ok(Report::new(&asked, &verdict, report::Connection::from_facts(&facts, Some(address))))
    }

    async fn look(&self, host: &str, now: UnixTime) -> Result<(Facts, Verdict, SocketAddr), Cause> {
        let deadline = Instant::now() + self.time_limit;
        let late = |stage| Cause::TimedOut(stage, self.time_limit);
        let config = self.config()?;
        let host = self.connect_host.as_deref().unwrap_or(host);
        let port = self.connect_port.unwrap_or(self.port);
        let addresses =
            timeout_at(deadline, resolve(host, port)).await.map_err(|_| late(Stage::Lookup))??;
        let (stream, address) = connect(&addresses, deadline).await?.ok_or_else(|| late(Stage::Connect))?;
        let mut handshake = Handshake {
            stream,
            connection: Connection::client(&config, self.name.clone()),
            check: self,
            now,
            verdict: None,
        };
        let ended = timeout_at(deadline, handshake.run()).await.map_err(|_| late(Stage::Handshake))?;
        if let Err(cause) = ended {
            handshake.explain(cause)?;
        }
        let verdict = handshake.verdict.take().ok_or(Cause::Closed)?;
        Ok((handshake.connection.facts(), verdict, address))
    }

    fn config(&self) -> Result<bulla_tls::Checked<ClientConfig>, Cause> {
        let mut config = ClientConfig::new(Verification::Ask);
        config.alpn.clone_from(&self.alpn);
        config.key_log.clone_from(&self.key_log);
        config.check().map_err(|error| Cause::Question(error.to_string()))
    }
}

async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, Cause> {
    match lookup_host((host, port)).await {
        Ok(found) => {
            let found: Vec<SocketAddr> = found.collect();
            if found.is_empty() {
                Err(Cause::NoSuchHost("the name has no address".to_owned()))
            } else {
                Ok(found)
            }
        }
        Err(error) => Err(Cause::NoSuchHost(plain(&error))),
    }
}

/// The system's words without the prefix of the library around them.
fn plain(error: &io::Error) -> String {
    let says = error.to_string();
    says.rsplit(": ").next().unwrap_or(&says).to_owned()
}

/// Tries each address in turn, each with its share of the time that is left. `None` when time ran out.
async fn connect(
    addresses: &[SocketAddr],
    deadline: Instant,
) -> Result<Option<(TcpStream, SocketAddr)>, Cause> {
    let mut problem = None;
    for (tried, address) in addresses.iter().enumerate() {
        let left = u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
        let share = deadline.saturating_duration_since(Instant::now()) / left;
        match timeout_at(Instant::now() + share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(Some((stream, *address))),
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
                problem = Some(Cause::Refused(*address));
            }
            Ok(Err(error)) => problem = problem.or(Some(Cause::Unreachable(*address, error.kind()))),
            Err(_) => {}
        }
    }
    problem.map_or(Ok(None), Err)
}

/// One handshake under way.
struct Handshake<'a> {
    stream: TcpStream,
    connection: Connection,
    check: &'a Check,
    now: UnixTime,
    verdict: Option<Verdict>,
}

impl Handshake<'_> {
    /// Drives the handshake until it is complete, or until its certificate is refused: either way there is a verdict.
    async fn run(&mut self) -> Result<(), Cause> {
        loop {
            match self.connection.step() {
                Ok(Step::NeedBytes) => self.receive().await?,
                Ok(Step::Transmit(bytes)) => {
                    let sent = self.stream.write(bytes).await.map_err(|error| Cause::Broken(error.kind()))?;
                    self.connection.transmitted(sent).map_err(failed)?;
                }
                Ok(Step::Need(Need::Verify(need))) => self.judge(need),
                Ok(Step::Established(_)) => {
                    self.leave().await;
                    return Ok(());
                }
                Ok(_) => return Err(Cause::Closed),
                // The alert that tells the server has gone out by now.
                Err(Error::Certificate(_)) if self.verdict.is_some() => return Ok(()),
                Err(error) => return Err(failed(error)),
            }
        }
    }

    async fn receive(&mut self) -> Result<(), Cause> {
        let count = self.stream.read(self.connection.read_slot()).await;
        match count.map_err(|error| Cause::Broken(error.kind()))? {
            0 => Err(Cause::Closed),
            count => self.connection.advance(count).map_err(failed),
        }
    }

    fn judge(&mut self, need: VerifyNeed) {
        let presented = Presented::new(&need.chain, Purpose::Server(&self.check.name));
        let verdict = judge(&presented, &self.check.anchors, self.now);
        self.verdict = Some(verdict.clone());
        need.reply.reply(verdict.into_result().map_err(Box::new));
    }

    /// A key that cannot be used stops the handshake before the chain is judged; the verdict on the chain says why.
    fn explain(&mut self, cause: Cause) -> Result<(), Cause> {
        let Cause::Handshake(error) = &cause else { return Err(cause) };
        if !matches!(**error, Error::Violation(Violation::UnreadableCertificate(_))) {
            return Err(cause);
        }
        let chain = self.connection.facts().peer_certificates;
        let verdict = self.verdict.get_or_insert_with(|| {
            judge(&Presented::new(&chain, Purpose::Server(&self.check.name)), &self.check.anchors, self.now)
        });
        if verdict.is_trusted() { Err(cause) } else { Ok(()) }
    }

    /// Ends an established connection with `close_notify`. The finding stands already, so nothing is an error here.
    async fn leave(&mut self) {
        self.connection.close();
        while !self.connection.output().is_empty() {
            match self.stream.write(self.connection.output()).await {
                Ok(sent) if self.connection.transmitted(sent).is_ok() => {}
                _ => return,
            }
        }
    }
}

fn failed(error: Error) -> Cause {
    Cause::Handshake(Box::new(error))
}
