//! KeyUpdate (RFC 9846 section 4.7.3).

use super::Message;
use super::codec::{DecodeError, Reader, Writer};
use super::registry::HandshakeType;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyUpdate {
    pub(crate) request_update: u8,
}

impl KeyUpdate {
    pub(crate) const NOT_REQUESTED: Self = Self { request_update: 0 };
    pub(crate) const REQUESTED: Self = Self { request_update: 1 };
}

impl<'a> Message<'a> for KeyUpdate {
    const TYPE: HandshakeType = HandshakeType::KEY_UPDATE;
    const NAME: &'static str = "KeyUpdate";

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        reader.u8("request_update").map(|request_update| Self { request_update })
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.u8(self.request_update);
    }
}
