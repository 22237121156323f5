//! The client: input to the server, what the server says to output.

use bulla_tls::registry::ProtocolVersion;
use bulla_tls::{ClientConfig, Verification};
use bulla_tokio::{TlsConnector, TlsStream};
use bulla_x509::trust::TrustAnchors;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, copy, split, stdin, stdout};
use tokio::net::TcpStream;

use crate::options::Options;
use crate::{Outcome, group, line};

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

/// Runs one connection to its end.
pub(crate) async fn fetch(options: &Options) -> Outcome {
    let mut config =
        ClientConfig::new(Verification::Anchors(TrustAnchors::from_pem_file(options.value("--ca")?)?));
    config.compatibility = !options.flag("--no-compatibility");
    config.legacy_key_transport = options.flag("--legacy-key-transport");
    if let Some(bytes) = options.optional("--record-size") {
        config.record_size_limit = Some(bytes.parse()?);
    }
    if let Some(group) = group(options)? {
        (config.groups, config.key_shares) = (vec![group], vec![group]);
    }
    if options.flag("--tls12") {
        config.versions = vec![ProtocolVersion::TLS_1_2];
    }
    let connector = TlsConnector::from(config.check()?);
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
