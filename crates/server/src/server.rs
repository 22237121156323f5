//! The two ports together.

use std::io;
use std::sync::Arc;

use bulla_tls::{Checked, ConfigError, Credentials, KeyLog, ServerConfig};
use bulla_tokio::TlsAcceptor;
use tokio::net::TcpListener;

use crate::access_log::AccessLog;
use crate::files::Folder;
use crate::front::{Ended, Limits, Manner, serve};
use crate::https::Https;
use crate::live::LiveCredential;
use crate::proxy::Backend;
use crate::redirect::Redirect;
use crate::site::{Mirror, Site};
use crate::stop::Stop;

/// An HTTPS server with its content, and optionally a plain HTTP port that leads to it.
///
/// Made by [`Server::new`], its fields set, then [`run`](Server::run).
#[derive(Debug)]
#[non_exhaustive]
pub struct Server {
    /// The port for HTTPS.
    pub https: TcpListener,
    /// The port for plain HTTP. Default none.
    pub redirect: Option<TcpListener>,
    /// The certificate chain and its key, which may be replaced while the server runs.
    pub credential: LiveCredential,
    /// What is served over HTTPS. Default the page of the connection.
    pub content: Content,
    /// Where each request is noted. Default nowhere.
    pub log: Option<AccessLog>,
    /// Who is told the secrets of each connection, for debugging. Default nobody.
    pub key_log: Option<KeyLog>,
    /// By what the page judges the server's own chain.
    pub mirror: Mirror,
    /// Limits of each port.
    pub limits: Limits,
}

/// What is served over HTTPS. The page of the connection is at `/.bulla/` in any case.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Content {
    /// The page of the connection.
    Page,
    /// The files of a folder.
    Folder(Folder),
    /// What another server answers.
    Backend(Backend),
}

/// Why a server could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The protocol's settings do not fit together.
    #[error("the server's TLS settings are unsound: {0}")]
    Config(#[from] ConfigError),
    /// The listening port is gone.
    #[error("the listening port cannot be read: {0}")]
    Port(#[from] io::Error),
}

impl Server {
    /// A server on one port, with the default limits.
    #[must_use]
    pub fn new(https: TcpListener, credential: LiveCredential, mirror: Mirror) -> Self {
        Self {
            https,
            redirect: None,
            credential,
            content: Content::Page,
            log: None,
            key_log: None,
            mirror,
            limits: Limits::default(),
        }
    }

    /// Serves until asked to stop; says how it ended.
    ///
    /// # Errors
    ///
    /// [`StartError`], before the first connection is taken.
    pub async fn run(self, stop: Stop) -> Result<Ended, StartError> {
        let leaf = self.credential.current().chain().first().cloned();
        let acceptor = TlsAcceptor::from(config(self.key_log)?)
            .with_certificate_resolver(self.credential.clone())
            .with_handshake_limit(self.limits.handshake);
        let port = self.https.local_addr()?.port();
        let https = Arc::new(Https {
            acceptor,
            shown: self.credential,
            site: Site::new(self.mirror),
            content: self.content,
        });
        let manner = Manner { limits: self.limits, log: self.log };
        let plain = async {
            match (self.redirect, leaf) {
                (Some(listener), Some(leaf)) => {
                    serve(listener, Arc::new(Redirect::new(leaf, port)), manner.clone(), stop.clone()).await
                }
                _ => Ended::default(),
            }
        };
        let (sealed, plain) = tokio::join!(serve(self.https, https, manner.clone(), stop.clone()), plain);
        Ok(Ended { cut: sealed.cut + plain.cut })
    }
}

fn config(key_log: Option<KeyLog>) -> Result<Checked<ServerConfig>, ConfigError> {
    let mut config = ServerConfig::new(Credentials::Ask);
    config.alpn = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.key_log = key_log;
    config.check()
}
