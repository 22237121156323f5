//! A connection as a forger's tool: records and messages that no honest peer would send. For tests only.

use super::{Connection, Stage};
use crate::error::Error;
use crate::wire::registry::ContentType;

impl Connection {
    /// Puts one record of any type and content behind what waits to be sent, sealed by the keys of the moment.
    pub(crate) fn forge_record(&mut self, kind: ContentType, content: &[u8]) -> Result<(), Error> {
        self.outbound.record(kind, content)
    }

    /// Puts bytes that need not be a record behind what waits to be sent.
    pub(crate) fn forge_bytes(&mut self, bytes: &[u8]) {
        self.outbound.raw(bytes);
    }

    /// Sends each of these whole handshake messages in place of the next one of its type.
    pub(crate) fn forge_messages(&mut self, messages: Vec<Vec<u8>>) {
        if let Stage::Handshaking(handshake) = &mut self.stage
            && let Some(letters) = handshake.letters()
        {
            letters.substitute(messages);
        }
    }
}
