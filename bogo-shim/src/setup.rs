//! From the runner's options to a connection.

use std::sync::{Arc, Mutex, PoisonError};

use bulla_tls::registry::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};
use bulla_tls::{
    CertificateCompression, Checked, ClientCertificates, ClientConfig, ClientCredentials, ClientOffer,
    ConfigError, Connection, Credentials, Keeping, KeyLog, Limits, Resumption, ServerConfig, Verification,
};
use rustls_pki_types::ServerName;

use crate::credentials::Holdings;
use crate::exchange::Failure;
use crate::memory::Memory;
use crate::options::Options;
use crate::{compression, left_out};

/// What a client or server accepts where the runner gives no list of its own: the runner counts on
/// BoringSSL's default, which leaves out Ed25519 and P-521.
const DEFAULT_VERIFY_PREFS: [SignatureScheme; 8] = [
    SignatureScheme::ECDSA_SECP256R1_SHA256,
    SignatureScheme::RSA_PSS_RSAE_SHA256,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::ECDSA_SECP384R1_SHA384,
    SignatureScheme::RSA_PSS_RSAE_SHA384,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PSS_RSAE_SHA512,
    SignatureScheme::RSA_PKCS1_SHA512,
];

/// What an exchange begins with.
pub struct Start {
    pub connection: Connection,
    /// A server's configs, where the hello is seen before one is chosen.
    pub chosen: Option<Choice>,
    /// The secrets by which both sides send, as they become known.
    pub secrets: Secrets,
}

pub fn start(options: &Options, holdings: &Holdings, memory: &Memory) -> Result<Start, Failure> {
    let secrets = Secrets::default();
    let log = options.export_traffic_secrets.then(|| secrets.log());
    if !options.server {
        let mut config = client(options, holdings, memory)?;
        config.key_log = log;
        let name = options.host_name.clone().unwrap_or_else(|| "unnamed.example".into());
        let name = ServerName::try_from(name).map_err(|_| Failure::Unsupported("-host-name".into()))?;
        let connection = Connection::client(&config.check().map_err(unsupported)?, name);
        return Ok(Start { connection, chosen: None, secrets });
    }
    let mut config = server(options, holdings, memory)?;
    config.key_log = log;
    let limits = config.limits;
    let transport = transport(&config, options, holdings)?;
    let usual = config.check().map_err(unsupported)?;
    Ok(match options.peek_at_hello || transport.is_some() {
        true => {
            let chosen = Some(Choice { usual, transport });
            Start { connection: Connection::server_after_hello(limits), chosen, secrets }
        }
        false => Start { connection: Connection::server(&usual), chosen: None, secrets },
    })
}

/// A server's configs.
pub struct Choice {
    usual: Checked<ServerConfig>,
    /// For clients that know nothing but key transport. The runner has one RSA key for both; in one config bulla has
    /// a key either sign or decrypt.
    transport: Option<Checked<ServerConfig>>,
}

impl Choice {
    pub fn config_for(self, offer: &ClientOffer) -> Checked<ServerConfig> {
        let ephemeral = |suite: &CipherSuite| self.usual.suites.contains(suite);
        match self.transport {
            Some(transport) if !offer.suites.iter().any(ephemeral) => transport,
            _ => self.usual,
        }
    }
}

/// The same config for key transport alone, where the one certificate is of RSA.
fn transport(
    config: &ServerConfig,
    options: &Options,
    holdings: &Holdings,
) -> Result<Option<Checked<ServerConfig>>, Failure> {
    let speaks12 = config.versions.contains(&ProtocolVersion::TLS_1_2);
    let fails = options.fail_cert_callback || options.fail_ocsp;
    let possible = speaks12 && !fails && options.policy.is_none();
    let Some(transport) = holdings.transport().filter(|_| possible) else { return Ok(None) };
    let mut config = config.clone();
    config.credentials = Credentials::Ask;
    config.legacy_key_transport = Some(transport?);
    config.check().map(Some).map_err(unsupported)
}

fn client(options: &Options, holdings: &Holdings, memory: &Memory) -> Result<ClientConfig, Failure> {
    if options.no_ticket {
        return Err(Failure::Unsupported("-no-ticket of a client".into()));
    }
    let mut config = ClientConfig::new(Verification::Ask);
    config.clock = memory.clock();
    config.sessions = Some(memory.sessions.clone());
    config.session_context = b"the runner's".to_vec();
    config.judge_resumed = options.reverify_on_resume;
    if let Some(list) = &options.advertise_alpn {
        config.alpn = protocols(list)?;
    }
    if let Some(policy) = options.policy {
        config.groups = policy.groups.to_vec();
        config.key_shares = config.groups[..1].to_vec();
    } else if !options.curves.is_empty() {
        config.groups = options.curves.iter().map(|id| NamedGroup(*id)).collect();
        // The runner expects a share for the first group, and one for the next of the other kind.
        let first = config.groups[0];
        let other = |group: &&NamedGroup| group.is_post_quantum() != first.is_post_quantum();
        config.key_shares = [first].into_iter().chain(config.groups.iter().find(other).copied()).collect();
    }
    if !options.key_shares.is_empty() {
        config.key_shares = options.key_shares.iter().map(|id| NamedGroup(*id)).collect();
    }
    if options.no_key_shares {
        return Err(Failure::Unsupported("a hello without key shares".into()));
    }
    set_common(&mut config.signature_schemes, &mut config.suites, &mut config.limits, options)?;
    config.versions = versions(options)?;
    config.require_extended_master_secret = false;
    let speaks12 = config.versions.contains(&ProtocolVersion::TLS_1_2);
    config.legacy_key_transport = speaks12 && options.policy.is_none();
    config.credentials = match holdings.only() {
        Some(credential) if !asks(options) => ClientCredentials::Fixed(Arc::clone(credential)),
        None if holdings.is_empty() && !asks(options) => ClientCredentials::None,
        _ => ClientCredentials::Ask,
    };
    config.staples.ocsp = options.enable_ocsp;
    config.staples.scts = options.enable_scts;
    config.compression = compressions(options)?;
    config.send_name = options.host_name.is_some();
    Ok(config)
}

fn server(options: &Options, holdings: &Holdings, memory: &Memory) -> Result<ServerConfig, Failure> {
    let credentials = match holdings.only() {
        Some(credential) if !asks(options) => Credentials::Fixed(Arc::clone(credential)),
        None if holdings.is_empty() && options.policy.is_none() => {
            return Err(Failure::Unsupported("a server without a certificate".into()));
        }
        _ => Credentials::Ask,
    };
    let mut config = ServerConfig::new(credentials);
    config.clock = memory.clock();
    config.resumption = resumption(options, holdings, memory)?;
    if let Some(name) = &options.select_alpn {
        config.alpn = vec![name.clone()];
    }
    if options.reject_alpn {
        config.alpn = vec![b"a protocol that nobody offers".to_vec()];
    }
    if let Some(policy) = options.policy {
        config.groups = policy.groups.to_vec();
    } else if !options.curves.is_empty() {
        config.groups = options.curves.iter().map(|id| NamedGroup(*id)).collect();
    }
    set_common(&mut config.signature_schemes, &mut config.suites, &mut config.limits, options)?;
    config.versions = versions(options)?;
    config.require_extended_master_secret = false;
    config.compression = compressions(options)?;
    config.client_authorities = options.client_ca_list.as_deref().map(authorities);
    if options.require_client_certificate {
        config.client_certificates = ClientCertificates::Required(Verification::Ask);
    } else if options.verify_peer {
        config.client_certificates = ClientCertificates::Optional(Verification::Ask);
    }
    Ok(config)
}

fn resumption(options: &Options, holdings: &Holdings, memory: &Memory) -> Result<Resumption, Failure> {
    let mut resumption = Resumption::new();
    resumption.keeping = if options.no_ticket {
        // Session ids in TLS 1.2, nothing in TLS 1.3.
        (resumption.tickets, resumption.tickets_resumed, resumption.tickets_most) = (0, 0, 0);
        Keeping::Store(memory.store.clone())
    } else if options.expect_session_id {
        Keeping::Store(memory.store.clone())
    } else if options.own_tickets {
        Keeping::AskTickets
    } else {
        Keeping::SharedTickets(memory.keys.clone())
    };
    let context = holdings.session_context()?.or(options.session_context.as_ref());
    resumption.context = context.cloned().unwrap_or_else(|| b"the runner's".to_vec());
    Ok(resumption)
}

fn set_common(
    schemes: &mut Vec<SignatureScheme>,
    suites: &mut Vec<CipherSuite>,
    limits: &mut Limits,
    options: &Options,
) -> Result<(), Failure> {
    if let Some(reason) = options.verify_prefs.iter().find_map(|id| left_out::scheme(*id)) {
        return Err(Failure::Unsupported(reason.into()));
    }
    *schemes = match options.verify_prefs.as_slice() {
        [] => DEFAULT_VERIFY_PREFS.to_vec(),
        prefs => prefs.iter().map(|id| SignatureScheme(*id)).collect(),
    };
    if let Some(policy) = options.policy {
        *schemes = policy.schemes.to_vec();
        *suites = policy.suites.to_vec();
    }
    if !options.suites.is_empty() {
        // The list is of suites of TLS 1.3 alone.
        suites.retain(|suite| suite.0 >> 8 != 0x13);
        suites.splice(..0, options.suites.iter().map(|id| CipherSuite(*id)));
    }
    if let Some(limit) = options.max_cert_list {
        limits.message = limit;
    }
    Ok(())
}

/// The versions that are left; of those that bulla has.
fn versions(options: &Options) -> Result<Vec<ProtocolVersion>, Failure> {
    const OLD: [u16; 2] = [0x0301, 0x0302];
    let both = [ProtocolVersion::TLS_1_3, ProtocolVersion::TLS_1_2];
    let of_policy = options.policy.map_or(both.as_slice(), |policy| policy.versions);
    let versions: Vec<_> =
        of_policy.iter().filter(|version| options.versions.contains(version.0)).copied().collect();
    match versions.is_empty() {
        false => Ok(versions),
        true if OLD.iter().any(|old| options.versions.contains(*old)) => {
            Err(Failure::Unsupported("BoringSSL alone has it: TLS 1.0 and 1.1 (no other is enabled)".into()))
        }
        true => {
            Err(Failure::Unmet(format!(":NO_SUPPORTED_VERSIONS_ENABLED: {}", ConfigError::Empty("versions"))))
        }
    }
}

/// Names in hexadecimal, or words for none.
fn authorities(list: &str) -> Vec<Vec<u8>> {
    let names = list.split(',').map(|name| data_encoding::HEXLOWER_PERMISSIVE.decode(name.as_bytes()));
    names.filter_map(Result::ok).filter(|name| !name.is_empty()).collect()
}

fn compressions(options: &Options) -> Result<Vec<CertificateCompression>, Failure> {
    options.compressions.iter().map(|id| compression::of(*id)).collect()
}

/// Whether the certificate is chosen for each hello: where the key is elsewhere, and where something is to
/// be learnt from the question.
pub fn asks(options: &Options) -> bool {
    options.asynchronous
        || options.fail_cert_callback
        || (options.server && options.fail_ocsp)
        || options.expect_advertised_alpn.is_some()
        || options.expect_client_ca_list.is_some()
        || !options.expect_peer_verify_prefs.is_empty()
}

fn unsupported(error: ConfigError) -> Failure {
    Failure::Unsupported(error.to_string())
}

/// The protocols of an ALPN list in the form in which it goes over the wire.
pub fn protocols(mut list: &[u8]) -> Result<Vec<Vec<u8>>, Failure> {
    let mut names = Vec::new();
    while let Some((length, rest)) = list.split_first() {
        let (name, rest) = rest
            .split_at_checked(usize::from(*length))
            .ok_or_else(|| Failure::Unsupported("-advertise-alpn".into()))?;
        names.push(name.to_vec());
        list = rest;
    }
    Ok(names)
}

/// The secrets of a connection that a key log was told of.
#[derive(Clone, Default)]
pub struct Secrets(Arc<Mutex<Vec<Secret>>>);

/// A secret and its label.
type Secret = (&'static str, Vec<u8>);

impl Secrets {
    fn log(&self) -> KeyLog {
        let secrets = Arc::clone(&self.0);
        KeyLog::from_fn(move |it| {
            let mut secrets = secrets.lock().unwrap_or_else(PoisonError::into_inner);
            secrets.push((it.label, it.secret.to_vec()));
        })
    }

    /// The secret with this label (RFC 9850 section 2.1).
    pub fn of(&self, label: &str) -> Option<Vec<u8>> {
        let secrets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        secrets.iter().find(|(it, _)| *it == label).map(|(_, secret)| secret.clone())
    }
}
