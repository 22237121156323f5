//! What stands beside a certificate without having been asked for, or is malformed (RFC 9846 section 4.5.1.1, RFC
//! 6962 section 3.3).

use bulla_crypto::signature::KeyKind;
use bulla_testkit::actor::{Out, Scene};
use bulla_testkit::authority;
use bulla_testkit::message::{Hello, block, framed, vector24};
use bulla_tls::registry::{
    AlertDescription as Alert, ExtensionType as Ext, HandshakeType as Kind, ProtocolVersion,
};
use bulla_tls::{DecodeProblem, Staples, Violation};

use super::rule::{Configs, Rule, at_client, check, malformed, plain, replace, rule};

#[test]
fn staples() {
    check(&rules());
    check(&syntax());
}

/// Our client before a server that sends this beside its leaf.
fn beside(set: fn(&mut Configs), kind: Ext, body: &'static [u8]) -> impl Fn() -> Scene {
    move || {
        let leaf = authority::shared().server(KeyKind::EcP256);
        let entry = [vector24(&leaf.chain[0]), block(&[(kind, body.to_vec())])].concat();
        let message = framed(Kind::CERTIFICATE, &[&[0], &vector24(&entry)[..]].concat());
        at_client(set, replace(Kind::CERTIFICATE, 1, move |_| vec![Out::Message(message.clone())]))
    }
}

/// Our client before a server of TLS 1.2 that sends this as CertificateStatus, announced or not.
fn status12(announced: bool, body: &'static [u8]) -> Scene {
    let set = |configs: &mut Configs| configs.server.versions = vec![ProtocolVersion::TLS_1_2];
    let edit = Box::new(move |out: &mut Vec<Out>| {
        let sent = std::mem::take(out);
        for each in sent {
            match (each.kind(), each) {
                (Some(Kind::SERVER_HELLO), Out::Message(message)) if announced => {
                    let mut hello = Hello::parse(&message);
                    hello.set(Ext::STATUS_REQUEST, &[]);
                    out.push(Out::Message(hello.build()));
                }
                (Some(Kind::CERTIFICATE), message) => {
                    out.extend([message, Out::Message(framed(Kind::CERTIFICATE_STATUS, body))]);
                }
                (_, other) => out.push(other),
            }
        }
    });
    at_client(set, edit)
}

fn asks_for_nothing(configs: &mut Configs) {
    configs.client.staples = Staples::NONE;
}

pub(crate) fn rules() -> Vec<Rule> {
    let unsolicited = |name, extension, body| {
        let violation = Violation::UnsolicitedExtension { message: "Certificate", extension };
        rule(name, beside(asks_for_nothing, extension, body), violation, Alert::UNSUPPORTED_EXTENSION)
    };
    vec![
        rule(
            "RFC 6066 8: an OCSP response that TLS 1.2 did not announce",
            || status12(false, &[1, 0, 0, 1, 7]),
            Violation::UnexpectedMessage {
                got: Kind::CERTIFICATE_STATUS,
                expected: &[Kind::SERVER_KEY_EXCHANGE],
            },
            Alert::UNEXPECTED_MESSAGE,
        ),
        unsolicited("4.5.1: an OCSP response", Ext::STATUS_REQUEST, &[1, 0, 0, 1, 7]),
        unsolicited("4.5.1: timestamps", Ext::SIGNED_CERTIFICATE_TIMESTAMP, &[0, 3, 0, 1, 7]),
    ]
}

fn syntax() -> Vec<Rule> {
    let status = |name, body, field, problem| {
        malformed(name, beside(plain, Ext::STATUS_REQUEST, body), ("status_request", field, problem))
    };
    let scts = |name, body, (structure, field, problem)| {
        malformed(name, beside(plain, Ext::SIGNED_CERTIFICATE_TIMESTAMP, body), (structure, field, problem))
    };
    vec![
        status("another type of status", &[2, 0, 0, 1, 7], "status_type", DecodeProblem::Value),
        malformed(
            "an empty response in TLS 1.2",
            || status12(true, &[1, 0, 0, 0]),
            ("CertificateStatus", "OCSPResponse", DecodeProblem::Length),
        ),
        status("an empty response", &[1, 0, 0, 0], "OCSPResponse", DecodeProblem::Length),
        scts("no timestamp", &[0, 0], ("signed_certificate_timestamp", "sct_list", DecodeProblem::Length)),
        scts(
            "an empty timestamp",
            &[0, 2, 0, 0],
            ("SignedCertificateTimestampList", "SerializedSCT", DecodeProblem::Length),
        ),
    ]
}
