//! Handshake messages out of handshake records: joined where they are split, parted where they share one.

use crate::error::{Error, Violation};
use crate::wire::HANDSHAKE_HEADER;
use crate::wire::registry::HandshakeType;

/// The handshake bytes that no message has used yet.
#[derive(Default)]
pub(super) struct Joiner {
    bytes: Vec<u8>,
    taken: usize,
}

impl Joiner {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        // A peer whose messages never end with a record must not make this grow.
        self.bytes.drain(..self.taken.min(self.bytes.len()));
        self.taken = 0;
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest().is_empty()
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.taken..).unwrap_or_default()
    }

    /// The next whole message with its header.
    ///
    /// # Errors
    /// The message claims more than `limit` bytes; found out from its header, before it is held.
    pub(super) fn next(&mut self, limit: usize) -> Result<Option<Vec<u8>>, Error> {
        let Some([kind, a, b, c]) = self.rest().first_chunk::<HANDSHAKE_HEADER>() else { return Ok(None) };
        let length = usize::try_from(u32::from_be_bytes([0, *a, *b, *c])).unwrap_or(usize::MAX);
        if length > limit {
            return Err(Violation::MessageTooLong { kind: HandshakeType(*kind), length, limit }.into());
        }
        let whole = length.saturating_add(HANDSHAKE_HEADER);
        // Mostly a record ends with its last message: what is left is handed on as it is.
        if self.taken == 0 && self.bytes.len() == whole {
            return Ok(Some(std::mem::take(&mut self.bytes)));
        }
        let Some(message) = self.rest().get(..whole).map(<[u8]>::to_vec) else { return Ok(None) };
        self.taken = self.taken.saturating_add(whole);
        if self.is_empty() {
            *self = Self::default();
        }
        Ok(Some(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_joined_and_parted() {
        let stream = [&[8, 0, 0, 2, 1, 2][..], &[20, 0, 0, 0], &[11, 0, 0, 1, 9]].concat();
        for cut in 1..stream.len() {
            let mut joiner = Joiner::default();
            let mut messages = Vec::new();
            for part in stream.chunks(cut) {
                joiner.push(part);
                while let Some(message) = joiner.next(100).unwrap() {
                    messages.push(message);
                }
            }
            assert_eq!(messages, [vec![8, 0, 0, 2, 1, 2], vec![20, 0, 0, 0], vec![11, 0, 0, 1, 9]]);
            assert!(joiner.is_empty());
        }
    }

    #[test]
    fn what_was_taken_is_let_go() {
        let mut joiner = Joiner::default();
        joiner.push(&[24, 0, 0]);
        for _ in 0..1000 {
            joiner.push(&[1, 0, 24, 0, 0]);
            assert_eq!(joiner.next(100).unwrap(), Some(vec![24, 0, 0, 1, 0]));
            assert!(!joiner.is_empty() && joiner.bytes.len() < 20, "{} bytes", joiner.bytes.len());
        }
    }

    #[test]
    fn a_long_message_is_refused_by_its_header() {
        let mut joiner = Joiner::default();
        joiner.push(&[11, 1, 0, 0]);
        let error = joiner.next(0xffff).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the peer broke the protocol: Certificate claims 65536 bytes; at most 65535 are accepted: \
             raise `limits.message` if this peer is to be talked to"
        );
    }
}
