//! The SSL server: HTTPS with its page, redirect from plain HTTP, drained shutdown.

mod answer;
mod front;
mod host;
pub mod listen;
mod names;
mod page;
mod redirect;
pub mod stop;

pub use front::{Ended, Limits};
