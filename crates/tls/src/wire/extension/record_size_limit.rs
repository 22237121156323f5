//! `record_size_limit` (RFC 8449): how long a record its sender takes.

use super::Extension;
use crate::wire::codec::{DecodeError, Reader, Writer};
use crate::wire::registry::ExtensionType;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordSizeLimit(pub(crate) u16);

impl<'a> Extension<'a> for RecordSizeLimit {
    const TYPE: ExtensionType = ExtensionType::RECORD_SIZE_LIMIT;

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        reader.u16("RecordSizeLimit").map(Self)
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.u16(self.0);
    }
}
