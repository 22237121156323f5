//! Answers to the work that a config leaves to its caller.

use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;

use bulla_tls::{CertificateNeed, Credential, Need, SignNeed, Signature, VerifyNeed};
use bulla_x509::verdict::{Failure, Trusted};

/// What became of a chain: the proof that some verdict trusts it, or why not.
pub type Judgment = Result<Trusted, Box<Failure>>;

/// Work that nobody here will do, and why. The handshake fails with
/// [`NeedProblem::Refused`](bulla_tls::NeedProblem::Refused).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("refused: {0}")]
pub struct Refused(pub &'static str);

/// Answers work that takes its time: a key in an HSM, a certificate from a database, a chain judged
/// elsewhere. Each method is asked only where the config says `Ask` (or a credential is
/// [`remote`](Credential::remote)); one that is left out refuses.
///
/// The futures run inside the handshake and are dropped with it, or when its time limit passes.
///
/// ```
/// use bulla_crypto::private_key::PrivateKey;
/// use bulla_crypto::signature::SignatureAlgorithm;
/// use bulla_tls::registry::SignatureScheme;
/// use bulla_tls::{SignNeed, Signature};
/// use bulla_tokio::{Answers, Refused};
///
/// /// A slow device with an ECDSA key on P-256: it signs on a thread of its own.
/// struct Device(std::sync::Arc<PrivateKey>);
///
/// impl Answers for Device {
///     async fn sign(&self, need: &SignNeed) -> Result<Signature, Refused> {
///         if need.scheme != SignatureScheme::ECDSA_SECP256R1_SHA256 {
///             return Err(Refused("the device cannot sign by this scheme"));
///         }
///         let (key, message) = (self.0.clone(), need.message.clone());
///         let sign = move || key.sign(SignatureAlgorithm::EcdsaP256Sha256, &message);
///         let signed = tokio::task::spawn_blocking(sign).await.map_err(|_| Refused("the device is gone"))?;
///         signed.map(Signature).map_err(|_| Refused("the device failed"))
///     }
/// }
/// ```
pub trait Answers: Send + Sync + 'static {
    /// Chooses the certificate to present. `None` from a client means that it has none to show; from a
    /// server it refuses the name.
    ///
    /// # Errors
    /// [`Refused`] ends the handshake.
    fn certificate(
        &self,
        need: &CertificateNeed,
    ) -> impl Future<Output = Result<Option<Arc<Credential>>, Refused>> + Send {
        let _ = need;
        ready(Err(NO_ANSWER))
    }

    /// Signs with the key of the chosen certificate.
    ///
    /// # Errors
    /// [`Refused`] ends the handshake.
    fn sign(&self, need: &SignNeed) -> impl Future<Output = Result<Signature, Refused>> + Send {
        let _ = need;
        ready(Err(NO_ANSWER))
    }

    /// Judges the peer's chain.
    ///
    /// # Errors
    /// [`Refused`] if there can be no judgment, which ends the handshake as well.
    fn verify(&self, need: &VerifyNeed) -> impl Future<Output = Result<Judgment, Refused>> + Send {
        let _ = need;
        ready(Err(NO_ANSWER))
    }
}

const NO_ANSWER: Refused = Refused(
    "the config leaves this to its caller, and nobody answers: implement it in Answers and give that to with_answers",
);

/// Refuses everything: what acceptors and connectors begin with.
pub(crate) struct Nobody;

impl Answers for Nobody {}

/// An answer under way.
pub(crate) type Answering = Pin<Box<dyn Future<Output = ()> + Send>>;

/// [`Answers`] behind a pointer.
pub(crate) trait Answer: Send + Sync {
    fn answer(self: Arc<Self>, need: Need) -> Answering;
}

impl<A: Answers> Answer for A {
    fn answer(self: Arc<Self>, need: Need) -> Answering {
        Box::pin(async move {
            match need {
                Need::Certificate(need) => match self.certificate(&need).await {
                    Ok(credential) => need.reply.reply(credential),
                    Err(Refused(reason)) => need.reply.refuse(reason),
                },
                Need::Sign(need) => match self.sign(&need).await {
                    Ok(signature) => need.reply.reply(signature),
                    Err(Refused(reason)) => need.reply.refuse(reason),
                },
                Need::Verify(need) => match self.verify(&need).await {
                    Ok(judgment) => need.reply.reply(judgment),
                    Err(Refused(reason)) => need.reply.refuse(reason),
                },
                // A kind that is not known here is dropped, which fails the handshake.
                _ => {}
            }
        })
    }
}
