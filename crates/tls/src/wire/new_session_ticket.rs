//! NewSessionTicket (RFC 9846 section 4.7.1).

use super::Message;
use super::codec::{DecodeError, Reader, Writer};
use super::extension::{Extension, extension_block};
use super::registry::{ExtensionType, HandshakeType};

#[derive(Clone, Copy, Debug)]
pub(crate) struct NewSessionTicket<'a> {
    pub(crate) ticket_lifetime: u32,
    pub(crate) ticket_age_add: u32,
    pub(crate) ticket_nonce: &'a [u8],
    pub(crate) ticket: &'a [u8],
    pub(crate) extensions: TicketExtensions<'a>,
}

extension_block! {
    TicketExtensions<'a> {
        early_data: MaxEarlyDataSize,
    }
}

/// How much early data the ticket is good for: known so that its syntax is checked, and not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MaxEarlyDataSize(pub(crate) u32);

impl<'a> Extension<'a> for MaxEarlyDataSize {
    const TYPE: ExtensionType = ExtensionType::EARLY_DATA;

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        reader.u32("max_early_data_size").map(Self)
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.raw(&self.0.to_be_bytes());
    }
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
            extensions: TicketExtensions::read(reader)?,
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
