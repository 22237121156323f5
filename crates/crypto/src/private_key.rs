//! Private keys that sign: ECDSA, Ed25519, ML-DSA and RSA, from PKCS#8 (RFC 5958), SEC 1 (RFC 5915) and PKCS#1
//! (RFC 8017).
//!
//! ```
//! use bulla_crypto::private_key::PrivateKey;
//! use bulla_crypto::signature::{KeyKind, SignatureAlgorithm};
//!
//! let key = PrivateKey::generate(KeyKind::EcP256)?;
//! let again = PrivateKey::from_pem(key.to_pem()?.as_bytes())?;
//! assert_eq!(again.public_key_bits(), key.public_key_bits());
//! assert_eq!(again.algorithms(), [SignatureAlgorithm::EcdsaP256Sha256]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;

use aws_lc_rs::encoding::{AsDer as _, AsRawBytes as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    self as provider, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, PqdsaKeyPair,
    PqdsaSigningAlgorithm, RsaKeyPair, RsaSignatureEncoding,
};
use rustls_pki_types::PrivateKeyDer;
use zeroize::Zeroizing;

use crate::pem;
use crate::signature::{KeyKind, MAX_RSA_BITS, MIN_RSA_BITS, SignatureAlgorithm};

#[cfg(feature = "files")]
pub mod encrypted;
mod ml_dsa;
mod recognise;

pub(crate) use recognise::RSA_ENCRYPTION;

/// Why bytes gave no private key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The encoding is not what it says it is.
    #[error("the private key is no valid {0}: export it again, unencrypted, as PKCS#8")]
    Malformed(&'static str),
    /// A sound key of a kind that cannot sign here.
    #[error(
        "a private key for {0} cannot be used: take one for ECDSA (P-256, P-384, P-521), Ed25519, ML-DSA or RSA"
    )]
    Unsupported(&'static str),
    /// An RSA modulus shorter than [`MIN_RSA_BITS`] or longer than [`MAX_RSA_BITS`].
    #[error("an RSA key of {bits} bits cannot be used: take one of {MIN_RSA_BITS} to {MAX_RSA_BITS}")]
    RsaLength {
        /// The length of the modulus.
        bits: usize,
    },
    /// The encoding is sound, but its numbers make no key.
    #[error("the {0} private key was refused, since its parts do not fit together: take it from a backup")]
    Rejected(KeyKind),
    /// The key is encrypted.
    #[error(
        "the private key on line {line} is encrypted: decrypt it first, as with `bulla cert convert FILE --to key --out NEW`"
    )]
    Encrypted {
        /// The line of its BEGIN, counted from 1.
        line: usize,
    },
    /// The PEM text cannot be read.
    #[error(transparent)]
    Pem(#[from] pem::PemError),
    /// The PEM text holds no private key.
    #[error("there is no private key in the PEM text: a section BEGIN PRIVATE KEY was expected")]
    NoKey,
    /// The PEM text holds several private keys, and only one can be meant.
    #[error("there are two private keys in the PEM text, on lines {first} and {second}: keep only one")]
    SeveralKeys {
        /// The line of the first BEGIN, counted from 1.
        first: usize,
        /// The line of the second.
        second: usize,
    },
    /// The provider failed.
    #[error("no private key could be made: the cryptographic library failed")]
    Internal,
}

/// Why nothing was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The key does not sign this way; see [`PrivateKey::algorithms`].
    #[error("an {key} key does not sign with {algorithm:?}")]
    WrongAlgorithm {
        /// The algorithm asked for.
        algorithm: SignatureAlgorithm,
        /// The kind of the key.
        key: KeyKind,
    },
    /// The provider failed.
    #[error("signing failed inside this program")]
    Internal,
}

/// The length of a new RSA modulus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RsaSize {
    /// 2048 bits: what every peer accepts, and the quickest.
    Bits2048,
    /// 3072 bits: the strength of AES-128.
    Bits3072,
    /// 4096 bits: for authorities whose keys are rarely used.
    Bits4096,
}

/// A private key, parsed. The provider clears its memory when it is dropped.
pub struct PrivateKey(Pair);

enum Pair {
    Ec(KeyKind, EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    MlDsa(KeyKind, PqdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl PrivateKey {
    /// Parses a key in any of the three encodings.
    ///
    /// # Errors
    /// [`KeyError`] if it is none, or none that can sign here.
    pub fn from_der(der: &PrivateKeyDer<'_>) -> Result<Self, KeyError> {
        let bytes = der.secret_der();
        let kind = match der {
            PrivateKeyDer::Pkcs8(_) => recognise::pkcs8(bytes)?,
            PrivateKeyDer::Sec1(_) => recognise::sec1(bytes)?,
            PrivateKeyDer::Pkcs1(_) => recognise::pkcs1(bytes)?,
            _ => return Err(KeyError::Malformed("PKCS#8, SEC 1 or PKCS#1 key")),
        };
        if let Some(bits) =
            recognise::rsa_bits(der).filter(|bits| !(MIN_RSA_BITS..=MAX_RSA_BITS).contains(bits))
        {
            return Err(KeyError::RsaLength { bits });
        }
        let pair = match (kind, der) {
            (KeyKind::EcP256 | KeyKind::EcP384 | KeyKind::EcP521, _) => {
                EcdsaKeyPair::from_private_key_der(curve(kind), bytes).ok().map(|pair| Pair::Ec(kind, pair))
            }
            (KeyKind::Ed25519, _) => Ed25519KeyPair::from_pkcs8(bytes).ok().map(Pair::Ed25519),
            (KeyKind::MlDsa44 | KeyKind::MlDsa65 | KeyKind::MlDsa87, _) => {
                PqdsaKeyPair::from_pkcs8(parameters(kind), bytes).ok().map(|pair| Pair::MlDsa(kind, pair))
            }
            (KeyKind::Rsa, PrivateKeyDer::Pkcs1(_)) => RsaKeyPair::from_der(bytes).ok().map(Pair::Rsa),
            (KeyKind::Rsa, _) => RsaKeyPair::from_pkcs8(bytes).ok().map(Pair::Rsa),
        };
        pair.map(Self).ok_or(KeyError::Rejected(kind))
    }

    /// Parses the one private key in a PEM text; certificates and parameters beside it are passed over.
    ///
    /// # Errors
    /// [`KeyError`], which names the line, if there is not exactly one key that can be read.
    pub fn from_pem(text: &[u8]) -> Result<Self, KeyError> {
        let sections = pem::read(text)?;
        let mut keys = sections.iter().filter(|section| section.is_private_key());
        let section = keys.next().ok_or(KeyError::NoKey)?;
        if let Some(other) = keys.next() {
            return Err(KeyError::SeveralKeys { first: section.line, second: other.line });
        }
        if section.encrypted {
            return Err(KeyError::Encrypted { line: section.line });
        }
        Self::from_der(&section.private_key().ok_or(KeyError::Unsupported("another algorithm"))?)
    }

    /// Generates a key; an RSA one with 2048 bits (see [`PrivateKey::generate_rsa`]).
    ///
    /// # Errors
    /// [`KeyError::Internal`] if the provider fails.
    pub fn generate(kind: KeyKind) -> Result<Self, KeyError> {
        let pair = match kind {
            KeyKind::Rsa => return Self::generate_rsa(RsaSize::Bits2048),
            KeyKind::Ed25519 => Ed25519KeyPair::generate().map(Pair::Ed25519),
            KeyKind::EcP256 | KeyKind::EcP384 | KeyKind::EcP521 => {
                EcdsaKeyPair::generate(curve(kind)).map(|pair| Pair::Ec(kind, pair))
            }
            KeyKind::MlDsa44 | KeyKind::MlDsa65 | KeyKind::MlDsa87 => {
                PqdsaKeyPair::generate(parameters(kind)).map(|pair| Pair::MlDsa(kind, pair))
            }
        };
        pair.map(Self).map_err(|_| KeyError::Internal)
    }

    /// Generates an RSA key of the length asked for.
    ///
    /// # Errors
    /// [`KeyError::Internal`] if the provider fails.
    pub fn generate_rsa(size: RsaSize) -> Result<Self, KeyError> {
        use aws_lc_rs::rsa::KeySize;
        let size = match size {
            RsaSize::Bits2048 => KeySize::Rsa2048,
            RsaSize::Bits3072 => KeySize::Rsa3072,
            RsaSize::Bits4096 => KeySize::Rsa4096,
        };
        RsaKeyPair::generate(size).map(|pair| Self(Pair::Rsa(pair))).map_err(|_| KeyError::Internal)
    }

    /// What the key is made of.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        match &self.0 {
            Pair::Ec(kind, _) | Pair::MlDsa(kind, _) => *kind,
            Pair::Ed25519(_) => KeyKind::Ed25519,
            Pair::Rsa(_) => KeyKind::Rsa,
        }
    }

    /// The public half, as [`crate::signature::PublicKey::new`] takes it.
    #[must_use]
    pub fn public_key_bits(&self) -> &[u8] {
        match &self.0 {
            Pair::Ec(_, pair) => pair.public_key().as_ref(),
            Pair::Ed25519(pair) => pair.public_key().as_ref(),
            Pair::MlDsa(_, pair) => pair.public_key().as_ref(),
            Pair::Rsa(pair) => pair.public_key().as_ref(),
        }
    }

    /// What the key can sign with, best first. An ECDSA key signs with the hash of its curve's strength alone, as
    /// TLS 1.3 demands (RFC 9846, 4.3.3).
    #[must_use]
    pub const fn algorithms(&self) -> &'static [SignatureAlgorithm] {
        match self.kind() {
            KeyKind::EcP256 => &[SignatureAlgorithm::EcdsaP256Sha256],
            KeyKind::EcP384 => &[SignatureAlgorithm::EcdsaP384Sha384],
            KeyKind::EcP521 => &[SignatureAlgorithm::EcdsaP521Sha512],
            KeyKind::Ed25519 => &[SignatureAlgorithm::Ed25519],
            KeyKind::MlDsa44 => &[SignatureAlgorithm::MlDsa44],
            KeyKind::MlDsa65 => &[SignatureAlgorithm::MlDsa65],
            KeyKind::MlDsa87 => &[SignatureAlgorithm::MlDsa87],
            KeyKind::Rsa => &[
                SignatureAlgorithm::RsaPssSha256,
                SignatureAlgorithm::RsaPssSha384,
                SignatureAlgorithm::RsaPssSha512,
                SignatureAlgorithm::RsaPkcs1Sha256,
                SignatureAlgorithm::RsaPkcs1Sha384,
                SignatureAlgorithm::RsaPkcs1Sha512,
            ],
        }
    }

    /// Signs `message`. An ECDSA signature is in DER, an Ed25519 one has 64 bytes, an RSA one is as long as the
    /// modulus; one of ML-DSA has 2420, 3309 or 4627 bytes and differs each time (FIPS 204, 3.4: hedged).
    ///
    /// # Errors
    /// [`SignError`] if `algorithm` is not among [`PrivateKey::algorithms`], or the provider fails.
    pub fn sign(&self, algorithm: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, SignError> {
        if !self.algorithms().contains(&algorithm) {
            return Err(SignError::WrongAlgorithm { algorithm, key: self.kind() });
        }
        let signature = match &self.0 {
            Pair::Ec(_, pair) => pair.sign(&SystemRandom::new(), message).map(|made| made.as_ref().to_vec()),
            Pair::Ed25519(pair) => pair.try_sign(message).map(|made| made.as_ref().to_vec()),
            Pair::MlDsa(_, pair) => {
                let mut signature = vec![0; pair.algorithm().signature_len()];
                pair.sign(message, &mut signature).map(|_| signature)
            }
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let encoding = rsa_encoding(algorithm).ok_or(SignError::Internal)?;
                pair.sign(encoding, &SystemRandom::new(), message, &mut signature).map(|()| signature)
            }
        };
        signature.map_err(|_| SignError::Internal)
    }

    /// The key as unencrypted PKCS#8 in DER, in memory that is cleared when dropped. One of ML-DSA is written as its
    /// seed, unless it was read from the expanded form alone (RFC 9881, 6).
    ///
    /// # Errors
    /// [`KeyError::Internal`] if the provider fails.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let copy = |bytes: &[u8]| Zeroizing::new(bytes.to_vec());
        let der = match &self.0 {
            Pair::Ec(_, pair) => pair.to_pkcs8v1().map(|der| copy(der.as_ref())),
            // Version 1, without the public key: OpenSSL before 3.0 reads no other.
            Pair::Ed25519(pair) => pair.to_pkcs8v1().map(|der| copy(der.as_ref())),
            Pair::MlDsa(kind, pair) => match pair.to_pkcs8v1() {
                Ok(der) => Ok(copy(der.as_ref())),
                Err(_) => pair.private_key().as_raw_bytes().map(|key| ml_dsa::pkcs8(*kind, key.as_ref())),
            },
            Pair::Rsa(pair) => pair.as_der().map(|der: Pkcs8V1Der<'_>| copy(der.as_ref())),
        };
        der.map_err(|_| KeyError::Internal)
    }

    /// The RSAPrivateKey in DER (RFC 8017, A.1.2), if it is an RSA key.
    pub(crate) fn rsa_private_key(&self) -> Option<Zeroizing<Vec<u8>>> {
        let Pair::Rsa(_) = &self.0 else { return None };
        let pkcs8 = self.to_pkcs8().ok()?;
        recognise::private_key(&pkcs8).map(|key| Zeroizing::new(key.to_vec()))
    }

    /// The key as unencrypted PKCS#8 in PEM, in memory that is cleared when dropped.
    ///
    /// # Errors
    /// [`KeyError::Internal`] if the provider fails.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        Ok(Zeroizing::new(pem::write(pem::PKCS8, &self.to_pkcs8()?)))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey").field("kind", &self.kind()).finish_non_exhaustive()
    }
}

/// The curve with the hash that [`PrivateKey::algorithms`] names. Only called with the three ECDSA kinds.
const fn curve(kind: KeyKind) -> &'static EcdsaSigningAlgorithm {
    match kind {
        KeyKind::EcP521 => &provider::ECDSA_P521_SHA512_ASN1_SIGNING,
        KeyKind::EcP384 => &provider::ECDSA_P384_SHA384_ASN1_SIGNING,
        _ => &provider::ECDSA_P256_SHA256_ASN1_SIGNING,
    }
}

/// The parameter set. Only called with the three kinds of ML-DSA.
const fn parameters(kind: KeyKind) -> &'static PqdsaSigningAlgorithm {
    match kind {
        KeyKind::MlDsa87 => &provider::ML_DSA_87_SIGNING,
        KeyKind::MlDsa65 => &provider::ML_DSA_65_SIGNING,
        _ => &provider::ML_DSA_44_SIGNING,
    }
}

const fn rsa_encoding(algorithm: SignatureAlgorithm) -> Option<&'static RsaSignatureEncoding> {
    match algorithm {
        SignatureAlgorithm::RsaPssSha256 => Some(&provider::RSA_PSS_SHA256),
        SignatureAlgorithm::RsaPssSha384 => Some(&provider::RSA_PSS_SHA384),
        SignatureAlgorithm::RsaPssSha512 => Some(&provider::RSA_PSS_SHA512),
        SignatureAlgorithm::RsaPkcs1Sha256 => Some(&provider::RSA_PKCS1_SHA256),
        SignatureAlgorithm::RsaPkcs1Sha384 => Some(&provider::RSA_PKCS1_SHA384),
        SignatureAlgorithm::RsaPkcs1Sha512 => Some(&provider::RSA_PKCS1_SHA512),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
