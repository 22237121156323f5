//! A certificate chain and its private key, loaded from files that the user names.
//!
//! PEM and DER are read. What is wrong is told in one line with its place and its mend; what can be put right
//! without asking (the order of the chain) is put right, and a [`Note`] says so.

mod chain;
mod fault;
mod files;

use std::path::{Path, PathBuf};

use bulla_crypto::private_key::PrivateKey;
use rustls_pki_types::{CertificateDer, UnixTime};

use chain::Chain;
pub use fault::{Fault, FileError, Note, Place};
use files::{CertificateFile, KeyFile};

/// The two files of a credential. They may be one and the same PEM file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialFiles {
    /// The certificate of the server, followed by those of the authorities between it and the root.
    pub chain: PathBuf,
    /// The certificate's private key: PKCS#8, SEC 1 or PKCS#1, not encrypted.
    pub key: PathBuf,
}

/// A chain and its key, ready to be served.
#[derive(Debug)]
#[non_exhaustive]
pub struct LoadedCredential {
    /// The certificates in the order in which they are sent: the server's own first.
    pub chain: Vec<CertificateDer<'static>>,
    /// The key of the first certificate.
    pub key: PrivateKey,
    /// What the user should know although nothing stands in the way.
    pub notes: Vec<Note>,
}

impl CredentialFiles {
    /// Reads both files and checks that they belong together and are valid `now`.
    ///
    /// # Errors
    /// [`FileError`] names the file, the place in it, what is wrong there, and what would mend it.
    pub fn load(&self, now: UnixTime) -> Result<LoadedCredential, FileError> {
        let certificates = CertificateFile::open(&self.chain)?;
        let key = KeyFile::open(&self.key)?;
        let chain = Chain::of(&certificates, &key)?;
        chain.check_leaf_validity(now)?;
        let mut notes = chain.notes(now);
        notes.extend(key.note());
        Ok(LoadedCredential { chain: chain.to_der(), key: key.key, notes })
    }
}

/// The certificates in the bytes of a file, in their order there; `path` is for errors.
///
/// # Errors
/// [`FileError`] if there is none, or one cannot be read.
pub fn certificates_from(path: &Path, bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, FileError> {
    Ok(CertificateFile::parse(path, bytes)?.into_der())
}

/// The one private key in the bytes of a file; `path` is for errors.
///
/// # Errors
/// [`FileError`] if there is not exactly one, or it cannot be used.
pub fn key_from(path: &Path, bytes: &[u8]) -> Result<PrivateKey, FileError> {
    Ok(KeyFile::parse(path, bytes)?.key)
}
