//! A server's side of resumption: which session a client's ticket brings back, and the tickets for the next
//! (RFC 9846 sections 4.3.11 and 4.7.1).

use std::sync::Arc;

use bulla_crypto::hash::Digest;
use rustls_pki_types::UnixTime;

use super::agreement::Agreement;
use super::draw;
use super::mailbox::Mailbox;
use crate::config::{Keeping, ServerConfig};
use crate::error::{Error, Violation};
use crate::facts::{Facts, Role};
use crate::keys::schedule13::{Early, ticket_psk};
use crate::keys::secret::Secret;
use crate::keys::suite::Suite;
use crate::negotiate::psk;
use crate::negotiate::server::Choice;
use crate::session::{IDENTITIES_MAX, Origin, Session, TICKET_MAX};
use crate::step::{FindSessionNeed, KeepSessionNeed, Need, NeedKind, OpenTicketNeed, SealTicketNeed};
use crate::wire::client_hello::ClientHello;
use crate::wire::extension::ticket_request::TicketRequestHint;
use crate::wire::new_session_ticket::{NewSessionTicket, TicketExtensions};
use crate::wire::registry::ProtocolVersion;

/// A session that goes on: its place in the client's list, and the key schedule that begins with its secret.
pub(super) struct Resumed {
    pub(super) index: u16,
    pub(super) early: Early,
    pub(super) origin: Arc<Origin>,
}

/// Finds the first session that the client may resume here. `partial` is the transcript hash up to the
/// binders.
pub(super) async fn find(
    talk: &Mailbox,
    config: &ServerConfig,
    (hello, choice): (&ClientHello<'_>, &Choice<'_>),
    partial: &Digest,
) -> Result<Option<Resumed>, Error> {
    let Some(offered) = hello.extensions.pre_shared_key else { return Ok(None) };
    if !psk::resumes(hello) || matches!(config.resumption.keeping, Keeping::Nowhere) {
        return Ok(None);
    }
    let now = config.clock.now();
    for (index, (identity, binder)) in
        (0..).zip(offered.identities().zip(offered.binders())).take(IDENTITIES_MAX)
    {
        let Some(session) = look_up(talk, config, (identity.identity, now), true).await? else { continue };
        let wanted = psk::Wanted {
            version: ProtocolVersion::TLS_1_3,
            policy: config.policy(),
            client_certificates: &config.client_certificates,
            now,
        };
        let fits = talk.note(|facts| wanted.fits(&session, facts.server_name.as_deref()));
        if session.suite.hash == choice.suite.hash && fits {
            let early = Early::with_psk(choice.suite.hash, talk.carriage().prefix, session.secret.as_bytes());
            // RFC 9846 section 4.3.11: Prior to accepting PSK key establishment, the server MUST validate the
            // corresponding binder value. If this value is not present or does not validate, the server MUST
            // abort the handshake.
            if !early.binder_key().verify(&[partial.as_ref()], binder) {
                return Err(Violation::Binder.into());
            }
            return Ok(Some(Resumed { index, early, origin: Arc::clone(&session.origin) }));
        }
    }
    Ok(None)
}

/// What a ticket or a session id stands for, if it is known here; `once` says that it is good for once.
pub(super) async fn look_up(
    talk: &Mailbox,
    config: &ServerConfig,
    (ticket, now): (&[u8], UnixTime),
    once: bool,
) -> Result<Option<Arc<Session>>, Error> {
    if ticket.len() > TICKET_MAX {
        return Ok(None);
    }
    let state = match &config.resumption.keeping {
        Keeping::Nowhere => None,
        Keeping::Tickets | Keeping::SharedTickets(_) => {
            config.ticket_keys().and_then(|keys| keys.open(now, ticket))
        }
        Keeping::Store(store) => {
            let name = ticket.try_into().ok();
            return Ok(name.and_then(|name| if once { store.take(&name) } else { store.look_up(&name) }));
        }
        Keeping::AskTickets => {
            let ticket = ticket.to_vec();
            let ask = |reply| Need::OpenTicket(OpenTicketNeed { ticket, reply });
            talk.need(NeedKind::OpenTicket, ask).await?
        }
        Keeping::AskStore => match ticket.try_into() {
            Ok(name) => {
                let ask = |reply| Need::FindSession(FindSessionNeed { name, once, reply });
                talk.need(NeedKind::FindSession, ask).await?
            }
            Err(_) => None,
        },
    };
    Ok(state.and_then(|state| Session::decode(state.as_bytes()).ok()).map(Arc::new))
}

/// What is known of a resumed connection from the handshake that its session began with.
pub(super) fn recall(facts: &mut Facts, origin: &Origin) {
    facts.resumed = true;
    facts.peer_certificates.clone_from(&origin.chain);
    facts.peer_ocsp.clone_from(&origin.ocsp);
    facts.peer_scts.clone_from(&origin.scts);
    facts.group = facts.group.or(origin.group);
    let signature = origin.signature;
    match facts.role {
        Role::Client => facts.signature = signature,
        Role::Server => facts.client_signature = signature,
    }
    if !origin.chain.is_empty() {
        facts.verified_at = Some(origin.at());
        facts.verified_until = Some(origin.until());
    }
}

/// What a connection's session holds of its peer's proof.
pub(super) fn origin_of(facts: &Facts, now: UnixTime) -> Origin {
    Origin {
        at: facts.verified_at.unwrap_or(now).as_secs(),
        until: facts.verified_until.map_or(u64::MAX, |until| until.as_secs()),
        signature: match facts.role {
            Role::Client => facts.signature,
            Role::Server => facts.client_signature,
        },
        group: facts.group.filter(|_| facts.version == Some(ProtocolVersion::TLS_1_2)),
        chain: facts.peer_certificates.clone(),
        ocsp: facts.peer_ocsp.clone(),
        scts: facts.peer_scts.clone(),
    }
}

/// What the client is told of how many tickets to expect, if it said how many it wants.
pub(super) fn hint(
    config: &ServerConfig,
    hello: &ClientHello<'_>,
    resumed: bool,
) -> Option<TicketRequestHint> {
    let asked = hello.extensions.ticket_request.is_some() && psk::resumes(hello);
    let keeps = !matches!(config.resumption.keeping, Keeping::Nowhere);
    (asked && keeps).then(|| TicketRequestHint(psk::tickets(hello, config, resumed)))
}

/// What the tickets of a connection follow from.
pub(super) struct Issue<'a> {
    pub(super) hello: &'a ClientHello<'a>,
    pub(super) suite: Suite,
    /// The origin of the session that was resumed, if one was.
    pub(super) origin: Option<Arc<Origin>>,
    /// With the client's Finished in its transcript.
    pub(super) agreement: &'a Agreement,
}

impl Issue<'_> {
    /// How many tickets the client is given.
    pub(super) fn count(&self, config: &ServerConfig) -> u8 {
        if matches!(config.resumption.keeping, Keeping::Nowhere) || !psk::resumes(self.hello) {
            return 0;
        }
        psk::tickets(self.hello, config, self.origin.is_some())
    }

    /// The pre-shared keys of so many tickets. All at once, so that what they follow from need not wait in the narrative.
    fn secrets(&self, talk: &Mailbox, count: u8) -> Vec<Secret> {
        let resumption = self.agreement.resumption_key();
        (0..count).map(|nonce| ticket_psk(&resumption, talk.carriage().prefix, &[nonce])).collect()
    }
}

/// Sends tickets for the session that this connection is, as many as the client wants.
pub(super) async fn issue(talk: &Mailbox, config: &ServerConfig, issue: Issue<'_>) -> Result<(), Error> {
    let count = issue.count(config);
    let now = config.clock.now();
    let from = (ProtocolVersion::TLS_1_3, issue.origin.clone());
    let mut session = session(talk, config, issue.suite, from, now);
    if session.lifetime == 0 {
        return Ok(());
    }
    for (nonce, secret) in (0..).zip(issue.secrets(talk, count)) {
        let random = Random::draw(config)?;
        session.age_add = random.age_add();
        session.secret = secret;
        let Some(ticket) = keep(talk, config, &session, &random).await? else { return Ok(()) };
        let message = NewSessionTicket {
            ticket_lifetime: session.lifetime,
            ticket_age_add: session.age_add,
            ticket_nonce: &[nonce],
            ticket: &ticket,
            extensions: TicketExtensions::default(),
        };
        talk.send(&message, |_| {})?;
    }
    talk.end_flight();
    Ok(())
}

/// The session that this connection is, but for its secret.
pub(super) fn session(
    talk: &Mailbox,
    config: &ServerConfig,
    suite: Suite,
    (version, origin): (ProtocolVersion, Option<Arc<Origin>>),
    now: UnixTime,
) -> Session {
    talk.note(|facts| {
        let origin = origin.unwrap_or_else(|| Arc::new(origin_of(facts, now)));
        let wanted = config.resumption.lifetime;
        let wanted = config.ticket_keys().map_or(wanted, |keys| wanted.min(keys.lifetime()));
        Session {
            version,
            suite,
            secret: Secret::none(),
            created: now.as_secs(),
            lifetime: Session::lifetime_of(&origin, wanted, now.as_secs()),
            age_add: 0,
            server_name: facts.server_name.clone(),
            protocol: facts.protocol.clone(),
            extended_master_secret: false,
            policy: *config.policy(),
            origin,
        }
    })
}

/// The randomness of one ticket: its age's cover, and a nonce or a name.
pub(super) struct Random([u8; 36]);

impl Random {
    pub(super) fn draw(config: &ServerConfig) -> Result<Self, Error> {
        let mut random = [0; 36];
        draw(&config.source, &mut random)?;
        Ok(Self(random))
    }

    /// The name of a session that is kept here.
    pub(super) fn name(&self) -> &[u8] {
        &self.0[4..]
    }

    fn age_add(&self) -> u32 {
        self.0.first_chunk().copied().map(u32::from_be_bytes).unwrap_or_default()
    }

    fn last<const N: usize>(&self) -> [u8; N] {
        self.0.last_chunk().copied().unwrap_or([0; N])
    }
}

/// Has a session kept; gives the ticket that brings it back, or none if it cannot be kept.
pub(super) async fn keep(
    talk: &Mailbox,
    config: &ServerConfig,
    session: &Session,
    random: &Random,
) -> Result<Option<Vec<u8>>, Error> {
    let ticket = match &config.resumption.keeping {
        Keeping::Nowhere => None,
        Keeping::Tickets | Keeping::SharedTickets(_) => {
            let now = session.created();
            config
                .ticket_keys()
                .and_then(|keys| keys.seal(now, random.last(), session.length(), |out| session.encode(out)))
        }
        Keeping::Store(store) => {
            let name: [u8; 32] = random.last();
            store.keep(name, session).then(|| name.to_vec())
        }
        Keeping::AskTickets => match session.state() {
            Some(state) => {
                let ask =
                    |reply| Need::SealTicket(SealTicketNeed { state, lifetime: session.lifetime(), reply });
                talk.need(NeedKind::SealTicket, ask).await?
            }
            None => None,
        },
        Keeping::AskStore => match session.state() {
            Some(state) => {
                let (name, lifetime) = (random.last(), session.lifetime());
                let ask = |reply| Need::KeepSession(KeepSessionNeed { name, state, lifetime, reply });
                talk.need(NeedKind::KeepSession, ask).await?.then(|| name.to_vec())
            }
            None => None,
        },
    };
    Ok(ticket.filter(|ticket| ticket.len() <= TICKET_MAX && !ticket.is_empty()))
}
