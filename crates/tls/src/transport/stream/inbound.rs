//! What comes in: records, opened in the buffer into which they were received.

mod opening;

use std::ops::Range;

use bulla_crypto::aead::TAG_LEN;
use bulla_crypto::hmac::HmacKey;

use super::buffer::Buffer;
use super::joiner::Joiner;
use super::{EXPLICIT_NONCE, MAX_INNER, MAX_PROTECTED, Protection, RECORD_HEADER};
use crate::error::{Error, Misuse, Violation};
use crate::facts::Role;
use crate::keys::traffic::Keys;
use crate::wire::received::ReceivedMessage;
use crate::wire::registry::{AlertDescription, AlertLevel, ContentType};

/// The least room that is offered to a read: most flights fit.
const SLOT: usize = 4096;

/// The same for a client's flights, which are shorter than a server's: a hello with a share of a hybrid, or a chain.
const SHORT_SLOT: usize = 2048;

/// The longest record with its header.
const LONGEST: usize = RECORD_HEADER + MAX_PROTECTED;

/// The most that is buffered ahead: four records of the greatest length.
const MOST: usize = 4 * LONGEST;

/// How many bytes of early data that was not taken are passed over, sealed as they came.
const EARLY_DATA_SKIPPED: usize = 1 << 14;

/// The receiving half of the record layer.
pub(crate) struct Inbound {
    role: Role,
    buffer: Buffer,
    /// Whether any record was accepted; before, the peer may turn out to speak something else.
    begun: bool,
    /// Whether any handshake record was.
    greeted: bool,
    protection: Option<Protection>,
    /// TLS 1.2: what protects from the peer's change_cipher_spec on.
    pending: Option<Protection>,
    /// Whether the records are those of TLS 1.2.
    legacy: bool,
    phase: Phase,
    joiner: Joiner,
    delivery: Option<Delivery>,
    /// What was met and left to another.
    met: Option<Result<Event, Error>>,
    skipping: Option<Skipping>,
    /// How much of content, type and padding a protected record may hold.
    record_limit: usize,
    /// The longest handshake message accepted.
    message_limit: usize,
    /// Room lent to the read under way, whether more than a record's rest, and whether the last read filled such.
    lent_room: usize,
    ample: bool,
    hungry: bool,
    /// How long the last protected record was, with its header: those behind it are likely to be as long.
    usual: usize,
    idle: Idle,
    /// The most of each kind in [`Idle`], but warnings.
    idle_limit: u32,
}

/// Which records may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing is protected yet.
    Clear,
    /// The peer's handshake is protected; its first alert may still be in the clear.
    Handshake,
    /// Application data flows.
    Application,
}

/// Application data being lent out: where it lies among the bytes held, and its record's whole length.
#[derive(Clone, Copy)]
struct Delivery {
    from: usize,
    to: usize,
    record: usize,
}

/// Early data being passed over, and how much more may come.
struct Skipping {
    protected: bool,
    budget: usize,
}

/// How many warning alerts are passed over in a row; an honest peer sends one.
const WARNINGS: u32 = 4;

/// What has come since the last application data and carried none.
#[derive(Default)]
struct Idle {
    empty_records: u32,
    dummy_records: u32,
    messages: u32,
    updates: u32,
    warnings: u32,
}

/// Counts one more of `what`.
fn more(count: &mut u32, limit: u32, what: &'static str) -> Result<(), Violation> {
    *count = count.saturating_add(1);
    if *count > limit { Err(Violation::TooMany(what)) } else { Ok(()) }
}

/// What the next bytes turned out to be.
#[derive(Debug)]
pub(crate) enum Event {
    /// Not a whole record yet.
    NeedBytes,
    /// A handshake message with its header, and whether more handshake bytes follow it.
    Handshake { message: ReceivedMessage, bytes_behind: bool },
    /// An alert.
    Alert(AlertDescription),
    /// Application data: see [`Inbound::lent`].
    Data,
}

/// A record whose content lies at the front of the buffer, behind the header.
struct Record {
    kind: ContentType,
    /// Where the content begins, and how long it is.
    start: usize,
    content: usize,
    whole: usize,
    protected: bool,
}

impl Record {
    fn range(&self) -> Range<usize> {
        self.start..self.start.saturating_add(self.content)
    }
}

impl Inbound {
    pub(crate) fn new(role: Role, message_limit: usize, idle_limit: u32) -> Self {
        Self {
            role,
            buffer: Buffer::default(),
            begun: false,
            greeted: false,
            protection: None,
            pending: None,
            legacy: false,
            phase: Phase::Clear,
            joiner: Joiner::default(),
            delivery: None,
            met: None,
            skipping: None,
            record_limit: MAX_INNER,
            message_limit,
            lent_room: 0,
            ample: false,
            hungry: false,
            usual: 0,
            idle: Idle::default(),
            idle_limit,
        }
    }

    /// From here on other limits hold.
    pub(crate) fn limit(&mut self, message: usize, idle_records: u32) {
        self.message_limit = message;
        self.idle_limit = idle_records;
    }

    /// Room to receive into: enough for the rest of the record under way, and for more and more while reads fill all
    /// they are lent. It ends where a record is likely to end, so that no part of the next one has to be moved.
    pub(crate) fn slot(&mut self) -> &mut [u8] {
        let held = self.buffer.len();
        let length = self.whole_length();
        let missing = length.unwrap_or(RECORD_HEADER).saturating_sub(held).max(1);
        let ahead = match self.hungry {
            true => self.buffer.size().saturating_mul(4).clamp(SLOT, MOST).saturating_sub(held),
            false if self.role == Role::Server && self.phase != Phase::Application => SHORT_SLOT,
            false => SLOT,
        };
        let rest = length.unwrap_or(self.usual).saturating_sub(held);
        let room = self.buffer.room(ahead.max(missing));
        let behind = room.len().saturating_sub(rest);
        let uneven = behind.checked_rem(self.usual).unwrap_or(0);
        self.lent_room = if uneven < behind { room.len().saturating_sub(uneven) } else { room.len() };
        self.ample = self.lent_room > missing;
        room.get_mut(..self.lent_room).unwrap_or_default()
    }

    /// Whether a read is likely to bring more than a little.
    pub(crate) fn expects_more(&self) -> bool {
        self.hungry || self.buffer.len() > 0
    }

    /// Holds bytes that were read elsewhere.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<(), Misuse> {
        if self.buffer.len().saturating_add(bytes.len()) > MOST {
            return Err(Misuse::TooManyBytes);
        }
        self.hungry = bytes.len() > LONGEST;
        self.buffer.put(bytes);
        Ok(())
    }

    /// Says that `count` bytes were read into the slot that was lent; refuses more than it held.
    pub(crate) fn received(&mut self, count: usize) -> Result<(), Misuse> {
        if count > self.lent_room.min(self.buffer.spare()) {
            return Err(Misuse::TooManyBytes);
        }
        self.hungry = self.ample && count == self.lent_room;
        self.buffer.fill(count);
        Ok(())
    }

    pub(crate) fn release(&mut self) {
        self.buffer.release();
    }

    /// Throws away whatever has come: after close_notify it MUST be ignored (RFC 9846 section 6.1).
    pub(crate) fn discard(&mut self) {
        self.buffer.take(usize::MAX);
    }

    /// From here on the records are those of TLS 1.2.
    pub(crate) fn settle_on_tls12(&mut self) {
        self.legacy = true;
    }

    /// TLS 1.2: the handshake is complete, and application data may come.
    pub(crate) fn establish(&mut self) {
        if self.legacy {
            self.phase = Phase::Application;
        }
    }

    /// From here on protected records may hold no more than this.
    pub(crate) fn limit_records(&mut self, limit: usize) {
        self.record_limit = limit.min(MAX_INNER);
    }

    /// The longest protected record that can still be within the limit. Where all that the protocol allows is taken,
    /// so is the padding of ciphers that bulla does not have.
    fn longest(&self) -> usize {
        match self.record_limit {
            MAX_INNER => MAX_PROTECTED,
            limit => limit.saturating_add(TAG_LEN).saturating_add(EXPLICIT_NONCE),
        }
    }

    pub(crate) fn install_handshake(&mut self, keys: Keys) -> Result<(), Error> {
        let protection = Protection::new(keys)?;
        if self.legacy {
            self.pending = Some(protection);
            return Ok(());
        }
        self.protection = Some(protection);
        self.phase = Phase::Handshake;
        Ok(())
    }

    pub(crate) fn install_application(&mut self, keys: Keys) -> Result<(), Error> {
        self.protection = Some(Protection::new(keys)?);
        self.phase = Phase::Application;
        self.skipping = None;
        Ok(())
    }

    /// The key of a Finished that this half receives after the handshake.
    pub(crate) fn finished_mac(&self) -> Option<HmacKey> {
        self.protection.as_ref()?.finished_mac()
    }

    /// Replaces the keys by their next generation. Updates without data between them are counted.
    pub(crate) fn update(&mut self) -> Result<(), Error> {
        more(&mut self.idle.updates, self.idle_limit, "KeyUpdates")?;
        if let Some(protection) = &mut self.protection {
            *protection = protection.renewed()?;
        }
        Ok(())
    }

    /// Lets the next record be expected under this number, to reach what would take years.
    #[cfg(test)]
    pub(crate) fn age(&mut self, sequence: u64) {
        if let Some(protection) = &mut self.protection {
            protection.sequence = sequence;
        }
    }

    /// Passes over early data: in the clear phase records of application data, later what does not decrypt.
    pub(crate) fn skip_early_data(&mut self, protected: bool) {
        self.skipping = Some(Skipping { protected, budget: EARLY_DATA_SKIPPED });
    }

    /// Drops keys and whatever has come.
    pub(crate) fn forget(&mut self) {
        self.protection = None;
        self.pending = None;
        self.joiner = Joiner::default();
        self.delivery = None;
        self.buffer = Buffer::default();
    }

    /// Counts a handshake message that carries nothing for the application.
    pub(crate) fn count_message(&mut self) -> Result<(), Error> {
        Ok(more(&mut self.idle.messages, self.idle_limit, "messages after the handshake")?)
    }

    /// Counts an alert that changes nothing.
    pub(crate) fn count_warning(&mut self) -> Result<(), Error> {
        Ok(more(&mut self.idle.warnings, WARNINGS, "warning alerts")?)
    }

    /// The application data at hand.
    pub(crate) fn lent(&mut self) -> Option<&mut [u8]> {
        let Delivery { from, to, .. } = self.delivery?;
        self.buffer.held_mut().get_mut(from..to)
    }

    /// How much application data is at hand.
    pub(crate) fn lent_len(&self) -> usize {
        self.delivery.map_or(0, |delivery| delivery.to.saturating_sub(delivery.from))
    }

    /// Takes `count` bytes of the application data at hand; refuses to take more.
    pub(crate) fn consume(&mut self, count: usize) -> Result<(), Misuse> {
        if count > self.lent_len() {
            return Err(Misuse::TooManyBytes);
        }
        let Some(delivery) = &mut self.delivery else { return Ok(()) };
        delivery.from = delivery.from.saturating_add(count).min(delivery.to);
        if delivery.from == delivery.to {
            let record = delivery.record;
            self.delivery = None;
            self.buffer.take(record);
        }
        Ok(())
    }

    /// Leaves what [`next`](Self::next) gave to its next caller.
    pub(crate) fn put_back(&mut self, met: Result<Event, Error>) {
        self.met = Some(met);
    }

    /// The next message, alert or piece of data.
    pub(crate) fn next(&mut self) -> Result<Event, Error> {
        if let Some(met) = self.met.take() {
            return met;
        }
        loop {
            if !self.joiner.is_empty()
                && let Some(message) = self.joiner.next(self.message_limit)?
            {
                return Ok(Event::Handshake { message, bytes_behind: !self.joiner.is_empty() });
            }
            let Some(record) = self.open()? else { return Ok(Event::NeedBytes) };
            if let Some(event) = self.take_up(&record)? {
                return Ok(event);
            }
        }
    }

    fn take_up(&mut self, record: &Record) -> Result<Option<Event>, Error> {
        // RFC 9846 section 5.1: if a handshake message is split over two or more records, there MUST NOT be
        // any other records between them.
        if record.kind != ContentType::HANDSHAKE && !self.joiner.is_empty() {
            return Err(Violation::Interleaved.into());
        }
        match record.kind {
            ContentType::HANDSHAKE => self.take_handshake(record),
            ContentType::ALERT => self.take_alert(record),
            ContentType::CHANGE_CIPHER_SPEC => self.take_change_cipher_spec(record),
            ContentType::APPLICATION_DATA => self.take_data(record),
            kind => Err(Violation::UnexpectedRecord(kind).into()),
        }
    }

    fn content(&self, record: &Record) -> &[u8] {
        self.buffer.held().get(record.range()).unwrap_or_default()
    }

    fn take_handshake(&mut self, record: &Record) -> Result<Option<Event>, Error> {
        let unprotected = !record.protected && self.phase != Phase::Clear;
        if unprotected || self.pending.is_some() {
            return Err(Violation::UnexpectedRecord(record.kind).into());
        }
        if record.content == 0 {
            return Err(Violation::EmptyRecord(record.kind).into());
        }
        self.greeted = true;
        self.joiner.push(self.buffer.held().get(record.range()).unwrap_or_default());
        self.buffer.take(record.whole);
        // The messages have a place of their own, and what they lead to takes room, too.
        if self.phase != Phase::Application {
            self.buffer.release();
        }
        if !record.protected {
            self.skipping = None;
        }
        Ok(None)
    }

    fn take_alert(&mut self, record: &Record) -> Result<Option<Event>, Error> {
        // A peer that fails before it has its keys can only say so in the clear.
        let untouched = self.protection.as_ref().is_none_or(|protection| protection.sequence == 0);
        let may_be_clear = untouched && self.phase != Phase::Application;
        if !record.protected && !may_be_clear {
            return Err(Violation::UnexpectedRecord(record.kind).into());
        }
        // RFC 9846 section 5.4: if Handshake and Alert records that have a zero-length content are received, the
        // receiving implementation MUST terminate the connection with an "unexpected_message" alert.
        if record.content == 0 {
            return Err(Violation::EmptyRecord(record.kind).into());
        }
        let [level, description] = self.content(record) else {
            return Err(Violation::AlertLength.into());
        };
        let (level, description) = (AlertLevel(*level), AlertDescription(*description));
        self.buffer.take(record.whole);
        // RFC 5246 section 7.2.2: upon receipt of a warning the connection can continue normally.
        let warns = level == AlertLevel::WARNING && description != AlertDescription::CLOSE_NOTIFY;
        // RFC 6066 section 3: a server that does not know the name may say so by a warning, and go on. Which version it
        // speaks is not known by then.
        let unsettled = self.role == Role::Client && !self.greeted;
        let of_name = unsettled && description == AlertDescription::UNRECOGNIZED_NAME;
        if warns && (self.legacy || of_name) {
            self.count_warning()?;
            return Ok(None);
        }
        Ok(Some(Event::Alert(description)))
    }

    /// RFC 9846 section 5: An implementation may receive an unencrypted record of type change_cipher_spec
    /// consisting of the single byte value 0x01 at any time after the first ClientHello message has been
    /// sent or received and before the peer's Finished message has been received and MUST simply drop it.
    fn take_change_cipher_spec(&mut self, record: &Record) -> Result<Option<Event>, Error> {
        if self.role == Role::Server && !self.greeted {
            return Err(Violation::UnexpectedRecord(record.kind).into());
        }
        if self.legacy {
            return self.change_cipher_spec(record);
        }
        if record.protected || self.phase == Phase::Application || self.content(record) != [1] {
            return Err(Violation::ChangeCipherSpec.into());
        }
        more(&mut self.idle.dummy_records, self.idle_limit, "change_cipher_spec records")?;
        self.buffer.take(record.whole);
        Ok(None)
    }

    /// RFC 5246 section 7.1: the receiver immediately copies the read pending state into the read current state.
    ///
    /// Only where keys are pending: an early one would protect by keys that a stranger can know (CVE-2014-0224).
    fn change_cipher_spec(&mut self, record: &Record) -> Result<Option<Event>, Error> {
        if self.content(record) != [1] {
            return Err(Violation::ChangeCipherSpec.into());
        }
        let pending = self.pending.take().ok_or(Violation::UntimelyChangeCipherSpec)?;
        self.protection = Some(pending);
        self.phase = Phase::Handshake;
        self.buffer.take(record.whole);
        Ok(None)
    }

    fn take_data(&mut self, record: &Record) -> Result<Option<Event>, Error> {
        if !record.protected || self.phase != Phase::Application {
            return Err(Violation::UnexpectedRecord(record.kind).into());
        }
        if record.content == 0 {
            more(&mut self.idle.empty_records, self.idle_limit, "empty records")?;
            self.buffer.take(record.whole);
            return Ok(None);
        }
        self.idle = Idle::default();
        let Range { start: from, end: to } = record.range();
        self.delivery = Some(Delivery { from, to, record: record.whole });
        Ok(Some(Event::Data))
    }
}
