//! A connection over a stream: bytes in, bytes out, and one question: what next?

use std::fmt;
use std::io::IoSlice;

use rustls_pki_types::ServerName;

use crate::config::{Checked, ClientConfig, Limits, ServerConfig};
use crate::error::{Error, Foreign, Misuse, Violation};
use crate::facts::{Facts, Role};
use crate::handshake::mailbox::{Direction, EarlyData, Effect, Incoming, Level, Waiting};
use crate::handshake::post::{self, PostEffect};
use crate::handshake::{Carriage, Handshake, Outcome};
use crate::keys::schedule13::{self, Label};
use crate::step::{Need, NeedKind, Step};
use crate::transport::stream::MAX_CONTENT;
use crate::transport::stream::foreign::HTTP_ANSWER;
use crate::transport::stream::inbound::{Event, Inbound};
use crate::transport::stream::outbound::Outbound;
use crate::wire::Message as _;
use crate::wire::codec::Writer;
use crate::wire::key_update::KeyUpdate;
use crate::wire::registry::{AlertDescription, ProtocolVersion};

/// Alert levels (RFC 9846 section 6); receivers go by the description alone.
const WARNING: u8 = 1;
const FATAL: u8 = 2;

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
    need: Option<Need>,
    facts: Facts,
    closing: Closing,
    key_update_owed: bool,
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
        }
    }

    /// Room for bytes from the peer, at least one: the connection's own receive buffer.
    pub fn read_slot(&mut self) -> &mut [u8] {
        self.inbound.slot()
    }

    /// Says that `count` bytes were read into [`read_slot`](Self::read_slot).
    ///
    /// # Errors
    /// [`Misuse::TooManyBytes`] if the slot was shorter.
    pub fn advance(&mut self, count: usize) -> Result<(), Error> {
        if !self.inbound.fits(count) {
            return Err(Misuse::TooManyBytes.into());
        }
        self.inbound.received(count);
        Ok(())
    }

    /// Says that the transport has ended. Unless the peer said `close_notify` before, that is
    /// [`Error::Truncated`], which the next [`step`](Self::step) reports.
    pub fn end_of_input(&mut self) {
        let done = self.closing.theirs || matches!(self.stage, Stage::Failed(_));
        if !done {
            self.fail(Error::Truncated);
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
            (Next::Deliver, _) => {
                self.inbound.lent().map(Step::Deliver).ok_or(Error::Internal("nothing to deliver"))
            }
            (Next::Need, _) => self.need.take().map(Step::Need).ok_or(Error::Internal("no need to hand out")),
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
        if let Stage::Handshaking(handshake) = &self.stage {
            self.facts = handshake.facts();
        }
        self.stage = Stage::Established { outcome, announced: false };
    }

    fn apply_effects(&mut self) -> Result<(), Error> {
        let Self { stage: Stage::Handshaking(handshake), inbound, outbound, need, .. } = self else {
            return Ok(());
        };
        // Messages that stand together in the flight go out together.
        let mut together = 0..0;
        while let Some(effect) = handshake.next_effect() {
            match effect {
                Effect::Send(range) if range.start == together.end => {
                    together.end = range.end;
                    continue;
                }
                Effect::Send(range) => {
                    handshake.flight(together, |messages| outbound.handshake(messages))?;
                    together = range;
                    continue;
                }
                _ => {}
            }
            handshake.flight(together.clone(), |messages| outbound.handshake(messages))?;
            together = together.end..together.end;
            match effect {
                Effect::Install(Direction::Write, _, secret) => outbound.install(secret)?,
                Effect::Install(Direction::Read, Level::Handshake, secret) => {
                    inbound.install_handshake(secret)?;
                }
                Effect::Install(Direction::Read, Level::Application, secret) => {
                    inbound.install_application(secret)?;
                }
                Effect::ChangeCipherSpec => outbound.change_cipher_spec(),
                Effect::SkipEarlyData(how) => {
                    inbound.skip_early_data(how == EarlyData::BeforeHandshakeKeys);
                }
                Effect::Need(asked) => *need = Some(asked),
                Effect::EndFlight => outbound.end_flight(),
                Effect::Send(_) => {}
            }
        }
        handshake.flight(together, |messages| outbound.handshake(messages))?;
        handshake.clear_flight();
        Ok(())
    }

    /// During the handshake: takes in one message.
    fn receive_handshake(&mut self) -> Result<Option<Next>, Error> {
        match self.inbound.next()? {
            Event::NeedBytes => Ok(Some(Next::NeedBytes)),
            Event::Handshake { message, bytes_behind } => {
                let message = Incoming::new(message).ok_or(Error::Internal("a message without header"))?;
                if let Stage::Handshaking(handshake) = &self.stage {
                    handshake.deliver(message, bytes_behind);
                }
                self.resume()?;
                Ok(None)
            }
            Event::Alert(AlertDescription::USER_CANCELED) => {
                self.inbound.count_warning()?;
                Ok(None)
            }
            Event::Alert(alert) => Err(Error::Alert(alert)),
            Event::Data => Err(Error::Internal("application data before its keys")),
        }
    }

    /// After the handshake: takes in whatever comes.
    fn receive(&mut self) -> Result<Option<Next>, Error> {
        if self.closing.theirs {
            self.inbound.discard();
            return Ok(Some(Next::Closed));
        }
        if self.inbound.lent_len() > 0 {
            return Ok(Some(Next::Deliver));
        }
        match self.inbound.next()? {
            Event::NeedBytes => Ok(Some(Next::NeedBytes)),
            Event::Data => Ok(Some(Next::Deliver)),
            Event::Handshake { message, bytes_behind } => {
                let message = Incoming::new(message).ok_or(Error::Internal("a message without header"))?;
                self.receive_post(&message, bytes_behind)?;
                Ok(None)
            }
            Event::Alert(AlertDescription::CLOSE_NOTIFY) => {
                self.closing.theirs = true;
                Ok(None)
            }
            // RFC 9846 section 6.1: Receiving implementations SHOULD continue to read data from the peer until
            // a "close_notify" is received.
            Event::Alert(AlertDescription::USER_CANCELED) => {
                self.inbound.count_warning()?;
                Ok(None)
            }
            Event::Alert(alert) => Err(Error::Alert(alert)),
        }
    }

    fn receive_post(&mut self, message: &Incoming, bytes_behind: bool) -> Result<(), Error> {
        match post::receive(self.role, message, bytes_behind)? {
            PostEffect::None => self.inbound.count_message(),
            PostEffect::UpdateRead { answer } => {
                // RFC 9846 section 4.7.3: the receiver MUST send a KeyUpdate of its own prior to sending its
                // next Application Data record. Several requests are answered by one.
                self.key_update_owed |= answer;
                self.inbound.update()
            }
        }
    }

    /// Takes `count` bytes of what [`Step::Deliver`] lent.
    ///
    /// # Errors
    /// [`Misuse::TooManyBytes`] if less was lent.
    pub fn consume(&mut self, count: usize) -> Result<(), Error> {
        if count > self.inbound.lent_len() {
            return Err(Misuse::TooManyBytes.into());
        }
        self.inbound.consume(count);
        Ok(())
    }

    /// The bytes that wait to be transmitted, as [`Step::Transmit`] lends them.
    pub fn output(&self) -> &[u8] {
        self.outbound.waiting()
    }

    /// Says that the first `count` bytes of [`Step::Transmit`] have gone out.
    ///
    /// # Errors
    /// [`Misuse::TooManyBytes`] if there were fewer.
    pub fn transmitted(&mut self, count: usize) -> Result<(), Error> {
        if count > self.outbound.waiting().len() {
            return Err(Misuse::TooManyBytes.into());
        }
        self.outbound.sent(count);
        Ok(())
    }

    /// Seals application data for the peer; returns how many bytes were taken, which is fewer than given,
    /// even none, while more than [`Limits::output`] wait to be transmitted.
    ///
    /// # Errors
    /// The handshake is not complete, this side has closed, or the connection has failed.
    pub fn send(&mut self, data: &[u8]) -> Result<usize, Error> {
        self.send_vectored(&[IoSlice::new(data)])
    }

    /// As [`send`](Self::send), out of several slices: small ones share records.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_vectored(&mut self, mut slices: &[IoSlice<'_>]) -> Result<usize, Error> {
        self.may_send()?;
        let mut taken = 0;
        while let [first, rest @ ..] = slices
            && self.outbound.waiting().len() < self.limits.output
        {
            self.refresh_keys()?;
            let together = fitting(slices);
            if together > 1 {
                let (now, later) = slices.split_at(together);
                let length = now.iter().map(|slice| slice.len()).sum();
                if length > 0 {
                    self.outbound.gathered(now, length)?;
                }
                taken += length;
                slices = later;
            } else {
                taken += self.send_slice(first)?;
                slices = rest;
                if self.outbound.waiting().len() >= self.limits.output {
                    break;
                }
            }
        }
        Ok(taken)
    }

    /// Seals one slice, as far as the output limit allows.
    fn send_slice(&mut self, slice: &[u8]) -> Result<usize, Error> {
        let mut taken = 0;
        for part in slice.chunks(MAX_CONTENT) {
            if self.outbound.waiting().len() >= self.limits.output {
                break;
            }
            self.refresh_keys()?;
            self.outbound.data(part)?;
            taken += part.len();
        }
        Ok(taken)
    }

    fn may_send(&self) -> Result<(), Error> {
        match &self.stage {
            Stage::Failed(error) => Err(error.clone()),
            Stage::Handshaking(_) => Err(Misuse::NotEstablished.into()),
            Stage::Established { .. } if self.closing.ours => Err(Misuse::Closed.into()),
            Stage::Established { .. } => Ok(()),
        }
    }

    /// Replaces our keys where the peer asked for it, or where they have protected enough.
    fn refresh_keys(&mut self) -> Result<(), Error> {
        if self.key_update_owed || self.outbound.is_worn() {
            self.key_update_owed = false;
            self.send_key_update(KeyUpdate::NOT_REQUESTED)?;
        }
        Ok(())
    }

    fn send_key_update(&mut self, update: KeyUpdate) -> Result<(), Error> {
        if !self.outbound.can_update() {
            // RFC 9846 section 4.7.3: it SHOULD instead ignore the "update_requested" flag.
            return if self.outbound.is_worn() {
                Err(Violation::TooMany("KeyUpdates").into())
            } else {
                Ok(())
            };
        }
        let mut message = Vec::new();
        Writer::append(&mut message, |out| update.frame(out))
            .ok_or(Error::Internal("a KeyUpdate too long for its length field"))?;
        self.outbound.handshake(&message)?;
        self.outbound.update()
    }

    /// Replaces the keys that protect what we send, and asks the peer to do the same if `both`. Happens by
    /// itself before a key wears out (RFC 9846 section 5.5).
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn update_keys(&mut self, both: bool) -> Result<(), Error> {
        self.may_send()?;
        self.key_update_owed = false;
        self.send_key_update(if both { KeyUpdate::REQUESTED } else { KeyUpdate::NOT_REQUESTED })
    }

    /// Says to the peer that nothing more comes from us (`close_notify`); receiving goes on. During the
    /// handshake it says `user_canceled` first and ends the connection.
    pub fn close(&mut self) {
        if self.closing.ours || matches!(self.stage, Stage::Failed(_)) {
            return;
        }
        self.closing.ours = true;
        if matches!(self.stage, Stage::Handshaking(_)) {
            // RFC 9846 section 6.1: This alert MUST be followed by a "close_notify".
            self.say(WARNING, AlertDescription::USER_CANCELED);
            self.say(WARNING, AlertDescription::CLOSE_NOTIFY);
            self.end(Error::Misuse(Misuse::Closed));
        } else {
            self.say(WARNING, AlertDescription::CLOSE_NOTIFY);
        }
    }

    /// The open need has no answer in time: the handshake fails with that reason. Nothing happens if none
    /// is open.
    pub fn need_is_late(&mut self) {
        if let Stage::Handshaking(handshake) = &self.stage
            && let Some(late) = handshake.late()
        {
            self.fail(late);
        }
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

    /// Derives keying material that both sides share, for use outside the connection (RFC 9846 section 7.5).
    ///
    /// # Errors
    /// The handshake is not complete, or more is asked for than there is.
    pub fn export_keying_material(&self, label: &[u8], context: &[u8], out: &mut [u8]) -> Result<(), Error> {
        let Stage::Established { outcome, .. } = &self.stage else {
            return Err(Misuse::NotEstablished.into());
        };
        let label = Label { label, context };
        schedule13::export(outcome.suite.hash, outcome.prefix, &outcome.exporter, &label, out)
            .ok_or_else(|| Misuse::ExporterLength.into())
    }

    /// Fails: tells the peer why, where there is something to tell, and forgets all secrets.
    fn fail(&mut self, error: Error) {
        if matches!(self.stage, Stage::Failed(_)) {
            return;
        }
        match error.alert() {
            Some(alert) => self.say(FATAL, alert),
            None if error == Error::Foreign(Foreign::HttpRequest) => self.outbound.raw(HTTP_ANSWER),
            None => {}
        }
        self.end(error);
    }

    fn end(&mut self, error: Error) {
        if let Stage::Handshaking(handshake) = &self.stage {
            self.facts = handshake.facts();
        }
        self.need = None;
        // RFC 9846 section 6: Servers and clients MUST forget the secret values and keys established in failed
        // connections.
        self.inbound.forget();
        self.outbound.forget();
        self.stage = Stage::Failed(error);
    }

    /// An alert that cannot be sealed is left unsaid: the connection ends all the same.
    fn say(&mut self, level: u8, alert: AlertDescription) {
        let _ = self.outbound.alert(level, alert);
    }
}

/// How many of the slices fit one record together.
fn fitting(slices: &[IoSlice<'_>]) -> usize {
    let mut room = MAX_CONTENT;
    slices
        .iter()
        .take_while(|slice| match room.checked_sub(slice.len()) {
            Some(rest) => {
                room = rest;
                true
            }
            None => false,
        })
        .count()
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let role = match self.role {
            Role::Client => "client",
            Role::Server => "server",
        };
        match &self.stage {
            Stage::Handshaking(handshake) => write!(f, "Connection({role}, {:?})", handshake.mailbox()),
            Stage::Established { .. } => write!(f, "Connection({role}, established)"),
            Stage::Failed(error) => write!(f, "Connection({role}, failed: {error})"),
        }
    }
}

#[cfg(feature = "testing")]
mod forge;
#[cfg(test)]
mod tests;
