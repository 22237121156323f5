//! Certification requests: PKCS#10 (RFC 2986).

use super::{
    BuildError, Name, Subject, SubjectPublicKey,
    extensions::{Encoded, alternative_names},
};
use crate::{
    certificate::{
        ParseError,
        extensions::Places,
        key::{self, KeyProblem, SignatureProblem},
        offset_of,
    },
    der::{Fault, Reader, Span, tag},
    model::{
        certificate::Signed,
        extension::Extension,
        list::{Group, List},
        oid,
        request::{RequestAttribute, RequestInfo},
    },
    name::DistinguishedName,
    names::AlternativeName,
};
use bulla_crypto::{private_key::PrivateKey, signature::PublicKey};
use rustls_pki_types::CertificateSigningRequestDer;

/// What a request is to ask for.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RequestTemplate {
    /// The subject asked for; may be empty.
    pub subject: Subject,
    /// The alternative names asked for.
    pub names: Vec<Name>,
}

impl RequestTemplate {
    /// Asks for nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A request for a certificate for this key, signed by it.
    ///
    /// # Errors
    /// When a name cannot stand in a certificate, or signing fails.
    ///
    /// ```
    /// # use bulla_crypto::{private_key::PrivateKey, signature::KeyKind};
    /// # use bulla_x509::build::{Name, request::{Request, RequestTemplate}};
    /// let key = PrivateKey::generate(KeyKind::Ed25519)?;
    /// let mut template = RequestTemplate::new();
    /// template.names = vec![Name::Dns("www.example.org".into())];
    /// let der = template.sign(&key)?;
    /// let request = Request::parse(&der)?;
    /// request.verify()?;
    /// assert_eq!(request.subject_alternative_names().next().unwrap().to_string(), "www.example.org");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sign(&self, key: &PrivateKey) -> Result<CertificateSigningRequestDer<'static>, BuildError> {
        let subject = self.subject.encode()?;
        let public = SubjectPublicKey::of(key)?;
        let names = alternative_names(&self.names, self.subject.is_empty())?;
        let extensions: Vec<Extension<'_>> = names.iter().map(Encoded::as_model).collect();
        let wanted: List<'_, Extension<'_>, 1> = List::Built(&extensions);
        let wanted = asn1::write_single(&wanted)?;
        let values =
            [asn1::parse_single(&wanted).map_err(|e| ParseError::from_asn1("extensions", &wanted, 0, &e))?];
        let attributes = [RequestAttribute { kind: oid::EXTENSION_REQUEST, values: Group::Built(&values) }];
        let content = RequestInfo {
            version: 0,
            subject: DistinguishedName::parse(&subject)?,
            public_key: public.model()?,
            attributes: Group::Built(if extensions.is_empty() { &[] } else { &attributes }),
        };
        let der = super::sign(&asn1::write_single(&content)?, key)?;
        Request::parse(&der)?;
        Ok(der.into())
    }
}

/// A request, read.
pub struct Request<'a> {
    der: &'a [u8],
    signed: Signed<'a>,
    content: RequestInfo<'a>,
    extensions: Places,
}

/// Why the signature of a request does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyProblem),
    /// The algorithm is weak, unknown or does not fit the key.
    #[error("the signature algorithm ({0}) is not supported with this key")]
    Algorithm(&'static str),
    /// The signature is not that of the key in the request.
    #[error("the request is not signed by the key it asks a certificate for")]
    BadSignature,
}

impl<'a> Request<'a> {
    /// Reads a request from DER that holds nothing else. The signature is not looked at.
    ///
    /// # Errors
    /// The field that is malformed, its offset in bytes, and what is wrong there.
    pub fn parse(der: &'a [u8]) -> Result<Self, ParseError> {
        let root = "CertificationRequest";
        let signed: Signed<'a> =
            asn1::parse_single(der).map_err(|error| ParseError::from_asn1(root, der, 0, &error))?;
        let inner = signed.content.full_data();
        let base = offset_of(inner, der);
        let content: RequestInfo<'a> = asn1::parse_single(inner).map_err(|error| {
            ParseError::from_asn1("CertificationRequest.RequestInfo", inner, base, &error)
        })?;
        if content.version != 0 {
            return Err(ParseError::new(
                "CertificationRequest.RequestInfo.version",
                base,
                "a version other than 1",
            ));
        }
        let extensions = requested_extensions(&content, der)?;
        Ok(Self { der, signed, content, extensions })
    }

    /// The subject asked for.
    pub fn subject(&self) -> DistinguishedName<'a> {
        self.content.subject
    }

    /// The alternative names asked for.
    pub fn subject_alternative_names(&self) -> impl Iterator<Item = AlternativeName<'a>> + use<'a> {
        self.extensions.of(self.der).names()
    }

    /// The key that a certificate is asked for, in the form that verifies.
    ///
    /// # Errors
    /// When the algorithm is not supported or the key is malformed or too short.
    pub fn public_key(&self) -> Result<PublicKey<'a>, KeyProblem> {
        key::public_key(&(&self.content.public_key).into())
    }

    /// The key's algorithm and size, such as `ECDSA P-256` or `RSA 2048 bits`.
    pub fn public_key_name(&self) -> String {
        key::name(&(&self.content.public_key).into())
    }

    /// The key in the form that a certificate is made for.
    ///
    /// # Errors
    /// Only when it is too large to write.
    pub fn subject_public_key(&self) -> Result<SubjectPublicKey, BuildError> {
        SubjectPublicKey::from_model(&self.content.public_key)
    }

    /// Whether whoever made the request has the key (RFC 2986 section 3).
    ///
    /// # Errors
    /// Why the signature does not hold.
    pub fn verify(&self) -> Result<(), RequestError> {
        let key = self.public_key()?;
        let Signed { content, algorithm, signature } = &self.signed;
        let signature = (signature.padding_bits() == 0).then(|| signature.as_bytes());
        key::verify(&key, algorithm, content.full_data(), signature).map_err(|problem| match problem {
            SignatureProblem::Unsupported => RequestError::Algorithm(key::signature_name(algorithm)),
            SignatureProblem::Bad => RequestError::BadSignature,
        })
    }
}

/// RFC 2985 section 5.4.2: the extensions that the certificate is to have.
fn requested_extensions(content: &RequestInfo<'_>, der: &[u8]) -> Result<Places, ParseError> {
    let mut wanted = content.attributes.iter().filter(|attribute| attribute.kind == oid::EXTENSION_REQUEST);
    let Some(attribute) = wanted.next() else { return Ok(Places::default()) };
    let fault = |problem| ParseError::new("extensionRequest", offset_of(content.subject.der(), der), problem);
    let mut values = attribute.values.iter();
    let (Some(value), None, None) = (values.next(), values.next(), wanted.next()) else {
        return Err(fault("not exactly one value"));
    };
    let named = |fault: Fault| fault.in_field("extensionRequest");
    let whole = Reader::new(der).map_err(named)?;
    let mut value = whole.within(Span::of_part(value.full_data(), der));
    let list = value.read(tag::SEQUENCE).map_err(named)?;
    Ok(Places::read(&whole.inside(&list), "extensionRequest")?)
}
