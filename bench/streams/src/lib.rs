//! The frame of peers that are streams of tokio: client and server on one thread, TCP over loopback between them.
//!
//! What is timed and counted is decided here, once for all of them, as `bench-peer` does for what runs in memory.

mod counted;

use std::cell::Cell;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Instant;

use bench_peer::case::Session;
use bench_peer::fault::Fault;
use bench_peer::identity::Identity;
use bench_peer::order::{Agreed, Answer, Flights, Loopback, Order, Trial};
use bench_peer::serve::answer_orders;
use counted::CountedIo;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;

/// A stream as TLS wants it below, and as it is above.
pub trait Io: AsyncRead + AsyncWrite + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Unpin + 'static> Io for T {}

/// A library that wraps streams, set up for one session.
#[expect(async_fn_in_trait, reason = "awaited on the thread that makes it")]
pub trait Streams: Sized + 'static {
    /// A stream with the handshake behind it.
    type Stream<T: Io>: Io;

    /// Makes the configs.
    ///
    /// # Errors
    /// The library cannot do what the session asks for.
    fn new(session: Session, identity: &Identity) -> Result<Self, Fault>;

    /// The client's handshake.
    ///
    /// # Errors
    /// It failed.
    async fn connect<T: Io>(&self, io: T) -> Result<Self::Stream<T>, Fault>;

    /// The server's handshake.
    ///
    /// # Errors
    /// It failed.
    async fn accept<T: Io>(&self, io: T) -> Result<Self::Stream<T>, Fault>;

    /// What a handshake agreed on, asked for by making one.
    ///
    /// # Errors
    /// The handshake failed.
    async fn agreed(&self, client: TcpStream, server: TcpStream) -> Result<Agreed, Fault>;
}

/// How much is written at once, and how much is read at most.
const SHARE: usize = 1 << 16;
const REQUEST: usize = 100;
const ANSWER: usize = 1 << 10;

/// Carries out orders until there are no more.
pub fn serve<S: Streams>() -> ExitCode {
    let mut open: Option<Bench<S>> = None;
    answer_orders(|order| match order {
        Order::Open { session, folder, .. } => {
            let identity = Identity::read(&Path::new(&folder).join(session.kind.folder()))?;
            let bench = open.insert(Bench::new(session, &identity)?);
            Ok(Answer::Ready(Box::new(bench.trial()?)))
        }
        Order::Loopback(what) => {
            let bench = open.as_ref().ok_or_else(|| Fault::new("no session is open"))?;
            bench.run(what).map(|(one, other)| Answer::Times(one, other))
        }
        _ => Err(Fault::new("a program of streams")),
    })
}

struct Bench<S> {
    streams: Rc<S>,
    runtime: Runtime,
    tasks: LocalSet,
}

impl<S: Streams> Bench<S> {
    fn new(session: Session, identity: &Identity) -> Result<Self, Fault> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self { streams: Rc::new(S::new(session, identity)?), runtime, tasks: LocalSet::new() })
    }

    fn trial(&self) -> Result<Trial, Fault> {
        let agreed = self.tasks.block_on(&self.runtime, async {
            let (client, server) = connected(&listener().await?).await?;
            self.streams.agreed(client, server).await
        })?;
        Ok(Trial { agreed: Some(agreed), flights: Flights::default(), sealed: 0 })
    }

    fn run(&self, what: Loopback) -> Result<(Vec<u64>, Vec<u64>), Fault> {
        self.tasks.block_on(&self.runtime, async {
            match what {
                Loopback::Whole { mebibytes } => Ok((vec![self.whole(mebibytes).await?], Vec::new())),
                Loopback::Requests { connections, requests } => {
                    let listener = listener().await?;
                    let mut times = Vec::with_capacity(connections);
                    for _ in 0..connections {
                        times.push(self.requests(&listener, requests).await?);
                    }
                    Ok((times, Vec::new()))
                }
                Loopback::Calls => self.calls().await.map(|[client, server]| (vec![client], vec![server])),
            }
        })
    }

    /// One connection over which the server sends so much: nanoseconds for each mebibyte.
    async fn whole(&self, mebibytes: usize) -> Result<u64, Fault> {
        let (client, server) = connected(&listener().await?).await?;
        let streams = Rc::clone(&self.streams);
        let sending = tokio::task::spawn_local(async move {
            let mut stream = streams.accept(server).await?;
            let share = vec![0x5a; SHARE];
            for _ in 0..mebibytes * ((1 << 20) / SHARE) {
                stream.write_all(&share).await?;
            }
            stream.shutdown().await?;
            Ok::<_, Fault>(stream)
        });
        let mut stream = self.streams.connect(client).await?;
        let begin = Instant::now();
        let (mut share, mut got) = (vec![0; SHARE], 0);
        loop {
            match stream.read(&mut share).await? {
                0 => break,
                count => got += count,
            }
        }
        let time = nanoseconds(begin);
        drop(sending.await??);
        if got != mebibytes << 20 {
            return Err(Fault::new(format!("{got} bytes came of {mebibytes} MiB")));
        }
        Ok(time / mebibytes.max(1) as u64)
    }

    /// One connection with a handshake, some requests and an end: nanoseconds from its first byte to its last.
    async fn requests(&self, listener: &TcpListener, requests: usize) -> Result<u64, Fault> {
        let begin = Instant::now();
        let (client, server) = connected(listener).await?;
        let streams = Rc::clone(&self.streams);
        let answering = tokio::task::spawn_local(async move {
            let mut stream = streams.accept(server).await?;
            for _ in 0..requests {
                stream.read_exact(&mut [0; REQUEST]).await?;
                stream.write_all(&[1; ANSWER]).await?;
                stream.flush().await?;
            }
            stream.shutdown().await?;
            Ok::<_, Fault>(stream)
        });
        let mut stream = self.streams.connect(client).await?;
        for _ in 0..requests {
            stream.write_all(&[2; REQUEST]).await?;
            stream.flush().await?;
            stream.read_exact(&mut [0; ANSWER]).await?;
        }
        if stream.read(&mut [0]).await? != 0 {
            return Err(Fault::new("more came than was asked for"));
        }
        drop(answering.await??);
        Ok(nanoseconds(begin))
    }

    /// A handshake, a byte from the client and one back: how often each side called its socket.
    async fn calls(&self) -> Result<[u64; 2], Fault> {
        let (client, server) = connected(&listener().await?).await?;
        let counts = [Rc::new(Cell::new(0)), Rc::new(Cell::new(0))];
        let [client, server] = [(client, &counts[0]), (server, &counts[1])]
            .map(|(io, count)| CountedIo::new(io, Rc::clone(count)));
        let streams = Rc::clone(&self.streams);
        let answering = tokio::task::spawn_local(async move {
            let mut stream = streams.accept(server).await?;
            let mut byte = [0];
            stream.read_exact(&mut byte).await?;
            stream.write_all(&byte).await?;
            stream.flush().await?;
            Ok::<_, Fault>(stream)
        });
        let mut stream = self.streams.connect(client).await?;
        stream.write_all(&[7]).await?;
        stream.flush().await?;
        stream.read_exact(&mut [0]).await?;
        let calls = counts.map(|count| count.get());
        drop(answering.await??);
        Ok(calls)
    }
}

async fn listener() -> Result<TcpListener, Fault> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?)
}

/// Both ends of a connection, without Nagle's delay.
async fn connected(listener: &TcpListener) -> Result<(TcpStream, TcpStream), Fault> {
    let client = TcpStream::connect(listener.local_addr()?).await?;
    let (server, _) = listener.accept().await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    Ok((client, server))
}

fn nanoseconds(begin: Instant) -> u64 {
    u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
