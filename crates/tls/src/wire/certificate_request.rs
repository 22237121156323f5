//! CertificateRequest (RFC 9846 section 4.4.2).

use super::Message;
use super::codec::{DecodeError, Reader, Writer};
use super::extension::certificate_authorities::AuthorityNames;
use super::extension::compress_certificate::CompressionAlgorithms;
use super::extension::extension_block;
use super::extension::signature_algorithms::{CertificateSignatureAlgorithms, SignatureAlgorithms};
use super::extension::signed_certificate_timestamp::TimestampsWanted;
use super::extension::status_request::StatusAsked;
use super::registry::HandshakeType;

#[derive(Clone, Copy, Debug)]
pub(crate) struct CertificateRequest<'a> {
    pub(crate) context: &'a [u8],
    pub(crate) extensions: RequestExtensions<'a>,
}

extension_block! {
    RequestExtensions<'a> {
        signature_algorithms: SignatureAlgorithms<'a>,
        signature_algorithms_cert: CertificateSignatureAlgorithms<'a>,
        certificate_authorities: AuthorityNames<'a>,
        status_request: StatusAsked,
        signed_certificate_timestamp: TimestampsWanted,
        compress_certificate: CompressionAlgorithms<'a>,
    }
}

impl<'a> Message<'a> for CertificateRequest<'a> {
    const TYPE: HandshakeType = HandshakeType::CERTIFICATE_REQUEST;
    const NAME: &'static str = "CertificateRequest";

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            context: reader.vector8("certificate_request_context", 0)?,
            extensions: RequestExtensions::read(reader)?,
        })
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.block8(|out| out.raw(self.context));
        self.extensions.write(out);
    }
}
