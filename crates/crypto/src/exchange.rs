//! Key exchange: X25519 (RFC 7748), ECDH on the NIST curves (SEC 1), ML-KEM (FIPS 203), and the hybrids of the two
//! (RFC 10024).
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
use std::ops::Deref;

use zeroize::Zeroizing;

mod curve;
mod kem;

use curve::{Curve, CurveKey};
use kem::{Kem, KemKey};

/// The longest secret any group gives: that of SecP384r1MLKEM1024.
const MAX_SECRET_LEN: usize = 48 + 32;

/// The longest public key of any curve: that of P-521.
const MAX_CURVE_LEN: usize = 133;

/// A way to agree on a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// X25519 (RFC 7748).
    X25519,
    /// ECDH on the NIST curve P-256 (secp256r1).
    P256,
    /// ECDH on the NIST curve P-384 (secp384r1).
    P384,
    /// ECDH on the NIST curve P-521 (secp521r1).
    P521,
    /// ML-KEM-768 alone (FIPS 203, draft-ietf-tls-mlkem).
    MlKem768,
    /// ML-KEM-1024 alone (FIPS 203, draft-ietf-tls-mlkem).
    MlKem1024,
    /// ML-KEM-768 and X25519 side by side, so that the secret holds while either does (RFC 10024).
    X25519MlKem768,
    /// P-256 and ML-KEM-768 side by side (RFC 10024).
    SecP256r1MlKem768,
    /// P-384 and ML-KEM-1024 side by side (RFC 10024).
    SecP384r1MlKem1024,
}

impl Group {
    /// The length of the client's share, in bytes.
    #[must_use]
    pub const fn client_share_len(self) -> usize {
        match self.kem() {
            Some(kem) => self.curve_len() + kem.encapsulation_key_len(),
            None => self.curve_len(),
        }
    }

    /// The length of the server's share, in bytes.
    #[must_use]
    pub const fn server_share_len(self) -> usize {
        self.curve_len() + self.ciphertext_len()
    }

    /// The elliptic curve, of a hybrid the one beside the KEM.
    const fn curve(self) -> Option<Curve> {
        match self {
            Self::X25519 | Self::X25519MlKem768 => Some(Curve::X25519),
            Self::P256 | Self::SecP256r1MlKem768 => Some(Curve::P256),
            Self::P384 | Self::SecP384r1MlKem1024 => Some(Curve::P384),
            Self::P521 => Some(Curve::P521),
            Self::MlKem768 | Self::MlKem1024 => None,
        }
    }

    const fn kem(self) -> Option<Kem> {
        match self {
            Self::MlKem768 | Self::X25519MlKem768 | Self::SecP256r1MlKem768 => Some(Kem::MlKem768),
            Self::MlKem1024 | Self::SecP384r1MlKem1024 => Some(Kem::MlKem1024),
            Self::X25519 | Self::P256 | Self::P384 | Self::P521 => None,
        }
    }

    const fn curve_len(self) -> usize {
        match self.curve() {
            Some(curve) => curve.share_len(),
            None => 0,
        }
    }

    const fn ciphertext_len(self) -> usize {
        match self.kem() {
            Some(kem) => kem.ciphertext_len(),
            None => 0,
        }
    }

    /// Puts the halves one after the other: ML-KEM first with X25519, last with the NIST curves, in the shares of
    /// both sides as in the secret (RFC 10024). A half that the group has not is empty.
    const fn in_order<'a>(self, curve: &'a [u8], kem: &'a [u8]) -> [&'a [u8]; 2] {
        if matches!(self, Self::X25519MlKem768) { [kem, curve] } else { [curve, kem] }
    }

    /// Takes apart what [`Group::in_order`] put together: the curve's half and the KEM's, which has this length.
    /// `None` if there are fewer bytes.
    fn halves(self, bytes: &[u8], kem_len: usize) -> Option<(&[u8], &[u8])> {
        let curve_len = bytes.len().checked_sub(kem_len)?;
        match self {
            Self::X25519MlKem768 => bytes.split_at_checked(kem_len).map(|(kem, curve)| (curve, kem)),
            _ => bytes.split_at_checked(curve_len),
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
    /// The provider failed, or the group is no hybrid with a classical half to finish with.
    #[error("the key exchange failed inside this program")]
    Internal,
}

/// What a side sends of its key: a public key, an encapsulation key, a ciphertext, or two of them joined. Those of curves
/// lie in place.
#[derive(Clone)]
pub struct Share(Bytes);

#[derive(Clone)]
enum Bytes {
    Curve { bytes: [u8; MAX_CURVE_LEN], length: usize },
    Kem(Vec<u8>),
}

impl Share {
    /// The share of both halves, or of the one that the group has.
    fn of(group: Group, curve: &[u8], kem: &[u8]) -> Self {
        let mut bytes = [0; MAX_CURVE_LEN];
        Self(match bytes.get_mut(..curve.len()) {
            Some(place) if kem.is_empty() => {
                place.copy_from_slice(curve);
                Bytes::Curve { bytes, length: curve.len() }
            }
            _ => Bytes::Kem(group.in_order(curve, kem).concat()),
        })
    }
}

impl Deref for Share {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Bytes::Curve { bytes, length } => &bytes[..*length],
            Bytes::Kem(bytes) => bytes,
        }
    }
}

impl AsRef<[u8]> for Share {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl PartialEq for Share {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Share {}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Share({} bytes)", self.len())
    }
}

/// What both sides share; cleared when dropped.
pub struct SharedSecret(Zeroizing<Vec<u8>>);

impl SharedSecret {
    /// The secret of both halves, or of the one that the group has.
    fn of(group: Group, curve: &[u8], kem: &[u8]) -> Self {
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_SECRET_LEN));
        group.in_order(curve, kem).iter().for_each(|half| bytes.extend_from_slice(half));
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
    curve: Option<CurveKey>,
    kem: Option<KemKey>,
    share: Share,
}

impl Exchange {
    /// Generates a fresh key for `group`.
    ///
    /// # Errors
    /// [`ExchangeError::Internal`] if the provider fails.
    pub fn start(group: Group) -> Result<Self, ExchangeError> {
        let curve = group.curve().map(|curve| curve.private_half(None)).transpose()?;
        let (kem, encapsulation_key) = group.kem().map(Kem::generate).transpose()?.unzip();
        Self::of(group, curve, kem, encapsulation_key.as_deref().map_or(&[], AsRef::as_ref))
    }

    /// Takes recorded private keys: of a hybrid the ML-KEM decapsulation key and the curve's, in the group's order.
    #[cfg(any(test, feature = "replay"))]
    pub(crate) fn import(group: Group, private: &[u8]) -> Result<Self, ExchangeError> {
        let kem_len = group.kem().map_or(0, Kem::decapsulation_key_len);
        let (curve_key, kem_key) = group.halves(private, kem_len).ok_or(ExchangeError::Internal)?;
        let curve = group.curve().map(|curve| curve.private_half(Some(curve_key))).transpose()?;
        let (kem, encapsulation_key) = group.kem().map(|kem| kem.import(kem_key)).transpose()?.unzip();
        Self::of(group, curve, kem, encapsulation_key.as_deref().unwrap_or_default())
    }

    fn of(
        group: Group,
        curve: Option<CurveKey>,
        kem: Option<KemKey>,
        encapsulation_key: &[u8],
    ) -> Result<Self, ExchangeError> {
        let curve_share = curve.as_ref().map(CurveKey::share).transpose()?;
        let curve_share = curve_share.as_ref().map_or(&[][..], AsRef::as_ref);
        let share = Share::of(group, curve_share, encapsulation_key);
        Ok(Self { group, curve, kem, share })
    }

    /// The group.
    #[must_use]
    pub const fn group(&self) -> Group {
        self.group
    }

    /// The share to send, as a client sends it: a public key, an encapsulation key, or with a hybrid both.
    #[must_use]
    pub fn share(&self) -> &[u8] {
        &self.share
    }

    /// The public key on the curve inside a hybrid share, so that a client may offer the curve with the same key.
    #[must_use]
    pub fn classical_share(&self) -> Option<&[u8]> {
        let kem = self.curve.as_ref().and(self.group.kem())?;
        self.group.halves(&self.share, kem.encapsulation_key_len()).map(|(curve, _)| curve)
    }

    /// The secret shared with the server that sent `peer_share`.
    ///
    /// # Errors
    /// [`ExchangeError`] if the share is not one of this group.
    pub fn finish(self, peer_share: &[u8]) -> Result<SharedSecret, ExchangeError> {
        let group = self.group;
        exactly(group, group.server_share_len(), peer_share)?;
        let (peer, ciphertext) =
            group.halves(peer_share, group.ciphertext_len()).ok_or(ExchangeError::Internal)?;
        let kem = self.kem.as_ref().map(|key| key.decapsulate(group, ciphertext)).transpose()?;
        secret(group, self.curve.as_ref(), peer, kem.as_ref().map_or(&[], AsRef::as_ref))
    }

    /// The secret of the curve alone, for a server that took the classical share instead of the hybrid one.
    ///
    /// # Errors
    /// [`ExchangeError`] if the share is none of the curve's, or if this exchange has no
    /// [`Exchange::classical_share`].
    pub fn finish_classical(self, peer_share: &[u8]) -> Result<SharedSecret, ExchangeError> {
        let (classical, curve) = match (self.group, &self.curve) {
            (Group::X25519MlKem768, Some(curve)) => (Group::X25519, curve),
            (Group::SecP256r1MlKem768, Some(curve)) => (Group::P256, curve),
            (Group::SecP384r1MlKem1024, Some(curve)) => (Group::P384, curve),
            _ => return Err(ExchangeError::Internal),
        };
        exactly(classical, classical.server_share_len(), peer_share)?;
        secret(classical, Some(curve), peer_share, &[])
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
pub fn respond(group: Group, client_share: &[u8]) -> Result<(Share, SharedSecret), ExchangeError> {
    answer(group, None, client_share)
}

/// As [`respond`], with a recorded private key. Only for the classical groups: the provider takes no recorded
/// randomness for a KEM's encapsulation.
#[cfg(any(test, feature = "replay"))]
pub(crate) fn respond_with(
    group: Group,
    private: &[u8],
    client_share: &[u8],
) -> Result<(Share, SharedSecret), ExchangeError> {
    match group.kem() {
        None => answer(group, Some(private), client_share),
        Some(_) => Err(ExchangeError::Internal),
    }
}

fn answer(
    group: Group,
    recorded: Option<&[u8]>,
    client_share: &[u8],
) -> Result<(Share, SharedSecret), ExchangeError> {
    exactly(group, group.client_share_len(), client_share)?;
    let kem_len = group.kem().map_or(0, Kem::encapsulation_key_len);
    let (peer, encapsulation_key) = group.halves(client_share, kem_len).ok_or(ExchangeError::Internal)?;
    let kem = group.kem().map(|kem| kem.encapsulate(group, encapsulation_key)).transpose()?;
    let (ciphertext, kem_secret) = kem.unzip();
    let curve = group.curve().map(|curve| curve.private_half(recorded)).transpose()?;
    let kem_secret = kem_secret.as_ref().map_or(&[][..], AsRef::as_ref);
    let secret = secret(group, curve.as_ref(), peer, kem_secret)?;
    let ours = curve.as_ref().map(CurveKey::share).transpose()?;
    let ciphertext = ciphertext.as_ref().map_or(&[][..], AsRef::as_ref);
    Ok((Share::of(group, ours.as_ref().map_or(&[], AsRef::as_ref), ciphertext), secret))
}

/// The secret of both halves: the KEM's, if any, and the one that our key on the curve, if any, shares with `peer`.
fn secret(
    group: Group,
    curve: Option<&CurveKey>,
    peer: &[u8],
    kem: &[u8],
) -> Result<SharedSecret, ExchangeError> {
    match curve {
        Some(key) => key.agree(group, peer, |curve| SharedSecret::of(group, curve, kem)),
        None => Ok(SharedSecret::of(group, &[], kem)),
    }
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
