//! Choosing a certificate once the other side's wishes are known.

use std::any::type_name;
use std::borrow::Cow;
use std::sync::Arc;

use bulla_tls::{CertificateNeed, Credential};

use crate::outside::{AnswerFuture, Refused};

/// Chooses the certificate to present, where the config says `Ask`: at a server by the name that the client
/// asks for, at a client by what the server wants.
///
/// The future runs inside the handshake and is dropped with it, or when its time limit passes.
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::Arc;
///
/// use bulla_tls::{CertificateNeed, Credential};
/// use bulla_tokio::{CertificateResolver, Refused};
/// use tokio::sync::RwLock;
///
/// /// Certificates by host name, which may be replaced while the server runs.
/// struct Shelf(RwLock<HashMap<String, Arc<Credential>>>);
///
/// impl CertificateResolver for Shelf {
///     async fn resolve(&self, need: &CertificateNeed) -> Result<Option<Arc<Credential>>, Refused> {
///         let Some(name) = &need.server_name else { return Ok(None) };
///         Ok(self.0.read().await.get(name).cloned())
///     }
/// }
/// ```
pub trait CertificateResolver: Send + Sync + 'static {
    /// Chooses. `None` from a client means that it has no certificate to show; from a server it refuses the
    /// name.
    ///
    /// # Errors
    /// [`Refused`] ends the handshake.
    fn resolve(
        &self,
        need: &CertificateNeed,
    ) -> impl Future<Output = Result<Option<Arc<Credential>>, Refused>> + Send;

    /// What errors call it; by default the name of its type.
    fn name(&self) -> Cow<'_, str> {
        type_name::<Self>().into()
    }
}

/// Any [`CertificateResolver`], behind a pointer: `Arc<dyn DynCertificateResolver>` is a
/// [`CertificateResolver`] too.
pub trait DynCertificateResolver: Send + Sync + 'static {
    /// As [`CertificateResolver::resolve`].
    fn resolve_boxed<'a>(&'a self, need: &'a CertificateNeed) -> AnswerFuture<'a, Option<Arc<Credential>>>;

    /// As [`CertificateResolver::name`].
    fn name(&self) -> Cow<'_, str>;
}

impl<R: CertificateResolver> DynCertificateResolver for R {
    fn resolve_boxed<'a>(&'a self, need: &'a CertificateNeed) -> AnswerFuture<'a, Option<Arc<Credential>>> {
        Box::pin(self.resolve(need))
    }

    fn name(&self) -> Cow<'_, str> {
        CertificateResolver::name(self)
    }
}

impl<R: DynCertificateResolver + ?Sized> CertificateResolver for Arc<R> {
    async fn resolve(&self, need: &CertificateNeed) -> Result<Option<Arc<Credential>>, Refused> {
        R::resolve_boxed(self, need).await
    }

    fn name(&self) -> Cow<'_, str> {
        R::name(self)
    }
}
