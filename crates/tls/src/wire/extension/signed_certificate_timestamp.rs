//! `signed_certificate_timestamp` (RFC 6962 section 3.3.1): the wish for timestamps of Certificate Transparency, and
//! the timestamps.

use super::{Extension, empty_extension};
use crate::wire::codec::{DecodeError, Reader, Writer};
use crate::wire::registry::ExtensionType;

empty_extension! {
    /// A client's wish, or in a CertificateRequest a server's.
    TimestampsWanted, ExtensionType::SIGNED_CERTIFICATE_TIMESTAMP
}

/// The timestamps beside a certificate; what they say is judged elsewhere.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Timestamps<'a> {
    /// As received and found well-formed.
    Wire(&'a [u8]),
    /// Those of a credential.
    Values(&'a [Vec<u8>]),
}

impl<'a> Timestamps<'a> {
    pub(crate) fn iter(self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let (wire, values) = match self {
            Self::Wire(bytes) => (bytes, &[][..]),
            Self::Values(values) => (&[][..], values),
        };
        let mut rest = Reader::new("SignedCertificateTimestampList", wire);
        std::iter::from_fn(move || rest.vector16("SerializedSCT", 1).ok())
            .chain(values.iter().map(Vec::as_slice))
    }
}

impl<'a> Extension<'a> for Timestamps<'a> {
    const TYPE: ExtensionType = ExtensionType::SIGNED_CERTIFICATE_TIMESTAMP;

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let bytes = reader.vector16("sct_list", 1)?;
        let mut list = Reader::new("SignedCertificateTimestampList", bytes);
        while !list.is_empty() {
            list.vector16("SerializedSCT", 1)?;
        }
        Ok(Self::Wire(bytes))
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.block16(|out| self.iter().for_each(|sct| out.block16(|out| out.raw(sct))));
    }
}
