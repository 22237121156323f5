//! What comes in: bytes, messages, alerts, plaintext.

use super::{Connection, Next, Stage};
use crate::error::Error;
use crate::handshake::mailbox::Incoming;
use crate::handshake::post::{self, PostEffect};
use crate::transport::stream::inbound::Event;
use crate::wire::registry::{AlertDescription, ProtocolVersion};

impl Connection {
    /// Room for bytes from the peer, at least one: the connection's own receive buffer.
    pub fn read_slot(&mut self) -> &mut [u8] {
        self.inbound.slot()
    }

    /// Says that `count` bytes were read into [`read_slot`](Self::read_slot).
    ///
    /// # Errors
    /// [`Misuse::TooManyBytes`](crate::Misuse::TooManyBytes) if the slot was shorter.
    pub fn advance(&mut self, count: usize) -> Result<(), Error> {
        Ok(self.inbound.received(count)?)
    }

    /// Takes bytes from the peer that were read elsewhere, by a copy, at most 64 KiB at a time: for a read that may
    /// well find nothing, or little, without a buffer held meanwhile ([`idle`](Self::idle)).
    ///
    /// # Errors
    /// [`Misuse::TooManyBytes`](crate::Misuse::TooManyBytes), and nothing is taken, if more than that would be held.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), Error> {
        Ok(self.inbound.feed(bytes)?)
    }

    /// Whether more is likely to come than a few bytes: a record has begun, or the last read found all that it had room
    /// for. Then a read belongs into [`read_slot`](Self::read_slot), where nothing is copied.
    pub fn expects_more(&self) -> bool {
        self.inbound.expects_more()
    }

    /// Says that the transport has ended. Unless the peer said `close_notify` before, that is
    /// [`Error::Truncated`], which the next [`step`](Self::step) reports.
    pub fn end_of_input(&mut self) {
        let done = self.closing.theirs || matches!(self.stage, Stage::Failed(_));
        if !done {
            self.fail(Error::Truncated);
        }
    }

    /// Whether the peer has said that it sends nothing more (`close_notify`) and all that it sent before has
    /// been taken. [`step`](Self::step) shows what is to be transmitted first and [`Step::Closed`](crate::Step::Closed) behind it;
    /// this says it at once.
    pub fn peer_has_closed(&self) -> bool {
        self.closing.theirs
    }

    /// During the handshake: takes in one message.
    pub(super) fn receive_handshake(&mut self) -> Result<Option<Next>, Error> {
        match self.inbound.next()? {
            Event::NeedBytes => Ok(Some(Next::NeedBytes)),
            Event::Handshake { message, bytes_behind } => {
                let message = Incoming::new(message).ok_or(Error::Internal("a message without header"))?;
                if let Stage::Handshaking(handshake) = &mut self.stage {
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
    pub(super) fn receive(&mut self) -> Result<Option<Next>, Error> {
        if self.closing.theirs {
            self.inbound.discard();
            return Ok(Some(Next::Closed));
        }
        if self.inbound.lent_len() > 0 {
            return Ok(Some(Next::Deliver));
        }
        match self.inbound.next()? {
            Event::NeedBytes => Ok(Some(Next::NeedBytes)),
            Event::Data => {
                self.check_data_may_come()?;
                Ok(Some(Next::Deliver))
            }
            Event::Handshake { message, bytes_behind } => {
                let message = Incoming::new(message).ok_or(Error::Internal("a message without header"))?;
                if let Some(message) = self.receive_later(message)? {
                    self.receive_post(&message, bytes_behind)?;
                }
                // What has come may be enough to go on with.
                self.authenticate()
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
        if self.facts.version != Some(ProtocolVersion::TLS_1_3) {
            return Err(post::receive12(self.role, message).into());
        }
        match post::receive(self.role, message, bytes_behind)? {
            PostEffect::Keep => {
                self.keep_ticket(message)?;
                self.inbound.count_message()
            }
            PostEffect::UpdateRead { answer } => {
                // RFC 9846 section 4.7.3: the receiver MUST send a KeyUpdate of its own prior to sending its
                // next Application Data record. Several requests are answered by one.
                self.key_update_owed |= answer;
                self.key_update_asked = false;
                self.inbound.update()
            }
        }
    }

    /// RFC 9846 section 4.7.1: Clients which receive a NewSessionTicket message but do not support resumption
    /// MUST silently ignore this message.
    fn keep_ticket(&self, message: &Incoming) -> Result<(), Error> {
        if let Stage::Established { outcome, .. } = &self.stage
            && let Some(keeper) = &outcome.keeper
        {
            keeper.keep(&message.parse()?, &self.facts);
        }
        Ok(())
    }

    /// The plaintext at hand as [`Step::Deliver`](crate::Step::Deliver) lends it, without going on; empty if
    /// there is none.
    pub fn lent(&mut self) -> &mut [u8] {
        self.inbound.lent().unwrap_or_default()
    }

    /// Takes `count` bytes of what [`Step::Deliver`](crate::Step::Deliver) lent.
    ///
    /// # Errors
    /// [`Misuse::TooManyBytes`](crate::Misuse::TooManyBytes) if less was lent.
    pub fn consume(&mut self, count: usize) -> Result<(), Error> {
        Ok(self.inbound.consume(count)?)
    }
}
