//! How a peer is measured: the same for all of them.

use std::time::{Duration, Instant};

use crate::fault::Fault;
use crate::heap::{Ledger, counting};
use crate::order::{Agreed, Flights, Heap, Trial};
use crate::watch::{Gauge, Watch};
use crate::{End, Peer, Sink, Wire};

/// Two sides with the handshake behind them. They lie on the heap, as they would in a server.
struct Pair<P: Peer> {
    client: Box<P::Client>,
    server: Box<P::Server>,
    flights: Flights,
}

/// The buffers between two sides, used again for each handshake.
struct Line {
    to_server: Vec<u8>,
    to_client: Vec<u8>,
}

impl Line {
    fn new() -> Self {
        Self { to_server: Vec::with_capacity(1 << 16), to_client: Vec::with_capacity(1 << 16) }
    }
}

/// One handshake, each side's work accounted for by its own gauge, from its making until it is established.
fn handshake<P: Peer>(
    peer: &P,
    line: &mut Line,
    client_gauge: &mut impl Gauge,
    server_gauge: &mut impl Gauge,
) -> Result<Pair<P>, Fault> {
    let Line { to_server, to_client } = line;
    let mut client = client_gauge.run(|| {
        let mut client = Box::new(peer.client()?);
        client.shake(to_client, to_server)?;
        Ok::<_, Fault>(client)
    })?;
    let hello = to_server.len();
    let mut server = server_gauge.run(|| {
        let mut server = Box::new(peer.server()?);
        server.shake(to_server, to_client)?;
        Ok::<_, Fault>(server)
    })?;
    let flight = to_client.len();
    client_gauge.run(|| client.shake(to_client, to_server))?;
    let finished = to_server.len();
    server_gauge.run(|| server.shake(to_server, to_client))?;
    if !to_client.is_empty() {
        return Err(Fault::new("the server sent more behind the handshake: no tickets were asked for"));
    }
    if client.agreed().is_none() || server.agreed().is_none() {
        return Err(Fault::new("the handshake did not end after one round trip"));
    }
    Ok(Pair { client, server, flights: Flights { hello, server: flight, finished } })
}

/// One handshake and one write each way, with everything checked.
pub(crate) fn trial<P: Peer>(peer: &P) -> Result<Trial, Fault> {
    let mut line = Line::new();
    let mut pair = handshake(peer, &mut line, &mut (), &mut ())?;
    let agreed = both(pair.client.agreed(), pair.server.agreed())?;
    let data: Vec<u8> = (0..=250).cycle().take(1 << 16).collect();
    let sealed = exchange(&mut *pair.client, &mut *pair.server, &data)?;
    if exchange(&mut *pair.server, &mut *pair.client, &data)? != sealed {
        return Err(Fault::new("client and server seal the same write in records of other lengths"));
    }
    Ok(Trial { agreed: Some(agreed), flights: pair.flights, sealed })
}

/// What the two sides say that they agreed on, which must not differ.
fn both(client: Option<Agreed>, server: Option<Agreed>) -> Result<Agreed, Fault> {
    let (Some(client), Some(server)) = (client, server) else {
        return Err(Fault::new("the handshake did not complete"));
    };
    let common = Agreed { signature: client.signature, chain: client.chain, ..server.clone() };
    if common == client { Ok(client) } else { Err(Fault::new(format!("{client:?} is not {server:?}"))) }
}

/// One write from one side to the other, compared; gives its bytes on the wire.
fn exchange(from: &mut impl End, to: &mut impl End, data: &[u8]) -> Result<u64, Fault> {
    let mut sink = Sink { count: 0, kept: Some(Vec::new()) };
    from.seal(data, &mut sink)?;
    let mut got = Vec::new();
    let sealed = sink.kept.unwrap_or_default();
    to.open(&mut Wire::new(&sealed), &mut Watch::default(), &mut |part| got.extend_from_slice(part))?;
    if got == data { Ok(sink.count) } else { Err(Fault::new("what was opened is not what was sealed")) }
}

/// Handshakes until the time is over: nanoseconds of the client and of the server.
pub(crate) fn handshakes<P: Peer>(peer: &P, milliseconds: u64) -> Result<(Vec<u64>, Vec<u64>), Fault> {
    let mut line = Line::new();
    repeat(milliseconds, || {
        let (mut client, mut server) = (Watch::default(), Watch::default());
        handshake(peer, &mut line, &mut client, &mut server)?;
        Ok((client.nanoseconds(), server.nanoseconds()))
    })
}

/// Handshakes that are not timed, for whoever counts instructions.
///
/// # Errors
/// One failed.
pub fn untimed<P: Peer>(peer: &P, count: usize) -> Result<(), Fault> {
    let mut line = Line::new();
    for _ in 0..count {
        handshake(peer, &mut line, &mut (), &mut ())?;
    }
    Ok(())
}

/// Writes from client to server until the time is over: nanoseconds to seal one, and to open one.
///
/// What is sealed under the clock goes nowhere, as into a socket whose kernel copies for free; what is opened
/// was sealed by another connection.
pub(crate) fn bulk<P: Peer>(
    peer: &P,
    write: usize,
    milliseconds: u64,
) -> Result<(Vec<u64>, Vec<u64>), Fault> {
    let mut writes = Writes::new(peer, write)?;
    repeat(milliseconds, || writes.write())
}

/// Connections that write, and their buffers.
pub struct Writes<P: Peer> {
    sealing: Pair<P>,
    opening: Pair<P>,
    data: Vec<u8>,
    sink: Sink,
    sealed: Sink,
}

impl<P: Peer> Writes<P> {
    /// Two pairs of connections: one whose client seals, one whose server opens.
    ///
    /// # Errors
    /// A handshake failed.
    pub fn new(peer: &P, write: usize) -> Result<Self, Fault> {
        let pair = || handshake(peer, &mut Line::new(), &mut (), &mut ());
        let sealed = Sink { count: 0, kept: Some(Vec::with_capacity(write + write / 256 + 64)) };
        let (sealing, opening) = (pair()?, pair()?);
        Ok(Self { sealing, opening, data: vec![0x5a; write], sink: Sink::default(), sealed })
    }

    /// One write sealed and one opened: nanoseconds of each.
    ///
    /// # Errors
    /// The library refuses, or other bytes came than were written.
    pub fn write(&mut self) -> Result<(u64, u64), Fault> {
        let (mut seal, mut open) = (Watch::default(), Watch::default());
        seal.run(|| self.sealing.client.seal(&self.data, &mut self.sink))?;
        self.sealed.kept.get_or_insert_default().clear();
        self.opening.client.seal(&self.data, &mut self.sealed)?;
        let mut got = 0;
        let kept = self.sealed.kept.as_deref().unwrap_or_default();
        let mut wire = Wire::new(kept);
        open.start();
        self.opening.server.open(&mut wire, &mut open, &mut |part| got += part.len())?;
        open.stop();
        if got != self.data.len() {
            return Err(Fault::new(format!("{} bytes were written, {got} came", self.data.len())));
        }
        Ok((seal.nanoseconds(), open.nanoseconds()))
    }
}

/// One handshake with the heap counted: what each side holds while it waits, connection and all.
pub(crate) fn heap<P: Peer>(peer: &P) -> Result<Heap, Fault> {
    let mut line = Line::new();
    // The first handshake fills what a process has once.
    handshake(peer, &mut line, &mut (), &mut ())?;
    counting(|| {
        let (mut client, mut server) = (Ledger::default(), Ledger::default());
        let mut pair = handshake(peer, &mut line, &mut client, &mut server)?;
        client.run(|| pair.client.idle());
        server.run(|| pair.server.idle());
        Ok(Heap { client: client.holding, server: server.holding })
    })
}

/// Does something again and again, at least once, until the time is over.
///
/// # Errors
/// The first failure.
pub fn repeat(
    milliseconds: u64,
    mut once: impl FnMut() -> Result<(u64, u64), Fault>,
) -> Result<(Vec<u64>, Vec<u64>), Fault> {
    let (begin, length) = (Instant::now(), Duration::from_millis(milliseconds));
    let mut times = (Vec::new(), Vec::new());
    loop {
        let (one, other) = once()?;
        times.0.push(one);
        times.1.push(other);
        if begin.elapsed() >= length {
            return Ok(times);
        }
    }
}
