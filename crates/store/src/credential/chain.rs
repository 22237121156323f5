//! The certificates of a file put into the order in which they are sent.

use bulla_x509::certificate::Certificate;
use rustls_pki_types::{CertificateDer, UnixTime};

use super::files::{CertificateFile, Entry, KeyFile};
use super::{Fault, FileError, Note};

/// The certificate of the key, then each one's issuer as far as the file has it, then the rest (another path
/// to a root, perhaps).
pub(super) struct Chain<'a> {
    file: &'a CertificateFile,
    leaf: Link<'a>,
    /// The authorities above the leaf, each the issuer of the one before it.
    issuers: Vec<Link<'a>>,
    others: Vec<Link<'a>>,
}

/// A certificate and where it stands in the file.
struct Link<'a> {
    index: usize,
    entry: &'a Entry,
    certificate: Certificate<'a>,
}

impl<'a> Chain<'a> {
    /// Finds the certificate that belongs to the key, and what belongs above it.
    pub(super) fn of(file: &'a CertificateFile, key: &KeyFile) -> Result<Self, FileError> {
        let mut others = Link::all(file)?;
        let Some(leaf) = others.iter().position(|link| link.is_for(key)) else {
            return Err(mismatch(file, &others, key));
        };
        let leaf = others.remove(leaf);
        let mut issuers: Vec<Link<'_>> = Vec::new();
        while let Some(next) =
            others.iter().position(|other| other.may_have_issued(issuers.last().unwrap_or(&leaf)))
        {
            issuers.push(others.remove(next));
        }
        Ok(Self { file, leaf, issuers, others })
    }

    /// The leaf must be valid now. The authorities are for the client to judge, who may know another path.
    pub(super) fn check_leaf_validity(&self, now: UnixTime) -> Result<(), FileError> {
        let Link { entry, certificate, .. } = &self.leaf;
        let (from, until) = (certificate.not_before(), certificate.not_after());
        let subject = title(certificate);
        let fault = if now < from {
            Fault::NotYetValid { subject, from, now }
        } else if now > until {
            Fault::Expired { subject, until, now }
        } else {
            return Ok(());
        };
        Err(FileError::new(&self.file.path, entry.place, fault))
    }

    pub(super) fn notes(&self, now: UnixTime) -> Vec<Note> {
        let path = || self.file.path.clone();
        let mut notes = Vec::new();
        if !self.links().is_sorted_by_key(|link| link.index) {
            notes.push(Note::Reordered { path: path() });
        }
        let leaf = &self.leaf.certificate;
        if self.issuers.is_empty() && !leaf.is_self_issued() {
            let (subject, issuer) = (title(leaf), leaf.issuer().to_string());
            notes.push(Note::MissingIntermediate { path: path(), subject, issuer });
        }
        notes.extend(self.issuers.iter().filter(|link| link.certificate.not_after() < now).map(|link| {
            Note::AuthorityExpired {
                path: path(),
                place: link.entry.place,
                subject: title(&link.certificate),
                until: link.certificate.not_after(),
            }
        }));
        notes
    }

    pub(super) fn to_der(&self) -> Vec<CertificateDer<'static>> {
        self.links().map(|link| link.entry.der.clone()).collect()
    }

    fn links(&self) -> impl Iterator<Item = &Link<'a>> {
        [&self.leaf].into_iter().chain(&self.issuers).chain(&self.others)
    }
}

impl<'a> Link<'a> {
    /// The certificates of a file, each once.
    fn all(file: &'a CertificateFile) -> Result<Vec<Self>, FileError> {
        let mut links: Vec<Self> = Vec::new();
        for (index, entry) in file.entries.iter().enumerate() {
            let certificate = Certificate::parse(&entry.der)
                .map_err(|error| FileError::new(&file.path, entry.place, Fault::BrokenCertificate(error)))?;
            if links.iter().all(|link| link.entry.der != entry.der) {
                links.push(Self { index, entry, certificate });
            }
        }
        Ok(links)
    }

    fn is_for(&self, key: &KeyFile) -> bool {
        let public = self.certificate.public_key();
        public.is_ok_and(|public| {
            public.kind() == key.key.kind() && public.as_bytes() == key.key.public_key_bits()
        })
    }

    /// By name and key identifier, as RFC 5280 section 4.2.1.1 means them for finding, without proof.
    fn may_have_issued(&self, below: &Self) -> bool {
        let (above, below) = (&self.certificate, &below.certificate);
        let identified = match (above.subject_key_identifier(), below.authority_key_identifier()) {
            (Some(own), Some(wanted)) => own == wanted,
            _ => true,
        };
        above.subject() == below.issuer() && identified
    }
}

/// No certificate is that of the key: the first one is named, since it should have been.
fn mismatch(file: &CertificateFile, links: &[Link<'_>], key: &KeyFile) -> FileError {
    let Some(Link { entry, certificate, .. }) = links.first() else {
        return FileError::new(&file.path, None, Fault::NoCertificate { found: Vec::new() });
    };
    let subject = title(certificate);
    let fault = match certificate.public_key() {
        Err(problem) => Fault::BadPublicKey { subject, problem },
        Ok(_) => Fault::Mismatch {
            subject,
            certified: certificate.public_key_name(),
            key: key.path.clone(),
            kind: key.key.kind().to_string(),
        },
    };
    FileError::new(&file.path, entry.place, fault)
}

/// Whom a certificate speaks of, safe to print: its subject, or its first name when it has none.
fn title(certificate: &Certificate<'_>) -> String {
    if certificate.subject().is_empty() {
        let first = certificate.subject_alternative_names().next();
        return first.map_or_else(|| "nobody".into(), |name| name.to_string());
    }
    certificate.subject().to_string()
}
