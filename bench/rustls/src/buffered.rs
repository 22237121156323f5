//! The interface that most programs use: rustls keeps the buffers.

use std::io::{self, BufRead as _, Read, Write as _};
use std::sync::Arc;

use bench_peer::case::Session;
use bench_peer::fault::Fault;
use bench_peer::identity::Identity;
use bench_peer::order::Agreed;
use bench_peer::watch::Watch;
use bench_peer::{End, Peer, Sink, Whose, Wire};
use rustls::{ClientConnection, Connection, ServerConnection};

use bench_rustls::Configs;

pub(crate) struct Buffered(Arc<Configs>);

impl Peer for Buffered {
    type Client = Side;
    type Server = Side;

    fn new(session: Session, identity: &Identity) -> Result<Self, Fault> {
        Configs::new(session, identity).map(|configs| Self(Arc::new(configs)))
    }

    fn client(&self) -> Result<Side, Fault> {
        let client = ClientConnection::new(Arc::clone(&self.0.client), self.0.name.clone())?;
        Ok(Side { connection: client.into(), configs: Arc::clone(&self.0) })
    }

    fn server(&self) -> Result<Side, Fault> {
        let server = ServerConnection::new(Arc::clone(&self.0.server))?;
        Ok(Side { connection: server.into(), configs: Arc::clone(&self.0) })
    }

    fn believes(&self, whose: Whose) -> Result<bool, Fault> {
        Ok(self.0.believes(whose))
    }
}

pub(crate) struct Side {
    connection: Connection,
    configs: Arc<Configs>,
}

impl End for Side {
    fn shake(&mut self, incoming: &mut Vec<u8>, outgoing: &mut Vec<u8>) -> Result<(), Fault> {
        let mut rest = incoming.as_slice();
        while !rest.is_empty() {
            self.connection.read_tls(&mut rest)?;
            self.connection.process_new_packets()?;
        }
        incoming.clear();
        while self.connection.wants_write() {
            self.connection.write_tls(outgoing)?;
        }
        Ok(())
    }

    fn agreed(&self) -> Option<Agreed> {
        (!self.connection.is_handshaking()).then(|| self.configs.agreed(&self.connection)).flatten()
    }

    fn seal(&mut self, data: &[u8], sink: &mut Sink) -> Result<(), Fault> {
        let mut rest = data;
        while !rest.is_empty() {
            let taken = self.connection.writer().write(rest)?;
            rest = &rest[taken..];
            while self.connection.wants_write() {
                self.connection.write_tls(sink)?;
            }
        }
        Ok(())
    }

    fn open(
        &mut self,
        wire: &mut Wire<'_>,
        watch: &mut Watch,
        reader: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Fault> {
        while !wire.is_empty() {
            self.connection.read_tls(&mut Source { wire, watch })?;
            self.connection.process_new_packets()?;
            let mut plaintext = self.connection.reader();
            while let Some(part) = available(&mut plaintext)? {
                let count = part.len();
                reader(part);
                plaintext.consume(count);
            }
        }
        Ok(())
    }
}

/// The plaintext at hand; `None` where there is none yet.
fn available<'a>(plaintext: &'a mut rustls::Reader<'_>) -> Result<Option<&'a [u8]>, Fault> {
    match plaintext.fill_buf() {
        Ok(part) => Ok((!part.is_empty()).then_some(part)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The wire as something to read from, with the clock standing still.
struct Source<'a, 'w> {
    wire: &'a mut Wire<'w>,
    watch: &'a mut Watch,
}

impl Read for Source<'_, '_> {
    fn read(&mut self, slot: &mut [u8]) -> io::Result<usize> {
        Ok(self.wire.read(slot, self.watch))
    }
}
