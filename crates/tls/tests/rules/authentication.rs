//! What a server refuses the client's last flight for, and which alert each verdict becomes (RFC 9846
//! sections 4.5 and 6.2).

use std::rc::Rc;
use std::time::Duration;

use bulla_crypto::hash::HashAlgorithm;
use bulla_crypto::signature::{KeyKind, SignatureAlgorithm};
use bulla_testkit::actor::{Out, Scene};
use bulla_testkit::authority::{self, TestAuthority};
use bulla_testkit::message::{certificate, certificate_verify, framed, vector24};
use bulla_tls::registry::{AlertDescription as Alert, HandshakeType as Kind, SignatureScheme as Scheme};
use bulla_tls::{
    ClientCertificates, ClientCredentials, Clock, Credentials, DecodeProblem, Error, Need, Verification,
    Violation,
};
use bulla_x509::build::{CertificateTemplate, Subject};
use bulla_x509::certificate::{KeyPurpose, KeyUsage};
use bulla_x509::verdict::{Rule as Broken, Trusted};
use rustls_pki_types::{ServerName, UnixTime};

use super::rule::{Configs, Rule, at_client, at_server, change, check, honest, malformed, replace, rule};

/// Our server requires a certificate, and the client shows one.
fn set(configs: &mut Configs) {
    let leaf = authority::shared().client(KeyKind::EcP256);
    configs.client.credentials = ClientCredentials::Fixed(leaf.credential());
    let anchors = Verification::Anchors(authority::shared().anchors());
    configs.server.client_certificates = ClientCertificates::Required(anchors);
}

fn instead(kind: Kind, message: Vec<u8>) -> impl Fn() -> Scene {
    move || {
        let message = message.clone();
        at_server(set, replace(kind, 1, move |_| vec![Out::Message(message.clone())]))
    }
}

fn flipped(kind: Kind) -> impl Fn() -> Scene {
    move || at_server(set, change(kind, |message| *message.last_mut().unwrap() ^= 1))
}

/// Our client before a server that signs the true transcript, but as this side.
pub(crate) fn signed_as(side: &'static str) -> Scene {
    let leaf = authority::shared().server(KeyKind::EcP256);
    let key = leaf.private_key();
    let set = |configs: &mut Configs| configs.server.credentials = Credentials::Fixed(leaf.credential());
    let mut scene = at_client(set, honest());
    let heard = Rc::clone(&scene.actor.heard);
    scene.actor.edit = Box::new(move |out| {
        let mut transcript = heard.borrow().clone();
        for each in out {
            if each.kind() == Some(Kind::CERTIFICATE_VERIFY) {
                let hash = HashAlgorithm::Sha256.hash(&transcript);
                let context = format!("TLS 1.3, {side} CertificateVerify\0");
                let content = [&[0x20; 64], context.as_bytes(), hash.as_ref()].concat();
                let signature = key.sign(SignatureAlgorithm::EcdsaP256Sha256, &content).unwrap();
                *each = Out::Message(certificate_verify(Scheme::ECDSA_SECP256R1_SHA256, &signature));
            }
            if let Out::Message(message) = each {
                transcript.extend_from_slice(message);
            }
        }
    });
    scene
}

/// The signature is sound but for its context: under the right one only Finished, which counts another
/// CertificateVerify, is wrong.
#[test]
fn the_context_of_a_signature_counts() {
    check(&[
        rule("4.5.2: as a client", || signed_as("client"), Violation::Signature, Alert::DECRYPT_ERROR),
        rule("4.5.2: as a server", || signed_as("server"), Violation::Finished, Alert::DECRYPT_ERROR),
    ]);
}

#[test]
fn client_flight() {
    check(&rules());
    check(&[malformed(
        "a certificate cut off",
        instead(Kind::CERTIFICATE, framed(Kind::CERTIFICATE, &[0, 0, 0, 4, 0, 0, 9, 9])),
        ("CertificateEntry", "cert_data", DecodeProblem::Short),
    )]);
}

pub(crate) fn rules() -> Vec<Rule> {
    let verify = |scheme| instead(Kind::CERTIFICATE_VERIFY, certificate_verify(scheme, &[1; 70]));
    let unreadable = framed(Kind::CERTIFICATE, &[&[0], &vector24(&[0, 0, 1, 9, 0, 0])[..]].concat());
    let unexpected = |got, expected| Violation::UnexpectedMessage { got, expected };
    let finished = framed(Kind::FINISHED, &[0; 32]);
    let illegal = Alert::ILLEGAL_PARAMETER;
    vec![
        rule(
            "4.5.1: none, though one is required",
            instead(Kind::CERTIFICATE, certificate(&[])),
            Violation::CertificateRequired,
            Alert::CERTIFICATE_REQUIRED,
        ),
        rule(
            "4.5.1: a context that was not asked with",
            instead(Kind::CERTIFICATE, framed(Kind::CERTIFICATE, &[1, 7, 0, 0, 0])),
            Violation::RequestContext { message: "Certificate" },
            illegal,
        ),
        rule(
            "no certificate at all",
            instead(Kind::CERTIFICATE, unreadable),
            Violation::UnreadableCertificate("not X.509 in DER"),
            Alert::BAD_CERTIFICATE,
        ),
        rule(
            "4.5.2: a scheme that signs no handshake",
            verify(Scheme::RSA_PKCS1_SHA256),
            Violation::SchemeNotOffered(Scheme::RSA_PKCS1_SHA256),
            illegal,
        ),
        rule(
            "4.5.2: a scheme for another key",
            verify(Scheme::ED25519),
            Violation::SchemeNotForKey(Scheme::ED25519),
            illegal,
        ),
        rule(
            "4.5.2: a wrong signature",
            flipped(Kind::CERTIFICATE_VERIFY),
            Violation::Signature,
            Alert::DECRYPT_ERROR,
        ),
        rule(
            "4.5.1: a key that may not sign",
            not_for_signing,
            Violation::KeyUsage,
            Alert::UNSUPPORTED_CERTIFICATE,
        ),
        rule("4.5.3: a wrong Finished", flipped(Kind::FINISHED), Violation::Finished, Alert::DECRYPT_ERROR),
        rule(
            "4: Finished in place of Certificate",
            instead(Kind::CERTIFICATE, finished.clone()),
            unexpected(Kind::FINISHED, &[Kind::CERTIFICATE]),
            Alert::UNEXPECTED_MESSAGE,
        ),
        rule(
            "4: a certificate without proof",
            instead(Kind::CERTIFICATE_VERIFY, finished),
            unexpected(Kind::FINISHED, &[Kind::CERTIFICATE_VERIFY]),
            Alert::UNEXPECTED_MESSAGE,
        ),
        rule(
            "4: EndOfEarlyData without early data",
            instead(Kind::CERTIFICATE, framed(Kind::END_OF_EARLY_DATA, b"")),
            unexpected(Kind::END_OF_EARLY_DATA, &[Kind::CERTIFICATE]),
            Alert::UNEXPECTED_MESSAGE,
        ),
    ]
}

/// A client whose key is for encryption alone, before a server whose caller trusts it all the same.
fn not_for_signing() -> Scene {
    let mut template = CertificateTemplate::server(Vec::new());
    template.subject = Subject::new().common_name("A key for encryption");
    template.purposes = vec![KeyPurpose::ClientAuth];
    template.key_usage = Some(KeyUsage::KEY_ENCIPHERMENT);
    let leaf = authority::shared().leaf(&template, KeyKind::EcP256);
    let set = |configs: &mut Configs| {
        configs.client.credentials = ClientCredentials::Fixed(leaf.credential());
        configs.server.client_certificates = ClientCertificates::Required(Verification::Ask);
    };
    let mut scene = at_server(set, honest());
    scene.settle();
    let Some(Need::Verify(need)) = scene.subject.needs.pop() else { panic!("{}", scene.picture()) };
    need.reply.reply(Ok(Trusted::asserted("a test of what stands above trust")));
    scene
}

/// A leaf whose owner shows it, and what the client makes of it.
#[test]
fn each_verdict_has_its_alert() {
    let stranger = TestAuthority::named("Stranger");
    let late = || UnixTime::since_unix_epoch(Duration::from_secs(2_600_000_000));
    let early = || UnixTime::since_unix_epoch(Duration::from_secs(1_600_000_000));
    let honest_leaf = || authority::shared().server(KeyKind::EcP256);
    let alone = || {
        let mut leaf = honest_leaf();
        leaf.chain.truncate(1);
        leaf
    };
    type Case<'a> = (&'a str, authority::Leaf, fn() -> UnixTime, Broken, Alert);
    let cases: [Case<'_>; 5] = [
        ("expired", honest_leaf(), late, Broken::Expired, Alert::CERTIFICATE_EXPIRED),
        ("not yet valid", honest_leaf(), early, Broken::NotYetValid, Alert::CERTIFICATE_EXPIRED),
        (
            "a stranger's",
            stranger.server(KeyKind::EcP256),
            authority::now,
            Broken::UnknownAuthority,
            Alert::UNKNOWN_CA,
        ),
        ("no intermediate", alone(), authority::now, Broken::MissingIntermediate, Alert::UNKNOWN_CA),
        (
            "a client's",
            authority::shared().client(KeyKind::EcP256),
            authority::now,
            Broken::WrongPurpose,
            Alert::UNSUPPORTED_CERTIFICATE,
        ),
    ];
    for (name, leaf, clock, broken, alert) in cases {
        let set = |configs: &mut Configs| {
            configs.client.clock = Clock::from_fn(clock);
            configs.server.credentials = Credentials::Fixed(leaf.credential());
        };
        let mut scene = at_client(set, honest());
        scene.settle();
        assert_verdict(name, &scene, broken, alert);
    }
}

fn assert_verdict(name: &str, scene: &Scene, broken: Broken, alert: Alert) {
    let Some(Error::Certificate(failure)) = &scene.subject.error else {
        panic!("{name}\n{}", scene.picture())
    };
    assert_eq!((failure.rule, scene.actor.alerts()), (broken, vec![alert]), "{name}\n{}", scene.picture());
    assert!(!scene.subject.established, "{name}");
}

#[test]
fn a_name_that_the_leaf_does_not_bear() {
    let client = authority::shared().client_config().check().unwrap();
    let server = authority::shared().server_config().check().unwrap();
    for name in ["other.example", "192.0.2.1", "sub.server.example"] {
        let name = ServerName::try_from(name).unwrap();
        let subject = bulla_tls::Connection::client(&client, name.clone());
        let mut scene = Scene::new(bulla_testkit::actor::Actor::server(&server, honest()), subject);
        scene.settle();
        assert_verdict(&name.to_str(), &scene, Broken::WrongName, Alert::BAD_CERTIFICATE);
    }
}

#[test]
fn a_strangers_client_is_refused() {
    let stranger = TestAuthority::named("Stranger").client(KeyKind::EcP256);
    let with_stranger = |configs: &mut Configs| {
        set(configs);
        configs.client.credentials = ClientCredentials::Fixed(stranger.credential());
    };
    let mut scene = at_server(with_stranger, honest());
    scene.settle();
    assert_verdict("a stranger", &scene, Broken::UnknownAuthority, Alert::UNKNOWN_CA);
}
