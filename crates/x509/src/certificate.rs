//! One certificate, read.

pub(crate) mod extensions;
pub(crate) mod key;

pub use crate::fault::ParseError;
pub use crate::model::extension::{BasicConstraints, KeyPurpose, KeyUsage};
pub use extensions::{ExtendedKeyUsage, NameConstraints, Subtree};
pub use key::KeyProblem;

use crate::{
    model::{
        algorithm::{AlgorithmIdentifier, SubjectPublicKeyInfo},
        certificate::{Signed, TbsCertificate, VERSION_3},
        extension::Extension,
        list::List,
    },
    name::DistinguishedName,
    names::AlternativeName,
};
use asn1::ObjectIdentifier;
use bulla_crypto::{hash::HashAlgorithm, signature::PublicKey};
use extensions::Extensions;
use rustls_pki_types::UnixTime;

/// An X.509 certificate (RFC 5280 section 4.1), borrowed from its DER.
///
/// Parsing is strict DER and looks into every extension the crate knows; it allocates nothing and decides
/// nothing about trust. Versions 1 and 2 are read, so that they can be shown and refused with a reason.
pub struct Certificate<'a> {
    der: &'a [u8],
    signed: Signed<'a>,
    content: TbsCertificate<'a>,
    extensions: Extensions<'a>,
}

impl<'a> Certificate<'a> {
    /// Reads a certificate from DER that holds nothing else.
    ///
    /// # Errors
    /// The field that is malformed, its offset in bytes, and what is wrong there.
    pub fn parse(der: &'a [u8]) -> Result<Self, ParseError> {
        let signed: Signed<'a> =
            asn1::parse_single(der).map_err(|error| ParseError::from_asn1("Certificate", der, 0, &error))?;
        let inner = signed.content.full_data();
        let base = offset_of(inner, der);
        let content: TbsCertificate<'a> = asn1::parse_single(inner)
            .map_err(|error| ParseError::from_asn1("Certificate.TbsCertificate", inner, base, &error))?;
        check_shape(&content, base)?;
        let extensions = Extensions::read(&content, der)?;
        Ok(Self { der, signed, content, extensions })
    }

    /// The encoding.
    pub fn der(&self) -> &'a [u8] {
        self.der
    }

    /// The serial number: big-endian two's complement, as in the encoding.
    pub fn serial(&self) -> &'a [u8] {
        self.content.serial.as_bytes()
    }

    /// Whom the certificate speaks of.
    pub fn subject(&self) -> DistinguishedName<'a> {
        self.content.subject
    }

    /// Who signed it.
    pub fn issuer(&self) -> DistinguishedName<'a> {
        self.content.issuer
    }

    /// The first second of its validity. Moments before 1970 are given as 1970.
    pub fn not_before(&self) -> UnixTime {
        self.content.validity.not_before.unix_time()
    }

    /// The last second of its validity. Moments before 1970 are given as 1970.
    pub fn not_after(&self) -> UnixTime {
        self.content.validity.not_after.unix_time()
    }

    /// Version 1, 2 or 3.
    pub fn version(&self) -> u8 {
        self.content.version.saturating_add(1)
    }

    /// The key that the certificate vouches for.
    ///
    /// # Errors
    /// When the algorithm is not supported or the key is malformed or too short.
    pub fn public_key(&self) -> Result<PublicKey<'a>, KeyProblem> {
        key::public_key(&self.content.public_key)
    }

    /// The key's algorithm and size, such as `ECDSA P-256` or `RSA 2048 bits`.
    pub fn public_key_name(&self) -> String {
        key::name(&self.content.public_key)
    }

    /// The key's DER: the `SubjectPublicKeyInfo` of RFC 5280 section 4.1.2.7.
    ///
    /// # Errors
    /// Never for a certificate that was parsed; the error is that of the writer.
    pub fn public_key_info(&self) -> Result<Vec<u8>, asn1::WriteError> {
        asn1::write_single(&self.content.public_key)
    }

    /// The algorithm of the signature, such as `ECDSA with SHA-256`.
    pub fn signature_name(&self) -> &'static str {
        key::signature_name(&self.signed.algorithm)
    }

    /// The names that the certificate is for (RFC 5280 section 4.2.1.6); none when it has no such extension.
    pub fn subject_alternative_names(&self) -> impl Iterator<Item = AlternativeName<'a>> + use<'a> {
        let names = self.extensions.alternative_names.as_ref().map(|names| names.value.iter());
        names.into_iter().flatten().filter_map(AlternativeName::from_model)
    }

    /// Whether the key may sign certificates, and how deep.
    pub fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.extensions.basic_constraints.as_ref().map(|known| known.value)
    }

    /// What the key may be used for; `None` means anything.
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.extensions.key_usage.as_ref().map(|known| known.value)
    }

    /// What the key is certified for; `None` means anything.
    pub fn extended_key_usage(&self) -> Option<ExtendedKeyUsage<'a>> {
        self.extensions.extended_key_usage.as_ref().map(|known| ExtendedKeyUsage(known.value.clone()))
    }

    /// The names that an authority may certify.
    pub fn name_constraints(&self) -> Option<NameConstraints<'a>> {
        self.extensions.name_constraints.as_ref().map(|known| NameConstraints(known.value.clone()))
    }

    /// The identifier of its key.
    pub fn subject_key_identifier(&self) -> Option<&'a [u8]> {
        self.extensions.subject_key_identifier.as_ref().map(|known| known.value)
    }

    /// The identifier of the key that signed it.
    pub fn authority_key_identifier(&self) -> Option<&'a [u8]> {
        self.extensions.authority_key_identifier.as_ref().and_then(|known| known.value.key_identifier)
    }

    /// Where the issuer's certificate can be fetched: as written, not safe to print.
    pub fn issuer_url(&self) -> Option<&'a str> {
        self.extensions.issuer_url()
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
        self.signed.content.full_data()
    }

    /// The signature; `None` when it is not a whole number of bytes.
    pub(crate) fn signature(&self) -> Option<&'a [u8]> {
        (self.signed.signature.padding_bits() == 0).then(|| self.signed.signature.as_bytes())
    }

    pub(crate) fn signature_algorithm(&self) -> &AlgorithmIdentifier<'a> {
        &self.signed.algorithm
    }

    pub(crate) fn inner_signature_algorithm(&self) -> &AlgorithmIdentifier<'a> {
        &self.content.signature
    }

    pub(crate) fn key_info(&self) -> &SubjectPublicKeyInfo<'a> {
        &self.content.public_key
    }

    pub(crate) fn is_version_3(&self) -> bool {
        self.content.version == VERSION_3
    }

    pub(crate) fn extension_fields(&self) -> &Extensions<'a> {
        &self.extensions
    }

    /// The first critical extension that the crate does not know.
    pub(crate) fn unknown_critical_extension(&self) -> Option<ObjectIdentifier> {
        self.raw_extensions()
            .find(|extension| extension.critical && !extensions::is_processed(&extension.id))
            .map(|e| e.id)
    }

    pub(crate) fn raw_extensions(&self) -> impl Iterator<Item = Extension<'a>> + use<'a> {
        self.content.extensions.as_ref().map(List::iter).into_iter().flatten()
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

/// RFC 5280 section 4.1.2.1: "When extensions are used ... version MUST be 3"; there is no fourth version.
fn check_shape(content: &TbsCertificate<'_>, offset: usize) -> Result<(), ParseError> {
    let version = content.version;
    let fault = |problem: &str| Err(ParseError::new("Certificate.TbsCertificate.version", offset, problem));
    match version {
        VERSION_3 => Ok(()),
        0 | 1 if content.extensions.is_some() => {
            fault("extensions in a certificate that is not of version 3")
        }
        0 if content.issuer_unique_id.is_some() || content.subject_unique_id.is_some() => {
            fault("unique identifiers in a certificate of version 1")
        }
        0 | 1 => Ok(()),
        _ => fault("a version that does not exist"),
    }
}

#[cfg(test)]
mod tests;
