//! `server_name` (RFC 6066 section 3): the host that the client wants to reach.

use super::{Extension, empty_extension};
use crate::wire::codec::{DecodeError, DecodeProblem, Reader, Writer};
use crate::wire::registry::ExtensionType;

/// The only kind of name that was ever defined.
const HOST_NAME: u8 = 0;

/// A DNS host name, in the bytes that the peer sent; whether it is a name is decided elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HostName<'a>(pub(crate) &'a [u8]);

impl<'a> Extension<'a> for HostName<'a> {
    const TYPE: ExtensionType = ExtensionType::SERVER_NAME;

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let list = reader.vector16("server_name_list", 1)?;
        let mut names = Reader::new("ServerNameList", list);
        let kind = names.u8("name_type")?;
        let name = names.vector16("host_name", 1)?;
        // RFC 6066 section 3: The ServerNameList MUST NOT contain more than one name of the same name_type.
        // No second type exists, and its syntax could not be known.
        match (kind, names.is_empty()) {
            (HOST_NAME, true) => Ok(Self(name)),
            (HOST_NAME, false) => Err(names.error("server_name_list", DecodeProblem::Duplicate)),
            _ => Err(names.error("name_type", DecodeProblem::Value)),
        }
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.block16(|out| {
            out.u8(HOST_NAME);
            out.block16(|out| out.raw(self.0));
        });
    }
}

empty_extension! {
    /// The server's word that it has used the name.
    NameAcknowledged, ExtensionType::SERVER_NAME
}
