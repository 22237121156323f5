//! Judging a chain where that takes its time: asking for revocation, or another service's opinion.

use std::any::type_name;
use std::borrow::Cow;
use std::sync::Arc;

use bulla_tls::VerifyNeed;
use bulla_x509::verdict::{Failure, Trusted};

use crate::outside::{AnswerFuture, Refused};

/// What became of a chain: the proof that some verdict trusts it, or why not.
pub type Judgment = Result<Trusted, Box<Failure>>;

/// Judges the peer's chain, where the config says `Ask`.
///
/// The verdict may await what it likes, such as an answer about revocation where `need.ocsp` brings none: the future runs inside the
/// handshake and is dropped with it, or when its time limit passes. No application data flows before it.
///
/// ```
/// use bulla_tls::VerifyNeed;
/// use bulla_tokio::{Judgment, Refused, Verifier};
/// use bulla_x509::trust::TrustAnchors;
/// use bulla_x509::verdict::{Presented, judge};
/// use rustls_pki_types::UnixTime;
///
/// /// Anchors, and a list of serial numbers that is kept elsewhere.
/// struct Strict {
///     anchors: TrustAnchors,
///     revoked: tokio::sync::RwLock<Vec<Vec<u8>>>,
/// }
///
/// impl Verifier for Strict {
///     async fn verify(&self, need: &VerifyNeed) -> Result<Judgment, Refused> {
///         let verdict = judge(&Presented::new(&need.chain, need.purpose()), &self.anchors, UnixTime::now());
///         let judgment = verdict.into_result().map_err(Box::new);
///         let leaf = need.chain.first().ok_or("an empty chain")?;
///         if judgment.is_ok() && self.revoked.read().await.iter().any(|serial| is_of(leaf, serial)) {
///             return Err(Refused::new("the certificate is revoked"));
///         }
///         Ok(judgment)
///     }
/// }
///
/// fn is_of(leaf: &[u8], serial: &[u8]) -> bool {
///     let certificate = bulla_x509::certificate::Certificate::parse(leaf);
///     certificate.is_ok_and(|certificate| certificate.serial() == serial)
/// }
/// ```
pub trait Verifier: Send + Sync + 'static {
    /// Judges `need.chain`, which the peer has proved to hold the key of.
    ///
    /// # Errors
    /// [`Refused`] if there can be no judgment, which ends the handshake as well.
    fn verify(&self, need: &VerifyNeed) -> impl Future<Output = Result<Judgment, Refused>> + Send;

    /// What errors call it; by default the name of its type.
    fn name(&self) -> Cow<'_, str> {
        type_name::<Self>().into()
    }
}

/// Any [`Verifier`], behind a pointer: `Arc<dyn DynVerifier>` is a [`Verifier`] too.
pub trait DynVerifier: Send + Sync + 'static {
    /// As [`Verifier::verify`].
    fn verify_boxed<'a>(&'a self, need: &'a VerifyNeed) -> AnswerFuture<'a, Judgment>;

    /// As [`Verifier::name`].
    fn name(&self) -> Cow<'_, str>;
}

impl<V: Verifier> DynVerifier for V {
    fn verify_boxed<'a>(&'a self, need: &'a VerifyNeed) -> AnswerFuture<'a, Judgment> {
        Box::pin(self.verify(need))
    }

    fn name(&self) -> Cow<'_, str> {
        Verifier::name(self)
    }
}

impl<V: DynVerifier + ?Sized> Verifier for Arc<V> {
    async fn verify(&self, need: &VerifyNeed) -> Result<Judgment, Refused> {
        V::verify_boxed(self, need).await
    }

    fn name(&self) -> Cow<'_, str> {
        V::name(self)
    }
}
