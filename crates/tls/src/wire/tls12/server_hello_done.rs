//! ServerHelloDone (RFC 5246 section 7.4.5), which says all by its type.

use crate::wire::Message;
use crate::wire::codec::{DecodeError, Reader, Writer};
use crate::wire::registry::HandshakeType;

/// The server has said all that stands before the client's turn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServerHelloDone;

impl Message<'_> for ServerHelloDone {
    const TYPE: HandshakeType = HandshakeType::SERVER_HELLO_DONE;
    const NAME: &'static str = "ServerHelloDone";

    fn read(_: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self)
    }

    fn write(&self, _: &mut Writer<'_>) {}
}
