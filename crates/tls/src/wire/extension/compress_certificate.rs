//! `compress_certificate` (RFC 8879 section 3): the algorithms by which its sender takes compressed certificates.

use super::Extension;
use crate::wire::codec::{DecodeError, DecodeProblem, List16, Reader, Writer};
use crate::wire::registry::{CertificateCompressionAlgorithm, ExtensionType};

/// Each of them stands there once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CompressionAlgorithms<'a>(pub(crate) List16<'a, CertificateCompressionAlgorithm>);

impl<'a> CompressionAlgorithms<'a> {
    /// The extension for these, if there are any.
    pub(crate) fn offering(algorithms: &'a [CertificateCompressionAlgorithm]) -> Option<Self> {
        (!algorithms.is_empty()).then_some(Self(List16::Values(algorithms)))
    }
}

impl<'a> Extension<'a> for CompressionAlgorithms<'a> {
    const TYPE: ExtensionType = ExtensionType::COMPRESS_CERTIFICATE;

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let bytes = reader.vector8("algorithms", 2)?;
        let list = List16::over(bytes).ok_or_else(|| reader.error("algorithms", DecodeProblem::Length))?;
        let repeats = |(index, each)| list.iter().take(index).any(|earlier| earlier == each);
        if list.iter().enumerate().any(repeats) {
            return Err(reader.error("algorithms", DecodeProblem::Duplicate));
        }
        Ok(Self(list))
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.block8(|out| self.0.write(out));
    }
}
