//! Work that a config leaves to its caller: done, refused, done wrongly, late, and dropped.

use std::borrow::Cow;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bulla_crypto::signature::{KeyKind, SignatureAlgorithm};
use bulla_testkit::authority::{Leaf, now, server_name, shared};
use bulla_tls::registry::AlertDescription;
use bulla_tls::{
    CertificateNeed, ClientCertificates, ClientCredentials, Credential, Credentials, Error, NeedKind,
    NeedProblem, SignNeed, Signature, Verification, VerifyNeed,
};
use bulla_tokio::{
    CertificateResolver, DynSigner, Judgment, NeedFailed, Refused, Signer, TlsAcceptor, TlsConnector,
    Verifier, tls_error,
};
use bulla_x509::verdict::{Presented, judge};
use tokio::io::duplex;
use tokio::time::{Instant, sleep, timeout};

use crate::ends::connector;
use crate::handshakes::{alert, shake, tls};

/// Answers from a leaf, after a while.
pub(crate) struct Keeper {
    leaf: Leaf,
    after: Duration,
    forge: bool,
}

impl Keeper {
    pub(crate) fn new(leaf: Leaf, after: Duration) -> Self {
        Self { leaf, after, forge: false }
    }
}

impl CertificateResolver for Keeper {
    async fn resolve(&self, need: &CertificateNeed) -> Result<Option<Arc<Credential>>, Refused> {
        sleep(self.after).await;
        assert!(need.server_name.as_deref().is_none_or(|name| name == "server.example"));
        Ok(Some(self.leaf.remote()))
    }
}

impl Signer for Keeper {
    async fn sign(&self, need: &SignNeed) -> Result<Signature, Refused> {
        sleep(self.after).await;
        let mut message = need.message.clone();
        if self.forge {
            message.push(0);
        }
        let signature = self.leaf.private_key().sign(SignatureAlgorithm::EcdsaP256Sha256, &message);
        Ok(Signature(signature.unwrap()))
    }
}

impl Verifier for Keeper {
    async fn verify(&self, need: &VerifyNeed) -> Result<Judgment, Refused> {
        sleep(self.after).await;
        let verdict = judge(&Presented::new(&need.chain, need.purpose()), &shared().anchors(), now());
        Ok(verdict.into_result().map_err(Box::new))
    }
}

impl Keeper {
    /// Does all the work at both ends' acceptor or connector.
    pub(crate) fn serve(self, acceptor: TlsAcceptor) -> TlsAcceptor {
        let all = Arc::new(self);
        acceptor.with_signer(all.clone()).with_certificate_resolver(all.clone()).with_verifier(all)
    }

    pub(crate) fn connect(self, connector: TlsConnector) -> TlsConnector {
        let all = Arc::new(self);
        connector.with_signer(all.clone()).with_certificate_resolver(all.clone()).with_verifier(all)
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

pub(crate) fn client_leaf() -> Leaf {
    shared().client(KeyKind::EcP256)
}

pub(crate) fn server_leaf() -> Leaf {
    shared().server(KeyKind::EcP256)
}

#[tokio::test(start_paused = true)]
async fn every_need_is_answered_at_once_or_later() {
    for after in [Duration::ZERO, Duration::from_secs(1)] {
        let (connector, acceptor) = asking();
        let connector = Keeper::new(client_leaf(), after).connect(connector);
        let acceptor = Keeper::new(server_leaf(), after).serve(acceptor);
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
        "choosing our certificate: refused: the config leaves this to its caller, and nobody does it: \
         give a CertificateResolver to with_certificate_resolver"
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

impl Signer for Stuck {
    async fn sign(&self, _: &SignNeed) -> Result<Signature, Refused> {
        let _dropped = Dropped(Arc::clone(&self.0));
        std::future::pending().await
    }
}

fn stuck() -> (TlsAcceptor, Arc<AtomicBool>) {
    let mut config = shared().server_config();
    config.credentials = Credentials::Fixed(server_leaf().remote());
    let stopped = Arc::new(AtomicBool::new(false));
    let acceptor = TlsAcceptor::from(config.check().unwrap()).with_signer(Stuck(Arc::clone(&stopped)));
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
    let connector = Keeper::new(client_leaf(), Duration::ZERO).connect(connector);
    let keeper = Keeper { forge: true, ..Keeper::new(server_leaf(), Duration::ZERO) };
    let (client, server) = shake(&connector, &keeper.serve(acceptor)).await;
    let error = tls(server);
    let unfit = matches!(error, Error::Need { kind: NeedKind::Sign, problem: NeedProblem::Unfit(_) });
    assert!(unfit, "{error}");
    assert_eq!(alert(client), AlertDescription::INTERNAL_ERROR);
}

/// Refuses under a name of its own.
struct Closed;

impl Signer for Closed {
    async fn sign(&self, need: &SignNeed) -> Result<Signature, Refused> {
        Err(Refused::new(format!("no key for {}", need.scheme)))
    }

    fn name(&self) -> Cow<'_, str> {
        "token 7".into()
    }
}

#[tokio::test]
async fn an_error_says_who_failed() {
    let mut config = shared().server_config();
    config.credentials = Credentials::Fixed(server_leaf().remote());
    let acceptor = TlsAcceptor::from(config.check().unwrap());
    // One of several, chosen while the program runs.
    let signers: [(Arc<dyn DynSigner>, &str); 2] = [
        (
            Arc::new(Closed),
            "signing with our key: refused: no key for ecdsa_secp256r1_sha256 (asked was token 7)",
        ),
        (
            Arc::new(Keeper { forge: true, ..Keeper::new(server_leaf(), Duration::ZERO) }),
            "signing with our key: the answer does not fit: not a signature by the certificate's key \
             (asked was suite::outside::Keeper)",
        ),
    ];
    for (signer, expected) in signers {
        let (_, server) = shake(&connector(), &acceptor.clone().with_signer(signer)).await;
        let error = server.unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert!(matches!(tls_error(&error), Some(Error::Need { kind: NeedKind::Sign, .. })));
        let failed: &NeedFailed = error.get_ref().unwrap().downcast_ref().unwrap();
        assert!(expected.ends_with(&format!("{})", failed.by)));
    }
}
