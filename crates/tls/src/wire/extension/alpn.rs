//! `application_layer_protocol_negotiation` (RFC 7301 section 3.1): the protocols offered, or the one chosen.

use super::Extension;
use crate::wire::codec::{DecodeError, DecodeProblem, Reader, Writer};
use crate::wire::registry::ExtensionType;

/// A list of protocol names, such as `h2`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ProtocolNames<'a> {
    /// As received and found well-formed.
    Wire(&'a [u8]),
    /// As configured.
    Values(&'a [Vec<u8>]),
    /// The one that a server has chosen.
    Chosen(&'a [u8]),
}

impl<'a> ProtocolNames<'a> {
    pub(crate) fn names(self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let (wire, values, chosen) = match self {
            Self::Wire(bytes) => (bytes, &[][..], None),
            Self::Values(names) => (&[][..], names, None),
            Self::Chosen(name) => (&[][..], &[][..], Some(name)),
        };
        let mut rest = Reader::new("ProtocolNameList", wire);
        std::iter::from_fn(move || rest.vector8("protocol_name", 1).ok())
            .chain(values.iter().map(Vec::as_slice))
            .chain(chosen)
    }

    pub(crate) fn contains(self, name: &[u8]) -> bool {
        self.names().any(|each| each == name)
    }

    /// The name, where there is exactly one, as an answer must have.
    pub(crate) fn single(self) -> Option<&'a [u8]> {
        let mut names = self.names();
        names.next().filter(|_| names.next().is_none())
    }
}

impl<'a> Extension<'a> for ProtocolNames<'a> {
    const TYPE: ExtensionType = ExtensionType::ALPN;

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let bytes = reader.vector16("protocol_name_list", 2)?;
        let mut names = Reader::new("ProtocolNameList", bytes);
        while !names.is_empty() {
            // RFC 7301 section 3.1: Empty strings MUST NOT be included.
            if names.vector8("protocol_name", 0)?.is_empty() {
                return Err(names.error("protocol_name", DecodeProblem::Length));
            }
        }
        Ok(Self::Wire(bytes))
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.block16(|out| self.names().for_each(|name| out.block8(|out| out.raw(name))));
    }
}
