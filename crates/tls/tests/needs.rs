//! Work that is done outside: each need, in both roles, answered at once, after a second, never, wrongly, and
//! after the end.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a fixture that cannot be made fails its test")]

use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use bulla_crypto::signature::{KeyKind, SignatureAlgorithm};
use bulla_testkit::authority::{self, Leaf, server_name};
use bulla_testkit::pair::{End, Pair};
use bulla_tls::registry::{AlertDescription as Alert, SignatureScheme};
use bulla_tls::{
    ClientCertificates, ClientCredentials, Connection, Credentials, Error, Incompatibility, Limits, Misuse,
    Need, NeedKind, NeedProblem, Padding, Role, ServerConfig, Signature, Verification, Violation,
};
use bulla_x509::trust::TrustAnchors;
use bulla_x509::verdict::{Failure, Presented, Purpose, Rule, Trusted, judge};

static SERVER: LazyLock<Leaf> = LazyLock::new(|| authority::shared().server(KeyKind::EcP256));
static CLIENT: LazyLock<Leaf> = LazyLock::new(|| authority::shared().client(KeyKind::EcP256));

const ROLES: [Role; 2] = [Role::Server, Role::Client];
const KINDS: [NeedKind; 3] = [NeedKind::Certificate, NeedKind::Sign, NeedKind::Verify];

fn server_config() -> ServerConfig {
    let mut config = authority::shared().server_config();
    config.alpn = vec![b"h2".to_vec()];
    config.credentials = Credentials::Fixed(SERVER.credential());
    let anchors = Verification::Anchors(authority::shared().anchors());
    config.client_certificates = ClientCertificates::Optional(anchors);
    config
}

/// Where a need comes up.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Place {
    role: Role,
    kind: NeedKind,
}

fn places() -> impl Iterator<Item = Place> {
    let both = ROLES.into_iter().flat_map(|role| KINDS.map(|kind| Place { role, kind }));
    both.chain([Place { role: Role::Server, kind: NeedKind::Configuration }])
}

impl Place {
    /// Two connections, of which one has just handed out this need.
    fn pair(self) -> (Pair, Need) {
        let (mut client, mut server) = (authority::shared().client_config(), server_config());
        client.alpn = vec![b"h2".to_vec()];
        client.credentials = ClientCredentials::Fixed(CLIENT.credential());
        match (self.role, self.kind) {
            (Role::Server, NeedKind::Certificate) => server.credentials = Credentials::Ask,
            (Role::Server, NeedKind::Sign) => server.credentials = Credentials::Fixed(SERVER.remote()),
            (Role::Server, _) => server.client_certificates = ClientCertificates::Optional(Verification::Ask),
            (Role::Client, NeedKind::Certificate) => client.credentials = ClientCredentials::Ask,
            (Role::Client, NeedKind::Sign) => client.credentials = ClientCredentials::Fixed(CLIENT.remote()),
            (Role::Client, _) => client.verification = Verification::Ask,
        }
        let client = Connection::client(&client.check().unwrap(), server_name());
        let server = Connection::server(&server.check().unwrap());
        let server = match self.kind {
            NeedKind::Configuration => Connection::server_after_hello(Limits::default()),
            _ => server,
        };
        let mut pair = Pair::new(client, server);
        pair.settle();
        let need = self.end(&mut pair).needs.pop();
        let need = need.unwrap_or_else(|| panic!("{self:?}: no need\n{}", pair.picture()));
        assert_eq!(need.kind(), self.kind, "{self:?}");
        (pair, need)
    }

    /// The side that has the need.
    fn end(self, pair: &mut Pair) -> &mut End {
        match self.role {
            Role::Client => &mut pair.client,
            Role::Server => &mut pair.server,
        }
    }

    fn other(self, pair: &Pair) -> &End {
        match self.role {
            Role::Client => &pair.server,
            Role::Server => &pair.client,
        }
    }

    fn leaf(self) -> &'static Leaf {
        match self.role {
            Role::Client => &CLIENT,
            Role::Server => &SERVER,
        }
    }

    fn answer(self, need: Need) {
        match need {
            Need::Configuration(need) => need.reply.reply(Ok(server_config().check().unwrap())),
            Need::Certificate(need) => need.reply.reply(Some(self.leaf().credential())),
            Need::Sign(need) => need.reply.reply(signature(self.leaf(), &need.message)),
            Need::Verify(need) => need.reply.reply(Ok(Trusted::asserted("a test"))),
            other => panic!("{other:?}"),
        }
    }

    /// Fails the test unless this side ended so and the other was told so.
    fn assert_failed(self, case: &str, mut pair: Pair, error: &Error, alert: Alert) {
        pair.settle();
        let picture = pair.picture();
        let end = self.end(&mut pair);
        assert_eq!(end.error.as_ref(), Some(error), "{self:?}, {case}\n{picture}");
        assert!(!end.established, "{self:?}, {case}");
        assert_eq!(self.other(&pair).error, Some(Error::Alert(alert)), "{self:?}, {case}\n{picture}");
    }
}

fn signature(leaf: &Leaf, message: &[u8]) -> Signature {
    Signature(leaf.private_key().sign(SignatureAlgorithm::EcdsaP256Sha256, message).unwrap())
}

#[test]
fn answered_at_once() {
    for place in places() {
        let (mut pair, need) = place.pair();
        place.answer(need);
        pair.settle();
        assert!(pair.is_established(), "{place:?}\n{}", pair.picture());
        assert_eq!(pair.server.connection.facts().peer_certificates, CLIENT.chain, "{place:?}");
        assert_eq!(pair.client.connection.facts().peer_certificates, SERVER.chain, "{place:?}");
    }
}

#[test]
fn answered_after_a_second() {
    thread::scope(|scope| {
        for place in places() {
            scope.spawn(move || {
                let (mut pair, need) = place.pair();
                let asked = Instant::now();
                let late = thread::spawn(move || {
                    thread::sleep(Duration::from_secs(1));
                    place.answer(need);
                });
                let mut waited = 0;
                while place.end(&mut pair).waiting == Some(place.kind) {
                    waited += 1;
                    thread::sleep(Duration::from_millis(10));
                    pair.settle();
                    assert!(asked.elapsed() < Duration::from_secs(60), "{place:?} waits for ever");
                }
                late.join().unwrap();
                assert!(
                    waited > 10 && asked.elapsed() >= Duration::from_secs(1),
                    "{place:?}: {waited} times"
                );
                assert!(pair.is_established(), "{place:?}\n{}", pair.picture());
            });
        }
    });
}

/// A need that is open stands still: bytes that come meanwhile are held, and it is not handed out again.
#[test]
fn bytes_wait_for_the_answer() {
    for place in places() {
        let (mut pair, need) = place.pair();
        for _ in 0..3 {
            pair.settle();
            let end = place.end(&mut pair);
            assert_eq!(end.waiting, Some(place.kind), "{place:?}: {:?}", end.connection);
            assert!(end.needs.is_empty() && !end.established, "{place:?}");
        }
        place.answer(need);
        pair.settle();
        assert!(pair.is_established(), "{place:?}\n{}", pair.picture());
    }
}

#[test]
fn never_answered() {
    for place in places() {
        let (mut pair, need) = place.pair();
        place.end(&mut pair).connection.need_is_late();
        let error = Error::Need { kind: place.kind, problem: NeedProblem::Late };
        place.assert_failed("late", pair, &error, Alert::INTERNAL_ERROR);
        // An answer after that meets nobody.
        place.answer(need);

        let (pair, need) = place.pair();
        drop(need);
        let error = Error::Need { kind: place.kind, problem: NeedProblem::Dropped };
        place.assert_failed("dropped", pair, &error, Alert::INTERNAL_ERROR);
    }
}

#[test]
fn refused() {
    for place in places() {
        let (pair, need) = place.pair();
        match need {
            Need::Configuration(need) => need.reply.refuse("the shop is closed"),
            Need::Certificate(need) => need.reply.refuse("the shop is closed"),
            Need::Sign(need) => need.reply.refuse("the shop is closed"),
            Need::Verify(need) => need.reply.refuse("the shop is closed"),
            other => panic!("{other:?}"),
        }
        let problem = NeedProblem::Refused("the shop is closed".into());
        let error = Error::Need { kind: place.kind, problem };
        assert!(error.to_string().ends_with("refused: the shop is closed"), "{error}");
        place.assert_failed("refused", pair, &error, Alert::GENERAL_ERROR);
    }
}

#[test]
fn signed_wrongly() {
    let other_leaf = authority::shared().server(KeyKind::EcP256);
    let unfit = NeedProblem::Unfit("not a signature by the certificate's key");
    let error = Error::Need { kind: NeedKind::Sign, problem: unfit };
    for place in places().filter(|place| place.kind == NeedKind::Sign) {
        let (_, Need::Sign(sample)) = place.pair() else { panic!("{place:?}") };
        let mut tampered = signature(place.leaf(), &sample.message);
        *tampered.0.last_mut().unwrap() ^= 1;
        let cases = [
            ("no signature", Signature(Vec::new())),
            ("noise", Signature(vec![0x5a; 70])),
            ("another handshake's signature", signature(place.leaf(), &sample.message)),
            ("a signature with a bit changed", tampered),
        ];
        for (case, answer) in cases {
            let (pair, Need::Sign(need)) = place.pair() else { panic!("{place:?}") };
            need.reply.reply(answer);
            place.assert_failed(case, pair, &error, Alert::INTERNAL_ERROR);
        }
        let (pair, Need::Sign(need)) = place.pair() else { panic!("{place:?}") };
        let answer = signature(&other_leaf, &need.message);
        need.reply.reply(answer);
        place.assert_failed("another key's", pair, &error, Alert::INTERNAL_ERROR);
    }
}

#[test]
fn judged_to_be_untrusted() {
    for place in places().filter(|place| place.kind == NeedKind::Verify) {
        let (pair, Need::Verify(need)) = place.pair() else { panic!("{place:?}") };
        let failure = failure(&need.chain);
        need.reply.reply(Err(failure.clone()));
        place.assert_failed("untrusted", pair, &Error::Certificate(failure), Alert::UNKNOWN_CA);
    }
}

/// What a caller finds by rules of its own goes out as the alert for it (RFC 9846 section 6.2).
#[test]
fn judged_by_the_callers_own_rules() {
    let alerts = [
        (Rule::Revoked, Alert::CERTIFICATE_REVOKED),
        (Rule::BadStatus, Alert::BAD_CERTIFICATE_STATUS_RESPONSE),
        (Rule::Refused, Alert::CERTIFICATE_UNKNOWN),
    ];
    for place in places().filter(|place| place.kind == NeedKind::Verify) {
        for (rule, alert) in alerts {
            let (pair, Need::Verify(need)) = place.pair() else { panic!("{place:?}") };
            let failure = Box::new(Failure::found(rule, "found\n", "Mend it."));
            assert!(failure.detail.starts_with("found\\u"), "{failure}");
            need.reply.reply(Err(failure.clone()));
            place.assert_failed("own rule", pair, &Error::Certificate(failure), alert);
        }
    }
}

/// Instead of an answer, any alert; what is answered afterwards meets nobody.
#[test]
fn aborted() {
    for place in places() {
        let (mut pair, need) = place.pair();
        place.end(&mut pair).connection.abort(Alert::ACCESS_DENIED);
        place.answer(need);
        place.assert_failed("aborted", pair, &Error::Aborted(Alert::ACCESS_DENIED), Alert::ACCESS_DENIED);
    }
}

/// A failure such as an empty store gives.
fn failure(chain: &[rustls_pki_types::CertificateDer<'_>]) -> Box<Failure> {
    let verdict = judge(&Presented::new(chain, Purpose::Client), &TrustAnchors::new(), authority::now());
    Box::new(verdict.into_result().unwrap_err())
}

#[test]
fn a_server_without_a_fitting_certificate() {
    let place = Place { role: Role::Server, kind: NeedKind::Certificate };
    let (pair, Need::Certificate(need)) = place.pair() else { panic!("{place:?}") };
    need.reply.reply(None);
    place.assert_failed("none", pair, &Incompatibility::Name.into(), Alert::UNRECOGNIZED_NAME);

    let mut client = authority::shared().client_config();
    client.signature_schemes = vec![SignatureScheme::ECDSA_SECP256R1_SHA256];
    let mut server = authority::shared().server_config();
    server.credentials = Credentials::Ask;
    let client = Connection::client(&client.check().unwrap(), server_name());
    let mut pair = Pair::new(client, Connection::server(&server.check().unwrap()));
    pair.settle();
    let Some(Need::Certificate(need)) = pair.server.needs.pop() else { panic!("{}", pair.picture()) };
    need.reply.reply(Some(authority::shared().server(KeyKind::Ed25519).credential()));
    place.assert_failed("unusable", pair, &Incompatibility::Signature.into(), Alert::HANDSHAKE_FAILURE);
}

/// RFC 9846 section 4.5.1: If the server requests client authentication but no suitable certificate is
/// available, the client MUST send a Certificate message containing no certificates.
#[test]
fn a_client_without_a_fitting_certificate() {
    let place = Place { role: Role::Client, kind: NeedKind::Certificate };
    let (mut pair, Need::Certificate(need)) = place.pair() else { panic!("{place:?}") };
    need.reply.reply(None);
    pair.settle();
    assert!(pair.is_established(), "none\n{}", pair.picture());
    assert!(pair.server.connection.facts().peer_certificates.is_empty());

    for required in [false, true] {
        let mut server = authority::shared().server_config();
        server.signature_schemes = vec![SignatureScheme::ECDSA_SECP256R1_SHA256];
        let anchors = Verification::Anchors(authority::shared().anchors());
        server.client_certificates = match required {
            true => ClientCertificates::Required(anchors),
            false => ClientCertificates::Optional(anchors),
        };
        let mut client = authority::shared().client_config();
        client.credentials = ClientCredentials::Ask;
        let client = Connection::client(&client.check().unwrap(), server_name());
        let mut pair = Pair::new(client, Connection::server(&server.check().unwrap()));
        pair.settle();
        let Some(Need::Certificate(need)) = pair.client.needs.pop() else { panic!("{}", pair.picture()) };
        assert_eq!(need.signature_schemes, [SignatureScheme::ECDSA_SECP256R1_SHA256]);
        need.reply.reply(Some(authority::shared().client(KeyKind::Ed25519).credential()));
        pair.settle();
        assert_eq!(pair.is_established(), !required, "{}", pair.picture());
        assert!(pair.server.connection.facts().peer_certificates.is_empty());
        if required {
            assert_eq!(pair.server.error, Some(Violation::CertificateRequired.into()));
            assert_eq!(pair.client.error, Some(Error::Alert(Alert::CERTIFICATE_REQUIRED)));
        }
    }
}

#[test]
fn answered_after_the_end() {
    for place in places() {
        let (mut pair, need) = place.pair();
        place.end(&mut pair).connection.close();
        place.answer(need);
        pair.settle();
        let closed = Some(Error::Misuse(Misuse::Closed));
        let picture = pair.picture();
        assert_eq!(place.end(&mut pair).error, closed, "{place:?}, closed\n{picture}");
        // After user_canceled, close_notify ends the other side too: its handshake, or if that was complete
        // already, what it may receive.
        let other = place.other(&pair);
        let expected = (!other.established).then_some(Error::Alert(Alert::CLOSE_NOTIFY));
        assert_eq!((&other.error, other.closed), (&expected, other.established), "{place:?}\n{picture}");

        let (mut pair, need) = place.pair();
        place.end(&mut pair).connection.end_of_input();
        place.answer(need);
        pair.settle();
        assert_eq!(place.end(&mut pair).error, Some(Error::Truncated), "{place:?}, cut off");

        let (pair, need) = place.pair();
        drop(pair);
        place.answer(need);
    }
}

/// What held before the config was known gives way to what the config says.
#[test]
fn the_limits_and_the_padding_of_the_config_chosen_hold() {
    let place = Place { role: Role::Server, kind: NeedKind::Configuration };
    let (mut pair, Need::Configuration(need)) = place.pair() else { panic!("{place:?}") };
    let mut config = server_config();
    config.padding = Padding::Block(512);
    config.limits.output = 20_000;
    need.reply.reply(Ok(config.check().unwrap()));
    pair.settle();
    pair.assert_established();
    assert_eq!(pair.server.connection.send(b"x").unwrap(), 1);
    assert_eq!(pair.server.connection.output().len(), 5 + 512 + 1 + 16);
    assert_eq!(pair.server.connection.send(&[0; 60_000]).unwrap(), 2 << 14);
    assert_eq!(pair.server.connection.send(b"x").unwrap(), 0);
}

/// Saying so where nothing is awaited changes nothing.
#[test]
fn nothing_is_late_where_nothing_was_asked() {
    let (mut pair, need) = Place { role: Role::Server, kind: NeedKind::Sign }.pair();
    pair.client.connection.need_is_late();
    Place { role: Role::Server, kind: NeedKind::Sign }.answer(need);
    pair.settle();
    pair.server.connection.need_is_late();
    pair.settle();
    pair.assert_established();
}

#[test]
fn a_need_says_what_it_is_for() {
    let server = |kind| Place { role: Role::Server, kind }.pair().1;
    let client = |kind| Place { role: Role::Client, kind }.pair().1;
    let Need::Certificate(need) = server(NeedKind::Certificate) else { panic!() };
    assert_eq!(need.server_name.as_deref(), Some(authority::SERVER_NAME));
    assert_eq!(need.protocols, [b"h2"]);
    assert!(need.signature_schemes.contains(&SignatureScheme::ED25519) && need.authorities.is_empty());
    // RFC 9846 section 4.3.3: without signature_algorithms_cert, signature_algorithms holds for both.
    assert_eq!(need.signature_schemes, need.certificate_schemes);

    let Need::Certificate(need) = client(NeedKind::Certificate) else { panic!() };
    assert!(need.server_name.is_none() && need.protocols.is_empty() && !need.signature_schemes.is_empty());

    for (need, leaf) in [(server(NeedKind::Sign), &*SERVER), (client(NeedKind::Sign), &*CLIENT)] {
        let Need::Sign(need) = need else { panic!() };
        assert_eq!(need.credential.chain(), leaf.chain);
        assert_eq!(need.scheme, SignatureScheme::ECDSA_SECP256R1_SHA256);
        assert!(need.message.starts_with(&[0x20; 64]) && need.message.len() == 64 + 33 + 1 + 32);
    }

    let Need::Verify(need) = server(NeedKind::Verify) else { panic!() };
    assert!(matches!(need.purpose(), Purpose::Client) && !need.key_transport);
    assert_eq!((need.chain, need.server_name), (CLIENT.chain.clone(), None));
    let Need::Verify(need) = client(NeedKind::Verify) else { panic!() };
    assert!(matches!(need.purpose(), Purpose::Server(_)) && !need.key_transport);
    assert_eq!((need.chain, need.server_name), (SERVER.chain.clone(), Some(server_name())));
}
