//! What connections of one process share: sessions, ticket keys, and a clock that can be put forward.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bulla_tls::{Clock, SessionStore, Sessions, TicketKeys, TicketSecret};
use rustls_pki_types::UnixTime;

use crate::exchange::Failure;
use crate::options::Options;

pub struct Memory {
    pub sessions: Sessions,
    pub keys: TicketKeys,
    /// A server's sessions where it gives no tickets.
    pub store: SessionStore,
    /// By how many seconds the clock is ahead.
    ahead: Arc<AtomicU64>,
}

impl Memory {
    pub fn new() -> Result<Self, Failure> {
        let mut secret = TicketSecret::new(vec![0x5a; 32], UnixTime::now());
        // The runner looks at lifetimes of up to 7 days.
        secret.period = Duration::from_secs(604_800);
        let keys = TicketKeys::new(&secret).map_err(|error| Failure::Shim(error.to_string()))?;
        Ok(Self { sessions: Sessions::new(), keys, store: SessionStore::new(8), ahead: Arc::default() })
    }

    pub fn clock(&self) -> Clock {
        let ahead = Arc::clone(&self.ahead);
        Clock::from_fn(move || {
            let now = UnixTime::now().as_secs() + ahead.load(Ordering::Relaxed);
            UnixTime::since_unix_epoch(Duration::from_secs(now))
        })
    }

    /// Lets time pass.
    pub fn pass(&self, seconds: u64) {
        self.ahead.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Whether a server keeps a session, or a client has one, where the runner expects one.
    pub fn check(&self, options: &Options) -> Result<(), Failure> {
        let kept = !self.store.is_empty();
        if (options.expect_session_id && !kept) || (options.expect_no_session_id && kept) {
            return Err(Failure::Unmet(format!("a session kept by the server: got {kept}")));
        }
        let has = self.sessions.servers() > 0;
        let expected = !options.expect_no_session;
        // Who shuts down at once sees no ticket, unless it comes with what is waited for.
        if options.server || options.shim_shuts_down || has == expected {
            return Ok(());
        }
        Err(Failure::Unmet(format!("a new session: expected {expected}, got {has}")))
    }
}
