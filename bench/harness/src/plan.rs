//! Which cases there are, and how long each takes.

use bench_peer::case::{Group, Kind, Session, Suite};

/// One session, and what is measured in it.
pub(crate) struct Case {
    pub(crate) session: Session,
    pub(crate) what: What,
}

pub(crate) enum What {
    /// Full handshakes, timed, and one with the heap counted.
    Handshake,
    /// Writes of one length.
    Bulk(usize),
}

impl Case {
    pub(crate) fn name(&self) -> String {
        let Session { suite, group, kind } = self.session;
        match self.what {
            What::Handshake => format!("full 1.3, {group}, {kind}"),
            What::Bulk(write) if write >= 1 << 20 => format!("{suite}, {} MiB writes", write >> 20),
            What::Bulk(write) => format!("{suite}, {} KiB writes", write >> 10),
        }
    }
}

/// Every case, in the order of the tables.
pub(crate) fn cases() -> Vec<Case> {
    let suite = Suite::Aes128Gcm;
    let mut cases = Vec::new();
    for group in [Group::X25519, Group::X25519MlKem768] {
        for kind in [Kind::EcdsaP256, Kind::Rsa2048] {
            cases.push(Case { session: Session { suite, group, kind }, what: What::Handshake });
        }
    }
    for suite in Suite::ALL {
        for write in [16 << 10, 64 << 10, 1 << 20] {
            let session = Session { suite, group: Group::X25519, kind: Kind::EcdsaP256 };
            cases.push(Case { session, what: What::Bulk(write) });
        }
    }
    cases
}

/// How often each peer has its turn in a case, and for how long.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) rounds: usize,
    pub(crate) milliseconds: u64,
}

impl Pace {
    pub(crate) fn new(quick: bool) -> Self {
        if quick { Self { rounds: 20, milliseconds: 25 } } else { Self { rounds: 60, milliseconds: 60 } }
    }
}
