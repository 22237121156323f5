//! A server's sessions in a store that takes its time, such as one that several servers share.

use std::any::type_name;
use std::borrow::Cow;
use std::sync::Arc;

use bulla_tls::{FindSessionNeed, KeepSessionNeed, SessionState};

use crate::outside::{AnswerFuture, Refused};

/// Keeps a server's sessions, where the config says [`Keeping::AskStore`](bulla_tls::Keeping::AskStore).
///
/// The futures run inside the handshake and are dropped with it, or when its time limit passes. A store that
/// is out of reach need not end handshakes: what is not kept or not found makes for full ones.
///
/// ```
/// use std::collections::HashMap;
///
/// use bulla_tls::{FindSessionNeed, KeepSessionNeed, SessionState};
/// use bulla_tokio::{Refused, SessionKeeper};
/// use tokio::sync::Mutex;
///
/// /// Sessions in a map; a real one would be bounded, and mind `need.lifetime`.
/// struct Shelf(Mutex<HashMap<[u8; 32], SessionState>>);
///
/// impl SessionKeeper for Shelf {
///     async fn keep(&self, need: &KeepSessionNeed) -> Result<bool, Refused> {
///         self.0.lock().await.insert(need.name, need.state.clone());
///         Ok(true)
///     }
///
///     async fn find(&self, need: &FindSessionNeed) -> Result<Option<SessionState>, Refused> {
///         let mut shelf = self.0.lock().await;
///         Ok(if need.once { shelf.remove(&need.name) } else { shelf.get(&need.name).cloned() })
///     }
/// }
/// ```
pub trait SessionKeeper: Send + Sync + 'static {
    /// Keeps a session; whether it is kept.
    ///
    /// # Errors
    /// [`Refused`] ends the handshake.
    fn keep(&self, need: &KeepSessionNeed) -> impl Future<Output = Result<bool, Refused>> + Send;

    /// Finds a session, and forgets it in the same step if `need.once` says so.
    ///
    /// # Errors
    /// [`Refused`] ends the handshake.
    fn find(
        &self,
        need: &FindSessionNeed,
    ) -> impl Future<Output = Result<Option<SessionState>, Refused>> + Send;

    /// What errors call it; by default the name of its type.
    fn name(&self) -> Cow<'_, str> {
        type_name::<Self>().into()
    }
}

/// Any [`SessionKeeper`], behind a pointer: `Arc<dyn DynSessionKeeper>` is a [`SessionKeeper`] too.
pub trait DynSessionKeeper: Send + Sync + 'static {
    /// As [`SessionKeeper::keep`].
    fn keep_boxed<'a>(&'a self, need: &'a KeepSessionNeed) -> AnswerFuture<'a, bool>;

    /// As [`SessionKeeper::find`].
    fn find_boxed<'a>(&'a self, need: &'a FindSessionNeed) -> AnswerFuture<'a, Option<SessionState>>;

    /// As [`SessionKeeper::name`].
    fn name(&self) -> Cow<'_, str>;
}

impl<K: SessionKeeper> DynSessionKeeper for K {
    fn keep_boxed<'a>(&'a self, need: &'a KeepSessionNeed) -> AnswerFuture<'a, bool> {
        Box::pin(self.keep(need))
    }

    fn find_boxed<'a>(&'a self, need: &'a FindSessionNeed) -> AnswerFuture<'a, Option<SessionState>> {
        Box::pin(self.find(need))
    }

    fn name(&self) -> Cow<'_, str> {
        SessionKeeper::name(self)
    }
}

impl<K: DynSessionKeeper + ?Sized> SessionKeeper for Arc<K> {
    async fn keep(&self, need: &KeepSessionNeed) -> Result<bool, Refused> {
        K::keep_boxed(self, need).await
    }

    async fn find(&self, need: &FindSessionNeed) -> Result<Option<SessionState>, Refused> {
        K::find_boxed(self, need).await
    }

    fn name(&self) -> Cow<'_, str> {
        K::name(self)
    }
}
