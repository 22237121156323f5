//! What receives application data, lent out so that it works beside what sends, on another thread.

use std::fmt;
use std::mem;

use super::{Connection, Stage};
use crate::error::Error;
use crate::transport::stream::inbound::{Event, Inbound};

/// The receiving side of an established [`Connection`], for application data alone: it decrypts while the
/// connection seals, without a lock between the two. Whatever else it meets it leaves to the connection.
///
/// Made by [`Connection::lend_receiver`], given back by [`Connection::return_receiver`].
pub struct Receiver {
    inbound: Inbound,
}

/// What a [`Receiver`] has met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// Application data: see [`Receiver::lent`].
    Data,
    /// Nothing can happen until more bytes arrive.
    NeedBytes,
    /// Something that concerns the whole connection, such as new keys, its end or an error: give the
    /// receiver back, and the next [`step`](Connection::step) says what.
    Other,
}

impl Connection {
    /// Lends out what receives: until it is back, [`step`](Self::step) meets no input. `None` before the
    /// handshake is complete, while a certificate is asked for after it, and once the peer has closed or the
    /// connection has failed.
    pub fn lend_receiver(&mut self) -> Option<Receiver> {
        let flows = matches!(self.stage, Stage::Established { announced: true, .. });
        if !flows || self.closing.theirs || self.need.is_some() || self.authentication.is_some() {
            return None;
        }
        let nothing = Inbound::new(self.role, self.limits.message, self.limits.idle_records);
        Some(Receiver { inbound: mem::replace(&mut self.inbound, nothing) })
    }

    /// Takes back what [`lend_receiver`](Self::lend_receiver) lent.
    pub fn return_receiver(&mut self, receiver: Receiver) {
        if !matches!(self.stage, Stage::Failed(_)) {
            self.inbound = receiver.inbound;
        }
    }
}

impl Receiver {
    /// As [`Connection::read_slot`].
    pub fn read_slot(&mut self) -> &mut [u8] {
        self.inbound.slot()
    }

    /// As [`Connection::advance`].
    ///
    /// # Errors
    /// [`Misuse::TooManyBytes`](crate::Misuse::TooManyBytes) if the slot was shorter.
    pub fn advance(&mut self, count: usize) -> Result<(), Error> {
        Ok(self.inbound.received(count)?)
    }

    /// As [`Connection::feed`].
    ///
    /// # Errors
    /// [`Misuse::TooManyBytes`](crate::Misuse::TooManyBytes) if more would be held than that takes.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), Error> {
        Ok(self.inbound.feed(bytes)?)
    }

    /// As [`Connection::expects_more`].
    pub fn expects_more(&self) -> bool {
        self.inbound.expects_more()
    }

    /// Opens the next record, unless data is at hand.
    pub fn receive(&mut self) -> Received {
        if self.inbound.lent_len() > 0 {
            return Received::Data;
        }
        match self.inbound.next() {
            Ok(Event::Data) => Received::Data,
            Ok(Event::NeedBytes) => Received::NeedBytes,
            other => {
                self.inbound.put_back(other);
                Received::Other
            }
        }
    }

    /// The application data at hand; [`consume`](Self::consume) takes it.
    pub fn lent(&mut self) -> &mut [u8] {
        self.inbound.lent().unwrap_or_default()
    }

    /// Takes `count` bytes of what [`lent`](Self::lent) gave.
    ///
    /// # Errors
    /// [`Misuse::TooManyBytes`](crate::Misuse::TooManyBytes) if less was lent.
    pub fn consume(&mut self, count: usize) -> Result<(), Error> {
        Ok(self.inbound.consume(count)?)
    }

    /// Gives the buffer back while nothing is on its way.
    pub fn idle(&mut self) {
        self.inbound.release();
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receiver")
    }
}
