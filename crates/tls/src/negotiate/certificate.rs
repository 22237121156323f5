//! In which form the peer takes a certificate: what goes beside it, and how it is compressed.

use crate::config::{CertificateCompression, Staples};
use crate::wire::certificate_request::RequestExtensions;
use crate::wire::client_hello::ClientExtensions;
use crate::wire::extension::compress_certificate::CompressionAlgorithms;
use crate::wire::extension::status_request::StatusWanted;
use crate::wire::registry::CertificateCompressionAlgorithm;

/// What the peer wants of a Certificate message, as far as this side can do it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Form {
    pub(crate) staples: Staples,
    pub(crate) compression: Option<CertificateCompression>,
}

impl Form {
    /// What a client's hello wants.
    pub(crate) fn of_hello(hello: &ClientExtensions<'_>, ours: &[CertificateCompression]) -> Self {
        let staples = Staples {
            ocsp: hello.status_request == Some(StatusWanted::Ocsp),
            scts: hello.signed_certificate_timestamp.is_some(),
        };
        Self { staples, compression: choose(ours, hello.compress_certificate) }
    }

    /// What a server's CertificateRequest wants.
    pub(crate) fn of_request(request: &RequestExtensions<'_>, ours: &[CertificateCompression]) -> Self {
        let staples = Staples {
            ocsp: request.status_request.is_some(),
            scts: request.signed_certificate_timestamp.is_some(),
        };
        Self { staples, compression: choose(ours, request.compress_certificate) }
    }
}

/// The best of our algorithms that the peer takes.
fn choose(
    ours: &[CertificateCompression],
    theirs: Option<CompressionAlgorithms<'_>>,
) -> Option<CertificateCompression> {
    let theirs = theirs?.0;
    ours.iter().find(|ours| theirs.contains(ours.algorithm())).copied()
}

/// The numbers of these algorithms, for an extension.
pub(crate) fn algorithms(ours: &[CertificateCompression]) -> Vec<CertificateCompressionAlgorithm> {
    ours.iter().map(|ours| ours.algorithm()).collect()
}
