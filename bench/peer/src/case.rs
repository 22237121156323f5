//! What is measured: sessions and writes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A key exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Group {
    /// X25519.
    X25519,
    /// X25519MLKEM768.
    X25519MlKem768,
}

impl Group {
    /// Its number in the registry of named groups.
    pub fn id(self) -> u16 {
        match self {
            Self::X25519 => 29,
            Self::X25519MlKem768 => 4588,
        }
    }

    /// The length of the server's share.
    pub fn server_share(self) -> usize {
        match self {
            Self::X25519 => 32,
            Self::X25519MlKem768 => 1088 + 32,
        }
    }
}

/// The kind of all three certificates: root, intermediate and leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// ECDSA on P-256 with SHA-256.
    EcdsaP256,
    /// RSA with 2048 bits: PKCS#1 with SHA-256 in certificates, PSS with SHA-256 in the handshake.
    Rsa2048,
}

impl Kind {
    /// The scheme of CertificateVerify, by its number in the registry of signature schemes.
    pub fn signature(self) -> u16 {
        match self {
            Self::EcdsaP256 => 0x0403,
            Self::Rsa2048 => 0x0804,
        }
    }

    /// The folder of its certificates.
    pub fn folder(self) -> &'static str {
        match self {
            Self::EcdsaP256 => "ecdsa-p256",
            Self::Rsa2048 => "rsa-2048",
        }
    }
}

/// A cipher suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Suite {
    /// TLS_AES_128_GCM_SHA256.
    Aes128Gcm,
    /// TLS_AES_256_GCM_SHA384.
    Aes256Gcm,
    /// TLS_CHACHA20_POLY1305_SHA256.
    ChaCha20Poly1305,
}

impl Suite {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Aes128Gcm, Self::Aes256Gcm, Self::ChaCha20Poly1305];

    /// Its number in the registry of cipher suites.
    pub fn id(self) -> u16 {
        match self {
            Self::Aes128Gcm => 0x1301,
            Self::Aes256Gcm => 0x1302,
            Self::ChaCha20Poly1305 => 0x1303,
        }
    }
}

/// What both sides are told to agree on, with no choice left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The only suite.
    pub suite: Suite,
    /// The only group.
    pub group: Group,
    /// The server's certificates.
    pub kind: Kind,
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::X25519 => "X25519",
            Self::X25519MlKem768 => "X25519MLKEM768",
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EcdsaP256 => "ECDSA P-256",
            Self::Rsa2048 => "RSA-2048",
        })
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Aes128Gcm => "AES-128-GCM",
            Self::Aes256Gcm => "AES-256-GCM",
            Self::ChaCha20Poly1305 => "ChaCha20-Poly1305",
        })
    }
}
