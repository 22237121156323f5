//! `cookie` (RFC 9846 section 4.3.2): what a server gives in a HelloRetryRequest and wants back.

use super::Extension;
use crate::wire::codec::{DecodeError, Reader, Writer};
use crate::wire::registry::ExtensionType;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cookie<'a>(pub(crate) &'a [u8]);

impl<'a> Extension<'a> for Cookie<'a> {
    const TYPE: ExtensionType = ExtensionType::COOKIE;

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        reader.vector16("cookie", 1).map(Self)
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.block16(|out| out.raw(self.0));
    }
}
