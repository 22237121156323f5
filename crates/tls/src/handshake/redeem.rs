//! A client's side of resumption: the ticket that it offers, bound to its hello (RFC 9846 section 4.3.11), and
//! what keeps those that it is given.

use std::sync::Arc;

use bulla_crypto::hash::HashAlgorithm;
use rustls_pki_types::{ServerName, UnixTime};

use super::agreement::Agreement;
use super::mailbox::Mailbox;
use super::resume::origin_of;
use crate::config::ClientConfig;
use crate::keys::schedule13::Early;
use crate::keys::suite::Suite;
use crate::keys::transcript::Transcript;
use crate::session::{Held, Keeper, Origin};
use crate::wire::extension::pre_shared_key::{OfferedPsks, PskIdentity};

/// A ticket taken out of the client's sessions, and the key schedule that begins with its secret.
pub(super) struct Ticket {
    held: Held,
    early: Early,
    now: UnixTime,
}

impl Ticket {
    /// Takes the newest ticket for this server, if there is one that goes with a suite of ours.
    pub(super) fn take(talk: &Mailbox, config: &ClientConfig, name: &ServerName<'static>) -> Option<Self> {
        let now = config.clock.now();
        let held = config.sessions.as_ref()?.take(&config.session_key(name), now)?;
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
        (self.early, self.held.session.origin)
    }
}

/// What keeps the tickets that this connection brings, if any are to be kept.
pub(super) fn keeper(
    talk: &Mailbox,
    config: &ClientConfig,
    name: &ServerName<'static>,
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
        key: config.session_key(name),
        suite: agreement.suite(),
        prefix: talk.carriage().prefix,
        resumption: agreement.resumption(),
        clock: config.clock.clone(),
        origin,
    }))
}
