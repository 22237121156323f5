//! Both ends of a connection, ready made.

use std::io;

use bulla_testkit::authority::{server_name, shared};
use bulla_tokio::{TlsAcceptor, TlsConnector, TlsStream};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, duplex};
use tokio::net::{TcpListener, TcpStream};

/// An acceptor with a certificate of the shared authority.
pub(crate) fn acceptor() -> TlsAcceptor {
    TlsAcceptor::from(shared().server_config().check().unwrap())
}

/// A connector that trusts the shared authority.
pub(crate) fn connector() -> TlsConnector {
    TlsConnector::from(shared().client_config().check().unwrap())
}

/// The handshake over two ends of a transport: the client's stream, then the server's.
pub(crate) async fn join<C, S>(client: C, server: S) -> io::Result<(TlsStream<C>, TlsStream<S>)>
where
    C: AsyncRead + AsyncWrite + Unpin,
    S: AsyncRead + AsyncWrite + Unpin,
{
    tokio::try_join!(connector().connect(server_name(), client), acceptor().accept(server))
}

/// A connection over a pipe that holds `room` bytes each way.
pub(crate) async fn piped(room: usize) -> (TlsStream<DuplexStream>, TlsStream<DuplexStream>) {
    let (client, server) = duplex(room);
    join(client, server).await.unwrap()
}

/// Two ends of a TCP connection over loopback.
pub(crate) async fn tcp() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (client, server) = tokio::join!(TcpStream::connect(address), listener.accept());
    (client.unwrap(), server.unwrap().0)
}

/// Bytes that differ from place to place.
pub(crate) fn pattern(length: usize) -> Vec<u8> {
    (0u32..).map(|place| place.wrapping_mul(2_654_435_761).to_be_bytes()[0]).take(length).collect()
}
