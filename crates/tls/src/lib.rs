//! The protocol engine of bulla: TLS 1.3 (RFC 9846) for clients and servers, without any I/O of its own.
//!
//! A [`Connection`] takes bytes in and gives bytes out; [`Connection::step`] says what comes next, as one
//! plain enum, [`Step`]. Work that may take its time (choosing a certificate, signing with a key that is
//! elsewhere, judging a chain) comes out as a [`Need`] where the config says so, and otherwise is done at
//! once. For tokio, bulla-tokio wraps all of this in streams.
//!
//! - Configs are plain structs with safe defaults, checked once: [`ClientConfig`], [`ServerConfig`].
//! - [`Error`] says who is at fault: message, field and rule.
//! - [`Facts`] says what a connection is.
//! - There is no way to leave a certificate unjudged, and no global state.
//! - The [`manual`]: defaults and why, avoided attacks, budgets, moving over from rustls or openssl.

mod alert;
mod client_offer;
mod config;
mod connection;
mod error;
mod facts;
mod handshake;
mod keys;
pub mod manual;
mod negotiate;
mod peer_names;
mod session;
mod step;
#[cfg(feature = "testing")]
#[doc(hidden)]
pub mod testing;
mod transport;
mod wire;

pub use client_offer::ClientOffer;
pub use config::{
    CertificateCompression, Checked, ClientCertificates, ClientConfig, ClientCredentials, Clock, ConfigError,
    Credential, CredentialError, Credentials, Keeping, KeyLog, LegacyKeyTransport, LegacyKeyTransportError,
    Limits, LoggedSecret, Padding, Resumption, ServerConfig, Staples, TicketRequest, Verification,
};
pub use connection::{Connection, Received, Receiver};
pub use error::{Error, Foreign, Incompatibility, Misuse, NeedProblem, Violation};
pub use facts::{Facts, Role};
pub use peer_names::PeerNames;
pub use session::{SessionState, SessionStore, Sessions, TicketKeys, TicketSecret, TicketSecretError};
pub use step::{
    CertificateNeed, ConfigurationNeed, FindSessionNeed, KeepSessionNeed, Need, NeedKind, OpenTicketNeed,
    Reply, SealTicketNeed, SignNeed, Signature, Step, VerifyNeed,
};
pub use wire::codec::{DecodeError, DecodeProblem};
pub use wire::registry;
