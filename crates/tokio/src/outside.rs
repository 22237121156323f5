//! Who does the work that a config leaves to its caller: each kind of need finds its trait here.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;

use bulla_tls::{Need, NeedKind, Reply};

use crate::certificate_resolver::DynCertificateResolver;
use crate::signer::DynSigner;
use crate::verifier::DynVerifier;

/// Work that was not done, and why. The handshake fails with
/// [`NeedProblem::Refused`](bulla_tls::NeedProblem::Refused); the peer learns nothing of the reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("refused: {reason}")]
pub struct Refused {
    reason: Cow<'static, str>,
}

impl Refused {
    /// Refused for this reason, which stands in the error and so in logs.
    pub fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { reason: reason.into() }
    }

    /// The reason.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl From<&'static str> for Refused {
    fn from(reason: &'static str) -> Self {
        Self::new(reason)
    }
}

impl From<String> for Refused {
    fn from(reason: String) -> Self {
        Self::new(reason)
    }
}

/// What the boxed methods of [`DynSigner`] and its like give.
pub type AnswerFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, Refused>> + Send + 'a>>;

/// An answer under way.
pub(crate) type Answering = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Those who answer, one for each kind of need.
#[derive(Clone, Default)]
pub(crate) struct Outside {
    pub(crate) resolver: Option<Arc<dyn DynCertificateResolver>>,
    pub(crate) signer: Option<Arc<dyn DynSigner>>,
    pub(crate) verifier: Option<Arc<dyn DynVerifier>>,
}

impl Outside {
    /// Has the need answered; nothing happens until the future is polled.
    pub(crate) fn answer(&self, need: Need) -> Answering {
        match need {
            Need::Certificate(need) => {
                let resolver = self.resolver.clone();
                Box::pin(async move {
                    let answer = match &resolver {
                        Some(resolver) => resolver.resolve_boxed(&need).await,
                        None => nobody("a CertificateResolver to with_certificate_resolver"),
                    };
                    give(need.reply, answer);
                })
            }
            Need::Sign(need) => {
                let signer = self.signer.clone();
                Box::pin(async move {
                    let answer = match &signer {
                        Some(signer) => signer.sign_boxed(&need).await,
                        None => nobody("a Signer to with_signer"),
                    };
                    give(need.reply, answer);
                })
            }
            Need::Verify(need) => {
                let verifier = self.verifier.clone();
                Box::pin(async move {
                    let answer = match &verifier {
                        Some(verifier) => verifier.verify_boxed(&need).await,
                        None => nobody("a Verifier to with_verifier"),
                    };
                    give(need.reply, answer);
                })
            }
            // A kind that is not known here is dropped, which fails the handshake.
            _ => Box::pin(std::future::ready(())),
        }
    }

    /// Who is asked for this kind of work.
    pub(crate) fn name(&self, kind: NeedKind) -> Option<Cow<'_, str>> {
        match kind {
            NeedKind::Certificate => self.resolver.as_ref().map(|resolver| resolver.name()),
            NeedKind::Sign => self.signer.as_ref().map(|signer| signer.name()),
            NeedKind::Verify => self.verifier.as_ref().map(|verifier| verifier.name()),
            _ => None,
        }
    }
}

fn nobody<T>(mend: &str) -> Result<T, Refused> {
    Err(Refused::new(format!("the config leaves this to its caller, and nobody does it: give {mend}")))
}

fn give<T>(reply: Reply<T>, answer: Result<T, Refused>) {
    match answer {
        Ok(answer) => reply.reply(answer),
        Err(Refused { reason }) => reply.refuse(reason),
    }
}
