//! A rule, a peer that breaks it, and what must come of it.

use std::rc::Rc;

use bulla_testkit::actor::{Actor, Edit, Out, Scene};
use bulla_testkit::authority::{self, server_name};
use bulla_testkit::message::Hello;
use bulla_tls::registry::{AlertDescription, ContentType, HandshakeType};
use bulla_tls::testing::{Narrative, Told};
use bulla_tls::{
    Checked, ClientConfig, Connection, DecodeError, DecodeProblem, Error, Keeping, ServerConfig,
};

/// One way to break the protocol.
#[derive(Clone)]
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    pub(crate) error: Error,
    alert: AlertDescription,
    /// Whether the session stood before the rule was broken.
    established: bool,
    scene: Rc<dyn Fn() -> Scene>,
}

/// A rule that is broken before there is a session.
pub(crate) fn rule(
    name: &'static str,
    scene: impl Fn() -> Scene + 'static,
    error: impl Into<Error>,
    alert: AlertDescription,
) -> Rule {
    Rule { name, error: error.into(), alert, established: false, scene: Rc::new(scene) }
}

/// A message whose syntax is broken.
pub(crate) fn malformed(
    name: &'static str,
    scene: impl Fn() -> Scene + 'static,
    place: (&'static str, &'static str, DecodeProblem),
) -> Rule {
    let (structure, field, problem) = place;
    // RFC 9846 section 6: what keeps to the syntax and is wrong all the same is illegal_parameter.
    let alert = match problem {
        DecodeProblem::Duplicate | DecodeProblem::Value => AlertDescription::ILLEGAL_PARAMETER,
        _ => AlertDescription::DECODE_ERROR,
    };
    rule(name, scene, DecodeError { structure, field, problem }, alert)
}

impl Rule {
    /// The same, but broken within a session.
    pub(crate) fn within_session(self) -> Self {
        Self { established: true, ..self }
    }

    /// Why the rule does not come out as it must.
    fn broken(&self) -> Option<String> {
        let mut scene = (self.scene)();
        scene.settle();
        let told = scene.actor.received.iter().rfind(|(kind, _)| *kind == ContentType::ALERT);
        let connection = &mut scene.subject.connection;
        let wrong = [
            scene.subject.error.as_ref() != Some(&self.error),
            // RFC 9846 section 6.2: error alerts MUST be sent with AlertLevel=fatal.
            told.map(|(_, content)| content.as_slice()) != Some(&[2, self.alert.0]),
            scene.subject.established != self.established,
            // Whatever comes after an error changes nothing.
            connection.step().err().as_ref() != Some(&self.error),
            connection.send(b"x").err().as_ref() != Some(&self.error),
        ];
        let expected = format!("expected: {}, alert {}", self.error, self.alert);
        wrong.contains(&true).then(|| format!("── {} ──\n{expected}\n{}", self.name, scene.picture()))
    }
}

/// Tries every rule and shows a picture of each that does not hold.
pub(crate) fn check(rules: &[Rule]) {
    let broken: Vec<_> = rules.iter().filter_map(Rule::broken).collect();
    assert!(broken.is_empty(), "{} of {} rules\n{}", broken.len(), rules.len(), broken.join("\n"));
}

/// The configs of both sides.
pub(crate) struct Configs {
    pub(crate) client: ClientConfig,
    pub(crate) server: ServerConfig,
}

impl Configs {
    fn new() -> Self {
        let (mut client, mut server) =
            (authority::shared().client_config(), authority::shared().server_config());
        // Certificates go as they are, so that an edit can be made in them.
        client.compression.clear();
        server.compression.clear();
        Self { client, server }
    }
}

/// Our server before a client with this edit.
pub(crate) fn at_server(set: impl FnOnce(&mut Configs), edit: Edit) -> Scene {
    let mut configs = Configs::new();
    set(&mut configs);
    let actor = Actor::client(&configs.client.check().unwrap(), edit);
    Scene::new(actor, Connection::server(&configs.server.check().unwrap()))
}

/// Our client before a server with this edit.
pub(crate) fn at_client(set: impl FnOnce(&mut Configs), edit: Edit) -> Scene {
    let mut configs = Configs::new();
    set(&mut configs);
    let actor = Actor::server(&configs.server.check().unwrap(), edit);
    Scene::new(actor, Connection::client(&configs.client.check().unwrap(), server_name()))
}

/// Leaves the configs as they are.
pub(crate) fn plain(_: &mut Configs) {}

/// An honest peer.
pub(crate) fn honest() -> Edit {
    Box::new(|_| {})
}

/// A session between our server and an honest client, or our client and an honest server.
pub(crate) fn session(subject_is_server: bool) -> Scene {
    let no_tickets = |configs: &mut Configs| configs.server.resumption.keeping = Keeping::Nowhere;
    let mut scene =
        if subject_is_server { at_server(plain, honest()) } else { at_client(no_tickets, honest()) };
    scene.settle();
    assert!(scene.subject.established && scene.actor.complete, "{}", scene.picture());
    scene
}

/// A session in which the peer then says this.
pub(crate) fn then(subject_is_server: bool, out: impl IntoIterator<Item = Out>) -> Scene {
    let mut scene = session(subject_is_server);
    scene.say(out);
    scene
}

/// Puts something else in the place of the `nth` message of this type.
pub(crate) fn replace(
    kind: HandshakeType,
    nth: usize,
    change: impl Fn(Vec<u8>) -> Vec<Out> + 'static,
) -> Edit {
    let mut seen = 0;
    Box::new(move |out| {
        let sent = std::mem::take(out);
        for each in sent {
            let hit = each.kind() == Some(kind);
            seen += usize::from(hit);
            match each {
                Out::Message(message) if hit && seen == nth => out.extend(change(message)),
                other => out.push(other),
            }
        }
    })
}

/// Changes the first message of this type.
pub(crate) fn change(kind: HandshakeType, change: impl Fn(&mut Vec<u8>) + 'static) -> Edit {
    replace(kind, 1, move |mut message| {
        change(&mut message);
        vec![Out::Message(message)]
    })
}

/// Changes the `nth` hello of this type.
pub(crate) fn hello(kind: HandshakeType, nth: usize, change: impl Fn(&mut Hello) + 'static) -> Edit {
    replace(kind, nth, move |message| {
        let mut hello = Hello::parse(&message);
        change(&mut hello);
        vec![Out::Message(hello.build())]
    })
}

/// The first hello of a config that replays its randomness, changed so.
pub(crate) fn changed_hello(config: &Checked<ClientConfig>, change: impl FnOnce(&mut Hello)) -> Vec<u8> {
    let mut narrative = Narrative::stream_client(config, server_name());
    narrative.resume().unwrap();
    let Some(Told::Message(hello)) = narrative.told().into_iter().next() else { panic!("no hello") };
    let mut hello = Hello::parse(&hello);
    change(&mut hello);
    hello.build()
}
