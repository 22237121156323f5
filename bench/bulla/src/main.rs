//! bulla as a peer of the benchmark.

mod counted;

use std::process::ExitCode;

use bench_bulla::{client_config, server_config};
use bench_peer::case::Session;
use bench_peer::fault::Fault;
use bench_peer::heap::Counted;
use bench_peer::identity::{Identity, SERVER_NAME};
use bench_peer::order::Agreed;
use bench_peer::watch::Watch;
use bench_peer::{End, Peer, Shown, Sink, Whose, Wire, chain_mark};
use bulla_tls::{Checked, ClientConfig, Connection, Facts, ServerConfig, Step};
use bulla_x509::trust::TrustAnchors;
use bulla_x509::verdict::{Presented, Purpose, verify};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

#[global_allocator]
static ALLOCATOR: Counted = Counted;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => bench_peer::serve::<Bulla>(),
        [heap] if heap == "heap" => {
            bench_aws_lc::count();
            bench_peer::serve::<Bulla>()
        }
        [what, repetitions, folder] => counted::command(what, repetitions, folder.as_ref()),
        _ => ExitCode::FAILURE,
    }
}

struct Bulla {
    client: Checked<ClientConfig>,
    server: Checked<ServerConfig>,
    name: ServerName<'static>,
    anchors: TrustAnchors,
    shown: Shown<[CertificateDer<'static>; 2]>,
}

impl Peer for Bulla {
    type Client = Side;
    type Server = Side;

    fn new(session: Session, identity: &Identity) -> Result<Self, Fault> {
        Ok(Self {
            client: client_config(session, identity)?.check()?,
            server: server_config(session, identity)?.check()?,
            name: ServerName::try_from(SERVER_NAME)?,
            anchors: bench_bulla::anchors(identity)?,
            shown: Shown::new(identity, |leaf, intermediate| {
                [leaf, intermediate].map(|der| CertificateDer::from(der.to_vec()))
            }),
        })
    }

    fn client(&self) -> Result<Side, Fault> {
        Ok(Side { connection: Connection::client(&self.client, self.name.clone()), established: false })
    }

    fn server(&self) -> Result<Side, Fault> {
        Ok(Side { connection: Connection::server(&self.server), established: false })
    }

    fn believes(&self, whose: Whose) -> Result<bool, Fault> {
        let presented = Presented::new(self.shown.of(whose), Purpose::Server(&self.name));
        Ok(verify(&presented, &self.anchors, UnixTime::now()).is_ok())
    }
}

struct Side {
    connection: Connection,
    established: bool,
}

/// How far a side came before it wanted more bytes.
enum Taken {
    Output(usize),
    Plaintext(usize),
    Nothing,
}

impl Side {
    /// Does what there is to do until bytes are needed.
    fn settle(&mut self, sink: &mut dyn FnMut(&[u8]), reader: &mut dyn FnMut(&[u8])) -> Result<(), Fault> {
        loop {
            let taken = match self.connection.step()? {
                Step::NeedBytes => return Ok(()),
                Step::Transmit(bytes) => {
                    sink(bytes);
                    Taken::Output(bytes.len())
                }
                Step::Deliver(plaintext) => {
                    reader(plaintext);
                    Taken::Plaintext(plaintext.len())
                }
                Step::Established(_) => {
                    self.established = true;
                    Taken::Nothing
                }
                other => return Err(Fault::new(format!("unexpected: {other:?}"))),
            };
            match taken {
                Taken::Output(count) => self.connection.transmitted(count)?,
                Taken::Plaintext(count) => self.connection.consume(count)?,
                Taken::Nothing => {}
            }
        }
    }
}

impl End for Side {
    fn shake(&mut self, incoming: &mut Vec<u8>, outgoing: &mut Vec<u8>) -> Result<(), Fault> {
        let mut sink = |bytes: &[u8]| outgoing.extend_from_slice(bytes);
        let mut rest = incoming.as_slice();
        loop {
            self.settle(&mut sink, &mut |_| {})?;
            if rest.is_empty() {
                break;
            }
            let slot = self.connection.read_slot();
            let (now, later) = rest.split_at(rest.len().min(slot.len()));
            slot[..now.len()].copy_from_slice(now);
            self.connection.advance(now.len())?;
            rest = later;
        }
        incoming.clear();
        Ok(())
    }

    fn agreed(&self) -> Option<Agreed> {
        self.established.then(|| agreed(&self.connection.facts())).flatten()
    }

    fn seal(&mut self, data: &[u8], sink: &mut Sink) -> Result<(), Fault> {
        let mut rest = data;
        while !rest.is_empty() {
            let taken = self.connection.send(rest)?;
            rest = &rest[taken..];
            // What `step` would lend; asking for it alone is how a writer that does not read goes on.
            let bytes = self.connection.output();
            sink.take(bytes);
            let count = bytes.len();
            self.connection.transmitted(count)?;
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
            let count = wire.read(self.connection.read_slot(), watch);
            self.connection.advance(count)?;
            self.settle(&mut |_| {}, reader)?;
        }
        Ok(())
    }

    fn idle(&mut self) {
        self.connection.idle();
    }
}

fn agreed(facts: &Facts) -> Option<Agreed> {
    let shown = facts.peer_certificates.iter().map(AsRef::as_ref);
    Some(Agreed {
        version: facts.version?.0,
        suite: facts.suite?.0,
        group: facts.group.map(|group| group.0),
        signature: facts.signature.map(|scheme| scheme.0),
        resumed: facts.resumed,
        chain: (!facts.peer_certificates.is_empty()).then(|| chain_mark(shown)),
        client_chain: None,
    })
}
