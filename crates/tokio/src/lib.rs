//! TLS by bulla-tls over anything that tokio can read and write: [`TlsAcceptor`] for servers,
//! [`TlsConnector`] for clients, and one [`TlsStream`] for both.
//!
//! Names follow tokio-rustls, so that moving over is mostly a change of imports. What differs: a stream is
//! the same type on both sides, a handshake has a time limit (ten seconds unless told otherwise), and work
//! that takes its time is done by whoever implements [`Signer`] (a key in an HSM), [`CertificateResolver`]
//! (certificates in a database) [`Verifier`] (revocation asked for), [`SessionKeeper`] or
//! [`TicketSealer`] (sessions that several servers share).
//!
//! A client:
//! ```no_run
//! use bulla_tls::{ClientConfig, Verification};
//! use bulla_tokio::TlsConnector;
//! use bulla_x509::trust::TrustAnchors;
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! use tokio::net::TcpStream;
//!
//! # async fn client() -> Result<(), Box<dyn std::error::Error>> {
//! let config = ClientConfig::new(Verification::Anchors(TrustAnchors::mozilla())).check()?;
//! let tcp = TcpStream::connect(("example.org", 443)).await?;
//! let mut stream = TlsConnector::from(config).connect("example.org".try_into()?, tcp).await?;
//! stream.write_all(b"GET / HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n").await?;
//! let mut answer = Vec::new();
//! stream.read_to_end(&mut answer).await?;
//! stream.shutdown().await?;
//! # Ok(())
//! # }
//! ```
//!
//! A server:
//! ```no_run
//! use bulla_tls::{Credentials, ServerConfig};
//! use bulla_tokio::TlsAcceptor;
//! use tokio::io::AsyncWriteExt;
//! use tokio::net::TcpListener;
//!
//! # async fn server(credential: bulla_tls::Credential) -> Result<(), Box<dyn std::error::Error>> {
//! let config = ServerConfig::new(Credentials::Fixed(credential.into())).check()?;
//! let acceptor = TlsAcceptor::from(config);
//! let listener = TcpListener::bind("127.0.0.1:8443").await?;
//! loop {
//!     let (tcp, _) = listener.accept().await?;
//!     let accept = acceptor.accept(tcp);
//!     tokio::spawn(async move {
//!         let mut stream = accept.await?;
//!         stream.write_all(b"hello").await?;
//!         stream.shutdown().await
//!     });
//! }
//! # }
//! ```
//!
//! The [`manual`] has how-tos for more. With the feature `hyper`, `HttpsConnector` connects hyper's pooling client.

// What README.md shows must compile.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

mod acceptor;
mod certificate_resolver;
mod connector;
mod error;
mod handshake;
#[cfg(any(test, feature = "hyper"))]
mod hyper;
mod intake;
mod key_log;
mod lazy;
pub mod manual;
mod outside;
mod session_keeper;
mod signer;
mod split;
mod stream;
mod ticket_sealer;
mod verifier;
mod waiters;

pub use acceptor::TlsAcceptor;
pub use certificate_resolver::{CertificateResolver, DynCertificateResolver};
pub use connector::TlsConnector;
pub use error::{HandshakeTimeout, NeedFailed, tls_error};
pub use handshake::{Accept, Connect, Failed, Fallible, Handshake};
#[cfg(any(test, feature = "hyper"))]
pub use hyper::{HttpStream, HttpsConnector};
pub use key_log::key_log_file;
pub use lazy::{LazyAcceptor, Peek, Start};
pub use outside::{AnswerFuture, Refused};
pub use session_keeper::{DynSessionKeeper, SessionKeeper};
pub use signer::{DynSigner, Signer};
pub use split::{OwnedReadHalf, OwnedWriteHalf, ReuniteError};
pub use stream::TlsStream;
pub use ticket_sealer::{DynTicketSealer, TicketSealer};
pub use verifier::{DynVerifier, Judgment, Verifier};
