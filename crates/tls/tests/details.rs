//! What two sides may agree on beside the handshake itself: how long records are, what is stapled to certificates,
//! and how these are compressed.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a fixture that cannot be made fails its test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bulla_crypto::signature::KeyKind;
use bulla_testkit::authority::{self, server_name};
use bulla_testkit::pair::{From, Pair};
use bulla_tls::registry::{CertificateCompressionAlgorithm, ProtocolVersion, SignatureScheme};
use bulla_tls::{
    CertificateCompression, ClientCertificates, ClientConfig, ClientCredentials, Connection, Credential,
    CredentialError, Credentials, Need, Padding, ServerConfig, Staples, Verification,
};
use bulla_x509::verdict::Trusted;

fn configs() -> (ClientConfig, ServerConfig) {
    (authority::shared().client_config(), authority::shared().server_config())
}

fn pair(client: &ClientConfig, server: &ServerConfig) -> Pair {
    let client = Connection::client(&client.clone().check().unwrap(), server_name());
    Pair::new(client, Connection::server(&server.clone().check().unwrap()))
}

/// How much the records of application data, which TLS 1.3 calls all that is protected, hold of content, type and
/// padding; in TLS 1.2 a nonce stands before the content.
fn sizes(version: ProtocolVersion, mut bytes: &[u8]) -> Vec<usize> {
    let around = if version == ProtocolVersion::TLS_1_2 { 16 + 8 } else { 16 };
    let mut sizes = Vec::new();
    while let Some(([kind, _, _, high, low], rest)) = bytes.split_first_chunk::<5>() {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        if *kind == 23 {
            sizes.push(length - around);
        }
        bytes = &rest[length..];
    }
    sizes
}

/// The longest protected record of each side, over a handshake with certificates of both and data both ways.
fn longest(client: &ClientConfig, server: &ServerConfig) -> (usize, usize) {
    let data = vec![7; 40_000];
    let mut pair = pair(client, server);
    let mut longest = (0, 0);
    for round in 0..20 {
        pair.settle_with(usize::MAX, |from, bytes| {
            let most = sizes(client.versions[0], &bytes).into_iter().max().unwrap_or(0);
            match from {
                From::Client => longest.0 = longest.0.max(most),
                From::Server => longest.1 = longest.1.max(most),
            }
            bytes
        });
        pair.assert_established();
        let sent = |end: &mut bulla_testkit::pair::End, received: usize| {
            end.connection.send(&data[received.min(data.len())..]).unwrap()
        };
        let (to_server, to_client) = (pair.server.delivered.len(), pair.client.delivered.len());
        if round > 0 && to_server == data.len() && to_client == data.len() {
            return longest;
        }
        sent(&mut pair.client, to_server);
        sent(&mut pair.server, to_client);
    }
    panic!("the data does not arrive");
}

/// RFC 8449 section 4: an endpoint MUST NOT generate a protected record with plaintext that is larger than the limit
/// that it receives from its peer; what is allowed is made use of.
#[test]
fn each_side_keeps_to_the_others_limit() {
    for version in VERSIONS {
        for (at_client, at_server) in [(64, 16_385), (16_385, 64), (512, 1000), (16_385, 16_384)] {
            for padding in [Padding::None, Padding::Block(1024)] {
                let (mut client, mut server) = configs();
                client.versions = vec![version];
                client.record_size_limit = Some(at_client);
                server.record_size_limit = Some(at_server);
                (client.padding, server.padding) = (padding, padding);
                client.credentials =
                    ClientCredentials::Fixed(authority::shared().client(KeyKind::EcP256).credential());
                server.client_certificates =
                    ClientCertificates::Required(Verification::Anchors(authority::shared().anchors()));
                let most = if version == ProtocolVersion::TLS_1_2 { 16_384 } else { 16_385 };
                let expected = (usize::from(at_server).min(most), usize::from(at_client).min(most));
                assert_eq!(longest(&client, &server), expected, "{version}, {padding:?}");
            }
        }
    }
}

#[test]
fn a_limit_holds_only_if_both_sides_say_one() {
    let (mut client, mut server) = configs();
    client.record_size_limit = Some(64);
    server.record_size_limit = None;
    assert_eq!(longest(&client, &server), (16_385, 16_385));
    client.record_size_limit = None;
    server.record_size_limit = Some(64);
    assert_eq!(longest(&client, &server), (16_385, 16_385));
}

const VERSIONS: [ProtocolVersion; 2] = [ProtocolVersion::TLS_1_2, ProtocolVersion::TLS_1_3];

/// The same credential, with staples.
fn stapled(credential: &Credential) -> Arc<Credential> {
    let credential = credential.clone().with_ocsp(b"a response".to_vec()).unwrap();
    Arc::new(credential.with_scts(vec![b"one".to_vec(), b"two".to_vec()]).unwrap())
}

#[test]
fn staples_come_to_whom_they_are_wanted_by() {
    let (mut client, mut server) = configs();
    let leaf = authority::shared().server(KeyKind::EcP256);
    server.credentials = Credentials::Fixed(stapled(&leaf.credential()));
    let only = |ocsp, scts| {
        let mut staples = Staples::NONE;
        (staples.ocsp, staples.scts) = (ocsp, scts);
        staples
    };
    let wishes = [(true, true), (true, false), (false, true), (false, false)];
    for (version, (ocsp, scts)) in VERSIONS.into_iter().flat_map(|version| wishes.map(|wish| (version, wish)))
    {
        client.versions = vec![version];
        client.staples = only(ocsp, scts);
        let mut pair = pair(&client, &server);
        pair.settle();
        pair.assert_established();
        let facts = pair.client.connection.facts();
        assert_eq!(facts.version, Some(version));
        assert_eq!(facts.peer_ocsp.as_deref(), ocsp.then_some(&b"a response"[..]));
        let expected: &[&[u8]] = if scts { &[b"one", b"two"] } else { &[] };
        assert_eq!(facts.peer_scts, expected);
        assert_eq!(facts.peer_certificates, leaf.chain);
    }
}

/// What was stapled when the session began is known of each connection of it.
#[test]
fn staples_are_remembered_with_their_session() {
    for version in VERSIONS {
        let (mut client, mut server) = configs();
        client.versions = vec![version];
        let leaf = authority::shared().server(KeyKind::EcP256);
        server.credentials = Credentials::Fixed(stapled(&leaf.credential()));
        let (client, server) = (client.check().unwrap(), server.check().unwrap());
        for resumed in [false, true] {
            let mut pair = Pair::new(Connection::client(&client, server_name()), Connection::server(&server));
            pair.settle();
            pair.assert_established();
            let facts = pair.client.connection.facts();
            assert_eq!((facts.version, facts.resumed), (Some(version), resumed));
            assert_eq!(facts.peer_ocsp.as_deref(), Some(&b"a response"[..]));
            assert_eq!(facts.peer_scts, [b"one", b"two"]);
        }
    }
}

#[test]
fn a_server_may_ask_for_staples_and_whoever_judges_sees_them() {
    let (mut client, mut server) = configs();
    let leaf = authority::shared().client(KeyKind::EcP256);
    client.credentials = ClientCredentials::Fixed(stapled(&leaf.credential()));
    server.client_certificates = ClientCertificates::Required(Verification::Ask);
    for staples in [Staples::ALL, Staples::NONE] {
        server.staples = staples;
        let mut pair = pair(&client, &server);
        pair.settle();
        let Some(Need::Verify(need)) = pair.server.needs.pop() else { panic!("nothing to judge") };
        assert_eq!(need.ocsp.as_deref(), staples.ocsp.then_some(&b"a response"[..]));
        assert_eq!(need.scts.len(), if staples.scts { 2 } else { 0 });
        assert_eq!(need.chain, leaf.chain);
        need.reply.reply(Ok(Trusted::asserted("a test of staples")));
        pair.settle();
        pair.assert_established();
    }
}

#[test]
fn staples_and_schemes_that_cannot_be() {
    let credential = authority::shared().server(KeyKind::Rsa).credential();
    let with_ocsp = |length| credential.as_ref().clone().with_ocsp(vec![0; length]).map(drop);
    assert_eq!(with_ocsp(0), Err(CredentialError::EmptyStaple));
    assert_eq!(with_ocsp(1 << 16), Err(CredentialError::TooLong), "an extension has at most 2^16 - 1 bytes");
    let with_scts = |scts| credential.as_ref().clone().with_scts(scts).map(drop);
    assert_eq!(with_scts(vec![vec![1], Vec::new()]), Err(CredentialError::EmptyStaple));
    let with_schemes = |schemes: &[SignatureScheme]| credential.as_ref().clone().with_schemes(schemes);
    assert_eq!(with_schemes(&[]).err(), Some(CredentialError::NoScheme));
    let ed25519 = SignatureScheme::ED25519;
    assert_eq!(with_schemes(&[ed25519]).err(), Some(CredentialError::Scheme(ed25519)));
    let chosen = [SignatureScheme::RSA_PSS_RSAE_SHA512, SignatureScheme::RSA_PSS_RSAE_SHA256];
    assert_eq!(with_schemes(&chosen).unwrap().schemes(), chosen);
}

#[test]
fn a_credential_signs_by_the_schemes_that_it_is_given() {
    let (client, mut server) = configs();
    let credential = authority::shared().server(KeyKind::Rsa).credential();
    let scheme = SignatureScheme::RSA_PSS_RSAE_SHA512;
    let credential = credential.as_ref().clone().with_schemes(&[scheme]).unwrap();
    server.credentials = Credentials::Fixed(Arc::new(credential));
    let mut pair = pair(&client, &server);
    pair.settle();
    pair.assert_established();
    assert_eq!(pair.client.connection.facts().signature, Some(scheme));
}

/// What each side sent in the clear and sealed, by a credential of this length.
fn spent(compression: &[CertificateCompression]) -> (usize, usize) {
    let (mut client, mut server) = configs();
    client.compression = compression.to_vec();
    server.compression = compression.to_vec();
    client.credentials = ClientCredentials::Fixed(authority::shared().client(KeyKind::EcP256).credential());
    server.client_certificates =
        ClientCertificates::Required(Verification::Anchors(authority::shared().anchors()));
    let mut pair = pair(&client, &server);
    let mut spent = (0, 0);
    pair.settle_with(usize::MAX, |from, bytes| {
        match from {
            From::Client => spent.0 += bytes.len(),
            From::Server => spent.1 += bytes.len(),
        }
        bytes
    });
    pair.assert_established();
    assert_eq!(pair.client.connection.facts().peer_certificates.len(), 2);
    assert_eq!(pair.server.connection.facts().peer_certificates.len(), 2);
    spent
}

#[test]
fn each_algorithm_makes_both_flights_shorter() {
    let (client, server) = spent(&[]);
    assert_eq!(CertificateCompression::ALL.len(), 3);
    for algorithm in CertificateCompression::ALL {
        let (smaller_client, smaller_server) = spent(&[*algorithm]);
        assert!(smaller_client + 100 < client, "{algorithm:?}: {smaller_client} of {client}");
        assert!(smaller_server + 100 < server, "{algorithm:?}: {smaller_server} of {server}");
    }
}

static COMPRESSED: AtomicUsize = AtomicUsize::new(0);
static INFLATED: AtomicUsize = AtomicUsize::new(0);

/// An algorithm of the caller's: it turns each byte.
const TURNED: CertificateCompression = CertificateCompression::new(
    CertificateCompressionAlgorithm(0xff01),
    |message| {
        COMPRESSED.fetch_add(1, Ordering::Relaxed);
        Some(message.iter().map(|byte| !byte).collect())
    },
    |compressed, message| {
        INFLATED.fetch_add(1, Ordering::Relaxed);
        let fits = compressed.len() == message.len();
        message.iter_mut().zip(compressed).for_each(|(out, byte)| *out = !byte);
        fits
    },
);

#[test]
fn a_credential_is_compressed_once() {
    let (mut client, mut server) = configs();
    client.compression = vec![TURNED];
    server.compression = [CertificateCompression::ALL, &[TURNED]].concat();
    for _ in 0..3 {
        let mut pair = pair(&client, &server);
        pair.settle();
        pair.assert_established();
    }
    assert_eq!((COMPRESSED.load(Ordering::Relaxed), INFLATED.load(Ordering::Relaxed)), (1, 3));
}
