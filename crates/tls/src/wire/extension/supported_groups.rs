//! `supported_groups` (RFC 9846 section 4.3.7): the key exchange groups a peer can use.

use super::Extension;
use crate::wire::codec::{DecodeError, List16, Reader, Writer};
use crate::wire::registry::{ExtensionType, NamedGroup};

#[derive(Clone, Copy, Debug)]
pub(crate) struct SupportedGroups<'a>(pub(crate) List16<'a, NamedGroup>);

impl<'a> Extension<'a> for SupportedGroups<'a> {
    const TYPE: ExtensionType = ExtensionType::SUPPORTED_GROUPS;

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        List16::read(reader, "named_group_list").map(Self)
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.block16(|out| self.0.write(out));
    }
}
