//! The key transport of TLS 1.2 and older, for peers that have nothing better: the client encrypts the premaster secret
//! to the server's RSA key (RFC 5246, 7.4.7.1). It has no forward secrecy.
//!
//! What comes out of the decryption must not show: Bleichenbacher's attack of 1998, and after it ROBOT and Marvin, learn
//! the premaster secret from any difference between a well and an ill padded one. So [`DecryptionKey::premaster`] has no
//! error. It gives the secret that was sent or the caller's fallback, chosen without a branch, an index or an
//! instruction more that depended on what was decrypted; the peer learns which at the Finished, as for any wrong key.
//!
//! ```
//! use bulla_crypto::key_transport::{DecryptionKey, PREMASTER_LEN, Premaster, encrypt};
//! use bulla_crypto::private_key::PrivateKey;
//! use bulla_crypto::random::Source;
//! use bulla_crypto::signature::{KeyKind, PublicKey};
//!
//! let (key, source) = (PrivateKey::generate(KeyKind::Rsa)?, Source::system());
//! const CLIENT_VERSION: [u8; 2] = [3, 3];
//!
//! // The client.
//! let sent = Premaster::generate(CLIENT_VERSION, &source)?;
//! let encrypted = encrypt(&PublicKey::new(KeyKind::Rsa, key.public_key_bits())?, &sent)?;
//!
//! // The server, which draws the fallback before it decrypts.
//! let key = DecryptionKey::new(&key)?;
//! let mut fallback = [0; PREMASTER_LEN];
//! source.fill(&mut fallback)?;
//! let received = key.premaster(&encrypted, CLIENT_VERSION, &fallback);
//! assert_eq!(received.as_ref(), sent.as_ref());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;

use aws_lc_rs::rsa::{Pkcs1PublicEncryptingKey, PublicEncryptingKey};
use zeroize::Zeroizing;

use crate::der::{self, BIT_STRING, NULL, OBJECT_IDENTIFIER, SEQUENCE};
use crate::private_key::{self, PrivateKey};
use crate::random::{RandomError, Source};
use crate::signature::{KeyKind, MAX_RSA_BITS, MIN_RSA_BITS, PublicKey};

mod choice;
mod raw;

/// The length of a premaster secret (RFC 5246, 7.4.7.1): the client's version, and 46 random bytes.
pub const PREMASTER_LEN: usize = 48;

/// Why an RSA key cannot carry a premaster secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyTransportError {
    /// A key of another kind.
    #[error("a key for {0} cannot carry a premaster secret: only one for RSA can")]
    NotRsa(KeyKind),
    /// A modulus shorter than [`MIN_RSA_BITS`] or longer than [`MAX_RSA_BITS`].
    #[error(
        "an RSA key of {bits} bits cannot carry a premaster secret: take one of {MIN_RSA_BITS} to {MAX_RSA_BITS}"
    )]
    RsaLength {
        /// The length of the modulus.
        bits: usize,
    },
    /// The key has the right shape, but is no sound RSA key.
    #[error("the RSA public key is not a valid key")]
    InvalidKey,
    /// The provider failed.
    #[error("the premaster secret could not be encrypted inside this program")]
    Internal,
}

/// A premaster secret; cleared when dropped.
pub struct Premaster(Box<Zeroizing<[u8; PREMASTER_LEN]>>);

impl Premaster {
    /// The client's: its version, as its hello names it, and 46 bytes of `source`.
    ///
    /// # Errors
    /// [`RandomError`] if the source fails.
    pub fn generate(client_version: [u8; 2], source: &Source) -> Result<Self, RandomError> {
        let mut premaster = Self::empty();
        let (version, random) = premaster.0.split_at_mut(2);
        version.copy_from_slice(&client_version);
        source.fill(random)?;
        Ok(premaster)
    }

    /// Room for one.
    fn empty() -> Self {
        Self(Box::new(Zeroizing::new([0; PREMASTER_LEN])))
    }
}

impl AsRef<[u8]> for Premaster {
    fn as_ref(&self) -> &[u8] {
        self.0.as_slice()
    }
}

impl fmt::Debug for Premaster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Premaster").finish_non_exhaustive()
    }
}

/// The client's side: `premaster`, padded by PKCS#1 v1.5 (RFC 8017, 7.2.1) and encrypted to the server's key.
///
/// # Errors
/// [`KeyTransportError`] if the key cannot be encrypted to.
pub fn encrypt(key: &PublicKey<'_>, premaster: &Premaster) -> Result<Vec<u8>, KeyTransportError> {
    check(key.kind(), key.bits())?;
    let invalid = |_| KeyTransportError::InvalidKey;
    let key = PublicEncryptingKey::from_der(&key_info(key.as_bytes())).map_err(invalid)?;
    let key = Pkcs1PublicEncryptingKey::new(key).map_err(|_| KeyTransportError::Internal)?;
    let mut encrypted = vec![0; key.ciphertext_size()];
    let written =
        key.encrypt(premaster.as_ref(), &mut encrypted).map_err(|_| KeyTransportError::Internal)?.len();
    encrypted.truncate(written);
    Ok(encrypted)
}

/// The SubjectPublicKeyInfo of an RSAPublicKey (RFC 3279, 2.3.1), the one form that the provider takes.
fn key_info(rsa_public_key: &[u8]) -> Zeroizing<Vec<u8>> {
    let identifier = der::element(OBJECT_IDENTIFIER, &[private_key::RSA_ENCRYPTION]);
    let algorithm = der::element(SEQUENCE, &[&identifier, &der::element(NULL, &[])]);
    der::element(SEQUENCE, &[&algorithm, &der::element(BIT_STRING, &[&[0], rsa_public_key])])
}

/// The server's side: an RSA key that decrypts. It should have no other use (RFC 5246, 7.4.7.1 and the advice after
/// ROBOT): what a flaw here gave away would be every signature by the key, too.
pub struct DecryptionKey(raw::PrivateKey);

impl DecryptionKey {
    /// Takes over an RSA key.
    ///
    /// # Errors
    /// [`KeyTransportError`] if it is none.
    pub fn new(key: &PrivateKey) -> Result<Self, KeyTransportError> {
        let rsa_private_key = key.rsa_private_key().ok_or(KeyTransportError::NotRsa(key.kind()))?;
        raw::PrivateKey::parse(&rsa_private_key).map(Self).ok_or(KeyTransportError::Internal)
    }

    /// The premaster secret in `encrypted` if that is a well padded one with the version of the client's hello, else
    /// `fallback`; nothing tells which. Draw the fallback at random before each call (RFC 5246, 7.4.7.1).
    ///
    /// Whether `encrypted` is as long as the modulus and less than it anyone can see, so that alone takes another
    /// time; it is answered alike.
    #[must_use]
    pub fn premaster(
        &self,
        encrypted: &[u8],
        client_version: [u8; 2],
        fallback: &[u8; PREMASTER_LEN],
    ) -> Premaster {
        let mut block = Zeroizing::new(vec![0; self.0.modulus_len()]);
        let mut chosen = Premaster::empty();
        // What was not decrypted leaves the block as it is: all zeros, which is no padding either.
        self.0.decrypt(encrypted, &mut block);
        #[cfg(all(test, feature = "valgrind"))]
        tests::trial::after_raw_operation(&mut block);
        choice::choose(&block, client_version, fallback, &mut chosen.0);
        chosen
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptionKey").finish_non_exhaustive()
    }
}

fn check(kind: KeyKind, bits: usize) -> Result<(), KeyTransportError> {
    match kind {
        KeyKind::Rsa if (MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits) => Ok(()),
        KeyKind::Rsa => Err(KeyTransportError::RsaLength { bits }),
        other => Err(KeyTransportError::NotRsa(other)),
    }
}

#[cfg(test)]
mod tests;
