//! Any chunking of the input gives the same effect log.

use bulla_tls::Role;
use proptest::prelude::*;

use super::flow::{Event, Flow, Log, SHAPES};

fn flows() -> Vec<(Flow, Vec<u8>, Log)> {
    let sides = SHAPES.into_iter().flat_map(|shape| [Role::Client, Role::Server].map(|role| (shape, role)));
    sides
        .map(|(shape, role)| {
            let flow = shape.flow_to(role);
            let bytes = flow.bytes();
            let log = flow.replay_whole(&bytes);
            (flow, bytes, log)
        })
        .collect()
}

#[test]
fn recorded_flows_are_whole() {
    for (flow, bytes, log) in flows() {
        assert!(log.error.is_none(), "{:?} to the {:?}: {:?}", flow.shape, flow.role, log.error);
        let [Event::Established(_), data @ .., Event::Closed] = &log.events[..] else { panic!("{log:?}") };
        let expected = [&b"first"[..], b"padded", b"under the next keys"];
        assert_eq!(data, expected.map(|part| Event::Delivered(part.to_vec())));
        assert_eq!(flow.bytes(), bytes, "a recording that comes out the same");
    }
}

/// Byte by byte, and in every pair of pieces that a cut makes.
#[test]
fn each_cut() {
    for (flow, bytes, log) in flows() {
        assert_eq!(flow.replay(&bytes, std::iter::repeat((1, true))), log, "byte by byte");
        for cut in 1..bytes.len() {
            let pieces = [(cut, true)].into_iter().chain(std::iter::repeat((usize::MAX, true)));
            assert_eq!(flow.replay(&bytes, pieces), log, "cut at {cut}, to the {:?}", flow.role);
        }
    }
}

/// Pieces of any lengths, whether or not the connection is told on between them, and whether or not the
/// stream is sound.
#[test]
fn any_chunking() {
    let flows = flows();
    let pieces = prop::collection::vec((prop_oneof![1..64usize, 1..2000usize], any::<bool>()), 1..40);
    let flaw = prop::option::of((any::<prop::sample::Index>(), 0..8u8));
    let config = ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(which in 0..flows.len(), pieces in pieces, flaw in flaw)| {
        let (flow, bytes, honest) = &flows[which];
        let mut bytes = bytes.clone();
        let mut expected = honest.clone();
        if let Some((place, bit)) = flaw {
            let place = place.index(bytes.len());
            bytes[place] ^= 1 << bit;
            expected = flow.replay_whole(&bytes);
        }
        prop_assert_eq!(flow.replay(&bytes, pieces.into_iter().cycle()), expected);
    });
}
