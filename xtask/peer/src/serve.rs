//! The echo server.

use std::sync::Arc;

use bulla_crypto::private_key::PrivateKey;
use bulla_tls::{
    Checked, ClientCertificates, Credential, Credentials, Keeping, LegacyKeyTransport, Padding, ServerConfig,
    SessionStore, Verification,
};
use bulla_tokio::TlsAcceptor;
use bulla_x509::trust::TrustAnchors;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};

use crate::options::{Narrowed, Options};
use crate::token::Token;
use crate::{Outcome, chain_of, credential, line};

/// Listens until it is ended.
pub(crate) async fn serve(options: &Options) -> Outcome {
    let token = Token::open(options)?;
    let mut acceptor = TlsAcceptor::from(config(options, token.is_some())?);
    if let Some(token) = token {
        acceptor = acceptor.with_signer(token);
    }
    let listener = TcpListener::bind(options.value("--listen")?).await?;
    let first = First {
        update_keys: options.flag("--update-keys"),
        ask_later: options.optional("--ask-later").is_some(),
    };
    println!("listening");
    loop {
        let (stream, _) = listener.accept().await?;
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            if let Err(error) = echo(&acceptor, stream, first).await {
                eprintln!("bulla-peer: {error}");
            }
        });
    }
}

/// What the server does before it sends anything back.
#[derive(Clone, Copy)]
struct First {
    update_keys: bool,
    /// Whether it asks for the client's certificate, now that the handshake is done.
    ask_later: bool,
}

fn config(options: &Options, remote: bool) -> Result<Checked<ServerConfig>, Box<dyn std::error::Error>> {
    let mut config = ServerConfig::new(Credentials::Fixed(Arc::new(shown(options, remote)?)));
    narrow(&mut config, options)?;
    config.retry_cookie = options.flag("--retry-cookie");
    if let Some(chain) = options.optional("--legacy-chain") {
        let key = PrivateKey::from_pem(&std::fs::read(options.value("--legacy-key")?)?)?;
        config.legacy_key_transport = Some(LegacyKeyTransport::new(chain_of(chain)?, &key)?);
    }
    if options.flag("--store") {
        config.resumption.keeping = Keeping::Store(SessionStore::new(100));
    }
    if let Some(file) = options.optional("--client-ca") {
        let verification = Verification::Anchors(TrustAnchors::from_pem_file(file)?);
        config.client_certificates = if options.flag("--optional") {
            ClientCertificates::Optional(verification)
        } else {
            ClientCertificates::Required(verification)
        };
    }
    if let Some(file) = options.optional("--ask-later") {
        config.later_certificates = Some(Verification::Anchors(TrustAnchors::from_pem_file(file)?));
    }
    if let Some(bytes) = options.optional("--padding") {
        config.padding = Padding::Block(bytes.parse()?);
    }
    Ok(config.check()?)
}

fn shown(options: &Options, remote: bool) -> Result<Credential, Box<dyn std::error::Error>> {
    let chain = options.value("--chain")?;
    let shown = if remote {
        Credential::remote(chain_of(chain)?)?
    } else {
        credential(chain, options.value("--key")?)?
    };
    Ok(match options.optional("--staple") {
        Some(file) => shown.with_ocsp(std::fs::read(file)?)?,
        None => shown,
    })
}

fn narrow(config: &mut ServerConfig, options: &Options) -> Outcome {
    let Narrowed { versions, suites, groups, alpn, record_size_limit } = Narrowed::by(options)?;
    config.versions = versions.unwrap_or(std::mem::take(&mut config.versions));
    config.suites = suites.unwrap_or(std::mem::take(&mut config.suites));
    config.groups = groups.unwrap_or(std::mem::take(&mut config.groups));
    config.alpn = alpn;
    if record_size_limit.is_some() {
        config.record_size_limit = record_size_limit;
    }
    if options.flag("--no-compression") {
        config.compression = Vec::new();
    }
    Ok(())
}

/// Sends back what comes until the peer closes its side, then closes ours.
async fn echo(acceptor: &TlsAcceptor, stream: TcpStream, first: First) -> Outcome {
    let mut stream = acceptor.accept(stream).await?;
    println!("{}", line(&stream.facts()));
    if first.update_keys {
        stream.get_mut().1.update_keys(true)?;
    }
    if first.ask_later {
        stream.request_certificate()?;
        stream.flush().await?;
    }
    let (mut from, mut to) = stream.into_split();
    tokio::io::copy(&mut from, &mut to).await?;
    if let Some(names) = from.facts().peer_names() {
        println!("client {names}");
    }
    to.shutdown().await?;
    println!("ended");
    Ok(())
}
