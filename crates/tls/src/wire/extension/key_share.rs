//! `key_share` (RFC 9846 section 4.3.8): the client's shares, the server's share, or the group asked for.

use super::Extension;
use crate::wire::codec::{DecodeError, Reader, Writer};
use crate::wire::registry::{ExtensionType, NamedGroup};

/// One share: a group and the public value in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyShareEntry<'a> {
    pub(crate) group: NamedGroup,
    pub(crate) key_exchange: &'a [u8],
}

impl<'a> KeyShareEntry<'a> {
    fn read_entry(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let group = reader.u16("group")?.into();
        Ok(Self { group, key_exchange: reader.vector16("key_exchange", 1)? })
    }

    fn write_entry(&self, out: &mut Writer<'_>) {
        out.u16(self.group.into());
        out.block16(|out| out.raw(self.key_exchange));
    }
}

/// The client's shares, in its order of preference; it may offer none and wait to be asked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ClientShares<'a> {
    /// As received and found well-formed.
    Wire(&'a [u8]),
    /// As made by us.
    Values(&'a [KeyShareEntry<'a>]),
}

impl<'a> ClientShares<'a> {
    pub(crate) fn iter(self) -> impl Iterator<Item = KeyShareEntry<'a>> + use<'a> {
        let (wire, values) = match self {
            Self::Wire(bytes) => (bytes, &[][..]),
            Self::Values(shares) => (&[][..], shares),
        };
        let mut rest = Reader::new("KeyShareClientHello", wire);
        std::iter::from_fn(move || KeyShareEntry::read_entry(&mut rest).ok()).chain(values.iter().copied())
    }
}

impl<'a> Extension<'a> for ClientShares<'a> {
    const TYPE: ExtensionType = ExtensionType::KEY_SHARE;

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let bytes = reader.vector16("client_shares", 0)?;
        let mut shares = Reader::new("KeyShareClientHello", bytes);
        while !shares.is_empty() {
            KeyShareEntry::read_entry(&mut shares)?;
        }
        Ok(Self::Wire(bytes))
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.block16(|out| self.iter().for_each(|share| share.write_entry(out)));
    }
}

/// The server's one share.
impl<'a> Extension<'a> for KeyShareEntry<'a> {
    const TYPE: ExtensionType = ExtensionType::KEY_SHARE;

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Self::read_entry(reader)
    }

    fn write(&self, out: &mut Writer<'_>) {
        self.write_entry(out);
    }
}

/// The group for which a HelloRetryRequest asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SelectedGroup(pub(crate) NamedGroup);

impl<'a> Extension<'a> for SelectedGroup {
    const TYPE: ExtensionType = ExtensionType::KEY_SHARE;

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        reader.u16("selected_group").map(|group| Self(group.into()))
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.u16(self.0.into());
    }
}
