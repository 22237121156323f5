//! The interface for programs that keep the buffers themselves.

use std::sync::Arc;

use bench_peer::case::Session;
use bench_peer::fault::Fault;
use bench_peer::identity::Identity;
use bench_peer::order::Agreed;
use bench_peer::watch::Watch;
use bench_peer::{End, Peer, Sink, Whose, Wire};
use rustls::client::UnbufferedClientConnection;
use rustls::server::UnbufferedServerConnection;
use rustls::unbuffered::{ConnectionState, EncodeError, EncodeTlsData, UnbufferedStatus};

use bench_rustls::Configs;

pub(crate) struct Unbuffered(Arc<Configs>);

impl Peer for Unbuffered {
    type Client = Client;
    type Server = Server;

    fn new(session: Session, identity: &Identity) -> Result<Self, Fault> {
        Configs::new(session, identity).map(|configs| Self(Arc::new(configs)))
    }

    fn client(&self) -> Result<Client, Fault> {
        let connection = UnbufferedClientConnection::new(Arc::clone(&self.0.client), self.0.name.clone())?;
        Ok(Client { connection, buffers: Buffers::default(), configs: Arc::clone(&self.0) })
    }

    fn server(&self) -> Result<Server, Fault> {
        let connection = UnbufferedServerConnection::new(Arc::clone(&self.0.server))?;
        Ok(Server { connection, buffers: Buffers::default(), configs: Arc::clone(&self.0) })
    }

    fn believes(&self, whose: Whose) -> Result<bool, Fault> {
        Ok(self.0.believes(whose))
    }
}

/// The buffers that the caller keeps for a connection, used again for each write and read.
#[derive(Default)]
struct Buffers {
    /// Sealed bytes on their way in, of which the first `held` are waiting.
    incoming: Vec<u8>,
    held: usize,
    /// Sealed bytes on their way out.
    outgoing: Vec<u8>,
}

/// As much as is read at once, as much as is sealed at once: a socket's usual share.
const SHARE: usize = 1 << 16;

/// More than sealing adds to a share.
const EXPANSION: usize = 1 << 10;

macro_rules! side {
    ($side:ident, $connection:ident) => {
        pub(crate) struct $side {
            connection: $connection,
            buffers: Buffers,
            configs: Arc<Configs>,
        }

        impl End for $side {
            fn shake(&mut self, incoming: &mut Vec<u8>, outgoing: &mut Vec<u8>) -> Result<(), Fault> {
                let mut held = incoming.as_mut_slice();
                loop {
                    let UnbufferedStatus { discard, state, .. } = self.connection.process_tls_records(held);
                    let waiting = match state? {
                        ConnectionState::EncodeTlsData(mut data) => {
                            encode(&mut data, outgoing)?;
                            false
                        }
                        ConnectionState::TransmitTlsData(data) => {
                            data.done();
                            false
                        }
                        ConnectionState::BlockedHandshake | ConnectionState::WriteTraffic(_) => true,
                        other => return Err(Fault::new(format!("unexpected: {other:?}"))),
                    };
                    held = &mut held[discard..];
                    if waiting && !held.is_empty() {
                        return Err(Fault::new("the handshake left bytes behind"));
                    }
                    if waiting {
                        incoming.clear();
                        return Ok(());
                    }
                }
            }

            fn agreed(&self) -> Option<Agreed> {
                (!self.connection.is_handshaking()).then(|| self.configs.agreed(&self.connection)).flatten()
            }

            fn seal(&mut self, data: &[u8], sink: &mut Sink) -> Result<(), Fault> {
                let room = data.len().min(SHARE) + EXPANSION;
                if self.buffers.outgoing.len() < room {
                    self.buffers.outgoing.resize(room, 0);
                }
                let status = self.connection.process_tls_records(&mut []);
                let ConnectionState::WriteTraffic(mut traffic) = status.state? else {
                    return Err(Fault::new("nothing can be written yet"));
                };
                for share in data.chunks(SHARE) {
                    let sealed = traffic
                        .encrypt(share, &mut self.buffers.outgoing)
                        .map_err(|error| Fault::new(format!("encrypt: {error:?}")))?;
                    sink.take(&self.buffers.outgoing[..sealed]);
                }
                Ok(())
            }

            fn open(
                &mut self,
                wire: &mut Wire<'_>,
                watch: &mut Watch,
                reader: &mut dyn FnMut(&[u8]),
            ) -> Result<(), Fault> {
                let Buffers { incoming, held, .. } = &mut self.buffers;
                if incoming.is_empty() {
                    incoming.resize(SHARE + EXPANSION, 0);
                }
                while !wire.is_empty() {
                    *held += wire.read(&mut incoming[*held..], watch);
                    let mut used = 0;
                    loop {
                        let bytes = &mut incoming[used..*held];
                        let UnbufferedStatus { discard, state, .. } =
                            self.connection.process_tls_records(bytes);
                        let waiting = match state? {
                            ConnectionState::ReadTraffic(mut traffic) => {
                                while let Some(record) = traffic.next_record() {
                                    reader(record?.payload);
                                }
                                false
                            }
                            ConnectionState::WriteTraffic(_) => true,
                            other => return Err(Fault::new(format!("unexpected: {other:?}"))),
                        };
                        used += discard;
                        if waiting {
                            break;
                        }
                    }
                    incoming.copy_within(used..*held, 0);
                    *held -= used;
                }
                Ok(())
            }

            fn idle(&mut self) {
                self.buffers = Buffers::default();
            }
        }
    };
}

side!(Client, UnbufferedClientConnection);
side!(Server, UnbufferedServerConnection);

/// Appends one message of the handshake to what is sent.
fn encode<Data>(data: &mut EncodeTlsData<'_, Data>, outgoing: &mut Vec<u8>) -> Result<(), Fault> {
    let before = outgoing.len();
    let needed = match data.encode(&mut []) {
        Err(EncodeError::InsufficientSize(size)) => size.required_size,
        Ok(count) => count,
        Err(error) => return Err(Fault::new(format!("encode: {error:?}"))),
    };
    outgoing.resize(before + needed, 0);
    let count =
        data.encode(&mut outgoing[before..]).map_err(|error| Fault::new(format!("encode: {error:?}")))?;
    outgoing.truncate(before + count);
    Ok(())
}
