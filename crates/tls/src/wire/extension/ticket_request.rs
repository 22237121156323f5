//! `ticket_request` (RFC 9149): how many tickets a client wants, and how many the server means to send.

use super::Extension;
use crate::wire::codec::{DecodeError, Reader, Writer};
use crate::wire::registry::ExtensionType;

/// The client's wish (RFC 9149 section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClientTicketRequest {
    pub(crate) new_session_count: u8,
    pub(crate) resumption_count: u8,
}

impl<'a> Extension<'a> for ClientTicketRequest {
    const TYPE: ExtensionType = ExtensionType::TICKET_REQUEST;

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let new_session_count = reader.u8("new_session_count")?;
        Ok(Self { new_session_count, resumption_count: reader.u8("resumption_count")? })
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.u8(self.new_session_count);
        out.u8(self.resumption_count);
    }
}

/// What the server says to it, in EncryptedExtensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TicketRequestHint(pub(crate) u8);

impl<'a> Extension<'a> for TicketRequestHint {
    const TYPE: ExtensionType = ExtensionType::TICKET_REQUEST;

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        reader.u8("expected_count").map(Self)
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.u8(self.0);
    }
}
