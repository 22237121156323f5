//! The two narratives, each against an honest peer whose messages are changed: where the peer counts the change
//! in its transcript, so that what lies behind is reached, or on the way, which must never go unnoticed.

use std::collections::{HashMap, VecDeque};
use std::sync::{LazyLock, Mutex, PoisonError};

use bulla_tls::Error;
use bulla_tls::registry::ProtocolVersion;
use bulla_tls::testing::{Narrative, Told};

use crate::fixture::{Flags, name};
use crate::input::Input;
use crate::text::assert_plain;
use crate::watched::answer;

/// The client against a changed server.
pub fn client(data: &[u8]) {
    run(Role::Client, data, |flags| flags.without(Flags::VERSIONS));
}

/// The server against a changed client.
pub fn server(data: &[u8]) {
    run(Role::Server, data, |flags| flags.without(Flags::VERSIONS));
}

/// The client against a changed server, in TLS 1.2.
pub fn client12(data: &[u8]) {
    run(Role::Client, data, Flags::with_tls12);
}

/// The server against a changed client, in TLS 1.2.
pub fn server12(data: &[u8]) {
    run(Role::Server, data, Flags::with_tls12);
}

/// Whose narrative it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The client's.
    Client,
    /// The server's.
    Server,
}

impl Role {
    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

/// A change to what the peer sends; messages are counted from 0.
enum Change {
    /// The peer sends this message in place of its next one of that type, and knows it.
    Substitute(Vec<u8>),
    /// The peer's message differs in one byte, and it knows it.
    Slip { message: u8, at: u16, by: u8 },
    /// This comes before the message.
    Insert { message: u8, bytes: Vec<u8> },
    /// The message differs in one byte when it arrives.
    Tamper { message: u8, at: u16, by: u8 },
    /// The message is lost.
    Drop { message: u8 },
    /// The message comes twice.
    Repeat { message: u8 },
    /// More handshake bytes stand behind the message.
    Behind { message: u8 },
}

/// How many changes an input makes.
const MOST: usize = 12;

impl Change {
    fn read(input: &mut Input<'_>) -> Self {
        let choice = input.u8();
        let message = choice >> 4;
        match choice & 15 {
            0..=5 => Self::Substitute(input.chunk().to_vec()),
            6..=8 => Self::Slip { message, at: input.u16(), by: input.u8() },
            9..=10 => Self::Insert { message, bytes: input.chunk().to_vec() },
            11 => Self::Tamper { message, at: input.u16(), by: input.u8() },
            12 => Self::Drop { message },
            13 => Self::Repeat { message },
            _ => Self::Behind { message },
        }
    }
}

fn run(role: Role, data: &[u8], versions: fn(Flags) -> Flags) {
    let mut input = Input::new(data);
    let flags = versions(Flags(input.u16()));
    let mut changes = Vec::new();
    while !input.is_empty() && changes.len() < MOST {
        changes.push(Change::read(&mut input));
    }
    let mut scene = Scene::new(role, flags);
    let substitutes = substitutes(role, flags, &changes);
    // Keys of TLS 1.2 are made of the randoms that the peer drew, whatever its hello says in their place: then it is
    // the records that do not open, and these are not here (RFC 5246 section 6.3).
    scene.own_randoms = substitutes.is_empty();
    scene.peer.narrative.substitute(substitutes);
    scene.play(&changes);
    scene.check();
}

fn substitutes(role: Role, flags: Flags, changes: &[Change]) -> Vec<Vec<u8>> {
    let slip = |message: u8, at: u16, by: u8| {
        let mut bytes = honest(role, flags).get(usize::from(message))?.clone();
        // The header stays: its length is the transport's to check.
        let at = 4 + usize::from(at) % bytes.len().saturating_sub(4).max(1);
        *bytes.get_mut(at)? ^= by;
        Some(bytes)
    };
    let substitute = |change: &Change| match change {
        Change::Substitute(bytes) => Some(bytes.clone()),
        Change::Slip { message, at, by } => slip(*message, *at, *by),
        _ => None,
    };
    changes.iter().filter_map(substitute).collect()
}

/// What an honest peer sends to this side, message by message.
pub fn honest(role: Role, flags: Flags) -> Vec<Vec<u8>> {
    type Flights = HashMap<(Role, Flags), Vec<Vec<u8>>>;
    static KNOWN: LazyLock<Mutex<Flights>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known
        .entry((role, flags))
        .or_insert_with(|| {
            let mut scene = Scene::new(role, flags);
            scene.play(&[]);
            scene.sent
        })
        .clone()
}

/// One narrative and what it told.
struct Teller {
    narrative: Narrative,
    complete: bool,
    error: Option<Error>,
    /// Secrets installed: for reading, for the application, the secret.
    secrets: Vec<(bool, bool, Vec<u8>)>,
}

impl Teller {
    fn new(narrative: Narrative) -> Self {
        Self { narrative, complete: false, error: None, secrets: Vec::new() }
    }

    /// Tells on; gives the messages for the other side.
    fn resume(&mut self) -> Vec<Vec<u8>> {
        let mut messages = Vec::new();
        loop {
            if self.complete || self.error.is_some() {
                return messages;
            }
            match self.narrative.resume() {
                Ok(complete) => self.complete = complete,
                Err(error) => self.error = Some(error),
            }
            let mut answered = false;
            for told in self.narrative.told() {
                match told {
                    Told::Message(message) => messages.push(message),
                    Told::Install { read, application, secret } => {
                        self.secrets.push((read, application, secret));
                    }
                    Told::Need(need) => {
                        answer(need);
                        answered = true;
                    }
                    _ => {}
                }
            }
            if !answered {
                return messages;
            }
        }
    }

    fn secret(&self, read: bool, application: bool) -> Option<&[u8]> {
        let mut found = self.secrets.iter().filter(|known| (known.0, known.1) == (read, application));
        found.next_back().map(|known| known.2.as_slice())
    }
}

/// The side that is tested, its peer, and what passed between them.
struct Scene {
    subject: Teller,
    peer: Teller,
    /// What the peer sent, as its transcript counts it.
    sent: Vec<Vec<u8>>,
    /// What the subject was given.
    given: Vec<Vec<u8>>,
    /// Whether the two speak TLS 1.2.
    is_tls12: bool,
    /// Whether the peer's hello says what it drew.
    own_randoms: bool,
}

impl Scene {
    fn new(role: Role, flags: Flags) -> Self {
        let client = Teller::new(match flags.has(Flags::OWN) {
            true => Narrative::client(&flags.client_config(), name()),
            false => Narrative::stream_client(&flags.client_config(), name()),
        });
        let server = Teller::new(match flags.has(Flags::OWN) {
            true => Narrative::server(&flags.server_config()),
            false => Narrative::stream_server(&flags.server_config()),
        });
        let (subject, peer) = match role {
            Role::Client => (client, server),
            Role::Server => (server, client),
        };
        let (sent, given) = (Vec::new(), Vec::new());
        Self { subject, peer, sent, given, is_tls12: flags.is_tls12(), own_randoms: true }
    }

    fn play(&mut self, changes: &[Change]) {
        let mut to_peer: VecDeque<_> = self.subject.resume().into();
        let mut to_subject: VecDeque<_> = self.peer.resume().into();
        while !to_peer.is_empty() || !to_subject.is_empty() {
            while let Some(message) = to_peer.pop_front() {
                self.peer.narrative.deliver(message, None, false);
                to_subject.extend(self.peer.resume());
            }
            let Some(message) = to_subject.pop_front() else { continue };
            to_peer.extend(self.pass(message, changes));
        }
    }

    /// Passes one message to the subject as the changes say; gives its answer.
    fn pass(&mut self, message: Vec<u8>, changes: &[Change]) -> Vec<Vec<u8>> {
        if self.subject.complete {
            // What follows the handshake is no narrative.
            return Vec::new();
        }
        let index = self.sent.len();
        self.sent.push(message.clone());
        let (mut before, mut arriving, mut behind) = (Vec::new(), vec![message], false);
        for change in changes {
            match change {
                Change::Insert { message, bytes } if usize::from(*message) == index => {
                    before.push(bytes.clone());
                }
                Change::Tamper { message, at, by } if usize::from(*message) == index => {
                    for message in &mut arriving {
                        // The type or the body: by the length in between the transport tells messages apart.
                        let at = usize::from(*at) % message.len().saturating_sub(3).max(1);
                        message[if at == 0 { 0 } else { at + 3 }] ^= by;
                    }
                }
                Change::Drop { message } if usize::from(*message) == index => arriving.clear(),
                Change::Repeat { message } if usize::from(*message) == index => {
                    arriving.extend(arriving.first().cloned());
                }
                Change::Behind { message } if usize::from(*message) == index => behind = true,
                _ => {}
            }
        }
        let mut answers = Vec::new();
        for message in before.into_iter().chain(arriving) {
            if self.subject.complete || self.subject.error.is_some() || message.len() < 4 {
                continue;
            }
            self.given.push(message.clone());
            self.subject.narrative.deliver(message, None, behind);
            answers.extend(self.subject.resume());
        }
        answers
    }

    fn check(&self) {
        if let Some(error) = &self.subject.error {
            assert!(!matches!(error, Error::Internal(_) | Error::Misuse(_)), "{error}");
            assert_plain(error);
        }
        if !self.subject.complete {
            return;
        }
        assert!(self.given == self.sent, "changed on the way, and taken");
        let facts = self.subject.narrative.facts();
        assert!(facts.version.is_some() && facts.suite.is_some());
        // A session of TLS 1.2 goes on without a key exchange.
        assert!(facts.group.is_some() || (self.is_tls12 && facts.resumed), "no key exchange");
        assert_eq!(facts.version == Some(ProtocolVersion::TLS_1_2), self.is_tls12, "another version");
        if self.peer.complete {
            assert_eq!(self.subject.narrative.exporter(), self.peer.narrative.exporter());
        }
        if self.is_tls12 && !self.own_randoms {
            return;
        }
        for application in [false, true] {
            for read in [false, true] {
                let (ours, theirs) =
                    (self.subject.secret(read, application), self.peer.secret(!read, application));
                assert!(ours == theirs || theirs.is_none(), "secrets differ");
            }
        }
    }
}
