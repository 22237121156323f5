//! Compressed certificates that are none, or were not asked for (RFC 8879).

use bulla_testkit::actor::{Edit, Out, Scene};
use bulla_tls::registry::{
    AlertDescription as Alert, CertificateCompressionAlgorithm as Algorithm, ExtensionType as Ext,
    HandshakeType as Kind,
};
use bulla_tls::{CertificateCompression, DecodeProblem, Violation};

use super::rule::{
    Configs, Rule, at_client, at_server, change, check, hello, malformed, plain, replace, rule,
};

#[test]
fn compression() {
    check(&rules());
    check(&syntax());
}

/// Both sides compress by zlib.
fn zlib(configs: &mut Configs) {
    configs.client.compression = vec![CertificateCompression::ZLIB];
    configs.server.compression = vec![CertificateCompression::ZLIB];
}

/// Our client before a server whose compressed certificate is changed.
fn changed(change_it: impl Fn(&mut Vec<u8>) + Clone + 'static) -> impl Fn() -> Scene {
    move || at_client(zlib, change(Kind::COMPRESSED_CERTIFICATE, change_it.clone()))
}

/// A CompressedCertificate in the place of a plain one.
fn uninvited() -> Edit {
    replace(Kind::CERTIFICATE, 1, |_| {
        vec![Out::Message(vec![Kind::COMPRESSED_CERTIFICATE.0, 0, 0, 9, 0, 1, 0, 0, 4, 0, 0, 1, 0])]
    })
}

pub(crate) fn rules() -> Vec<Rule> {
    let corrupt = |name, scene: Box<dyn Fn() -> Scene>| {
        rule(name, scene, Violation::CompressedCertificate, Alert::BAD_CERTIFICATE)
    };
    vec![
        rule(
            "RFC 8879 4: an algorithm that was not offered",
            changed(|message| message[5] = 2),
            Violation::CompressionNotOffered(Algorithm::BROTLI),
            Alert::ILLEGAL_PARAMETER,
        ),
        corrupt(
            "RFC 8879 4: a wrong checksum",
            Box::new(changed(|message| *message.last_mut().unwrap() ^= 1)),
        ),
        corrupt("RFC 8879 4: longer than it claims", Box::new(changed(|message| message[8] -= 1))),
        corrupt("RFC 8879 4: shorter than it claims", Box::new(changed(|message| message[7] += 1))),
        rule(
            "RFC 8879 5: claims more than a message may have",
            changed(|message| message[6..9].copy_from_slice(&[1, 0, 1])),
            Violation::MessageTooLong { kind: Kind::COMPRESSED_CERTIFICATE, length: 65_537, limit: 65_536 },
            Alert::ILLEGAL_PARAMETER,
        ),
        rule(
            "RFC 8879 3: compressed, though none was offered",
            || at_client(plain, uninvited()),
            Violation::UnexpectedMessage {
                got: Kind::COMPRESSED_CERTIFICATE,
                expected: &[Kind::CERTIFICATE_REQUEST, Kind::CERTIFICATE],
            },
            Alert::UNEXPECTED_MESSAGE,
        ),
    ]
}

fn syntax() -> Vec<Rule> {
    let algorithms = |body: &'static [u8]| {
        move || {
            at_server(
                plain,
                hello(Kind::CLIENT_HELLO, 1, move |hello| hello.set(Ext::COMPRESS_CERTIFICATE, body)),
            )
        }
    };
    let field = |problem| ("compress_certificate", "algorithms", problem);
    vec![
        malformed("no algorithm", algorithms(&[0]), field(DecodeProblem::Length)),
        malformed("half an algorithm", algorithms(&[3, 0, 1, 0]), field(DecodeProblem::Length)),
        malformed(
            "nothing compressed",
            || {
                let empty = vec![Kind::COMPRESSED_CERTIFICATE.0, 0, 0, 8, 0, 1, 0, 0, 4, 0, 0, 0];
                at_client(
                    zlib,
                    replace(Kind::COMPRESSED_CERTIFICATE, 1, move |_| vec![Out::Message(empty.clone())]),
                )
            },
            ("CompressedCertificate", "compressed_certificate_message", DecodeProblem::Length),
        ),
    ]
}
