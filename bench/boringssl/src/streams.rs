//! tokio-boring.

use bench_peer::case::Session;
use bench_peer::fault::Fault;
use bench_peer::identity::Identity;
use bench_peer::order::Agreed;
use bench_streams::{Io, Streams};
use boring::ssl::{Ssl, SslContext};
use tokio::net::TcpStream;
use tokio_boring::{SslStream, SslStreamBuilder};

use crate::side::agreed;
use crate::{Kept, context};

pub(crate) struct Boring {
    client: SslContext,
    server: SslContext,
    kept: Kept,
}

fn failed<S>(error: &tokio_boring::HandshakeError<S>) -> Fault {
    Fault::new(error.to_string())
}

impl Streams for Boring {
    type Stream<T: Io> = SslStream<T>;

    fn new(session: Session, identity: &Identity) -> Result<Self, Fault> {
        let kept = Kept::default();
        let client = context::client(session, identity, &kept)?;
        Ok(Self { client, server: context::server(session, identity)?, kept })
    }

    async fn connect<T: Io>(&self, io: T) -> Result<Self::Stream<T>, Fault> {
        let ssl = context::connection(&self.client, &self.kept)?;
        SslStreamBuilder::new(ssl, io).connect().await.map_err(|error| failed(&error))
    }

    async fn accept<T: Io>(&self, io: T) -> Result<Self::Stream<T>, Fault> {
        let ssl = Ssl::new(&self.server)?;
        SslStreamBuilder::new(ssl, io).accept().await.map_err(|error| failed(&error))
    }

    async fn agreed(&self, client: TcpStream, server: TcpStream) -> Result<Agreed, Fault> {
        let ssl = Ssl::new(&self.server)?;
        let accepted =
            tokio::task::spawn_local(
                async move { SslStreamBuilder::new(ssl, server).accept().await.map(drop) },
            );
        let ssl = context::connection(&self.client, &self.kept)?;
        let stream = SslStreamBuilder::new(ssl, client).connect().await.map_err(|error| failed(&error))?;
        accepted.await?.map_err(|error| failed(&error))?;
        agreed(stream.ssl()).ok_or_else(|| Fault::new("the handshake told too little"))
    }
}
