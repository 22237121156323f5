//! Both sides' story where a session of TLS 1.2 goes on (RFC 5246 section 7.3, figure 2), and the ways to one:
//! tickets (RFC 5077) and session ids. Only sessions with an extended master secret are kept (RFC 7627 section
//! 5.3).

use std::sync::Arc;

use super::Outcome;
use super::agreement12::{Ending, Session12};
use super::mailbox::{Incoming, Mailbox};
use super::offer::Accepted12;
use super::proof;
use super::resume::{self, Random};
use super::server12::{Answer12, answer_hello};
use crate::config::{Checked, ClientConfig, Keeping, ServerConfig};
use crate::error::{Error, Violation};
use crate::negotiate::psk;
use crate::negotiate::tls12::{self, Choice, KeyExchange};
use crate::session::{Held, IDS_LIFETIME, Origin, Session, SessionKey, TICKET_MAX};
use crate::wire::client_hello::ClientHello;
use crate::wire::registry::{HandshakeType, ProtocolVersion};
use crate::wire::tls12::new_session_ticket::NewSessionTicket12;

const VERSION: ProtocolVersion = ProtocolVersion::TLS_1_2;

pub(super) async fn client(
    talk: Mailbox,
    config: Checked<ClientConfig>,
    key: Arc<SessionKey>,
    accepted: Accepted12,
    held: Arc<Held>,
) -> Result<Outcome, Error> {
    let mut session = accepted.agreement.resume(&talk, held.session.secret.copy());
    talk.note(|facts| resume::recall(facts, &held.session.origin));
    proof::judge_again(&talk, &config, &key.server, &held.session.origin).await?;
    let ticket = read_ticket(&talk, &mut session, accepted.ticket_follows).await?;
    session.expect_finished(&talk)?;
    session.check_finished(&talk.recv(&[HandshakeType::FINISHED]).await?)?;
    talk.take_turn()?;
    session.send_finished(&talk)?;
    talk.end_flight();
    let origin = Some(Arc::clone(&held.session.origin));
    keep(&talk, &config, &key, &session, Kept { ticket, id: Vec::new(), origin });
    Ok(session.into_outcome())
}

pub(super) async fn server(
    talk: Mailbox,
    config: Checked<ServerConfig>,
    (first, hello): (&Incoming, &ClientHello<'_>),
    held: Arc<Session>,
) -> Result<Outcome, Error> {
    let ending = go_on(&talk, &config, (first, hello), &held)?;
    ending.check_finished(&talk.recv(&[HandshakeType::FINISHED]).await?)
}

/// Sends all that the server says.
fn go_on(
    talk: &Mailbox,
    config: &ServerConfig,
    (first, hello): (&Incoming, &ClientHello<'_>),
    held: &Session,
) -> Result<Ending, Error> {
    talk.note(|facts| resume::recall(facts, &held.origin));
    let terms = tls12::choose_terms(hello, config, held.suite)?;
    // RFC 5077 section 3.4: If a server accepts the ticket, it MUST respond with the same Session ID present in
    // the ClientHello.
    let answer = Answer12 { terms, session_id: hello.legacy_session_id, ..Answer12::of(terms) };
    let agreement = answer_hello(talk, config, (first, hello), &answer)?;
    let mut session = agreement.resume(talk, held.secret.copy());
    session.send_finished(talk)?;
    talk.end_flight();
    session.expect_last(talk)
}

/// The session that the client asks for, if it may have it here.
pub(super) async fn find(
    talk: &Mailbox,
    config: &ServerConfig,
    hello: &ClientHello<'_>,
) -> Result<Option<Arc<Session>>, Error> {
    let offered = match &config.resumption.keeping {
        Keeping::Nowhere => None,
        Keeping::Tickets | Keeping::SharedTickets(_) | Keeping::AskTickets => {
            hello.extensions.session_ticket.map(|ticket| ticket.0).filter(|ticket| !ticket.is_empty())
        }
        Keeping::Store(_) | Keeping::AskStore => Some(hello.legacy_session_id),
    };
    let Some(offered) = offered else { return Ok(None) };
    let now = config.clock.now();
    let Some(session) = resume::look_up(talk, config, (offered, now), false).await? else { return Ok(None) };
    let wanted = psk::Wanted {
        version: VERSION,
        policy: config.policy(),
        client_certificates: &config.client_certificates,
        now,
    };
    let suite = session.suite.id;
    let speaks = config.suites.contains(&suite) && hello.cipher_suites.contains(suite);
    let fits = talk.note(|facts| wanted.fits(&session, facts.server_name.as_deref()));
    if !fits || !speaks || !session.extended_master_secret {
        return Ok(None);
    }
    // RFC 7627 section 5.3: If the original session used the "extended_master_secret" extension but the new
    // ClientHello does not contain it, the server MUST abort the abbreviated handshake.
    match hello.extensions.extended_master_secret {
        Some(_) => Ok(Some(session)),
        None => Err(Violation::SecretNotExtended { message: "ClientHello" }.into()),
    }
}

/// What a server says in its hello of how the session will be kept.
pub(super) enum Promise {
    Nothing,
    Ticket(Random),
    Name(Random),
}

impl Promise {
    /// What can be promised to this client.
    pub(super) fn make(
        config: &ServerConfig,
        hello: &ClientHello<'_>,
        choice: &Choice<'_>,
    ) -> Result<Self, Error> {
        Ok(match &config.resumption.keeping {
            _ if !choice.terms.extended => Self::Nothing,
            Keeping::Nowhere => Self::Nothing,
            // What was agreed without ephemeral keys is not carried on.
            _ if matches!(choice.exchange, KeyExchange::Transport) => Self::Nothing,
            Keeping::Tickets | Keeping::SharedTickets(_) | Keeping::AskTickets => {
                match hello.extensions.session_ticket {
                    Some(_) if config.resumption.tickets > 0 => Self::Ticket(Random::draw(config)?),
                    _ => Self::Nothing,
                }
            }
            Keeping::Store(_) | Keeping::AskStore => Self::Name(Random::draw(config)?),
        })
    }

    /// The session id that the hello gives.
    pub(super) fn session_id(&self) -> &[u8] {
        match self {
            Self::Name(random) => random.name(),
            Self::Nothing | Self::Ticket(_) => &[],
        }
    }

    /// Keeps the promise: the session is kept, and the ticket sent, before Finished.
    pub(super) async fn keep(
        self,
        talk: &Mailbox,
        config: &ServerConfig,
        session: &mut Session12,
    ) -> Result<(), Error> {
        let (random, ticket_follows) = match &self {
            Self::Nothing => return Ok(()),
            Self::Ticket(random) => (random, true),
            Self::Name(random) => (random, false),
        };
        let mut state = resume::session(talk, config, session.suite(), (VERSION, None), config.clock.now());
        state.secret = session.secret();
        state.extended_master_secret = true;
        let kept = match state.lifetime {
            0 => None,
            _ => resume::keep(talk, config, &state, random).await?,
        };
        if ticket_follows {
            // RFC 5077 section 3.3: if the server determines that it does not want to include a ticket after it has
            // included the SessionTicket extension in the ServerHello, then it sends a zero-length ticket.
            let ticket = kept.as_deref().unwrap_or_default();
            session.send(talk, &NewSessionTicket12 { lifetime_hint: state.lifetime, ticket })?;
        }
        Ok(())
    }
}

/// Reads the ticket that was promised: how long it is good, and the ticket itself.
pub(super) async fn read_ticket(
    talk: &Mailbox,
    session: &mut Session12,
    follows: bool,
) -> Result<Option<(u32, Vec<u8>)>, Error> {
    if !follows {
        return Ok(None);
    }
    let message = talk.recv(&[HandshakeType::NEW_SESSION_TICKET]).await?;
    let NewSessionTicket12 { lifetime_hint, ticket } = message.parse()?;
    session.record(&message);
    Ok(Some((lifetime_hint, ticket.to_vec())))
}

/// By what a client may ask for its session again.
pub(super) struct Kept {
    pub(super) ticket: Option<(u32, Vec<u8>)>,
    pub(super) id: Vec<u8>,
    /// Where the session began, if not here.
    pub(super) origin: Option<Arc<Origin>>,
}

/// A client keeps its session, if it was given a way to it.
pub(super) fn keep(
    talk: &Mailbox,
    config: &ClientConfig,
    key: &Arc<SessionKey>,
    session: &Session12,
    kept: Kept,
) {
    let (hint, ticket) = kept.ticket.filter(|(_, ticket)| !ticket.is_empty()).unwrap_or_default();
    let usable = !ticket.is_empty() || !kept.id.is_empty();
    let Some(sessions) = config.sessions.as_ref().filter(|_| usable && session.is_extended()) else { return };
    let now = config.clock.now();
    let origin = kept.origin.unwrap_or_else(|| Arc::new(talk.note(|facts| resume::origin_of(facts, now))));
    let lifetime = Session::lifetime_of(&origin, IDS_LIFETIME, now.as_secs());
    // RFC 5077 section 3.3: a hint of zero says that the lifetime is unspecified.
    let lifetime = if hint > 0 { lifetime.min(hint) } else { lifetime };
    if lifetime == 0 || ticket.len() > TICKET_MAX {
        return;
    }
    let session = Session {
        version: VERSION,
        suite: session.suite(),
        secret: session.secret(),
        created: now.as_secs(),
        lifetime,
        age_add: 0,
        // Whose it is, its key says.
        server_name: None,
        protocol: talk.note(|facts| facts.protocol.clone()),
        extended_master_secret: true,
        policy: key.policy,
        origin,
    };
    sessions.keep(key, Held { session, ticket, id: kept.id });
}
