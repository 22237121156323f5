//! Application protocols (RFC 7301).

use crate::error::{Error, Incompatibility};
use crate::wire::extension::alpn::ProtocolNames;

/// The server's choice: its best protocol that the client offers.
///
/// RFC 7301 section 3.2: in the event that the server supports no protocols that the client advertises,
/// then the server SHALL respond with a fatal "no_application_protocol" alert.
pub(crate) fn choose<'a>(
    ours: &'a [Vec<u8>],
    offered: Option<ProtocolNames<'_>>,
) -> Result<Option<&'a [u8]>, Error> {
    let Some(offered) = offered.filter(|_| !ours.is_empty()) else { return Ok(None) };
    let common = ours.iter().map(Vec::as_slice).find(|name| offered.contains(name));
    common.map(Some).ok_or_else(|| Incompatibility::Protocol.into())
}
