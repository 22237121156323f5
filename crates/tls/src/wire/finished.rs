//! Finished (RFC 9846 section 4.5.3).

use super::Message;
use super::codec::{DecodeError, Reader, Writer};
use super::registry::HandshakeType;

/// The length of `verify_data` follows from the suite, so the keys compare it, not the syntax.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Finished<'a> {
    pub(crate) verify_data: &'a [u8],
}

impl<'a> Message<'a> for Finished<'a> {
    const TYPE: HandshakeType = HandshakeType::FINISHED;
    const NAME: &'static str = "Finished";

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self { verify_data: reader.remainder() })
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.raw(self.verify_data);
    }
}
