//! A client's certificate asked for after the handshake, chosen, signed for and judged by others, while data
//! flows.

use std::time::Duration;

use bulla_testkit::authority::{server_name, shared};
use bulla_tls::{ClientCredentials, Error, NeedKind, NeedProblem, Verification};
use bulla_tokio::{Refused, Signer, TlsAcceptor, TlsConnector, TlsStream, tls_error};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, timeout};

use crate::outside::{Keeper, client_leaf, server_leaf};

/// Both sides ask for all of it, and have it done after so long.
async fn joined(after: Duration) -> (TlsStream<DuplexStream>, TlsStream<DuplexStream>) {
    let (connector, acceptor) = configured();
    let connector = Keeper::new(client_leaf(), after).connect(connector);
    let acceptor = Keeper::new(server_leaf(), after).serve(acceptor);
    shake(connector, acceptor).await
}

fn configured() -> (TlsConnector, TlsAcceptor) {
    let mut client = shared().client_config();
    client.later_certificates = true;
    client.credentials = ClientCredentials::Ask;
    let mut server = shared().server_config();
    server.later_certificates = Some(Verification::Ask);
    server.resumption.context = b"asks somebody".to_vec();
    (TlsConnector::from(client.check().unwrap()), TlsAcceptor::from(server.check().unwrap()))
}

async fn shake(
    connector: TlsConnector,
    acceptor: TlsAcceptor,
) -> (TlsStream<DuplexStream>, TlsStream<DuplexStream>) {
    let (client, server) = duplex(1 << 14);
    let (client, mut server) =
        tokio::try_join!(connector.connect(server_name(), client), acceptor.accept(server)).unwrap();
    assert!(server.facts().peer_certificates.is_empty());
    server.write_all(b"who are you? ").await.unwrap();
    server.request_certificate().unwrap();
    server.write_all(b"meanwhile, data").await.unwrap();
    server.flush().await.unwrap();
    (client, server)
}

const SENT: &[u8] = b"who are you? meanwhile, data";

/// Reads until the answer has come, of which reading itself shows nothing.
async fn wait(from: &mut (impl AsyncRead + Unpin)) {
    assert!(timeout(Duration::from_secs(30), from.read(&mut [0])).await.is_err(), "the client sends no data");
}

#[tokio::test(start_paused = true)]
async fn a_whole_stream_answers_while_it_is_read() {
    for after in [Duration::ZERO, Duration::from_secs(2)] {
        let (mut client, mut server) = joined(after).await;
        let reading = tokio::spawn(async move {
            let mut received = Vec::new();
            client.read_to_end(&mut received).await.unwrap();
            (received, client.facts())
        });
        wait(&mut server).await;
        let facts = server.facts();
        assert!(facts.client_signature.is_some() && facts.peer_certificates.len() == 2, "{facts:?}");
        server.shutdown().await.unwrap();
        let (received, facts) = reading.await.unwrap();
        assert_eq!(received, SENT);
        assert!(facts.credential.is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn halves_answer_while_they_are_read() {
    for after in [Duration::ZERO, Duration::from_secs(2)] {
        let (client, server) = joined(after).await;
        let (mut client, to_server) = client.into_split();
        let (mut from_client, mut server) = server.into_split();
        let reading = tokio::spawn(async move {
            let mut received = Vec::new();
            client.read_to_end(&mut received).await.unwrap();
            (received, client.facts())
        });
        wait(&mut from_client).await;
        assert_eq!(from_client.facts().peer_certificates.len(), 2);
        server.shutdown().await.unwrap();
        let (received, facts) = reading.await.unwrap();
        assert_eq!(received, SENT);
        assert!(facts.credential.is_some());
        drop(to_server);
    }
}

#[tokio::test(start_paused = true)]
async fn who_fails_is_named() {
    struct Closed;

    impl Signer for Closed {
        async fn sign(&self, _: &bulla_tls::SignNeed) -> Result<bulla_tls::Signature, Refused> {
            Err("closed".into())
        }
    }

    let (connector, acceptor) = configured();
    let connector = Keeper::new(client_leaf(), Duration::ZERO).connect(connector).with_signer(Closed);
    let acceptor = Keeper::new(server_leaf(), Duration::ZERO).serve(acceptor);
    let (mut client, _server) = shake(connector, acceptor).await;
    let mut received = Vec::new();
    let error = client.read_to_end(&mut received).await.unwrap_err();
    let said = error.to_string();
    assert!(said.starts_with("signing with our key: refused: closed (asked was suite::later::"), "{said}");
}

/// Work of the server that takes far longer than it may; the client answers at once.
async fn slow(limit: Option<Duration>) -> (TlsStream<DuplexStream>, TlsStream<DuplexStream>) {
    let (connector, acceptor) = configured();
    let connector = Keeper::new(client_leaf(), Duration::ZERO).connect(connector);
    let mut acceptor = Keeper::new(server_leaf(), Duration::from_secs(25)).serve(acceptor);
    if limit != Some(Duration::from_secs(10)) {
        acceptor = acceptor.with_answer_limit(limit);
    }
    shake(connector, acceptor).await
}

#[tokio::test(start_paused = true)]
async fn work_after_the_handshake_is_late_and_both_sides_learn_it() {
    for limit in [10, 3] {
        let (mut client, mut server) = slow(Some(Duration::from_secs(limit))).await;
        let client = tokio::spawn(async move {
            let mut received = Vec::new();
            (client.read_to_end(&mut received).await, received)
        });
        let begin = Instant::now();
        let error = server.read(&mut [0]).await.unwrap_err();
        assert_eq!((begin.elapsed().as_secs(), error.kind()), (limit, std::io::ErrorKind::TimedOut));
        let late = Error::Need { kind: NeedKind::Verify, problem: NeedProblem::Late };
        assert_eq!(tls_error(&error), Some(&late));
        let (ended, received) = client.await.unwrap();
        assert_eq!(received, SENT);
        let said = ended.unwrap_err().to_string();
        assert!(said.contains("internal_error"), "{said}");
    }
}

#[tokio::test(start_paused = true)]
async fn work_after_the_handshake_may_have_more_time_or_all() {
    for limit in [Some(Duration::from_secs(26)), None] {
        let (mut client, mut server) = slow(limit).await;
        let reading = tokio::spawn(async move { client.read_to_end(&mut Vec::new()).await });
        wait(&mut server).await;
        assert_eq!(server.facts().peer_certificates.len(), 2);
        server.shutdown().await.unwrap();
        reading.await.unwrap().unwrap();
    }
}
