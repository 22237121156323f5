//! bulla-tokio and tokio-rustls as streams over loopback.

use std::process::ExitCode;
use std::sync::Arc;

use bench_peer::case::Session;
use bench_peer::chain_mark;
use bench_peer::fault::Fault;
use bench_peer::identity::{Identity, SERVER_NAME};
use bench_peer::order::Agreed;
use bench_rustls::Configs;
use bench_streams::{Io, Streams};
use bulla_tokio::{TlsAcceptor, TlsConnector, TlsStream};
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["bulla"] => bench_streams::serve::<Bulla>(),
        ["rustls"] => bench_streams::serve::<Rustls>(),
        _ => {
            eprintln!("bench-streams-rust bulla|rustls");
            ExitCode::FAILURE
        }
    }
}

struct Bulla {
    connector: TlsConnector,
    acceptor: TlsAcceptor,
    name: ServerName<'static>,
}

impl Streams for Bulla {
    type Stream<T: Io> = TlsStream<T>;

    fn new(session: Session, identity: &Identity) -> Result<Self, Fault> {
        Ok(Self {
            connector: TlsConnector::from(bench_bulla::client_config(session, identity)?.check()?),
            acceptor: TlsAcceptor::from(bench_bulla::server_config(session, identity)?.check()?),
            name: ServerName::try_from(SERVER_NAME)?,
        })
    }

    async fn connect<T: Io>(&self, io: T) -> Result<Self::Stream<T>, Fault> {
        Ok(self.connector.connect(self.name.clone(), io).await?)
    }

    async fn accept<T: Io>(&self, io: T) -> Result<Self::Stream<T>, Fault> {
        Ok(self.acceptor.accept(io).await?)
    }

    async fn agreed(&self, client: TcpStream, server: TcpStream) -> Result<Agreed, Fault> {
        let accept = self.acceptor.accept(server);
        let accepted = tokio::task::spawn_local(async move { accept.await.map(drop) });
        let stream = self.connector.connect(self.name.clone(), client).await?;
        accepted.await??;
        let facts = stream.facts();
        let missing = || Fault::new("the handshake told too little");
        Ok(Agreed {
            version: facts.version.ok_or_else(missing)?.0,
            suite: facts.suite.ok_or_else(missing)?.0,
            group: facts.group.map(|group| group.0),
            signature: facts.signature.map(|scheme| scheme.0),
            resumed: facts.resumed,
            chain: Some(chain_mark(facts.peer_certificates.iter().map(AsRef::as_ref))),
            client_chain: None,
        })
    }
}

struct Rustls {
    connector: tokio_rustls::TlsConnector,
    acceptor: tokio_rustls::TlsAcceptor,
    configs: Configs,
}

impl Streams for Rustls {
    type Stream<T: Io> = tokio_rustls::TlsStream<T>;

    fn new(session: Session, identity: &Identity) -> Result<Self, Fault> {
        let configs = Configs::new(session, identity)?;
        Ok(Self {
            connector: tokio_rustls::TlsConnector::from(Arc::clone(&configs.client)),
            acceptor: tokio_rustls::TlsAcceptor::from(Arc::clone(&configs.server)),
            configs,
        })
    }

    async fn connect<T: Io>(&self, io: T) -> Result<Self::Stream<T>, Fault> {
        Ok(self.connector.connect(self.configs.name.clone(), io).await?.into())
    }

    async fn accept<T: Io>(&self, io: T) -> Result<Self::Stream<T>, Fault> {
        Ok(self.acceptor.accept(io).await?.into())
    }

    async fn agreed(&self, client: TcpStream, server: TcpStream) -> Result<Agreed, Fault> {
        let accept = self.acceptor.accept(server);
        let accepted = tokio::task::spawn_local(async move { accept.await.map(drop) });
        let stream = self.connector.connect(self.configs.name.clone(), client).await?;
        accepted.await??;
        let (_, connection) = stream.get_ref();
        self.configs.agreed(connection).ok_or_else(|| Fault::new("the handshake told too little"))
    }
}
