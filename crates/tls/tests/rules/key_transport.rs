//! The key transport of TLS 1.2: only where both sides have switched it on, only where nothing better is left, with
//! a key that has no other use, and without an oracle (RFC 5246 section 7.4.7.1; Bleichenbacher, ROBOT, Marvin).

use bulla_crypto::key_transport::{PREMASTER_LEN, Premaster, encrypt};
use bulla_crypto::random::Source;
use bulla_crypto::signature::{KeyKind, PublicKey};
use bulla_testkit::actor::{Actor, Edit, Out, Scene};
use bulla_testkit::authority::{self, Leaf, SERVER_NAME, server_name};
use bulla_testkit::message::{framed, vector16};
use bulla_testkit::pair::Pair;
use bulla_tls::registry::{AlertDescription as Alert, CipherSuite, HandshakeType as Kind, ProtocolVersion};
use bulla_tls::{
    ClientConfig, ConfigError, Connection, CredentialError, Credentials, Error, Incompatibility,
    LegacyKeyTransport, LegacyKeyTransportError, Need, NeedProblem, ServerConfig, Verification, Violation,
};
use bulla_x509::build::{CertificateTemplate, Name};
use bulla_x509::certificate::{Certificate, KeyUsage};
use bulla_x509::verdict::{Presented, Purpose, Rule, judge};

use super::rule::{hello, replace};

const SUITES: [CipherSuite; 2] = [CipherSuite::RSA_AES_128_GCM_SHA256, CipherSuite::RSA_AES_256_GCM_SHA384];

/// An RSA leaf whose key is for this.
fn leaf(usage: KeyUsage) -> Leaf {
    let mut template = CertificateTemplate::server(vec![Name::Dns(SERVER_NAME.to_owned())]);
    template.key_usage = Some(usage);
    authority::shared().leaf(&template, KeyKind::Rsa)
}

fn transport(leaf: &Leaf) -> LegacyKeyTransport {
    LegacyKeyTransport::new(leaf.chain.clone(), &leaf.private_key()).unwrap()
}

/// A server that has an ECDSA certificate, and one for the key transport.
fn server(leaf: &Leaf) -> ServerConfig {
    let mut config = authority::shared().server_config();
    config.legacy_key_transport = Some(transport(leaf));
    config
}

/// A client that has the key transport beside all else.
fn client() -> ClientConfig {
    let mut config = authority::shared().client_config();
    config.legacy_key_transport = true;
    config
}

/// Leaves only these suites to the client's hello.
fn only(suites: &[CipherSuite]) -> Edit {
    let list: Vec<u8> = suites.iter().flat_map(|suite| suite.0.to_be_bytes()).collect();
    hello(Kind::CLIENT_HELLO, 1, move |hello| {
        let suites = 35;
        let length = usize::from(u16::from_be_bytes([hello.front[suites], hello.front[suites + 1]]));
        hello.front.splice(suites..suites + 2 + length, vector16(&list));
    })
}

/// A client of TLS 1.2 with this edit before our server.
fn at(server: ServerConfig, edit: Edit) -> Scene {
    let mut client = client();
    client.versions = vec![ProtocolVersion::TLS_1_2];
    let actor = Actor::client(&client.check().unwrap(), edit);
    Scene::new(actor, Connection::server(&server.check().unwrap()))
}

/// Both sides, which share no suite but those of the key transport.
fn pair(leaf: &Leaf) -> Pair {
    let mut server = server(leaf);
    server.suites = vec![CipherSuite::ECDHE_RSA_CHACHA20_POLY1305_SHA256];
    let mut client = client();
    client.suites = vec![CipherSuite::ECDHE_ECDSA_CHACHA20_POLY1305_SHA256];
    let mut pair = Pair::new(
        Connection::client(&client.check().unwrap(), server_name()),
        Connection::server(&server.check().unwrap()),
    );
    pair.settle();
    pair
}

#[test]
fn both_sides_agree_where_nothing_better_is_left() {
    let mut pair = pair(&leaf(KeyUsage::KEY_ENCIPHERMENT));
    pair.assert_established();
    for end in [&pair.client, &pair.server] {
        let facts = end.connection.facts();
        assert_eq!(facts.suite, Some(CipherSuite::RSA_AES_128_GCM_SHA256));
        assert_eq!((facts.group, facts.signature), (None, None));
        assert_eq!(facts.extended_master_secret, Some(true));
    }
    let mut exported = [[0; 32]; 2];
    pair.client.connection.export_keying_material(b"EXPORTER-bulla", None, &mut exported[0]).unwrap();
    pair.server.connection.export_keying_material(b"EXPORTER-bulla", None, &mut exported[1]).unwrap();
    assert_eq!(exported[0], exported[1]);
    pair.client.connection.send(b"there").unwrap();
    pair.server.connection.send(b"and back").unwrap();
    pair.settle();
    assert_eq!(
        (pair.server.delivered.as_slice(), pair.client.delivered.as_slice()),
        (&b"there"[..], &b"and back"[..])
    );
}

/// Whatever both could do better comes first, even where the client would rather not.
/// Whoever judges elsewhere is told that the key decrypts, and can judge by that.
#[test]
fn a_need_to_judge_says_that_the_key_decrypts() {
    for (usage, allowed) in [(KeyUsage::KEY_ENCIPHERMENT, true), (KeyUsage::DIGITAL_SIGNATURE, false)] {
        let mut server = server(&leaf(usage));
        server.suites = vec![CipherSuite::ECDHE_RSA_CHACHA20_POLY1305_SHA256];
        let mut client = client();
        client.verification = Verification::Ask;
        client.suites = vec![CipherSuite::ECDHE_ECDSA_CHACHA20_POLY1305_SHA256];
        let mut pair = Pair::new(
            Connection::client(&client.check().unwrap(), server_name()),
            Connection::server(&server.check().unwrap()),
        );
        pair.settle();
        let Some(Need::Verify(need)) = pair.client.needs.pop() else { panic!("{}", pair.picture()) };
        assert!(need.key_transport && matches!(need.purpose(), Purpose::KeyTransportServer(_)));
        let presented = Presented::new(&need.chain, need.purpose());
        let verdict = judge(&presented, &authority::shared().anchors(), authority::now());
        assert_eq!(verdict.is_trusted(), allowed);
        need.reply.reply(verdict.into_result().map_err(Box::new));
        pair.settle();
        assert_eq!(pair.is_established(), allowed);
    }
}

#[test]
fn ephemeral_keys_come_first() {
    let leaf = leaf(KeyUsage::KEY_ENCIPHERMENT);
    for versions in [&[ProtocolVersion::TLS_1_3, ProtocolVersion::TLS_1_2][..], &[ProtocolVersion::TLS_1_2]] {
        let mut ours = client();
        ours.versions = versions.to_vec();
        let mut pair = Pair::new(
            Connection::client(&ours.check().unwrap(), server_name()),
            Connection::server(&server(&leaf).check().unwrap()),
        );
        pair.settle();
        pair.assert_established();
        assert!(pair.server.connection.facts().group.is_some());
    }
    let last = [SUITES[0], SUITES[1], CipherSuite::ECDHE_ECDSA_AES_128_GCM_SHA256];
    let mut scene = at(server(&leaf), only(&last));
    scene.settle();
    assert_eq!(scene.subject.connection.facts().suite, Some(last[2]));
}

#[test]
fn nobody_has_it_by_default() {
    let mut scene = at(authority::shared().server_config(), only(&SUITES));
    scene.settle();
    assert_eq!(scene.subject.error, Some(Incompatibility::Suite.into()));
    assert_eq!(scene.actor.alerts(), [Alert::HANDSHAKE_FAILURE]);

    // A client that was not told to offers none of it, and refuses a server that takes it all the same: the
    // latter is among the rules of TLS 1.2.
    let config = authority::shared().client_config().check().unwrap();
    let mut connection = Connection::client(&config, server_name());
    let bulla_tls::Step::Transmit(hello) = connection.step().unwrap() else { panic!("no hello") };
    let suites = usize::from(u16::from_be_bytes([hello[76], hello[77]]));
    let offered: Vec<_> =
        hello[78..78 + suites].chunks(2).map(|id| u16::from_be_bytes([id[0], id[1]])).collect();
    assert!(
        offered.contains(&0x1301) && SUITES.iter().all(|suite| !offered.contains(&suite.0)),
        "{offered:x?}"
    );

    let mut config = authority::shared().server_config();
    config.suites.push(SUITES[0]);
    assert_eq!(config.check().unwrap_err(), ConfigError::Suite(SUITES[0]));
}

#[test]
fn its_key_has_no_other_use() {
    let leaf = leaf(KeyUsage::KEY_ENCIPHERMENT.and(KeyUsage::DIGITAL_SIGNATURE));
    let mut config = server(&leaf);
    config.credentials = Credentials::Fixed(leaf.credential());
    let error = config.check().unwrap_err();
    assert_eq!(error, ConfigError::LegacyKeyShared);
    assert!(
        error.to_string().contains("legacy_key_transport") && error.to_string().contains("issue another")
    );

    // The same where certificates are chosen by the caller, in either version.
    for version in [ProtocolVersion::TLS_1_3, ProtocolVersion::TLS_1_2] {
        let mut config = server(&leaf);
        config.credentials = Credentials::Ask;
        config.versions = vec![version];
        if version == ProtocolVersion::TLS_1_3 {
            assert_eq!(config.check().unwrap_err(), ConfigError::LegacyVersion);
            continue;
        }
        let mut pair = Pair::new(
            Connection::client(&client().check().unwrap(), server_name()),
            Connection::server(&config.check().unwrap()),
        );
        pair.settle();
        let Some(Need::Certificate(need)) = pair.server.needs.pop() else { panic!("no need") };
        need.reply.reply(Some(leaf.credential()));
        pair.settle();
        let error = pair.server.error.clone();
        assert!(matches!(error, Some(Error::Need { problem: NeedProblem::Unfit(_), .. })), "{error:?}");
    }
}

#[test]
fn what_cannot_carry_it_is_refused() {
    let (rsa, other) = (leaf(KeyUsage::KEY_ENCIPHERMENT), leaf(KeyUsage::KEY_ENCIPHERMENT));
    let mismatch = LegacyKeyTransport::new(rsa.chain.clone(), &other.private_key()).unwrap_err();
    assert_eq!(mismatch, CredentialError::Mismatch.into());
    let ecdsa = authority::shared().server(KeyKind::EcP256);
    let error = LegacyKeyTransport::new(ecdsa.chain.clone(), &ecdsa.private_key()).unwrap_err();
    assert!(matches!(error, LegacyKeyTransportError::Key(_)), "{error}");

    // RFC 5246 section 7.4.2: the key usage must allow encipherment.
    let pair = pair(&leaf(KeyUsage::DIGITAL_SIGNATURE));
    let Some(Error::Certificate(failure)) = &pair.client.error else { panic!("{}", pair.picture()) };
    assert_eq!(failure.rule, Rule::WrongKeyUsage);
}

/// What a prober sends in the place of the encrypted secret. None of them can be told from another by what the
/// server does: it goes on to the client's Finished, and refuses that.
fn probes(leaf: &Leaf) -> Vec<(&'static str, Vec<u8>)> {
    let parsed = Certificate::parse(&leaf.chain[0]).unwrap();
    let key: PublicKey<'_> = parsed.public_key().unwrap();
    let source = Source::system();
    let sealed = |version| encrypt(&key, &Premaster::generate(version, &source).unwrap()).unwrap();
    let modulus = key.bits() / 8;
    let mut random = vec![0; modulus];
    source.fill(&mut random[1..]).unwrap();
    vec![
        ("another secret, well padded", sealed([3, 3])),
        ("the version of TLS 1.0", sealed([3, 1])),
        ("a version that is none", sealed([0, 0])),
        ("bytes at random", random),
        ("zero", vec![0; modulus]),
        ("one", [vec![0; modulus - 1], vec![1]].concat()),
        ("more than the modulus", vec![0xff; modulus]),
        ("a byte too short", vec![1; modulus - 1]),
        ("a byte too long", vec![1; modulus + 1]),
        ("nothing", Vec::new()),
        ("a secret in the clear", vec![3; PREMASTER_LEN]),
    ]
}

#[test]
fn no_probe_is_told_from_another() {
    let leaf = leaf(KeyUsage::KEY_ENCIPHERMENT);
    let mut answers = Vec::new();
    for (name, encrypted) in probes(&leaf) {
        let message = framed(Kind::CLIENT_KEY_EXCHANGE, &vector16(&encrypted));
        let mut offer = only(&SUITES);
        let mut exchange =
            replace(Kind::CLIENT_KEY_EXCHANGE, 1, move |_| vec![Out::Message(message.clone())]);
        let mut scene = at(
            server(&leaf),
            Box::new(move |out| {
                offer(out);
                exchange(out);
            }),
        );
        scene.settle();
        assert_eq!(scene.subject.error, Some(Violation::Undecryptable.into()), "{name}: {}", scene.picture());
        assert_eq!(scene.actor.alerts(), [Alert::BAD_RECORD_MAC], "{name}");
        answers.push(
            scene.actor.received.iter().map(|(kind, content)| (*kind, content.len())).collect::<Vec<_>>(),
        );
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
}

/// The syntax around it says nothing of the secret, and is refused at once.
#[test]
fn a_malformed_message_is_refused() {
    let leaf = leaf(KeyUsage::KEY_ENCIPHERMENT);
    let mut offer = only(&SUITES);
    let mut exchange = replace(Kind::CLIENT_KEY_EXCHANGE, 1, |_| {
        vec![Out::Message(framed(Kind::CLIENT_KEY_EXCHANGE, &[0, 9, 1]))]
    });
    let mut scene = at(
        server(&leaf),
        Box::new(move |out| {
            offer(out);
            exchange(out);
        }),
    );
    scene.settle();
    assert_eq!(scene.actor.alerts(), [Alert::DECODE_ERROR]);
}
