//! Certificates: parse, build, name rules, path building, trust stores, verdict.
//!
//! One model of the ASN.1 types serves reading and writing alike, so that what an authority issues and what a
//! verifier accepts cannot drift apart; the frame of a certificate is read in one pass of its own, for speed.
//! [`certificate::Certificate`] borrows from the DER it was parsed from;
//! [`build::CertificateTemplate`] writes certificates; [`verdict::judge`] decides whether a chain is to be
//! trusted and, when it is not, says which rule failed at which certificate and what would mend it.
//!
//! The rules are those of RFC 5280 (certificates and paths) and RFC 9525 (names of servers). All that a peer
//! can make grow (signatures, paths, comparisons, depth) has a budget, and text that comes from a certificate
//! is escaped before it can reach a terminal.
//!
//! ```
//! use bulla_x509::{trust::TrustAnchors, verdict::{Presented, Purpose, Rule, judge}};
//! use rustls_pki_types::{ServerName, UnixTime};
//!
//! let name = ServerName::try_from("www.example.org").unwrap();
//! let presented = Presented::new(&[], Purpose::Server(&name));
//! let verdict = judge(&presented, &TrustAnchors::new(), UnixTime::now());
//! assert_eq!(verdict.failure.unwrap().rule, Rule::NoCertificate);
//! ```
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::arithmetic_side_effects
    )
)]

pub mod build;
pub mod certificate;
pub mod chain;
mod der;
pub mod explain;
pub mod fault;
#[cfg(feature = "files")]
pub mod files;
pub mod identity;
mod model;
pub mod name;
pub mod names;
mod path;
pub mod policy;
pub mod profile;
pub mod revocation;
pub mod signatures;
pub mod text;
pub mod trust;
pub mod verdict;
