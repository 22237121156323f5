//! Fixtures for the tests of bulla: certificates made on the spot, two connections joined in memory, and
//! the record-less pipe that runs the handshake narratives without any transport.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a fixture that cannot be made fails its test"
)]

pub mod actor;
pub mod authority;
pub mod message;
pub mod pair;
pub mod picture;
pub mod pipe;
pub mod record;
pub mod trace;
