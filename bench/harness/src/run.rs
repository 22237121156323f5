//! Runs the cases: each program in its turn, round after round, so that what disturbs the machine disturbs all.

use std::path::{Path, PathBuf};

use bench_peer::fault::Fault;
use bench_peer::order::{Answer, Flights, Order, Trial};

use crate::plan::{Case, Pace, What};
use crate::program::{Program, start_all};
use crate::row::{Cell, Row};
use crate::{alike, authority};

/// Every case, in order.
pub(crate) fn all(cases: &[Case], pace: Pace) -> Result<Vec<Row>, Fault> {
    let folder = certificates()?;
    let mut programs = start_all()?;
    let mut rows = Vec::new();
    for case in cases {
        eprintln!("bench: {}", case.name());
        let trials = open(&mut programs, case, &folder)?;
        rows.extend(timed(&mut programs, case, pace)?);
        if matches!(case.what, What::Handshake) {
            rows.extend(sent(&programs, case, &trials));
            rows.extend(heap(&mut programs, case)?);
        }
    }
    // Times first, then what was counted.
    rows.sort_by_key(|row| row.unit != "us");
    Ok(rows)
}

/// The certificates of this run, made beside the programs.
pub(crate) fn certificates() -> Result<PathBuf, Fault> {
    let folder = std::env::current_exe()?.with_file_name("bench-certificates");
    authority::make(&folder)?;
    Ok(folder)
}

/// Opens the session everywhere, and makes sure that all do the same.
fn open(programs: &mut [Program], case: &Case, folder: &Path) -> Result<Vec<Trial>, Fault> {
    let mut trials: Vec<Trial> = Vec::new();
    let mut least: Option<Flights> = None;
    for program in programs.iter_mut() {
        let order = Order::Open { session: case.session, folder: folder.to_owned(), flights: least };
        let trial = program.open(&order)?;
        least = Some(least.map_or(trial.flights, |least| least.least(trial.flights)));
        trials.push(trial);
    }
    let named: Vec<(&str, Trial)> =
        programs.iter().map(|program| program.name.as_str()).zip(trials.iter().cloned()).collect();
    alike::check(case.session, &named)?;
    Ok(trials)
}

/// The samples of one program, for each side.
type Samples = [Vec<f64>; 2];

fn timed(programs: &mut [Program], case: &Case, pace: Pace) -> Result<[Row; 2], Fault> {
    let milliseconds = pace.milliseconds;
    let (order, sides) = match case.what {
        What::Handshake => (Order::Handshakes { milliseconds }, ["client", "server"]),
        What::Bulk(write) => (Order::Bulk { write, milliseconds }, ["seal", "open"]),
    };
    let mut samples: Vec<Samples> = programs.iter().map(|_| Samples::default()).collect();
    for round in 0..pace.rounds {
        // Each round begins with another program, so that none always follows the same one.
        for turn in 0..programs.len() {
            let index = (round + turn) % programs.len();
            let program = &mut programs[index];
            let times = match program.ask(&order)? {
                Answer::Times(one, other) => [one, other],
                other => return Err(program.unexpected(&other)),
            };
            for (samples, times) in samples[index].iter_mut().zip(times) {
                samples.extend(times.into_iter().map(microseconds));
            }
        }
    }
    let mut rows = sides.map(|side| Row::new(&case.name(), side, "us"));
    for (program, samples) in programs.iter().zip(samples) {
        for (row, samples) in rows.iter_mut().zip(samples) {
            row.put(program.column, Cell::of(samples));
        }
    }
    Ok(rows)
}

#[expect(clippy::cast_precision_loss, reason = "no sample takes 2^52 nanoseconds")]
fn microseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1000.0
}

/// The bytes that each side sends in the handshake.
fn sent(programs: &[Program], case: &Case, trials: &[Trial]) -> [Row; 2] {
    let mut rows = ["client", "server"].map(|side| Row::new(&case.name(), side, "B sent"));
    for (program, trial) in programs.iter().zip(trials) {
        let Flights { hello, server, finished } = trial.flights;
        for (row, bytes) in rows.iter_mut().zip([hello + finished, server]) {
            let bytes = trial.agreed.is_some().then(|| Cell::exactly(whole(bytes as u64)));
            row.put(program.column, bytes);
        }
    }
    rows
}

/// What each side holds when idle and at its peak, and how often it asked the heap.
fn heap(programs: &mut [Program], case: &Case) -> Result<Vec<Row>, Fault> {
    let units = ["B heap, idle", "B heap, peak", "allocations"];
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
        let [client, server] = [heap.client, heap.server]
            .map(|side| [side.bytes.unsigned_abs(), side.peak.unsigned_abs(), side.allocations]);
        let values = client.into_iter().zip(server).flat_map(|(client, server)| [client, server]);
        for (row, value) in rows.iter_mut().zip(values) {
            row.put(program.column, Some(Cell::exactly(whole(value))));
        }
    }
    Ok(rows)
}

#[expect(clippy::cast_precision_loss, reason = "no count here reaches 2^52")]
fn whole(count: u64) -> f64 {
    count as f64
}
