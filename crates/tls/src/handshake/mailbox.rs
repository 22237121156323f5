//! Where a narrative and its transport meet: one message in at a time, one ordered log of effects out.
//!
//! What lies in it belongs to the transport, which lends it to the narrative for the length of a poll. So only the narrative
//! has to lock it, for the length of a move, and nobody ever waits for it.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use super::Carriage;
use crate::config::{KeyLog, Limits, Logbook, Padding};
use crate::error::{Error, NeedProblem, Violation};
use crate::facts::{Facts, Role};
use crate::keys::traffic::Keys;
use crate::negotiate::record_size::RecordSizes;
use crate::step::{Need, NeedKind, Reply, Slot};
use crate::wire::codec::Writer;
use crate::wire::received::ReceivedMessage;
use crate::wire::registry::HandshakeType;
use crate::wire::{HANDSHAKE_HEADER, Message};

/// A narrative's end of the mailbox.
#[derive(Clone)]
pub(crate) struct Mailbox {
    carriage: Carriage,
    lent: Arc<Mutex<Option<Letters>>>,
}

/// What lies in a mailbox; a transport's end of it.
pub(crate) struct Letters(Box<Contents>);

/// What a narrative asks of its transport, in the order in which it must be done.
#[derive(Debug)]
pub(crate) enum Effect {
    /// Send these bytes of the flight (see [`Mailbox::flight`]): whole handshake messages.
    Send(Range<usize>),
    /// From here on protect, or expect to be protected, by this secret.
    Install(Direction, Level, Keys),
    /// The version is TLS 1.2, and so are the records.
    SettleOnTls12,
    /// Send a change_cipher_spec before the next record, or at the end of the flight: in TLS 1.3 for the boxes on
    /// the way (RFC 9846 appendix E.4), in TLS 1.2 because the keys change (RFC 5246 section 7.1).
    ChangeCipherSpec,
    /// Pass over records that do not decrypt: the client's early data, which was not taken.
    SkipEarlyData(EarlyData),
    /// From here on protected records are no longer than each side takes.
    LimitRecords(RecordSizes),
    /// The flight is complete.
    EndFlight,
    /// From here on keep to these limits, and pad like this.
    Configure(Limits, Padding),
    /// Hand this need to the caller; in a box, since it is rare and large.
    Need(Box<Need>),
}

/// What a transport is to do next.
pub(crate) enum Deed<'a> {
    /// A flight of so many bytes follows.
    Expect(usize),
    /// Send these whole messages.
    Send(&'a [u8]),
    /// Anything else.
    Effect(Effect),
}

/// Which way a key protects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Read,
    Write,
}

/// Which keys protect (RFC 9846 section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Handshake,
    Application,
}

/// How rejected early data looks on the way (RFC 9846 section 4.3.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EarlyData {
    /// Until the second hello: records of type application_data.
    BeforeHello,
    /// Until the first record that decrypts with the handshake keys.
    BeforeHandshakeKeys,
}

/// One handshake message, as its transport received it.
pub(crate) struct Incoming {
    bytes: ReceivedMessage,
    transcript: Option<Vec<u8>>,
    kind: HandshakeType,
}

impl Incoming {
    /// Takes a whole message with its header; `None` if it is shorter than that.
    pub(crate) fn new(bytes: ReceivedMessage) -> Option<Self> {
        let kind = HandshakeType(*bytes.as_ref().first()?);
        (bytes.as_ref().len() >= HANDSHAKE_HEADER).then_some(Self { bytes, transcript: None, kind })
    }

    /// The same message where the transcript counts other bytes than those on the wire.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn with_transcript(mut self, transcript: Vec<u8>) -> Self {
        self.transcript = Some(transcript);
        self
    }

    pub(crate) fn kind(&self) -> HandshakeType {
        self.kind
    }

    /// The bytes that the transcript counts.
    pub(crate) fn transcript(&self) -> &[u8] {
        self.transcript.as_deref().unwrap_or(self.bytes.as_ref())
    }

    /// Reads the body.
    pub(crate) fn parse<'a, M: Message<'a>>(&'a self) -> Result<M, Error> {
        Ok(M::parse(&self.bytes.as_ref()[HANDSHAKE_HEADER..])?)
    }
}

/// Room for all that a server asks for at once.
const EFFECTS: usize = 12;

/// Room for a hello, or for what stands beside a chain in a flight.
const FLIGHT: usize = 512;

struct Contents {
    incoming: Option<Incoming>,
    /// Whether the transport holds handshake bytes behind the message that was delivered last.
    bytes_behind: bool,
    waiting: Option<Waiting>,
    effects: VecDeque<Effect>,
    flight: Vec<u8>,
    facts: Facts,
    logbook: Option<Logbook>,
    #[cfg(any(test, feature = "testing"))]
    substitutes: Vec<Vec<u8>>,
}

/// What a narrative that returned `Pending` waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    Message(&'static [HandshakeType]),
    Answer(NeedKind),
}

/// The narrative's verbs.
impl Mailbox {
    pub(crate) fn new(carriage: Carriage) -> Self {
        Self { carriage, lent: Arc::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Letters>> {
        self.lent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lends what lies in it, until it is taken back.
    pub(super) fn lend(&self, letters: Letters) {
        *self.lock() = Some(letters);
    }

    pub(super) fn take_back(&self) -> Option<Letters> {
        self.lock().take()
    }

    fn with<R>(&self, work: impl FnOnce(&mut Contents) -> R) -> R {
        // A narrative runs only while it is polled. What it would say at another time, nobody hears.
        work(&mut self.lock().get_or_insert_with(|| Letters::new(Role::Client)).0)
    }

    /// How this transport differs from others.
    pub(crate) fn carriage(&self) -> Carriage {
        self.carriage
    }

    /// Waits for a message of one of the `expected` types; any other ends the handshake.
    pub(crate) async fn recv(&self, expected: &'static [HandshakeType]) -> Result<Incoming, Error> {
        poll_fn(|_| {
            self.with(|contents| match contents.incoming.take() {
                None => {
                    contents.waiting = Some(Waiting::Message(expected));
                    Poll::Pending
                }
                Some(message) if expected.contains(&message.kind) => Poll::Ready(Ok(message)),
                Some(Incoming { kind: got, .. }) => {
                    Poll::Ready(Err(Violation::UnexpectedMessage { got, expected }.into()))
                }
            })
        })
        .await
    }

    /// Puts the message that was received last back, to be received again.
    pub(crate) fn put_back(&self, message: Incoming) {
        self.with(|contents| contents.incoming = Some(message));
    }

    /// Asks for outside work and waits for its answer.
    pub(crate) async fn need<T>(
        &self,
        kind: NeedKind,
        need: impl FnOnce(Reply<T>) -> Need,
    ) -> Result<T, Error> {
        let (slot, reply) = Slot::open();
        self.ask_for(Effect::Need(Box::new(need(reply))));
        self.answer(kind, &slot).await
    }

    async fn answer<T>(&self, kind: NeedKind, slot: &Slot<T>) -> Result<T, Error> {
        poll_fn(|_| match slot.take() {
            Some(answer) => Poll::Ready(answer.map_err(|problem| Error::Need { kind, problem })),
            None => {
                self.with(|contents| contents.waiting = Some(Waiting::Answer(kind)));
                Poll::Pending
            }
        })
        .await
    }

    /// Sends a message; `record` is given the bytes that the transcript counts.
    pub(crate) fn send<'a, M: Message<'a>>(
        &self,
        message: &M,
        record: impl FnOnce(&[u8]),
    ) -> Result<(), Error> {
        self.send_with(|flight| Writer::append(flight, |out| message.frame(out)), record)
    }

    /// Sends a message that is to be finished once it stands; `record` is given the bytes that the transcript
    /// counts.
    pub(crate) fn send_finished_by<'a, M: Message<'a>>(
        &self,
        message: &M,
        finish: impl FnOnce(&mut [u8]),
        record: impl FnOnce(&[u8]),
    ) -> Result<(), Error> {
        let append = |flight: &mut Vec<u8>| {
            let start = flight.len();
            Writer::append(flight, |out| message.frame(out))?;
            finish(&mut flight[start..]);
            Some(())
        };
        self.send_with(append, record)
    }

    /// Sends a message that was encoded before.
    pub(crate) fn send_encoded(&self, message: &[u8], record: impl FnOnce(&[u8])) -> Result<(), Error> {
        let append = |flight: &mut Vec<u8>| {
            // Most of what follows a message so long fits in, too.
            flight.reserve(message.len().saturating_add(FLIGHT));
            flight.extend_from_slice(message);
            Some(())
        };
        self.send_with(append, record)
    }

    fn send_with(
        &self,
        append: impl FnOnce(&mut Vec<u8>) -> Option<()>,
        record: impl FnOnce(&[u8]),
    ) -> Result<(), Error> {
        self.with(|contents| {
            let start = contents.flight.len();
            if contents.flight.capacity() == 0 {
                contents.flight.reserve_exact(FLIGHT);
            }
            append(&mut contents.flight).ok_or(Error::Internal("a message too long for its length field"))?;
            #[cfg(any(test, feature = "testing"))]
            contents.substitute(start);
            record(&contents.flight[start..]);
            contents.effects.push_back(Effect::Send(start..contents.flight.len()));
            Ok(())
        })
    }

    /// Changes keys. Refuses to read with a new key while bytes protected by the old one are left over.
    ///
    /// RFC 9846 section 5.1: Implementations MUST verify that all messages immediately preceding a key change
    /// align with a record boundary.
    pub(crate) fn install(&self, direction: Direction, level: Level, keys: Keys) -> Result<(), Error> {
        self.with(|contents| {
            if direction == Direction::Read && contents.bytes_behind {
                return Err(Violation::NotAligned.into());
            }
            contents.effects.push_back(Effect::Install(direction, level, keys));
            Ok(())
        })
    }

    fn ask_for(&self, effect: Effect) {
        self.with(|contents| contents.effects.push_back(effect));
    }

    pub(crate) fn settle_on_tls12(&self) {
        self.ask_for(Effect::SettleOnTls12);
    }

    pub(crate) fn change_cipher_spec(&self) {
        self.ask_for(Effect::ChangeCipherSpec);
    }

    pub(crate) fn skip_early_data(&self, how: EarlyData) {
        self.ask_for(Effect::SkipEarlyData(how));
    }

    pub(crate) fn configure(&self, limits: Limits, padding: Padding) {
        self.ask_for(Effect::Configure(limits, padding));
    }

    pub(crate) fn limit_records(&self, sizes: RecordSizes) {
        self.ask_for(Effect::LimitRecords(sizes));
    }

    pub(crate) fn end_flight(&self) {
        self.ask_for(Effect::EndFlight);
    }

    /// Takes the turn from the peer. Refuses bytes that it sent before it could know what they answer.
    pub(crate) fn take_turn(&self) -> Result<(), Error> {
        if self.with(|contents| contents.bytes_behind) { Err(Violation::NotAligned.into()) } else { Ok(()) }
    }

    /// Whether a second hello was asked for.
    pub(crate) fn retried(&self) -> bool {
        self.note(|facts| facts.retried)
    }

    /// From here on secrets are told to whoever the config names.
    pub(crate) fn open_log(&self, log: Option<&KeyLog>, client_random: &[u8; 32]) {
        if let Some(logbook) = Logbook::open(log, client_random) {
            self.with(|contents| contents.logbook = Some(logbook));
        }
    }

    /// Tells secrets to whoever the config names.
    pub(crate) fn log(&self, secrets: &[(&'static str, &[u8])]) {
        // The lock is given back first: what the caller's function does is not ours to know.
        let logbook = self.with(|contents| contents.logbook.clone());
        if let Some(logbook) = logbook {
            secrets.iter().for_each(|(label, secret)| logbook.write(label, secret));
        }
    }

    /// Writes down a fact as soon as it is known.
    pub(crate) fn note<R>(&self, write: impl FnOnce(&mut Facts) -> R) -> R {
        self.with(|contents| write(&mut contents.facts))
    }
}

/// The transport's verbs.
impl Letters {
    pub(super) fn new(role: Role) -> Self {
        Self(Box::new(Contents {
            incoming: None,
            bytes_behind: false,
            waiting: None,
            effects: VecDeque::with_capacity(EFFECTS),
            flight: Vec::new(),
            facts: Facts::new(role),
            logbook: None,
            #[cfg(any(test, feature = "testing"))]
            substitutes: Vec::new(),
        }))
    }

    /// Delivers one message; `bytes_behind` says whether more handshake bytes follow it at this level.
    pub(crate) fn deliver(&mut self, message: Incoming, bytes_behind: bool) {
        let contents = &mut self.0;
        contents.incoming = Some(message);
        contents.bytes_behind = bytes_behind;
        contents.waiting = None;
    }

    pub(crate) fn waiting(&self) -> Option<Waiting> {
        self.0.waiting
    }

    /// Hands out what is asked for, in order, as `act` does it; messages that stand together go together.
    pub(crate) fn carry_out(
        &mut self,
        mut act: impl FnMut(Deed<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Contents { effects, flight, .. } = self.0.as_mut();
        if !flight.is_empty() {
            act(Deed::Expect(flight.len()))?;
        }
        while let Some(effect) = effects.pop_front() {
            let Effect::Send(mut range) = effect else {
                act(Deed::Effect(effect))?;
                continue;
            };
            while let Some(Effect::Send(next)) = effects.front()
                && next.start == range.end
            {
                range.end = next.end;
                effects.pop_front();
            }
            act(Deed::Send(flight.get(range).unwrap_or_default()))?;
        }
        // A long one was most of what there was to send.
        if flight.capacity() > FLIGHT {
            *flight = Vec::new();
        } else {
            flight.clear();
        }
        Ok(())
    }

    /// The next effect as it was asked for.
    pub(crate) fn next_effect(&mut self) -> Option<Effect> {
        self.0.effects.pop_front()
    }

    /// Whether no effect waits to be done.
    pub(crate) fn is_silent(&self) -> bool {
        self.0.effects.is_empty()
    }

    /// Lends the bytes that a [`Effect::Send`] names.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn flight<R>(&self, range: Range<usize>, read: impl FnOnce(&[u8]) -> R) -> R {
        read(self.0.flight.get(range).unwrap_or_default())
    }

    /// Forgets the flight once all its effects are done.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn clear_flight(&mut self) {
        self.0.flight.clear();
    }

    pub(crate) fn facts(&self) -> Facts {
        self.0.facts.clone()
    }

    /// The facts, once there is nothing more to be said.
    pub(crate) fn take_facts(&mut self) -> Facts {
        let role = self.0.facts.role;
        std::mem::replace(&mut self.0.facts, Facts::new(role))
    }

    /// The need that is open has waited too long.
    pub(crate) fn late(&self) -> Option<Error> {
        match self.waiting() {
            Some(Waiting::Answer(kind)) => Some(Error::Need { kind, problem: NeedProblem::Late }),
            _ => None,
        }
    }
}

#[cfg(any(test, feature = "testing"))]
impl Letters {
    /// Sends each of these whole messages in place of the next message of its type.
    pub(crate) fn substitute(&mut self, messages: Vec<Vec<u8>>) {
        self.0.substitutes = messages;
    }
}

#[cfg(any(test, feature = "testing"))]
impl Contents {
    fn substitute(&mut self, start: usize) {
        let kind = self.flight.get(start).copied();
        let found = self.substitutes.iter().position(|message| message.first().copied() == kind);
        if let Some(index) = found {
            self.flight.truncate(start);
            self.flight.extend(self.substitutes.remove(index));
        }
    }
}

impl fmt::Debug for Letters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.waiting() {
            Some(Waiting::Message(kinds)) => write!(f, "waiting for {kinds:?}"),
            Some(Waiting::Answer(kind)) => write!(f, "waiting for an answer: {kind}"),
            None => f.write_str("running"),
        }
    }
}
