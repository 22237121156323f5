//! A client's side of resumption: the ticket that it offers, bound to its hello (RFC 9846 section 4.3.11), and
//! what keeps those that it is given.

use std::sync::Arc;

use bulla_crypto::hash::HashAlgorithm;
use rustls_pki_types::UnixTime;

use super::agreement::Agreement;
use super::mailbox::Mailbox;
use super::resume::origin_of;
use crate::config::ClientConfig;
use crate::keys::schedule13::Early;
use crate::keys::suite::Suite;
use crate::keys::transcript::Transcript;
use crate::session::{Held, Keeper, Origin, SessionKey};
use crate::wire::extension::pre_shared_key::{OfferedPsks, PskIdentity};
use crate::wire::registry::ProtocolVersion;

/// A ticket taken out of the client's sessions, and the key schedule that begins with its secret.
pub(super) struct Ticket {
    held: Arc<Held>,
    early: Early,
    now: UnixTime,
}

/// The newest session with this server, as its version has it.
pub(super) enum Resumable {
    Nothing,
    Tls13(Ticket),
    Tls12(Arc<Held>),
}

impl Resumable {
    pub(super) fn take(talk: &Mailbox, config: &ClientConfig, key: &Arc<SessionKey>) -> Self {
        let Some(sessions) = &config.sessions else { return Self::Nothing };
        let now = config.clock.now();
        match sessions.take(key, now) {
            None => Self::Nothing,
            Some(held) if held.session.version == ProtocolVersion::TLS_1_2 => {
                let suite = held.session.suite.id;
                if config.suites.contains(&suite) { Self::Tls12(held) } else { Self::Nothing }
            }
            Some(held) => Ticket::new(talk, config, held, now).map_or(Self::Nothing, Self::Tls13),
        }
    }

    /// The ticket of TLS 1.3.
    pub(super) fn ticket(&self) -> Option<&Ticket> {
        match self {
            Self::Tls13(ticket) => Some(ticket),
            _ => None,
        }
    }

    /// The session of TLS 1.2.
    pub(super) fn held(&self) -> Option<&Arc<Held>> {
        match self {
            Self::Tls12(held) => Some(held),
            _ => None,
        }
    }

    /// Takes the ticket of TLS 1.3 out.
    pub(super) fn take_ticket(&mut self) -> Option<Ticket> {
        match std::mem::replace(self, Self::Nothing) {
            Self::Tls13(ticket) => Some(ticket),
            _ => None,
        }
    }
}

impl Ticket {
    /// Binds a session of TLS 1.3, if it goes with a suite of ours.
    fn new(talk: &Mailbox, config: &ClientConfig, held: Arc<Held>, now: UnixTime) -> Option<Self> {
        let hash = held.session.suite.hash;
        let mut suites = config.suites.iter().filter_map(|suite| Suite::tls13(*suite));
        if !suites.any(|suite| suite.hash == hash) {
            return None;
        }
        let early = Early::with_psk(hash, talk.carriage().prefix, held.session.secret.as_bytes());
        Some(Self { held, early, now })
    }

    pub(super) fn hash(&self) -> HashAlgorithm {
        self.held.session.suite.hash
    }

    /// The extension with its binder still `empty`.
    pub(super) fn offer<'a>(&'a self, empty: &'a [u8; 64]) -> OfferedPsks<'a> {
        let session = &self.held.session;
        // RFC 9846 section 4.3.11.1: the age in milliseconds, plus "ticket_age_add", modulo 2^32.
        let age = self.now.as_secs().saturating_sub(session.created).saturating_mul(1000);
        let age = u32::try_from(age).unwrap_or_default();
        let identity = PskIdentity {
            identity: &self.held.ticket,
            obfuscated_ticket_age: age.wrapping_add(session.age_add),
        };
        let binder = empty.get(..self.hash().output_len()).unwrap_or_default();
        OfferedPsks::Single { identity, binder }
    }

    /// Writes the binder into a whole hello that ends with so many bytes of binders; `before` is the
    /// transcript through a HelloRetryRequest.
    pub(super) fn bind(&self, hello: &mut [u8], binders: usize, before: Option<&Transcript>) {
        let length = hello.len();
        let mut transcript = before.cloned().unwrap_or_else(|| Transcript::start(self.hash(), b""));
        transcript.add(&hello[..length.saturating_sub(binders)]);
        let binder = self.early.binder_key().sign(&[transcript.current().as_ref()]);
        let place = length.saturating_sub(self.hash().output_len());
        hello[place..].copy_from_slice(binder.as_ref());
    }

    /// What goes on once the server has taken the ticket.
    pub(super) fn into_parts(self) -> (Early, Arc<Origin>) {
        (self.early, Arc::clone(&self.held.session.origin))
    }
}

/// What keeps the tickets that this connection brings, if any are to be kept.
pub(super) fn keeper(
    talk: &Mailbox,
    config: &ClientConfig,
    key: Arc<SessionKey>,
    (agreement, origin): (&Agreement, Option<Arc<Origin>>),
) -> Option<Box<Keeper>> {
    let sessions = config.sessions.clone()?;
    let origin = match origin {
        Some(origin) => origin,
        None => {
            let now = config.clock.now();
            Arc::new(talk.note(|facts| origin_of(facts, now)))
        }
    };
    Some(Box::new(Keeper {
        sessions,
        key,
        suite: agreement.suite(),
        prefix: talk.carriage().prefix,
        resumption: agreement.resumption(),
        clock: config.clock.clone(),
        origin,
    }))
}
