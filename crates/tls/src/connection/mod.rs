//! A connection over a stream: bytes in, bytes out, and one question: what next?
//!
//! Here is what it is and how it goes on; what comes in, what goes out and how it ends have files of their own.

mod close;
#[cfg(feature = "testing")]
mod forge;
mod later;
mod receive;
mod receiver;
mod send;
#[cfg(test)]
mod tests;

use std::fmt;

use rustls_pki_types::ServerName;

use crate::config::{Checked, ClientConfig, Limits, Padding, ServerConfig};
use crate::error::{Error, Misuse};
use crate::facts::{Facts, Role};
use crate::handshake::mailbox::{Deed, Direction, EarlyData, Effect, Level, Waiting};
use crate::handshake::{Carriage, Handshake, Outcome};
use crate::negotiate::record_size::RecordSizes;
use crate::step::{Need, NeedKind, Step};
use crate::transport::stream::inbound::Inbound;
use crate::transport::stream::outbound::Outbound;
use crate::wire::registry::ProtocolVersion;
use later::Authentication;

pub use receiver::{Received, Receiver};

/// One TLS connection, either side, without any I/O of its own.
///
/// Bytes from the peer go in by [`read_slot`](Self::read_slot) and [`advance`](Self::advance);
/// [`step`](Self::step) says what to do next, and is the one way out for errors.
///
/// ```
/// use bulla_tls::{ClientConfig, Connection, Step, Verification};
/// use bulla_x509::trust::TrustAnchors;
///
/// let config = ClientConfig::new(Verification::Anchors(TrustAnchors::mozilla())).check()?;
/// let mut connection = Connection::client(&config, "example.org".try_into()?);
/// match connection.step()? {
///     Step::Transmit(hello) => assert_eq!(hello[0], 22), // a handshake record: the ClientHello
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Connection {
    role: Role,
    limits: Limits,
    stage: Stage,
    inbound: Inbound,
    outbound: Outbound,
    need: Option<Box<Need>>,
    facts: Facts,
    closing: Closing,
    key_update_owed: bool,
    /// Whether we asked the peer for a KeyUpdate that has not come.
    key_update_asked: bool,
    /// An authentication of the client after the handshake, and how many requests there were.
    authentication: Option<Box<Authentication>>,
    requests: u64,
}

/// How far the connection is.
enum Stage {
    Handshaking(Handshake),
    /// Complete; `announced` once the caller has been told.
    Established {
        outcome: Outcome,
        announced: bool,
    },
    Failed(Error),
}

/// Which side has said that it sends no more.
#[derive(Default)]
struct Closing {
    ours: bool,
    theirs: bool,
}

/// What to tell the caller next, before anything is lent.
enum Next {
    NeedBytes,
    Deliver,
    Need,
    Waiting(NeedKind),
    Established,
    Authenticated,
    Closed,
}

impl Connection {
    /// A client's side of a connection to the server of this name. Its hello is the first thing to transmit.
    pub fn client(config: &Checked<ClientConfig>, name: ServerName<'static>) -> Self {
        let outbound = Outbound::new(ProtocolVersion::TLS_1_0, config.padding);
        let handshake = Handshake::client(config.clone(), name, Carriage::STREAM);
        Self::begin(Role::Client, config.limits, outbound, handshake)
    }

    /// A server's side of a connection.
    pub fn server(config: &Checked<ServerConfig>) -> Self {
        let outbound = Outbound::new(ProtocolVersion::TLS_1_2, config.padding);
        let handshake = Handshake::server(config.clone(), Carriage::STREAM);
        Self::begin(Role::Server, config.limits, outbound, handshake)
    }

    /// A server's side that shows the client's hello and asks for a config to answer it by
    /// ([`Need::Configuration`]). Until then `limits` hold, afterwards the config's.
    pub fn server_after_hello(limits: Limits) -> Self {
        let outbound = Outbound::new(ProtocolVersion::TLS_1_2, Padding::None);
        Self::begin(Role::Server, limits, outbound, Handshake::server_after_hello(Carriage::STREAM))
    }

    fn begin(role: Role, limits: Limits, outbound: Outbound, handshake: Handshake) -> Self {
        Self {
            role,
            limits,
            stage: Stage::Handshaking(handshake),
            inbound: Inbound::new(role, limits.message, limits.idle_records),
            outbound,
            need: None,
            facts: Facts::new(role),
            closing: Closing::default(),
            key_update_owed: false,
            key_update_asked: false,
            authentication: None,
            requests: 0,
        }
    }

    /// What the connection waits for. Call it after every change; it never blocks.
    ///
    /// What was received comes first, then what is to be sent, then the wish for more bytes. After an
    /// error the alert that tells the peer is transmitted, then the error is returned, for ever.
    ///
    /// # Errors
    /// Why the connection failed.
    pub fn step(&mut self) -> Result<Step<'_>, Error> {
        let next = match self.proceed() {
            Ok(next) => next,
            Err(error) => {
                self.fail(error);
                Next::NeedBytes
            }
        };
        let output = !self.outbound.waiting().is_empty();
        match (next, &mut self.stage) {
            (Next::NeedBytes | Next::Waiting(_) | Next::Closed, _) if output => {
                Ok(Step::Transmit(self.outbound.waiting()))
            }
            (_, Stage::Failed(error)) => Err(error.clone()),
            (Next::Established, Stage::Established { announced, .. }) => {
                *announced = true;
                Ok(Step::Established(&self.facts))
            }
            (Next::Authenticated, _) => {
                self.authentication = None;
                Ok(Step::Authenticated(&self.facts))
            }
            (Next::Deliver, _) => match self.inbound.lent() {
                Some(plaintext) => Ok(Step::Deliver(plaintext)),
                None => Err(Error::Internal("nothing to deliver")),
            },
            (Next::Need, _) => match self.need.take() {
                Some(need) => Ok(Step::Need(*need)),
                None => Err(Error::Internal("no need to hand out")),
            },
            (Next::Waiting(kind), _) => Ok(Step::Waiting(kind)),
            (Next::Closed, _) => Ok(Step::Closed),
            (Next::NeedBytes | Next::Established, _) => Ok(Step::NeedBytes),
        }
    }

    /// Does what can be done without the caller.
    fn proceed(&mut self) -> Result<Next, Error> {
        loop {
            if self.need.is_some() {
                return Ok(Next::Need);
            }
            let next = match &self.stage {
                Stage::Failed(_) => Some(Next::NeedBytes),
                Stage::Established { announced: false, .. } => Some(Next::Established),
                Stage::Established { .. } if self.authentication.is_some() => match self.authenticate()? {
                    None => self.receive()?,
                    next => next,
                },
                Stage::Established { .. } => self.receive()?,
                Stage::Handshaking(handshake) => match handshake.waiting() {
                    Some(Waiting::Message(_)) => self.receive_handshake()?,
                    Some(Waiting::Answer(kind)) => self.resume()?.then_some(Next::Waiting(kind)),
                    None => {
                        self.resume()?;
                        None
                    }
                },
            };
            if let Some(next) = next {
                return Ok(next);
            }
        }
    }

    /// Tells the handshake on, and does what it asks for. True if it still waits for the same answer.
    fn resume(&mut self) -> Result<bool, Error> {
        let Stage::Handshaking(handshake) = &mut self.stage else { return Ok(false) };
        let before = handshake.waiting();
        let outcome = handshake.resume();
        let unanswered = matches!(before, Some(Waiting::Answer(_)))
            && matches!(outcome, Ok(None))
            && handshake.is_silent();
        if unanswered && handshake.waiting() == before {
            return Ok(true);
        }
        // What was said before the failure is sent all the same, so that the peer can read our alert.
        self.apply_effects()?;
        if let Some(outcome) = outcome? {
            self.establish(outcome);
        }
        Ok(false)
    }

    fn establish(&mut self, outcome: Outcome) {
        if let Stage::Handshaking(handshake) = &mut self.stage {
            self.facts = handshake.take_facts();
        }
        self.inbound.establish();
        self.stage = Stage::Established { outcome, announced: false };
    }

    fn apply_effects(&mut self) -> Result<(), Error> {
        let Self { stage: Stage::Handshaking(handshake), inbound, outbound, need, limits, .. } = self else {
            return Ok(());
        };
        handshake.carry_out(|deed| {
            let effect = match deed {
                Deed::Expect(length) => {
                    outbound.expect(length);
                    return Ok(());
                }
                Deed::Send(messages) => return outbound.handshake(messages),
                Deed::Effect(effect) => effect,
            };
            match effect {
                Effect::Install(Direction::Write, _, secret) => outbound.install(secret)?,
                Effect::Install(Direction::Read, Level::Handshake, secret) => {
                    inbound.install_handshake(secret)?;
                }
                Effect::Install(Direction::Read, Level::Application, secret) => {
                    inbound.install_application(secret)?;
                }
                Effect::LimitRecords(RecordSizes { ours, theirs }) => {
                    inbound.limit_records(ours.into());
                    outbound.limit_records(theirs.into());
                }
                Effect::SettleOnTls12 => inbound.settle_on_tls12(),
                Effect::ChangeCipherSpec => outbound.change_cipher_spec(),
                Effect::SkipEarlyData(how) => {
                    inbound.skip_early_data(how == EarlyData::BeforeHandshakeKeys);
                }
                Effect::Configure(chosen, padding) => {
                    *limits = chosen;
                    inbound.limit(limits.message, limits.idle_records);
                    outbound.pad_by(padding);
                }
                Effect::Need(asked) => *need = Some(asked),
                Effect::EndFlight => outbound.end_flight(),
                // Handed out as its messages.
                Effect::Send(_) => {}
            }
            Ok(())
        })
    }

    /// Gives the buffers back while nothing is on its way; the next bytes bring them again.
    pub fn idle(&mut self) {
        self.inbound.release();
        self.outbound.release();
    }

    /// What is known of the connection so far.
    pub fn facts(&self) -> Facts {
        match &self.stage {
            Stage::Handshaking(handshake) => handshake.facts(),
            Stage::Established { .. } | Stage::Failed(_) => self.facts.clone(),
        }
    }

    /// Why the connection failed, if it did.
    pub fn error(&self) -> Option<&Error> {
        match &self.stage {
            Stage::Failed(error) => Some(error),
            _ => None,
        }
    }

    /// Derives keying material that both sides share, for use outside the connection (RFC 9846 section 7.5, for TLS
    /// 1.2 RFC 5705). TLS 1.2 tells an empty context from none; TLS 1.3 does not. The exporter of early data is not
    /// here, as early data is not.
    ///
    /// # Errors
    /// The handshake is not complete, more is asked for than there is, or by one of the protocol's own labels.
    pub fn export_keying_material(
        &self,
        label: &[u8],
        context: Option<&[u8]>,
        out: &mut [u8],
    ) -> Result<(), Error> {
        let Stage::Established { outcome, .. } = &self.stage else {
            return Err(Misuse::NotEstablished.into());
        };
        outcome.export(label, context, out).ok_or_else(|| Misuse::Exporter.into())
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let role = match self.role {
            Role::Client => "client",
            Role::Server => "server",
        };
        match &self.stage {
            Stage::Handshaking(handshake) => write!(f, "Connection({role}, {handshake:?})"),
            Stage::Established { .. } => write!(f, "Connection({role}, established)"),
            Stage::Failed(error) => write!(f, "Connection({role}, failed: {error})"),
        }
    }
}
