//! The authorities that a request for a client's certificate names (RFC 9846 section 4.3.4).

use bulla_x509::certificate::Certificate;

use super::{ConfigError, Verification};
use crate::wire::codec::Writer;

/// How many bytes of names go into a request by themselves. A client that is told of some authorities alone would
/// keep a certificate of another back, so it is all or none.
const MOST: usize = 1 << 13;

/// The names of a request, each behind its length: those that the config gives, or those of the anchors.
pub(super) fn of(given: Option<&[Vec<u8>]>, judge: Option<&Verification>) -> Result<Vec<u8>, ConfigError> {
    match (given, judge) {
        (Some(names), _) => encode(names).ok_or(ConfigError::Authorities),
        (None, Some(Verification::Anchors(anchors))) => {
            let certificates =
                anchors.certificates().iter().filter_map(|anchor| Certificate::parse(anchor).ok());
            let mut names: Vec<_> = certificates.map(|anchor| anchor.subject().der().to_vec()).collect();
            names.sort_unstable();
            names.dedup();
            Ok(encode(&names).filter(|list| list.len() <= MOST).unwrap_or_default())
        }
        (None, _) => Ok(Vec::new()),
    }
}

/// `None` where a name is empty, or they are too many for their length.
fn encode(names: &[Vec<u8>]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    Writer::append(&mut whole, |out| {
        out.block16(|out| names.iter().for_each(|name| out.block16(|out| out.raw(name))));
    })?;
    let empty = names.iter().any(Vec::is_empty);
    whole.drain(..2);
    (!empty).then_some(whole)
}
