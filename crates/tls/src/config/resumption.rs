//! Whether a server resumes sessions, and where they are kept meanwhile.

use std::time::Duration;

use bulla_crypto::random::Source;
use rustls_pki_types::UnixTime;

use super::ConfigError;
use crate::session::{LIFETIME_MAX, SessionStore, TicketKeys};

/// Whether a server resumes sessions, where they are kept meanwhile, and how long they live.
///
/// A session is resumed only under the policy that it was made under: the same host named by the client, the
/// same rule about client certificates and the same anchors for them, the same certificate of our own (where
/// it is fixed), the same [`context`](Self::context). Any other is answered by a full handshake. So servers
/// and virtual hosts may share ticket keys or a store without a session of one opening the door of another.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Resumption {
    /// Where sessions are kept. Default in tickets that only this config opens.
    pub keeping: Keeping,
    /// How many tickets a new session is given, unless the client says how many it wants (RFC 9149).
    /// Default 2, for two connections at once. None leaves TLS 1.2 the session ids of a store.
    pub tickets: u8,
    /// How many tickets a resumed session is given, unless the client says. Default 1, for the one used.
    pub tickets_resumed: u8,
    /// The most tickets that a client is given, however many it wants. Default 8.
    pub tickets_most: u8,
    /// How long a session lives; at most 7 days (RFC 9846 section 4.7.1). Default 12 hours. It lives no
    /// longer than the client's certificates, nor than its key, and never longer than 7 days after these
    /// were shown.
    pub lifetime: Duration,
    /// Any bytes: sessions made under others are not resumed. To be set where the caller judges client
    /// certificates by more than one rule and their configs share keys or a store. Default empty.
    pub context: Vec<u8>,
}

/// Where a server's sessions are kept between connections.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Keeping {
    /// Nowhere: no session is resumed.
    Nowhere,
    /// By the clients, in tickets sealed by keys that are drawn when the config is checked and never leave
    /// its memory.
    Tickets,
    /// By the clients, in tickets sealed by these keys, which other servers may share.
    SharedTickets(TicketKeys),
    /// Here, in this store; a client holds a name.
    Store(SessionStore),
    /// By the clients, in tickets that the caller seals and opens, by
    /// [`Need::SealTicket`](crate::Need::SealTicket) and [`Need::OpenTicket`](crate::Need::OpenTicket).
    AskTickets,
    /// By the caller, by [`Need::KeepSession`](crate::Need::KeepSession) and
    /// [`Need::FindSession`](crate::Need::FindSession).
    AskStore,
}

impl Resumption {
    /// Resumption with the defaults that each field names.
    pub fn new() -> Self {
        Self {
            keeping: Keeping::Tickets,
            tickets: 2,
            tickets_resumed: 1,
            tickets_most: 8,
            lifetime: Duration::from_secs(12 * 3600),
            context: Vec::new(),
        }
    }

    /// Checks the fields; `outside_judge` says that the caller judges client certificates.
    pub(super) fn check(&self, outside_judge: bool) -> Result<(), ConfigError> {
        if self.lifetime > LIFETIME_MAX || self.lifetime.as_secs() == 0 {
            return Err(ConfigError::SessionLifetime);
        }
        let shared = !matches!(self.keeping, Keeping::Nowhere | Keeping::Tickets);
        if shared && outside_judge && self.context.is_empty() {
            return Err(ConfigError::SessionContext);
        }
        Ok(())
    }

    /// The keys of this config alone, where it is to have some.
    pub(super) fn own_keys(&self, source: &Source, now: UnixTime) -> Result<Option<TicketKeys>, ConfigError> {
        match self.keeping {
            Keeping::Tickets => TicketKeys::draw(source, now).map(Some).ok_or(ConfigError::TicketRandomness),
            _ => Ok(None),
        }
    }
}

impl Default for Resumption {
    fn default() -> Self {
        Self::new()
    }
}
