//! The record-less message pipe: two narratives, whole messages between them, every secret compared.

use std::collections::VecDeque;

use bulla_tls::testing::{Narrative, Told};
use bulla_tls::{Error, Need};

use crate::picture::Picture;

/// Two narratives joined by their messages.
pub struct Pipe {
    /// The client's.
    pub client: Side,
    /// The server's.
    pub server: Side,
    picture: Picture,
}

/// One narrative and what it told.
pub struct Side {
    /// The narrative.
    pub narrative: Narrative,
    /// Secrets installed for reading, in order: (application level, secret).
    pub reads: Vec<(bool, Vec<u8>)>,
    /// Secrets installed for writing, in order.
    pub writes: Vec<(bool, Vec<u8>)>,
    /// Messages that wait to be delivered to this side.
    pub inbox: VecDeque<Vec<u8>>,
    /// Needs that nobody has answered.
    pub needs: Vec<Need>,
    /// Whether the narrative is complete.
    pub complete: bool,
}

impl Side {
    fn new(narrative: Narrative) -> Self {
        Self {
            narrative,
            reads: Vec::new(),
            writes: Vec::new(),
            inbox: VecDeque::new(),
            needs: Vec::new(),
            complete: false,
        }
    }

    /// Tells the story on; gives the messages for the other side.
    fn resume(&mut self, name: &str, picture: &mut Picture) -> Result<Vec<Vec<u8>>, Error> {
        self.complete = self.narrative.resume()?;
        let mut messages = Vec::new();
        for told in self.narrative.told() {
            match told {
                Told::Message(message) => {
                    let kind = bulla_tls::registry::HandshakeType(message[0]);
                    picture.line(format!("{name}: {kind} ({} bytes)", message.len()));
                    messages.push(message);
                }
                Told::Install { read, application, secret } => {
                    picture.line(format!("{name}: keys, read {read}, application {application}"));
                    if read { &mut self.reads } else { &mut self.writes }.push((application, secret));
                }
                Told::Need(need) => self.needs.push(need),
                Told::SettleOnTls12
                | Told::ChangeCipherSpec
                | Told::SkipEarlyData { .. }
                | Told::LimitRecords { .. }
                | Told::EndFlight => {}
            }
        }
        Ok(messages)
    }
}

impl Pipe {
    /// Joins two narratives.
    pub fn new(client: Narrative, server: Narrative) -> Self {
        Self { client: Side::new(client), server: Side::new(server), picture: Picture::default() }
    }

    /// Passes messages until both are complete or neither can go on.
    ///
    /// # Errors
    /// The first failure of either side.
    pub fn settle(&mut self) -> Result<(), Error> {
        let sent = self.client.resume("client", &mut self.picture)?;
        self.server.inbox.extend(sent);
        let sent = self.server.resume("server", &mut self.picture)?;
        self.client.inbox.extend(sent);
        loop {
            let moved = [
                pass(&mut self.server, &mut self.client, "server", &mut self.picture)?,
                pass(&mut self.client, &mut self.server, "client", &mut self.picture)?,
            ];
            if moved == [false, false] {
                return Ok(());
            }
        }
    }

    /// What flowed.
    pub fn picture(&self) -> &Picture {
        &self.picture
    }

    /// Fails the test unless both narratives are complete and hold the same secrets.
    ///
    /// # Panics
    /// If they are not or do not.
    pub fn assert_agreed(&self) {
        assert!(self.client.complete && self.server.complete, "\n{}", self.picture);
        assert_eq!(self.client.reads, self.server.writes, "\n{}", self.picture);
        assert_eq!(self.client.writes, self.server.reads, "\n{}", self.picture);
        assert_eq!(self.client.narrative.exporter(), self.server.narrative.exporter());
    }
}

/// Delivers one message to `to` and collects what it sends; false if there was none or `to` is done.
fn pass(to: &mut Side, from: &mut Side, name: &str, picture: &mut Picture) -> Result<bool, Error> {
    if to.complete || !to.needs.is_empty() {
        return Ok(false);
    }
    let Some(message) = to.inbox.pop_front() else { return Ok(false) };
    to.narrative.deliver(message, None, false);
    let sent = to.resume(name, picture)?;
    from.inbox.extend(sent);
    Ok(true)
}
