//! What a peer may do, however odd it looks: none of it stands in the way of a session.

use bulla_crypto::exchange::Group;
use bulla_crypto::random::{Replay, Source};
use bulla_testkit::actor::{Actor, Edit, Out, Scene};
use bulla_testkit::authority;
use bulla_testkit::message::{Hello, encrypted_extensions, vector8, vector16};
use bulla_testkit::record::clear;
use bulla_tls::registry::{
    ContentType as Type, ExtensionType as Ext, HandshakeType as Kind, NamedGroup, ProtocolVersion,
};
use bulla_tls::{Checked, ClientConfig, Connection};

use super::rule::{Configs, at_client, at_server, changed_hello, honest, plain};

fn assert_session(mut scene: Scene) -> Scene {
    scene.settle();
    assert!(scene.subject.established && scene.actor.complete, "{}", scene.picture());
    scene.say([Out::Record(Type::APPLICATION_DATA, b"ping".to_vec())]);
    scene.subject.connection.send(b"pong").unwrap();
    scene.settle();
    assert_eq!((&scene.subject.delivered[..], &scene.actor.data()[..]), (&b"ping"[..], &b"pong"[..]));
    scene
}

/// Both sides tried against a peer with this edit.
fn both(edit: fn() -> Edit) {
    assert_session(at_server(plain, edit()));
    assert_session(at_client(plain, edit()));
}

/// Cuts each message into records of at most this many bytes.
fn cut(length: usize) -> Edit {
    Box::new(move |out| {
        let whole = std::mem::take(out);
        for each in whole {
            match each {
                Out::Message(message) => {
                    out.extend(
                        message.chunks(length).map(|part| Out::Record(Type::HANDSHAKE, part.to_vec())),
                    );
                }
                other => out.push(other),
            }
        }
    })
}

/// RFC 9846 section 5.1: Handshake messages MAY be coalesced into a single TLSPlaintext record or fragmented
/// across several records.
#[test]
fn messages_in_many_records() {
    both(|| cut(1));
    both(|| cut(7));
    both(|| cut(100));
}

#[test]
fn messages_in_one_record() {
    both(|| {
        Box::new(|out| {
            let mut together = Vec::new();
            for each in std::mem::take(out) {
                match each {
                    Out::Message(message) => together.extend(message),
                    other => {
                        out.extend(
                            (!together.is_empty()).then(|| std::mem::take(&mut together)).map(Out::Message),
                        );
                        out.push(other);
                    }
                }
            }
            out.extend((!together.is_empty()).then_some(together).map(Out::Message));
        })
    });
}

/// RFC 9846 section 5: at any time after the first ClientHello and before the peer's Finished, it is dropped.
#[test]
fn change_cipher_spec_wherever_it_may_stand() {
    both(|| {
        Box::new(|out| {
            let whole = std::mem::take(out);
            for each in whole {
                let hello = each.kind() == Some(Kind::CLIENT_HELLO);
                let ticket = each.kind() == Some(Kind::NEW_SESSION_TICKET);
                let dummies = (0..2).map(|_| Out::Raw(clear(Type::CHANGE_CIPHER_SPEC, &[1])));
                match each {
                    Out::Message(_) if hello => out.extend(std::iter::once(each).chain(dummies)),
                    Out::Message(_) if !ticket => out.extend(dummies.chain([each])),
                    other => out.push(other),
                }
            }
        })
    });
}

/// RFC 9846 section 5.4: a record may be padded as far as it reaches, and may carry nothing but padding.
#[test]
fn records_of_the_greatest_length() {
    let mut scene = assert_session(at_client(plain, cut(1 << 14)));
    let full = vec![0x5a; 1 << 14];
    let data = [Type::APPLICATION_DATA.0];
    scene.subject.delivered.clear();
    scene.say([
        Out::Inner([&full[..], &data].concat()),
        Out::Inner([&b"short"[..], &data, &vec![0; full.len() - 5]].concat()),
        Out::Inner([&data[..], &vec![0; 1 << 14]].concat()),
    ]);
    assert!(scene.subject.error.is_none(), "{}", scene.picture());
    assert!(scene.subject.delivered.starts_with(&full));
    assert_eq!(scene.subject.delivered.len(), full.len() + 5);
}

/// A client with one X25519 share and replayed randomness, so that its hello can be known beforehand.
fn client_config() -> Checked<ClientConfig> {
    let mut config = authority::shared().client_config();
    config.key_shares = vec![NamedGroup::X25519];
    config.alpn = vec![b"h2".to_vec()];
    let keys = vec![(Group::X25519, vec![7; 32])];
    config.source = Source::replay(Replay { bytes: vec![vec![1; 32], vec![2; 32]], keys });
    config.check().unwrap()
}

/// Our server before a client whose hello is changed so, and whose transcript counts the change.
fn truly_sends(change: impl FnOnce(&mut Hello)) -> Scene {
    let hello = changed_hello(&client_config(), change);
    let mut actor = Actor::client(&client_config(), honest());
    actor.narrative.substitute(vec![hello]);
    let mut server = authority::shared().server_config();
    server.alpn = vec![b"h2".to_vec()];
    server.groups = vec![NamedGroup::X25519];
    Scene::new(actor, Connection::server(&server.check().unwrap()))
}

/// RFC 8701: values that nobody has given a meaning stand in every list.
#[test]
fn grease_everywhere() {
    let before = |list: &[u8], count: usize| [&list[..count], &[0x0a, 0x0a], &list[count..]].concat();
    let longer = |list: &[u8]| {
        let body = before(&list[2..], 0);
        vector16(&body)
    };
    let scene = truly_sends(|hello| {
        let suites = 35 + hello.session_id().len();
        let count = u16::from_be_bytes([hello.front[suites], hello.front[suites + 1]]) + 2;
        hello.front[suites..suites + 2].copy_from_slice(&count.to_be_bytes());
        hello.front.splice(suites + 2..suites + 2, [0x0a, 0x0a]);
        for kind in [Ext::SUPPORTED_GROUPS, Ext::SIGNATURE_ALGORITHMS] {
            let list = longer(hello.extension(kind).unwrap());
            hello.set(kind, &list);
        }
        hello.set(Ext::SUPPORTED_VERSIONS, &vector8(&[0x0a, 0x0a, 3, 4, 3, 3]));
        hello.set(Ext::ALPN, &vector16(&[vector8(&[0x0a, 0x0a]), vector8(b"h2")].concat()));
        let shares = hello.extension(Ext::KEY_SHARE).unwrap()[2..].to_vec();
        hello.set(Ext::KEY_SHARE, &vector16(&[&[0x0a, 0x0a, 0, 1, 0], &shares[..]].concat()));
        hello.extensions.insert(0, (Ext(0x0a0a), vec![]));
        hello.extensions.push((Ext(0x1a1a), vec![0]));
    });
    let scene = assert_session(scene);
    let facts = scene.subject.connection.facts();
    assert_eq!((facts.version, facts.protocol), (Some(ProtocolVersion::TLS_1_3), Some(b"h2".to_vec())));
}

/// A hello may name no host, or an address, which is no name; neither is held against the client.
#[test]
fn hosts_that_are_none() {
    let scene = assert_session(truly_sends(|hello| hello.remove(Ext::SERVER_NAME)));
    assert_eq!(scene.subject.connection.facts().server_name, None);
    for host in ["192.0.2.1", "not a name", "under_score.example\0"] {
        let name = [&[0], &vector16(host.as_bytes())[..]].concat();
        let scene = assert_session(truly_sends(|hello| hello.set(Ext::SERVER_NAME, &vector16(&name))));
        assert_eq!(scene.subject.connection.facts().server_name, None, "{host}");
    }
    let name = [&[0], &vector16(b"Server.EXAMPLE")[..]].concat();
    let scene = assert_session(truly_sends(|hello| hello.set(Ext::SERVER_NAME, &vector16(&name))));
    assert_eq!(scene.subject.connection.facts().server_name.as_deref(), Some("server.example"));
}

/// RFC 9846 appendix E.4: a server answers a session id by a change_cipher_spec, and the lack of one by none.
#[test]
fn with_and_without_a_session_id() {
    for compatibility in [false, true] {
        let set = |configs: &mut Configs| configs.client.compatibility = compatibility;
        let scene = assert_session(at_server(set, honest()));
        let dummies = scene.actor.received.iter().filter(|(kind, _)| *kind == Type::CHANGE_CIPHER_SPEC);
        assert_eq!(dummies.count(), usize::from(compatibility), "{}", scene.picture());
    }
}

/// Extensions in EncryptedExtensions that say nothing new to us, and that we asked for.
#[test]
fn a_server_may_name_its_groups() {
    let groups = (Ext::SUPPORTED_GROUPS, vec![0, 4, 0, 29, 0, 30]);
    let mut scene = at_client(plain, honest());
    scene.actor.narrative.substitute(vec![encrypted_extensions(&[groups, (Ext::SERVER_NAME, vec![])])]);
    assert_session(scene);
}
