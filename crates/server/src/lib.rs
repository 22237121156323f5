//! The SSL server: HTTPS with its page, redirect from plain HTTP, drained shutdown.
//!
//! - [`listen`] opens ports, and names who has them when that fails.
//! - [`stop`] is how it is asked to end: first gently, then at once.

#![allow(dead_code)]
mod answer;
mod front;
mod host;
pub mod listen;
mod names;
mod page;
mod redirect;
pub mod stop;

pub use front::{Ended, Limits};
