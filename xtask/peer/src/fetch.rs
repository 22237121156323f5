//! The client: input to the server, what the server says to output.

use std::sync::Arc;

use bulla_tls::{Checked, ClientConfig, ClientCredentials, Verification};
use bulla_tokio::{TlsConnector, TlsStream};
use bulla_x509::trust::TrustAnchors;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, copy, split, stdin, stdout};
use tokio::net::TcpStream;

use crate::options::{Narrowed, Options};
use crate::{Outcome, credential, line};

async fn connect(
    connector: &TlsConnector,
    options: &Options,
) -> Result<TlsStream<TcpStream>, Box<dyn std::error::Error>> {
    let name = ServerName::try_from(options.value("--name")?.to_owned())?;
    let stream = TcpStream::connect(options.value("--connect")?).await?;
    Ok(connector.connect(name, stream).await?)
}

/// A connection before the one that counts: a line goes to the server and some line comes back, and with it
/// whatever brings the session back.
async fn exchange_a_line(connector: &TlsConnector, options: &Options) -> Outcome {
    let mut stream = BufReader::new(connect(connector, options).await?);
    eprintln!("{}", line(&stream.get_ref().facts()));
    stream.write_all(b"first\n").await?;
    stream.read_line(&mut String::new()).await?;
    Ok(stream.shutdown().await?)
}

fn config(options: &Options) -> Result<Checked<ClientConfig>, Box<dyn std::error::Error>> {
    let mut config =
        ClientConfig::new(Verification::Anchors(TrustAnchors::from_pem_file(options.value("--ca")?)?));
    narrow(&mut config, options)?;
    config.compatibility = !options.flag("--no-compatibility");
    config.legacy_key_transport = options.flag("--legacy-key-transport");
    config.later_certificates = options.flag("--show-later");
    if let Some(chain) = options.optional("--chain") {
        let shown = credential(chain, options.value("--key")?)?;
        config.credentials = ClientCredentials::Fixed(Arc::new(shown));
    }
    Ok(config.check()?)
}

fn narrow(config: &mut ClientConfig, options: &Options) -> Outcome {
    let Narrowed { versions, suites, groups, alpn, record_size_limit } = Narrowed::by(options)?;
    config.versions = versions.unwrap_or(std::mem::take(&mut config.versions));
    config.suites = suites.unwrap_or(std::mem::take(&mut config.suites));
    if let Some(groups) = groups {
        (config.groups, config.key_shares) = (groups.clone(), groups);
    }
    config.alpn = alpn;
    if record_size_limit.is_some() {
        config.record_size_limit = record_size_limit;
    }
    if options.flag("--no-compression") {
        config.compression = Vec::new();
    }
    Ok(())
}

/// Runs one connection to its end.
pub(crate) async fn fetch(options: &Options) -> Outcome {
    let connector = TlsConnector::from(config(options)?);
    if options.flag("--resume") {
        exchange_a_line(&connector, options).await?;
    }
    let mut stream = connect(&connector, options).await?;
    if options.flag("--update-keys") {
        stream.get_mut().1.update_keys(true)?;
    }
    eprintln!("{}", line(&stream.facts()));

    let (mut from, mut to) = split(stream);
    let keep_open = options.flag("--keep-open");
    let send = async {
        copy(&mut stdin(), &mut to).await?;
        if keep_open { to.flush().await } else { to.shutdown().await }
    };
    let receive = async {
        let mut out = stdout();
        copy(&mut from, &mut out).await?;
        out.flush().await
    };
    // The peer may end the connection while our input is still open.
    tokio::pin!(send);
    tokio::pin!(receive);
    tokio::select! {
        received = &mut receive => received?,
        sent = &mut send => {
            sent?;
            receive.await?;
        }
    }
    Ok(())
}
