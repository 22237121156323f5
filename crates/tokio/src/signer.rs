//! Signing where the key is: in an HSM, with another process, across a network.

use std::any::type_name;
use std::borrow::Cow;
use std::sync::Arc;

use bulla_tls::{SignNeed, Signature};

use crate::outside::{AnswerFuture, Refused};

/// Signs handshakes for credentials whose key is elsewhere ([`Credential::remote`](bulla_tls::Credential::remote)).
///
/// The future runs inside the handshake and is dropped with it, or when its time limit passes. What it
/// gives is checked against the certificate before it is sent.
///
/// ```
/// use bulla_crypto::private_key::PrivateKey;
/// use bulla_crypto::signature::SignatureAlgorithm;
/// use bulla_tls::registry::SignatureScheme;
/// use bulla_tls::{SignNeed, Signature};
/// use bulla_tokio::{Refused, Signer};
///
/// /// A slow device with an ECDSA key on P-256: it signs on a thread of its own.
/// struct Device(std::sync::Arc<PrivateKey>);
///
/// impl Signer for Device {
///     async fn sign(&self, need: &SignNeed) -> Result<Signature, Refused> {
///         if need.scheme != SignatureScheme::ECDSA_SECP256R1_SHA256 {
///             return Err(Refused::new(format!("the device cannot sign by {}", need.scheme)));
///         }
///         let (key, message) = (self.0.clone(), need.message.clone());
///         let sign = move || key.sign(SignatureAlgorithm::EcdsaP256Sha256, &message);
///         let signed = tokio::task::spawn_blocking(sign).await.map_err(|_| "the device is gone")?;
///         Ok(Signature(signed.map_err(|_| "the device failed")?))
///     }
/// }
/// ```
pub trait Signer: Send + Sync + 'static {
    /// Signs `need.message` by `need.scheme` with the key of `need.credential`.
    ///
    /// # Errors
    /// [`Refused`] ends the handshake.
    fn sign(&self, need: &SignNeed) -> impl Future<Output = Result<Signature, Refused>> + Send;

    /// What errors call it; by default the name of its type.
    fn name(&self) -> Cow<'_, str> {
        type_name::<Self>().into()
    }
}

/// Any [`Signer`], behind a pointer: `Arc<dyn DynSigner>` is a [`Signer`] too.
pub trait DynSigner: Send + Sync + 'static {
    /// As [`Signer::sign`].
    fn sign_boxed<'a>(&'a self, need: &'a SignNeed) -> AnswerFuture<'a, Signature>;

    /// As [`Signer::name`].
    fn name(&self) -> Cow<'_, str>;
}

impl<S: Signer> DynSigner for S {
    fn sign_boxed<'a>(&'a self, need: &'a SignNeed) -> AnswerFuture<'a, Signature> {
        Box::pin(self.sign(need))
    }

    fn name(&self) -> Cow<'_, str> {
        Signer::name(self)
    }
}

impl<S: DynSigner + ?Sized> Signer for Arc<S> {
    async fn sign(&self, need: &SignNeed) -> Result<Signature, Refused> {
        S::sign_boxed(self, need).await
    }

    fn name(&self) -> Cow<'_, str> {
        S::name(self)
    }
}
