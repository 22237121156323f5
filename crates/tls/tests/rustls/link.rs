//! One connection of each implementation, joined in memory.

use std::io::{ErrorKind, Read as _, Write as _};
use std::sync::Arc;

use bulla_crypto::signature::KeyKind;
use bulla_testkit::authority::{self, Leaf, SERVER_NAME, server_name};
use bulla_testkit::pair::End;
use bulla_tls::registry::NamedGroup;
use bulla_tls::{Checked, ClientConfig, Connection, Facts, Limits, ServerConfig};
use rustls::RootCertStore;
use rustls::client::WantsClientCert;
use rustls::crypto::{CryptoProvider, SupportedKxGroup, aws_lc_rs};
use rustls::server::WantsServerCert;
use rustls::time_provider::TimeProvider;
use rustls_pki_types::{PrivateKeyDer, UnixTime};

/// The moment of the test authority.
#[derive(Debug)]
struct StandingClock;

impl TimeProvider for StandingClock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(authority::now())
    }
}

/// The groups that both implementations know, as rustls names them.
pub(crate) const GROUPS: [&dyn SupportedKxGroup; 7] = [
    aws_lc_rs::kx_group::X25519MLKEM768,
    aws_lc_rs::kx_group::X25519,
    aws_lc_rs::kx_group::SECP256R1,
    aws_lc_rs::kx_group::SECP384R1,
    aws_lc_rs::kx_group::SECP256R1MLKEM768,
    aws_lc_rs::kx_group::MLKEM768,
    aws_lc_rs::kx_group::MLKEM1024,
];

/// The same as bulla names them.
pub(crate) const GROUP_IDS: [NamedGroup; 7] = [
    NamedGroup::X25519_MLKEM768,
    NamedGroup::X25519,
    NamedGroup::SECP256R1,
    NamedGroup::SECP384R1,
    NamedGroup::SECP256R1_MLKEM768,
    NamedGroup::MLKEM768,
    NamedGroup::MLKEM1024,
];

/// rustls' provider with these groups and all its suites.
pub(crate) fn provider(groups: &[&'static dyn SupportedKxGroup]) -> CryptoProvider {
    CryptoProvider { kx_groups: groups.to_vec(), ..aws_lc_rs::default_provider() }
}

/// The test authority's root as rustls' only anchor.
pub(crate) fn roots() -> Arc<RootCertStore> {
    let mut store = RootCertStore::empty();
    store.add(authority::shared().root().clone()).unwrap();
    Arc::new(store)
}

/// A client's config that trusts the test authority and waits for its certificates.
pub(crate) fn client_builder(
    provider: CryptoProvider,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> rustls::ConfigBuilder<rustls::ClientConfig, WantsClientCert> {
    rustls::ClientConfig::builder_with_details(provider.into(), Arc::new(StandingClock))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots())
}

/// A client's config with rustls' defaults for TLS 1.3.
pub(crate) fn rustls_client() -> rustls::ClientConfig {
    client_builder(provider(&GROUPS), &[&rustls::version::TLS13]).with_no_client_auth()
}

/// A server's config that asks for no certificate and waits for its own.
pub(crate) fn server_builder(
    provider: CryptoProvider,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> rustls::ConfigBuilder<rustls::ServerConfig, WantsServerCert> {
    rustls::ServerConfig::builder_with_details(provider.into(), Arc::new(StandingClock))
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
}

/// Shows this leaf.
pub(crate) fn with_leaf(
    builder: rustls::ConfigBuilder<rustls::ServerConfig, WantsServerCert>,
    leaf: &Leaf,
) -> rustls::ServerConfig {
    builder.with_single_cert(leaf.chain.clone(), key(leaf)).unwrap()
}

/// The leaf's key, as rustls takes it.
pub(crate) fn key(leaf: &Leaf) -> PrivateKeyDer<'static> {
    leaf.key.clone_key().into()
}

/// A server's config with an ECDSA P-256 leaf and rustls' defaults for TLS 1.3.
pub(crate) fn rustls_server() -> rustls::ServerConfig {
    let leaf = authority::shared().server(KeyKind::EcP256);
    with_leaf(server_builder(provider(&GROUPS), &[&rustls::version::TLS13]), &leaf)
}

/// bulla at one end, rustls at the other.
pub(crate) struct Link {
    pub(crate) ours: End,
    pub(crate) theirs: rustls::Connection,
    /// Plaintext that rustls has received.
    pub(crate) received: Vec<u8>,
    /// Whether rustls has seen our close_notify.
    pub(crate) they_saw_close: bool,
    pub(crate) their_error: Option<rustls::Error>,
    /// How long each record was that we sent, with its header.
    pub(crate) records_sent: Vec<usize>,
}

impl Link {
    /// Our client and rustls' server, settled.
    pub(crate) fn to_server(ours: ClientConfig, theirs: rustls::ServerConfig) -> Self {
        Self::to_known_server(&ours.check().unwrap(), &theirs.into())
    }

    /// The same with configs that may have met before.
    pub(crate) fn to_known_server(ours: &Checked<ClientConfig>, theirs: &Arc<rustls::ServerConfig>) -> Self {
        let ours = Connection::client(ours, server_name());
        Self::join(ours, rustls::ServerConnection::new(Arc::clone(theirs)).unwrap().into())
    }

    /// Our server and rustls' client, settled.
    pub(crate) fn to_client(ours: ServerConfig, theirs: rustls::ClientConfig) -> Self {
        Self::to_known_client(&ours.check().unwrap(), &theirs.into())
    }

    /// The same with configs that may have met before.
    pub(crate) fn to_known_client(ours: &Checked<ServerConfig>, theirs: &Arc<rustls::ClientConfig>) -> Self {
        Self::to_named_client(ours, theirs, SERVER_NAME)
    }

    /// The same where the client calls by this name.
    pub(crate) fn to_named_client(
        ours: &Checked<ServerConfig>,
        theirs: &Arc<rustls::ClientConfig>,
        name: &'static str,
    ) -> Self {
        let ours = Connection::server(ours);
        let name = name.try_into().unwrap();
        Self::join(ours, rustls::ClientConnection::new(Arc::clone(theirs), name).unwrap().into())
    }

    /// Our server, which chooses its config by the hello, and rustls' client, settled.
    pub(crate) fn peeking(theirs: rustls::ClientConfig) -> Self {
        Self::peeking_named(theirs.into(), SERVER_NAME)
    }

    /// The same where the client calls by this name.
    pub(crate) fn peeking_named(theirs: Arc<rustls::ClientConfig>, name: &'static str) -> Self {
        let ours = Connection::server_after_hello(Limits::default());
        let name = name.try_into().unwrap();
        Self::join(ours, rustls::ClientConnection::new(theirs, name).unwrap().into())
    }

    fn join(ours: Connection, theirs: rustls::Connection) -> Self {
        let mut link = Self {
            ours: End::new(ours),
            theirs,
            received: Vec::new(),
            they_saw_close: false,
            their_error: None,
            records_sent: Vec::new(),
        };
        link.settle();
        link
    }

    /// Lets bytes flow both ways until nothing moves.
    pub(crate) fn settle(&mut self) {
        let mut sent = self.ours.run();
        loop {
            self.give_theirs(&sent);
            let mut back = Vec::new();
            while self.theirs.wants_write() {
                self.theirs.write_tls(&mut back).unwrap();
            }
            if sent.is_empty() && back.is_empty() {
                return;
            }
            sent = self.ours.receive(&back, usize::MAX);
        }
    }

    fn give_theirs(&mut self, mut bytes: &[u8]) {
        self.count_records(bytes);
        while !bytes.is_empty() && self.their_error.is_none() {
            self.theirs.read_tls(&mut bytes).unwrap();
            if let Err(error) = self.theirs.process_new_packets() {
                self.their_error = Some(error);
            }
            self.read_plaintext();
        }
    }

    fn read_plaintext(&mut self) {
        let mut part = [0; 16_384];
        loop {
            match self.theirs.reader().read(&mut part) {
                Ok(0) => return self.they_saw_close = true,
                Ok(count) => self.received.extend_from_slice(&part[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => panic!("{error}"),
            }
        }
    }

    fn count_records(&mut self, mut bytes: &[u8]) {
        while let Some(([_, _, _, high, low], _)) = bytes.split_first_chunk::<5>() {
            let length = 5 + usize::from(u16::from_be_bytes([*high, *low]));
            self.records_sent.push(length);
            bytes = &bytes[length..];
        }
    }

    /// Sends all of this from our side.
    pub(crate) fn send(&mut self, mut data: &[u8]) {
        while !data.is_empty() {
            let taken = self.ours.connection.send(data).unwrap();
            data = &data[taken..];
            self.settle();
        }
    }

    /// Sends all of this from rustls' side.
    pub(crate) fn send_theirs(&mut self, mut data: &[u8]) {
        while !data.is_empty() {
            let taken = self.theirs.writer().write(data).unwrap();
            data = &data[taken..];
            self.settle();
        }
    }

    /// Fails the test unless both sides are through, hold the same exporter, and pass data both ways.
    pub(crate) fn assert_works(&mut self) -> Facts {
        assert!(self.ours.established, "ours: {:?}, theirs: {:?}", self.ours.connection, self.their_error);
        assert!(self.their_error.is_none() && !self.theirs.is_handshaking(), "{:?}", self.their_error);
        self.assert_same_exporter();
        self.send(b"from bulla");
        self.send_theirs(b"from rustls");
        assert!(self.received.ends_with(b"from bulla") && self.ours.delivered.ends_with(b"from rustls"));
        self.ours.connection.facts()
    }

    fn assert_same_exporter(&self) {
        for (label, context, length) in
            [("EXPORTER-bulla", &b""[..], 32), ("EXPORTER-other", b"context", 100)]
        {
            let mut ours = vec![0; length];
            self.ours.connection.export_keying_material(label.as_bytes(), Some(context), &mut ours).unwrap();
            let theirs = vec![0; length];
            let theirs = self.theirs.export_keying_material(theirs, label.as_bytes(), Some(context)).unwrap();
            assert_eq!(ours, theirs, "{label}");
        }
    }
}
