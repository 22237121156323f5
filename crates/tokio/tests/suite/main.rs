//! bulla-tokio against itself, against faulty transports, and against rustls and hyper.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "tests")]

mod ends;
mod streams;
