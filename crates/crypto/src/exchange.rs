//! Key exchange: X25519 (RFC 7748), ECDH on P-256 and P-384 (SEC 1), and the hybrid X25519MLKEM768 (RFC 10024).
//!
//! ```
//! use bulla_crypto::exchange::{Exchange, Group, respond};
//!
//! let client = Exchange::start(Group::X25519MlKem768)?;
//! let (server_share, server_secret) = respond(Group::X25519MlKem768, client.share())?;
//! let client_secret = client.finish(&server_share)?;
//! assert_eq!(client_secret.as_ref(), server_secret.as_ref());
//! # Ok::<(), bulla_crypto::exchange::ExchangeError>(())
//! ```

use std::fmt;

use aws_lc_rs::agreement::{self, ECDH_P256, ECDH_P384, UnparsedPublicKey, X25519};
use aws_lc_rs::kem::{Ciphertext, DecapsulationKey, EncapsulationKey, ML_KEM_768};
use zeroize::Zeroizing;

const X25519_LEN: usize = 32;
const P256_LEN: usize = 65;
const P384_LEN: usize = 97;
/// An ML-KEM-768 encapsulation key (FIPS 203, table 3).
const ENCAPSULATION_KEY_LEN: usize = 1184;
/// An ML-KEM-768 decapsulation key (FIPS 203, table 3).
#[cfg(any(test, feature = "replay"))]
const DECAPSULATION_KEY_LEN: usize = 2400;
/// Where the encapsulation key lies inside it, behind the secret vector (FIPS 203, algorithm 16).
#[cfg(any(test, feature = "replay"))]
const ENCAPSULATION_KEY_PLACE: usize = 1152;
/// An ML-KEM-768 ciphertext (FIPS 203, table 3).
const CIPHERTEXT_LEN: usize = 1088;
/// The longest secret any group gives: the hybrid's two times 32 bytes.
const MAX_SECRET_LEN: usize = 64;
/// The first byte of an uncompressed point, the only form TLS 1.3 knows (RFC 9846, 4.3.8.2).
const UNCOMPRESSED: u8 = 4;

/// A way to agree on a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// X25519 (RFC 7748).
    X25519,
    /// ECDH on the NIST curve P-256 (secp256r1).
    P256,
    /// ECDH on the NIST curve P-384 (secp384r1).
    P384,
    /// ML-KEM-768 and X25519 side by side, so that the secret holds while either does (RFC 10024).
    X25519MlKem768,
}

impl Group {
    /// The length of the client's share, in bytes.
    #[must_use]
    pub const fn client_share_len(self) -> usize {
        match self {
            Self::X25519 => X25519_LEN,
            Self::P256 => P256_LEN,
            Self::P384 => P384_LEN,
            Self::X25519MlKem768 => ENCAPSULATION_KEY_LEN + X25519_LEN,
        }
    }

    /// The length of the server's share, in bytes.
    #[must_use]
    pub const fn server_share_len(self) -> usize {
        match self {
            Self::X25519MlKem768 => CIPHERTEXT_LEN + X25519_LEN,
            classical => classical.client_share_len(),
        }
    }

    /// The elliptic curve, of the hybrid the one beside the KEM.
    const fn curve(self) -> &'static agreement::Algorithm {
        match self {
            Self::X25519 | Self::X25519MlKem768 => &X25519,
            Self::P256 => &ECDH_P256,
            Self::P384 => &ECDH_P384,
        }
    }
}

/// Why no secret was agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// The peer's share has another length than the group's.
    #[error("a {group:?} key share has {expected} bytes here, not {got}")]
    WrongLength {
        /// The group.
        group: Group,
        /// The length of a share, in bytes.
        expected: usize,
        /// The bytes that came.
        got: usize,
    },
    /// The peer's share is no valid public key, or leads to the all-zero secret.
    #[error("the {0:?} key share is not a valid public key")]
    InvalidShare(Group),
    /// The provider failed, or the group has no classical half to finish with.
    #[error("the key exchange failed inside this program")]
    Internal,
}

/// What both sides share; cleared when dropped.
pub struct SharedSecret(Zeroizing<Vec<u8>>);

impl SharedSecret {
    fn of(halves: &[&[u8]]) -> Self {
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_SECRET_LEN));
        halves.iter().for_each(|half| bytes.extend_from_slice(half));
        Self(bytes)
    }
}

impl AsRef<[u8]> for SharedSecret {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedSecret").field("len", &self.0.len()).finish_non_exhaustive()
    }
}

/// Our ephemeral half of an exchange: a fresh private key and the share to send.
pub struct Exchange {
    group: Group,
    key: PrivateHalf,
    share: Vec<u8>,
}

enum PrivateHalf {
    Classical(agreement::PrivateKey),
    Hybrid { kem: DecapsulationKey, x25519: agreement::PrivateKey },
}

impl Exchange {
    /// Generates a fresh key for `group`.
    ///
    /// # Errors
    /// [`ExchangeError::Internal`] if the provider fails.
    pub fn start(group: Group) -> Result<Self, ExchangeError> {
        if group == Group::X25519MlKem768 {
            let kem = DecapsulationKey::generate(&ML_KEM_768).map_err(|_| ExchangeError::Internal)?;
            let encapsulation = kem.encapsulation_key().map_err(|_| ExchangeError::Internal)?;
            let encapsulation = encapsulation.key_bytes().map_err(|_| ExchangeError::Internal)?;
            return Self::hybrid(kem, encapsulation.as_ref(), generate(&X25519)?);
        }
        Self::classical(group, generate(group.curve())?)
    }

    fn classical(group: Group, key: agreement::PrivateKey) -> Result<Self, ExchangeError> {
        let share = public(&key)?.as_ref().to_vec();
        Ok(Self { group, key: PrivateHalf::Classical(key), share })
    }

    fn hybrid(
        kem: DecapsulationKey,
        encapsulation: &[u8],
        x25519: agreement::PrivateKey,
    ) -> Result<Self, ExchangeError> {
        let share = [encapsulation, public(&x25519)?.as_ref()].concat();
        Ok(Self { group: Group::X25519MlKem768, key: PrivateHalf::Hybrid { kem, x25519 }, share })
    }

    /// Takes recorded private keys: for the hybrid the ML-KEM decapsulation key, then X25519.
    #[cfg(any(test, feature = "replay"))]
    pub(crate) fn import(group: Group, private: &[u8]) -> Result<Self, ExchangeError> {
        let key = |bytes| {
            agreement::PrivateKey::from_private_key(group.curve(), bytes).map_err(|_| ExchangeError::Internal)
        };
        if group != Group::X25519MlKem768 {
            return Self::classical(group, key(private)?);
        }
        let (kem, x25519) = private.split_at_checked(DECAPSULATION_KEY_LEN).ok_or(ExchangeError::Internal)?;
        let encapsulation = &kem[ENCAPSULATION_KEY_PLACE..][..ENCAPSULATION_KEY_LEN];
        let decapsulation = DecapsulationKey::new(&ML_KEM_768, kem).map_err(|_| ExchangeError::Internal)?;
        Self::hybrid(decapsulation, encapsulation, key(x25519)?)
    }

    /// The group.
    #[must_use]
    pub const fn group(&self) -> Group {
        self.group
    }

    /// The share to send, as a client sends it: a public key, for the hybrid the encapsulation key and then X25519.
    #[must_use]
    pub fn share(&self) -> &[u8] {
        &self.share
    }

    /// The X25519 public key inside a hybrid share, so that a client may offer X25519 with the same key.
    #[must_use]
    pub fn classical_share(&self) -> Option<&[u8]> {
        match self.group {
            Group::X25519MlKem768 => self.share.get(ENCAPSULATION_KEY_LEN..),
            Group::X25519 | Group::P256 | Group::P384 => None,
        }
    }

    /// The secret shared with the server that sent `peer_share`.
    ///
    /// # Errors
    /// [`ExchangeError`] if the share is not one of this group.
    pub fn finish(self, peer_share: &[u8]) -> Result<SharedSecret, ExchangeError> {
        exactly(self.group, self.group.server_share_len(), peer_share)?;
        match &self.key {
            PrivateHalf::Classical(key) => agree(self.group, key, &[], peer_share),
            PrivateHalf::Hybrid { kem, x25519 } => {
                let (ciphertext, peer) = peer_share.split_at(CIPHERTEXT_LEN);
                let kem_secret = kem
                    .decapsulate(Ciphertext::from(ciphertext))
                    .map_err(|_| ExchangeError::InvalidShare(self.group))?;
                agree(self.group, x25519, kem_secret.as_ref(), peer)
            }
        }
    }

    /// The X25519 secret, for a server that took the classical share instead of the hybrid one.
    ///
    /// # Errors
    /// [`ExchangeError`] if the share is no X25519 share, or if this exchange has no [`Exchange::classical_share`].
    pub fn finish_classical(self, peer_share: &[u8]) -> Result<SharedSecret, ExchangeError> {
        match &self.key {
            PrivateHalf::Classical(_) => Err(ExchangeError::Internal),
            PrivateHalf::Hybrid { x25519, .. } => {
                exactly(Group::X25519, X25519_LEN, peer_share)?;
                agree(Group::X25519, x25519, &[], peer_share)
            }
        }
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("group", &self.group).finish_non_exhaustive()
    }
}

/// The server's side: answers `client_share` with a fresh share of its own, and gives the secret of both.
///
/// # Errors
/// [`ExchangeError`] if the share is not one of this group, or the provider fails.
pub fn respond(group: Group, client_share: &[u8]) -> Result<(Vec<u8>, SharedSecret), ExchangeError> {
    exactly(group, group.client_share_len(), client_share)?;
    if group == Group::X25519MlKem768 {
        return encapsulate(client_share);
    }
    let ours = Exchange::start(group)?;
    ours.answer(client_share)
}

impl Exchange {
    /// Finishes a classical exchange as the server's side, whose share has the same form as the client's.
    pub(crate) fn answer(mut self, client_share: &[u8]) -> Result<(Vec<u8>, SharedSecret), ExchangeError> {
        let share = std::mem::take(&mut self.share);
        Ok((share, self.finish(client_share)?))
    }
}

/// RFC 10024: the server checks the encapsulation key (FIPS 203, 7.2) and puts the ciphertext first.
fn encapsulate(client_share: &[u8]) -> Result<(Vec<u8>, SharedSecret), ExchangeError> {
    let group = Group::X25519MlKem768;
    let (encapsulation_key, peer) = client_share.split_at(ENCAPSULATION_KEY_LEN);
    let (ciphertext, kem_secret) = EncapsulationKey::new(&ML_KEM_768, encapsulation_key)
        .map_err(|_| ExchangeError::InvalidShare(group))?
        .encapsulate()
        .map_err(|_| ExchangeError::InvalidShare(group))?;
    let x25519 = generate(&X25519)?;
    let secret = agree(group, &x25519, kem_secret.as_ref(), peer)?;
    let mut share = Vec::with_capacity(group.server_share_len());
    share.extend_from_slice(ciphertext.as_ref());
    share.extend_from_slice(public(&x25519)?.as_ref());
    Ok((share, secret))
}

fn generate(algorithm: &'static agreement::Algorithm) -> Result<agreement::PrivateKey, ExchangeError> {
    agreement::PrivateKey::generate(algorithm).map_err(|_| ExchangeError::Internal)
}

fn public(key: &agreement::PrivateKey) -> Result<agreement::PublicKey, ExchangeError> {
    key.compute_public_key().map_err(|_| ExchangeError::Internal)
}

/// The secret `before`, if any, followed by the one `key` and `peer` share. The provider refuses points off the
/// curve and the all-zero X25519 secret (RFC 7748, 6.1).
fn agree(
    group: Group,
    key: &agreement::PrivateKey,
    before: &[u8],
    peer: &[u8],
) -> Result<SharedSecret, ExchangeError> {
    let invalid = ExchangeError::InvalidShare(group);
    if matches!(group, Group::P256 | Group::P384) && peer.first() != Some(&UNCOMPRESSED) {
        return Err(invalid);
    }
    let peer = UnparsedPublicKey::new(key.algorithm(), peer);
    agreement::agree(key, peer, invalid, |secret| Ok(SharedSecret::of(&[before, secret])))
}

fn exactly(group: Group, expected: usize, share: &[u8]) -> Result<(), ExchangeError> {
    if share.len() == expected {
        Ok(())
    } else {
        Err(ExchangeError::WrongLength { group, expected, got: share.len() })
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod vectors;
