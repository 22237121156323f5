//! What the harness and a peer say to each other, a line of JSON at a time.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::case::Session;
use crate::heap::Held;

/// What the harness asks for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Order {
    /// Make ready for a session, and try it once.
    Open {
        /// The session.
        session: Session,
        /// Where its certificates lie.
        folder: PathBuf,
        /// The fewest bytes with which a library made its flights; for the floor, which makes none.
        flights: Option<Flights>,
    },
    /// Handshakes for so long.
    Handshakes {
        /// How long.
        milliseconds: u64,
    },
    /// Writes of one length for so long, each sealed, and as many opened.
    Bulk {
        /// Bytes in a write.
        write: usize,
        /// How many writes, one after another, are one sample.
        writes: usize,
        /// How long.
        milliseconds: u64,
    },
    /// One handshake with the heap counted.
    Heap,
    /// Handshakes in several threads at once for so long, with the configs shared.
    Threads {
        /// How many threads.
        threads: usize,
        /// How long.
        milliseconds: u64,
    },
    /// The server's chain verified for so long, as a client does that trusts the root.
    Verifications {
        /// How long.
        milliseconds: u64,
    },
    /// Through sockets, by a program of streams.
    Loopback(Loopback),
}

/// What goes through sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Loopback {
    /// One connection, from client to server.
    Whole {
        /// How much.
        mebibytes: usize,
    },
    /// Connections one after another, each of a few requests and answers.
    Requests {
        /// How many connections.
        connections: usize,
        /// How many requests in each.
        requests: usize,
    },
    /// Calls to the socket for one handshake and one byte each way.
    Calls,
}

/// What a peer answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Answer {
    /// To [`Order::Open`].
    Ready(Box<Trial>),
    /// To [`Order::Handshakes`] (client, server) and [`Order::Bulk`] (seal, open): nanoseconds, one of each per
    /// handshake or sample. To [`Order::Threads`], nanoseconds per handshake in each thread, and nothing; to
    /// [`Order::Verifications`], nanoseconds of each, and nothing. To [`Order::Loopback`], nanoseconds per connection or mebibyte, and nothing; or the calls of client and server.
    Times(Vec<u64>, Vec<u64>),
    /// To [`Order::Heap`]; `None` from who holds no connection.
    Heap(Option<Heap>),
    /// To [`Order::Open`]: the library has no way to do this, and stands aside.
    PassedOver(String),
    /// It cannot be done.
    Refused(String),
}

/// What both sides hold once the handshake is complete and they wait, and what it took to get there.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Heap {
    /// The client's.
    pub client: Held,
    /// The server's.
    pub server: Held,
}

/// What a trial handshake turned out to be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Trial {
    /// What was agreed; `None` from the floor, which computes without a peer.
    pub agreed: Option<Agreed>,
    /// The bytes that were sent.
    pub flights: Flights,
    /// The bytes on the wire for a write of 64 KiB.
    pub sealed: u64,
}

/// What two sides agreed on, by the numbers of the registries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreed {
    /// The version of the protocol.
    pub version: u16,
    /// The cipher suite.
    pub suite: u16,
    /// The group; `None` where no key was exchanged.
    pub group: Option<u16>,
    /// The scheme of CertificateVerify, where this side knows it.
    pub signature: Option<u16>,
    /// Whether an older session was taken up.
    pub resumed: bool,
    /// A mark of the chain that the client was shown ([`chain_mark`](crate::chain_mark)), where this side knows it.
    pub chain: Option<u64>,
    /// Likewise of the chain that the server was shown, if it asked for one.
    pub client_chain: Option<u64>,
}

/// The bytes of each flight, records and all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flights {
    /// The client's hello.
    pub hello: usize,
    /// All that the server answers to it.
    pub server: usize,
    /// The client's second flight.
    pub finished: usize,
    /// What the server sends behind it: a ticket, or the end of a handshake of TLS 1.2.
    pub last: usize,
}

impl Flights {
    /// The least of each.
    #[must_use]
    pub fn least(self, other: Self) -> Self {
        Self {
            hello: self.hello.min(other.hello),
            server: self.server.min(other.server),
            finished: self.finished.min(other.finished),
            last: self.last.min(other.last),
        }
    }
}
