//! Recorded flows, and one side of a flow replayed against changed bytes from the other.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

use bulla_crypto::exchange::Group;
use bulla_crypto::random::Source;
use bulla_crypto::signature::KeyKind;
use bulla_testkit::actor::{Actor, Out, Scene};
use bulla_testkit::authority::{self, server_name};
use bulla_testkit::message::framed;
use bulla_testkit::pair::Pair;
use bulla_tls::registry::{
    AlertDescription as Alert, ContentType as Type, HandshakeType as Kind, NamedGroup, ProtocolVersion,
};
use bulla_tls::{
    Checked, ClientCertificates, ClientConfig, ClientCredentials, Clock, Connection, Credential, Credentials,
    Error, Role, ServerConfig, Sessions, Step, Verification,
};
use bulla_x509::trust::TrustAnchors;

/// The most that a connection may offer to read into: four records of the greatest length.
const MOST: usize = 4 * (5 + (1 << 14) + 256);

/// Which handshake.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// One hello, no client certificate.
    Simple,
    /// A HelloRetryRequest with a cookie, and a client certificate.
    Full,
    /// A session that goes on.
    Resumed,
    /// TLS 1.2, no client certificate.
    Simple12,
    /// TLS 1.2 with a client certificate.
    Full12,
    /// A session of TLS 1.2 that goes on.
    Resumed12,
}

pub(crate) const SHAPES: [Shape; 6] =
    [Shape::Simple, Shape::Full, Shape::Resumed, Shape::Simple12, Shape::Full12, Shape::Resumed12];

/// Who the two sides are, and whom they trust.
struct Cast {
    server: Arc<Credential>,
    client: Arc<Credential>,
    anchors: TrustAnchors,
}

/// Leaves right below the only anchor, so that flights are short, with keys whose signatures do not vary.
static CAST: LazyLock<Cast> = LazyLock::new(|| {
    let mut server = authority::shared().server(KeyKind::Ed25519);
    let mut client = authority::shared().client(KeyKind::Ed25519);
    let mut anchors = TrustAnchors::new();
    anchors.add_certificate(&server.chain[1]).unwrap();
    server.chain.truncate(1);
    client.chain.truncate(1);
    Cast { server: server.credential(), client: client.credential(), anchors }
});

impl Shape {
    pub(crate) fn is_tls12(self) -> bool {
        matches!(self, Self::Simple12 | Self::Full12 | Self::Resumed12)
    }

    fn versions(self) -> Vec<ProtocolVersion> {
        vec![if self.is_tls12() { ProtocolVersion::TLS_1_2 } else { ProtocolVersion::TLS_1_3 }]
    }

    fn client(self) -> Checked<ClientConfig> {
        let config = match self {
            Self::Resumed => self.resuming(Self::Simple),
            Self::Resumed12 => self.resuming(Self::Simple12),
            _ => self.new_client(Sessions::new()),
        };
        config.check().unwrap()
    }

    /// A client that has sessions there.
    fn new_client(self, sessions: Sessions) -> ClientConfig {
        let mut config = ClientConfig::new(Verification::Anchors(CAST.anchors.clone()));
        config.clock = Clock::from_fn(authority::now);
        config.credentials = ClientCredentials::Fixed(Arc::clone(&CAST.client));
        config.key_shares = vec![NamedGroup::X25519];
        config.groups = vec![NamedGroup::X25519, NamedGroup::SECP256R1];
        config.alpn = vec![b"h2".to_vec()];
        let keys = vec![(Group::X25519, vec![7; 32]), (Group::P256, vec![9; 32])];
        config.source = Source::constant(1, keys);
        config.versions = self.versions();
        config.sessions = Some(sessions);
        config
    }

    /// A client that has met the server before: with sessions as they always come out of that meeting.
    fn resuming(self, before: Self) -> ClientConfig {
        let sessions = Sessions::new();
        let first = before.new_client(sessions.clone()).check().unwrap();
        let server = before.connection(Role::Server);
        let mut pair = Pair::new(Connection::client(&first, server_name()), server);
        pair.settle();
        pair.assert_established();
        self.new_client(sessions)
    }

    fn server(self) -> Checked<ServerConfig> {
        let mut config = ServerConfig::new(Credentials::Fixed(Arc::clone(&CAST.server)));
        config.clock = Clock::from_fn(authority::now);
        config.alpn = vec![b"h2".to_vec()];
        if matches!(self, Self::Full) {
            config.groups = vec![NamedGroup::SECP256R1];
            config.retry_cookie = true;
        }
        if matches!(self, Self::Full | Self::Full12) {
            let anchors = Verification::Anchors(CAST.anchors.clone());
            config.client_certificates = ClientCertificates::Required(anchors);
        } else {
            // One shape has its certificate as it is, the other has both compressed.
            config.compression.clear();
        }
        let keys = vec![(Group::X25519, vec![5; 32]), (Group::P256, vec![5; 32])];
        config.source = Source::constant(3, keys);
        config.versions = self.versions();
        config.check().unwrap()
    }

    /// A new connection of this side.
    pub(crate) fn connection(self, role: Role) -> Connection {
        match role {
            Role::Client => Connection::client(&self.client(), server_name()),
            Role::Server => Connection::server(&self.server()),
        }
    }

    /// The recorded flow towards this side.
    pub(crate) fn flow_to(self, role: Role) -> Flow {
        let script = Rc::new(RefCell::new(Vec::<Out>::new()));
        let record = Rc::clone(&script);
        let edit = Box::new(move |out: &mut Vec<Out>| record.borrow_mut().extend(out.iter().cloned()));
        let actor = match role {
            Role::Client => Actor::server(&self.server(), edit),
            Role::Server => Actor::client(&self.client(), edit),
        };
        let mut scene = Scene::new(actor, self.connection(role));
        scene.settle();
        assert!(scene.subject.established && scene.actor.complete, "{}", scene.picture());
        let resumed = matches!(self, Self::Resumed | Self::Resumed12);
        assert_eq!(scene.subject.connection.facts().resumed, resumed, "{}", scene.picture());
        let handshake = script.take();
        // In TLS 1.2 tickets are a part of the handshake.
        let is_ticket = |out: &Out| !self.is_tls12() && out.kind() == Some(Kind::NEW_SESSION_TICKET);
        let tickets = handshake.iter().position(is_ticket);
        let handshake_len = bytes(&handshake[..tickets.unwrap_or(handshake.len())]).len();
        Flow { shape: self, role, handshake_len, script: [handshake, self.session()].concat() }
    }
}

impl Shape {
    /// What is said in the session: data, a change of keys, more data, and the end. TLS 1.2 has neither padding nor
    /// another change of keys.
    fn session(self) -> Vec<Out> {
        let data = |bytes: &[u8]| Out::Record(Type::APPLICATION_DATA, bytes.to_vec());
        let padded = [b"padded".to_vec(), vec![Type::APPLICATION_DATA.0], vec![0; 20]].concat();
        let middle = match self.is_tls12() {
            true => vec![data(b"padded")],
            false => {
                vec![Out::Inner(padded), Out::Message(framed(Kind::KEY_UPDATE, &[1])), Out::Update]
            }
        };
        let end =
            vec![data(b"under the next keys"), Out::Record(Type::ALERT, vec![1, Alert::CLOSE_NOTIFY.0])];
        [vec![data(b"first")], middle, end].concat()
    }
}

/// What one side sends in a whole connection, and to whom.
pub(crate) struct Flow {
    pub(crate) shape: Shape,
    /// The side that receives it.
    pub(crate) role: Role,
    pub(crate) script: Vec<Out>,
    /// How many bytes belong to the handshake.
    pub(crate) handshake_len: usize,
}

/// The bytes of a script.
pub(crate) fn bytes(script: &[Out]) -> Vec<u8> {
    let mut keys = None;
    bulla_testkit::actor::say(&mut keys, script.iter().cloned())
}

/// What a connection did.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Log {
    pub(crate) events: Vec<Event>,
    /// All it sent.
    pub(crate) sent: Vec<u8>,
    pub(crate) error: Option<Error>,
}

/// What a connection told its caller.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    /// With its facts, as text.
    Established(String),
    Delivered(Vec<u8>),
    Closed,
}

impl Log {
    pub(crate) fn established(&self) -> bool {
        matches!(self.events.first(), Some(Event::Established(_)))
    }
}

impl Flow {
    /// All its bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        bytes(&self.script)
    }

    /// What the receiver does with these bytes, then the end of input, in pieces of these lengths, told on after
    /// each or, where `told` says so, only later.
    pub(crate) fn replay(&self, bytes: &[u8], pieces: impl IntoIterator<Item = (usize, bool)>) -> Log {
        replay(self.shape.connection(self.role), bytes, pieces)
    }

    /// The same in one piece.
    pub(crate) fn replay_whole(&self, bytes: &[u8]) -> Log {
        self.replay(bytes, std::iter::repeat((usize::MAX, true)))
    }
}

/// Feeds a connection.
pub(crate) fn replay(
    mut connection: Connection,
    mut bytes: &[u8],
    pieces: impl IntoIterator<Item = (usize, bool)>,
) -> Log {
    let mut log = Log::default();
    run(&mut connection, &mut log);
    for (piece, told) in pieces {
        if bytes.is_empty() || log.error.is_some() {
            break;
        }
        let slot = connection.read_slot();
        assert!((1..=MOST).contains(&slot.len()), "a slot of {} bytes", slot.len());
        let count = piece.clamp(1, slot.len()).min(bytes.len());
        let (now, later) = bytes.split_at(count);
        slot[..count].copy_from_slice(now);
        connection.advance(count).unwrap();
        bytes = later;
        if told {
            run(&mut connection, &mut log);
        }
    }
    run(&mut connection, &mut log);
    connection.end_of_input();
    run(&mut connection, &mut log);
    log
}

/// Tells a connection on until it waits.
fn run(connection: &mut Connection, log: &mut Log) {
    for _ in 0..10_000 {
        let (plaintext, output) = match connection.step() {
            Ok(Step::Established(facts)) => {
                log.events.push(Event::Established(format!("{facts:?}")));
                (0, 0)
            }
            Ok(Step::Deliver(plaintext)) => {
                log.events.push(Event::Delivered(plaintext.to_vec()));
                (plaintext.len(), 0)
            }
            Ok(Step::Transmit(bytes)) => {
                assert!(bytes.len() < 1 << 16, "{} bytes wait", bytes.len());
                log.sent.extend_from_slice(bytes);
                (0, bytes.len())
            }
            Ok(Step::Closed) => {
                if log.events.last() != Some(&Event::Closed) {
                    log.events.push(Event::Closed);
                }
                return;
            }
            Ok(_) => return,
            Err(error) => {
                log.error = Some(error);
                return;
            }
        };
        connection.consume(plaintext).unwrap();
        connection.transmitted(output).unwrap();
    }
    panic!("a connection that takes steps for ever");
}
