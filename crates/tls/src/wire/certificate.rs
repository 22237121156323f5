//! Certificate (RFC 9846 section 4.5.1).

use rustls_pki_types::CertificateDer;

use super::Message;
use super::codec::{DecodeError, Reader, Writer};
use super::extension::extension_block;
use super::extension::signed_certificate_timestamp::Timestamps;
use super::extension::status_request::CertificateStatus;
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
    /// The certificates of a credential, and what goes with the leaf.
    Values { chain: &'a [CertificateDer<'static>], leaf: EntryExtensions<'a> },
}

extension_block! {
    EntryExtensions<'a> {
        status_request: CertificateStatus<'a>,
        signed_certificate_timestamp: Timestamps<'a>,
    }
}

/// One certificate of the chain with what was sent beside it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CertificateEntry<'a> {
    pub(crate) data: &'a [u8],
    pub(crate) extensions: EntryExtensions<'a>,
}

impl<'a> CertificateList<'a> {
    /// No certificate at all.
    pub(crate) fn empty() -> Self {
        Self::Wire(&[])
    }

    pub(crate) fn entries(self) -> impl Iterator<Item = CertificateEntry<'a>> + use<'a> {
        let (wire, chain, leaf) = match self {
            Self::Wire(bytes) => (bytes, &[][..], EntryExtensions::default()),
            Self::Values { chain, leaf } => (&[][..], chain, leaf),
        };
        let mut rest = Reader::new("CertificateEntry", wire);
        let values = chain.iter().enumerate().map(move |(index, certificate)| {
            let extensions = if index == 0 { leaf } else { EntryExtensions::default() };
            CertificateEntry { data: certificate, extensions }
        });
        std::iter::from_fn(move || CertificateEntry::read(&mut rest).ok()).chain(values)
    }
}

impl<'a> CertificateEntry<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self { data: reader.vector24("cert_data", 1)?, extensions: EntryExtensions::read(reader)? })
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
