//! The SSL server: HTTPS with its page, redirect from plain HTTP, drained shutdown.
//!
//! - [`listen::Port`] takes and opens ports, and names who has them when that fails.
//! - [`Server`] serves its [`Content`] over HTTPS and leads plain HTTP to it: the page of the connection, the files of a
//!   [`files::Folder`], or what a [`proxy::Backend`] answers.
//! - [`access_log`] has one line for each request.
//! - [`stop`] is how it is asked to end: first gently, then at once.

pub mod access_log;
mod answer;
mod counted;
pub mod files;
mod front;
mod host;
mod https;
pub mod listen;
mod live;
mod page;
pub mod proxy;
mod redirect;
mod server;
mod site;
pub mod stop;
mod tunnel;
mod upload;

pub use front::{Ended, Limits};
pub use live::LiveCredential;
pub use server::{Content, Server, StartError};
pub use site::Mirror;
