//! NewSessionTicket as TLS 1.2 has it (RFC 5077 section 3.3).

use crate::wire::Message;
use crate::wire::codec::{DecodeError, Reader, Writer};
use crate::wire::registry::HandshakeType;

/// A ticket for the session under way; an empty one is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewSessionTicket12<'a> {
    /// In seconds; 0 says nothing.
    pub(crate) lifetime_hint: u32,
    pub(crate) ticket: &'a [u8],
}

impl<'a> Message<'a> for NewSessionTicket12<'a> {
    const TYPE: HandshakeType = HandshakeType::NEW_SESSION_TICKET;
    const NAME: &'static str = "NewSessionTicket";

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let lifetime_hint = reader.u32("ticket_lifetime_hint")?;
        Ok(Self { lifetime_hint, ticket: reader.vector16("ticket", 0)? })
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.raw(&self.lifetime_hint.to_be_bytes());
        out.block16(|out| out.raw(self.ticket));
    }
}
