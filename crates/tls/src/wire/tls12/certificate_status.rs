//! CertificateStatus (RFC 6066 section 8): the stapled OCSP response, as a message of its own.

use crate::wire::Message;
use crate::wire::codec::{DecodeError, Reader, Writer};
use crate::wire::extension::Extension as _;
use crate::wire::extension::status_request::CertificateStatus;
use crate::wire::registry::HandshakeType;

/// What TLS 1.3 has as an extension beside the certificate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CertificateStatus12<'a>(pub(crate) CertificateStatus<'a>);

impl<'a> Message<'a> for CertificateStatus12<'a> {
    const TYPE: HandshakeType = HandshakeType::CERTIFICATE_STATUS;
    const NAME: &'static str = "CertificateStatus";

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        CertificateStatus::read(reader).map(Self)
    }

    fn write(&self, out: &mut Writer<'_>) {
        self.0.write(out);
    }
}
