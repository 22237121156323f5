//! The echo server.

use std::sync::Arc;

use bulla_crypto::pem;
use bulla_crypto::private_key::PrivateKey;
use bulla_tls::{
    Checked, Credential, Credentials, Keeping, LegacyKeyTransport, Padding, ServerConfig, SessionStore,
};
use bulla_tokio::TlsAcceptor;
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
    let update_keys = options.flag("--update-keys");
    println!("listening");
    loop {
        let (stream, _) = listener.accept().await?;
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            if let Err(error) = echo(&acceptor, stream, update_keys).await {
                eprintln!("bulla-peer: {error}");
            }
        });
    }
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
async fn echo(acceptor: &TlsAcceptor, stream: TcpStream, update_keys: bool) -> Outcome {
    let mut stream = acceptor.accept(stream).await?;
    println!("{}", line(&stream.facts()));
    if update_keys {
        stream.get_mut().1.update_keys(true)?;
    }
    let (mut from, mut to) = stream.into_split();
    tokio::io::copy(&mut from, &mut to).await?;
    Ok(to.shutdown().await?)
}
