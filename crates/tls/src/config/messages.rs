//! The Certificate messages of a credential: each form of them is encoded once, when it is first wanted.

use std::sync::OnceLock;

use rustls_pki_types::CertificateDer;

use super::CertificateCompression;
use crate::negotiate::certificate::Form;
use crate::wire::certificate::{Certificate, CertificateList, EntryExtensions};
use crate::wire::codec::Writer;
use crate::wire::compressed_certificate::CompressedCertificate;
use crate::wire::extension::signed_certificate_timestamp::Timestamps;
use crate::wire::extension::status_request::CertificateStatus;
use crate::wire::registry::CertificateCompressionAlgorithm as Algorithm;
use crate::wire::tls12::certificate::Certificate12;
use crate::wire::{HANDSHAKE_HEADER, Message as _};

/// What goes beside a certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Staples {
    /// An OCSP response: that the certificate is not revoked (RFC 6066 section 8).
    pub ocsp: bool,
    /// Signed certificate timestamps: that logs of Certificate Transparency know it (RFC 6962 section 3.3).
    pub scts: bool,
}

impl Staples {
    /// All that there are.
    pub const ALL: Self = Self { ocsp: true, scts: true };
    /// None.
    pub const NONE: Self = Self { ocsp: false, scts: false };
}

/// What a Certificate message is made of.
#[derive(Clone, Debug, Default)]
pub(super) struct Contents {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) ocsp: Option<Vec<u8>>,
    pub(super) scts: Vec<Vec<u8>>,
}

impl Contents {
    /// The whole message; `None` where it is too long.
    pub(super) fn encode(&self, context: &[u8], staples: Staples) -> Option<Vec<u8>> {
        let mut leaf = EntryExtensions::default();
        leaf.status_request = self.ocsp.as_deref().filter(|_| staples.ocsp).map(CertificateStatus);
        let scts = staples.scts && !self.scts.is_empty();
        leaf.signed_certificate_timestamp = scts.then_some(Timestamps::Values(&self.scts));
        let mut message = Vec::new();
        let list = CertificateList::Values { chain: &self.chain, leaf };
        Writer::append(&mut message, |out| Certificate { context, list }.frame(out))?;
        Some(message)
    }
}

/// The messages that have been encoded.
#[derive(Default)]
pub(super) struct Messages {
    by_staples: [Forms; 4],
    tls12: OnceLock<Vec<u8>>,
}

/// One message, as it is and compressed.
#[derive(Default)]
struct Forms {
    plain: OnceLock<Vec<u8>>,
    /// One place each for the algorithms that have a number in the registry, and one for the first of the caller's.
    compressed: [OnceLock<(Algorithm, Option<Vec<u8>>)>; 4],
}

impl Messages {
    /// The message of TLS 1.2, which is never longer than that of TLS 1.3.
    pub(super) fn tls12(&self, contents: &Contents) -> &[u8] {
        self.tls12.get_or_init(|| {
            let mut message = Vec::new();
            let written =
                Writer::append(&mut message, |out| Certificate12::Values(&contents.chain).frame(out));
            written.map(|()| message).unwrap_or_default()
        })
    }

    /// The message in this form, with an empty request context.
    pub(super) fn get(&self, contents: &Contents, form: Form) -> &[u8] {
        let staples = Staples {
            ocsp: form.staples.ocsp && contents.ocsp.is_some(),
            scts: form.staples.scts && !contents.scts.is_empty(),
        };
        let [without, ocsp, scts, both] = &self.by_staples;
        let forms = match (staples.ocsp, staples.scts) {
            (false, false) => without,
            (true, false) => ocsp,
            (false, true) => scts,
            (true, true) => both,
        };
        let plain = forms.plain.get_or_init(|| contents.encode(&[], staples).unwrap_or_default());
        form.compression.and_then(|compression| forms.compressed(compression, plain)).unwrap_or(plain)
    }
}

impl Forms {
    /// The compressed message; `None` where it cannot be compressed, or another algorithm of the caller's was first.
    fn compressed(&self, compression: CertificateCompression, plain: &[u8]) -> Option<&[u8]> {
        let algorithm = compression.algorithm();
        let [zlib, brotli, zstd, other] = &self.compressed;
        let place = match algorithm {
            Algorithm::ZLIB => zlib,
            Algorithm::BROTLI => brotli,
            Algorithm::ZSTD => zstd,
            _ => other,
        };
        let (of, message) = place.get_or_init(|| (algorithm, compress(compression, plain)));
        message.as_deref().filter(|_| *of == algorithm)
    }
}

fn compress(compression: CertificateCompression, plain: &[u8]) -> Option<Vec<u8>> {
    let body = plain.get(HANDSHAKE_HEADER..)?;
    let small = compression.compress(body)?;
    let compressed = CompressedCertificate {
        algorithm: compression.algorithm(),
        uncompressed_length: u32::try_from(body.len()).ok()?,
        message: &small,
    };
    let mut message = Vec::new();
    Writer::append(&mut message, |out| compressed.frame(out))?;
    Some(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever asks again is lent the same bytes.
    #[test]
    fn each_form_is_encoded_once() {
        let contents = Contents {
            chain: vec![CertificateDer::from(vec![7; 500])],
            ocsp: Some(b"response".to_vec()),
            scts: Vec::new(),
        };
        let messages = Messages::default();
        let form = |staples, compression| Form { staples, compression };
        let plain = messages.get(&contents, form(Staples::NONE, None));
        // There are no timestamps to send.
        let scts = Staples { scts: true, ..Staples::NONE };
        assert_eq!(messages.get(&contents, form(scts, None)).as_ptr(), plain.as_ptr());
        let stapled = messages.get(&contents, form(Staples::ALL, None));
        assert!(stapled.len() > plain.len() + b"response".len());
        for compression in CertificateCompression::ALL {
            let small = messages.get(&contents, form(Staples::ALL, Some(*compression)));
            assert!(small.len() < plain.len(), "{compression:?}");
            let again = messages.get(&contents, form(Staples::ALL, Some(*compression)));
            assert_eq!(again.as_ptr(), small.as_ptr(), "{compression:?}");
        }
    }
}
