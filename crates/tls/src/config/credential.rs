//! A certificate chain with the key that stands behind it.

use std::fmt;

use bulla_crypto::private_key::PrivateKey;
use bulla_crypto::signature::SignatureAlgorithm;
use bulla_x509::certificate::Certificate;
use rustls_pki_types::CertificateDer;

use crate::negotiate::signature;
use crate::wire::Message as _;
use crate::wire::certificate::{self, CertificateList};
use crate::wire::codec::Writer;
use crate::wire::registry::SignatureScheme;

/// A certificate chain and its key, here or elsewhere. Its Certificate message is encoded once.
pub struct Credential {
    chain: Vec<CertificateDer<'static>>,
    key: Key,
    schemes: Vec<SignatureScheme>,
    message: Vec<u8>,
}

/// Where the private key is.
enum Key {
    Here(PrivateKey),
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
    #[error("the chain is too long for a Certificate message")]
    TooLong,
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
        let schemes = signature::schemes_of(key.kind());
        let message = encode(&chain)?;
        Ok(Self { chain, key: Key::Here(key), schemes, message })
    }

    /// A credential whose key is elsewhere, in an HSM or with another process: each signature is asked for
    /// by [`Need::Sign`](crate::Need::Sign).
    ///
    /// # Errors
    /// The chain is empty or unreadable.
    pub fn remote(chain: Vec<CertificateDer<'static>>) -> Result<Self, CredentialError> {
        let leaf = chain.first().ok_or(CredentialError::Empty)?;
        let schemes = signature::schemes_of(read_key(leaf)?.kind());
        let message = encode(&chain)?;
        Ok(Self { chain, key: Key::Elsewhere, schemes, message })
    }

    /// The chain, leaf first.
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    /// The schemes by which the key can sign a handshake, best first.
    pub fn schemes(&self) -> &[SignatureScheme] {
        &self.schemes
    }

    /// The Certificate message of a handshake, with an empty request context.
    pub(crate) fn message(&self) -> &[u8] {
        &self.message
    }

    /// Signs if the key is here.
    pub(crate) fn sign(&self, algorithm: SignatureAlgorithm, message: &[u8]) -> Option<Result<Vec<u8>, ()>> {
        match &self.key {
            Key::Here(key) => Some(key.sign(algorithm, message).map_err(|_| ())),
            Key::Elsewhere => None,
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
            .field("certificates", &self.chain.len())
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

fn encode(chain: &[CertificateDer<'static>]) -> Result<Vec<u8>, CredentialError> {
    let mut message = Vec::new();
    Writer::append(&mut message, |out| {
        certificate::Certificate { context: &[], list: CertificateList::Values(chain) }.frame(out);
    })
    .ok_or(CredentialError::TooLong)?;
    Ok(message)
}
