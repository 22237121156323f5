//! A certificate chain with the key that stands behind it.

use std::fmt;
use std::sync::Arc;

use bulla_crypto::private_key::PrivateKey;
use bulla_crypto::signature::{KeyKind, SignatureAlgorithm};
use bulla_x509::certificate::Certificate;
use rustls_pki_types::CertificateDer;

use super::messages::{Contents, Messages, Staples};
use crate::negotiate::certificate::Form;
use crate::negotiate::signature;
use crate::wire::registry::{ProtocolVersion, SignatureScheme};

/// A certificate chain and its key, here or elsewhere, and what is stapled to them. Each form of its Certificate
/// message is encoded, and compressed, once.
///
/// A clone shares the key: that is how staples are renewed while the key stays.
///
/// ```
/// use bulla_tls::{Credential, CredentialError};
///
/// fn renewed(old: &Credential, ocsp: Vec<u8>) -> Result<Credential, CredentialError> {
///     old.clone().with_ocsp(ocsp)
/// }
/// ```
pub struct Credential {
    contents: Contents,
    key: Key,
    kind: KeyKind,
    /// What it signs by in TLS 1.3, and in TLS 1.2.
    schemes: Vec<SignatureScheme>,
    schemes12: Vec<SignatureScheme>,
    messages: Messages,
}

/// Where the private key is.
#[derive(Clone)]
enum Key {
    Here(Arc<PrivateKey>),
    Elsewhere,
}

/// Why a chain and a key make no credential.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// There is no certificate.
    #[error("the chain is empty: give the server's certificate first, then its intermediates")]
    Empty,
    /// The leaf cannot be read.
    #[error("the first certificate of the chain cannot be read: {0}")]
    Unreadable(String),
    /// The key is another certificate's.
    #[error(
        "the key does not belong to the first certificate of the chain: give the key that it was issued for"
    )]
    Mismatch,
    /// The chain is longer than a Certificate message can be.
    #[error("the chain and what is stapled to it are too long for a Certificate message")]
    TooLong,
    /// A staple is empty.
    #[error(
        "an OCSP response and a certificate timestamp have at least one byte: leave out what there is not"
    )]
    EmptyStaple,
    /// No scheme is left.
    #[error("the list of signature schemes is empty: name at least one of the key's, which are its default")]
    NoScheme,
    /// The key cannot sign by this scheme.
    #[error("the key cannot sign by {0}: name only schemes that fit it, which are its default")]
    Scheme(SignatureScheme),
}

impl Credential {
    /// A credential whose key is at hand: signatures are made at once.
    ///
    /// # Errors
    /// The chain is empty or unreadable, or the key is not the leaf's.
    pub fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKey) -> Result<Self, CredentialError> {
        let leaf = chain.first().ok_or(CredentialError::Empty)?;
        let public = read_key(leaf)?;
        if public.kind() != key.kind() || public.as_bytes() != key.public_key_bits() {
            return Err(CredentialError::Mismatch);
        }
        let kind = key.kind();
        Self::assemble(chain, Key::Here(Arc::new(key)), kind)
    }

    /// A credential whose key is elsewhere, in an HSM or with another process: each signature is asked for
    /// by [`Need::Sign`](crate::Need::Sign).
    ///
    /// # Errors
    /// The chain is empty or unreadable.
    pub fn remote(chain: Vec<CertificateDer<'static>>) -> Result<Self, CredentialError> {
        let leaf = chain.first().ok_or(CredentialError::Empty)?;
        let kind = read_key(leaf)?.kind();
        Self::assemble(chain, Key::Elsewhere, kind)
    }

    fn assemble(
        chain: Vec<CertificateDer<'static>>,
        key: Key,
        kind: KeyKind,
    ) -> Result<Self, CredentialError> {
        Self {
            contents: Contents { chain, ..Contents::default() },
            key,
            kind,
            schemes: signature::schemes_of(ProtocolVersion::TLS_1_3, kind),
            schemes12: signature::schemes_of(ProtocolVersion::TLS_1_2, kind),
            messages: Messages::default(),
        }
        .encodable()
    }

    /// Staples this OCSP response, in DER, for peers that ask for one.
    ///
    /// # Errors
    /// It is empty or too long.
    pub fn with_ocsp(mut self, response: Vec<u8>) -> Result<Self, CredentialError> {
        if response.is_empty() {
            return Err(CredentialError::EmptyStaple);
        }
        self.contents.ocsp = Some(response);
        self.encodable()
    }

    /// Adds these signed certificate timestamps, each as its log gave it (RFC 6962 section 3.2), for peers that ask
    /// for some. Those inside the certificate need no adding.
    ///
    /// # Errors
    /// One is empty, or they are too long.
    pub fn with_scts(mut self, scts: Vec<Vec<u8>>) -> Result<Self, CredentialError> {
        if scts.iter().any(Vec::is_empty) {
            return Err(CredentialError::EmptyStaple);
        }
        self.contents.scts = scts;
        self.encodable()
    }

    /// Signs by these schemes alone, best first, in place of all that fit the key.
    ///
    /// # Errors
    /// There is none, or one does not fit the key.
    pub fn with_schemes(mut self, schemes: &[SignatureScheme]) -> Result<Self, CredentialError> {
        let kind = self.kind;
        let fits = |scheme: SignatureScheme| {
            scheme.algorithm().is_some_and(|algorithm| algorithm.key_kind() == kind)
        };
        match schemes.iter().find(|scheme| !fits(**scheme)) {
            Some(scheme) => Err(CredentialError::Scheme(*scheme)),
            None if schemes.is_empty() => Err(CredentialError::NoScheme),
            None => {
                let usable = |version| {
                    let usable = |scheme: &SignatureScheme| signature::is_usable(version, *scheme);
                    schemes.iter().copied().filter(usable).collect()
                };
                self.schemes = usable(ProtocolVersion::TLS_1_3);
                self.schemes12 = usable(ProtocolVersion::TLS_1_2);
                Ok(self)
            }
        }
    }

    /// Every form of the message is at most as long as the whole one.
    fn encodable(self) -> Result<Self, CredentialError> {
        self.contents.encode(&[], Staples::ALL).map(|_| self).ok_or(CredentialError::TooLong)
    }

    /// The chain, leaf first.
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.contents.chain
    }

    /// The OCSP response that is stapled, in DER.
    pub fn ocsp(&self) -> Option<&[u8]> {
        self.contents.ocsp.as_deref()
    }

    /// The signed certificate timestamps that are added.
    pub fn scts(&self) -> &[Vec<u8>] {
        &self.contents.scts
    }

    /// Whether the leaf's key is this one.
    pub(crate) fn is_for(&self, public_key_bits: &[u8]) -> bool {
        self.public_key().is_some_and(|key| key == public_key_bits)
    }

    /// Whether both leaves have the same key.
    pub(crate) fn has_key_of(&self, other: &Self) -> bool {
        self.kind == other.kind && other.public_key().is_some_and(|key| self.is_for(&key))
    }

    fn public_key(&self) -> Option<Vec<u8>> {
        let key = read_key(self.contents.chain.first()?).ok()?;
        Some(key.as_bytes().to_vec())
    }

    /// What kind of key the leaf has.
    pub fn key_kind(&self) -> KeyKind {
        self.kind
    }

    /// Whether some certificate of the chain was issued by one of these authorities (distinguished names in DER).
    /// None named means any.
    pub fn is_issued_by(&self, authorities: &[impl AsRef<[u8]>]) -> bool {
        let certificates = self.contents.chain.iter().filter_map(|der| Certificate::parse(der).ok());
        let named = |issuer: &[u8]| authorities.iter().any(|name| name.as_ref() == issuer);
        authorities.is_empty()
            || certificates.into_iter().any(|certificate| named(certificate.issuer().der()))
    }

    /// The schemes by which the key signs handshakes of TLS 1.3, best first.
    pub fn schemes(&self) -> &[SignatureScheme] {
        &self.schemes
    }

    /// The schemes by which the key signs handshakes of this version, best first.
    pub(crate) fn schemes_for(&self, version: ProtocolVersion) -> &[SignatureScheme] {
        if version == ProtocolVersion::TLS_1_3 { &self.schemes } else { &self.schemes12 }
    }

    /// The Certificate message of a handshake in this form, with an empty request context.
    pub(crate) fn message(&self, form: Form) -> &[u8] {
        self.messages.get(&self.contents, form)
    }

    /// The Certificate message of TLS 1.2.
    pub(crate) fn message12(&self) -> &[u8] {
        self.messages.tls12(&self.contents)
    }

    /// The Certificate message for a request with this context; `None` where it is too long.
    pub(crate) fn message_for(&self, context: &[u8], form: Form) -> Option<Vec<u8>> {
        self.contents.encode(context, form.staples)
    }

    /// Signs if the key is here.
    pub(crate) fn sign(&self, algorithm: SignatureAlgorithm, message: &[u8]) -> Option<Result<Vec<u8>, ()>> {
        match &self.key {
            Key::Here(key) => Some(key.sign(algorithm, message).map_err(|_| ())),
            Key::Elsewhere => None,
        }
    }
}

impl Clone for Credential {
    fn clone(&self) -> Self {
        Self {
            contents: self.contents.clone(),
            key: self.key.clone(),
            kind: self.kind,
            schemes: self.schemes.clone(),
            schemes12: self.schemes12.clone(),
            messages: Messages::default(),
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match self.key {
            Key::Here(_) => "here",
            Key::Elsewhere => "elsewhere",
        };
        f.debug_struct("Credential")
            .field("certificates", &self.contents.chain.len())
            .field("ocsp", &self.contents.ocsp.is_some())
            .field("scts", &self.contents.scts.len())
            .field("schemes", &self.schemes)
            .field("key", &place)
            .finish()
    }
}

fn read_key<'a>(
    leaf: &'a CertificateDer<'_>,
) -> Result<bulla_crypto::signature::PublicKey<'a>, CredentialError> {
    let unreadable = |error: &dyn fmt::Display| CredentialError::Unreadable(error.to_string());
    let certificate = Certificate::parse(leaf).map_err(|error| unreadable(&error))?;
    certificate.public_key().map_err(|error| unreadable(&error))
}
