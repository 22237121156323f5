//! From the runner's options to a connection.

use std::sync::Arc;

use bulla_crypto::pem;
use bulla_crypto::private_key::PrivateKey;
use bulla_tls::registry::{NamedGroup, SignatureScheme};
use bulla_tls::{
    ClientCertificates, ClientConfig, ClientCredentials, ConfigError, Connection, Credential, Credentials,
    ServerConfig, Verification,
};
use rustls_pki_types::{CertificateDer, ServerName};

use crate::exchange::Failure;
use crate::options::Options;

pub fn connection(options: &Options) -> Result<Connection, Failure> {
    if options.server { server(options) } else { client(options) }
}

fn client(options: &Options) -> Result<Connection, Failure> {
    let mut config = ClientConfig::new(Verification::Ask);
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
    set_schemes(&mut config.signature_schemes, options);
    config.credentials = match (credential(options)?, options.asynchronous) {
        (None, _) => ClientCredentials::None,
        (Some(_), true) => ClientCredentials::Ask,
        (Some(credential), false) => ClientCredentials::Fixed(credential),
    };
    config.send_name = options.host_name.is_some();
    let name = options.host_name.clone().unwrap_or_else(|| "unnamed.example".into());
    let name = ServerName::try_from(name).map_err(|_| Failure::Unsupported("-host-name".into()))?;
    Ok(Connection::client(&config.check().map_err(unsupported)?, name))
}

fn server(options: &Options) -> Result<Connection, Failure> {
    let credentials = match (credential(options)?, options.asynchronous) {
        (None, _) => return Err(Failure::Unsupported("a server without a certificate".into())),
        (Some(_), true) => Credentials::Ask,
        (Some(credential), false) => Credentials::Fixed(credential),
    };
    let mut config = ServerConfig::new(credentials);
    if let Some(name) = &options.select_alpn {
        config.alpn = vec![name.clone()];
    }
    if options.reject_alpn {
        config.alpn = vec![b"a protocol that nobody offers".to_vec()];
    }
    if !options.curves.is_empty() {
        config.groups = options.curves.iter().map(|id| NamedGroup(*id)).collect();
    }
    set_schemes(&mut config.signature_schemes, options);
    if options.require_client_certificate {
        config.client_certificates = ClientCertificates::Required(Verification::Ask);
    } else if options.verify_peer {
        config.client_certificates = ClientCertificates::Optional(Verification::Ask);
    }
    Ok(Connection::server(&config.check().map_err(unsupported)?))
}

fn set_schemes(schemes: &mut Vec<SignatureScheme>, options: &Options) {
    if !options.verify_prefs.is_empty() {
        *schemes = options.verify_prefs.iter().map(|id| SignatureScheme(*id)).collect();
    }
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

/// The certificate and key of the options; with `-async` the key is elsewhere.
pub fn credential(options: &Options) -> Result<Option<Arc<Credential>>, Failure> {
    let Some(file) = &options.cert_file else { return Ok(None) };
    let chain = std::fs::read(file)?;
    let sections = pem::read(&chain).map_err(|error| Failure::Shim(error.to_string()))?;
    let chain: Vec<CertificateDer<'static>> =
        sections.into_iter().map(|section| section.into_der().to_vec().into()).collect();
    let credential = match options.asynchronous {
        true => Credential::remote(chain),
        false => Credential::new(chain, private_key(options)?),
    };
    credential.map(|credential| Some(Arc::new(credential))).map_err(|error| Failure::Unsupported(error.to_string()))
}

pub fn private_key(options: &Options) -> Result<PrivateKey, Failure> {
    let file = options.key_file.as_ref().or(options.cert_file.as_ref());
    let file = file.ok_or_else(|| Failure::Shim("no -key-file".into()))?;
    // Keys that bulla refuses, such as RSA of 1024 bits, are none that a case could use.
    PrivateKey::from_pem(&std::fs::read(file)?).map_err(|error| Failure::Unsupported(error.to_string()))
}
