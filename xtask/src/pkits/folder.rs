//! The suite's certificates and revocation lists, and which of them belong to an end entity.

use std::path::Path;

use bulla_x509::certificate::Certificate;
use bulla_x509::name::DistinguishedName;
use bulla_x509::revocation::RevocationList;
use bulla_x509::trust::TrustAnchors;
use rustls_pki_types::CertificateDer;

use crate::failure::Failure;

/// Everything there is.
pub(super) struct Folder {
    /// Name of the file without its ending, and DER.
    certificates: Vec<(String, Vec<u8>)>,
    lists: Vec<Vec<u8>>,
    pub(super) anchors: TrustAnchors,
}

/// What belongs to one end entity.
pub(super) struct Case<'a> {
    /// The end entity first.
    pub(super) chain: Vec<CertificateDer<'a>>,
    lists: Vec<&'a [u8]>,
}

impl Folder {
    pub(super) fn read(data: &Path) -> Result<Self, Failure> {
        let certificates = files(&data.join("certs"), "crt")?;
        let lists = files(&data.join("crls"), "crl")?.into_iter().map(|(_, der)| der).collect();
        let mut anchors = TrustAnchors::new();
        let anchor = certificates.iter().find(|(name, _)| name == "TrustAnchorRootCertificate");
        let (_, anchor) = anchor.ok_or_else(|| Failure::new("pkits: the trust anchor is not there"))?;
        anchors.add_certificate(anchor).map_err(|error| Failure::new(error.to_string()))?;
        Ok(Self { certificates, lists, anchors })
    }

    /// The end entity of this name, and the certificates and lists of all authorities that it leads to: those that
    /// issued a certificate, and those that sign its list.
    pub(super) fn case(&self, leaf: &str) -> Result<Case<'_>, Failure> {
        let found = self.certificates.iter().find(|(name, _)| name == leaf);
        let (_, leaf) = found.ok_or_else(|| Failure::new(format!("pkits: {leaf} is not there")))?;
        let mut chain: Vec<&[u8]> = vec![leaf];
        let mut next = 0;
        while let Some(der) = chain.get(next) {
            next += 1;
            let Ok(certificate) = Certificate::parse(der) else { continue };
            for (_, other) in &self.certificates {
                let is_asked = Certificate::parse(other)
                    .is_ok_and(|other| leads_to(&certificate).any(|name| name.is_same(&other.subject())));
                if is_asked && !chain.contains(&other.as_slice()) {
                    chain.push(other);
                }
            }
        }
        let lists = self.lists.iter().map(Vec::as_slice).filter(|list| speaks_of(list, &chain)).collect();
        Ok(Case { chain: chain.into_iter().map(CertificateDer::from).collect(), lists })
    }
}

/// Who issued a certificate, and who signs the lists that it may be on.
fn leads_to<'a>(certificate: &Certificate<'a>) -> impl Iterator<Item = DistinguishedName<'a>> + use<'a> {
    std::iter::once(certificate.issuer()).chain(certificate.list_issuers())
}

/// Whether a certificate leads to the issuer of the list.
fn speaks_of(list: &[u8], chain: &[&[u8]]) -> bool {
    RevocationList::parse(list).is_ok_and(|list| {
        let certificates = chain.iter().filter_map(|der| Certificate::parse(der).ok());
        certificates.into_iter().any(|it| leads_to(&it).any(|name| name.is_same(&list.issuer())))
    })
}

impl<'a> Case<'a> {
    /// A feature that the verifier lacks and the case needs.
    pub(super) fn missing(&self) -> Option<&'static str> {
        let mut certificates = self.chain.iter().filter_map(|der| Certificate::parse(der).ok());
        let has_dsa = certificates.any(|certificate| certificate.public_key_name() == "DSA");
        has_dsa.then_some("DSA, which no profile permits")
    }

    pub(super) fn lists(&self) -> Result<Vec<RevocationList<'a>>, Failure> {
        let lists = self.lists.iter().map(|der| RevocationList::parse(der));
        lists.collect::<Result<_, _>>().map_err(|error| Failure::new(format!("a list of the suite: {error}")))
    }
}

fn files(folder: &Path, ending: &str) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| Failure::at(folder, &error))? {
        let path = entry?.path();
        if path.extension().is_some_and(|known| known == ending) {
            let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            found.push((name, std::fs::read(&path).map_err(|error| Failure::at(&path, &error))?));
        }
    }
    found.sort();
    Ok(found)
}
