//! CertificateVerify (RFC 9846 section 4.5.2).

use super::Message;
use super::codec::{DecodeError, Reader, Writer};
use super::registry::{HandshakeType, SignatureScheme};

#[derive(Clone, Copy, Debug)]
pub(crate) struct CertificateVerify<'a> {
    pub(crate) algorithm: SignatureScheme,
    pub(crate) signature: &'a [u8],
}

impl<'a> Message<'a> for CertificateVerify<'a> {
    const TYPE: HandshakeType = HandshakeType::CERTIFICATE_VERIFY;
    const NAME: &'static str = "CertificateVerify";

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self { algorithm: reader.u16("algorithm")?.into(), signature: reader.vector16("signature", 0)? })
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.u16(self.algorithm.into());
        out.block16(|out| out.raw(self.signature));
    }
}
