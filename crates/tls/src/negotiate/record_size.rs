//! How long records may be (RFC 8449 section 4).

use crate::error::Violation;
use crate::wire::extension::record_size_limit::RecordSizeLimit;

/// The least that a limit can be.
pub(crate) const LEAST: u16 = 64;

/// The most that a record holds: in TLS 1.3 content and the byte of its type, in TLS 1.2 one byte less.
pub(crate) const MOST: u16 = (1 << 14) + 1;

/// How much each side takes in one protected record, as both have said it. In TLS 1.3 this counts content, type and
/// padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordSizes {
    pub(crate) ours: u16,
    pub(crate) theirs: u16,
}

/// What holds if this side says `ours`, and the peer in `message` said `theirs`. It holds for both or for none.
///
/// RFC 8449 section 4: Endpoints MUST NOT send a "record_size_limit" extension with a value smaller than 64. An
/// endpoint MUST treat receipt of a smaller value as a fatal error and generate an "illegal_parameter" alert. More
/// than TLS 1.3 allows is taken as all that it allows: a server MUST NOT enforce that, and a client need not.
pub(crate) fn agree(
    ours: Option<u16>,
    theirs: Option<RecordSizeLimit>,
    message: &'static str,
) -> Result<Option<RecordSizes>, Violation> {
    let (Some(ours), Some(RecordSizeLimit(theirs))) = (ours, theirs) else { return Ok(None) };
    match theirs {
        ..LEAST => Err(Violation::RecordSizeLimit { message, limit: theirs }),
        _ => Ok(Some(RecordSizes { ours, theirs: theirs.min(MOST) })),
    }
}
