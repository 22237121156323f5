//! The manual: how to do what is done every day.
//!
//! - [`how_to`]: a client with a private root, client certificates, ALPN, keys elsewhere, certificates by
//!   name, looking at a hello, STARTTLS, exporters, two tasks, closing.
//! - [`bulla_tls::manual`] has the defaults and why, avoided attacks, budgets, and moving over from rustls and
//!   openssl.

#[doc = include_str!("how_to.md")]
pub mod how_to {}
