//! Certificate of TLS 1.2 (RFC 5246 section 7.4.2): a chain and nothing beside it.

use rustls_pki_types::CertificateDer;

use crate::wire::Message;
use crate::wire::codec::{DecodeError, Reader, Writer};
use crate::wire::registry::HandshakeType;

/// The chain, leaf first.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Certificate12<'a> {
    /// As received and found well-formed.
    Wire(&'a [u8]),
    /// The certificates of a credential.
    Values(&'a [CertificateDer<'static>]),
}

impl<'a> Certificate12<'a> {
    pub(crate) fn certificates(self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let (wire, values) = match self {
            Self::Wire(bytes) => (bytes, &[][..]),
            Self::Values(certificates) => (&[][..], certificates),
        };
        let mut rest = Reader::new("Certificate", wire);
        std::iter::from_fn(move || rest.vector24("certificate", 1).ok())
            .chain(values.iter().map(AsRef::as_ref))
    }
}

impl<'a> Message<'a> for Certificate12<'a> {
    const TYPE: HandshakeType = HandshakeType::CERTIFICATE;
    const NAME: &'static str = "Certificate";

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let bytes = reader.vector24("certificate_list", 0)?;
        let mut rest = Reader::new("Certificate", bytes);
        while !rest.is_empty() {
            rest.vector24("certificate", 1)?;
        }
        Ok(Self::Wire(bytes))
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.block24(|out| {
            self.certificates().for_each(|certificate| out.block24(|out| out.raw(certificate)));
        });
    }
}
