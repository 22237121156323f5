//! A rustls connection over a socket.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::ops::DerefMut;

use peer_program::{Connection, Error, Facts};
use rustls::{ConnectionCommon, HandshakeKind, ProtocolVersion, SideData, StreamOwned};

struct Talk<C, S>(StreamOwned<C, TcpStream>)
where
    C: DerefMut<Target = ConnectionCommon<S>>,
    S: SideData;

/// Completes the handshake.
pub(crate) fn handshake<C, S>(connection: C, stream: TcpStream) -> Result<Box<dyn Connection>, Error>
where
    C: DerefMut<Target = ConnectionCommon<S>> + 'static,
    S: SideData + 'static,
{
    let mut stream = StreamOwned::new(connection, stream);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(Box::new(Talk(stream)))
}

impl<C: DerefMut<Target = ConnectionCommon<S>>, S: SideData> Connection for Talk<C, S> {
    fn facts(&self) -> Facts {
        let connection = &self.0.conn;
        let suite =
            connection.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str()).unwrap_or_default();
        let kind = connection.handshake_kind();
        Facts {
            version: match connection.protocol_version() {
                Some(ProtocolVersion::TLSv1_3) => "TLS 1.3".to_owned(),
                Some(ProtocolVersion::TLSv1_2) => "TLS 1.2".to_owned(),
                other => format!("{other:?}"),
            },
            suite: suite.replace("TLS13_", "TLS_"),
            group: connection.negotiated_key_exchange_group().map(|group| format!("{:?}", group.name())),
            alpn: connection.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned()),
            resumed: kind == Some(HandshakeKind::Resumed),
            retried: kind.map(|kind| kind == HandshakeKind::FullWithHelloRetryRequest),
            peer_certificate: connection.peer_certificates().is_some_and(|chain| !chain.is_empty()),
        }
    }

    fn update_keys(&mut self) -> Result<(), Error> {
        self.0.conn.refresh_traffic_keys()?;
        Ok(self.0.flush()?)
    }

    fn close(&mut self) -> io::Result<()> {
        self.0.conn.send_close_notify();
        while self.0.conn.wants_write() {
            self.0.conn.write_tls(&mut self.0.sock)?;
        }
        Ok(())
    }
}

impl<C: DerefMut<Target = ConnectionCommon<S>>, S: SideData> Read for Talk<C, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<C: DerefMut<Target = ConnectionCommon<S>>, S: SideData> Write for Talk<C, S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
