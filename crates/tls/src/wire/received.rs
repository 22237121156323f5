//! A handshake message as it was received: messages that came in one record share its bytes.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// The bytes of one whole message with its header.
#[derive(Clone)]
pub(crate) struct ReceivedMessage {
    shared: Arc<[u8]>,
    place: Range<usize>,
}

impl ReceivedMessage {
    /// The message at this place; `None` if there are fewer bytes.
    pub(crate) fn at(shared: &Arc<[u8]>, place: Range<usize>) -> Option<Self> {
        shared.get(place.clone())?;
        Some(Self { shared: Arc::clone(shared), place })
    }
}

impl From<Vec<u8>> for ReceivedMessage {
    fn from(bytes: Vec<u8>) -> Self {
        Self { place: 0..bytes.len(), shared: bytes.into() }
    }
}

impl AsRef<[u8]> for ReceivedMessage {
    fn as_ref(&self) -> &[u8] {
        self.shared.get(self.place.clone()).unwrap_or_default()
    }
}

impl fmt::Debug for ReceivedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}
