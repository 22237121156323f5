//! The running hash over the handshake messages (RFC 9846 section 4.1).

use bulla_crypto::hash::{Digest, HashAlgorithm, Hasher};

use crate::wire::registry::HandshakeType;

/// The transcript once the suite, and with it the hash, is known.
#[derive(Clone)]
pub(crate) struct Transcript {
    hasher: Hasher,
    /// The hash of all messages so far, where it was noted.
    noted: Option<Digest>,
}

impl Transcript {
    pub(crate) fn start(hash: HashAlgorithm, messages: &[u8]) -> Self {
        let mut transcript = Self { hasher: hash.start(), noted: None };
        transcript.add(messages);
        transcript
    }

    /// The transcript after a HelloRetryRequest: the first hello is replaced by its hash.
    ///
    /// RFC 9846 section 4.1: Transcript-Hash(ClientHello1, HelloRetryRequest, ... Mn) =
    /// Hash(message_hash || 00 00 Hash.length || Hash(ClientHello1) || HelloRetryRequest ...).
    pub(crate) fn restart(hash: HashAlgorithm, first_hello: &[u8], retry: &[u8]) -> Self {
        let digest = hash.hash(first_hello);
        let length = u8::try_from(hash.output_len()).unwrap_or(u8::MAX);
        let mut transcript = Self::start(hash, &[HandshakeType::MESSAGE_HASH.into(), 0, 0, length]);
        transcript.add(digest.as_ref());
        transcript.add(retry);
        transcript
    }

    pub(crate) fn add(&mut self, message: &[u8]) {
        self.noted = None;
        self.hasher.update(message);
    }

    /// Adds a ClientHello; if it ends with so many bytes of binders, gives the hash up to these (RFC 9846
    /// section 4.3.11.2).
    pub(crate) fn add_hello(&mut self, hello: &[u8], binders: Option<usize>) -> Option<Digest> {
        let truncated = hello.len().saturating_sub(binders.unwrap_or_default());
        let (truncated, binders) = hello.split_at(truncated);
        self.add(truncated);
        if binders.is_empty() {
            return None;
        }
        let partial = self.current();
        self.add(binders);
        Some(partial)
    }

    /// The hash of all messages so far.
    pub(crate) fn current(&self) -> Digest {
        self.noted.unwrap_or_else(|| self.hasher.current())
    }

    /// The same, noted for whoever asks before the next message.
    pub(crate) fn note_current(&mut self) -> Digest {
        *self.noted.insert(self.current())
    }
}
