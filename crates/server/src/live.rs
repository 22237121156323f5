//! A certificate that can be replaced while the server shows it.

use std::sync::{Arc, PoisonError, RwLock};

use bulla_tls::{CertificateNeed, Credential};
use bulla_tokio::{CertificateResolver, Refused};

/// The certificate chain and key that a server shows; clones share it.
///
/// ```no_run
/// # fn example(first: bulla_tls::Credential, renewed: bulla_tls::Credential) {
/// let shown = bulla_server::LiveCredential::new(first);
/// // Given to a server, and some weeks later:
/// shown.replace(renewed);
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct LiveCredential(Arc<RwLock<Arc<Credential>>>);

impl LiveCredential {
    /// Shows this one first.
    #[must_use]
    pub fn new(credential: impl Into<Arc<Credential>>) -> Self {
        Self(Arc::new(RwLock::new(credential.into())))
    }

    /// The one that a new connection is shown.
    #[must_use]
    pub fn current(&self) -> Arc<Credential> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Shows another one to each connection from now on. Open ones stay under the one that they began with.
    pub fn replace(&self, credential: impl Into<Arc<Credential>>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = credential.into();
    }
}

impl CertificateResolver for LiveCredential {
    async fn resolve(&self, _: &CertificateNeed) -> Result<Option<Arc<Credential>>, Refused> {
        Ok(Some(self.current()))
    }
}
