//! The floor: what a connection must compute whoever writes the library, and nothing else.
//!
//! [`count`] says how much of each primitive RFC 9846 asks for; [`work`] does it, through aws-lc-rs, which all
//! Rust peers use, and its HMACs by either of two ways ([`hmac`]). There is no protocol here: no parsing, no state, no certificate is read.

mod bulk;
mod count;
mod hmac;
mod work;

use std::hint::black_box;
use std::process::ExitCode;

use bench_peer::case::Session;
use bench_peer::fault::Fault;
use bench_peer::identity::Identity;
use bench_peer::measure::repeat;
use bench_peer::order::{Flights, Heap, Trial};
use bench_peer::serve::{Runner, serve};
use bench_peer::watch::{Gauge as _, Watch};
use count::Sizes;
use hmac::Provider;
use work::Bench;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("aws-lc") => serve::<Floor<false>>(),
        Some("sha2") => serve::<Floor<true>>(),
        _ => {
            eprintln!("bench-floor aws-lc|sha2");
            ExitCode::FAILURE
        }
    }
}

/// The floor, with HMACs over sha2 or by AWS-LC.
struct Floor<const SHA2: bool> {
    session: Session,
    flights: Flights,
    client: Bench,
    server: Bench,
}

impl<const SHA2: bool> Floor<SHA2> {
    const HMAC: Provider = if SHA2 { Provider::Sha2 } else { Provider::AwsLc };
}

impl<const SHA2: bool> Runner for Floor<SHA2> {
    fn open(session: Session, identity: &Identity, flights: Option<Flights>) -> Result<Self, Fault> {
        let flights = flights.ok_or_else(|| Fault::new("the floor must be told how long the flights are"))?;
        let sizes = Sizes::new(session, identity, flights);
        Ok(Self {
            session,
            flights,
            client: Bench::new(session, identity, count::client(session, &sizes), Self::HMAC)?,
            server: Bench::new(session, identity, count::server(session, &sizes), Self::HMAC)?,
        })
    }

    fn trial(&self) -> Result<Trial, Fault> {
        self.client.perform()?;
        self.server.perform()?;
        let sealed = bulk::wire_length(self.session, 1 << 16) as u64;
        Ok(Trial { agreed: None, flights: self.flights, sealed })
    }

    fn handshakes(&self, milliseconds: u64) -> Result<(Vec<u64>, Vec<u64>), Fault> {
        repeat(milliseconds, || {
            let (mut client, mut server) = (Watch::default(), Watch::default());
            client.run(|| self.client.perform())?;
            server.run(|| self.server.perform())?;
            Ok((client.nanoseconds(), server.nanoseconds()))
        })
    }

    fn bulk(&self, write: usize, writes: usize, milliseconds: u64) -> Result<(Vec<u64>, Vec<u64>), Fault> {
        if SHA2 {
            // There is no HMAC in it: AWS-LC's floor is the floor.
            return Ok((Vec::new(), Vec::new()));
        }
        let mut records = bulk::Records::new(self.session.suite, write)?;
        let mut once = || {
            let (mut seal, mut open) = (Watch::default(), Watch::default());
            seal.run(|| (0..writes).try_for_each(|_| records.seal(|sealed| _ = black_box(sealed))))?;
            records.receive(writes)?;
            open.run(|| (0..writes).try_for_each(|write| records.open(write)))?;
            Ok::<_, Fault>((seal.nanoseconds(), open.nanoseconds()))
        };
        once()?;
        repeat(milliseconds, once)
    }

    fn verifications(&self, milliseconds: u64) -> Result<Vec<u64>, Fault> {
        if SHA2 {
            return Ok(Vec::new());
        }
        let (times, _) = repeat(milliseconds, || {
            let mut watch = Watch::default();
            watch.run(|| self.client.verify_chain())?;
            Ok((watch.nanoseconds(), 0))
        })?;
        Ok(times)
    }

    fn heap(&self) -> Result<Option<Heap>, Fault> {
        Ok(None)
    }

    fn threads(&self, threads: usize, milliseconds: u64) -> Result<Vec<u64>, Fault> {
        let _ = (threads, milliseconds);
        Ok(Vec::new())
    }
}
