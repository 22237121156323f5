//! Pre-shared keys (RFC 9846 sections 4.3.9 and 4.3.11): what a client asks for, and which session answers it.

use rustls_pki_types::UnixTime;

use crate::config::{ClientCertificates, ServerConfig};
use crate::error::Violation;
use crate::session::{Policy, Session};
use crate::wire::client_hello::ClientHello;
use crate::wire::registry::{ExtensionType, ProtocolVersion, PskKeyExchangeMode};

const MESSAGE: &str = "ClientHello";

/// What holds for pre-shared keys even where none is taken.
pub(crate) fn check(hello: &ClientHello<'_>) -> Result<(), Violation> {
    let Some(offered) = hello.extensions.pre_shared_key else { return Ok(()) };
    // RFC 9846 section 4.3.11: The "pre_shared_key" extension MUST be the last extension in the ClientHello.
    // Servers MUST check that it is the last extension and otherwise fail the handshake with an
    // "illegal_parameter" alert.
    let extension = ExtensionType::PRE_SHARED_KEY;
    if hello.extensions.kinds().last() != Some(extension) {
        return Err(Violation::MisplacedExtension { message: MESSAGE, extension });
    }
    // RFC 9846 section 4.3.9: If clients offer "pre_shared_key" without a "psk_key_exchange_modes" extension,
    // servers MUST abort the handshake.
    if hello.extensions.psk_key_exchange_modes.is_none() {
        let extension = ExtensionType::PSK_KEY_EXCHANGE_MODES;
        return Err(Violation::MissingExtension { message: MESSAGE, extension });
    }
    // RFC 9846 section 4.3.11: one binder for each value in the identities list.
    match offered.identities().count() == offered.binders().count() {
        true => Ok(()),
        false => Err(Violation::BinderCount),
    }
}

/// Whether the client can use a ticket as bulla would have it used: with a fresh key exchange.
pub(crate) fn resumes(hello: &ClientHello<'_>) -> bool {
    hello
        .extensions
        .psk_key_exchange_modes
        .is_some_and(|modes| modes.contains(PskKeyExchangeMode::PSK_DHE_KE))
}

/// How many tickets a client gets: as many as it wants (RFC 9149), within bounds.
pub(crate) fn tickets(hello: &ClientHello<'_>, config: &ServerConfig, resumed: bool) -> u8 {
    let resumption = &config.resumption;
    let wanted = hello.extensions.ticket_request;
    let count = match resumed {
        false => wanted.map_or(resumption.tickets, |wanted| wanted.new_session_count),
        true => wanted.map_or(resumption.tickets_resumed, |wanted| wanted.resumption_count),
    };
    count.min(resumption.tickets_most)
}

/// What a session must be to be resumed here and now.
pub(crate) struct Wanted<'a> {
    pub(crate) version: ProtocolVersion,
    pub(crate) policy: &'a Policy,
    pub(crate) client_certificates: &'a ClientCertificates,
    pub(crate) now: UnixTime,
}

impl Wanted<'_> {
    /// Whether this session is one for the host of this name. The application protocol is agreed anew and does not matter: RFC 7301
    /// section 3.1 has it be of the connection, not of the session.
    pub(crate) fn fits(&self, session: &Session, server_name: Option<&str>) -> bool {
        let identified = !session.origin.chain.is_empty();
        session.version == self.version
            && session.server_name.as_deref() == server_name
            && session.policy == *self.policy
            && (identified || !matches!(self.client_certificates, ClientCertificates::Required(_)))
            && session.is_fresh(self.now)
    }
}
