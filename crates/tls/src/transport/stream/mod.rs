//! TLS records over a stream of bytes (RFC 9846 section 5).

mod buffer;
pub(crate) mod foreign;
pub(crate) mod inbound;
mod joiner;
pub(crate) mod outbound;
#[cfg(test)]
mod rfc8448;

use bulla_crypto::hmac::HmacKey;

use crate::error::{Error, Violation};
use crate::keys::traffic::{EXPLICIT_NONCE, Keys, RecordForm, RecordKey, TrafficSecret};

/// Bytes of type, version and length before each record.
pub(crate) const RECORD_HEADER: usize = 5;

/// The most content that one record carries (RFC 9846 section 5.1).
pub(crate) const MAX_CONTENT: usize = 1 << 14;

/// The most of content, type and padding in one protected record (RFC 9846 section 5.4).
const MAX_INNER: usize = MAX_CONTENT + 1;

/// The longest protected record (RFC 9846 section 5.2): content, type byte and 255 bytes of expansion.
pub(crate) const MAX_PROTECTED: usize = MAX_CONTENT + 256;

/// Bytes of what TLS 1.2 authenticates beside the content.
const OUTER_DATA: usize = 13;

/// The keys of one direction: where the record numbers stand, and the secret from which the next keys come.
struct Protection {
    key: RecordKey,
    /// From what the next keys follow, where there are any.
    secret: Option<TrafficSecret>,
    sequence: u64,
    /// How many records wear the keys out; those of TLS 1.2 serve for as long as their records can be numbered.
    lasts: Option<u64>,
    /// How often the keys were replaced.
    generation: u64,
}

impl Protection {
    fn new(keys: Keys) -> Result<Self, Error> {
        let suite = keys.suite();
        let keys = keys.into_record_key().ok_or(Error::Internal("a record key of the wrong length"))?;
        let (key, secret) = keys;
        let lasts = (key.form() == RecordForm::Inner).then(|| suite.record_limit());
        Ok(Self { key, secret, sequence: 0, lasts, generation: 0 })
    }

    /// The key of a Finished after the handshake, which TLS 1.2 does not have.
    fn finished_mac(&self) -> Option<HmacKey> {
        self.secret.as_ref().map(TrafficSecret::finished_mac)
    }

    /// Bytes of nonce before the content.
    fn explicit(&self) -> usize {
        match self.key.form() {
            RecordForm::Outer { explicit_nonce: true } => EXPLICIT_NONCE,
            RecordForm::Outer { explicit_nonce: false } | RecordForm::Inner => 0,
        }
    }

    /// Whether the type stands in the header of each record.
    fn shows_type(&self) -> bool {
        self.key.form() != RecordForm::Inner
    }

    /// What is authenticated beside the content of a record of TLS 1.2: number, type, version and length of the
    /// plaintext (RFC 5246 section 6.2.3.3).
    fn outer_data(&self, header: [u8; RECORD_HEADER], content: usize) -> [u8; OUTER_DATA] {
        let [a, b, c, d, e, f, g, h] = self.sequence.to_be_bytes();
        let [kind, major, minor, ..] = header;
        let [high, low] = u16::try_from(content).unwrap_or(u16::MAX).to_be_bytes();
        [a, b, c, d, e, f, g, h, kind, major, minor, high, low]
    }

    /// The next generation of keys (RFC 9846 section 7.2).
    fn renewed(&self) -> Result<Self, Error> {
        let secret = self.secret.as_ref().ok_or(Error::Internal("keys that have no next generation"))?;
        let next = Self::new(Keys::Tls13(secret.next()))?;
        Ok(Self { generation: self.generation.saturating_add(1), ..next })
    }

    /// Counts a record. RFC 9846 section 5.3: Sequence numbers MUST NOT wrap.
    #[inline]
    fn count(&mut self) -> Result<(), Error> {
        let Some(next) = self.sequence.checked_add(1) else {
            return Err(Violation::TooMany("records under one key").into());
        };
        self.sequence = next;
        Ok(())
    }
}
