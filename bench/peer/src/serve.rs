//! A peer's main loop: an order in, an answer out.

use std::io::{BufRead as _, Write as _, stdin, stdout};
use std::path::Path;
use std::process::ExitCode;

use crate::Peer;
use crate::case::Session;
use crate::fault::Fault;
use crate::identity::Identity;
use crate::measure;
use crate::order::{Answer, Flights, Heap, Order, Trial};

/// Who carries out orders: a library, or the floor.
pub trait Runner: Sized {
    /// Makes ready for a session.
    ///
    /// # Errors
    /// It cannot be done.
    fn open(session: Session, identity: &Identity, flights: Option<Flights>) -> Result<Self, Fault>;

    /// Tries the session once.
    ///
    /// # Errors
    /// It failed.
    fn trial(&self) -> Result<Trial, Fault>;

    /// See [`Order::Handshakes`].
    ///
    /// # Errors
    /// One failed.
    fn handshakes(&self, milliseconds: u64) -> Result<(Vec<u64>, Vec<u64>), Fault>;

    /// See [`Order::Bulk`].
    ///
    /// # Errors
    /// A write failed.
    fn bulk(&self, write: usize, writes: usize, milliseconds: u64) -> Result<(Vec<u64>, Vec<u64>), Fault>;

    /// See [`Order::Verifications`].
    ///
    /// # Errors
    /// One failed.
    fn verifications(&self, milliseconds: u64) -> Result<Vec<u64>, Fault>;

    /// See [`Order::Heap`].
    ///
    /// # Errors
    /// The handshake failed.
    fn heap(&self) -> Result<Option<Heap>, Fault>;

    /// See [`Order::Threads`].
    ///
    /// # Errors
    /// A handshake failed.
    fn threads(&self, threads: usize, milliseconds: u64) -> Result<Vec<u64>, Fault>;
}

impl<P: Peer> Runner for P {
    fn open(session: Session, identity: &Identity, _: Option<Flights>) -> Result<Self, Fault> {
        P::new(session, identity)
    }

    fn trial(&self) -> Result<Trial, Fault> {
        measure::trial(self)
    }

    fn handshakes(&self, milliseconds: u64) -> Result<(Vec<u64>, Vec<u64>), Fault> {
        measure::handshakes(self, milliseconds)
    }

    fn bulk(&self, write: usize, writes: usize, milliseconds: u64) -> Result<(Vec<u64>, Vec<u64>), Fault> {
        measure::bulk(self, write, writes, milliseconds)
    }

    fn threads(&self, threads: usize, milliseconds: u64) -> Result<Vec<u64>, Fault> {
        measure::threads(self, threads, milliseconds)
    }

    fn verifications(&self, milliseconds: u64) -> Result<Vec<u64>, Fault> {
        measure::verifications(self, milliseconds)
    }

    fn heap(&self) -> Result<Option<Heap>, Fault> {
        measure::heap(self).map(Some)
    }
}

/// Carries out orders until there are no more.
pub fn serve<R: Runner>() -> ExitCode {
    let mut runner: Option<R> = None;
    answer_orders(|order| obey(&mut runner, order))
}

/// Answers orders until there are no more, whoever carries them out.
pub fn answer_orders(mut obey: impl FnMut(Order) -> Result<Answer, Fault>) -> ExitCode {
    for line in stdin().lock().lines() {
        let order = line.map_err(Fault::from).and_then(|line| Ok(serde_json::from_str(&line)?));
        let answer = order.and_then(&mut obey);
        let answer = answer.unwrap_or_else(|fault| match fault.is_passed_over() {
            true => Answer::PassedOver(fault.to_string()),
            false => Answer::Refused(fault.to_string()),
        });
        if say(&answer).is_err() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn obey<R: Runner>(runner: &mut Option<R>, order: Order) -> Result<Answer, Fault> {
    if let Order::Open { session, folder, flights } = order {
        let identity = Identity::read(&Path::new(&folder).join(session.kind.folder()))?;
        let runner = runner.insert(R::open(session, &identity, flights)?);
        return Ok(Answer::Ready(Box::new(runner.trial()?)));
    }
    let runner = runner.as_ref().ok_or_else(|| Fault::new("no session is open"))?;
    let times = |(one, other)| Answer::Times(one, other);
    match order {
        Order::Handshakes { milliseconds } => runner.handshakes(milliseconds).map(times),
        Order::Bulk { write, writes, milliseconds } => runner.bulk(write, writes, milliseconds).map(times),
        Order::Threads { threads, milliseconds } => {
            runner.threads(threads, milliseconds).map(|each| Answer::Times(each, Vec::new()))
        }
        Order::Verifications { milliseconds } => {
            runner.verifications(milliseconds).map(|each| Answer::Times(each, Vec::new()))
        }
        Order::Heap | Order::Open { .. } => runner.heap().map(Answer::Heap),
        Order::Loopback(_) => Err(Fault::new("no program of streams")),
    }
}

fn say(answer: &Answer) -> Result<(), Fault> {
    let mut out = stdout().lock();
    serde_json::to_writer(&mut out, answer)?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}
