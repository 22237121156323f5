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

/// Takes up one message of TLS 1.2, where nothing but a new handshake can be asked for, which is refused.
///
/// RFC 5246 section 7.4.1.1 would let a client pass over HelloRequest. A server that asks wants something that it
/// then would wait for, such as a certificate: both sides are better off with an error.
pub(crate) fn receive12(role: Role, message: &Incoming) -> Violation {
    match (role, message.kind()) {
        (Role::Client, HandshakeType::HELLO_REQUEST) | (Role::Server, HandshakeType::CLIENT_HELLO) => {
            Violation::Renegotiation
        }
        (_, got) => Violation::UnexpectedMessage { got, expected: &[] },
    }
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
