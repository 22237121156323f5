//! `certificate_authorities` (RFC 9846 section 4.3.4): the authorities whose certificates a peer takes.

use super::Extension;
use crate::wire::codec::{DecodeError, DecodeProblem, Reader, Writer};
use crate::wire::registry::ExtensionType;

/// Distinguished names in DER, as received and found well-formed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AuthorityNames<'a>(&'a [u8]);

impl<'a> AuthorityNames<'a> {
    /// Names that were encoded by us, each behind its length.
    pub(crate) fn over(names: &'a [u8]) -> Self {
        Self(names)
    }

    pub(crate) fn names(self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut rest = Reader::new("CertificateAuthoritiesExtension", self.0);
        std::iter::from_fn(move || rest.vector16("authorities", 1).ok())
    }
}

impl<'a> Extension<'a> for AuthorityNames<'a> {
    const TYPE: ExtensionType = ExtensionType::CERTIFICATE_AUTHORITIES;

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Self::read_list(reader, 3)
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.block16(|out| out.raw(self.0));
    }
}

impl<'a> AuthorityNames<'a> {
    /// No name at all, which only TLS 1.2 can say.
    pub(crate) const NONE: Self = Self(&[]);

    /// Reads `DistinguishedName authorities<least..2^16-1>`.
    pub(crate) fn read_list(reader: &mut Reader<'a>, least: usize) -> Result<Self, DecodeError> {
        let bytes = reader.vector16("authorities", least)?;
        let mut names = Reader::new("CertificateAuthoritiesExtension", bytes);
        while !names.is_empty() {
            if names.vector16("DistinguishedName", 0)?.is_empty() {
                return Err(names.error("DistinguishedName", DecodeProblem::Length));
            }
        }
        Ok(Self(bytes))
    }
}
