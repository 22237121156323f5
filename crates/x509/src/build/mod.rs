//! Writing certificates and requests, with the types that read them.
//!
//! ```
//! use bulla_crypto::{private_key::PrivateKey, signature::KeyKind};
//! use bulla_x509::build::{CertificateTemplate, Issuer, Name, Subject, SubjectPublicKey};
//! use bulla_x509::certificate::Certificate;
//! use rustls_pki_types::UnixTime;
//! use std::time::Duration;
//!
//! let day = |n: u64| UnixTime::since_unix_epoch(Duration::from_secs(n * 86_400));
//! let root_key = PrivateKey::generate(KeyKind::EcP256)?;
//! let mut root = CertificateTemplate::authority(Subject::new().common_name("Test root"), None);
//! (root.not_before, root.not_after) = (day(20_000), day(23_650));
//! let root_der = root.self_signed(&root_key)?;
//!
//! let server_key = PrivateKey::generate(KeyKind::EcP256)?;
//! let mut server = CertificateTemplate::server(vec![Name::Dns("localhost".into())]);
//! (server.not_before, server.not_after) = (day(20_000), day(20_090));
//! server.serial = vec![7; 16];
//! let root_certificate = Certificate::parse(&root_der)?;
//! let issuer = Issuer::new(&root_certificate, &root_key)?;
//! let server_der = server.issue(&issuer, &SubjectPublicKey::of(&server_key)?)?;
//! assert_eq!(Certificate::parse(&server_der)?.issuer().to_string(), "CN=Test root");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod extensions;
pub mod request;
mod subject;

pub use subject::{Name, Subject};

use crate::{
    certificate::{
        Certificate, KeyPurpose, KeyUsage, ParseError, Subtree,
        key::{identifier, signing_algorithm},
    },
    model::{
        algorithm::SubjectPublicKeyInfo,
        certificate::{Signed, TbsCertificate, VERSION_3, Validity},
        extension::Extension,
        list::List,
        time::Time,
    },
    name::DistinguishedName,
};
use asn1::{BigInt, BitString};
use bulla_crypto::{
    hash::HashAlgorithm,
    private_key::{PrivateKey, SignError},
};
use rustls_pki_types::{CertificateDer, UnixTime};

/// RFC 5280 section 4.1.2.2: "Conforming CAs MUST NOT use serialNumber values longer than 20 octets."
const MAX_SERIAL: usize = 20;

/// Why a certificate or request could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A serial number that is zero or longer than 20 bytes.
    #[error("a serial number must be positive and at most {MAX_SERIAL} bytes long")]
    Serial,
    /// A validity that ends before it begins, or after the year 9999.
    #[error("the validity must end after it begins, and before the year 10000")]
    Validity,
    /// A name that cannot stand in a certificate.
    #[error("\"{}\" cannot stand in a certificate as {kind}", crate::text::Plain(text))]
    Name {
        /// What it was to be.
        kind: &'static str,
        /// The text.
        text: String,
    },
    /// A setting that only an authority may have.
    #[error("{0} is for authorities only")]
    NotAnAuthority(&'static str),
    /// An authority whose key usage lacks `keyCertSign`.
    #[error("the key of an authority must be allowed to sign certificates")]
    CannotSign,
    /// An authority without a subject, which RFC 5280 section 4.1.2.6 forbids.
    #[error("an authority must have a subject")]
    NoSubject,
    /// Neither subject nor name.
    #[error("a certificate needs a subject or a name")]
    Nameless,
    /// A key that belongs to another certificate.
    #[error("the key is not that of the certificate \"{0}\"")]
    OtherKey(String),
    /// The signer failed.
    #[error("could not sign: {0}")]
    Sign(#[from] SignError),
    /// Something too large to write.
    #[error("too large to write: {0}")]
    Write(#[from] asn1::WriteError),
    /// What was written could not be read back.
    #[error("the result does not read back: {0}")]
    Unreadable(#[from] ParseError),
}

/// What a certificate is to say. A plain struct: make one with [`new`](Self::new), [`server`](Self::server)
/// or [`authority`](Self::authority) and set the fields.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CertificateTemplate {
    /// Big-endian and positive, at most 20 bytes; 16 random ones are customary. The default is 1.
    pub serial: Vec<u8>,
    /// Whom it speaks of; empty by default.
    pub subject: Subject,
    /// The first second of the validity; 1970 by default.
    pub not_before: UnixTime,
    /// The last second of the validity; 1970 by default, which is refused.
    pub not_after: UnixTime,
    /// The alternative names.
    pub names: Vec<Name>,
    /// Whether the key may sign certificates.
    pub authority: bool,
    /// How many intermediates may follow below an authority; `None` for no limit.
    pub path_length: Option<u8>,
    /// What the key may be used for; `None` leaves the extension out.
    pub key_usage: Option<KeyUsage>,
    /// What the key is certified for; empty leaves the extension out.
    pub purposes: Vec<KeyPurpose>,
    /// The only names that an authority may certify, for each kind of name that occurs here.
    pub permitted: Vec<Subtree<'static>>,
    /// Names that an authority must not certify.
    pub excluded: Vec<Subtree<'static>>,
}

impl Default for CertificateTemplate {
    fn default() -> Self {
        let epoch = UnixTime::since_unix_epoch(std::time::Duration::ZERO);
        Self {
            serial: vec![1],
            subject: Subject::new(),
            not_before: epoch,
            not_after: epoch,
            names: Vec::new(),
            authority: false,
            path_length: None,
            key_usage: None,
            purposes: Vec::new(),
            permitted: Vec::new(),
            excluded: Vec::new(),
        }
    }
}

impl CertificateTemplate {
    /// Nothing but the defaults of the fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// A TLS server with these names: key usage `digitalSignature`, purpose `serverAuth`.
    pub fn server(names: Vec<Name>) -> Self {
        Self {
            names,
            key_usage: Some(KeyUsage::DIGITAL_SIGNATURE),
            purposes: vec![KeyPurpose::ServerAuth],
            ..Self::default()
        }
    }

    /// An authority: key usage `keyCertSign` and `cRLSign`.
    pub fn authority(subject: Subject, path_length: Option<u8>) -> Self {
        Self {
            subject,
            authority: true,
            path_length,
            key_usage: Some(KeyUsage::CERTIFICATE_SIGNING.and(KeyUsage::CRL_SIGNING)),
            ..Self::default()
        }
    }

    /// A certificate for a key, signed by an authority.
    ///
    /// It carries the subject's and the authority's key identifiers. Times through 2049 are UTCTime, later
    /// ones GeneralizedTime. An empty subject makes the alternative names critical.
    ///
    /// # Errors
    /// When a field breaks RFC 5280, or signing fails.
    pub fn issue(
        &self,
        issuer: &Issuer<'_>,
        subject_public_key: &SubjectPublicKey,
    ) -> Result<CertificateDer<'static>, BuildError> {
        self.check()?;
        let subject = self.subject.encode()?;
        let serial = positive(&self.serial).ok_or(BuildError::Serial)?;
        let values = extensions::encode(self, &issuer.key_identifier, subject_public_key.key_identifier())?;
        let extensions: Vec<Extension<'_>> = values.iter().map(extensions::Encoded::as_model).collect();
        let time = |time| Time::from_unix(time).map_err(|_| BuildError::Validity);
        let (_, algorithm) = signing_algorithm(issuer.key.kind());
        let content = TbsCertificate {
            version: VERSION_3,
            serial: BigInt::new(&serial).ok_or(BuildError::Serial)?,
            signature: algorithm,
            issuer: issuer.name,
            validity: Validity { not_before: time(self.not_before)?, not_after: time(self.not_after)? },
            subject: DistinguishedName::parse(&subject)?,
            public_key: subject_public_key.model()?,
            issuer_unique_id: None,
            subject_unique_id: None,
            extensions: (!extensions.is_empty()).then_some(List::Built(&extensions)),
        };
        let der = sign(&asn1::write_single(&content)?, issuer.key)?;
        Certificate::parse(&der)?;
        Ok(der.into())
    }

    /// A certificate for a key, signed by that key: a root.
    ///
    /// # Errors
    /// As [`issue`](Self::issue).
    pub fn self_signed(&self, key: &PrivateKey) -> Result<CertificateDer<'static>, BuildError> {
        let public = SubjectPublicKey::of(key)?;
        let subject = self.subject.encode()?;
        let name = DistinguishedName::parse(&subject)?;
        self.issue(&Issuer { name, key_identifier: public.key_identifier().to_vec(), key }, &public)
    }

    fn check(&self) -> Result<(), BuildError> {
        if self.not_after.as_secs() <= self.not_before.as_secs() {
            return Err(BuildError::Validity);
        }
        let signs = self.key_usage.is_some_and(|usage| usage.contains(KeyUsage::CERTIFICATE_SIGNING));
        let constrained = !self.permitted.is_empty() || !self.excluded.is_empty();
        match self.authority {
            true if self.subject.is_empty() => Err(BuildError::NoSubject),
            true if self.key_usage.is_some() && !signs => Err(BuildError::CannotSign),
            false if self.path_length.is_some() => Err(BuildError::NotAnAuthority("a path length")),
            false if constrained => Err(BuildError::NotAnAuthority("a name constraint")),
            false if signs => Err(BuildError::NotAnAuthority("signing certificates")),
            false if self.subject.is_empty() && self.names.is_empty() => Err(BuildError::Nameless),
            _ => Ok(()),
        }
    }
}

/// Who signs: name and key identifier as they stand in the authority's own certificate, and its key.
#[derive(Debug)]
pub struct Issuer<'a> {
    /// The authority's subject.
    pub name: DistinguishedName<'a>,
    /// The authority's subject key identifier; empty leaves the reference out.
    pub key_identifier: Vec<u8>,
    /// The authority's key.
    pub key: &'a PrivateKey,
}

impl<'a> Issuer<'a> {
    /// The authority that a certificate describes.
    ///
    /// # Errors
    /// When the key is not that of the certificate.
    pub fn new(certificate: &Certificate<'a>, key: &'a PrivateKey) -> Result<Self, BuildError> {
        let name = certificate.subject();
        if SubjectPublicKey::of(key)?.der != certificate.public_key_info() {
            return Err(BuildError::OtherKey(name.to_string()));
        }
        Ok(Self {
            name,
            key_identifier: certificate.subject_key_identifier().unwrap_or_default().to_vec(),
            key,
        })
    }
}

/// The public key that a certificate is to vouch for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectPublicKey {
    der: Vec<u8>,
    key_identifier: [u8; 20],
}

impl SubjectPublicKey {
    /// The public half of a key.
    ///
    /// # Errors
    /// Only when it is too large to write.
    pub fn of(key: &PrivateKey) -> Result<Self, BuildError> {
        let key_bits = BitString::new(key.public_key_bits(), 0).ok_or(asn1::WriteError::AllocationError)?;
        Self::from_model(&SubjectPublicKeyInfo { algorithm: identifier(key.kind()), key: key_bits })
    }

    /// The key of a certificate: for renewing it.
    ///
    /// # Errors
    /// Only when it is too large to write.
    pub fn from_certificate(certificate: &Certificate<'_>) -> Result<Self, BuildError> {
        let info = certificate.public_key_info();
        let info = asn1::parse_single(info)
            .map_err(|error| ParseError::from_asn1("SubjectPublicKeyInfo", info, 0, &error))?;
        Self::from_model(&info)
    }

    pub(crate) fn from_model(info: &SubjectPublicKeyInfo<'_>) -> Result<Self, BuildError> {
        // RFC 7093 section 2, method 1: the left-most 160 bits of the SHA-256 of the key's bits.
        let digest = HashAlgorithm::Sha256.hash(info.key.as_bytes());
        let mut key_identifier = [0; 20];
        for (to, from) in key_identifier.iter_mut().zip(digest.as_ref()) {
            *to = *from;
        }
        Ok(Self { der: asn1::write_single(info)?, key_identifier })
    }

    /// The identifier that certificates for this key carry.
    pub fn key_identifier(&self) -> &[u8] {
        &self.key_identifier
    }

    /// The `SubjectPublicKeyInfo` in DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    fn model(&self) -> Result<SubjectPublicKeyInfo<'_>, ParseError> {
        asn1::parse_single(&self.der)
            .map_err(|error| ParseError::from_asn1("SubjectPublicKeyInfo", &self.der, 0, &error))
    }
}

/// Signs the content and puts both together.
fn sign(content: &[u8], key: &PrivateKey) -> Result<Vec<u8>, BuildError> {
    let (algorithm, identifier) = signing_algorithm(key.kind());
    let signature = key.sign(algorithm, content)?;
    let content =
        asn1::parse_single(content).map_err(|error| ParseError::from_asn1("content", content, 0, &error))?;
    let signature = BitString::new(&signature, 0).ok_or(asn1::WriteError::AllocationError)?;
    Ok(asn1::write_single(&Signed { content, algorithm: identifier, signature })?)
}

/// A magnitude as a DER integer; `None` for zero and for more than 20 bytes.
fn positive(magnitude: &[u8]) -> Option<Vec<u8>> {
    let start = magnitude.iter().position(|byte| *byte != 0)?;
    let digits = magnitude.get(start..)?;
    let sign = digits.first().filter(|byte| **byte >= 0x80).map(|_| 0);
    let integer: Vec<u8> = sign.into_iter().chain(digits.iter().copied()).collect();
    (integer.len() <= MAX_SERIAL).then_some(integer)
}

#[cfg(test)]
mod tests;
