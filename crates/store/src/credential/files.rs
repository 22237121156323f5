//! The two files, read and decoded, each error with its place.

use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use bulla_crypto::pem::{self, Section};
use bulla_crypto::private_key::{KeyError, PrivateKey};
use bulla_x509::certificate::{Certificate, ParseError};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use super::{Fault, FileError, Note, Place};
use crate::whole;

const CERTIFICATE: &str = "CERTIFICATE";
const OPENSSH_KEY: &str = "OPENSSH PRIVATE KEY";

/// A file of certificates.
#[derive(Debug)]
pub(super) struct CertificateFile {
    pub(super) path: PathBuf,
    pub(super) entries: Vec<Entry>,
}

/// One certificate in a file; it has been parsed once, so it parses.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) der: CertificateDer<'static>,
    pub(super) place: Option<Place>,
}

impl CertificateFile {
    pub(super) fn open(path: &Path) -> Result<Self, FileError> {
        Self::parse(path, &read(path)?.0)
    }

    pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, FileError> {
        let entries = match Document::of(path, bytes)? {
            Document::Pem(sections) => certificate_sections(path, sections)?,
            Document::Der => vec![Entry { der: bytes.to_vec().into(), place: None }],
        };
        for entry in &entries {
            Certificate::parse(&entry.der)
                .map_err(|error| FileError::new(path, entry.place, broken_certificate(entry, error)))?;
        }
        Ok(Self { path: path.to_owned(), entries })
    }

    pub(super) fn into_der(self) -> Vec<CertificateDer<'static>> {
        self.entries.into_iter().map(|entry| entry.der).collect()
    }
}

fn certificate_sections(path: &Path, sections: Vec<Section>) -> Result<Vec<Entry>, FileError> {
    let labels: Vec<_> = sections.iter().map(|section| section.label.clone()).collect();
    let certificates = sections.into_iter().filter(|section| section.label == CERTIFICATE);
    let entries: Vec<_> = certificates
        .map(|section| Entry { place: Some(at(section.line)), der: section.into_der().into() })
        .collect();
    if entries.is_empty() {
        return Err(FileError::new(path, None, Fault::NoCertificate { found: labels }));
    }
    Ok(entries)
}

/// A DER file has no label that tells a key, given by mistake, from a certificate.
fn broken_certificate(entry: &Entry, error: ParseError) -> Fault {
    match PrivateKeyDer::try_from(entry.der.as_ref()) {
        Ok(_) if entry.place.is_none() => Fault::NoCertificate { found: vec![pem::PKCS8.into()] },
        _ => Fault::BrokenCertificate(error),
    }
}

/// A file with a private key.
#[derive(Debug)]
pub(super) struct KeyFile {
    pub(super) path: PathBuf,
    pub(super) key: PrivateKey,
    /// The permission bits of the file, when it is one.
    mode: Option<u32>,
}

impl KeyFile {
    pub(super) fn open(path: &Path) -> Result<Self, FileError> {
        let (bytes, mode) = read(path)?;
        Ok(Self { mode, ..Self::parse(path, &bytes)? })
    }

    pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, FileError> {
        let key = match Document::of(path, bytes)? {
            Document::Pem(sections) => key_section(path, &sections)?,
            Document::Der => key_der(path, bytes)?,
        };
        Ok(Self { path: path.to_owned(), key, mode: None })
    }

    /// A group may be let in on purpose, as Debian does with `ssl-cert`; everyone may not.
    pub(super) fn note(&self) -> Option<Note> {
        let mode = self.mode.filter(|mode| mode & 0o007 != 0)?;
        Some(Note::KeyReadableByAll { path: self.path.clone(), mode })
    }
}

fn key_section(path: &Path, sections: &[Section]) -> Result<PrivateKey, FileError> {
    let mut keys = sections.iter().filter(|section| section.is_private_key());
    let Some(section) = keys.next() else {
        let found = sections.iter().map(|section| section.label.clone()).collect();
        return Err(FileError::new(path, None, Fault::NoKey { found }));
    };
    let refused = |fault| Err(FileError::new(path, Some(at(section.line)), fault));
    if let Some(other) = keys.next() {
        return refused(Fault::SeveralKeys { other: other.line });
    }
    if section.encrypted {
        let is_pkcs8 = section.label == pem::ENCRYPTED_PKCS8;
        return refused(if is_pkcs8 { Fault::EncryptedKey } else { Fault::OldEncryption });
    }
    match section.private_key() {
        Some(der) => PrivateKey::from_der(&der).or_else(|error| refused(Fault::BadKey(error))),
        None if section.label == OPENSSH_KEY => refused(Fault::OpenSshKey),
        None => refused(Fault::BadKey(KeyError::Malformed("PKCS#8, SEC 1 or PKCS#1 key"))),
    }
}

fn key_der(path: &Path, bytes: &[u8]) -> Result<PrivateKey, FileError> {
    let refused = |fault| Err(FileError::new(path, None, fault));
    if Certificate::parse(bytes).is_ok() {
        return refused(Fault::NoKey { found: vec![CERTIFICATE.into()] });
    }
    if is_encrypted_key(bytes) {
        return refused(Fault::EncryptedKey);
    }
    match PrivateKeyDer::try_from(bytes) {
        Ok(der) => PrivateKey::from_der(&der).or_else(|error| refused(Fault::BadKey(error))),
        Err(_) => refused(Fault::BadKey(KeyError::Malformed("PKCS#8, SEC 1 or PKCS#1 key"))),
    }
}

/// `EncryptedPrivateKeyInfo` (RFC 5958, 3): a sequence that begins with the identifier of an algorithm of
/// PKCS#5 (1.2.840.113549.1.5) or PKCS#12 (1.2.840.113549.1.12), where a plain key has its version.
fn is_encrypted_key(bytes: &[u8]) -> bool {
    const PKCS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01];
    let Some([0x30, inside @ ..]) = contents(bytes) else { return false };
    let head = inside.get(..16).unwrap_or(inside);
    head.windows(PKCS.len() + 1).any(|part| matches!(part.split_last(), Some((0x05 | 0x0c, PKCS))))
}

/// What a file holds.
enum Document {
    Pem(Vec<Section>),
    Der,
}

impl Document {
    fn of(path: &Path, bytes: &[u8]) -> Result<Self, FileError> {
        let is_text = bytes.windows(10).any(|part| part == b"-----BEGIN")
            || bytes.windows(8).any(|part| part == b"-----END");
        if !is_text && contents(bytes).is_some() {
            return if is_pkcs12(bytes) {
                Err(FileError::new(path, None, Fault::Pkcs12))
            } else {
                Ok(Self::Der)
            };
        }
        let sections = pem::read(bytes).map_err(|error| {
            let place = Place { line: error.line, column: Some(error.column) };
            FileError::new(path, Some(place), Fault::BrokenPem(error.problem))
        })?;
        if sections.is_empty() && !bytes.is_empty() && std::str::from_utf8(bytes).is_err() {
            return Err(FileError::new(path, None, Fault::Unrecognised));
        }
        Ok(Self::Pem(sections))
    }
}

/// `PFX` (RFC 7292, 4) begins with version 3, which no certificate and no key does.
fn is_pkcs12(bytes: &[u8]) -> bool {
    contents(bytes).is_some_and(|inside| inside.starts_with(&[0x02, 0x01, 0x03]))
}

/// What follows the header of a DER sequence.
fn contents(bytes: &[u8]) -> Option<&[u8]> {
    let [0x30, length, rest @ ..] = bytes else { return None };
    match length {
        0..=0x7f => Some(rest),
        0x81..=0x84 => rest.get(usize::from(length & 0x7f)..),
        _ => None,
    }
}

fn read(path: &Path) -> Result<(Zeroizing<Vec<u8>>, Option<u32>), FileError> {
    let unreadable = |error| FileError::new(path, None, Fault::Unreadable(error));
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    let mode = metadata.is_file().then(|| metadata.mode() & 0o7777);
    Ok((whole::read(file).map_err(unreadable)?, mode))
}

fn at(line: usize) -> Place {
    Place { line, column: None }
}
