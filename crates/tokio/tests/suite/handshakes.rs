//! Handshakes that are late or refused.

use std::io::{self, ErrorKind};
use std::time::Duration;

use bulla_testkit::authority::{TestAuthority, server_name};
use bulla_tls::registry::AlertDescription;
use bulla_tls::{Error, Foreign, Role};
use bulla_tokio::{HandshakeTimeout, TlsAcceptor, TlsConnector, tls_error};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, sleep, timeout};

use crate::ends::{acceptor, connector};

pub(crate) type Outcome = Result<bulla_tokio::TlsStream<DuplexStream>, io::Error>;

pub(crate) async fn shake(connector: &TlsConnector, acceptor: &TlsAcceptor) -> (Outcome, Outcome) {
    let (client, server) = duplex(1 << 14);
    tokio::join!(connector.connect(server_name(), client), acceptor.accept(server))
}

pub(crate) fn tls(outcome: Outcome) -> Error {
    let error = outcome.unwrap_err();
    tls_error(&error).unwrap_or_else(|| panic!("{error:?}")).clone()
}

/// The alert that a peer was told.
pub(crate) fn alert(outcome: Outcome) -> AlertDescription {
    match tls(outcome) {
        Error::Alert(alert) => alert,
        error => panic!("{error}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_has_ten_seconds() {
    let (client, mut peer) = duplex(1 << 14);
    let begin = Instant::now();
    let error = connector().connect(server_name(), client).await.unwrap_err();
    assert_eq!(begin.elapsed().as_secs(), 10);
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let timeout: &HandshakeTimeout = error.get_ref().unwrap().downcast_ref().unwrap();
    assert_eq!((timeout.role, timeout.hello_received), (Role::Client, false));
    assert_eq!(error.to_string(), "the server did not complete the TLS handshake within 10s: no hello came");
    let mut said = Vec::new();
    peer.read_to_end(&mut said).await.unwrap();
    assert!(said.ends_with(&[21, 3, 3, 0, 2, 1, 90, 21, 3, 3, 0, 2, 1, 0]), "user_canceled, close_notify");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_nothing_is_not_told_for_ever() {
    let (client, _peer) = duplex(16);
    let begin = Instant::now();
    let error = connector().connect(server_name(), client).await.unwrap_err();
    assert_eq!((error.kind(), begin.elapsed().as_secs()), (ErrorKind::TimedOut, 11));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_trickles_wins_no_time() {
    let (mut client, server) = duplex(1 << 14);
    let trickle = async {
        // A record of a hello that never comes whole.
        client.write_all(&[22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]).await.unwrap();
        loop {
            sleep(Duration::from_millis(100)).await;
            if client.write_all(&[0]).await.is_err() {
                break std::future::pending::<()>().await;
            }
        }
    };
    let begin = Instant::now();
    let acceptor = acceptor().with_handshake_limit(Duration::from_secs(3));
    let error = tokio::select! {
        outcome = acceptor.accept(server) => outcome.unwrap_err(),
        () = trickle => unreachable!(),
    };
    assert_eq!((error.kind(), begin.elapsed().as_secs()), (ErrorKind::TimedOut, 3));
    assert!(error.to_string().starts_with("the client did not"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_a_handshake_waits() {
    let (client, _peer) = duplex(1 << 14);
    let connect = connector().with_handshake_limit(None).connect(server_name(), client);
    assert!(timeout(Duration::from_secs(86_400), connect).await.is_err());
}

#[tokio::test]
async fn a_failed_handshake_tells_what_it_knew() {
    let mut config = TestAuthority::new().client_config();
    config.alpn = vec![b"h2".to_vec()];
    let connector = TlsConnector::from(config.check().unwrap());
    let (client, server) = duplex(1 << 14);
    let server = tokio::spawn(acceptor().accept(server).into_fallible());
    let failed = connector.connect(server_name(), client).into_fallible().await.unwrap_err();
    assert!(matches!(tls_error(&failed.error), Some(Error::Certificate(_))), "{}", failed.error);
    assert_eq!(failed.error.kind(), ErrorKind::InvalidData);
    assert_eq!(failed.facts.peer_certificates.len(), 2);
    assert!(failed.facts.suite.is_some() && failed.facts.group.is_some());
    let failed = server.await.unwrap().unwrap_err();
    assert_eq!(failed.facts.server_name.as_deref(), Some("server.example"));
    assert_eq!(tls_error(&failed.error), Some(&Error::Alert(AlertDescription::UNKNOWN_CA)));
}

#[tokio::test]
async fn plain_http_is_answered_in_plain_http() {
    let (mut client, server) = duplex(1 << 14);
    client.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    assert_eq!(tls(acceptor().accept(server).await), Error::Foreign(Foreign::HttpRequest));
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
}

#[tokio::test]
async fn a_transport_that_ends_in_the_handshake_is_told() {
    let (client, server) = duplex(1 << 14);
    drop(client);
    let error = acceptor().accept(server).await.unwrap_err();
    assert_eq!((error.kind(), tls_error(&error)), (ErrorKind::UnexpectedEof, Some(&Error::Truncated)));
}

#[tokio::test]
async fn handshakes_travel_between_threads() {
    fn sendable<T: Send + 'static>(_: &T) {}
    let (client, server) = duplex(1 << 14);
    let (client, server) = (connector().connect(server_name(), client), acceptor().accept(server));
    sendable(&client);
    sendable(&server);
    let (client, server) = tokio::try_join!(client, server).unwrap();
    sendable(&client);
    sendable(&server);
}
