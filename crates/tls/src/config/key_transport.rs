//! The switch for the key transport that TLS 1.2 inherited (RFC 5246 section 7.4.7.1), for peers that know no better.

use std::fmt;
use std::sync::Arc;

use bulla_crypto::key_transport::DecryptionKey;
use bulla_crypto::private_key::PrivateKey;
use rustls_pki_types::CertificateDer;

use super::{ConfigError, Credential, CredentialError, Credentials};
use crate::wire::registry::CipherSuite;

/// The suites of the key transport, best first: those with an AEAD.
pub(crate) const LEGACY_SUITES: [CipherSuite; 2] =
    [CipherSuite::RSA_AES_128_GCM_SHA256, CipherSuite::RSA_AES_256_GCM_SHA384];

/// A server's certificate and RSA key for clients of TLS 1.2 that can do nothing but encrypt the secret to a key
/// (`TLS_RSA_WITH_AES_128_GCM_SHA256` and `TLS_RSA_WITH_AES_256_GCM_SHA384`), which RFC 10015 deprecates.
///
/// There is no forward secrecy: whoever gets the key opens every recording. The server decrypts in constant time
/// and never tells a bad padding from a good one, so that it is no oracle (Bleichenbacher, ROBOT, Marvin); still the
/// key must have no other use. So its certificate is another than any other of the config, and is best issued
/// for `keyEncipherment` alone.
///
/// ```
/// use bulla_crypto::private_key::PrivateKey;
/// use bulla_tls::{ConfigError, LegacyKeyTransport, ServerConfig};
/// use rustls_pki_types::CertificateDer;
///
/// fn for_the_old_scanner(
///     config: &mut ServerConfig,
///     chain: Vec<CertificateDer<'static>>,
///     key: &PrivateKey,
/// ) -> Result<(), Box<dyn std::error::Error>> {
///     config.legacy_key_transport = Some(LegacyKeyTransport::new(chain, key)?);
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct LegacyKeyTransport(Arc<Transport>);

struct Transport {
    credential: Arc<Credential>,
    key: DecryptionKey,
}

/// Why a chain and a key cannot serve the key transport.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LegacyKeyTransportError {
    /// The chain and the key make no credential.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The key cannot decrypt.
    #[error("the key transport takes an RSA key: {0}")]
    Key(bulla_crypto::key_transport::KeyTransportError),
}

impl LegacyKeyTransport {
    /// Takes a chain, leaf first, and its RSA key.
    ///
    /// # Errors
    /// The key is not the leaf's, or none for RSA.
    pub fn new(
        chain: Vec<CertificateDer<'static>>,
        key: &PrivateKey,
    ) -> Result<Self, LegacyKeyTransportError> {
        let decryption = DecryptionKey::new(key).map_err(LegacyKeyTransportError::Key)?;
        // It never signs, so the credential does not hold the key.
        let credential = Credential::remote(chain)?;
        if !credential.is_for(key.public_key_bits()) {
            return Err(CredentialError::Mismatch.into());
        }
        Ok(Self(Arc::new(Transport { credential: Arc::new(credential), key: decryption })))
    }

    /// What is shown to clients that need it.
    pub fn credential(&self) -> &Arc<Credential> {
        &self.0.credential
    }

    pub(crate) fn key(&self) -> &DecryptionKey {
        &self.0.key
    }

    /// Whether this credential has the same key.
    pub(crate) fn shares_key_with(&self, credential: &Credential) -> bool {
        self.0.credential.has_key_of(credential)
    }

    /// The config's check.
    pub(super) fn check(&self, credentials: &Credentials) -> Result<(), ConfigError> {
        match credentials {
            Credentials::Fixed(credential) if self.shares_key_with(credential) => {
                Err(ConfigError::LegacyKeyShared)
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for LegacyKeyTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LegacyKeyTransport").field(&self.0.credential).finish()
    }
}
