//! Signatures and the public keys that verify them: ECDSA (FIPS 186-5), Ed25519 (RFC 8032), ML-DSA (FIPS 204), RSA
//! (RFC 8017).
//!
//! ```
//! use bulla_crypto::private_key::PrivateKey;
//! use bulla_crypto::signature::{KeyKind, PublicKey, SignatureAlgorithm};
//!
//! let ours = PrivateKey::generate(KeyKind::Ed25519)?;
//! let signature = ours.sign(SignatureAlgorithm::Ed25519, b"message")?;
//! let theirs = PublicKey::new(KeyKind::Ed25519, ours.public_key_bits())?;
//! theirs.verify(SignatureAlgorithm::Ed25519, b"message", &signature)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::signature::{self as provider, ParsedPublicKey, UnparsedPublicKey, VerificationAlgorithm};

use crate::der;

#[cfg(feature = "replay")]
pub mod remembered;

/// The shortest RSA modulus accepted, in bits.
pub const MIN_RSA_BITS: usize = 2048;

/// The longest RSA modulus accepted, in bits: longer ones only serve to waste our time.
pub const MAX_RSA_BITS: usize = 8192;

/// A way to sign: key kind, padding and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    /// ECDSA on P-256 with SHA-256.
    EcdsaP256Sha256,
    /// ECDSA on P-256 with SHA-384.
    EcdsaP256Sha384,
    /// ECDSA on P-256 with SHA-512.
    EcdsaP256Sha512,
    /// ECDSA on P-384 with SHA-256.
    EcdsaP384Sha256,
    /// ECDSA on P-384 with SHA-384.
    EcdsaP384Sha384,
    /// ECDSA on P-384 with SHA-512.
    EcdsaP384Sha512,
    /// ECDSA on P-521 with SHA-256.
    EcdsaP521Sha256,
    /// ECDSA on P-521 with SHA-384.
    EcdsaP521Sha384,
    /// ECDSA on P-521 with SHA-512.
    EcdsaP521Sha512,
    /// Ed25519 (pure, RFC 8032).
    Ed25519,
    /// ML-DSA-44 (pure, with an empty context; FIPS 204).
    MlDsa44,
    /// ML-DSA-65 (pure, with an empty context; FIPS 204).
    MlDsa65,
    /// ML-DSA-87 (pure, with an empty context; FIPS 204).
    MlDsa87,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaPkcs1Sha256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RsaPkcs1Sha384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RsaPkcs1Sha512,
    /// RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes.
    RsaPssSha256,
    /// RSASSA-PSS with SHA-384, MGF1 with SHA-384 and a salt of 48 bytes.
    RsaPssSha384,
    /// RSASSA-PSS with SHA-512, MGF1 with SHA-512 and a salt of 64 bytes.
    RsaPssSha512,
}

impl SignatureAlgorithm {
    /// The kind of key that signs this way.
    #[must_use]
    pub const fn key_kind(self) -> KeyKind {
        match self {
            Self::EcdsaP256Sha256 | Self::EcdsaP256Sha384 | Self::EcdsaP256Sha512 => KeyKind::EcP256,
            Self::EcdsaP384Sha256 | Self::EcdsaP384Sha384 | Self::EcdsaP384Sha512 => KeyKind::EcP384,
            Self::EcdsaP521Sha256 | Self::EcdsaP521Sha384 | Self::EcdsaP521Sha512 => KeyKind::EcP521,
            Self::Ed25519 => KeyKind::Ed25519,
            Self::MlDsa44 => KeyKind::MlDsa44,
            Self::MlDsa65 => KeyKind::MlDsa65,
            Self::MlDsa87 => KeyKind::MlDsa87,
            Self::RsaPkcs1Sha256
            | Self::RsaPkcs1Sha384
            | Self::RsaPkcs1Sha512
            | Self::RsaPssSha256
            | Self::RsaPssSha384
            | Self::RsaPssSha512 => KeyKind::Rsa,
        }
    }
}

/// What a key is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// A point on P-256.
    EcP256,
    /// A point on P-384.
    EcP384,
    /// A point on P-521.
    EcP521,
    /// An Ed25519 key.
    Ed25519,
    /// An ML-DSA-44 key.
    MlDsa44,
    /// An ML-DSA-65 key.
    MlDsa65,
    /// An ML-DSA-87 key.
    MlDsa87,
    /// An RSA key.
    Rsa,
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EcP256 => "ECDSA P-256",
            Self::EcP384 => "ECDSA P-384",
            Self::EcP521 => "ECDSA P-521",
            Self::Ed25519 => "Ed25519",
            Self::MlDsa44 => "ML-DSA-44",
            Self::MlDsa65 => "ML-DSA-65",
            Self::MlDsa87 => "ML-DSA-87",
            Self::Rsa => "RSA",
        })
    }
}

/// The bytes given to [`PublicKey::new`] are no key of the kind asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {kind} public key: {problem}")]
pub struct InvalidPublicKey {
    /// The kind asked for.
    pub kind: KeyKind,
    /// What is wrong with the bytes.
    pub problem: &'static str,
}

/// Why a signature was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The algorithm belongs to another kind of key.
    #[error("{algorithm:?} does not go with an {key} key")]
    WrongKind {
        /// The algorithm asked for.
        algorithm: SignatureAlgorithm,
        /// The kind of the key.
        key: KeyKind,
    },
    /// The RSA modulus is shorter than [`MIN_RSA_BITS`].
    #[error("an RSA key of {bits} bits is too weak: at least {MIN_RSA_BITS} are needed")]
    WeakKey {
        /// The length of the modulus, in bits.
        bits: usize,
    },
    /// The RSA modulus is longer than [`MAX_RSA_BITS`].
    #[error("an RSA key of {bits} bits is longer than the {MAX_RSA_BITS} accepted")]
    OversizedKey {
        /// The length of the modulus, in bits.
        bits: usize,
    },
    /// The key has the right shape, but is no point on the curve or no sound RSA key.
    #[error("the {0} public key is not a valid key")]
    InvalidKey(KeyKind),
    /// The signature was not made by this key over this message.
    #[error("the signature does not fit the key and the message")]
    BadSignature,
}

/// A public key as it lies in a certificate, borrowed. It is cheap to build: only its shape is looked at.
///
/// To verify many signatures with one key, [`PublicKey::prepare`] it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey<'a> {
    kind: KeyKind,
    bits: usize,
    key: &'a [u8],
}

impl<'a> PublicKey<'a> {
    /// Takes the contents of a SubjectPublicKeyInfo's BIT STRING (RFC 5280, 4.1): for ECDSA an uncompressed point
    /// (RFC 5480), for Ed25519 its 32 bytes (RFC 8410), for ML-DSA the encoded public key (RFC 9881, 4), for RSA an
    /// RSAPublicKey in DER (RFC 8017, A.1.1).
    ///
    /// # Errors
    /// [`InvalidPublicKey`] if the bytes have another shape. RSA keys of any length pass; verifying judges that.
    pub fn new(kind: KeyKind, key_bits: &'a [u8]) -> Result<Self, InvalidPublicKey> {
        let bits = match kind {
            KeyKind::EcP256 => point(key_bits, 65).map(|()| 256),
            KeyKind::EcP384 => point(key_bits, 97).map(|()| 384),
            KeyKind::EcP521 => point(key_bits, 133).map(|()| 521),
            KeyKind::Ed25519 if key_bits.len() == 32 => Ok(256),
            KeyKind::Ed25519 => Err("it must have 32 bytes"),
            KeyKind::MlDsa44 => octets(key_bits, 1312).ok_or("it must have 1312 bytes"),
            KeyKind::MlDsa65 => octets(key_bits, 1952).ok_or("it must have 1952 bytes"),
            KeyKind::MlDsa87 => octets(key_bits, 2592).ok_or("it must have 2592 bytes"),
            KeyKind::Rsa => modulus_bits(key_bits).ok_or("it is no RSAPublicKey in DER"),
        };
        bits.map(|bits| Self { kind, bits, key: key_bits })
            .map_err(|problem| InvalidPublicKey { kind, problem })
    }

    /// What the key is made of.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The size of the key in bits: of the modulus with RSA, of the whole key with ML-DSA, else of the curve's field.
    #[must_use]
    pub const fn bits(&self) -> usize {
        self.bits
    }

    /// The bytes the key was built from.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.key
    }

    /// Verifies that this key made `signature` over `message`. ECDSA signatures are in DER (RFC 3279, 2.2.3).
    ///
    /// # Errors
    /// [`VerifyError`] if it did not, or if the key may not be used with `algorithm`.
    pub fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), VerifyError> {
        let verify = || self.verify_once(algorithm, message, signature);
        #[cfg(feature = "replay")]
        let verify = || remembered::answer((self, algorithm, message, signature), verify);
        verify()
    }

    /// A key that is used once is not kept.
    fn verify_once(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), VerifyError> {
        self.allows(algorithm)?;
        match UnparsedPublicKey::new(verifier(algorithm), self.key).verify(message, signature) {
            Ok(()) => Ok(()),
            Err(Unspecified) => Err(self.prepare(algorithm).err().unwrap_or(VerifyError::BadSignature)),
        }
    }

    /// Parses the key for use with one algorithm, for those who verify with it again and again.
    ///
    /// # Errors
    /// [`VerifyError`] other than [`VerifyError::BadSignature`] if the key may not be used with `algorithm`.
    pub fn prepare(&self, algorithm: SignatureAlgorithm) -> Result<PreparedKey, VerifyError> {
        self.allows(algorithm)?;
        ParsedPublicKey::new(verifier(algorithm), self.key)
            .map(|key| PreparedKey { algorithm, key })
            .map_err(|_| VerifyError::InvalidKey(self.kind))
    }

    fn allows(&self, algorithm: SignatureAlgorithm) -> Result<(), VerifyError> {
        if algorithm.key_kind() != self.kind {
            return Err(VerifyError::WrongKind { algorithm, key: self.kind });
        }
        match (self.kind, self.bits) {
            (KeyKind::Rsa, bits) if bits < MIN_RSA_BITS => Err(VerifyError::WeakKey { bits }),
            (KeyKind::Rsa, bits) if bits > MAX_RSA_BITS => Err(VerifyError::OversizedKey { bits }),
            _ => Ok(()),
        }
    }
}

/// A public key parsed for one algorithm. It owns what it needs; clones share it.
#[derive(Clone)]
pub struct PreparedKey {
    algorithm: SignatureAlgorithm,
    key: ParsedPublicKey,
}

impl PreparedKey {
    /// The algorithm it was prepared for.
    #[must_use]
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// As [`PublicKey::verify`].
    ///
    /// # Errors
    /// [`VerifyError::BadSignature`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
        self.key.verify_sig(message, signature).map_err(|Unspecified| VerifyError::BadSignature)
    }
}

impl fmt::Debug for PreparedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

fn verifier(algorithm: SignatureAlgorithm) -> &'static dyn VerificationAlgorithm {
    match algorithm {
        SignatureAlgorithm::EcdsaP256Sha256 => &provider::ECDSA_P256_SHA256_ASN1,
        SignatureAlgorithm::EcdsaP256Sha384 => &provider::ECDSA_P256_SHA384_ASN1,
        SignatureAlgorithm::EcdsaP256Sha512 => &provider::ECDSA_P256_SHA512_ASN1,
        SignatureAlgorithm::EcdsaP384Sha256 => &provider::ECDSA_P384_SHA256_ASN1,
        SignatureAlgorithm::EcdsaP384Sha384 => &provider::ECDSA_P384_SHA384_ASN1,
        SignatureAlgorithm::EcdsaP384Sha512 => &provider::ECDSA_P384_SHA512_ASN1,
        SignatureAlgorithm::EcdsaP521Sha256 => &provider::ECDSA_P521_SHA256_ASN1,
        SignatureAlgorithm::EcdsaP521Sha384 => &provider::ECDSA_P521_SHA384_ASN1,
        SignatureAlgorithm::EcdsaP521Sha512 => &provider::ECDSA_P521_SHA512_ASN1,
        SignatureAlgorithm::Ed25519 => &provider::ED25519,
        SignatureAlgorithm::MlDsa44 => &provider::ML_DSA_44,
        SignatureAlgorithm::MlDsa65 => &provider::ML_DSA_65,
        SignatureAlgorithm::MlDsa87 => &provider::ML_DSA_87,
        SignatureAlgorithm::RsaPkcs1Sha256 => &provider::RSA_PKCS1_2048_8192_SHA256,
        SignatureAlgorithm::RsaPkcs1Sha384 => &provider::RSA_PKCS1_2048_8192_SHA384,
        SignatureAlgorithm::RsaPkcs1Sha512 => &provider::RSA_PKCS1_2048_8192_SHA512,
        SignatureAlgorithm::RsaPssSha256 => &provider::RSA_PSS_2048_8192_SHA256,
        SignatureAlgorithm::RsaPssSha384 => &provider::RSA_PSS_2048_8192_SHA384,
        SignatureAlgorithm::RsaPssSha512 => &provider::RSA_PSS_2048_8192_SHA512,
    }
}

/// The size in bits of a key whose length alone tells its shape.
fn octets(key: &[u8], len: usize) -> Option<usize> {
    (key.len() == len).then_some(8 * len)
}

/// RFC 5480, 2.2: the first octet tells the form; compressed and hybrid points are optional there, refused here.
fn point(key: &[u8], len: usize) -> Result<(), &'static str> {
    match key.first() {
        Some(4) if key.len() == len => Ok(()),
        Some(4) => Err("the point has the wrong length"),
        _ => Err("it must be an uncompressed point"),
    }
}

/// RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }
fn modulus_bits(key: &[u8]) -> Option<usize> {
    let mut fields = der::sequence(key)?;
    let modulus = fields.positive()?;
    fields.positive()?;
    fields.is_empty().then_some(der::bit_length(modulus))
}

#[cfg(test)]
mod tests;
