//! `signature_algorithms` and `signature_algorithms_cert` (RFC 9846 section 4.3.3).

use super::Extension;
use crate::wire::codec::{DecodeError, List16, Reader, Writer};
use crate::wire::registry::{ExtensionType, SignatureScheme};

/// The schemes accepted in CertificateVerify, and in certificates unless said otherwise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignatureAlgorithms<'a>(pub(crate) List16<'a, SignatureScheme>);

impl<'a> Extension<'a> for SignatureAlgorithms<'a> {
    const TYPE: ExtensionType = ExtensionType::SIGNATURE_ALGORITHMS;

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        List16::read(reader, "supported_signature_algorithms").map(Self)
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.block16(|out| self.0.write(out));
    }
}

/// The schemes accepted in certificates.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CertificateSignatureAlgorithms<'a>(pub(crate) List16<'a, SignatureScheme>);

impl<'a> Extension<'a> for CertificateSignatureAlgorithms<'a> {
    const TYPE: ExtensionType = ExtensionType::SIGNATURE_ALGORITHMS_CERT;

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        List16::read(reader, "supported_signature_algorithms").map(Self)
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.block16(|out| self.0.write(out));
    }
}
