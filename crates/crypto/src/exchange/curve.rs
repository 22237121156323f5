//! Diffie-Hellman on the elliptic curves: X25519 (RFC 7748) and the NIST curves (SEC 1).

use aws_lc_rs::agreement::{self, ECDH_P256, ECDH_P384, ECDH_P521, UnparsedPublicKey, X25519};

use super::{ExchangeError, Group};

/// The first byte of an uncompressed point, the only form TLS 1.3 knows (RFC 9846, 4.3.8.2).
const UNCOMPRESSED: u8 = 4;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Curve {
    X25519,
    P256,
    P384,
    P521,
}

impl Curve {
    /// The length of a public key, in bytes.
    pub(super) const fn share_len(self) -> usize {
        match self {
            Self::X25519 => 32,
            Self::P256 => 65,
            Self::P384 => 97,
            Self::P521 => 133,
        }
    }

    const fn algorithm(self) -> &'static agreement::Algorithm {
        match self {
            Self::X25519 => &X25519,
            Self::P256 => &ECDH_P256,
            Self::P384 => &ECDH_P384,
            Self::P521 => &ECDH_P521,
        }
    }

    /// A fresh private key, or a recorded one.
    pub(super) fn private_half(self, recorded: Option<&[u8]>) -> Result<CurveKey, ExchangeError> {
        let key = match recorded {
            None => agreement::PrivateKey::generate(self.algorithm()),
            Some(bytes) => {
                agreement::PrivateKey::from_private_key(self.algorithm(), bytes).map_err(Into::into)
            }
        };
        key.map(|key| CurveKey { curve: self, key }).map_err(|_| ExchangeError::Internal)
    }
}

/// Our ephemeral key on a curve.
pub(super) struct CurveKey {
    curve: Curve,
    key: agreement::PrivateKey,
}

impl CurveKey {
    /// The public key to send.
    pub(super) fn share(&self) -> Result<agreement::PublicKey, ExchangeError> {
        self.key.compute_public_key().map_err(|_| ExchangeError::Internal)
    }

    /// Hands the secret shared with `peer` to `take`. The provider refuses points off the curve and the all-zero
    /// X25519 secret (RFC 7748, 6.1); `group` is what an error names.
    pub(super) fn agree<R>(
        &self,
        group: Group,
        peer: &[u8],
        take: impl FnOnce(&[u8]) -> R,
    ) -> Result<R, ExchangeError> {
        let invalid = ExchangeError::InvalidShare(group);
        if self.curve != Curve::X25519 && peer.first() != Some(&UNCOMPRESSED) {
            return Err(invalid);
        }
        let peer = UnparsedPublicKey::new(self.key.algorithm(), peer);
        agreement::agree(&self.key, peer, invalid, |secret| Ok(take(secret)))
    }
}
