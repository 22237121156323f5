//! The manual: what the API pages do not say one by one.
//!
//! - [`defaults`]: what holds unless told otherwise, and why.
//! - [`attacks`]: what TLS has been attacked by, what stops it here, and the test that shows it.
//! - [`budgets`]: what a peer can make us hold and do, at most.
//! - [`from_rustls`], [`from_openssl`]: names there and names here.
//!
//! How-tos with code for tokio are in the manual of bulla-tokio.

#[doc = include_str!("defaults.md")]
pub mod defaults {}

#[doc = include_str!("attacks.md")]
pub mod attacks {}

#[doc = include_str!("budgets.md")]
pub mod budgets {}

#[doc = include_str!("from_rustls.md")]
pub mod from_rustls {}

#[doc = include_str!("from_openssl.md")]
pub mod from_openssl {}
