//! `pre_shared_key` (RFC 9846 section 4.3.11): the keys that a client offers, or the one that the server took.

use super::Extension;
use crate::wire::codec::{DecodeError, Reader, Writer};
use crate::wire::registry::ExtensionType;

/// The least length of an encoded identity, and of an encoded binder.
const IDENTITIES_LEAST: usize = 7;
const BINDERS_LEAST: usize = 33;

/// A name of a key, and how old the client takes it to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PskIdentity<'a> {
    pub(crate) identity: &'a [u8],
    pub(crate) obfuscated_ticket_age: u32,
}

impl<'a> PskIdentity<'a> {
    fn read_entry(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let identity = reader.vector16("identity", 1)?;
        Ok(Self { identity, obfuscated_ticket_age: reader.u32("obfuscated_ticket_age")? })
    }

    fn write_entry(&self, out: &mut Writer<'_>) {
        out.block16(|out| out.raw(self.identity));
        out.raw(&self.obfuscated_ticket_age.to_be_bytes());
    }
}

/// The client's keys, best first, and a proof of each. It must be the hello's last extension.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OfferedPsks<'a> {
    /// As received and found well-formed.
    Wire { identities: &'a [u8], binders: &'a [u8] },
    /// One key of ours, with room for a binder.
    Single { identity: PskIdentity<'a>, binder: &'a [u8] },
}

impl<'a> OfferedPsks<'a> {
    pub(crate) fn identities(self) -> impl Iterator<Item = PskIdentity<'a>> + use<'a> {
        let (wire, single) = match self {
            Self::Wire { identities, .. } => (identities, None),
            Self::Single { identity, .. } => (&[][..], Some(identity)),
        };
        let mut rest = Reader::new("PskIdentity", wire);
        std::iter::from_fn(move || PskIdentity::read_entry(&mut rest).ok()).chain(single)
    }

    pub(crate) fn binders(self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let (wire, single) = match self {
            Self::Wire { binders, .. } => (binders, None),
            Self::Single { binder, .. } => (&[][..], Some(binder)),
        };
        let mut rest = Reader::new("PskBinderEntry", wire);
        std::iter::from_fn(move || read_binder(&mut rest).ok()).chain(single)
    }

    /// How many bytes at the hello's end the binders are, with the length before them: what
    /// RFC 9846 section 4.3.11.2 truncates.
    pub(crate) fn binders_length(self) -> usize {
        let binders = match self {
            Self::Wire { binders, .. } => binders.len(),
            Self::Single { binder, .. } => binder.len().saturating_add(1),
        };
        binders.saturating_add(2)
    }
}

fn read_binder<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
    reader.vector8("binder", BINDERS_LEAST.saturating_sub(1))
}

impl<'a> Extension<'a> for OfferedPsks<'a> {
    const TYPE: ExtensionType = ExtensionType::PRE_SHARED_KEY;

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let identities = reader.vector16("identities", IDENTITIES_LEAST)?;
        let mut entries = Reader::new("PskIdentity", identities);
        while !entries.is_empty() {
            PskIdentity::read_entry(&mut entries)?;
        }
        let binders = reader.vector16("binders", BINDERS_LEAST)?;
        let mut entries = Reader::new("PskBinderEntry", binders);
        while !entries.is_empty() {
            read_binder(&mut entries)?;
        }
        Ok(Self::Wire { identities, binders })
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.block16(|out| self.identities().for_each(|identity| identity.write_entry(out)));
        out.block16(|out| self.binders().for_each(|binder| out.block8(|out| out.raw(binder))));
    }
}

/// The place of the key that the server took, in the client's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SelectedIdentity(pub(crate) u16);

impl<'a> Extension<'a> for SelectedIdentity {
    const TYPE: ExtensionType = ExtensionType::PRE_SHARED_KEY;

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        reader.u16("selected_identity").map(Self)
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.u16(self.0);
    }
}
