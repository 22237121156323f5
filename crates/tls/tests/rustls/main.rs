//! bulla against rustls, in memory: either side, every suite, group and kind of signature, both directions of
//! data and of every message after the handshake, and the refusals on which two implementations must agree.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a fixture that cannot be made fails its test")]

mod algorithms;
mod certificates;
mod crossing;
mod data;
mod key_log;
mod link;
mod peek;
mod refusals;
mod resumption;
mod staples;
mod tls12;
