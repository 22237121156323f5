//! What the tests of the server share: a running server, and clients that trust it.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bulla_crypto::private_key::PrivateKey;
use bulla_crypto::signature::KeyKind;
use bulla_inspect::cue::Identity;
use bulla_server::access_log::{AccessLog, Format};
use bulla_server::listen::Port;
use bulla_server::stop::{self, StopHandle};
use bulla_server::{Ended, LiveCredential, Mirror, Server};
use bulla_tls::{ClientConfig, Credential, Verification};
use bulla_tokio::{TlsConnector, TlsStream};
use bulla_x509::build::{CertificateTemplate, Issuer, Name, Subject, SubjectPublicKey};
use bulla_x509::certificate::Certificate;
use bulla_x509::trust::TrustAnchors;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls_pki_types::{ServerName, UnixTime};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

pub(crate) const LONG: Duration = Duration::from_secs(10);

/// A running server and who trusts it.
pub(crate) struct House {
    pub(crate) address: SocketAddr,
    pub(crate) anchors: TrustAnchors,
    pub(crate) hand: StopHandle,
    pub(crate) served: JoinHandle<Ended>,
    log: Paper,
}

impl House {
    /// A server on a port of the system's choice, changed as the test needs it.
    pub(crate) fn start(change: impl FnOnce(&mut Server)) -> Self {
        let (anchors, credential) = credential();
        let port = Port::take("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = port.address();
        let mirror = Mirror { anchors: anchors.clone(), identity: Identity::Private };
        let mut server = Server::new(port.open().unwrap(), LiveCredential::new(credential), mirror);
        let log = Paper::default();
        server.log = Some(AccessLog::new(Format::Json, log.clone()).unwrap());
        change(&mut server);
        let (hand, ear) = stop::channel();
        let served = tokio::spawn(async move { server.run(ear).await.unwrap() });
        Self { address, anchors, hand, served, log }
    }

    /// A connection with this application protocol, without a memory of others.
    pub(crate) async fn visit(&self, protocol: &str) -> TlsStream<TcpStream> {
        self.visit_by(&self.client(protocol)).await
    }

    /// A client that trusts this house and resumes its sessions.
    pub(crate) fn client(&self, protocol: &str) -> TlsConnector {
        let mut config = ClientConfig::new(Verification::Anchors(self.anchors.clone()));
        config.alpn = vec![protocol.as_bytes().to_vec()];
        TlsConnector::from(config.check().unwrap())
    }

    /// A connection of this client.
    pub(crate) async fn visit_by(&self, connector: &TlsConnector) -> TlsStream<TcpStream> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap()
    }

    /// Sends a request over a connection of its own, over HTTP/1.1 or HTTP/2 as its version says.
    pub(crate) async fn send(&self, mut request: Request<Full<Bytes>>) -> Answer {
        let place = format!("localhost:{}", self.address.port());
        let response = if request.version() == http::Version::HTTP_2 {
            let url = format!("https://{place}{}", request.uri());
            *request.uri_mut() = url.parse().unwrap();
            let stream = TokioIo::new(self.visit("h2").await);
            let (mut sender, connection) =
                Box::pin(hyper::client::conn::http2::handshake(TokioExecutor::new(), stream)).await.unwrap();
            tokio::spawn(connection);
            sender.send_request(request).await.unwrap()
        } else {
            request.headers_mut().entry("host").or_insert(place.parse().unwrap());
            let stream = TokioIo::new(self.visit("http/1.1").await);
            let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.unwrap();
            tokio::spawn(connection);
            sender.send_request(request).await.unwrap()
        };
        let (header, body) = response.into_parts();
        let body = body.collect().await.map(|body| body.to_bytes().to_vec());
        Answer { header: Response::from_parts(header, ()), body: body.map_err(|error| error.to_string()) }
    }

    /// Gets a path with these headers.
    pub(crate) async fn get(&self, path: &str, headers: &[(&'static str, &str)]) -> Answer {
        let mut request = Request::get(path).body(Full::default()).unwrap();
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        self.send(request).await
    }

    /// Sends bytes as they are and gives all that comes back.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = self.visit("http/1.1").await;
        stream.write_all(bytes).await.unwrap();
        stream.flush().await.unwrap();
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(LONG, stream.read_to_end(&mut answer)).await.expect("it ends");
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Stops, and gives the access log.
    pub(crate) async fn end(self) -> Vec<serde_json::Value> {
        self.hand.press();
        tokio::time::timeout(LONG, self.served).await.expect("it stops").unwrap();
        let log = self.log.0.lock().unwrap();
        String::from_utf8_lossy(&log).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) header: Response<()>,
    /// The body, or how it broke off.
    pub(crate) body: Result<Vec<u8>, String>,
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.header.status().as_u16()
    }

    /// A header's value; empty when there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.header.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn body(&self) -> &[u8] {
        self.body.as_ref().unwrap()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(self.body()).unwrap()
    }
}

/// What the access log wrote.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A certificate for localhost, and who trusts it; no other house does.
pub(crate) fn credential() -> (TrustAnchors, Credential) {
    let day = Duration::from_secs(86_400);
    let now = Duration::from_secs(UnixTime::now().as_secs());
    let (from, until) = (UnixTime::since_unix_epoch(now - day), UnixTime::since_unix_epoch(now + day));
    let root_key = PrivateKey::generate(KeyKind::EcP256).unwrap();
    let mut root = CertificateTemplate::authority(Subject::new().common_name("Test root"), None);
    (root.not_before, root.not_after) = (from, until);
    let root = root.self_signed(&root_key).unwrap();
    let key = PrivateKey::generate(KeyKind::EcP256).unwrap();
    let mut leaf = CertificateTemplate::server(vec![Name::Dns("localhost".into())]);
    (leaf.not_before, leaf.not_after) = (from, until);
    leaf.serial = vec![7; 16];
    let parsed = Certificate::parse(&root).unwrap();
    let issuer = Issuer::new(&parsed, &root_key).unwrap();
    let leaf = leaf.issue(&issuer, &SubjectPublicKey::of(&key).unwrap()).unwrap();
    let mut anchors = TrustAnchors::new();
    anchors.add_certificate(&root).unwrap();
    (anchors, Credential::new(vec![leaf], key).unwrap())
}
