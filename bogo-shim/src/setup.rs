//! From the runner's options to a connection.

use std::sync::Arc;

use bulla_tls::registry::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};
use bulla_tls::{
    CertificateCompression, ClientCertificates, ClientConfig, ClientCredentials, ConfigError, Connection,
    Credentials, Keeping, Limits, ServerConfig, Verification,
};
use rustls_pki_types::ServerName;

use crate::compression;
use crate::credentials::Holdings;
use crate::exchange::Failure;
use crate::memory::Memory;
use crate::options::Options;

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

pub fn connection(options: &Options, holdings: &Holdings, memory: &Memory) -> Result<Connection, Failure> {
    if options.server { server(options, holdings, memory) } else { client(options, holdings, memory) }
}

fn client(options: &Options, holdings: &Holdings, memory: &Memory) -> Result<Connection, Failure> {
    let mut config = ClientConfig::new(Verification::Ask);
    config.clock = memory.clock();
    config.sessions = Some(memory.sessions.clone());
    config.session_context = b"the runner's".to_vec();
    if let Some(list) = &options.advertise_alpn {
        config.alpn = protocols(list)?;
    }
    if !options.curves.is_empty() {
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
    set_common(&mut config.signature_schemes, &mut config.suites, &mut config.limits, options);
    config.versions.retain(|version| options.versions.contains(version.0));
    config.require_extended_master_secret = false;
    config.legacy_key_transport = config.versions.contains(&ProtocolVersion::TLS_1_2);
    config.credentials = match holdings.only() {
        Some(credential) if !asks(options) => ClientCredentials::Fixed(Arc::clone(credential)),
        None if holdings.is_empty() && !asks(options) => ClientCredentials::None,
        _ => ClientCredentials::Ask,
    };
    config.staples.ocsp = options.enable_ocsp;
    config.staples.scts = options.enable_scts;
    config.compression = compressions(options)?;
    config.send_name = options.host_name.is_some();
    let name = options.host_name.clone().unwrap_or_else(|| "unnamed.example".into());
    let name = ServerName::try_from(name).map_err(|_| Failure::Unsupported("-host-name".into()))?;
    Ok(Connection::client(&config.check().map_err(unsupported)?, name))
}

fn server(options: &Options, holdings: &Holdings, memory: &Memory) -> Result<Connection, Failure> {
    let credentials = match holdings.only() {
        Some(credential) if !asks(options) => Credentials::Fixed(Arc::clone(credential)),
        None if holdings.is_empty() => {
            return Err(Failure::Unsupported("a server without a certificate".into()));
        }
        _ => Credentials::Ask,
    };
    let mut config = ServerConfig::new(credentials);
    config.clock = memory.clock();
    config.resumption.keeping = match options.no_ticket {
        true => Keeping::Nowhere,
        false => Keeping::SharedTickets(memory.keys.clone()),
    };
    config.resumption.context = b"the runner's".to_vec();
    if let Some(name) = &options.select_alpn {
        config.alpn = vec![name.clone()];
    }
    if options.reject_alpn {
        config.alpn = vec![b"a protocol that nobody offers".to_vec()];
    }
    if !options.curves.is_empty() {
        config.groups = options.curves.iter().map(|id| NamedGroup(*id)).collect();
    }
    set_common(&mut config.signature_schemes, &mut config.suites, &mut config.limits, options);
    config.versions.retain(|version| options.versions.contains(version.0));
    config.require_extended_master_secret = false;
    config.compression = compressions(options)?;
    config.client_authorities = options.client_ca_list.as_deref().map(authorities);
    if options.require_client_certificate {
        config.client_certificates = ClientCertificates::Required(Verification::Ask);
    } else if options.verify_peer {
        config.client_certificates = ClientCertificates::Optional(Verification::Ask);
    }
    Ok(Connection::server(&config.check().map_err(unsupported)?))
}

fn set_common(
    schemes: &mut Vec<SignatureScheme>,
    suites: &mut Vec<CipherSuite>,
    limits: &mut Limits,
    options: &Options,
) {
    *schemes = match options.verify_prefs.as_slice() {
        [] => DEFAULT_VERIFY_PREFS.to_vec(),
        prefs => prefs.iter().map(|id| SignatureScheme(*id)).collect(),
    };
    if !options.suites.is_empty() {
        // The list is of suites of TLS 1.3 alone.
        suites.retain(|suite| suite.0 >> 8 != 0x13);
        suites.splice(..0, options.suites.iter().map(|id| CipherSuite(*id)));
    }
    if let Some(limit) = options.max_cert_list {
        limits.message = limit;
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
