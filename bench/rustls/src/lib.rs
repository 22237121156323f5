//! rustls' configs for a session of the benchmark.

mod scheme;

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use bench_peer::case::{self, Group, Kind, Session, Version};
use bench_peer::fault::Fault;
use bench_peer::identity::{Identity, SERVER_NAME};
use bench_peer::order::Agreed;
use bench_peer::{Shown, Whose, chain_mark};
use rustls::client::danger::ServerCertVerifier as _;
use rustls::client::{Resumption, Tls12Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs as provider};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::server::{NoServerSessionStorage, ServerSessionMemoryCache, WebPkiClientVerifier};
use rustls::{
    ClientConfig, CommonState, HandshakeKind, RootCertStore, ServerConfig, SignatureScheme,
    SupportedProtocolVersion, version,
};
use scheme::Witness;

/// The configs that both interfaces share.
pub struct Configs {
    /// The client's.
    pub client: Arc<ClientConfig>,
    /// The server's.
    pub server: Arc<ServerConfig>,
    /// Whom the client asks for.
    pub name: ServerName<'static>,
    witness: Arc<Witness>,
    shown: Shown<[CertificateDer<'static>; 2]>,
}

impl Configs {
    /// With what the session names and nothing else.
    ///
    /// # Errors
    /// A certificate or key cannot be read.
    pub fn new(session: Session, identity: &Identity) -> Result<Self, Fault> {
        let provider = Arc::new(restricted(session));
        let witness = Arc::new(Witness::new(verifier(&provider, identity)?));
        Ok(Self {
            client: Arc::new(client_config(session, identity, &provider, &witness)?),
            server: Arc::new(server_config(session, identity, &provider)?),
            name: ServerName::try_from(SERVER_NAME)?,
            witness,
            shown: Shown::new(identity, |leaf, intermediate| {
                [leaf, intermediate].map(|der| CertificateDer::from(der.to_vec()))
            }),
        })
    }

    /// Whether rustls' own verifier, which is rustls-webpki, takes the chain.
    pub fn believes(&self, whose: Whose) -> bool {
        let [leaf, intermediate] = self.shown.of(whose);
        let intermediates = std::slice::from_ref(intermediate);
        let judged = self.witness.verify_server_cert(leaf, intermediates, &self.name, &[], UnixTime::now());
        judged.is_ok()
    }

    /// What a connection under these configs agreed on.
    pub fn agreed(&self, state: &CommonState) -> Option<Agreed> {
        agreed(state, &self.witness)
    }
}

fn client_config(
    session: Session,
    identity: &Identity,
    provider: &Arc<CryptoProvider>,
    witness: &Arc<Witness>,
) -> Result<ClientConfig, Fault> {
    let builder = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(&[version(session.version)])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::<Witness>::clone(witness));
    let mut client = match session.mutual {
        true => {
            let (chain, key) = shown(&identity.client, &identity.intermediate, &identity.client_key);
            builder.with_client_auth_cert(chain, key)?
        }
        false => builder.with_no_client_auth(),
    };
    client.resumption = match session.resumption {
        case::Resumption::None => Resumption::disabled(),
        case::Resumption::Ticket => Resumption::in_memory_sessions(256),
        case::Resumption::Id => {
            Resumption::in_memory_sessions(256).tls12_resumption(Tls12Resumption::SessionIdOnly)
        }
    };
    Ok(client)
}

fn server_config(
    session: Session,
    identity: &Identity,
    provider: &Arc<CryptoProvider>,
) -> Result<ServerConfig, Fault> {
    let builder = ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(&[version(session.version)])?;
    let builder = match session.mutual {
        true => {
            let roots = Arc::new(roots(identity)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(provider));
            builder.with_client_cert_verifier(verifier.build()?)
        }
        false => builder.with_no_client_auth(),
    };
    let (chain, key) = shown(&identity.leaf, &identity.intermediate, &identity.key);
    let mut server = builder.with_single_cert(chain, key)?;
    server.session_storage = Arc::new(NoServerSessionStorage {});
    server.send_tls13_tickets = 0;
    match session.resumption {
        case::Resumption::None => {}
        case::Resumption::Ticket => {
            server.ticketer = provider::Ticketer::new()?;
            server.send_tls13_tickets = 1;
        }
        case::Resumption::Id => server.session_storage = ServerSessionMemoryCache::new(1024),
    }
    Ok(server)
}

fn version(version: Version) -> &'static SupportedProtocolVersion {
    match version {
        Version::Tls12 => &version::TLS12,
        Version::Tls13 => &version::TLS13,
    }
}

fn shown(
    leaf: &[u8],
    intermediate: &[u8],
    key: &[u8],
) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let chain = [leaf, intermediate].map(|der| CertificateDer::from(der.to_vec()));
    (chain.to_vec(), PrivatePkcs8KeyDer::from(key.to_vec()).into())
}

/// rustls' own provider and verifier, with what the session names and nothing else.
fn restricted(session: Session) -> CryptoProvider {
    let group = match session.group {
        Group::X25519 => provider::kx_group::X25519,
        Group::X25519MlKem768 => provider::kx_group::X25519MLKEM768,
    };
    let mut restricted = provider::default_provider();
    restricted.cipher_suites.retain(|suite| u16::from(suite.suite()) == session.suite_id());
    restricted.kx_groups = vec![group];
    if session.names_curve() {
        restricted.kx_groups.push(provider::kx_group::SECP256R1);
    }
    let schemes: &[SignatureScheme] = match session.kind {
        Kind::EcdsaP256 => &[SignatureScheme::ECDSA_NISTP256_SHA256],
        Kind::Rsa2048 => &[SignatureScheme::RSA_PSS_SHA256, SignatureScheme::RSA_PKCS1_SHA256],
    };
    let algorithms = &mut restricted.signature_verification_algorithms;
    let kept = algorithms.mapping.iter().filter(|(scheme, _)| schemes.contains(scheme)).copied();
    // One for each session of a run, kept for as long as the process.
    algorithms.mapping = Box::leak(kept.collect());
    restricted
}

fn verifier(provider: &Arc<CryptoProvider>, identity: &Identity) -> Result<Arc<WebPkiServerVerifier>, Fault> {
    let roots = Arc::new(roots(identity)?);
    Ok(WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider)).build()?)
}

fn roots(identity: &Identity) -> Result<RootCertStore, Fault> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(identity.root.clone()))?;
    Ok(roots)
}

fn agreed(state: &CommonState, witness: &Witness) -> Option<Agreed> {
    let shown = state.peer_certificates();
    Some(Agreed {
        version: state.protocol_version()?.into(),
        suite: state.negotiated_cipher_suite()?.suite().into(),
        group: state.negotiated_key_exchange_group().map(|group| group.name().into()),
        signature: shown.map(|_| witness.scheme.load(Relaxed)),
        resumed: state.handshake_kind()? == HandshakeKind::Resumed,
        chain: shown.map(|chain| chain_mark(chain.iter().map(AsRef::as_ref))),
        client_chain: None,
    })
}
