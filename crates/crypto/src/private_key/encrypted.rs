//! Private keys behind a passphrase: `EncryptedPrivateKeyInfo` (RFC 5958, 3) with PBES2 (RFC 8018, 6.2).
//!
//! Read are PBKDF2 and scrypt, AES in CBC or GCM mode and triple DES; written are PBKDF2 with HMAC-SHA256 and AES-256,
//! which OpenSSL 1.1, GnuTLS, Java and Windows read.
//!
//! ```
//! use bulla_crypto::passphrase::Passphrase;
//! use bulla_crypto::private_key::{PrivateKey, encrypted};
//! use bulla_crypto::random::Source;
//! use bulla_crypto::signature::KeyKind;
//!
//! let key = PrivateKey::generate(KeyKind::EcP256)?.to_pkcs8()?;
//! let passphrase = Passphrase::from("open sesame".to_owned());
//! let sealed = encrypted::encrypt(&key, &passphrase, &Source::system())?;
//! assert_eq!(encrypted::decrypt(&sealed, &passphrase)?, key);
//! assert!(encrypted::decrypt(&sealed, &Passphrase::from("shut".to_owned())).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use pkcs5::EncryptionScheme;
use pkcs5::der::Encode as _;
use pkcs5::pbes2::{Kdf, Parameters};
use zeroize::Zeroizing;

use super::recognise;
use crate::der::{self, OBJECT_IDENTIFIER, OCTET_STRING, Reader, SEQUENCE};
use crate::passphrase::{OpenError, Passphrase, SealError};
use crate::random::Source;

/// Rounds of PBKDF2 with HMAC-SHA256 in what is written: OWASP's advice.
pub const ROUNDS: u32 = 600_000;

/// The most rounds of PBKDF2 that are gone through to read a key.
pub const MAX_ROUNDS: u32 = 10_000_000;

/// The most memory that scrypt may ask for, in bytes.
pub const MAX_MEMORY: u64 = 256 << 20;

/// The most lanes of scrypt, which multiply its time.
const MAX_LANES: u16 = 16;

const WHAT: &str = "encrypted PKCS#8 key";

/// 1.2.840.113549.1.5, PKCS#5, and 1.2.840.113549.1.12, PKCS#12, without their last arcs.
const PKCS5: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05];
const PKCS12: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c];

/// Whether this is an `EncryptedPrivateKeyInfo`: an algorithm of PKCS#5 or PKCS#12, and an OCTET STRING.
#[must_use]
pub fn is_encrypted(der: &[u8]) -> bool {
    let Some((algorithm, _)) = parts(der) else { return false };
    let identifier = Reader::new(algorithm).read(SEQUENCE).map(Reader::new);
    let identifier = identifier.and_then(|mut algorithm| algorithm.read(OBJECT_IDENTIFIER));
    identifier.is_some_and(|identifier| identifier.starts_with(PKCS5) || identifier.starts_with(PKCS12))
}

/// The algorithm with its header, and the ciphertext.
fn parts(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut fields = der::sequence(bytes)?;
    let algorithm = fields.element(SEQUENCE)?;
    let ciphertext = fields.read(OCTET_STRING)?;
    fields.is_empty().then_some((algorithm, ciphertext))
}

/// The key as unencrypted PKCS#8 in DER.
///
/// # Errors
/// [`OpenError`]. The format carries no check of the passphrase: a damaged ciphertext looks like a wrong one.
pub fn decrypt(der: &[u8], passphrase: &Passphrase) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let (algorithm, ciphertext) = parts(der).ok_or(OpenError::Malformed(WHAT))?;
    let scheme = scheme(algorithm)?;
    check_cost(&scheme)?;
    let mut buffer = Zeroizing::new(ciphertext.to_vec());
    let len = match scheme.decrypt_in_place(passphrase.as_bytes(), &mut buffer) {
        Ok(key) => key.len(),
        Err(pkcs5::Error::DecryptFailed | pkcs5::Error::EncryptFailed) => {
            return Err(OpenError::WrongPassphrase);
        }
        Err(pkcs5::Error::UnsupportedAlgorithm { oid }) => {
            return Err(OpenError::Unsupported(oid.to_string()));
        }
        Err(_) => return Err(OpenError::Malformed(WHAT)),
    };
    buffer.truncate(len);
    // One wrong passphrase in 256 leaves padding that looks right, and nonsense before it.
    if recognise::is_pkcs8(&buffer) { Ok(buffer) } else { Err(OpenError::WrongPassphrase) }
}

/// PBES2 and its parameters.
fn scheme(algorithm: &[u8]) -> Result<Parameters, OpenError> {
    match EncryptionScheme::try_from(algorithm) {
        Ok(EncryptionScheme::Pbes2(parameters)) => Ok(parameters),
        Ok(other) => Err(OpenError::Unsupported(format!("PKCS#5 version 1.5, {}", other.oid()))),
        Err(_) => {
            let identifier = Reader::new(algorithm).read(SEQUENCE).map(Reader::new);
            match identifier.and_then(|mut fields| fields.read(OBJECT_IDENTIFIER)) {
                Some(old) if old.starts_with(PKCS12) => {
                    Err(OpenError::Unsupported("a scheme of PKCS#12 that was given up long ago".to_owned()))
                }
                Some(_) => Err(OpenError::Unsupported("a cipher or hash that is not known".to_owned())),
                None => Err(OpenError::Malformed(WHAT)),
            }
        }
    }
}

fn check_cost(parameters: &Parameters) -> Result<(), OpenError> {
    match &parameters.kdf {
        Kdf::Pbkdf2(pbkdf2) if pbkdf2.iteration_count > MAX_ROUNDS => Err(OpenError::TooCostly {
            cost: format!("{} rounds of PBKDF2", pbkdf2.iteration_count),
            limit: "10000000",
        }),
        Kdf::Scrypt(scrypt) => {
            let memory =
                scrypt.cost_parameter.saturating_mul(u64::from(scrypt.block_size)).saturating_mul(128);
            if memory > MAX_MEMORY || scrypt.parallelization > MAX_LANES {
                let lanes = scrypt.parallelization;
                let cost = format!("{} MiB for scrypt, {lanes} times", memory >> 20);
                return Err(OpenError::TooCostly { cost, limit: "256 MiB, 16 times" });
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// A key in PKCS#8, encrypted: PBKDF2 with HMAC-SHA256 in [`ROUNDS`] rounds, AES-256 in CBC mode.
///
/// # Errors
/// [`SealError`] if the passphrase is empty, this is no PKCS#8 key, or the source of randomness fails.
pub fn encrypt(pkcs8: &[u8], passphrase: &Passphrase, random: &Source) -> Result<Vec<u8>, SealError> {
    if passphrase.is_empty() {
        return Err(SealError::EmptyPassphrase);
    }
    if !recognise::is_pkcs8(pkcs8) {
        return Err(SealError::Malformed("PKCS#8 key"));
    }
    let (mut salt, mut iv) = ([0; 16], [0; 16]);
    random.fill(&mut salt).and_then(|()| random.fill(&mut iv)).map_err(|_| SealError::Internal)?;
    let parameters =
        Parameters::generate_pbkdf2_sha256_aes256cbc(ROUNDS, &salt, iv).map_err(|_| SealError::Internal)?;
    let ciphertext = parameters.encrypt(passphrase.as_bytes(), pkcs8).map_err(|_| SealError::Internal)?;
    let algorithm = EncryptionScheme::from(parameters).to_der().map_err(|_| SealError::Internal)?;
    Ok(der::element(SEQUENCE, &[&algorithm, &der::element(OCTET_STRING, &[&ciphertext])]).to_vec())
}

#[cfg(test)]
mod tests;
