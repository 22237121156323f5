//! How a peer is measured: the same for all of them.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use crate::fault::Fault;
use crate::heap::{Ledger, counting};
use crate::order::{Agreed, Flights, Heap, Trial};
use crate::watch::{Gauge, Watch};
use crate::{End, Peer, Sink, Whose, Wire};

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
    let last = to_client.len();
    // A ticket of TLS 1.3, or the server's Finished of TLS 1.2.
    if last > 0 {
        client_gauge.run(|| client.shake(to_client, to_server))?;
    }
    if !to_server.is_empty() {
        return Err(Fault::new("the client sent more behind the handshake"));
    }
    if client.agreed().is_none() || server.agreed().is_none() {
        return Err(Fault::new("the handshake did not end after two round trips"));
    }
    Ok(Pair { client, server, flights: Flights { hello, server: flight, finished, last } })
}

/// Makes the session that later handshakes resume, where they do.
fn prime<P: Peer>(peer: &P) -> Result<(), Fault> {
    handshake(peer, &mut Line::new(), &mut (), &mut ()).map(|_| ())
}

/// Both leaves judged, one handshake and one write each way, with everything checked.
pub(crate) fn trial<P: Peer>(peer: &P) -> Result<Trial, Fault> {
    if !peer.believes(Whose::Server)? || peer.believes(Whose::Client)? {
        return Err(Fault::new("the chain is not judged: the server's is good, the client's is not"));
    }
    prime(peer)?;
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
    // Each tells the chain that it was shown.
    let agreed =
        Agreed { signature: client.signature, chain: client.chain, client_chain: server.chain, ..server };
    let common = Agreed { client_chain: None, ..agreed.clone() };
    if common == client { Ok(agreed) } else { Err(Fault::new(format!("{client:?} is not {agreed:?}"))) }
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

/// The server's chain verified until the time is over: nanoseconds of each time.
pub(crate) fn verifications<P: Peer>(peer: &P, milliseconds: u64) -> Result<Vec<u64>, Fault> {
    let (times, _) = repeat(milliseconds, || {
        let mut watch = Watch::default();
        match watch.run(|| peer.believes(Whose::Server))? {
            true => Ok((watch.nanoseconds(), 0)),
            false => Err(Fault::new("the server's chain is refused")),
        }
    })?;
    Ok(times)
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
    count: usize,
    milliseconds: u64,
) -> Result<(Vec<u64>, Vec<u64>), Fault> {
    let mut writes = Writes::new(peer, write, count)?;
    // The first one touches memory that is new to the process, which a server's buffers are not.
    writes.write()?;
    repeat(milliseconds, || writes.write())
}

/// Handshakes in so many threads at once: nanoseconds per handshake, both sides together, in each thread.
pub(crate) fn threads<P: Peer>(peer: &P, threads: usize, milliseconds: u64) -> Result<Vec<u64>, Fault> {
    let begin = Barrier::new(threads);
    let alone = || {
        begin.wait();
        let (clients, servers) = handshakes(peer, milliseconds)?;
        let total: u64 = clients.iter().chain(&servers).sum();
        Ok(total / (clients.len() as u64).max(1))
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(alone)).collect();
        let joined = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined.map(|each| each.map_err(|_| Fault::new("a thread panicked"))?).collect()
    })
}

/// Connections that write, and their buffers.
pub struct Writes<P: Peer> {
    sealing: Pair<P>,
    opening: Pair<P>,
    count: usize,
    data: Vec<u8>,
    sink: Sink,
    sealed: Sink,
}

impl<P: Peer> Writes<P> {
    /// Two pairs of connections: one whose client seals, one whose server opens.
    ///
    /// # Errors
    /// A handshake failed.
    pub fn new(peer: &P, write: usize, count: usize) -> Result<Self, Fault> {
        let pair = || handshake(peer, &mut Line::new(), &mut (), &mut ());
        let sealed = Sink { count: 0, kept: Some(Vec::with_capacity(count * (write + write / 256 + 64))) };
        let (sealing, opening) = (pair()?, pair()?);
        Ok(Self { sealing, opening, count, data: vec![0x5a; write], sink: Sink::default(), sealed })
    }

    /// So many writes sealed one by one, and opened as they come: nanoseconds of all together.
    ///
    /// # Errors
    /// The library refuses, or other bytes came than were written.
    pub fn write(&mut self) -> Result<(u64, u64), Fault> {
        let (mut seal, mut open) = (Watch::default(), Watch::default());
        let Self { sealing, opening, data, sink, sealed, .. } = self;
        seal.run(|| (0..self.count).try_for_each(|_| sealing.client.seal(data, sink)))?;
        sealed.kept.get_or_insert_default().clear();
        (0..self.count).try_for_each(|_| opening.client.seal(data, sealed))?;
        let mut got = 0;
        let kept = self.sealed.kept.as_deref().unwrap_or_default();
        let mut wire = Wire::new(kept);
        open.start();
        self.opening.server.open(&mut wire, &mut open, &mut |part| got += part.len())?;
        open.stop();
        let written = self.data.len() * self.count;
        if got != written {
            return Err(Fault::new(format!("{written} bytes were written, {got} came")));
        }
        Ok((seal.nanoseconds(), open.nanoseconds()))
    }
}

/// One handshake with the heap counted: what each side holds while it waits, connection and all.
pub(crate) fn heap<P: Peer>(peer: &P) -> Result<Heap, Fault> {
    let mut line = Line::new();
    // The first handshakes fill what a process has once, and make a session where one is to be resumed.
    prime(peer)?;
    prime(peer)?;
    counting(|| {
        let (mut client, mut server) = (Ledger::default(), Ledger::default());
        let mut pair = handshake(peer, &mut line, &mut client, &mut server)?;
        client.run(|| pair.client.idle());
        server.run(|| pair.server.idle());
        Ok(Heap { client: client.held, server: server.held })
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
