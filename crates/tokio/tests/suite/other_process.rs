//! A key that never leaves another process: this test's own program, started once more.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use bulla_crypto::signature::{KeyKind, SignatureAlgorithm};
use bulla_testkit::authority::{TestAuthority, now, server_name, shared};
use bulla_tls::registry::SignatureScheme;
use bulla_tls::{ClientConfig, Clock, Credential, Credentials, SignNeed, Signature, Verification};
use bulla_tokio::{Refused, Signer, TlsAcceptor, TlsConnector, tls_error};
use bulla_x509::trust::TrustAnchors;
use rustls_pki_types::CertificateDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

/// Where the process that signs finds the one that asks.
const ADDRESS: &str = "BULLA_TEST_SIGN_FOR";

/// The other process: makes an authority and a key, tells the certificates, then signs what it is sent.
/// Parts are sent behind their lengths.
#[test]
#[ignore = "is started by the tests beside it"]
fn the_process_that_signs() {
    let address = std::env::var(ADDRESS).expect("started by the tests beside this one");
    let mut asker = std::net::TcpStream::connect(address).unwrap();
    let authority = TestAuthority::new();
    let leaf = authority.server(KeyKind::EcP256);
    for part in [authority.root(), &leaf.chain[0], &leaf.chain[1]] {
        tell(&mut asker, part);
    }
    let mut length = [0; 4];
    while asker.read_exact(&mut length).is_ok() {
        let mut message = vec![0; u32::from_be_bytes(length) as usize];
        asker.read_exact(&mut message).unwrap();
        let signature = leaf.private_key().sign(SignatureAlgorithm::EcdsaP256Sha256, &message).unwrap();
        tell(&mut asker, &signature);
    }
}

fn tell(asker: &mut std::net::TcpStream, part: &[u8]) {
    asker.write_all(&u32::try_from(part.len()).unwrap().to_be_bytes()).unwrap();
    asker.write_all(part).unwrap();
}

/// The other process, as a signer.
struct Elsewhere {
    line: Mutex<TcpStream>,
    process: std::sync::Mutex<Child>,
}

impl Elsewhere {
    /// Starts it; gives its root and its chain, too.
    async fn start() -> (Self, CertificateDer<'static>, Vec<CertificateDer<'static>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "other_process::the_process_that_signs", "--ignored"])
            .env(ADDRESS, listener.local_addr().unwrap().to_string())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = listener.accept().await.unwrap().0;
        let root = receive(&mut line).await.unwrap().into();
        let chain = vec![receive(&mut line).await.unwrap().into(), receive(&mut line).await.unwrap().into()];
        (Self { line: Mutex::new(line), process: std::sync::Mutex::new(process) }, root, chain)
    }

    fn end(&self) {
        let mut process = self.process.lock().unwrap();
        let _ = process.kill();
        process.wait().unwrap();
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        self.end();
    }
}

async fn receive(line: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut part = vec![0; line.read_u32().await? as usize];
    line.read_exact(&mut part).await?;
    Ok(part)
}

impl Signer for Elsewhere {
    async fn sign(&self, need: &SignNeed) -> Result<Signature, Refused> {
        assert_eq!(need.scheme, SignatureScheme::ECDSA_SECP256R1_SHA256);
        let mut line = self.line.lock().await;
        let ask = async {
            line.write_u32(u32::try_from(need.message.len()).unwrap()).await?;
            line.write_all(&need.message).await?;
            receive(&mut line).await
        };
        ask.await.map(Signature).map_err(|error| Refused::new(format!("the other process is gone: {error}")))
    }
}

#[tokio::test]
async fn another_process_signs() {
    let (signer, root, chain) = Elsewhere::start().await;
    let signer = Arc::new(signer);
    let mut server = shared().server_config();
    server.credentials = Credentials::Fixed(Arc::new(Credential::remote(chain.clone()).unwrap()));
    let acceptor = TlsAcceptor::from(server.check().unwrap()).with_signer(signer.clone());
    let mut anchors = TrustAnchors::new();
    anchors.add_certificate(&root).unwrap();
    let mut client = ClientConfig::new(Verification::Anchors(anchors));
    client.clock = Clock::from_fn(now);
    // Each handshake is to be signed for.
    client.sessions = None;
    let connector = TlsConnector::from(client.check().unwrap());

    for _ in 0..3 {
        let (client, server) = duplex(1 << 14);
        let (client, _) =
            tokio::try_join!(connector.connect(server_name(), client), acceptor.accept(server)).unwrap();
        assert_eq!(client.facts().peer_certificates, chain);
        assert_eq!(client.facts().signature, Some(SignatureScheme::ECDSA_SECP256R1_SHA256));
    }

    signer.end();
    let (client, server) = duplex(1 << 14);
    let (client, server) = tokio::join!(connector.connect(server_name(), client), acceptor.accept(server));
    let error = server.unwrap_err();
    assert!(error.to_string().contains("refused: the other process is gone"), "{error}");
    assert!(tls_error(&client.unwrap_err()).is_some());
}
