//! Handshake messages out of handshake records: joined where they are split, parted where they share one.

use std::sync::Arc;

use crate::error::{Error, Violation};
use crate::wire::HANDSHAKE_HEADER;
use crate::wire::received::ReceivedMessage;
use crate::wire::registry::HandshakeType;

/// The handshake bytes that no message has used yet.
#[derive(Default)]
pub(super) struct Joiner {
    /// What begins with a whole message, and how much of it was handed out: messages share it.
    whole: Option<Arc<[u8]>>,
    taken: usize,
    /// What does not yet.
    part: Vec<u8>,
}

impl Joiner {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if let Some(whole) = self.whole.take() {
            self.part.extend_from_slice(whole.get(self.taken..).unwrap_or_default());
        }
        // Mostly a record begins and ends with a message: its bytes are copied once.
        let ends = self.part.is_empty() && length(bytes).is_some_and(|length| length <= bytes.len());
        if ends { self.share(bytes.into()) } else { self.part.extend_from_slice(bytes) }
    }

    fn share(&mut self, whole: Arc<[u8]>) {
        self.whole = Some(whole);
        self.taken = 0;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest().is_empty()
    }

    fn rest(&self) -> &[u8] {
        match &self.whole {
            Some(whole) => whole.get(self.taken..).unwrap_or_default(),
            None => &self.part,
        }
    }

    /// The next whole message with its header.
    ///
    /// # Errors
    /// The message claims more than `limit` bytes; found out from its header, before it is held.
    pub(super) fn next(&mut self, limit: usize) -> Result<Option<ReceivedMessage>, Error> {
        let Some(length) = length(self.rest()) else { return Ok(None) };
        let body = length.saturating_sub(HANDSHAKE_HEADER);
        if body > limit {
            let kind = HandshakeType(self.rest().first().copied().unwrap_or_default());
            return Err(Violation::MessageTooLong { kind, length: body, limit }.into());
        }
        if self.rest().len() < length {
            return Ok(None);
        }
        if self.whole.is_none() {
            let joined = std::mem::take(&mut self.part);
            self.share(joined.into());
        }
        let Some(whole) = &self.whole else { return Ok(None) };
        let end = self.taken.saturating_add(length);
        let message = ReceivedMessage::at(whole, self.taken..end);
        self.taken = end;
        if self.is_empty() {
            self.whole = None;
        }
        Ok(message)
    }
}

/// How long the message is that begins here, with its header; `None` until that has come.
fn length(bytes: &[u8]) -> Option<usize> {
    let [_, a, b, c] = bytes.first_chunk::<HANDSHAKE_HEADER>()?;
    let body = usize::try_from(u32::from_be_bytes([0, *a, *b, *c])).unwrap_or(usize::MAX);
    Some(body.saturating_add(HANDSHAKE_HEADER))
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
                    messages.push(message.as_ref().to_vec());
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
            assert_eq!(joiner.next(100).unwrap().unwrap().as_ref(), [24, 0, 0, 1, 0]);
            let held = joiner.part.len() + joiner.whole.as_ref().map_or(0, |whole| whole.len());
            assert!(!joiner.is_empty() && held < 20, "{held} bytes");
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
