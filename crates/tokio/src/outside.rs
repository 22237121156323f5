//! Who does the work that a config leaves to its caller: each kind of need finds its trait here.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;

use bulla_tls::{
    CertificateNeed, FindSessionNeed, KeepSessionNeed, Need, NeedKind, OpenTicketNeed, Reply, SealTicketNeed,
    SignNeed, VerifyNeed,
};

use crate::certificate_resolver::DynCertificateResolver;
use crate::session_keeper::DynSessionKeeper;
use crate::signer::DynSigner;
use crate::ticket_sealer::DynTicketSealer;
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
    pub(crate) keeper: Option<Arc<dyn DynSessionKeeper>>,
    pub(crate) sealer: Option<Arc<dyn DynTicketSealer>>,
}

impl Outside {
    /// Has the need answered; nothing happens until the future is polled.
    pub(crate) fn answer(&self, need: Need) -> Answering {
        match need {
            Need::Certificate(need) => Box::pin(choose(self.resolver.clone(), need)),
            Need::Sign(need) => Box::pin(sign(self.signer.clone(), need)),
            Need::Verify(need) => Box::pin(verify(self.verifier.clone(), need)),
            Need::KeepSession(need) => Box::pin(keep(self.keeper.clone(), need)),
            Need::FindSession(need) => Box::pin(find(self.keeper.clone(), need)),
            Need::SealTicket(need) => Box::pin(seal(self.sealer.clone(), need)),
            Need::OpenTicket(need) => Box::pin(open(self.sealer.clone(), need)),
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
            NeedKind::KeepSession | NeedKind::FindSession => self.keeper.as_ref().map(|keeper| keeper.name()),
            NeedKind::SealTicket | NeedKind::OpenTicket => self.sealer.as_ref().map(|sealer| sealer.name()),
            _ => None,
        }
    }
}

async fn choose(resolver: Option<Arc<dyn DynCertificateResolver>>, need: CertificateNeed) {
    let answer = match &resolver {
        Some(resolver) => resolver.resolve_boxed(&need).await,
        None => nobody("a CertificateResolver to with_certificate_resolver"),
    };
    give(need.reply, answer);
}

async fn sign(signer: Option<Arc<dyn DynSigner>>, need: SignNeed) {
    let answer = match &signer {
        Some(signer) => signer.sign_boxed(&need).await,
        None => nobody("a Signer to with_signer"),
    };
    give(need.reply, answer);
}

async fn verify(verifier: Option<Arc<dyn DynVerifier>>, need: VerifyNeed) {
    let answer = match &verifier {
        Some(verifier) => verifier.verify_boxed(&need).await,
        None => nobody("a Verifier to with_verifier"),
    };
    give(need.reply, answer);
}

async fn keep(keeper: Option<Arc<dyn DynSessionKeeper>>, need: KeepSessionNeed) {
    let answer = match &keeper {
        Some(keeper) => keeper.keep_boxed(&need).await,
        None => nobody(KEEPER),
    };
    give(need.reply, answer);
}

async fn find(keeper: Option<Arc<dyn DynSessionKeeper>>, need: FindSessionNeed) {
    let answer = match &keeper {
        Some(keeper) => keeper.find_boxed(&need).await,
        None => nobody(KEEPER),
    };
    give(need.reply, answer);
}

async fn seal(sealer: Option<Arc<dyn DynTicketSealer>>, need: SealTicketNeed) {
    let answer = match &sealer {
        Some(sealer) => sealer.seal_boxed(&need).await,
        None => nobody(SEALER),
    };
    give(need.reply, answer);
}

async fn open(sealer: Option<Arc<dyn DynTicketSealer>>, need: OpenTicketNeed) {
    let answer = match &sealer {
        Some(sealer) => sealer.open_boxed(&need).await,
        None => nobody(SEALER),
    };
    give(need.reply, answer);
}

const KEEPER: &str = "a SessionKeeper to with_session_keeper";
const SEALER: &str = "a TicketSealer to with_ticket_sealer";

fn nobody<T>(mend: &str) -> Result<T, Refused> {
    Err(Refused::new(format!("the config leaves this to its caller, and nobody does it: give {mend}")))
}

fn give<T>(reply: Reply<T>, answer: Result<T, Refused>) {
    match answer {
        Ok(answer) => reply.reply(answer),
        Err(Refused { reason }) => reply.refuse(reason),
    }
}
