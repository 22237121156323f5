//! Two connections joined in memory, with every byte between them in the test's hands.

use bulla_tls::{Connection, Error, Need, NeedKind, Step};

use crate::picture::Picture;

/// A connection and what has come out of it.
pub struct End {
    /// The connection.
    pub connection: Connection,
    /// Plaintext delivered so far.
    pub delivered: Vec<u8>,
    /// Whether the handshake completed.
    pub established: bool,
    /// How often the client was authenticated after the handshake.
    pub authenticated: usize,
    /// Whether the peer closed.
    pub closed: bool,
    /// Work that was handed out and that the test may answer.
    pub needs: Vec<Need>,
    /// The work for whose answer it waits.
    pub waiting: Option<NeedKind>,
    /// Why it failed.
    pub error: Option<Error>,
}

/// A client and a server.
pub struct Pair {
    /// The client's end.
    pub client: End,
    /// The server's end.
    pub server: End,
    picture: Picture,
}

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// The client.
    Client,
    /// The server.
    Server,
}

impl End {
    /// Around a connection.
    pub fn new(connection: Connection) -> Self {
        Self {
            connection,
            delivered: Vec::new(),
            established: false,
            authenticated: 0,
            closed: false,
            needs: Vec::new(),
            waiting: None,
            error: None,
        }
    }

    /// Runs until bytes or answers are needed; gives what is to be sent.
    pub fn run(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        self.waiting = None;
        while self.error.is_none() {
            let taken = match self.connection.step() {
                Ok(Step::Deliver(plaintext)) => {
                    self.delivered.extend_from_slice(plaintext);
                    Taken::Plaintext(plaintext.len())
                }
                Ok(Step::Transmit(bytes)) => {
                    out.extend_from_slice(bytes);
                    Taken::Output(bytes.len())
                }
                Ok(Step::Established(_)) => {
                    self.established = true;
                    Taken::Nothing
                }
                Ok(Step::Authenticated(_)) => {
                    self.authenticated += 1;
                    Taken::Nothing
                }
                Ok(Step::Need(need)) => {
                    self.needs.push(need);
                    Taken::Nothing
                }
                Ok(Step::Closed) => {
                    self.closed = true;
                    break;
                }
                Ok(Step::Waiting(kind)) => {
                    self.waiting = Some(kind);
                    break;
                }
                Ok(_) => break,
                Err(error) => {
                    self.error = Some(error);
                    break;
                }
            };
            match taken {
                Taken::Plaintext(count) => self.connection.consume(count).expect("as much as was lent"),
                Taken::Output(count) => self.connection.transmitted(count).expect("as much as was lent"),
                Taken::Nothing => {}
            }
        }
        out
    }

    /// Receives bytes in pieces of at most `chunk`; gives what is to be sent.
    pub fn receive(&mut self, mut bytes: &[u8], chunk: usize) -> Vec<u8> {
        let mut out = Vec::new();
        while !bytes.is_empty() {
            let slot = self.connection.read_slot();
            let count = bytes.len().min(slot.len()).min(chunk.max(1));
            let (now, later) = bytes.split_at(count);
            slot[..count].copy_from_slice(now);
            self.connection.advance(count).expect("as much as the slot holds");
            bytes = later;
            out.extend(self.run());
            if self.error.is_some() || self.closed {
                break;
            }
        }
        out
    }
}

enum Taken {
    Plaintext(usize),
    Output(usize),
    Nothing,
}

impl Pair {
    /// Joins two connections.
    pub fn new(client: Connection, server: Connection) -> Self {
        Self { client: End::new(client), server: End::new(server), picture: Picture::default() }
    }

    /// Lets bytes flow both ways until nothing moves.
    pub fn settle(&mut self) {
        self.settle_with(usize::MAX, |_, bytes| bytes);
    }

    /// Lets bytes flow, in pieces of at most `chunk`, each flight passed through `tamper`.
    pub fn settle_with(&mut self, chunk: usize, mut tamper: impl FnMut(From, Vec<u8>) -> Vec<u8>) {
        let mut to_server = self.client.run();
        let mut to_client = self.server.run();
        while !to_server.is_empty() || !to_client.is_empty() {
            let sent = tamper(From::Client, std::mem::take(&mut to_server));
            self.draw(From::Client, &sent);
            to_client.extend(self.server.receive(&sent, chunk));
            let sent = tamper(From::Server, std::mem::take(&mut to_client));
            self.draw(From::Server, &sent);
            to_server.extend(self.client.receive(&sent, chunk));
        }
    }

    /// Whether both sides completed the handshake and neither failed.
    pub fn is_established(&self) -> bool {
        let ok = |end: &End| end.established && end.error.is_none();
        ok(&self.client) && ok(&self.server)
    }

    /// Fails the test with a picture of the flow unless both sides are established.
    ///
    /// # Panics
    /// If one is not.
    pub fn assert_established(&self) {
        assert!(self.is_established(), "\n{}", self.picture());
    }

    /// The records that flowed and how each side ended.
    pub fn picture(&self) -> String {
        let end = |name: &str, end: &End| format!("{name}: {:?}\n", end.connection);
        format!("{}{}{}", self.picture, end("client", &self.client), end("server", &self.server))
    }

    fn draw(&mut self, from: From, bytes: &[u8]) {
        let arrow = match from {
            From::Client => "client ──▶",
            From::Server => "       ◀── server",
        };
        self.picture.records(arrow, bytes);
    }
}
