//! What holds for every input: any chunking gives the same effects, no changed bit goes unnoticed, and no bytes
//! at all make a connection panic, spin or grow.
//!
//! All of it stands on recorded [flows](flow): handshakes with replayed randomness and Ed25519 signatures,
//! which come out the same to the byte each time.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a fixture that cannot be made fails its test")]

mod chunks;
mod flips;
mod flow;
mod noise;
