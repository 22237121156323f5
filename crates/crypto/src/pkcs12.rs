//! PKCS#12 (RFC 7292): keys and certificates in one file behind a passphrase, as Windows, Java and browsers export them.
//!
//! Read are PBES2 and, from older files, triple DES and 40-bit RC2; written is PBES2 with AES-256 and HMAC-SHA256.
//!
//! ```
//! use bulla_crypto::passphrase::Passphrase;
//! use bulla_crypto::pkcs12::{self, Contents};
//!
//! # fn example(file: &[u8]) -> Result<(), bulla_crypto::passphrase::OpenError> {
//! let Contents { keys, certificates, .. } = pkcs12::open(file, &Passphrase::from("open sesame".to_owned()))?;
//! println!("{} keys, {} certificates", keys.len(), certificates.len());
//! # Ok(())
//! # }
//! ```

use std::fmt;

use p12_keystore::{
    Certificate as KeptCertificate, KeyStore, KeyStoreEntry, Pkcs12Archive, PrivateKey as KeptKey,
    PrivateKeyChain, error::Error,
};
use zeroize::Zeroizing;

use crate::der::{self, INTEGER, OBJECT_IDENTIFIER, Reader, SEQUENCE};
use crate::hash::HashAlgorithm;
use crate::passphrase::{OpenError, Passphrase, SealError};

/// Rounds in what is written, for the cipher's key and for the checksum's.
pub const ROUNDS: u32 = 600_000;

/// Larger files are refused: none of keys and certificates comes near.
pub const MAX_LEN: usize = 16 << 20;

const WHAT: &str = "PKCS#12 file";

/// 1.2.840.113549.1.7.1, `data`.
const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];

/// What was inside a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Contents {
    /// The private keys, in order.
    pub keys: Vec<Key>,
    /// The certificates, in order.
    pub certificates: Vec<Certificate>,
}

/// A private key. `Debug` prints none of it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Key {
    /// Unencrypted PKCS#8.
    pub der: Zeroizing<Vec<u8>>,
    /// The name it was given, as written; not safe to print.
    pub name: Option<String>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Certificate {
    /// Its DER.
    pub der: Vec<u8>,
    /// The name it was given, as written; not safe to print.
    pub name: Option<String>,
}

/// Whether this is a PKCS#12 file: version 3 and a `ContentInfo` of kind `data`.
#[must_use]
pub fn is_pkcs12(bytes: &[u8]) -> bool {
    let Some(mut fields) = der::sequence(bytes) else { return false };
    let version = fields.read(INTEGER);
    let kind = fields.read(SEQUENCE).map(Reader::new).and_then(|mut content| content.read(OBJECT_IDENTIFIER));
    version == Some(&[3]) && kind == Some(DATA)
}

/// What is inside.
///
/// # Errors
/// [`OpenError`]; a wrong passphrase is told from damage by the file's checksum.
pub fn open(bytes: &[u8], passphrase: &Passphrase) -> Result<Contents, OpenError> {
    let text = passphrase.as_str().ok_or(OpenError::NotText)?;
    if bytes.len() > MAX_LEN || !is_pkcs12(bytes) {
        return Err(OpenError::Malformed(WHAT));
    }
    match Pkcs12Archive::from_pkcs12(bytes, text) {
        Ok(archive) => Ok(Contents::from(archive)),
        Err(Error::MacError(_)) if opens_only_with(bytes, text) => Err(OpenError::Altered),
        Err(error) => Err(problem(&error)),
    }
}

/// Whether what is inside decrypts with this passphrase and not with another: then the checksum is wrong, not the
/// passphrase.
fn opens_only_with(bytes: &[u8], text: &str) -> bool {
    let Some(unchecked) = without_checksum(bytes) else { return false };
    let opens = |text: &str| Pkcs12Archive::from_pkcs12(&unchecked, text).is_ok();
    opens(text) && !opens(&format!("{text}\u{1}"))
}

/// PFX ::= SEQUENCE { version, authSafe, macData OPTIONAL }, without the last.
fn without_checksum(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut fields = der::sequence(bytes)?;
    let parts = [fields.element(INTEGER)?, fields.element(SEQUENCE)?];
    Some(der::element(SEQUENCE, &parts).to_vec())
}

fn problem(error: &Error) -> OpenError {
    match error {
        // Without a checksum, a wrong passphrase shows in the padding.
        Error::MacError(_) | Error::UnpadError => OpenError::WrongPassphrase,
        Error::Pkcs5Error(_) => OpenError::WrongPassphrase,
        Error::InvalidParameters => {
            OpenError::TooCostly { cost: "more rounds or memory".to_owned(), limit: "1000000 rounds, 1 GiB" }
        }
        Error::UnsupportedEncryptionScheme | Error::UnsupportedMacAlgorithm => {
            OpenError::Unsupported("a cipher or hash that is not known".to_owned())
        }
        Error::UnsupportedContentType => OpenError::Unsupported("public-key encryption".to_owned()),
        Error::UnsupportedCertificateType => {
            OpenError::Unsupported("certificates that are not X.509".to_owned())
        }
        _ => OpenError::Malformed(WHAT),
    }
}

impl From<Pkcs12Archive> for Contents {
    fn from(archive: Pkcs12Archive) -> Self {
        let keys = archive
            .keys
            .into_iter()
            .map(|bag| Key { der: Zeroizing::new(bag.key.as_der().to_vec()), name: bag.friendly_name });
        let certificates = archive
            .certs
            .into_iter()
            .map(|bag| Certificate { der: bag.cert.as_der().to_vec(), name: bag.friendly_name });
        Self { keys: keys.collect(), certificates: certificates.collect() }
    }
}

/// What is to be put into a file.
#[derive(Clone, Copy)]
pub struct Parts<'a> {
    /// A private key in unencrypted PKCS#8, if there is one.
    pub key: Option<&'a [u8]>,
    /// Certificates in DER; with a key, its own is the first.
    pub certificates: &'a [&'a [u8]],
    /// What the key, or else the first certificate, is to be called.
    pub name: &'a str,
}

impl fmt::Debug for Parts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let certificates = self.certificates.len();
        f.debug_struct("Parts")
            .field("certificates", &certificates)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A file of these, encrypted with AES-256 in CBC mode and checked by HMAC-SHA256, both by keys of [`ROUNDS`] rounds.
///
/// # Errors
/// [`SealError`] if the passphrase is empty or cannot be held, or a part is not what it should be.
pub fn seal(parts: &Parts<'_>, passphrase: &Passphrase) -> Result<Vec<u8>, SealError> {
    let text = passphrase.as_str().ok_or(SealError::NotText)?;
    if text.is_empty() {
        return Err(SealError::EmptyPassphrase);
    }
    // PKCS#12 holds passphrases in two bytes for each character.
    if text.chars().any(|character| u32::from(character) > 0xffff) {
        return Err(SealError::Character);
    }
    let certificates = parts.certificates.iter().map(|der| KeptCertificate::from_der(der));
    let certificates: Vec<_> =
        certificates.collect::<Result<_, _>>().map_err(|_| SealError::Malformed("certificate"))?;
    let mut store = KeyStore::new();
    match parts.key {
        Some(key) => {
            let key = KeptKey::from_der(key).map_err(|_| SealError::Malformed("PKCS#8 key"))?;
            let chain = PrivateKeyChain::new(local_identifier(parts), key, certificates);
            store.add_entry(parts.name, KeyStoreEntry::PrivateKeyChain(chain));
        }
        None => {
            for (index, certificate) in certificates.into_iter().enumerate() {
                let name =
                    if index == 0 { parts.name.to_owned() } else { format!("{} {}", parts.name, index + 1) };
                store.add_entry(&name, KeyStoreEntry::Certificate(certificate));
            }
        }
    }
    let writer = store.writer(text).encryption_iterations(ROUNDS).mac_iterations(ROUNDS);
    writer.write().map_err(|_| SealError::Internal)
}

/// What ties a key to its certificate inside the file: any bytes that are the same at both.
fn local_identifier(parts: &Parts<'_>) -> Vec<u8> {
    let first = parts.certificates.first().copied().unwrap_or_default();
    HashAlgorithm::Sha256.hash(first).as_ref().iter().take(20).copied().collect()
}

#[cfg(test)]
mod tests;
