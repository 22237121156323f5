//! Bytes to values and back. Nothing here decides anything.
//!
//! Messages are views over the bytes received (no allocation); the same types are filled from
//! configuration and written. One message a file, one extension a file.
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::arithmetic_side_effects
    )
)]

pub(crate) mod certificate;
pub(crate) mod certificate_request;
pub(crate) mod certificate_verify;
pub(crate) mod client_hello;
pub(crate) mod codec;
pub(crate) mod compressed_certificate;
pub(crate) mod encrypted_extensions;
pub(crate) mod extension;
pub(crate) mod finished;
pub(crate) mod key_update;
pub(crate) mod new_session_ticket;
pub(crate) mod received;
pub mod registry;
pub(crate) mod server_hello;
#[cfg(test)]
mod tests;
pub(crate) mod tls12;

use codec::{DecodeError, Reader, Writer};
use registry::HandshakeType;

/// Bytes of `msg_type` and `length` before each handshake message (RFC 9846 section 4).
pub(crate) const HANDSHAKE_HEADER: usize = 4;

/// A handshake message: its body knows its own syntax, the frame around it is the same for all.
pub(crate) trait Message<'a>: Sized {
    const TYPE: HandshakeType;

    /// The structure's name in errors.
    const NAME: &'static str;

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError>;

    fn write(&self, out: &mut Writer<'_>);

    /// Reads the body of a message: bytes left over are an error.
    fn parse(body: &'a [u8]) -> Result<Self, DecodeError> {
        Reader::whole(Self::NAME, body, Self::read)
    }

    /// Writes the whole message with its header.
    fn frame(&self, out: &mut Writer<'_>) {
        out.u8(Self::TYPE.into());
        out.block24(|out| self.write(out));
    }
}
