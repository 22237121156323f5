//! Where both stories begin: the first hello, and the version that its answer settles (RFC 9846 section 4.3.1).

use std::sync::Arc;

use rustls_pki_types::ServerName;

use super::abbreviated;
use super::client12::client12;
use super::client13::client13;
use super::mailbox::Mailbox;
use super::offer::{Accepted12, Answered, Offer};
use super::server12::server12;
use super::server13::server13;
use super::{Outcome, Story, boxed};
use crate::config::{Checked, ClientConfig, ServerConfig};
use crate::error::Error;
use crate::negotiate::version;
use crate::session::SessionKey;
use crate::wire::client_hello::ClientHello;
use crate::wire::registry::{HandshakeType, ProtocolVersion};

pub(crate) async fn client(
    talk: Mailbox,
    config: Checked<ClientConfig>,
    name: ServerName<'static>,
) -> Result<Outcome, Error> {
    let key = Arc::new(config.session_key(name));
    let mut offer = Offer::new(&talk, &config, &key)?;
    offer.send(&talk, &config, &key.server)?;
    talk.end_flight();
    let answer = talk.recv(&[HandshakeType::SERVER_HELLO]).await?;
    let reached = match offer.answered(&answer, &talk, &config)? {
        Answered::Tls12(accepted) => return older(talk, config, key, accepted).await,
        Answered::Tls13(reached) => Some(reached),
        Answered::Retry => None,
    };
    client13(talk, config, key, offer, reached).await
}

/// The story of TLS 1.2, in full or where a session goes on; on the heap, so that the story of TLS 1.3 does not hold room
/// for it.
fn older(
    talk: Mailbox,
    config: Checked<ClientConfig>,
    key: Arc<SessionKey>,
    mut accepted: Accepted12,
) -> Story<Outcome> {
    match accepted.held.take() {
        Some(held) => boxed(|| abbreviated::client(talk, config, key, accepted, held)),
        None => boxed(|| client12(talk, config, key, accepted)),
    }
}

pub(crate) async fn server(talk: Mailbox, config: Checked<ServerConfig>) -> Result<Outcome, Error> {
    let first = talk.recv(&[HandshakeType::CLIENT_HELLO]).await?;
    let hello = first.parse::<ClientHello>()?;
    let version = version::choose(&hello, &config)?;
    talk.open_log(config.key_log.as_ref(), hello.random);
    match version {
        ProtocolVersion::TLS_1_2 => boxed(|| server12(talk, config, (&first, hello))).await,
        _ => server13(talk, config, (&first, hello)).await,
    }
}
