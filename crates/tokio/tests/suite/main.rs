//! bulla-tokio against itself, over unkind transports, and against rustls.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::large_futures, reason = "tests")]

mod ends;
mod faults;
mod halves;
mod handshakes;
mod later;
mod lazy;
mod other_process;
mod outside;
mod rustls_peer;
mod sessions;
mod streams;
mod wire;
