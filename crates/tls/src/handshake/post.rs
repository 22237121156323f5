//! Messages after the handshake (RFC 9846 section 4.7): a small machine, since no order binds them.

use super::mailbox::Incoming;
use crate::error::{Error, Violation};
use crate::facts::Role;
use crate::wire::key_update::KeyUpdate;
use crate::wire::new_session_ticket::NewSessionTicket;
use crate::wire::registry::HandshakeType;

/// What a message after the handshake asks of the transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PostEffect {
    /// Keep the ticket that the message brings.
    Keep,
    /// From here on the peer sends with its next key; `answer` if it asks for ours to change too.
    UpdateRead { answer: bool },
}

/// Takes up one message; `bytes_behind` says whether more follow it in the same record.
pub(crate) fn receive(role: Role, message: &Incoming, bytes_behind: bool) -> Result<PostEffect, Error> {
    match (role, message.kind()) {
        (Role::Client, HandshakeType::NEW_SESSION_TICKET) => {
            message.parse::<NewSessionTicket>()?;
            Ok(PostEffect::Keep)
        }
        (_, HandshakeType::KEY_UPDATE) => {
            let update = message.parse::<KeyUpdate>()?;
            if bytes_behind {
                return Err(Violation::NotAligned.into());
            }
            match update {
                KeyUpdate::NOT_REQUESTED => Ok(PostEffect::UpdateRead { answer: false }),
                KeyUpdate::REQUESTED => Ok(PostEffect::UpdateRead { answer: true }),
                KeyUpdate { request_update } => Err(Violation::KeyUpdateRequest(request_update).into()),
            }
        }
        (role, got) => Err(Violation::UnexpectedMessage { got, expected: expected(role) }.into()),
    }
}

fn expected(role: Role) -> &'static [HandshakeType] {
    match role {
        Role::Client => &[HandshakeType::NEW_SESSION_TICKET, HandshakeType::KEY_UPDATE],
        Role::Server => &[HandshakeType::KEY_UPDATE],
    }
}
