//! Extensions (RFC 9846 section 4.3): one file each, and the blocks in which messages carry them.

pub(crate) mod alpn;
pub(crate) mod certificate_authorities;
pub(crate) mod compress_certificate;
pub(crate) mod cookie;
pub(crate) mod ec_point_formats;
pub(crate) mod extended_master_secret;
pub(crate) mod key_share;
pub(crate) mod pre_shared_key;
pub(crate) mod psk_key_exchange_modes;
pub(crate) mod record_size_limit;
pub(crate) mod renegotiation_info;
pub(crate) mod server_name;
pub(crate) mod session_ticket;
pub(crate) mod signature_algorithms;
pub(crate) mod signed_certificate_timestamp;
pub(crate) mod status_request;
pub(crate) mod supported_groups;
pub(crate) mod supported_versions;
pub(crate) mod ticket_request;

use super::codec::{DecodeError, DecodeProblem, Reader, Writer};
use super::registry::ExtensionType;

/// One extension as it stands in one kind of message.
pub(crate) trait Extension<'a>: Sized {
    const TYPE: ExtensionType;

    /// Reads the extension's data; the caller refuses what is left over.
    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError>;

    fn write(&self, out: &mut Writer<'_>);
}

/// An extension whose presence says all, such as the server's answer to `server_name`.
macro_rules! empty_extension {
    ($(#[$doc:meta])* $name:ident, $kind:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) struct $name;

        impl<'a> $crate::wire::extension::Extension<'a> for $name {
            const TYPE: $crate::wire::registry::ExtensionType = $kind;

            fn read(
                _: &mut $crate::wire::codec::Reader<'a>,
            ) -> Result<Self, $crate::wire::codec::DecodeError> {
                Ok(Self)
            }

            fn write(&self, _: &mut $crate::wire::codec::Writer<'_>) {}
        }
    };
}
pub(crate) use empty_extension;

/// Declares the extension block of one message: the extensions that bulla knows there as fields.
/// Reading refuses duplicates and stray bytes, and passes over what is unknown; writing keeps the
/// order of the declaration.
macro_rules! extension_block {
    ($(#[$doc:meta])* $name:ident<$life:lifetime> { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default)]
        pub(crate) struct $name<$life> {
            $($(#[$field_doc])* pub(crate) $field: Option<$kind>,)*
            entries: $crate::wire::extension::Entries<$life>,
        }

        impl<$life> $name<$life> {
            pub(crate) fn read(
                reader: &mut $crate::wire::codec::Reader<$life>,
            ) -> Result<Self, $crate::wire::codec::DecodeError> {
                use $crate::wire::extension::Extension as _;
                let entries = $crate::wire::extension::Entries::read(reader)?;
                let mut block = Self { entries, ..Self::default() };
                for (kind, body) in entries.iter() {
                    $(if kind == <$kind>::TYPE {
                        block.$field = Some($crate::wire::extension::read_body(kind, body)?);
                    })*
                }
                Ok(block)
            }

            pub(crate) fn write(&self, out: &mut $crate::wire::codec::Writer<'_>) {
                use $crate::wire::extension::Extension as _;
                out.block16(|out| {
                    $(if let Some(extension) = &self.$field {
                        out.u16(<$kind>::TYPE.into());
                        out.block16(|out| extension.write(out));
                    })*
                });
            }

            /// The types of all extensions received, known or not, in their order.
            #[allow(dead_code, reason = "a block whose unknown extensions are passed over is not asked")]
            pub(crate) fn kinds(
                &self,
            ) -> impl Iterator<Item = $crate::wire::registry::ExtensionType> + use<$life> {
                self.entries.kinds()
            }
        }
    };
}
pub(crate) use extension_block;

pub(crate) fn read_body<'a, E: Extension<'a>>(kind: ExtensionType, body: &'a [u8]) -> Result<E, DecodeError> {
    Reader::whole(kind.name().unwrap_or("extension"), body, E::read)
}

/// A block whose entries have been found well-formed and free of duplicates.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Entries<'a> {
    bytes: &'a [u8],
}

impl<'a> Entries<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let bytes = reader.vector16("extensions", 0)?;
        let mut seen = Seen::default();
        let mut rest = Reader::new("Extension", bytes);
        while !rest.is_empty() {
            let kind = rest.u16("extension_type")?;
            rest.vector16("extension_data", 0)?;
            // RFC 9846 section 4.3: There MUST NOT be more than one extension of the same type in a given
            // extension block.
            if !seen.insert(kind) {
                return Err(reader.error("extensions", DecodeProblem::Duplicate));
            }
        }
        Ok(Self { bytes })
    }

    /// Those of our own message, which are not checked.
    pub(crate) fn of_ours(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self { bytes: reader.vector16("extensions", 0)? })
    }

    pub(crate) fn kinds(self) -> impl Iterator<Item = ExtensionType> + use<'a> {
        self.iter().map(|(kind, _)| kind)
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = (ExtensionType, &'a [u8])> + use<'a> {
        let mut rest = Reader::new("Extension", self.bytes);
        std::iter::from_fn(move || {
            let kind = rest.u16("extension_type").ok()?;
            let body = rest.vector16("extension_data", 0).ok()?;
            Some((kind.into(), body))
        })
    }
}

/// The extension types met so far: a short list on the stack, and a bit for each type once a peer
/// sends more than fit (it may send every one of the 65 536).
#[derive(Default)]
struct Seen {
    few: [u16; 32],
    count: usize,
    many: Option<Box<[u64]>>,
}

impl Seen {
    /// Whether `kind` is met for the first time.
    fn insert(&mut self, kind: u16) -> bool {
        if let Some(bits) = &mut self.many {
            return Self::mark(bits, kind);
        }
        if self.few.iter().take(self.count).any(|known| *known == kind) {
            return false;
        }
        match self.few.get_mut(self.count) {
            Some(slot) => *slot = kind,
            None => {
                let mut bits = vec![0u64; 1024].into_boxed_slice();
                self.few.iter().chain([&kind]).for_each(|each| {
                    Self::mark(&mut bits, *each);
                });
                self.many = Some(bits);
            }
        }
        self.count = self.count.saturating_add(1);
        true
    }

    fn mark(bits: &mut [u64], kind: u16) -> bool {
        let Some(word) = bits.get_mut(usize::from(kind >> 6)) else { return false };
        let bit = 1u64 << (kind & 63);
        let fresh = *word & bit == 0;
        *word |= bit;
        fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(kinds: impl Iterator<Item = u16>) -> Vec<u8> {
        let mut bytes = Vec::new();
        Writer::append(&mut bytes, |out| {
            out.block16(|out| {
                kinds.for_each(|kind| {
                    out.u16(kind);
                    out.block16(|_| {});
                });
            });
        })
        .unwrap();
        bytes
    }

    #[test]
    fn duplicates_are_found_among_few_and_many() {
        for count in [2, 31, 32, 33, 34, 1000] {
            let clean = block(0..count);
            assert!(Reader::whole("M", &clean, Entries::read).is_ok(), "{count} types");
            let twice = block((0..count).chain([count - 1]));
            let error = Reader::whole("M", &twice, Entries::read).err().unwrap();
            assert_eq!(error.to_string(), "M.extensions repeats an entry", "{count} types");
        }
    }
}
