//! Runs the cases: each program in its turn, round after round, so that what disturbs the machine disturbs all.

use std::path::{Path, PathBuf};

use bench_peer::fault::Fault;
use bench_peer::heap::Held;
use bench_peer::order::{Answer, Flights, Loopback, Order, Trial};

use crate::plan::{Case, Pace, What};
use crate::program::{Kind, Program, start_all};
use crate::row::{Cell, Row};
use crate::{alike, authority};

/// What is to be run.
pub(crate) struct Run<'a> {
    pub(crate) cases: &'a [Case],
    /// The columns that take part; all, if none is named.
    pub(crate) columns: &'a [String],
    pub(crate) pace: Pace,
}

/// Every case, in order.
pub(crate) fn all(run: &Run<'_>) -> Result<Vec<Row>, Fault> {
    let folder = certificates()?;
    let mut memory = start_all(Kind::Memory, run.columns)?;
    let mut rows = Vec::new();
    for case in run.cases.iter().filter(|case| !matches!(case.what, What::Loopback(_))) {
        eprintln!("bench: {}", case.name());
        let (mut ready, trials) = open(&mut memory, case, &folder)?;
        rows.extend(timed(&mut ready, case, run.pace)?);
        if matches!(case.what, What::Handshake) {
            rows.extend(sent(&ready, case, &trials));
        }
    }
    drop(memory);
    let mut counting = start_all(Kind::Heap, run.columns)?;
    for case in run.cases.iter().filter(|case| case.what == What::Handshake) {
        let (mut ready, _) = open(&mut counting, case, &folder)?;
        rows.extend(heap(&mut ready, case)?);
    }
    drop(counting);
    let mut streams = start_all(Kind::Streams, run.columns)?;
    for case in run.cases.iter().filter(|case| matches!(case.what, What::Loopback(_))) {
        eprintln!("bench: {}", case.name());
        let (mut ready, _) = open(&mut streams, case, &folder)?;
        rows.extend(timed(&mut ready, case, run.pace)?);
    }
    Ok(rows)
}

/// The certificates of this run, made beside the programs.
pub(crate) fn certificates() -> Result<PathBuf, Fault> {
    let folder = std::env::current_exe()?.with_file_name("bench-certificates");
    authority::make(&folder)?;
    Ok(folder)
}

/// Opens the session everywhere, and makes sure that all who take part do the same.
fn open<'a>(
    programs: &'a mut [Program],
    case: &Case,
    folder: &Path,
) -> Result<(Vec<&'a mut Program>, Vec<Trial>), Fault> {
    let mut ready = Vec::new();
    let mut trials: Vec<Trial> = Vec::new();
    let mut least: Option<Flights> = None;
    for program in programs {
        let order = Order::Open { session: case.session, folder: folder.to_owned(), flights: least };
        if let Some(trial) = program.open(&order)? {
            least = Some(least.map_or(trial.flights, |least| least.least(trial.flights)));
            trials.push(trial);
            ready.push(program);
        }
    }
    let named: Vec<(&str, Trial)> =
        ready.iter().map(|program| program.name.as_str()).zip(trials.iter().cloned()).collect();
    alike::check(case.session, &named)?;
    Ok((ready, trials))
}

/// The samples of one program for each side, round by round.
type Samples = [Vec<Vec<f64>>; 2];

/// How a case is asked for, and the rows that come of it.
fn order(case: &Case, pace: Pace) -> (Order, usize, Vec<Row>) {
    let milliseconds = pace.milliseconds;
    let rows =
        |sides: &[&'static str], unit| sides.iter().map(|side| Row::new(&case.name(), side, unit)).collect();
    match case.what {
        What::Handshake => {
            (Order::Handshakes { milliseconds }, pace.rounds, rows(&["client", "server"], "us"))
        }
        What::Bulk { write, writes } => {
            // A write of 16 MiB takes longer than a turn.
            let rounds = if write < 16 << 20 { pace.rounds } else { pace.rounds.div_ceil(4) };
            (Order::Bulk { write, writes, milliseconds }, rounds, rows(&["seal", "open"], "us"))
        }
        What::Threads(threads) => {
            (Order::Threads { threads, milliseconds }, pace.rounds, rows(&["thread"], "us"))
        }
        What::Verify => (Order::Verifications { milliseconds }, pace.rounds, rows(&["verifier"], "us")),
        What::Loopback(what @ Loopback::Whole { .. }) => {
            (Order::Loopback(what), pace.long_rounds, rows(&["both"], "us/MiB"))
        }
        What::Loopback(what @ Loopback::Requests { .. }) => {
            (Order::Loopback(what), pace.long_rounds, rows(&["both"], "us/connection"))
        }
        What::Loopback(what @ Loopback::Calls) => {
            (Order::Loopback(what), 1, rows(&["client", "server"], "socket calls"))
        }
    }
}

fn timed(programs: &mut [&mut Program], case: &Case, pace: Pace) -> Result<Vec<Row>, Fault> {
    let (order, rounds, mut rows) = order(case, pace);
    let counted = case.what == What::Loopback(Loopback::Calls);
    let mut samples: Vec<Samples> = programs.iter().map(|_| Samples::default()).collect();
    for round in 0..rounds {
        // Each round begins with another program, so that none always follows the same one.
        for turn in 0..programs.len() {
            let index = (round + turn) % programs.len();
            let program = &mut programs[index];
            let times = match program.ask(&order)? {
                Answer::Times(one, other) => [one, other],
                other => return Err(program.unexpected(&other)),
            };
            for (samples, times) in samples[index].iter_mut().zip(times) {
                samples.push(times.into_iter().map(if counted { whole } else { microseconds }).collect());
            }
        }
    }
    for (program, samples) in programs.iter().zip(samples) {
        for (row, samples) in rows.iter_mut().zip(samples) {
            program.columns().for_each(|column| row.put(column, Cell::of(&samples)));
        }
    }
    Ok(rows)
}

#[expect(clippy::cast_precision_loss, reason = "no sample takes 2^52 nanoseconds")]
fn microseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1000.0
}

/// The bytes that each side sends in the handshake.
fn sent(programs: &[&mut Program], case: &Case, trials: &[Trial]) -> [Row; 2] {
    let mut rows = ["client", "server"].map(|side| Row::new(&case.name(), side, "B sent"));
    for (program, trial) in programs.iter().zip(trials) {
        let Flights { hello, server, finished, last } = trial.flights;
        for (row, bytes) in rows.iter_mut().zip([hello + finished, server + last]) {
            let bytes = trial.agreed.is_some().then(|| Cell::exactly(whole(bytes as u64)));
            program.columns().for_each(|column| row.put(column, bytes.clone()));
        }
    }
    rows
}

/// What each side holds when idle and at its peak, and how often it asked the heap.
fn heap(programs: &mut [&mut Program], case: &Case) -> Result<Vec<Row>, Fault> {
    let units = ["B heap, idle", "B heap, peak", "allocations", "allocations of AWS-LC"];
    let mut rows: Vec<Row> = units
        .iter()
        .flat_map(|unit| ["client", "server"].map(|side| Row::new(&case.name(), side, unit)))
        .collect();
    for program in programs {
        let heap = match program.ask(&Order::Heap)? {
            Answer::Heap(heap) => heap,
            other => return Err(program.unexpected(&other)),
        };
        let Some(heap) = heap else { continue };
        let [client, server] = [heap.client, heap.server].map(|side| figures(side, program.has_own_heap()));
        let values = client.into_iter().zip(server).flat_map(|(client, server)| [client, server]);
        for (row, value) in rows.iter_mut().zip(values) {
            let value = value.map(|value| Cell::exactly(whole(value)));
            program.columns().for_each(|column| row.put(column, value.clone()));
        }
    }
    Ok(rows)
}

/// What one side holds, in the order of the units. A library in C has its own allocations alone.
fn figures(side: Held, in_c: bool) -> [Option<u64>; 4] {
    let (own, foreign) = match in_c {
        true => (side.foreign, None),
        false => (side.allocations, Some(side.foreign)),
    };
    [Some(side.bytes.unsigned_abs()), Some(side.peak.unsigned_abs()), Some(own), foreign]
}

#[expect(clippy::cast_precision_loss, reason = "no count here reaches 2^52")]
fn whole(count: u64) -> f64 {
    count as f64
}
