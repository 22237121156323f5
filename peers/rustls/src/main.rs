//! rustls as a peer program; the command line is peer-program's.

mod connection;

use std::net::TcpStream;
use std::process::ExitCode;
use std::sync::Arc;

use connection::handshake;
use peer_program::{Connection, Engine, Error, Options, run};
use rustls::client::ClientConnection;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::{NoServerSessionStorage, ServerConnection, WebPkiClientVerifier};
use rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};

struct Rustls;

fn main() -> ExitCode {
    run::<Rustls>()
}

impl Engine for Rustls {
    fn version() -> String {
        format!("rustls {}", env!("PEER_VERSION"))
    }

    fn server(
        options: &Options,
    ) -> Result<impl FnMut(TcpStream) -> Result<Box<dyn Connection>, Error>, Error> {
        let config = Arc::new(server_config(options)?);
        Ok(move |stream| {
            let connection = ServerConnection::new(Arc::clone(&config))?;
            handshake(connection, stream)
        })
    }

    fn client(
        options: &Options,
    ) -> Result<impl FnMut(TcpStream) -> Result<Box<dyn Connection>, Error>, Error> {
        let config = Arc::new(client_config(options)?);
        let name = ServerName::try_from(options.value("--name")?.to_owned())?;
        Ok(move |stream| {
            let connection = ClientConnection::new(Arc::clone(&config), name.clone())?;
            handshake(connection, stream)
        })
    }
}

fn server_config(options: &Options) -> Result<ServerConfig, Error> {
    let provider = Arc::new(provider(options)?);
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(versions(options))?;
    let builder = match options.optional("--client-ca") {
        None => builder.with_no_client_auth(),
        Some(file) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots(file)?), provider);
            builder.with_client_cert_verifier(verifier.build()?)
        }
    };
    let (chain, key) = credential(options)?;
    let mut config = builder.with_single_cert(chain, key)?;
    config.alpn_protocols = protocols(options);
    if !options.flag("--no-tickets") {
        config.ticketer = aws_lc_rs::Ticketer::new()?;
        config.session_storage = Arc::new(NoServerSessionStorage {});
    }
    Ok(config)
}

fn client_config(options: &Options) -> Result<ClientConfig, Error> {
    let builder = ClientConfig::builder_with_provider(Arc::new(provider(options)?));
    let builder = builder.with_protocol_versions(versions(options))?;
    let builder = builder.with_root_certificates(roots(options.value("--ca")?)?);
    let mut config = if options.flag("--chain") {
        let (chain, key) = credential(options)?;
        builder.with_client_auth_cert(chain, key)?
    } else {
        builder.with_no_client_auth()
    };
    config.alpn_protocols = protocols(options);
    Ok(config)
}

fn provider(options: &Options) -> Result<CryptoProvider, Error> {
    let mut provider = aws_lc_rs::default_provider();
    if let Some(names) = options.optional("--groups") {
        let all = aws_lc_rs::ALL_KX_GROUPS;
        let named = |name: &str| {
            let group = all.iter().find(|group| format!("{:?}", group.name()).eq_ignore_ascii_case(name));
            group.copied().ok_or_else(|| format!("rustls has no group {name}"))
        };
        provider.kx_groups = names.split(':').map(named).collect::<Result<_, _>>()?;
    }
    Ok(provider)
}

const TLS12: &[&SupportedProtocolVersion] = &[&rustls::version::TLS12];

fn versions(options: &Options) -> &'static [&'static SupportedProtocolVersion] {
    if options.flag("--tls12") { TLS12 } else { rustls::ALL_VERSIONS }
}

fn protocols(options: &Options) -> Vec<Vec<u8>> {
    options.optional("--alpn").map(|name| name.as_bytes().to_vec()).into_iter().collect()
}

fn roots(file: &str) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file)? {
        roots.add(certificate?)?;
    }
    Ok(roots)
}

fn credential(options: &Options) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Error> {
    let chain = CertificateDer::pem_file_iter(options.value("--chain")?)?.collect::<Result<_, _>>()?;
    Ok((chain, PrivateKeyDer::from_pem_file(options.value("--key")?)?))
}
