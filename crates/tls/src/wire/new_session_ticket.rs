//! NewSessionTicket (RFC 9846 section 4.7.1).

use super::Message;
use super::codec::{DecodeError, Reader, Writer};
use super::extension::Entries;
use super::registry::HandshakeType;

#[derive(Clone, Copy, Debug)]
pub(crate) struct NewSessionTicket<'a> {
    pub(crate) ticket_lifetime: u32,
    pub(crate) ticket_age_add: u32,
    pub(crate) ticket_nonce: &'a [u8],
    pub(crate) ticket: &'a [u8],
    pub(crate) extensions: Entries<'a>,
}

impl<'a> Message<'a> for NewSessionTicket<'a> {
    const TYPE: HandshakeType = HandshakeType::NEW_SESSION_TICKET;
    const NAME: &'static str = "NewSessionTicket";

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            ticket_lifetime: reader.u32("ticket_lifetime")?,
            ticket_age_add: reader.u32("ticket_age_add")?,
            ticket_nonce: reader.vector8("ticket_nonce", 0)?,
            ticket: reader.vector16("ticket", 1)?,
            extensions: Entries::read(reader)?,
        })
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.raw(&self.ticket_lifetime.to_be_bytes());
        out.raw(&self.ticket_age_add.to_be_bytes());
        out.block8(|out| out.raw(self.ticket_nonce));
        out.block16(|out| out.raw(self.ticket));
        self.extensions.write(out);
    }
}
