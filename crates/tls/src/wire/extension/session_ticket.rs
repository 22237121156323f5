//! `session_ticket` (RFC 5077 section 3.2): the ticket of a TLS 1.2 session, or the wish for one.

use super::{Extension, empty_extension};
use crate::wire::codec::{DecodeError, Reader, Writer};
use crate::wire::registry::ExtensionType;

/// The client's ticket; empty where it has none and would like one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SessionTicket<'a>(pub(crate) &'a [u8]);

impl<'a> Extension<'a> for SessionTicket<'a> {
    const TYPE: ExtensionType = ExtensionType::SESSION_TICKET;

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self(reader.remainder()))
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.raw(self.0);
    }
}

empty_extension! {
    /// The server will send a ticket.
    TicketFollows, ExtensionType::SESSION_TICKET
}
