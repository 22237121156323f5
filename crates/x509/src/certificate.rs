//! One certificate, read.

pub(crate) mod extensions;
mod fields;
pub(crate) mod key;
pub(crate) mod layout;

pub use crate::fault::ParseError;
pub use crate::model::extension::{BasicConstraints, KeyPurpose, KeyUsage};
pub use extensions::{ExtendedKeyUsage, NameConstraints, Subtree};
pub use key::KeyProblem;

use crate::{
    model::{
        algorithm::AlgorithmIdentifier, certificate::VERSION_3, extension::Extension, list::List, oid,
        time::unix_time,
    },
    name::DistinguishedName,
    names::AlternativeName,
};
use asn1::ObjectIdentifier;
use bulla_crypto::{
    hash::HashAlgorithm,
    signature::{KeyKind, MIN_RSA_BITS, PublicKey, SignatureAlgorithm, VerifyError},
};
use extensions::Extensions;
use key::{KeyInfo, SignatureProblem};
use layout::{Algorithm, Layout};
use rustls_pki_types::UnixTime;

/// An X.509 certificate (RFC 5280 section 4.1), borrowed from its DER.
///
/// Parsing is strict DER and looks into every extension the crate knows; it allocates nothing and decides
/// nothing about trust. Versions 1 and 2 are read, so that they can be shown and refused with a reason.
#[derive(Clone)]
pub struct Certificate<'a> {
    der: &'a [u8],
    layout: Layout,
}

impl<'a> Certificate<'a> {
    /// Reads a certificate from DER that holds nothing else.
    ///
    /// # Errors
    /// The field that is malformed, its offset in bytes, and what is wrong there.
    pub fn parse(der: &'a [u8]) -> Result<Self, ParseError> {
        Ok(Self { der, layout: layout::read(der)? })
    }

    /// A certificate that was read before.
    pub(crate) fn known(der: &'a [u8], layout: &Layout) -> Self {
        Self { der, layout: layout.clone() }
    }

    /// What was read, to be kept beside the encoding.
    pub(crate) fn into_layout(self) -> Layout {
        self.layout
    }

    /// The encoding.
    pub fn der(&self) -> &'a [u8] {
        self.der
    }

    /// The serial number: big-endian two's complement, as in the encoding.
    pub fn serial(&self) -> &'a [u8] {
        self.layout.serial.of(self.der)
    }

    /// Whom the certificate speaks of.
    pub fn subject(&self) -> DistinguishedName<'a> {
        DistinguishedName::checked(self.layout.subject.of(self.der))
    }

    /// Who signed it.
    pub fn issuer(&self) -> DistinguishedName<'a> {
        DistinguishedName::checked(self.layout.issuer.of(self.der))
    }

    /// The first second of its validity. Moments before 1970 are given as 1970.
    pub fn not_before(&self) -> UnixTime {
        unix_time(self.layout.not_before)
    }

    /// The last second of its validity. Moments before 1970 are given as 1970.
    pub fn not_after(&self) -> UnixTime {
        unix_time(self.layout.not_after)
    }

    /// Version 1, 2 or 3.
    pub fn version(&self) -> u8 {
        self.layout.version.saturating_add(1)
    }

    /// The key that the certificate vouches for.
    ///
    /// # Errors
    /// When the algorithm is not supported or the key is malformed or too short.
    pub fn public_key(&self) -> Result<PublicKey<'a>, KeyProblem> {
        let (Some(kind), Some(key)) = (self.layout.key_kind, self.layout.key) else {
            return key::public_key(&self.key_info());
        };
        let key = PublicKey::new(kind, key.of(self.der)).map_err(|_| key::malformed(&self.key_info()))?;
        if kind == KeyKind::Rsa && key.bits() < MIN_RSA_BITS {
            return Err(KeyProblem::Weak(key.bits()));
        }
        Ok(key)
    }

    /// The key's algorithm and size, such as `ECDSA P-256` or `RSA 2048 bits`.
    pub fn public_key_name(&self) -> String {
        key::name(&self.key_info())
    }

    /// The key's DER: the `SubjectPublicKeyInfo` of RFC 5280 section 4.1.2.7.
    pub fn public_key_info(&self) -> &'a [u8] {
        self.layout.key_info.of(self.der)
    }

    /// The algorithm of the signature, such as `ECDSA with SHA-256`.
    pub fn signature_name(&self) -> &'static str {
        key::signature_name(&self.signature_algorithm())
    }

    /// The names that the certificate is for (RFC 5280 section 4.2.1.6); none when it has no such extension.
    pub fn subject_alternative_names(&self) -> impl Iterator<Item = AlternativeName<'a>> + use<'a> {
        self.extension_fields().names()
    }

    /// Whether the key may sign certificates, and how deep.
    pub fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.layout.known.basic_constraints.map(|known| known.value)
    }

    /// What the key may be used for; `None` means anything.
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.layout.known.key_usage.map(|known| known.value)
    }

    /// What the key is certified for; `None` means anything.
    pub fn extended_key_usage(&self) -> Option<ExtendedKeyUsage<'a>> {
        self.layout.known.extended_key_usage.map(|known| ExtendedKeyUsage::new(known.value, self.der))
    }

    /// The names that an authority may certify.
    pub fn name_constraints(&self) -> Option<NameConstraints<'a>> {
        self.extension_fields().name_constraints().map(|known| NameConstraints(known.value))
    }

    /// The identifier of its key.
    pub fn subject_key_identifier(&self) -> Option<&'a [u8]> {
        self.layout.known.subject_key_identifier.map(|known| known.value.of(self.der))
    }

    /// The identifier of the key that signed it.
    pub fn authority_key_identifier(&self) -> Option<&'a [u8]> {
        self.layout
            .known
            .authority_key_identifier
            .and_then(|known| known.value.key)
            .map(|key| key.of(self.der))
    }

    /// Where the issuer's certificate can be fetched: as written, not safe to print.
    pub fn issuer_url(&self) -> Option<&'a str> {
        self.extension_fields().issuer_url()
    }

    /// Whether subject and issuer are the same name. RFC 5280 section 3.2 calls that self-issued; it says
    /// nothing about the signature.
    pub fn is_self_issued(&self) -> bool {
        self.subject() == self.issuer()
    }

    /// The SHA-256 of the encoding.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut fingerprint = [0; 32];
        for (to, from) in fingerprint.iter_mut().zip(HashAlgorithm::Sha256.hash(self.der).as_ref()) {
            *to = *from;
        }
        fingerprint
    }

    /// The bytes that the signature covers.
    pub(crate) fn signed_bytes(&self) -> &'a [u8] {
        self.layout.signed.of(self.der)
    }

    /// The signature; `None` when it is not a whole number of bytes.
    pub(crate) fn signature(&self) -> Option<&'a [u8]> {
        self.layout.signature.map(|signature| signature.of(self.der))
    }

    /// Whether a key made its signature.
    pub(crate) fn check_signature(&self, key: &PublicKey<'_>) -> Result<(), SignatureProblem> {
        self.check_signature_by(key.kind(), |algorithm, content, signature| {
            key.verify(algorithm, content, signature)
        })
    }

    /// The same with a key of this kind that is given as a function.
    pub(crate) fn check_signature_by(
        &self,
        kind: KeyKind,
        verify: impl FnOnce(SignatureAlgorithm, &[u8], &[u8]) -> Result<(), VerifyError>,
    ) -> Result<(), SignatureProblem> {
        let algorithm = self.signature_algorithm_of(kind).ok_or(SignatureProblem::Unsupported)?;
        let signature = self.signature().ok_or(SignatureProblem::Bad)?;
        verify(algorithm, self.signed_bytes(), signature).map_err(|_| SignatureProblem::Bad)
    }

    /// Whether the hash under its signature can be forged.
    pub(crate) fn has_weak_signature(&self) -> bool {
        let is_common = key::is_common_algorithm(self.layout.algorithm.identifier.of(self.der));
        !is_common && key::is_weak_signature(&self.signature_algorithm())
    }

    /// The algorithm of its signature, when the signer's key is of this kind.
    fn signature_algorithm_of(&self, kind: KeyKind) -> Option<SignatureAlgorithm> {
        let Algorithm { identifier, parameters, .. } = self.layout.algorithm;
        let parameters = parameters.map(|parameters| parameters.of(self.der));
        key::common_algorithm(identifier.of(self.der), parameters, kind)
            .or_else(|| key::signature_algorithm(&self.signature_algorithm(), kind))
    }

    pub(crate) fn signature_algorithm(&self) -> AlgorithmIdentifier<'a> {
        self.algorithm(self.layout.algorithm)
    }

    /// Whether the algorithm of the signature stands inside as it does outside.
    pub(crate) fn has_one_signature_algorithm(&self) -> bool {
        self.layout.algorithm.full.of(self.der) == self.layout.inner_algorithm.full.of(self.der)
    }

    fn key_info(&self) -> KeyInfo<'a> {
        let key = self.layout.key.map(|key| key.of(self.der));
        KeyInfo { algorithm: self.algorithm(self.layout.key_algorithm), key }
    }

    fn algorithm(&self, at: Algorithm) -> AlgorithmIdentifier<'a> {
        let parameters = at.parameters.map(|parameters| parameters.of(self.der));
        AlgorithmIdentifier::checked(at.identifier.of(self.der), parameters)
    }

    pub(crate) fn is_version_3(&self) -> bool {
        self.layout.version == VERSION_3
    }

    pub(crate) fn extension_fields(&self) -> Extensions<'_, 'a> {
        self.layout.known.of(self.der)
    }

    /// The first critical extension that the crate does not know.
    pub(crate) fn unknown_critical_extension(&self) -> Option<ObjectIdentifier> {
        let id = self.layout.known.unknown_critical?.of(self.der);
        Some(ObjectIdentifier::from_der(id).unwrap_or(oid::NONE))
    }

    pub(crate) fn raw_extensions(&self) -> impl Iterator<Item = Extension<'a>> + use<'a> {
        List::<Extension<'a>, 1>::Checked(self.layout.extensions.of(self.der)).iter()
    }
}

impl std::fmt::Debug for Certificate<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate")
            .field("subject", &self.subject().to_string())
            .field("issuer", &self.issuer().to_string())
            .finish_non_exhaustive()
    }
}

/// The offset of a part in the whole that it was borrowed from.
pub(crate) fn offset_of(part: &[u8], whole: &[u8]) -> usize {
    part.as_ptr()
        .addr()
        .checked_sub(whole.as_ptr().addr())
        .filter(|offset| *offset <= whole.len())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests;
