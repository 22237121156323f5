//! Limits of record sizes that are no limits, and records that do not keep to one (RFC 8449).

use bulla_testkit::actor::{Out, Scene};
use bulla_testkit::message::encrypted_extensions;
use bulla_tls::Violation;
use bulla_tls::registry::{
    AlertDescription as Alert, ContentType, ExtensionType as Ext, HandshakeType as Kind, ProtocolVersion,
};

use super::rule::{Configs, Rule, at_client, at_server, check, hello, honest, plain, replace, rule};

#[test]
fn record_size() {
    check(&rules());
}

/// Our server takes 64 bytes in a record; the client's Finished is padded to this many.
fn finished_padded_to(length: usize) -> Scene {
    let set = |configs: &mut Configs| configs.server.record_size_limit = Some(64);
    let pad = replace(Kind::FINISHED, 1, move |mut message| {
        message.push(ContentType::HANDSHAKE.0);
        message.resize(length, 0);
        vec![Out::Inner(message)]
    });
    at_server(set, pad)
}

#[test]
fn padding_counts() {
    let mut scene = finished_padded_to(64);
    scene.settle();
    assert!(scene.subject.established, "{}", scene.picture());
}

pub(crate) fn rules() -> Vec<Rule> {
    let too_small = |message| Violation::RecordSizeLimit { message, limit: 63 };
    let answered = |value: &'static [u8]| {
        replace(Kind::ENCRYPTED_EXTENSIONS, 1, move |_| {
            vec![Out::Message(encrypted_extensions(&[(Ext::RECORD_SIZE_LIMIT, value.to_vec())]))]
        })
    };
    vec![
        rule(
            "RFC 8449 4: 63 from a client",
            || {
                at_server(
                    plain,
                    hello(Kind::CLIENT_HELLO, 1, |hello| hello.set(Ext::RECORD_SIZE_LIMIT, &[0, 63])),
                )
            },
            too_small("ClientHello"),
            Alert::ILLEGAL_PARAMETER,
        ),
        rule(
            "RFC 8449 4: 63 from a server",
            move || at_client(plain, answered(&[0, 63])),
            too_small("EncryptedExtensions"),
            Alert::ILLEGAL_PARAMETER,
        ),
        rule(
            "RFC 8449 4: 63 from a server of TLS 1.2",
            || {
                at_client(
                    |configs| configs.server.versions = vec![ProtocolVersion::TLS_1_2],
                    hello(Kind::SERVER_HELLO, 1, |hello| hello.set(Ext::RECORD_SIZE_LIMIT, &[0, 63])),
                )
            },
            too_small("ServerHello"),
            Alert::ILLEGAL_PARAMETER,
        ),
        rule(
            "RFC 8449 4: a limit that was not asked for",
            move || at_client(|configs| configs.client.record_size_limit = None, answered(&[0x40, 1])),
            Violation::UnsolicitedExtension {
                message: "EncryptedExtensions",
                extension: Ext::RECORD_SIZE_LIMIT,
            },
            Alert::UNSUPPORTED_EXTENSION,
        ),
        rule(
            "RFC 8449 4: a server's record longer than the client's limit",
            || at_client(|configs| configs.client.record_size_limit = Some(64), honest()),
            Violation::RecordTooLong,
            Alert::RECORD_OVERFLOW,
        ),
        rule(
            "RFC 8449 4: a client's record longer than the server's limit, by its padding",
            || finished_padded_to(65),
            Violation::RecordTooLong,
            Alert::RECORD_OVERFLOW,
        ),
    ]
}
