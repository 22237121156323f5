//! The echo server.

use std::sync::Arc;

use bulla_crypto::pem;
use bulla_crypto::private_key::PrivateKey;
use bulla_tls::{
    Checked, Credential, Credentials, Keeping, LegacyKeyTransport, Padding, ServerConfig, SessionStore,
    Verification,
};
use bulla_tokio::TlsAcceptor;
use bulla_x509::trust::TrustAnchors;
use rustls_pki_types::CertificateDer;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};

use crate::options::Options;
use crate::token::Token;
use crate::{Outcome, group, line};

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
    let chain = read_chain(options.value("--chain")?)?;
    let credential = if remote {
        Credential::remote(chain)?
    } else {
        Credential::new(chain, PrivateKey::from_pem(&std::fs::read(options.value("--key")?)?)?)?
    };
    let mut config = ServerConfig::new(Credentials::Fixed(Arc::new(credential)));
    config.retry_cookie = options.flag("--retry-cookie");
    if let Some(chain) = options.optional("--legacy-chain") {
        let key = PrivateKey::from_pem(&std::fs::read(options.value("--legacy-key")?)?)?;
        config.legacy_key_transport = Some(LegacyKeyTransport::new(read_chain(chain)?, &key)?);
    }
    if options.flag("--store") {
        config.resumption.keeping = Keeping::Store(SessionStore::new(100));
    }
    if let Some(group) = group(options)? {
        config.groups = vec![group];
    }
    if let Some(bytes) = options.optional("--record-size") {
        config.record_size_limit = Some(bytes.parse()?);
    }
    if let Some(file) = options.optional("--ask-later") {
        config.later_certificates = Some(Verification::Anchors(TrustAnchors::from_pem_file(file)?));
    }
    if let Some(bytes) = options.optional("--padding") {
        config.padding = Padding::Block(bytes.parse()?);
    }
    Ok(config.check()?)
}

fn read_chain(file: &str) -> Result<Vec<CertificateDer<'static>>, Box<dyn std::error::Error>> {
    let sections = pem::read(&std::fs::read(file)?)?;
    Ok(sections.into_iter().map(|section| CertificateDer::from(section.into_der())).collect())
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
    if let Some(names) = from.facts().peer_names().filter(|_| first.ask_later) {
        println!("client {names}");
    }
    Ok(to.shutdown().await?)
}
