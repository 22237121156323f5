//! `supported_versions` (RFC 9846 section 4.3.1): the versions offered, or the one chosen.

use super::Extension;
use crate::wire::codec::{DecodeError, DecodeProblem, List16, Reader, Writer};
use crate::wire::registry::{ExtensionType, ProtocolVersion};

/// The client's versions, best first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OfferedVersions<'a>(pub(crate) List16<'a, ProtocolVersion>);

impl<'a> Extension<'a> for OfferedVersions<'a> {
    const TYPE: ExtensionType = ExtensionType::SUPPORTED_VERSIONS;

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let bytes = reader.vector8("versions", 2)?;
        List16::over(bytes).map(Self).ok_or_else(|| reader.error("versions", DecodeProblem::Length))
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.block8(|out| self.0.write(out));
    }
}

/// The server's choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SelectedVersion(pub(crate) ProtocolVersion);

impl<'a> Extension<'a> for SelectedVersion {
    const TYPE: ExtensionType = ExtensionType::SUPPORTED_VERSIONS;

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        reader.u16("selected_version").map(|version| Self(version.into()))
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.u16(self.0.into());
    }
}
