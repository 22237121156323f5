//! `renegotiation_info` (RFC 5746 section 3.2): empty, since nothing here is ever renegotiated.

use super::Extension;
use crate::wire::codec::{DecodeError, Reader, Writer};
use crate::wire::registry::ExtensionType;

/// The verify_data of the handshake before this one, which a first handshake leaves empty.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RenegotiationInfo<'a>(pub(crate) &'a [u8]);

impl<'a> Extension<'a> for RenegotiationInfo<'a> {
    const TYPE: ExtensionType = ExtensionType::RENEGOTIATION_INFO;

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        reader.vector8("renegotiated_connection", 0).map(Self)
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.block8(|out| out.raw(self.0));
    }
}
