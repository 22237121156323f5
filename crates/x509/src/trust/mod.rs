//! Whom to believe: sets of certificates that need no proof.

mod key;
mod limits;
mod mozilla;
mod name_hash;

pub(crate) use key::AnchorKey;
pub use limits::{AnchorLimits, LimitBreach};

use crate::{
    certificate::{Certificate, layout::Layout},
    fault::ParseError,
    name::DistinguishedName,
    text::{Plain, hex},
};
use bulla_crypto::hash::HashAlgorithm;
use bulla_crypto::pem::{self, PemError};
use name_hash::NameHasher;
use rustls_pki_types::CertificateDer;
use std::{collections::HashMap, fmt, hash::BuildHasherDefault, path::Path, sync::Arc};

/// A set of trust anchors, found by subject. Cloning shares the set.
///
/// ```
/// use bulla_x509::trust::TrustAnchors;
/// assert!(TrustAnchors::mozilla().len() > 100);
/// ```
#[derive(Clone, Default)]
pub struct TrustAnchors(Arc<Set>);

#[derive(Clone, Default)]
struct Set {
    certificates: Vec<CertificateDer<'static>>,
    /// What was read of each, so that no connection reads it again.
    layouts: Vec<Layout>,
    keys: Vec<AnchorKey>,
    by_subject: HashMap<Box<[u8]>, Vec<usize>, BuildHasherDefault<NameHasher>>,
    /// By the anchor's DER; most have none.
    limits: HashMap<Box<[u8]>, AnchorLimits>,
}

/// Why trust anchors could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnchorError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    File {
        /// The file.
        path: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Broken PEM; the error says where.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// A certificate that does not parse.
    #[error("{place}: not a certificate: {source}")]
    Certificate {
        /// The line in the PEM text, or the file.
        place: String,
        /// What is wrong with it.
        source: ParseError,
    },
    /// There is no certificate in the text.
    #[error(
        "there is no certificate in it: a section that begins with -----BEGIN CERTIFICATE----- is needed"
    )]
    NoCertificate,
    /// The system has no store, or none that can be read.
    #[error(
        "the system's store of authorities holds nothing readable{0}: name a file of authorities instead"
    )]
    NoSystemStore(String),
}

impl TrustAnchors {
    /// No anchors: trusts nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a certificate in DER; one that is there already is not added again.
    ///
    /// # Errors
    /// When it does not parse.
    pub fn add_certificate(&mut self, der: &[u8]) -> Result<(), ParseError> {
        let certificate = Certificate::parse(der)?;
        let subject = certificate.subject();
        if self.named(&subject).find(der).is_some() {
            return Ok(());
        }
        let set = Arc::make_mut(&mut self.0);
        set.by_subject.entry(subject.der().into()).or_default().push(set.certificates.len());
        set.certificates.push(CertificateDer::from(der.to_vec()));
        set.layouts.push(certificate.into_layout());
        set.keys.push(AnchorKey::default());
        Ok(())
    }

    /// The certificates of a PEM text; sections of other kinds are passed over.
    ///
    /// # Errors
    /// Broken PEM, a broken certificate (with its line), or no certificate at all.
    pub fn from_pem(text: &[u8]) -> Result<Self, AnchorError> {
        let mut anchors = Self::new();
        for section in pem::read(text)?.iter().filter(|section| section.label == "CERTIFICATE") {
            let added = anchors.add_certificate(&section.der);
            let place = || format!("the certificate at line {}", section.line);
            added.map_err(|source| AnchorError::Certificate { place: place(), source })?;
        }
        if anchors.is_empty() { Err(AnchorError::NoCertificate) } else { Ok(anchors) }
    }

    /// The certificates of a file: PEM, or one certificate in DER.
    ///
    /// # Errors
    /// As [`from_pem`](Self::from_pem), and when the file cannot be read.
    pub fn from_pem_file(path: impl AsRef<Path>) -> Result<Self, AnchorError> {
        let path = path.as_ref();
        let shown = || Plain(&path.display().to_string()).to_string();
        let bytes = std::fs::read(path).map_err(|source| AnchorError::File { path: shown(), source })?;
        // DER begins with the tag of a SEQUENCE and a length in long form; PEM is text.
        if !matches!(bytes.as_slice(), [0x30, 0x80..=0x84, ..]) {
            return Self::from_pem(&bytes);
        }
        let mut anchors = Self::new();
        anchors
            .add_certificate(&bytes)
            .map_err(|source| AnchorError::Certificate { place: shown(), source })?;
        Ok(anchors)
    }

    /// The system's store. Certificates in it that do not parse are passed over.
    ///
    /// # Errors
    /// When nothing in it is readable.
    pub fn system() -> Result<Self, AnchorError> {
        let found = rustls_native_certs::load_native_certs();
        let anchors = Self::from_parsable(&found.certs);
        if anchors.is_empty() {
            let reason = found.errors.first().map(|error| format!(" ({})", Plain(&error.to_string())));
            return Err(AnchorError::NoSystemStore(reason.unwrap_or_default()));
        }
        Ok(anchors)
    }

    /// Mozilla's set of public authorities, as of the version of `webpki-root-certs`, with the limits that
    /// Mozilla sets some of them.
    pub fn mozilla() -> Self {
        let mut anchors = Self::from_parsable(webpki_root_certs::TLS_SERVER_ROOT_CERTS);
        for der in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
            if let Some(limits) = mozilla::limits(der) {
                anchors.set_limits(der, limits);
            }
        }
        anchors
    }

    /// Whether Mozilla's set has the certificate with this SHA-256 fingerprint, written as in
    /// [`Link::fingerprint`](crate::verdict::Link::fingerprint).
    pub fn mozilla_has(fingerprint: &str) -> bool {
        let digest = |der: &CertificateDer<'_>| hex(HashAlgorithm::Sha256.hash(der).as_ref());
        webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().any(|der| digest(der) == fingerprint)
    }

    /// What the store adds to this anchor, if anything: from when, until when and for which names it counts.
    pub fn limits(&self, der: &[u8]) -> Option<&AnchorLimits> {
        self.0.limits.get(der)
    }

    fn set_limits(&mut self, der: &[u8], limits: AnchorLimits) {
        let set = Arc::make_mut(&mut self.0);
        if limits.is_empty() {
            set.limits.remove(der);
        } else {
            set.limits.insert(der.into(), limits);
        }
    }

    /// How many anchors there are.
    pub fn len(&self) -> usize {
        self.0.certificates.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.certificates.is_empty()
    }

    /// The certificates, in the order in which they were added.
    pub fn certificates(&self) -> &[CertificateDer<'static>] {
        &self.0.certificates
    }

    /// Whether exactly this certificate is an anchor.
    pub fn contains(&self, der: &[u8]) -> bool {
        // What does not parse was never added.
        Certificate::parse(der).is_ok_and(|known| self.named(&known.subject()).find(der).is_some())
    }

    /// The anchors with this subject.
    pub(crate) fn named(&self, subject: &DistinguishedName<'_>) -> Namesakes<'_> {
        let places = self.0.by_subject.get(subject.der()).map(Vec::as_slice).unwrap_or_default();
        Namesakes { set: &self.0, places }
    }

    /// Whether an anchor has limits.
    pub(crate) fn has_limits(&self) -> bool {
        !self.0.limits.is_empty()
    }

    fn from_parsable(certificates: &[CertificateDer<'_>]) -> Self {
        let mut anchors = Self::new();
        for der in certificates {
            let _unreadable = anchors.add_certificate(der);
        }
        anchors
    }
}

/// Anchors of one name.
#[derive(Clone, Copy)]
pub(crate) struct Namesakes<'a> {
    set: &'a Set,
    places: &'a [usize],
}

impl<'a> Namesakes<'a> {
    pub(crate) fn is_empty(self) -> bool {
        self.places.is_empty()
    }

    /// The key of the one with this encoding.
    pub(crate) fn find(self, der: &[u8]) -> Option<&'a AnchorKey> {
        let is_it =
            |place: &&usize| self.set.certificates.get(**place).is_some_and(|known| known.as_ref() == der);
        self.places.iter().find(is_it).and_then(|place| self.set.keys.get(*place))
    }

    /// Each with its key.
    pub(crate) fn iter(self) -> impl Iterator<Item = (Certificate<'a>, &'a AnchorKey)> + use<'a> {
        let Self { set, places } = self;
        places.iter().filter_map(|place| {
            let certificate = Certificate::known(set.certificates.get(*place)?, set.layouts.get(*place)?);
            Some((certificate, set.keys.get(*place)?))
        })
    }
}

impl fmt::Debug for TrustAnchors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrustAnchors({})", self.len())
    }
}

#[cfg(test)]
mod tests;
