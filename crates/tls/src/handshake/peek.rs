//! How a server comes to its config once it has seen the client's hello.

use super::mailbox::Mailbox;
use crate::client_offer::ClientOffer;
use crate::config::{Checked, ServerConfig};
use crate::error::Error;
use crate::step::{ConfigurationNeed, Need, NeedKind};
use crate::wire::client_hello::ClientHello;
use crate::wire::registry::HandshakeType;

/// Has the caller choose by the first hello, which then waits to be received by the server's story.
pub(super) async fn configure(talk: &Mailbox) -> Result<Checked<ServerConfig>, Error> {
    let hello = talk.recv(&[HandshakeType::CLIENT_HELLO]).await?;
    let offer = ClientOffer::of(&hello.parse::<ClientHello>()?);
    talk.note(|facts| facts.server_name.clone_from(&offer.server_name));
    let ask = |reply| Need::Configuration(ConfigurationNeed { offer: Box::new(offer), reply });
    let config = talk.need(NeedKind::Configuration, ask).await?.map_err(Error::HelloRefused)?;
    talk.put_back(hello);
    talk.configure(config.limits, config.padding);
    Ok(config)
}
