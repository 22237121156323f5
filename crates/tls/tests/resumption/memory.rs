//! A client's memory: which session it offers to whom.

use std::collections::HashSet;

use bulla_crypto::signature::KeyKind;
use bulla_testkit::authority::{self, TestAuthority, server_name};
use bulla_testkit::message::Hello;
use bulla_testkit::pair::Pair;
use bulla_tls::registry::{ExtensionType, ProtocolVersion, SignatureScheme};
use bulla_tls::{
    Checked, ClientConfig, ClientCredentials, Connection, Error, Need, ServerConfig, Sessions, TicketRequest,
    Verification,
};
use bulla_x509::verdict::{Failure, Rule, Trusted};

use super::{client, resumes, server};

/// The ticket that a client offers in its first hello.
fn offered(config: &Checked<ClientConfig>) -> Option<Vec<u8>> {
    let mut connection = bulla_testkit::pair::End::new(Connection::client(config, server_name()));
    let record = connection.run();
    let hello = Hello::parse(&record[5..]);
    let body = hello.extension(ExtensionType::PRE_SHARED_KEY)?;
    let length = usize::from(u16::from_be_bytes([body[2], body[3]]));
    Some(body[4..4 + length].to_vec())
}

#[test]
fn each_ticket_is_offered_once() {
    let wanted = Some(TicketRequest { new: 2, resumed: 2 });
    let (client, server) = (client(|config| config.ticket_request = wanted), server(|_| {}));
    assert_eq!(offered(&client), None);
    let mut seen = HashSet::new();
    for round in 0..10 {
        assert_eq!(resumes(&client, &server), round > 0);
        assert!(seen.insert(offered(&client).unwrap()), "round {round}");
    }
    let mut left = 0;
    while let Some(ticket) = offered(&client) {
        assert!(seen.insert(ticket));
        left += 1;
    }
    assert!(left <= 4, "{left} more");
    assert_eq!(client.sessions.as_ref().unwrap().servers(), 0);
    assert!(!resumes(&client, &server));
}

#[test]
fn no_memory_no_sessions() {
    let (client, server) = (client(|config| config.sessions = None), server(|_| {}));
    for _ in 0..3 {
        assert!(!resumes(&client, &server));
    }
}

#[test]
fn what_is_cleared_is_gone() {
    let (client, server) = (client(|_| {}), server(|_| {}));
    resumes(&client, &server);
    client.sessions.as_ref().unwrap().clear();
    assert!(!resumes(&client, &server));
}

/// Whether a session made under one config is resumed under another that shares its memory.
fn crosses(first: impl Fn(&mut ClientConfig), second: impl Fn(&mut ClientConfig)) -> bool {
    let sessions = Sessions::new();
    let with = |set: &dyn Fn(&mut ClientConfig)| {
        client(|config| {
            config.sessions = Some(sessions.clone());
            set(config);
        })
    };
    let server = server(|_| {});
    let (first, second) = (with(&first), with(&second));
    assert!(!resumes(&first, &server));
    let crossed = resumes(&second, &server);
    assert!(resumes(&first, &server), "its own session is still there");
    crossed
}

#[test]
fn nothing_crosses_to_other_trust_or_identity() {
    let plain = |_: &mut ClientConfig| {};
    assert!(crosses(plain, plain), "the same policy");
    assert!(crosses(plain, |config| config.alpn = vec![b"h2".to_vec()]), "no matter of trust");
    assert!(!crosses(plain, |config| {
        let mut anchors = authority::shared().anchors();
        anchors.add_certificate(TestAuthority::named("Another").root()).unwrap();
        config.verification = Verification::Anchors(anchors);
    }));
    assert!(!crosses(plain, |config| {
        let leaf = authority::shared().client(KeyKind::EcP256);
        config.credentials = ClientCredentials::Fixed(leaf.credential());
    }));
    assert!(!crosses(plain, |config| config.credentials = ClientCredentials::Ask));
    assert!(!crosses(plain, |config| {
        config.signature_schemes.retain(|scheme| *scheme != SignatureScheme::ED25519);
    }));
    assert!(!crosses(plain, |config| config.send_name = false));
    assert!(!crosses(plain, |config| config.session_context = b"another".to_vec()));
}

/// Two sides of which the client asks its caller for a verdict, and gets it.
fn resumes_asking(client: &Checked<ClientConfig>, server: &Checked<ServerConfig>) -> bool {
    let mut pair = Pair::new(Connection::client(client, server_name()), Connection::server(server));
    pair.settle();
    let asked = pair.client.needs.pop().map(|need| match need {
        Need::Verify(need) => need.reply.reply(Ok(Trusted::asserted("a test"))),
        other => panic!("{other:?}"),
    });
    pair.settle();
    pair.assert_established();
    let resumed = pair.client.connection.facts().resumed;
    assert_eq!(asked.is_none(), resumed);
    resumed
}

/// What a caller judges by is not known here: sessions stay with the config and its clones, unless the caller
/// names its rule.
#[test]
fn a_callers_verdict_is_its_own() {
    let sessions = Sessions::new();
    let asking = |context: &[u8]| {
        client(|config| {
            config.verification = Verification::Ask;
            config.sessions = Some(sessions.clone());
            config.session_context = context.to_vec();
        })
    };
    let server = server(|_| {});
    let first = asking(b"");
    assert!(!resumes_asking(&first, &server));
    assert!(resumes_asking(&first.clone(), &server));
    assert!(!resumes_asking(&asking(b""), &server));
    assert!(!resumes_asking(&asking(b"named"), &server));
    assert!(resumes_asking(&asking(b"named"), &server));
}

/// A client that judges resumed sessions, too, has the chain of the first handshake judged, and the caller's
/// refusal ends the connection.
#[test]
fn resumed_and_judged_again() {
    for version in [ProtocolVersion::TLS_1_3, ProtocolVersion::TLS_1_2] {
        let client = client(|config| {
            config.verification = Verification::Ask;
            config.versions = vec![version];
            config.judge_resumed = true;
        });
        let server = server(|_| {});
        let refusal = || Box::new(Failure::found(Rule::Revoked, "it is on the list", "Get another."));
        for (round, trusted) in [true, true, false].into_iter().enumerate() {
            let mut pair = Pair::new(Connection::client(&client, server_name()), Connection::server(&server));
            pair.settle();
            let Some(Need::Verify(need)) = pair.client.needs.pop() else { panic!("{}", pair.picture()) };
            let facts = pair.client.connection.facts();
            assert_eq!((facts.resumed, facts.peer_certificates), (round > 0, need.chain), "{version}");
            assert_eq!(need.server_name, Some(server_name()));
            need.reply.reply(if trusted { Ok(Trusted::asserted("a test")) } else { Err(refusal()) });
            pair.settle();
            assert_eq!(pair.is_established(), trusted, "{}", pair.picture());
            let error = (!trusted).then(|| Error::Certificate(refusal()));
            assert_eq!(pair.client.error, error, "{version}");
        }
        assert_eq!(facts_of_anchors(version), [false, true, true]);
    }
}

/// With anchors, the verdict is made here: whether each of three connections was resumed.
fn facts_of_anchors(version: ProtocolVersion) -> [bool; 3] {
    let client = client(|config| {
        config.versions = vec![version];
        config.judge_resumed = true;
    });
    let server = server(|_| {});
    [0; 3].map(|_| resumes(&client, &server))
}

#[test]
fn sessions_are_of_one_name() {
    let (client, server) = (client(|_| {}), server(|_| {}));
    assert!(!resumes(&client, &server));
    for name in ["localhost", "127.0.0.1"] {
        let other = Connection::client(&client, name.try_into().unwrap());
        let mut pair = Pair::new(other, Connection::server(&server));
        pair.settle();
        pair.assert_established();
        assert!(!pair.client.connection.facts().resumed, "{name}");
    }
    assert_eq!(client.sessions.as_ref().unwrap().servers(), 3);
}

/// More servers than there is room for push older ones out; a flood of tickets from one does not.
#[test]
fn memory_is_bounded() {
    let sessions = Sessions::of_servers(1);
    let client = client(|config| config.sessions = Some(sessions.clone()));
    let server = server(|config| (config.resumption.tickets, config.resumption.tickets_most) = (30, 30));
    for name in ["localhost", "127.0.0.1", "server.example"] {
        let connection = Connection::client(&client, name.try_into().unwrap());
        let mut pair = Pair::new(connection, Connection::server(&server));
        pair.settle();
        pair.assert_established();
        assert_eq!(sessions.servers(), 1);
    }
    let mut tickets = 0;
    while offered(&client).is_some() {
        tickets += 1;
    }
    assert_eq!(tickets, 4, "of the last server");
}
