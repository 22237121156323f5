//! CompressedCertificate (RFC 8879 section 4).

use super::Message;
use super::codec::{DecodeError, Reader, Writer};
use super::registry::{CertificateCompressionAlgorithm, HandshakeType};

#[derive(Clone, Copy, Debug)]
pub(crate) struct CompressedCertificate<'a> {
    pub(crate) algorithm: CertificateCompressionAlgorithm,
    /// The length of the Certificate message without its header.
    pub(crate) uncompressed_length: u32,
    pub(crate) message: &'a [u8],
}

impl<'a> Message<'a> for CompressedCertificate<'a> {
    const TYPE: HandshakeType = HandshakeType::COMPRESSED_CERTIFICATE;
    const NAME: &'static str = "CompressedCertificate";

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            algorithm: reader.u16("algorithm")?.into(),
            uncompressed_length: reader.u24("uncompressed_length")?,
            message: reader.vector24("compressed_certificate_message", 1)?,
        })
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.u16(self.algorithm.into());
        let [_, length @ ..] = self.uncompressed_length.to_be_bytes();
        out.raw(&length);
        out.block24(|out| out.raw(self.message));
    }
}
