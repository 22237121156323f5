//! What a cipher suite of TLS 1.3 stands for: an AEAD and a hash (RFC 9846 appendix B.4).

use bulla_crypto::aead::AeadAlgorithm;
use bulla_crypto::hash::HashAlgorithm;

use crate::wire::registry::CipherSuite;

/// A suite that bulla can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Suite {
    pub(crate) id: CipherSuite,
    pub(crate) aead: AeadAlgorithm,
    pub(crate) hash: HashAlgorithm,
}

impl Suite {
    pub(crate) fn of(id: CipherSuite) -> Option<Self> {
        let (aead, hash) = match id {
            CipherSuite::AES_128_GCM_SHA256 => (AeadAlgorithm::Aes128Gcm, HashAlgorithm::Sha256),
            CipherSuite::AES_256_GCM_SHA384 => (AeadAlgorithm::Aes256Gcm, HashAlgorithm::Sha384),
            CipherSuite::CHACHA20_POLY1305_SHA256 => (AeadAlgorithm::ChaCha20Poly1305, HashAlgorithm::Sha256),
            _ => return None,
        };
        Some(Self { id, aead, hash })
    }

    /// How many records one key may protect before it must be replaced.
    ///
    /// RFC 9846 section 5.5: for AES-GCM, up to 2^24.5 full-size records may be encrypted under a given
    /// set of keys; for ChaCha20/Poly1305, the record sequence number would wrap first.
    pub(crate) fn record_limit(self) -> u64 {
        match self.aead {
            AeadAlgorithm::Aes128Gcm | AeadAlgorithm::Aes256Gcm => 1 << 24,
            AeadAlgorithm::ChaCha20Poly1305 => 1 << 48,
        }
    }
}
