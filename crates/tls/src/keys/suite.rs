//! What a cipher suite stands for: an AEAD, a hash, and in TLS 1.2 the way to a secret (RFC 9846 appendix B.4,
//! RFC 5289, RFC 7905).

use bulla_crypto::aead::AeadAlgorithm;
use bulla_crypto::hash::HashAlgorithm;

use crate::wire::registry::{CipherSuite, ProtocolVersion};

/// A suite that bulla can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Suite {
    pub(crate) id: CipherSuite,
    pub(crate) aead: AeadAlgorithm,
    pub(crate) hash: HashAlgorithm,
    pub(crate) exchange: Exchange,
}

/// How both sides come to a secret, and who signs for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exchange {
    /// TLS 1.3: the suite does not say.
    Separate,
    /// ECDHE, signed with ECDSA or Ed25519 (RFC 8422 section 2).
    Ecdsa,
    /// ECDHE, signed with RSA.
    Rsa,
    /// The client encrypts the secret to the server's RSA key (RFC 5246 section 7.4.7.1).
    KeyTransport,
}

impl Suite {
    pub(crate) fn of(id: CipherSuite) -> Option<Self> {
        use AeadAlgorithm::{Aes128Gcm, Aes256Gcm, ChaCha20Poly1305};
        use HashAlgorithm::{Sha256, Sha384};
        let (exchange, aead, hash) = match id {
            CipherSuite::AES_128_GCM_SHA256 => (Exchange::Separate, Aes128Gcm, Sha256),
            CipherSuite::AES_256_GCM_SHA384 => (Exchange::Separate, Aes256Gcm, Sha384),
            CipherSuite::CHACHA20_POLY1305_SHA256 => (Exchange::Separate, ChaCha20Poly1305, Sha256),
            CipherSuite::ECDHE_ECDSA_AES_128_GCM_SHA256 => (Exchange::Ecdsa, Aes128Gcm, Sha256),
            CipherSuite::ECDHE_ECDSA_AES_256_GCM_SHA384 => (Exchange::Ecdsa, Aes256Gcm, Sha384),
            CipherSuite::ECDHE_ECDSA_CHACHA20_POLY1305_SHA256 => (Exchange::Ecdsa, ChaCha20Poly1305, Sha256),
            CipherSuite::ECDHE_RSA_AES_128_GCM_SHA256 => (Exchange::Rsa, Aes128Gcm, Sha256),
            CipherSuite::ECDHE_RSA_AES_256_GCM_SHA384 => (Exchange::Rsa, Aes256Gcm, Sha384),
            CipherSuite::ECDHE_RSA_CHACHA20_POLY1305_SHA256 => (Exchange::Rsa, ChaCha20Poly1305, Sha256),
            CipherSuite::RSA_AES_128_GCM_SHA256 => (Exchange::KeyTransport, Aes128Gcm, Sha256),
            CipherSuite::RSA_AES_256_GCM_SHA384 => (Exchange::KeyTransport, Aes256Gcm, Sha384),
            _ => return None,
        };
        Some(Self { id, aead, hash, exchange })
    }

    /// The suite, if it is one of TLS 1.3.
    pub(crate) fn tls13(id: CipherSuite) -> Option<Self> {
        Self::of(id).filter(|suite| suite.exchange == Exchange::Separate)
    }

    /// The suite, if it is one of TLS 1.2.
    pub(crate) fn tls12(id: CipherSuite) -> Option<Self> {
        Self::of(id).filter(|suite| suite.exchange != Exchange::Separate)
    }

    /// The only version that has this suite.
    pub(crate) fn version(self) -> ProtocolVersion {
        match self.exchange {
            Exchange::Separate => ProtocolVersion::TLS_1_3,
            Exchange::Ecdsa | Exchange::Rsa | Exchange::KeyTransport => ProtocolVersion::TLS_1_2,
        }
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
