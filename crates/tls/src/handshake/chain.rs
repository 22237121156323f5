//! The peer's Certificate message, compressed or not: what was asked of it, and what it shows.

use rustls_pki_types::CertificateDer;

use super::mailbox::{Incoming, Mailbox};
use crate::config::{CertificateCompression, ClientConfig, Limits, ServerConfig, Staples};
use crate::error::{Error, Violation};
use crate::wire::Message as _;
use crate::wire::certificate::{Certificate, CertificateEntry};
use crate::wire::compressed_certificate::CompressedCertificate;
use crate::wire::extension::signed_certificate_timestamp::Timestamps;
use crate::wire::registry::{ExtensionType, HandshakeType};
use crate::wire::tls12::certificate::Certificate12;

/// What the peer was asked for.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) staples: Staples,
    pub(super) compression: &'a [CertificateCompression],
    pub(super) limits: Limits,
    /// The context of the request that asked.
    pub(super) context: &'a [u8],
}

/// What the peer shows: its chain, leaf first, and what is stapled to the leaf.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) ocsp: Option<Vec<u8>>,
    pub(super) scts: Vec<Vec<u8>>,
}

/// What a ServerHello of TLS 1.2 says of staples: the response follows the certificate, the timestamps are in it.
pub(super) struct Stapled12 {
    pub(super) status_follows: bool,
    pub(super) scts: Vec<Vec<u8>>,
}

impl<'a> Asked<'a> {
    /// What a client's hello asked for.
    pub(super) fn by_client(config: &'a ClientConfig) -> Self {
        let (staples, compression, limits) = (config.staples, &config.compression, config.limits);
        Self { staples, compression, limits, context: &[] }
    }

    /// What a server's CertificateRequest asked for.
    pub(super) fn by_server(config: &'a ServerConfig) -> Self {
        let (staples, compression, limits) = (config.staples, &config.compression, config.limits);
        Self { staples, compression, limits, context: &[] }
    }

    /// The messages that may answer.
    pub(super) fn due(self) -> &'static [HandshakeType] {
        match self.compression {
            [] => &[HandshakeType::CERTIFICATE],
            _ => &[HandshakeType::CERTIFICATE, HandshakeType::COMPRESSED_CERTIFICATE],
        }
    }

    /// The messages that may come where the server may ask for a certificate first.
    pub(super) fn due_or_request(self) -> &'static [HandshakeType] {
        match self.compression {
            [] => &[HandshakeType::CERTIFICATE_REQUEST, HandshakeType::CERTIFICATE],
            _ => &[
                HandshakeType::CERTIFICATE_REQUEST,
                HandshakeType::CERTIFICATE,
                HandshakeType::COMPRESSED_CERTIFICATE,
            ],
        }
    }

    /// Reads what the peer shows in TLS 1.2; an empty chain is `None`.
    pub(super) fn read12(self, message: &Incoming) -> Result<Option<Shown>, Error> {
        let mut chain = Vec::new();
        for certificate in message.parse::<Certificate12>()?.certificates() {
            if chain.len() >= self.limits.certificates {
                return Err(Violation::TooManyCertificates(self.limits.certificates).into());
            }
            chain.push(CertificateDer::from(certificate).into_owned());
        }
        Ok((!chain.is_empty()).then_some(Shown { chain, ocsp: None, scts: Vec::new() }))
    }

    /// Reads what the peer shows; an empty chain is `None`.
    pub(super) fn read(self, message: &Incoming) -> Result<Option<Shown>, Error> {
        if message.kind() == HandshakeType::COMPRESSED_CERTIFICATE {
            return self.read_certificate(&Certificate::parse(&self.inflate(&message.parse()?)?)?);
        }
        self.read_certificate(&message.parse()?)
    }

    /// RFC 8879 section 4: If the received CompressedCertificate message cannot be decompressed, the connection MUST
    /// be terminated with the "bad_certificate" alert; so too where the length is not as declared. One that declares
    /// more than a Certificate message may have is refused before it is inflated.
    fn inflate(self, compressed: &CompressedCertificate<'_>) -> Result<Vec<u8>, Error> {
        let algorithm = compressed.algorithm;
        let known = self.compression.iter().find(|known| known.algorithm() == algorithm);
        let known = known.ok_or(Violation::CompressionNotOffered(algorithm))?;
        let length = usize::try_from(compressed.uncompressed_length).unwrap_or(usize::MAX);
        if length > self.limits.message {
            let (kind, limit) = (HandshakeType::COMPRESSED_CERTIFICATE, self.limits.message);
            return Err(Violation::MessageTooLong { kind, length, limit }.into());
        }
        known.inflate(compressed.message, length).ok_or_else(|| Violation::CompressedCertificate.into())
    }

    fn read_certificate(self, message: &Certificate<'_>) -> Result<Option<Shown>, Error> {
        // RFC 9846 section 4.5.1: in the case of server authentication, this field SHALL be zero length; a client
        // repeats that of the request.
        if message.context != self.context {
            return Err(Violation::RequestContext { message: "Certificate" }.into());
        }
        let mut shown: Option<Shown> = None;
        for entry in message.list.entries() {
            self.check_extensions(&entry)?;
            let certificate = CertificateDer::from(entry.data).into_owned();
            let Some(shown) = &mut shown else {
                let ocsp = entry.extensions.status_request.map(|status| status.0.to_vec());
                let scts = entry.extensions.signed_certificate_timestamp;
                let scts = scts.into_iter().flat_map(Timestamps::iter).map(<[u8]>::to_vec).collect();
                let count = message.list.entries().take(self.limits.certificates).count();
                let mut chain = Vec::with_capacity(count);
                chain.push(certificate);
                shown = Some(Shown { chain, ocsp, scts });
                continue;
            };
            if shown.chain.len() >= self.limits.certificates {
                return Err(Violation::TooManyCertificates(self.limits.certificates).into());
            }
            shown.chain.push(certificate);
        }
        Ok(shown)
    }

    /// RFC 9846 section 4.5.1: Extensions in the Certificate message from the server MUST correspond to ones from the
    /// ClientHello message; from the client, to ones from the CertificateRequest.
    fn check_extensions(self, entry: &CertificateEntry<'_>) -> Result<(), Violation> {
        let asked = |extension| match extension {
            ExtensionType::STATUS_REQUEST => self.staples.ocsp,
            ExtensionType::SIGNED_CERTIFICATE_TIMESTAMP => self.staples.scts,
            _ => false,
        };
        match entry.extensions.kinds().find(|kind| !asked(*kind)) {
            Some(extension) => Err(Violation::UnsolicitedExtension { message: "Certificate", extension }),
            None => Ok(()),
        }
    }
}

impl Shown {
    /// Writes down what was shown.
    pub(super) fn note(&self, talk: &Mailbox) {
        talk.note(|facts| {
            facts.peer_certificates.clone_from(&self.chain);
            facts.peer_ocsp.clone_from(&self.ocsp);
            facts.peer_scts.clone_from(&self.scts);
        });
    }
}
