//! bulla-tokio against itself, over unkind transports, and against rustls and hyper.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "tests")]

mod ends;
mod faults;
mod handshakes;
mod http;
mod rustls_peer;
mod streams;
mod wire;
