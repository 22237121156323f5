//! The SSL server: HTTPS with its page, redirect from plain HTTP, drained shutdown.
//!
//! - [`listen::Port`] takes and opens ports, and names who has them when that fails.
//! - [`Server`] serves the page over HTTPS and leads plain HTTP to it.
//! - [`stop`] is how it is asked to end: first gently, then at once.

mod answer;
mod front;
mod host;
mod https;
pub mod listen;
mod page;
mod redirect;
mod server;
mod site;
pub mod stop;

pub use front::{Ended, Limits};
pub use server::{Server, StartError};
pub use site::Mirror;
