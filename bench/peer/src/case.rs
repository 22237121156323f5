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

/// A version of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Version {
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

impl Version {
    /// Its number on the wire.
    pub fn id(self) -> u16 {
        match self {
            Self::Tls12 => 0x0303,
            Self::Tls13 => 0x0304,
        }
    }
}

/// How a session is taken up again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Resumption {
    /// It is not: each handshake is a full one, and no ticket is given.
    None,
    /// By a ticket that holds all of it. In TLS 1.3 each handshake gives one ticket for the next.
    Ticket,
    /// By a session id of TLS 1.2; the server keeps the session in memory.
    Id,
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
}

/// What both sides are told to agree on, with no choice left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The only version.
    pub version: Version,
    /// The only suite, with ECDHE and what fits the certificates in TLS 1.2.
    pub suite: Suite,
    /// The only group.
    pub group: Group,
    /// The server's certificates.
    pub kind: Kind,
    /// Whether the handshakes that count resume the one before.
    pub resumption: Resumption,
    /// Whether the client shows a certificate, too, of the same kind.
    pub mutual: bool,
    /// Whether a client that can remember something of the server's chain from one handshake to the next does so.
    pub remembers: bool,
}

impl Session {
    /// Full handshakes of TLS 1.3 in which the server alone shows certificates.
    pub const fn full(suite: Suite, group: Group, kind: Kind) -> Self {
        let (version, resumption) = (Version::Tls13, Resumption::None);
        Self { version, suite, group, kind, resumption, mutual: false, remembers: false }
    }

    /// The suite's number in the registry of cipher suites.
    pub fn suite_id(&self) -> u16 {
        match (self.version, self.kind, self.suite) {
            (Version::Tls13, _, Suite::Aes128Gcm) => 0x1301,
            (Version::Tls13, _, Suite::Aes256Gcm) => 0x1302,
            (Version::Tls13, _, Suite::ChaCha20Poly1305) => 0x1303,
            (Version::Tls12, Kind::EcdsaP256, Suite::Aes128Gcm) => 0xc02b,
            (Version::Tls12, Kind::EcdsaP256, Suite::Aes256Gcm) => 0xc02c,
            (Version::Tls12, Kind::EcdsaP256, Suite::ChaCha20Poly1305) => 0xcca9,
            (Version::Tls12, Kind::Rsa2048, Suite::Aes128Gcm) => 0xc02f,
            (Version::Tls12, Kind::Rsa2048, Suite::Aes256Gcm) => 0xc030,
            (Version::Tls12, Kind::Rsa2048, Suite::ChaCha20Poly1305) => 0xcca8,
        }
    }

    /// Whether there are sessions to be resumed.
    pub fn resumes(&self) -> bool {
        self.resumption != Resumption::None
    }

    /// Whether P-256 is offered behind the group, since the certificates' curve must be: so it is in TLS 1.2 (RFC 8422
    /// section 5.1.1).
    pub fn names_curve(&self) -> bool {
        self.version == Version::Tls12 && self.kind == Kind::EcdsaP256
    }

    /// Whether the group comes into the handshake: TLS 1.2 resumes without a key exchange.
    pub fn exchanges(&self) -> bool {
        self.version == Version::Tls13 || !self.resumes()
    }
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
