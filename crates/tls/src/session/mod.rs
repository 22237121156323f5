//! Sessions: what outlives a connection, so that the next one need not begin anew (RFC 9846 section 2.2).
//!
//! A server keeps none of them by default: it seals each into a ticket ([`TicketKeys`]) that its client
//! keeps. It may hold them itself instead ([`SessionStore`]), or leave that to its caller. A client keeps its
//! sessions in memory ([`Sessions`]).
//!
//! A session is resumed only by whom it was made for: each bears the host that the client named and a digest
//! of the policy under which it was made, and one that fits neither is passed over for a full handshake.

mod client;
mod ratchet;
mod shards;
mod store;
mod ticket;

pub use client::Sessions;
pub(crate) use client::{Held, Keeper, SessionKey};
pub use ratchet::{TicketKeys, TicketSecret, TicketSecretError};
pub use store::SessionStore;
pub use ticket::SessionState;
pub(crate) use ticket::{Origin, Policy, Session};

use std::time::Duration;

/// The longest ticket that is taken, sent or looked at, in bytes. A client's chain rides in it.
pub(crate) const TICKET_MAX: usize = 1 << 14;

/// How long a client keeps a session of TLS 1.2.
///
/// RFC 5246 section F.1.4: An upper limit of 24 hours is suggested for session ID lifetimes.
pub(crate) const IDS_LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// How many of a client's tickets a server looks at.
pub(crate) const IDENTITIES_MAX: usize = 4;

/// RFC 9846 section 4.7.1: Servers MUST NOT use any value greater than 604800 seconds (7 days). The same
/// bounds how long resumption may go on without certificates being shown and judged again.
pub(crate) const LIFETIME_MAX: Duration = Duration::from_secs(604_800);
