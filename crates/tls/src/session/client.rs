//! A client's sessions: kept in memory, each offered once.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bulla_crypto::hkdf::Prk;
use rustls_pki_types::{ServerName, UnixTime};

use super::shards::Shards;
use super::ticket::{Origin, Policy, Session};
use super::{LIFETIME_MAX, TICKET_MAX};
use crate::config::Clock;
use crate::facts::Facts;
use crate::keys::schedule13::{LabelPrefix, ticket_psk};
use crate::keys::secret::Secret;
use crate::keys::suite::Suite;
use crate::wire::new_session_ticket::NewSessionTicket;
use crate::wire::registry::ProtocolVersion;

/// How many servers are remembered unless told otherwise.
const SERVERS: usize = 256;

/// How many tickets of each server.
const TICKETS: usize = 4;

/// Whose sessions these are: of this server, made under this policy of ours.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SessionKey {
    pub(crate) server: ServerName<'static>,
    pub(crate) policy: Policy,
}

/// Names that are equal but for the case of their letters are hashed alike, and at once, where the name's own hash takes
/// a byte at a time. A part of the policy's digest is enough to tell policies apart.
impl Hash for SessionKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // The longest name of the DNS.
        let mut name = [0; 256];
        match &self.server {
            ServerName::DnsName(host) => {
                let host = host.as_ref().as_bytes();
                name.iter_mut().zip(host).for_each(|(place, byte)| *place = byte.to_ascii_lowercase());
                state.write(name.get(..host.len()).unwrap_or_default());
            }
            other => other.hash(state),
        }
        let [a, b, c, d, e, f, g, h, ..] = self.policy;
        state.write_u64(u64::from_ne_bytes([a, b, c, d, e, f, g, h]));
    }
}

/// A client's sessions, in memory. Clones share them.
///
/// At most 256 servers are remembered, older ones making room, with at most 4 tickets of at most 16 KiB each;
/// a ticket of TLS 1.3 is offered once (RFC 9846 appendix C.4), a session of TLS 1.2 for a day. Before a session is offered, its lifetime is
/// looked at, and the server's certificates: whether any of the path has expired, and whether they were
/// judged seven days ago or longer. Configs that differ in whom they trust or what they show share no
/// session, even if they share this store.
///
/// A caller that judges certificates itself ([`Verification::Ask`](crate::Verification::Ask)) says
/// [`clear`](Self::clear) when it would judge otherwise than before.
#[derive(Clone)]
pub struct Sessions(Arc<Memory>);

struct Memory {
    tickets: Shards<Arc<SessionKey>, Tickets>,
    /// Numbers for configs whose policy cannot be told from their fields.
    enrolled: AtomicU64,
}

/// The newest tickets of a server, newest first, without gaps.
#[derive(Default)]
struct Tickets([Option<Arc<Held>>; TICKETS]);

impl Tickets {
    fn retain(&mut self, keep: impl Fn(&Held) -> bool) {
        for place in &mut self.0 {
            place.take_if(|held| !keep(held));
        }
        self.0.sort_by_key(Option::is_none);
    }

    fn newest(&self) -> Option<&Arc<Held>> {
        self.0.first()?.as_ref()
    }

    fn take_newest(&mut self) -> Option<Arc<Held>> {
        let newest = self.0.first_mut()?.take();
        self.0.rotate_left(1);
        newest
    }

    fn push(&mut self, held: Arc<Held>) {
        self.0.rotate_right(1);
        if let Some(place) = self.0.first_mut() {
            *place = Some(held);
        }
    }
}

/// A session and the ticket that brings it back.
pub(crate) struct Held {
    pub(crate) session: Session,
    pub(crate) ticket: Vec<u8>,
    /// TLS 1.2: the session's id, where the server keeps it.
    pub(crate) id: Vec<u8>,
}

impl Sessions {
    /// Room for 256 servers.
    pub fn new() -> Self {
        Self::of_servers(SERVERS)
    }

    /// Room for this many servers, rounded up to its parts.
    pub fn of_servers(servers: usize) -> Self {
        Self(Arc::new(Memory { tickets: Shards::new(servers), enrolled: AtomicU64::new(0) }))
    }

    /// How many servers have sessions here.
    pub fn servers(&self) -> usize {
        self.0.tickets.len()
    }

    /// Forgets all sessions.
    pub fn clear(&self) {
        self.0.tickets.clear();
    }

    /// A number that no other config with this store is given.
    pub(crate) fn enrol(&self) -> u64 {
        self.0.enrolled.fetch_add(1, Ordering::Relaxed)
    }

    /// Takes the newest session that may still be offered; one of TLS 1.2 may be offered again.
    pub(crate) fn take(&self, key: &Arc<SessionKey>, now: UnixTime) -> Option<Arc<Held>> {
        self.0.tickets.change(key, |slot| {
            let tickets = slot.as_mut()?;
            tickets.retain(|each| each.session.is_fresh(now));
            let newest = match tickets.newest() {
                Some(newest) if newest.session.version == ProtocolVersion::TLS_1_2 => {
                    Some(Arc::clone(newest))
                }
                _ => tickets.take_newest(),
            };
            if tickets.newest().is_none() {
                *slot = None;
            }
            newest
        })
    }

    pub(crate) fn keep(&self, key: &Arc<SessionKey>, held: Held) {
        let held = Arc::new(held);
        self.0.tickets.change(key, |slot| slot.get_or_insert_default().push(held));
    }
}

impl Default for Sessions {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sessions(of {} servers)", self.servers())
    }
}

/// What makes sessions of the tickets that arrive on one connection (RFC 9846 section 4.7.1).
pub(crate) struct Keeper {
    pub(crate) sessions: Sessions,
    pub(crate) key: Arc<SessionKey>,
    pub(crate) suite: Suite,
    pub(crate) prefix: LabelPrefix,
    pub(crate) resumption: Secret,
    pub(crate) clock: Clock,
    /// How the server proved who it is.
    pub(crate) origin: Arc<Origin>,
}

impl Keeper {
    /// Keeps a ticket, if it may be used at all.
    pub(crate) fn keep(&self, message: &NewSessionTicket<'_>, facts: &Facts) {
        let created = self.clock.now().as_secs();
        let lifetime = message.ticket_lifetime;
        // RFC 9846 section 4.7.1: Clients MUST NOT use tickets for longer than 7 days after issuance,
        // regardless of the ticket_lifetime. The value of zero indicates that the ticket should be discarded
        // immediately.
        let lifetime = Session::lifetime_of(&self.origin, LIFETIME_MAX, created).min(lifetime);
        if lifetime == 0 || message.ticket.len() > TICKET_MAX {
            return;
        }
        let prk = Prk::new(self.suite.hash, self.resumption.as_bytes());
        let session = Session {
            version: ProtocolVersion::TLS_1_3,
            suite: self.suite,
            secret: ticket_psk(&prk, self.prefix, message.ticket_nonce),
            created,
            lifetime,
            age_add: message.ticket_age_add,
            // Whose it is, its key says.
            server_name: None,
            protocol: facts.protocol.clone(),
            extended_master_secret: false,
            policy: self.key.policy,
            origin: Arc::clone(&self.origin),
        };
        self.sessions.keep(&self.key, Held { session, ticket: message.ticket.to_vec(), id: Vec::new() });
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keeper")
    }
}
