//! No bytes make a connection panic, spin or grow. [`replay`] caps its steps, its room and its output.

use bulla_testkit::actor::Out;
use bulla_testkit::message::framed;
use bulla_testkit::record::clear;
use bulla_tls::Role;
use bulla_tls::registry::{ContentType, HandshakeType};
use proptest::prelude::*;
use proptest::sample::Index;

use super::flow::{Flow, Log, SHAPES, Shape, bytes};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Client), Just(Role::Server)]
}

fn noise(length: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..length)
}

fn pieces() -> impl Strategy<Value = Vec<(usize, bool)>> {
    prop::collection::vec((1..3000usize, any::<bool>()), 1..10)
}

/// Types of records and messages: mostly ones that exist.
fn record_type() -> impl Strategy<Value = ContentType> {
    prop_oneof![8 => 20..24u8, 1 => any::<u8>()].prop_map(ContentType)
}

fn message_type() -> impl Strategy<Value = HandshakeType> {
    let known = prop::sample::select(vec![1, 2, 4, 5, 8, 11, 13, 15, 20, 24, 254u8]);
    prop_oneof![8 => known, 1 => any::<u8>()].prop_map(HandshakeType)
}

/// Feeds a fresh connection.
fn feed(role: Role, bytes: &[u8], pieces: Vec<(usize, bool)>) -> Log {
    super::flow::replay(Shape::Simple.connection(role), bytes, pieces.into_iter().cycle())
}

#[test]
fn noise_alone() {
    proptest!(config(300), |(role in role(), bytes in noise(5000), pieces in pieces())| {
        let log = feed(role, &bytes, pieces);
        prop_assert!(log.error.is_some() && !log.established());
    });
}

#[test]
fn records_of_noise() {
    let records = prop::collection::vec((record_type(), noise(600)), 1..10);
    proptest!(config(300), |(role in role(), records in records, pieces in pieces())| {
        let bytes: Vec<u8> = records.iter().flat_map(|(kind, content)| clear(*kind, content)).collect();
        let log = feed(role, &bytes, pieces);
        prop_assert!(log.error.is_some() && !log.established());
    });
}

/// Messages of noise in place of any of a flow's, protected as they would be.
#[test]
fn messages_of_noise() {
    let flows = flows();
    let messages = prop::collection::vec((any::<Index>(), message_type(), noise(300)), 1..4);
    proptest!(config(300), |(which in 0..flows.len(), messages in messages, pieces in pieces())| {
        let flow = &flows[which];
        let mut script = flow.script.clone();
        for (place, kind, body) in messages {
            script.insert(place.index(script.len()), Out::Message(framed(kind, &body)));
        }
        let stream = bytes(&script);
        prop_assert!(flow.replay(&stream, pieces.into_iter().cycle()).error.is_some());
    });
}

/// Protected records of noise at any place behind the keys.
#[test]
fn protected_noise() {
    let flows = flows();
    let inner = prop::collection::vec((any::<Index>(), noise(300), record_type(), 0..20usize), 1..4);
    proptest!(config(300), |(which in 0..flows.len(), inner in inner, pieces in pieces())| {
        let flow = &flows[which];
        let mut script = flow.script.clone();
        for (place, content, kind, padding) in inner {
            let keys = script.iter().position(|out| matches!(out, Out::Keys(_))).unwrap() + 1;
            let place = keys + place.index(script.len() - keys);
            script.insert(place, Out::Inner([&content[..], &[kind.0], &vec![0; padding]].concat()));
        }
        let _ = flow.replay(&bytes(&script), pieces.into_iter().cycle());
    });
}

/// A change to a stream.
#[derive(Clone, Debug)]
enum Mutation {
    Set(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Repeat(Index, usize),
    Cut(Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        4 => (any::<Index>(), any::<u8>()).prop_map(|(place, byte)| Mutation::Set(place, byte)),
        2 => (any::<Index>(), noise(40)).prop_map(|(place, bytes)| Mutation::Insert(place, bytes)),
        2 => (any::<Index>(), 1..40usize).prop_map(|(place, count)| Mutation::Remove(place, count)),
        2 => (any::<Index>(), 1..400usize).prop_map(|(place, count)| Mutation::Repeat(place, count)),
        1 => any::<Index>().prop_map(Mutation::Cut),
    ]
}

impl Mutation {
    fn apply(self, bytes: &mut Vec<u8>) {
        let at = |place: Index| place.index(bytes.len().max(1)).min(bytes.len());
        let range = |place, count: usize| at(place)..(at(place) + count).min(bytes.len());
        match self {
            Self::Set(place, byte) => {
                let place = at(place);
                bytes.splice(place..(place + 1).min(bytes.len()), [byte]);
            }
            Self::Insert(place, more) => {
                let place = at(place);
                bytes.splice(place..place, more);
            }
            Self::Remove(place, count) => {
                bytes.drain(range(place, count));
            }
            Self::Repeat(place, count) => {
                let range = range(place, count);
                let copy = bytes[range.clone()].to_vec();
                bytes.splice(range.start..range.start, copy);
            }
            Self::Cut(place) => bytes.truncate(at(place)),
        }
    }
}

fn flows() -> Vec<Flow> {
    let sides = SHAPES.into_iter().flat_map(|shape| [Role::Client, Role::Server].map(|role| (shape, role)));
    sides.map(|(shape, role)| shape.flow_to(role)).collect()
}

/// Streams that were sound once, changed in several ways at once. Whatever they deliver was sent so.
#[test]
fn mutated_streams() {
    let flows: Vec<_> = flows()
        .into_iter()
        .map(|flow| {
            let stream = flow.bytes();
            let honest = flow.replay_whole(&stream);
            (flow, stream, honest)
        })
        .collect();
    let mutations = prop::collection::vec(mutation(), 1..6);
    proptest!(config(1000), |(which in 0..flows.len(), mutations in mutations, pieces in pieces())| {
        let (flow, stream, honest) = &flows[which];
        let mut stream = stream.clone();
        mutations.into_iter().for_each(|mutation| mutation.apply(&mut stream));
        let log = flow.replay(&stream, pieces.into_iter().cycle());
        prop_assert!(honest.events.starts_with(&log.events), "{:?}", log);
    });
}
