//! What goes out: application data under keys that are still good.

use std::io::IoSlice;

use super::{Connection, Stage};
use crate::error::{Error, Misuse, Violation};
use crate::wire::Message as _;
use crate::wire::codec::Writer;
use crate::wire::key_update::KeyUpdate;
use crate::wire::registry::ProtocolVersion;

impl Connection {
    /// The bytes that wait to be transmitted, as [`Step::Transmit`](crate::Step::Transmit) lends them.
    pub fn output(&self) -> &[u8] {
        self.outbound.waiting()
    }

    /// Says that the first `count` bytes of [`Step::Transmit`](crate::Step::Transmit) have gone out.
    ///
    /// # Errors
    /// [`Misuse::TooManyBytes`] if there were fewer.
    pub fn transmitted(&mut self, count: usize) -> Result<(), Error> {
        if count > self.outbound.waiting().len() {
            return Err(Misuse::TooManyBytes.into());
        }
        self.outbound.sent(count);
        if let Stage::Handshaking(_) = self.stage {
            self.outbound.release();
        }
        Ok(())
    }

    /// Seals application data for the peer; returns how many bytes were taken, which is fewer than given,
    /// even none, while more than [`Limits::output`](crate::Limits::output) wait to be transmitted.
    ///
    /// # Errors
    /// The handshake is not complete, this side has closed, or the connection has failed.
    pub fn send(&mut self, data: &[u8]) -> Result<usize, Error> {
        self.may_send()?;
        if data.len() > self.outbound.room() && self.outbound.waiting().is_empty() {
            self.outbound.expect(data.len().min(self.limits.output));
        }
        self.send_slice(data)
    }

    /// As [`send`](Self::send), out of several slices: small ones share records.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_vectored(&mut self, mut slices: &[IoSlice<'_>]) -> Result<usize, Error> {
        if let [slice] = slices {
            return self.send(slice);
        }
        self.may_send()?;
        let mut taken = 0;
        while let [first, rest @ ..] = slices
            && self.outbound.waiting().len() < self.limits.output
        {
            self.refresh_keys()?;
            let together = fitting(slices, self.outbound.room());
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
        for part in slice.chunks(self.outbound.room()) {
            if self.outbound.waiting().len() >= self.limits.output {
                break;
            }
            self.refresh_keys()?;
            self.outbound.data(part)?;
            taken += part.len();
        }
        Ok(taken)
    }

    pub(super) fn may_send(&self) -> Result<(), Error> {
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
        self.key_update_asked |= update == KeyUpdate::REQUESTED;
        self.outbound.handshake(&message)?;
        self.outbound.update()
    }

    /// Replaces the keys that protect what we send, and asks the peer to do the same if `both`. Happens by
    /// itself before a key wears out (RFC 9846 section 5.5).
    ///
    /// # Errors
    /// As [`send`](Self::send); and [`Misuse::NoKeyUpdate`] in TLS 1.2, whose keys last as long as its connection.
    pub fn update_keys(&mut self, both: bool) -> Result<(), Error> {
        self.may_send()?;
        if self.facts.version != Some(ProtocolVersion::TLS_1_3) {
            return Err(Misuse::NoKeyUpdate.into());
        }
        // RFC 9846 section 4.7.3: Until receiving a subsequent KeyUpdate from the peer, the sender MUST NOT send
        // another KeyUpdate with request_update set to "update_requested".
        if !both || self.key_update_asked {
            self.key_update_owed = false;
            return self.send_key_update(KeyUpdate::NOT_REQUESTED);
        }
        // What the peer asked for is answered by one that asks for nothing.
        self.refresh_keys()?;
        self.send_key_update(KeyUpdate::REQUESTED)
    }
}

/// How many of the slices fit one record together.
fn fitting(slices: &[IoSlice<'_>], mut room: usize) -> usize {
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
