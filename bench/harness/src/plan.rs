//! Which cases there are, and how long each takes.

use bench_peer::case::{Group, Kind, Resumption, Session, Suite, Version};
use bench_peer::order::Loopback;

/// One session, and what is measured in it.
pub(crate) struct Case {
    pub(crate) session: Session,
    pub(crate) what: What,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum What {
    /// Handshakes, timed, and one with the heap counted.
    Handshake,
    /// So many writes of one length.
    Bulk { write: usize, writes: usize },
    /// Handshakes in so many threads at once.
    Threads(usize),
    /// The server's chain verified.
    Verify,
    /// Through sockets.
    Loopback(Loopback),
}

impl Case {
    pub(crate) fn name(&self) -> String {
        let Session { suite, group, kind, .. } = self.session;
        match self.what {
            What::Handshake => self.handshake(),
            What::Bulk { write, writes: 1 } if write >= 1 << 20 => {
                format!("{suite}, {} MiB writes", write >> 20)
            }
            What::Bulk { write, writes: 1 } => format!("{suite}, {} KiB writes", write >> 10),
            What::Bulk { write, writes } => format!("{suite}, {writes} writes of {write} B"),
            What::Threads(1) => format!("full 1.3, {group}, {kind}, 1 thread"),
            What::Threads(count) => format!("full 1.3, {group}, {kind}, {count} threads"),
            What::Verify => format!("verify a chain, {kind}"),
            What::Loopback(Loopback::Whole { mebibytes }) => {
                format!("tokio, {mebibytes} MiB over one connection")
            }
            What::Loopback(Loopback::Requests { connections, requests }) => {
                format!("tokio, {connections} connections of {requests} requests")
            }
            What::Loopback(Loopback::Calls) => "tokio, handshake and a byte each way".to_owned(),
        }
    }

    fn handshake(&self) -> String {
        let Session { version, group, kind, resumption, mutual, remembers, .. } = self.session;
        let version = match version {
            Version::Tls12 => "1.2",
            Version::Tls13 => "1.3",
        };
        let key = if self.session.exchanges() { format!(", {group}") } else { String::new() };
        match (resumption, mutual) {
            (Resumption::None, false) if remembers => {
                format!("full {version}{key}, {kind}, chain seen before")
            }
            (Resumption::None, false) => format!("full {version}{key}, {kind}"),
            (Resumption::None, true) => format!("mutual {version}{key}, {kind}"),
            (Resumption::Ticket, _) if self.session.exchanges() => {
                format!("resumed {version}{key}, ticket and a new one")
            }
            (Resumption::Ticket, _) => format!("resumed {version}{key}, ticket"),
            (Resumption::Id, _) => format!("resumed {version}{key}, session id"),
        }
    }
}

const PLAIN: Session = Session::full(Suite::Aes128Gcm, Group::X25519, Kind::EcdsaP256);

/// Every case, in the order of the tables.
pub(crate) fn cases() -> Vec<Case> {
    let handshakes = sessions().into_iter().map(|session| Case { session, what: What::Handshake });
    let chains = [Kind::EcdsaP256, Kind::Rsa2048]
        .map(|kind| Case { session: Session { kind, ..PLAIN }, what: What::Verify });
    let bulk = Suite::ALL.into_iter().flat_map(|suite| {
        let session = Session { suite, ..PLAIN };
        let small = [64, 256, 1 << 10].map(|write| What::Bulk { write, writes: 100 });
        let large = [16 << 10, 64 << 10, 1 << 20, 16 << 20].map(|write| What::Bulk { write, writes: 1 });
        small.into_iter().chain(large).map(move |what| Case { session, what })
    });
    let most = std::thread::available_parallelism().map_or(1, usize::from);
    let mut threads = vec![1, 2, most];
    threads.retain(|count| *count <= most);
    threads.dedup();
    let others = [
        Loopback::Whole { mebibytes: 1024 },
        Loopback::Requests { connections: 1000, requests: 10 },
        Loopback::Calls,
    ];
    let others = others.into_iter().map(What::Loopback);
    let others = threads.into_iter().map(What::Threads).chain(others);
    handshakes.chain(chains).chain(bulk).chain(others.map(|what| Case { session: PLAIN, what })).collect()
}

fn sessions() -> Vec<Session> {
    let rsa = Session { kind: Kind::Rsa2048, ..PLAIN };
    let hybrid = |session| Session { group: Group::X25519MlKem768, ..session };
    let old = |session| Session { version: Version::Tls12, ..session };
    let resumed = |resumption| Session { resumption, ..PLAIN };
    vec![
        PLAIN,
        rsa,
        hybrid(PLAIN),
        hybrid(rsa),
        Session { remembers: true, ..PLAIN },
        Session { mutual: true, ..PLAIN },
        resumed(Resumption::Ticket),
        hybrid(resumed(Resumption::Ticket)),
        old(PLAIN),
        old(rsa),
        old(resumed(Resumption::Ticket)),
        old(resumed(Resumption::Id)),
    ]
}

/// How often each peer has its turn in a case, and for how long.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) rounds: usize,
    pub(crate) milliseconds: u64,
    /// Rounds of what takes longer than a turn: connections through sockets.
    pub(crate) long_rounds: usize,
}

impl Pace {
    pub(crate) fn new(quick: bool) -> Self {
        if quick {
            Self { rounds: 12, milliseconds: 15, long_rounds: 2 }
        } else {
            Self { rounds: 100, milliseconds: 20, long_rounds: 5 }
        }
    }
}
