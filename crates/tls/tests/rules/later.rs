//! Requests and answers after the handshake that are out of order, or not what they claim to be (RFC 9846 section
//! 4.7.2).

use bulla_crypto::signature::KeyKind;
use bulla_testkit::actor::{Out, Scene};
use bulla_testkit::authority;
use bulla_testkit::message::{block, certificate_verify, framed, vector8, vector24};
use bulla_tls::registry::{
    AlertDescription as Alert, ContentType, ExtensionType as Ext, HandshakeType as Kind,
    SignatureScheme as Scheme,
};
use bulla_tls::{ClientCredentials, Verification, Violation};

use super::rule::{Configs, Rule, at_client, at_server, check, honest, rule};

#[test]
fn later() {
    check(&rules());
}

fn set(configs: &mut Configs) {
    configs.client.later_certificates = true;
    configs.server.later_certificates = Some(Verification::Anchors(authority::shared().anchors()));
}

/// Our client in a session, told this.
fn told_to_client(requests: Vec<Vec<u8>>) -> impl Fn() -> Scene {
    move || {
        // A choice that never comes lets requests pile up.
        let set = |configs: &mut Configs| {
            set(configs);
            configs.client.credentials = ClientCredentials::Ask;
        };
        let mut scene = at_client(set, honest());
        scene.settle();
        scene.say(requests.iter().cloned().map(Out::Message));
        scene
    }
}

fn request(context: &[u8], extensions: &[(Ext, Vec<u8>)]) -> Vec<u8> {
    framed(Kind::CERTIFICATE_REQUEST, &[vector8(context), block(extensions)].concat())
}

fn schemes() -> (Ext, Vec<u8>) {
    (Ext::SIGNATURE_ALGORITHMS, vec![0, 2, 4, 3])
}

/// Our server in a session, which has asked and is answered with this; the context is put in.
fn answered(answer: impl Fn(&[u8]) -> Vec<Out>) -> impl Fn() -> Scene {
    move || {
        let mut scene = at_server(set, honest());
        scene.settle();
        scene.subject.connection.request_certificate().unwrap();
        scene.settle();
        let sent = scene.actor.received.iter().rev().find(|(kind, content)| {
            *kind == ContentType::HANDSHAKE && content.first() == Some(&Kind::CERTIFICATE_REQUEST.0)
        });
        let (_, request) = sent.unwrap();
        let context = request[5..5 + usize::from(request[4])].to_vec();
        scene.say(answer(&context));
        scene
    }
}

fn certificate(context: &[u8], whole: bool) -> Out {
    let leaf = authority::shared().client(KeyKind::EcP256);
    let entries = if whole { [vector24(&leaf.chain[0]), vec![0, 0]].concat() } else { Vec::new() };
    Out::Message(framed(Kind::CERTIFICATE, &[vector8(context), vector24(&entries)].concat()))
}

fn finished() -> Out {
    Out::Message(framed(Kind::FINISHED, &[0; 32]))
}

pub(crate) fn rules() -> Vec<Rule> {
    [requests(), answers()].concat().into_iter().map(Rule::within_session).collect()
}

fn requests() -> Vec<Rule> {
    let illegal = Alert::ILLEGAL_PARAMETER;
    let context = Violation::RequestContext { message: "CertificateRequest" };
    let missing =
        Violation::MissingExtension { message: "CertificateRequest", extension: Ext::SIGNATURE_ALGORITHMS };
    let many: Vec<_> = (0..6).map(|number| request(&[number], &[schemes()])).collect();
    vec![
        rule("4.4.2: no context", told_to_client(vec![request(&[], &[schemes()])]), context, illegal),
        rule(
            "4.4.2: a context twice",
            told_to_client(vec![request(&[7], &[schemes()]), request(&[7], &[schemes()])]),
            context,
            illegal,
        ),
        rule(
            "4.4.2: no schemes",
            told_to_client(vec![request(&[7], &[])]),
            missing,
            Alert::MISSING_EXTENSION,
        ),
        rule(
            "more requests than can wait",
            told_to_client(many),
            Violation::TooMany("certificate requests"),
            Alert::UNEXPECTED_MESSAGE,
        ),
    ]
}

fn answers() -> Vec<Rule> {
    let unexpected = Alert::UNEXPECTED_MESSAGE;
    let due = |got, expected| Violation::UnexpectedMessage { got, expected };
    let update = || Out::Message(framed(Kind::KEY_UPDATE, &[0]));
    let signed = || Out::Message(certificate_verify(Scheme::ECDSA_SECP256R1_SHA256, &[1; 70]));
    vec![
        rule(
            "4.5.1: another context",
            answered(|_| vec![certificate(&[7], true)]),
            Violation::RequestContext { message: "Certificate" },
            Alert::ILLEGAL_PARAMETER,
        ),
        rule(
            "4.7.2: a message in between",
            answered(move |context| vec![certificate(context, true), update()]),
            due(Kind::KEY_UPDATE, &[Kind::CERTIFICATE_VERIFY]),
            unexpected,
        ),
        rule(
            "4.7.2: data in between",
            answered(|context| {
                vec![certificate(context, true), Out::Record(ContentType::APPLICATION_DATA, b"x".to_vec())]
            }),
            Violation::UnexpectedRecord(ContentType::APPLICATION_DATA),
            unexpected,
        ),
        rule(
            "4.7.2: no proof",
            answered(|context| vec![certificate(context, true), finished()]),
            due(Kind::FINISHED, &[Kind::CERTIFICATE_VERIFY]),
            unexpected,
        ),
        rule(
            "4.7.2: a proof of nothing",
            answered(move |context| vec![certificate(context, false), signed()]),
            due(Kind::CERTIFICATE_VERIFY, &[Kind::FINISHED]),
            unexpected,
        ),
        rule(
            "4.5.2: a wrong signature",
            answered(move |context| vec![certificate(context, true), signed()]),
            Violation::Signature,
            Alert::DECRYPT_ERROR,
        ),
        rule(
            "4.5.3: a wrong Finished",
            answered(|context| vec![certificate(context, false), finished()]),
            Violation::Finished,
            Alert::DECRYPT_ERROR,
        ),
        rule(
            "4.7.2: an answer to nothing",
            || {
                let mut scene = at_server(set, honest());
                scene.settle();
                scene.say([certificate(&[7], true)]);
                scene
            },
            due(Kind::CERTIFICATE, &[Kind::KEY_UPDATE]),
            unexpected,
        ),
    ]
}
