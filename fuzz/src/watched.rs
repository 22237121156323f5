//! A connection with every rule watched that must hold whatever its peer sends.

use bulla_tls::{Connection, Error, Need, Step};
use bulla_x509::verdict::Trusted;

use crate::input::Cuts;
use crate::text::assert_plain;

/// The most that a connection offers to read into: four records of the greatest length.
const SLOT_MOST: usize = 4 * (5 + (1 << 14) + 256);

/// A connection and all that came of it.
pub struct Watched {
    /// The connection.
    pub connection: Connection,
    /// What came of it.
    pub outcome: Outcome,
    /// Whether this side has ended it, so that its error says so.
    pub given_up: bool,
}

/// All that came of a connection, for comparison with another run.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Plaintext delivered.
    pub delivered: Vec<u8>,
    /// Bytes for the peer.
    pub sent: Vec<u8>,
    /// Whether the handshake was completed.
    pub established: bool,
    /// Whether the peer closed.
    pub closed: bool,
    /// Why it failed.
    pub error: Option<Error>,
}

impl Watched {
    /// Watches a connection.
    pub fn new(connection: Connection) -> Self {
        Self { connection, outcome: Outcome::default(), given_up: false }
    }

    /// Runs until bytes are needed; gives what is to be sent.
    ///
    /// # Panics
    /// If it takes more steps than anything to do could need, or hands out an internal error.
    pub fn run(&mut self) -> Vec<u8> {
        let from = self.outcome.sent.len();
        let mut steps = 0;
        while self.step() {
            steps += 1;
            assert!(steps < 10_000, "steps without end");
        }
        self.outcome.sent[from..].to_vec()
    }

    /// Does what one step says; whether there is more to do.
    fn step(&mut self) -> bool {
        let Self { connection, outcome, .. } = self;
        let (output, plaintext) = match connection.step() {
            Ok(Step::Transmit(bytes)) => {
                outcome.sent.extend_from_slice(bytes);
                (bytes.len(), 0)
            }
            Ok(Step::Deliver(bytes)) => {
                assert!(outcome.established && !bytes.is_empty());
                outcome.delivered.extend_from_slice(bytes);
                (0, bytes.len())
            }
            Ok(Step::Established(_)) => {
                assert!(!std::mem::replace(&mut outcome.established, true), "established twice");
                return true;
            }
            Ok(Step::Need(need)) => {
                answer(need);
                return true;
            }
            Ok(Step::Closed) => {
                outcome.closed = true;
                return false;
            }
            Ok(_) => return false,
            Err(error) => {
                self.fail(error);
                return false;
            }
        };
        connection.transmitted(output).expect("as much as was lent");
        connection.consume(plaintext).expect("as much as was lent");
        true
    }

    fn fail(&mut self, error: Error) {
        assert!(!matches!(error, Error::Internal(_)), "{error}");
        assert!(self.given_up || !matches!(error, Error::Misuse(_)), "{error}");
        assert_plain(&error);
        match &self.outcome.error {
            None => self.outcome.error = Some(error),
            Some(first) => assert_eq!(*first, error, "an error changed"),
        }
    }

    /// Receives bytes in pieces as `cuts` says; gives what is to be sent. A connection that failed or was
    /// closed is given them all the same.
    ///
    /// # Panics
    /// If a rule is broken.
    pub fn receive(&mut self, mut bytes: &[u8], cuts: &mut Option<Cuts>) -> Vec<u8> {
        let mut sent = Vec::new();
        while !bytes.is_empty() {
            let slot = self.connection.read_slot();
            assert!(slot.len() <= SLOT_MOST, "a slot of {} bytes", slot.len());
            if slot.is_empty() {
                assert!(self.outcome.error.is_some(), "no room to read into");
                break;
            }
            let size = cuts.as_mut().map_or(usize::MAX, Cuts::size);
            let count = bytes.len().min(slot.len()).min(size);
            let (now, later) = bytes.split_at(count);
            slot[..count].copy_from_slice(now);
            self.connection.advance(count).expect("as much as the slot holds");
            bytes = later;
            sent.extend(self.run());
        }
        sent
    }

    /// Closes from this side.
    pub fn close(&mut self) {
        self.given_up = true;
        self.connection.close();
    }

    /// Ends the input, and asks for everything that a dead connection must refuse.
    ///
    /// # Panics
    /// If the error changes, or a connection goes on after its end.
    pub fn end(mut self) -> Outcome {
        self.connection.end_of_input();
        self.run();
        if let Some(error) = &self.outcome.error {
            assert_eq!(self.connection.send(b"late").as_ref(), Err(error));
            assert_eq!(self.connection.error(), Some(error));
            let mut secret = [0; 32];
            assert!(self.connection.export_keying_material(b"late", None, &mut secret).is_err());
        }
        self.connection.close();
        self.connection.idle();
        self.run();
        assert!(self.outcome.closed || self.outcome.error.is_some(), "neither closed nor failed");
        self.outcome
    }
}

/// Whoever is asked to judge outside trusts everyone.
pub fn answer(need: Need) {
    if let Need::Verify(need) = need {
        need.reply.reply(Ok(Trusted::asserted("a fuzz target without anchors")));
    }
}
