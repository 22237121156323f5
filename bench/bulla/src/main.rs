//! bulla as a peer of the benchmark.

mod counted;

use std::process::ExitCode;
use std::sync::Arc;

use bench_peer::case::{Group, Kind, Session, Suite};
use bench_peer::fault::Fault;
use bench_peer::heap::Counted;
use bench_peer::identity::{Identity, SERVER_NAME};
use bench_peer::order::Agreed;
use bench_peer::watch::Watch;
use bench_peer::{End, Peer, Sink, Wire, chain_mark};
use bulla_crypto::private_key::PrivateKey;
use bulla_tls::registry::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};
use bulla_tls::{
    Checked, ClientConfig, Connection, Credential, Credentials, Facts, Keeping, ServerConfig, Step,
    Verification,
};
use bulla_x509::trust::TrustAnchors;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};

#[global_allocator]
static ALLOCATOR: Counted = Counted;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => bench_peer::serve::<Bulla>(),
        [what, repetitions, folder] => counted::command(what, repetitions, folder.as_ref()),
        _ => ExitCode::FAILURE,
    }
}

struct Bulla {
    client: Checked<ClientConfig>,
    server: Checked<ServerConfig>,
    name: ServerName<'static>,
}

impl Peer for Bulla {
    type Client = Side;
    type Server = Side;

    fn new(session: Session, identity: &Identity) -> Result<Self, Fault> {
        let suites = vec![suite(session.suite)];
        let groups = vec![group(session.group)];
        let mut anchors = TrustAnchors::new();
        anchors.add_certificate(&identity.root)?;
        let mut client = ClientConfig::new(Verification::Anchors(anchors));
        client.versions = vec![ProtocolVersion::TLS_1_3];
        client.suites.clone_from(&suites);
        client.groups.clone_from(&groups);
        client.key_shares.clone_from(&groups);
        client.signature_schemes = schemes(session.kind);
        client.sessions = None;
        client.compression = Vec::new();
        let mut server = ServerConfig::new(Credentials::Fixed(Arc::new(credential(identity)?)));
        server.versions = vec![ProtocolVersion::TLS_1_3];
        server.suites = suites;
        server.groups = groups;
        server.resumption.keeping = Keeping::Nowhere;
        server.compression = Vec::new();
        Ok(Self {
            client: client.check()?,
            server: server.check()?,
            name: ServerName::try_from(SERVER_NAME)?,
        })
    }

    fn client(&self) -> Result<Side, Fault> {
        Ok(Side { connection: Connection::client(&self.client, self.name.clone()), established: false })
    }

    fn server(&self) -> Result<Side, Fault> {
        Ok(Side { connection: Connection::server(&self.server), established: false })
    }
}

fn credential(identity: &Identity) -> Result<Credential, Fault> {
    let chain = [&identity.leaf, &identity.intermediate].map(|der| CertificateDer::from(der.clone()));
    let key = PrivatePkcs8KeyDer::from(identity.key.as_slice());
    Ok(Credential::new(chain.to_vec(), PrivateKey::from_der(&key.into())?)?)
}

fn suite(suite: Suite) -> CipherSuite {
    match suite {
        Suite::Aes128Gcm => CipherSuite::AES_128_GCM_SHA256,
        Suite::Aes256Gcm => CipherSuite::AES_256_GCM_SHA384,
        Suite::ChaCha20Poly1305 => CipherSuite::CHACHA20_POLY1305_SHA256,
    }
}

fn group(group: Group) -> NamedGroup {
    match group {
        Group::X25519 => NamedGroup::X25519,
        Group::X25519MlKem768 => NamedGroup::X25519_MLKEM768,
    }
}

/// The scheme of the handshake, and the one inside the certificates where it is another.
fn schemes(kind: Kind) -> Vec<SignatureScheme> {
    match kind {
        Kind::EcdsaP256 => vec![SignatureScheme::ECDSA_SECP256R1_SHA256],
        Kind::Rsa2048 => vec![SignatureScheme::RSA_PSS_RSAE_SHA256, SignatureScheme::RSA_PKCS1_SHA256],
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
        group: facts.group?.0,
        signature: facts.signature.map(|scheme| scheme.0),
        resumed: facts.resumed,
        chain: (!facts.peer_certificates.is_empty()).then(|| chain_mark(shown)),
    })
}
