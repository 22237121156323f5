//! The one door to cryptography: hash, HKDF, AEAD, key exchange, sign, verify, random.
//!
//! Everything bulla computes with a secret passes through this crate, and every call into AWS-LC (and, for HMAC, into
//! RustCrypto's sha2) stays inside it, so a second provider could be put in by replacing this one crate. Algorithms are enums, dispatched statically;
//! nothing allocates while a record is sealed or opened; keys are kept in the form the provider works with.
//! Types that hold a secret clear it when dropped and print none of it with `Debug`.
//!
//! | module | what | source |
//! |---|---|---|
//! | [`hash`] | SHA-256, SHA-384, SHA-512 | FIPS 180-4 |
//! | [`hmac`] | HMAC over those | RFC 2104 |
//! | [`hkdf`] | Extract and Expand over a cached HMAC key | RFC 5869 |
//! | [`aead`] | AES-GCM, ChaCha20-Poly1305 | RFC 5116, RFC 8439 |
//! | [`exchange`] | X25519, P-256, P-384, P-521, ML-KEM, hybrids of them | RFC 7748, SEC 1, FIPS 203, RFC 10024 |
//! | [`signature`] | public keys: ECDSA, Ed25519, ML-DSA, RSA | FIPS 186-5, RFC 8032, FIPS 204, RFC 8017 |
//! | [`private_key`] | private keys: PKCS#8, SEC 1, PKCS#1 | RFC 5958, RFC 5915, RFC 8017 |
//! | `private_key::encrypted` | private keys behind a passphrase: PBES2 (feature `files`) | RFC 5958, RFC 8018 |
//! | `pkcs12` | keys and certificates behind a passphrase (feature `files`) | RFC 7292 |
//! | [`key_transport`] | RSA key transport of TLS 1.2, for peers that have nothing better | RFC 5246, RFC 8017 |
//! | [`passphrase`] | what opens either, kept out of sight | |
//! | [`pem`] | PEM text | RFC 7468, RFC 1421 |
//! | [`random`] | where random bytes and fresh keys come from | |
//! | [`compare`] | comparison in constant time | |
//! | [`wipe`] | memory cleared of secrets | |

pub mod aead;
pub mod compare;
mod der;
pub mod exchange;
pub mod hash;
pub mod hkdf;
pub mod hmac;
pub mod key_transport;
pub mod passphrase;
pub mod pem;
#[cfg(feature = "files")]
pub mod pkcs12;
pub mod private_key;
pub mod random;
pub mod signature;
pub mod wipe;
