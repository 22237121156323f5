//! Certificate (RFC 9846 section 4.5.1).

use super::Message;
use super::codec::{DecodeError, Reader, Writer};
use super::extension::Entries;
use super::registry::HandshakeType;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Certificate<'a> {
    pub(crate) context: &'a [u8],
    pub(crate) list: CertificateList<'a>,
}

/// The chain, leaf first.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CertificateList<'a> {
    /// As received and found well-formed.
    Wire(&'a [u8]),
    /// The certificates of a credential.
    Values(&'a [rustls_pki_types::CertificateDer<'static>]),
}

/// One certificate of the chain with what was sent beside it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CertificateEntry<'a> {
    pub(crate) data: &'a [u8],
    pub(crate) extensions: Entries<'a>,
}

impl<'a> CertificateList<'a> {
    pub(crate) fn entries(self) -> impl Iterator<Item = CertificateEntry<'a>> + use<'a> {
        let (wire, values) = match self {
            Self::Wire(bytes) => (bytes, &[][..]),
            Self::Values(certificates) => (&[][..], certificates),
        };
        let mut rest = Reader::new("CertificateEntry", wire);
        std::iter::from_fn(move || CertificateEntry::read(&mut rest).ok()).chain(
            values
                .iter()
                .map(|certificate| CertificateEntry { data: certificate, extensions: Entries::default() }),
        )
    }
}

impl<'a> CertificateEntry<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self { data: reader.vector24("cert_data", 1)?, extensions: Entries::read(reader)? })
    }
}

impl<'a> Message<'a> for Certificate<'a> {
    const TYPE: HandshakeType = HandshakeType::CERTIFICATE;
    const NAME: &'static str = "Certificate";

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let context = reader.vector8("certificate_request_context", 0)?;
        let bytes = reader.vector24("certificate_list", 0)?;
        let mut entries = Reader::new("CertificateEntry", bytes);
        while !entries.is_empty() {
            CertificateEntry::read(&mut entries)?;
        }
        Ok(Self { context, list: CertificateList::Wire(bytes) })
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.block8(|out| out.raw(self.context));
        out.block24(|out| {
            self.list.entries().for_each(|entry| {
                out.block24(|out| out.raw(entry.data));
                entry.extensions.write(out);
            });
        });
    }
}
