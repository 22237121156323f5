//! rustls as a peer of the benchmark, by its buffered and by its unbuffered interface.

mod buffered;
mod scheme;
mod unbuffered;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use bench_peer::case::{Group, Kind, Session, Suite};
use bench_peer::chain_mark;
use bench_peer::fault::Fault;
use bench_peer::heap::Counted;
use bench_peer::identity::{Identity, SERVER_NAME};
use bench_peer::order::Agreed;
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs as provider};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use rustls::server::NoServerSessionStorage;
use rustls::{
    ClientConfig, CommonState, HandshakeKind, RootCertStore, ServerConfig, SignatureScheme, version,
};
use scheme::Witness;

#[global_allocator]
static ALLOCATOR: Counted = Counted;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["buffered"] => bench_peer::serve::<buffered::Buffered>(),
        ["unbuffered"] => bench_peer::serve::<unbuffered::Unbuffered>(),
        _ => {
            eprintln!("bench-rustls buffered|unbuffered");
            ExitCode::FAILURE
        }
    }
}

/// The configs that both interfaces share.
struct Configs {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
    name: ServerName<'static>,
    witness: Arc<Witness>,
}

impl Configs {
    fn new(session: Session, identity: &Identity) -> Result<Self, Fault> {
        let provider = Arc::new(restricted(session));
        let witness = Arc::new(Witness::new(verifier(&provider, identity)?));
        let mut client = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&version::TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(Arc::<Witness>::clone(&witness))
            .with_no_client_auth();
        client.resumption = Resumption::disabled();
        let chain = [&identity.leaf, &identity.intermediate].map(|der| CertificateDer::from(der.clone()));
        let key = PrivatePkcs8KeyDer::from(identity.key.clone());
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&version::TLS13])?
            .with_no_client_auth()
            .with_single_cert(chain.to_vec(), key.into())?;
        server.session_storage = Arc::new(NoServerSessionStorage {});
        server.send_tls13_tickets = 0;
        Ok(Self {
            client: Arc::new(client),
            server: Arc::new(server),
            name: ServerName::try_from(SERVER_NAME)?,
            witness,
        })
    }

    fn agreed(&self, state: &CommonState) -> Option<Agreed> {
        agreed(state, &self.witness)
    }
}

/// rustls' own provider and verifier, with what the session names and nothing else.
fn restricted(session: Session) -> CryptoProvider {
    let suite = match session.suite {
        Suite::Aes128Gcm => provider::cipher_suite::TLS13_AES_128_GCM_SHA256,
        Suite::Aes256Gcm => provider::cipher_suite::TLS13_AES_256_GCM_SHA384,
        Suite::ChaCha20Poly1305 => provider::cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
    };
    let group = match session.group {
        Group::X25519 => provider::kx_group::X25519,
        Group::X25519MlKem768 => provider::kx_group::X25519MLKEM768,
    };
    let mut restricted = provider::default_provider();
    restricted.cipher_suites = vec![suite];
    restricted.kx_groups = vec![group];
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
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(identity.root.clone()))?;
    Ok(WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build()?)
}

fn agreed(state: &CommonState, witness: &Witness) -> Option<Agreed> {
    let shown = state.peer_certificates();
    Some(Agreed {
        version: state.protocol_version()?.into(),
        suite: state.negotiated_cipher_suite()?.suite().into(),
        group: state.negotiated_key_exchange_group()?.name().into(),
        signature: shown.map(|_| witness.scheme.load(Relaxed)),
        resumed: state.handshake_kind()? == HandshakeKind::Resumed,
        chain: shown.map(|chain| chain_mark(chain.iter().map(AsRef::as_ref))),
    })
}
