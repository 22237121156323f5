//! A server's tickets sealed elsewhere, by keys that never come into this process.

use std::any::type_name;
use std::borrow::Cow;
use std::sync::Arc;

use bulla_tls::{OpenTicketNeed, SealTicketNeed, SessionState};

use crate::outside::{AnswerFuture, Refused};

/// Seals and opens a server's tickets, where the config says
/// [`Keeping::AskTickets`](bulla_tls::Keeping::AskTickets).
///
/// The futures run inside the handshake and are dropped with it, or when its time limit passes. A sealer that
/// is out of reach need not end handshakes: `None` makes for full ones.
pub trait TicketSealer: Send + Sync + 'static {
    /// Seals a session into a ticket of at most 16 KiB, so that nobody else can read or make one; `None`
    /// gives the client no ticket.
    ///
    /// # Errors
    /// [`Refused`] ends the handshake.
    fn seal(&self, need: &SealTicketNeed) -> impl Future<Output = Result<Option<Vec<u8>>, Refused>> + Send;

    /// Opens a ticket; `None` for one that is not ours or too old.
    ///
    /// # Errors
    /// [`Refused`] ends the handshake.
    fn open(
        &self,
        need: &OpenTicketNeed,
    ) -> impl Future<Output = Result<Option<SessionState>, Refused>> + Send;

    /// What errors call it; by default the name of its type.
    fn name(&self) -> Cow<'_, str> {
        type_name::<Self>().into()
    }
}

/// Any [`TicketSealer`], behind a pointer: `Arc<dyn DynTicketSealer>` is a [`TicketSealer`] too.
pub trait DynTicketSealer: Send + Sync + 'static {
    /// As [`TicketSealer::seal`].
    fn seal_boxed<'a>(&'a self, need: &'a SealTicketNeed) -> AnswerFuture<'a, Option<Vec<u8>>>;

    /// As [`TicketSealer::open`].
    fn open_boxed<'a>(&'a self, need: &'a OpenTicketNeed) -> AnswerFuture<'a, Option<SessionState>>;

    /// As [`TicketSealer::name`].
    fn name(&self) -> Cow<'_, str>;
}

impl<S: TicketSealer> DynTicketSealer for S {
    fn seal_boxed<'a>(&'a self, need: &'a SealTicketNeed) -> AnswerFuture<'a, Option<Vec<u8>>> {
        Box::pin(self.seal(need))
    }

    fn open_boxed<'a>(&'a self, need: &'a OpenTicketNeed) -> AnswerFuture<'a, Option<SessionState>> {
        Box::pin(self.open(need))
    }

    fn name(&self) -> Cow<'_, str> {
        TicketSealer::name(self)
    }
}

impl<S: DynTicketSealer + ?Sized> TicketSealer for Arc<S> {
    async fn seal(&self, need: &SealTicketNeed) -> Result<Option<Vec<u8>>, Refused> {
        S::seal_boxed(self, need).await
    }

    async fn open(&self, need: &OpenTicketNeed) -> Result<Option<SessionState>, Refused> {
        S::open_boxed(self, need).await
    }

    fn name(&self) -> Cow<'_, str> {
        S::name(self)
    }
}
