//! Handshakes that are late, refused, or answered from outside.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bulla_crypto::signature::{KeyKind, SignatureAlgorithm};
use bulla_testkit::authority::{Leaf, TestAuthority, now, server_name, shared};
use bulla_tls::registry::AlertDescription;
use bulla_tls::{
    CertificateNeed, ClientCertificates, ClientCredentials, Credential, Credentials, Error, Foreign,
    NeedKind, NeedProblem, Role, SignNeed, Signature, Verification, VerifyNeed,
};
use bulla_tokio::{Answers, HandshakeTimeout, Judgment, Refused, TlsAcceptor, TlsConnector, tls_error};
use bulla_x509::verdict::{Presented, Purpose, judge};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, sleep, timeout};

use crate::ends::{acceptor, connector};

type Outcome = Result<bulla_tokio::TlsStream<DuplexStream>, io::Error>;

async fn shake(connector: &TlsConnector, acceptor: &TlsAcceptor) -> (Outcome, Outcome) {
    let (client, server) = duplex(1 << 14);
    tokio::join!(connector.connect(server_name(), client), acceptor.accept(server))
}

fn tls(outcome: Outcome) -> Error {
    let error = outcome.unwrap_err();
    tls_error(&error).unwrap_or_else(|| panic!("{error:?}")).clone()
}

/// The alert that a peer was told.
fn alert(outcome: Outcome) -> AlertDescription {
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

/// Answers from a leaf, after a while.
struct Keeper {
    leaf: Leaf,
    after: Duration,
    forge: bool,
}

impl Keeper {
    fn new(leaf: Leaf, after: Duration) -> Self {
        Self { leaf, after, forge: false }
    }
}

impl Answers for Keeper {
    async fn certificate(&self, need: &CertificateNeed) -> Result<Option<Arc<Credential>>, Refused> {
        sleep(self.after).await;
        assert!(need.server_name.as_deref().is_none_or(|name| name == "server.example"));
        Ok(Some(self.leaf.remote()))
    }

    async fn sign(&self, need: &SignNeed) -> Result<Signature, Refused> {
        sleep(self.after).await;
        let mut message = need.message.clone();
        if self.forge {
            message.push(0);
        }
        let signature = self.leaf.private_key().sign(SignatureAlgorithm::EcdsaP256Sha256, &message);
        Ok(Signature(signature.unwrap()))
    }

    async fn verify(&self, need: &VerifyNeed) -> Result<Judgment, Refused> {
        sleep(self.after).await;
        let purpose = need.server_name.as_ref().map_or(Purpose::Client, Purpose::Server);
        let verdict = judge(&Presented::new(&need.chain, purpose), &shared().anchors(), now());
        Ok(verdict.into_result().map_err(Box::new))
    }
}

/// Every need of both roles comes up.
fn asking() -> (TlsConnector, TlsAcceptor) {
    let mut client = shared().client_config();
    client.verification = Verification::Ask;
    client.credentials = ClientCredentials::Ask;
    let mut server = shared().server_config();
    server.credentials = Credentials::Ask;
    server.client_certificates = ClientCertificates::Required(Verification::Ask);
    (TlsConnector::from(client.check().unwrap()), TlsAcceptor::from(server.check().unwrap()))
}

fn client_leaf() -> Leaf {
    shared().client(KeyKind::EcP256)
}

fn server_leaf() -> Leaf {
    shared().server(KeyKind::EcP256)
}

#[tokio::test(start_paused = true)]
async fn every_need_is_answered_at_once_or_later() {
    for after in [Duration::ZERO, Duration::from_secs(1)] {
        let (connector, acceptor) = asking();
        let connector = connector.with_answers(Keeper::new(client_leaf(), after));
        let acceptor = acceptor.with_answers(Keeper::new(server_leaf(), after));
        let begin = Instant::now();
        let (client, server) = shake(&connector, &acceptor).await;
        let (client, server) = (client.unwrap().facts(), server.unwrap().facts());
        assert_eq!(begin.elapsed(), after * 6);
        assert_eq!(client.peer_certificates, server.credential.unwrap().chain());
        assert_eq!(server.peer_certificates, client.credential.unwrap().chain());
    }
}

#[tokio::test]
async fn a_need_that_nobody_answers_fails_at_once() {
    let (connector, acceptor) = asking();
    let (client, server) = shake(&connector, &acceptor).await;
    let error = server.unwrap_err();
    assert_eq!(
        error.to_string(),
        "choosing our certificate: refused: the config leaves this to its caller, and nobody answers: \
         implement it in Answers and give that to with_answers"
    );
    assert_eq!(alert(client), AlertDescription::GENERAL_ERROR);
}

/// Never signs; tells when it was told to stop.
struct Stuck(Arc<AtomicBool>);

struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Answers for Stuck {
    async fn sign(&self, _: &SignNeed) -> Result<Signature, Refused> {
        let _dropped = Dropped(Arc::clone(&self.0));
        std::future::pending().await
    }
}

fn stuck() -> (TlsAcceptor, Arc<AtomicBool>) {
    let mut config = shared().server_config();
    config.credentials = Credentials::Fixed(server_leaf().remote());
    let stopped = Arc::new(AtomicBool::new(false));
    let acceptor = TlsAcceptor::from(config.check().unwrap()).with_answers(Stuck(Arc::clone(&stopped)));
    (acceptor, stopped)
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_never_comes_is_late_and_both_sides_learn_it() {
    let (acceptor, stopped) = stuck();
    let connector = connector().with_handshake_limit(Duration::from_secs(60));
    let begin = Instant::now();
    let (client, server) = shake(&connector, &acceptor).await;
    assert_eq!(begin.elapsed().as_secs(), 10);
    let error = server.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let late = Error::Need { kind: NeedKind::Sign, problem: NeedProblem::Late };
    assert_eq!(tls_error(&error), Some(&late));
    assert_eq!(alert(client), AlertDescription::INTERNAL_ERROR);
    assert!(stopped.load(Ordering::Relaxed));
}

#[tokio::test]
async fn a_handshake_dropped_while_it_waits_stops_the_answer() {
    let (acceptor, stopped) = stuck();
    let (client, server) = duplex(1 << 14);
    let client = tokio::spawn(connector().connect(server_name(), client));
    let accept = timeout(Duration::from_millis(200), acceptor.accept(server)).await;
    assert!(accept.is_err() && stopped.load(Ordering::Relaxed));
    assert_eq!(tls(client.await.unwrap()), Error::Truncated);
}

#[tokio::test]
async fn a_wrong_signature_is_not_even_sent() {
    let (connector, acceptor) = asking();
    let connector = connector.with_answers(Keeper::new(client_leaf(), Duration::ZERO));
    let keeper = Keeper { forge: true, ..Keeper::new(server_leaf(), Duration::ZERO) };
    let (client, server) = shake(&connector, &acceptor.with_answers(keeper)).await;
    let error = tls(server);
    let unfit = matches!(error, Error::Need { kind: NeedKind::Sign, problem: NeedProblem::Unfit(_) });
    assert!(unfit, "{error}");
    assert_eq!(alert(client), AlertDescription::INTERNAL_ERROR);
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
