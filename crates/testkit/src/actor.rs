//! A peer that can misbehave: an honest narrative, whose messages and records a test changes before they are
//! protected, over a record layer of its own. It reads whatever comes back, protected or not.

use std::cell::RefCell;
use std::rc::Rc;

use bulla_tls::registry::{AlertDescription, ContentType, HandshakeType};
use bulla_tls::testing::{Narrative, Told};
use bulla_tls::{Checked, ClientConfig, Connection, Error, ServerConfig};

use crate::authority::server_name;
use crate::pair::End;
use crate::picture::Picture;
use crate::record::{self, RecordKeys};

/// What an actor sends, in order.
#[derive(Clone)]
pub enum Out {
    /// A handshake message, in as few records as hold it.
    Message(Vec<u8>),
    /// A record of this type and content, protected if there are keys.
    Record(ContentType, Vec<u8>),
    /// A protected record with this inner plaintext: content, type and padding.
    Inner(Vec<u8>),
    /// Bytes as they are.
    Raw(Vec<u8>),
    /// From here on these keys protect.
    Keys(RecordKeys),
    /// From here on the next generation of keys protects.
    Update,
}

impl Out {
    /// An alert, as a fatal one.
    pub fn alert(description: AlertDescription) -> Self {
        Self::Record(ContentType::ALERT, vec![2, description.0])
    }

    /// The type of the message, if it is one.
    pub fn kind(&self) -> Option<HandshakeType> {
        match self {
            Self::Message(message) => message.first().map(|kind| HandshakeType(*kind)),
            _ => None,
        }
    }
}

/// Changes what an actor is about to send.
pub type Edit = Box<dyn FnMut(&mut Vec<Out>)>;

/// The misbehaving peer.
pub struct Actor {
    /// Its honest part.
    pub narrative: Narrative,
    /// Keys that protect what it sends.
    pub writing: Option<RecordKeys>,
    /// Every record received, opened where it could be.
    pub received: Vec<(ContentType, Vec<u8>)>,
    /// The handshake messages that its narrative was given.
    pub heard: Rc<RefCell<Vec<u8>>>,
    /// What changes what it sends.
    pub edit: Edit,
    /// Bytes that were no records.
    pub strange: Vec<u8>,
    /// Whether its narrative is complete.
    pub complete: bool,
    /// Why its narrative failed.
    pub error: Option<Error>,
    reading: Option<RecordKeys>,
    handshake: Vec<u8>,
}

impl Actor {
    /// A client.
    pub fn client(config: &Checked<ClientConfig>, edit: Edit) -> Self {
        Self::new(Narrative::stream_client(config, server_name()), edit)
    }

    /// A server.
    pub fn server(config: &Checked<ServerConfig>, edit: Edit) -> Self {
        Self::new(Narrative::stream_server(config), edit)
    }

    fn new(narrative: Narrative, edit: Edit) -> Self {
        Self {
            narrative,
            writing: None,
            received: Vec::new(),
            heard: Rc::default(),
            edit,
            strange: Vec::new(),
            complete: false,
            error: None,
            reading: None,
            handshake: Vec::new(),
        }
    }

    /// Tells its story on; gives the bytes it sends.
    pub fn run(&mut self) -> Vec<u8> {
        if self.complete || self.error.is_some() {
            return Vec::new();
        }
        match self.narrative.resume() {
            Ok(complete) => self.complete = complete,
            Err(error) => self.error = Some(error),
        }
        let mut out: Vec<_> = self.narrative.told().into_iter().filter_map(|told| self.take(told)).collect();
        (self.edit)(&mut out);
        self.say(out)
    }

    fn take(&mut self, told: Told) -> Option<Out> {
        match told {
            Told::Message(message) => Some(Out::Message(message)),
            Told::ChangeCipherSpec => Some(Out::Raw(record::clear(ContentType::CHANGE_CIPHER_SPEC, &[1]))),
            Told::Install { read, secret, .. } => {
                let suite = self.narrative.facts().suite.expect("a suite before its keys");
                let keys = RecordKeys::new(suite, &secret);
                if read {
                    self.reading = Some(keys);
                    return None;
                }
                Some(Out::Keys(keys))
            }
            Told::SettleOnTls12
            | Told::SkipEarlyData { .. }
            | Told::LimitRecords { .. }
            | Told::EndFlight
            | Told::Need(_) => None,
        }
    }

    /// The bytes of all this.
    pub fn say(&mut self, out: impl IntoIterator<Item = Out>) -> Vec<u8> {
        say(&mut self.writing, out)
    }

    /// Takes in whole records; gives the bytes it sends in answer.
    pub fn receive(&mut self, mut bytes: &[u8]) -> Vec<u8> {
        let mut answer = Vec::new();
        while let Some([kind @ 20..=23, 3, _, high, low]) = bytes.first_chunk::<5>() {
            let end = 5 + usize::from(u16::from_be_bytes([*high, *low]));
            let (record, rest) = bytes.split_at(end);
            bytes = rest;
            let kind = ContentType(*kind);
            let protecting = self.reading.as_mut().and_then(|keys| keys.protects(kind).then_some(keys));
            let opened = match protecting {
                Some(keys) => keys.open(record).expect("a record that its keys open"),
                None => (kind, record[5..].to_vec()),
            };
            if opened.0 == ContentType::HANDSHAKE {
                self.handshake.extend_from_slice(&opened.1);
            }
            self.received.push(opened);
            answer.extend(self.deliver());
        }
        self.strange.extend_from_slice(bytes);
        answer
    }

    /// Delivers the messages that are whole.
    fn deliver(&mut self) -> Vec<u8> {
        let mut answer = Vec::new();
        while let Some([kind, a, b, c]) = self.handshake.first_chunk::<4>().copied() {
            let whole = 4 + usize::try_from(u32::from_be_bytes([0, a, b, c])).expect("a length");
            if self.handshake.len() < whole {
                break;
            }
            let message: Vec<_> = self.handshake.drain(..whole).collect();
            if !self.complete {
                self.heard.borrow_mut().extend_from_slice(&message);
                self.narrative.deliver(message, None, false);
                answer.extend(self.run());
            } else if HandshakeType(kind) == HandshakeType::KEY_UPDATE {
                self.reading.as_mut().expect("keys").update();
            }
        }
        answer
    }

    /// The alerts received.
    pub fn alerts(&self) -> Vec<AlertDescription> {
        let alerts = self.received.iter().filter(|(kind, _)| *kind == ContentType::ALERT);
        alerts.map(|(_, content)| AlertDescription(content[1])).collect()
    }

    /// The application data received.
    pub fn data(&self) -> Vec<u8> {
        let data = self.received.iter().filter(|(kind, _)| *kind == ContentType::APPLICATION_DATA);
        data.flat_map(|(_, content)| content.clone()).collect()
    }
}

/// The bytes of all this, protected by these keys, if any, and those that it brings.
///
/// # Panics
/// If what must be protected comes before any keys.
pub fn say(keys: &mut Option<RecordKeys>, out: impl IntoIterator<Item = Out>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for out in out {
        match out {
            Out::Message(message) => {
                let parts = message.chunks(1 << 14);
                parts.for_each(|part| bytes.extend(record(keys, ContentType::HANDSHAKE, part)));
            }
            Out::Record(kind, content) => bytes.extend(record(keys, kind, &content)),
            Out::Inner(inner) => bytes.extend(keys.as_mut().expect("keys").seal_inner(&inner)),
            Out::Raw(raw) => bytes.extend(raw),
            Out::Keys(next) => *keys = Some(next),
            Out::Update => keys.as_mut().expect("keys").update(),
        }
    }
    bytes
}

fn record(keys: &mut Option<RecordKeys>, kind: ContentType, content: &[u8]) -> Vec<u8> {
    match keys {
        Some(keys) => keys.seal(kind, content, 0),
        None => record::clear(kind, content),
    }
}

/// An actor and the connection that it tries.
pub struct Scene {
    /// The peer.
    pub actor: Actor,
    /// The connection under test.
    pub subject: End,
    picture: Picture,
}

impl Scene {
    /// Joins them.
    pub fn new(actor: Actor, subject: Connection) -> Self {
        Self { actor, subject: End::new(subject), picture: Picture::default() }
    }

    /// Lets bytes flow both ways until nothing moves.
    pub fn settle(&mut self) {
        let ours = self.subject.run();
        let sent = self.actor.run();
        self.flow(ours, sent);
    }

    /// The actor says this, and bytes flow until nothing moves.
    pub fn say(&mut self, out: impl IntoIterator<Item = Out>) {
        let sent = self.actor.say(out);
        self.flow(Vec::new(), sent);
    }

    fn flow(&mut self, mut ours: Vec<u8>, mut sent: Vec<u8>) {
        while !ours.is_empty() || !sent.is_empty() {
            self.picture.records("actor ──▶", &sent);
            ours.extend(self.subject.receive(&sent, usize::MAX));
            self.picture.records("      ◀── subject", &ours);
            sent = self.actor.receive(&std::mem::take(&mut ours));
        }
    }

    /// The records that flowed, and how each side ended.
    pub fn picture(&self) -> String {
        let Self { actor, subject, picture } = self;
        format!(
            "{picture}subject: {:?}\nactor: complete {}, error {:?}, alerts {:?}\n",
            subject.connection,
            actor.complete,
            actor.error,
            actor.alerts()
        )
    }
}
