//! TLS records over a stream of bytes (RFC 9846 section 5).

mod buffer;
pub(crate) mod foreign;
pub(crate) mod inbound;
mod joiner;
pub(crate) mod outbound;
#[cfg(test)]
mod rfc8448;

use crate::error::{Error, Violation};
use crate::keys::traffic::{RecordKey, TrafficSecret};

/// Bytes of type, version and length before each record.
pub(crate) const RECORD_HEADER: usize = 5;

/// The most content that one record carries (RFC 9846 section 5.1).
pub(crate) const MAX_CONTENT: usize = 1 << 14;

/// The longest protected record (RFC 9846 section 5.2): content, type byte and 255 bytes of expansion.
pub(crate) const MAX_PROTECTED: usize = MAX_CONTENT + 256;

/// The keys of one direction: where the record numbers stand, and the secret from which the next keys come.
struct Protection {
    secret: TrafficSecret,
    key: RecordKey,
    sequence: u64,
    /// How often the keys were replaced.
    generation: u64,
}

impl Protection {
    fn new(secret: TrafficSecret) -> Result<Self, Error> {
        let key = secret.record_key().ok_or(Error::Internal("a record key of the wrong length"))?;
        Ok(Self { secret, key, sequence: 0, generation: 0 })
    }

    /// The next generation of keys (RFC 9846 section 7.2).
    fn renewed(&self) -> Result<Self, Error> {
        let next = Self::new(self.secret.next())?;
        Ok(Self { generation: self.generation.saturating_add(1), ..next })
    }

    /// Counts a record. RFC 9846 section 5.3: Sequence numbers MUST NOT wrap.
    fn count(&mut self) -> Result<(), Error> {
        self.sequence = self.sequence.checked_add(1).ok_or(Violation::TooMany("records under one key"))?;
        Ok(())
    }
}
