//! CertificateRequest of TLS 1.2 (RFC 5246 section 7.4.4).

use crate::wire::Message;
use crate::wire::codec::{DecodeError, List16, Reader, Writer};
use crate::wire::extension::Extension as _;
use crate::wire::extension::certificate_authorities::AuthorityNames;
use crate::wire::registry::{HandshakeType, SignatureScheme};

/// `ClientCertificateType`: a key that signs by RSA, or by ECDSA or Ed25519 (RFC 8422 section 5.5).
pub(crate) const RSA_SIGN: u8 = 1;
pub(crate) const ECDSA_SIGN: u8 = 64;

#[derive(Clone, Copy, Debug)]
pub(crate) struct CertificateRequest12<'a> {
    pub(crate) certificate_types: &'a [u8],
    pub(crate) signature_schemes: List16<'a, SignatureScheme>,
    pub(crate) authorities: AuthorityNames<'a>,
}

impl<'a> Message<'a> for CertificateRequest12<'a> {
    const TYPE: HandshakeType = HandshakeType::CERTIFICATE_REQUEST;
    const NAME: &'static str = "CertificateRequest";

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            certificate_types: reader.vector8("certificate_types", 1)?,
            signature_schemes: List16::read(reader, "supported_signature_algorithms")?,
            authorities: AuthorityNames::read_list(reader, 0)?,
        })
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.block8(|out| out.raw(self.certificate_types));
        out.block16(|out| self.signature_schemes.write(out));
        self.authorities.write(out);
    }
}
