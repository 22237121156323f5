//! What a server refuses a client of TLS 1.2 for.

use bulla_crypto::signature::KeyKind;
use bulla_testkit::actor::{Out, Scene};
use bulla_testkit::authority;
use bulla_testkit::message::{framed, vector8, vector16};
use bulla_tls::registry::{
    AlertDescription as Alert, ExtensionType as Ext, HandshakeType as Kind, NamedGroup, ProtocolVersion,
};
use bulla_tls::{
    ClientCertificates, ClientCredentials, Credentials, Incompatibility, Verification, Violation,
};

use super::{BOTH, ONE, client_hello, of_either_hello, server, versions};
use crate::rule::{Configs, Rule, at_server, change, hello, honest, replace, rule};

/// What a server refuses.
pub(super) fn rules() -> Vec<Rule> {
    [client_hellos(), client_flight()].concat()
}

/// What a server refuses a ClientHello for.
fn client_hellos() -> Vec<Rule> {
    const MESSAGE: &str = "ClientHello";
    let (illegal, failure) = (Alert::ILLEGAL_PARAMETER, Alert::HANDSHAKE_FAILURE);
    let set = |kind, body: &'static [u8]| client_hello(move |hello| hello.set(kind, body));
    let without = |kind| client_hello(move |hello| hello.remove(kind));
    let own = vec![
        rule(
            "7.4.1.2: no null compression",
            client_hello(|hello| {
                let last = hello.front.len() - 1;
                hello.front[last] = 1;
            }),
            Violation::Compression { message: MESSAGE },
            illegal,
        ),
        rule(
            "RFC 8422 5.3: no curve for the certificate's key",
            other_curve,
            Incompatibility::Suite,
            failure,
        ),
        rule(
            "RFC 7507 3: fallback",
            fallback,
            Incompatibility::Fallback(ProtocolVersion::TLS_1_2),
            Alert::INAPPROPRIATE_FALLBACK,
        ),
        rule(
            "7.4.1.4.1: SHA-1 is meant",
            without(Ext::SIGNATURE_ALGORITHMS),
            Incompatibility::Signature,
            failure,
        ),
        rule(
            "RFC 8422 5.1.1: no group",
            set(Ext::SUPPORTED_GROUPS, &[0, 2, 0, 30]),
            Incompatibility::Group,
            failure,
        ),
    ];
    [of_either_hello(MESSAGE, set, without), own].concat()
}

/// What a server refuses the rest of a client's messages for.
fn client_flight() -> Vec<Rule> {
    let illegal = Alert::ILLEGAL_PARAMETER;
    let point = |share: &'static [u8]| {
        server(move || {
            replace(Kind::CLIENT_KEY_EXCHANGE, 1, move |_| {
                vec![Out::Message(framed(Kind::CLIENT_KEY_EXCHANGE, &vector8(share)))]
            })
        })
    };
    vec![
        rule(
            "7.4.7: a point that is none",
            point(&[4; 65]),
            Violation::InvalidShare(NamedGroup::X25519),
            illegal,
        ),
        rule(
            "RFC 7748 6.1: a point of small order",
            point(&[0; 32]),
            Violation::InvalidShare(NamedGroup::X25519),
            illegal,
        ),
        rule(
            "7.4.6: no certificate",
            no_certificate,
            Violation::CertificateRequired,
            Alert::HANDSHAKE_FAILURE,
        ),
        rule("7.4.8: proof of another key", false_proof, Violation::Signature, Alert::DECRYPT_ERROR),
        rule(
            "7.4.9: Finished",
            server(|| change(Kind::FINISHED, |message| message[4] ^= 1)),
            Violation::Finished,
            Alert::DECRYPT_ERROR,
        ),
    ]
}

/// A client that has come down to TLS 1.2 on purpose.
fn fallback() -> Scene {
    at_server(
        versions(&ONE, &BOTH),
        hello(Kind::CLIENT_HELLO, 1, |hello| {
            // random, an empty session id, then the suites.
            let length = usize::from(u16::from_be_bytes([hello.front[35], hello.front[36]]));
            hello.front[35..37].copy_from_slice(&u16::try_from(length + 2).unwrap().to_be_bytes());
            hello.front.splice(37..37, [0x56, 0x00]);
        }),
    )
}

/// A client that takes no curve of the server's certificate.
fn other_curve() -> Scene {
    let set = |configs: &mut Configs| {
        versions(&ONE, &BOTH)(configs);
        configs.client.groups = vec![NamedGroup::X25519];
        configs.client.key_shares = vec![NamedGroup::X25519];
        configs.server.credentials =
            Credentials::Fixed(authority::shared().server(KeyKind::EcP256).credential());
    };
    at_server(set, honest())
}

fn asking(configs: &mut Configs) {
    versions(&ONE, &BOTH)(configs);
    let anchors = Verification::Anchors(authority::shared().anchors());
    configs.server.client_certificates = ClientCertificates::Required(anchors);
}

fn no_certificate() -> Scene {
    at_server(asking, honest())
}

fn false_proof() -> Scene {
    let set = |configs: &mut Configs| {
        asking(configs);
        let leaf = authority::shared().client(KeyKind::EcP256);
        configs.client.credentials = ClientCredentials::Fixed(leaf.credential());
    };
    let other = authority::shared().client(KeyKind::EcP256);
    let signature = other
        .private_key()
        .sign(bulla_crypto::signature::SignatureAlgorithm::EcdsaP256Sha256, b"something else")
        .unwrap();
    let proof = [&[4, 3], &vector16(&signature)[..]].concat();
    let edit = move |_: Vec<u8>| vec![Out::Message(framed(Kind::CERTIFICATE_VERIFY, &proof))];
    at_server(set, replace(Kind::CERTIFICATE_VERIFY, 1, edit))
}
