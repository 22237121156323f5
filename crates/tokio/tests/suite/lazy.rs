//! A config chosen by the client's hello.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use bulla_crypto::signature::KeyKind;
use bulla_testkit::authority::{SERVER_NAME, server_name, shared};
use bulla_tls::registry::{AlertDescription, ProtocolVersion};
use bulla_tls::{ClientCertificates, Credentials, Error, Foreign, Limits, SignNeed, Verification, Violation};
use bulla_tokio::{HandshakeTimeout, LazyAcceptor, Refused, Signer, TlsAcceptor, TlsConnector, tls_error};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::time::{Instant, sleep};

use crate::ends::{acceptor, connector};
use crate::handshakes::{alert, tls};
use crate::rustls_peer;

/// An acceptor whose certificate's key is another's, so that the config chosen shows.
fn other_acceptor() -> TlsAcceptor {
    let mut config = shared().server_config();
    config.credentials = Credentials::Fixed(shared().server(KeyKind::Ed25519).credential());
    TlsAcceptor::from(config.check().unwrap())
}

#[tokio::test]
async fn the_hello_is_seen_and_its_config_chosen() {
    let (client, server) = duplex(1 << 14);
    let client = tokio::spawn(connector().connect(server_name(), client));
    let start = LazyAcceptor::new().accept(server).await.unwrap();
    assert_eq!(start.client_offer().server_name.as_deref(), Some(SERVER_NAME));
    // Nothing is sent before there is a config.
    tokio::task::yield_now().await;
    assert!(!client.is_finished());
    let server = start.into_stream(&other_acceptor()).await.unwrap();
    let client = client.await.unwrap().unwrap();
    assert_eq!(client.facts().signature, server.facts().signature);
    let credential = server.facts().credential.unwrap();
    assert_eq!(client.facts().peer_certificates, credential.chain());
}

#[tokio::test]
async fn a_client_of_tls_1_2_is_seen_and_served() {
    let mut config = shared().client_config();
    config.versions = vec![ProtocolVersion::TLS_1_2];
    let (client, server) = duplex(1 << 14);
    let connector = TlsConnector::from(config.check().unwrap());
    let client = tokio::spawn(connector.connect(server_name(), client));
    let start = LazyAcceptor::new().accept(server).await.unwrap();
    assert_eq!(start.client_offer().versions, [ProtocolVersion::TLS_1_2]);
    let server = start.into_stream(&acceptor()).await.unwrap();
    assert_eq!(server.facts().version, Some(ProtocolVersion::TLS_1_2));
    assert!(client.await.unwrap().is_ok());
}

#[tokio::test]
async fn a_client_may_be_refused_by_any_alert() {
    let (client, server) = duplex(1 << 14);
    let client = tokio::spawn(connector().connect(server_name(), client));
    let start = LazyAcceptor::new().accept(server).await.unwrap();
    let failed = start.refuse(AlertDescription::ACCESS_DENIED).await;
    assert_eq!(
        failed.error.to_string(),
        "the client's hello was refused here, and the client told so with the alert access_denied"
    );
    assert_eq!(tls_error(&failed.error), Some(&Error::HelloRefused(AlertDescription::ACCESS_DENIED)));
    assert_eq!(failed.facts.server_name.as_deref(), Some(SERVER_NAME));
    assert_eq!(alert(client.await.unwrap()), AlertDescription::ACCESS_DENIED);
}

#[tokio::test]
async fn a_start_that_is_dropped_ends_the_connection() {
    let (client, server) = duplex(1 << 14);
    let client = tokio::spawn(connector().connect(server_name(), client));
    drop(LazyAcceptor::new().accept(server).await.unwrap());
    assert_eq!(tls(client.await.unwrap()), Error::Truncated);
}

/// The time limit covers the choice of the config.
#[tokio::test(start_paused = true)]
async fn one_time_limit_for_all() {
    let begin = Instant::now();
    let (_client, server) = duplex(1 << 14);
    let lazy = LazyAcceptor::new().with_handshake_limit(Duration::from_secs(3));
    let error = lazy.accept(server).await.unwrap_err();
    assert_eq!((error.kind(), begin.elapsed().as_secs()), (ErrorKind::TimedOut, 3));
    let late: &HandshakeTimeout = error.get_ref().unwrap().downcast_ref().unwrap();
    assert!(!late.hello_received);

    let begin = Instant::now();
    let (mut client, server) = duplex(1 << 14);
    // A hello of which nothing follows.
    let hello = {
        let (connecting, mut sniffed) = duplex(1 << 14);
        let connect = tokio::spawn(connector().connect(server_name(), connecting));
        let mut hello = vec![0; 1 << 14];
        let count = sniffed.read(&mut hello).await.unwrap();
        connect.abort();
        hello.truncate(count);
        hello
    };
    client.write_all(&hello).await.unwrap();
    let start = lazy.accept(server).await.unwrap();
    sleep(Duration::from_secs(2)).await;
    let error = start.into_stream(&acceptor()).await.unwrap_err();
    assert_eq!((error.kind(), begin.elapsed().as_secs()), (ErrorKind::TimedOut, 3));
}

#[tokio::test]
async fn what_is_no_hello_is_told_as_by_any_acceptor() {
    let (mut client, server) = duplex(1 << 14);
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let error = LazyAcceptor::new().accept(server).await.unwrap_err();
    assert_eq!(tls_error(&error), Some(&Error::Foreign(Foreign::HttpRequest)));

    let (client, server) = duplex(1 << 14);
    let client = tokio::spawn(connector().connect(server_name(), client));
    let mut limits = Limits::default();
    limits.message = 100;
    let error = LazyAcceptor::new().with_limits(limits).accept(server).await.unwrap_err();
    let Some(Error::Violation(violation)) = tls_error(&error) else { panic!("{error}") };
    assert!(matches!(violation, Violation::MessageTooLong { limit: 100, .. }), "{error}");
    assert_eq!(alert(client.await.unwrap()), AlertDescription::ILLEGAL_PARAMETER);
}

/// Those who do the chosen config's work are asked.
#[tokio::test]
async fn the_acceptor_brings_its_own_signer() {
    struct Never;

    impl Signer for Never {
        async fn sign(&self, _: &SignNeed) -> Result<bulla_tls::Signature, Refused> {
            Err("not today".into())
        }
    }

    let mut config = shared().server_config();
    config.credentials = Credentials::Fixed(shared().server(KeyKind::EcP256).remote());
    config.client_certificates = ClientCertificates::Optional(Verification::Ask);
    let acceptor = TlsAcceptor::from(config.check().unwrap()).with_signer(Never);
    let (client, server) = duplex(1 << 14);
    let client = tokio::spawn(connector().connect(server_name(), client));
    let start = LazyAcceptor::new().accept(server).await.unwrap();
    let error = start.into_stream(&acceptor).await.unwrap_err();
    assert!(error.to_string().contains("refused: not today"), "{error}");
    assert_eq!(alert(client.await.unwrap()), AlertDescription::GENERAL_ERROR);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rustls_is_seen_and_served() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let peer = thread::spawn(move || {
        let mut stream =
            rustls::StreamOwned::new(rustls_peer::client(), TcpStream::connect(address).unwrap());
        stream.write_all(b"question").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    let tcp = listener.accept().await.unwrap().0;
    let start = LazyAcceptor::new().accept(tcp).await.unwrap();
    assert!(start.get_ref().peer_addr().is_ok());
    let offer = start.client_offer();
    assert_eq!(offer.server_name.as_deref(), Some(SERVER_NAME));
    assert_eq!(offer.versions, [ProtocolVersion::TLS_1_3, ProtocolVersion::TLS_1_2]);
    let mut stream = start.into_stream(&acceptor()).await.unwrap();
    let mut question = [0; 8];
    stream.read_exact(&mut question).await.unwrap();
    stream.write_all(&question).await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(peer.join().unwrap(), "question");
}
