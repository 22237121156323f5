//! ML-KEM (FIPS 203): the client sends an encapsulation key, the server answers with a ciphertext.

use aws_lc_rs::kem::{
    Algorithm, AlgorithmId, Ciphertext, DecapsulationKey, EncapsulationKey, EncapsulationKeyBytes,
    ML_KEM_768, ML_KEM_1024, SharedSecret,
};

use super::{ExchangeError, Group};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kem {
    MlKem768,
    MlKem1024,
}

impl Kem {
    /// The length of an encapsulation key (FIPS 203, table 3), in bytes.
    pub(super) const fn encapsulation_key_len(self) -> usize {
        match self {
            Self::MlKem768 => 1184,
            Self::MlKem1024 => 1568,
        }
    }

    /// The length of a ciphertext (FIPS 203, table 3), in bytes.
    pub(super) const fn ciphertext_len(self) -> usize {
        match self {
            Self::MlKem768 => 1088,
            Self::MlKem1024 => 1568,
        }
    }

    /// The length of a decapsulation key (FIPS 203, table 3), in bytes.
    #[cfg(any(test, feature = "replay"))]
    pub(super) const fn decapsulation_key_len(self) -> usize {
        match self {
            Self::MlKem768 => 2400,
            Self::MlKem1024 => 3168,
        }
    }

    /// Where the encapsulation key lies inside a decapsulation key: behind the secret vector (FIPS 203, algorithm 16).
    #[cfg(any(test, feature = "replay"))]
    pub(super) const fn encapsulation_key_place(self) -> usize {
        match self {
            Self::MlKem768 => 1152,
            Self::MlKem1024 => 1536,
        }
    }

    const fn algorithm(self) -> &'static Algorithm<AlgorithmId> {
        match self {
            Self::MlKem768 => &ML_KEM_768,
            Self::MlKem1024 => &ML_KEM_1024,
        }
    }

    /// A fresh key: the half to keep, and the encapsulation key to send.
    pub(super) fn generate(self) -> Result<(KemKey, EncapsulationKeyBytes<'static>), ExchangeError> {
        let key = DecapsulationKey::generate(self.algorithm()).map_err(|_| ExchangeError::Internal)?;
        let encapsulation = key.encapsulation_key().map_err(|_| ExchangeError::Internal)?;
        let encapsulation = encapsulation.key_bytes().map_err(|_| ExchangeError::Internal)?;
        Ok((KemKey(key), encapsulation))
    }

    /// A recorded decapsulation key, and the encapsulation key inside it.
    #[cfg(any(test, feature = "replay"))]
    pub(super) fn import(self, key: &[u8]) -> Result<(KemKey, Vec<u8>), ExchangeError> {
        let encapsulation = key.get(self.encapsulation_key_place()..).ok_or(ExchangeError::Internal)?;
        let encapsulation =
            encapsulation.get(..self.encapsulation_key_len()).ok_or(ExchangeError::Internal)?;
        let key = DecapsulationKey::new(self.algorithm(), key).map_err(|_| ExchangeError::Internal)?;
        Ok((KemKey(key), encapsulation.to_vec()))
    }

    /// The server's answer to an encapsulation key, which the provider checks (FIPS 203, 7.2).
    pub(super) fn encapsulate(
        self,
        group: Group,
        encapsulation_key: &[u8],
    ) -> Result<(Ciphertext<'static>, SharedSecret), ExchangeError> {
        EncapsulationKey::new(self.algorithm(), encapsulation_key)
            .map_err(|_| ExchangeError::InvalidShare(group))?
            .encapsulate()
            .map_err(|_| ExchangeError::InvalidShare(group))
    }
}

/// Our ephemeral decapsulation key.
pub(super) struct KemKey(DecapsulationKey);

impl KemKey {
    /// The secret in a ciphertext. A wrong one gives another secret (FIPS 203, 6.3), never an error that tells.
    pub(super) fn decapsulate(&self, group: Group, ciphertext: &[u8]) -> Result<SharedSecret, ExchangeError> {
        self.0.decapsulate(Ciphertext::from(ciphertext)).map_err(|_| ExchangeError::InvalidShare(group))
    }
}
