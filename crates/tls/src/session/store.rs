//! A server's sessions in memory, for whoever would rather hold them than have clients carry them.

use std::fmt;
use std::sync::Arc;

use super::shards::Shards;
use super::ticket::Session;

/// The length of a session's name.
pub(crate) const NAME_LEN: usize = 32;

/// A session's name: what its client holds for a ticket, or in TLS 1.2 as its id.
pub(crate) type SessionName = [u8; NAME_LEN];

/// Sessions of a server, in memory: a bounded number, the oldest making room, behind locks of which each
/// guards a part. Clones share them.
///
/// A session of TLS 1.3 can be taken out once: a ticket that is sent again is worth nothing.
#[derive(Clone)]
pub struct SessionStore(Arc<Shards<SessionName, Arc<Session>>>);

impl SessionStore {
    /// A store of at most this many sessions (rounded up to its parts), of at most 16 KiB each; one whose
    /// client showed no certificate takes some 200 bytes.
    pub fn new(capacity: usize) -> Self {
        Self(Arc::new(Shards::new(capacity)))
    }

    /// How many sessions are held.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets all sessions.
    pub fn clear(&self) {
        self.0.clear();
    }

    /// Keeps a session; false if it is too long to be kept.
    pub(crate) fn keep(&self, name: SessionName, session: &Session) -> bool {
        let short = session.is_short();
        if short {
            let session = Arc::new(session.copy());
            self.0.change(&name, |slot| *slot = Some(session));
        }
        short
    }

    /// Looks a session of TLS 1.2 up, which stays.
    pub(crate) fn look_up(&self, name: &SessionName) -> Option<Arc<Session>> {
        self.0.read(name, Arc::clone)
    }

    /// Takes a session out.
    pub(crate) fn take(&self, name: &SessionName) -> Option<Arc<Session>> {
        self.0.change(name, Option::take)
    }
}

impl fmt::Debug for SessionStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionStore({} sessions)", self.len())
    }
}
