//! `ec_point_formats` (RFC 8422 section 5.1.2): TLS 1.2's list of encodings, of which one is left.

use super::Extension;
use crate::wire::codec::{DecodeError, Reader, Writer};
use crate::wire::registry::ExtensionType;

/// The encoding that every list must name.
const UNCOMPRESSED: u8 = 0;

#[derive(Clone, Copy, Debug)]
pub(crate) struct PointFormats<'a>(&'a [u8]);

impl PointFormats<'_> {
    pub(crate) const UNCOMPRESSED: Self = Self(&[UNCOMPRESSED]);

    pub(crate) fn has_uncompressed(self) -> bool {
        self.0.contains(&UNCOMPRESSED)
    }
}

impl<'a> Extension<'a> for PointFormats<'a> {
    const TYPE: ExtensionType = ExtensionType::EC_POINT_FORMATS;

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        reader.vector8("ec_point_format_list", 1).map(Self)
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.block8(|out| out.raw(self.0));
    }
}
