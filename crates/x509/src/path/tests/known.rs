//! Signatures that are known to hold.

use super::*;
use crate::signatures::proof;
use proptest::prelude::*;
use std::sync::LazyLock;

/// A chain of three, and a memory to which it was shown.
struct World {
    root: Party,
    chain: [CertificateDer<'static>; 2],
    known: KnownSignatures,
}

impl World {
    fn new() -> Self {
        let root = Party::root(&root_template());
        let intermediate = root.issue(&intermediate_template());
        let leaf = intermediate.issue(&leaf_template());
        let world = Self { root, chain: [leaf.der, intermediate.der], known: KnownSignatures::new() };
        assert_trusted(&world.verdict(&world.chain, "www.example.org", NOW));
        world
    }

    fn verdict(&self, chain: &[CertificateDer<'_>], server: &str, now: u64) -> Verdict {
        let server = ServerName::try_from(server).unwrap();
        let presented = Presented::new(chain, Purpose::Server(&server)).with_known_signatures(&self.known);
        verdict::judge(&presented, &anchors(&[&self.root]), at(now))
    }

    /// The certificate of a chain, as the memory has it by the key of another one.
    fn proof(&self, by: &[u8], certificate: &[u8]) -> [u8; 32] {
        proof(Certificate::parse(by).unwrap().public_key_info(), certificate)
    }
}

#[test]
fn what_was_verified_is_known_and_only_then() {
    let world = World::new();
    let [leaf, intermediate] = &world.chain;
    assert_eq!(world.known.len(), 2);
    assert!(world.known.has(&world.proof(intermediate, leaf)));
    assert!(world.known.has(&world.proof(&world.root.der, intermediate)));
    assert!(!world.known.has(&world.proof(&world.root.der, leaf)));

    let mut forged = leaf.to_vec();
    *forged.last_mut().unwrap() ^= 1;
    let forged = [forged.into(), intermediate.clone()];
    for _ in 0..2 {
        let verdict = world.verdict(&forged, "www.example.org", NOW);
        assert_refused(&verdict, Rule::BadSignature, 0, &[]);
    }
    assert_eq!(world.known.len(), 2, "what does not hold is not remembered");
}

/// Whether the memory is asked at all: it holds by hand what no judgement would put in.
#[test]
fn what_is_known_is_not_verified() {
    let world = World::new();
    let [leaf, intermediate] = &world.chain;
    let mut forged = leaf.to_vec();
    *forged.last_mut().unwrap() ^= 1;
    world.known.add(world.proof(intermediate, &forged));
    assert_trusted(&world.verdict(&[forged.into(), intermediate.clone()], "www.example.org", NOW));
}

#[test]
fn all_else_is_judged_anew() {
    let world = World::new();
    for (server, now, rule) in [
        ("www.example.org", NOW + 91 * DAY, Rule::Expired),
        ("www.example.org", NOW - 2 * DAY, Rule::NotYetValid),
        ("other.example.org", NOW, Rule::WrongName),
    ] {
        assert_eq!(world.verdict(&world.chain, server, now).failure.unwrap().rule, rule);
    }
    let server = ServerName::try_from("www.example.org").unwrap();
    let presented =
        Presented::new(&world.chain, Purpose::Server(&server)).with_known_signatures(&world.known);
    let stranger = Party::root(&root_template());
    for roots in [&[][..], &[&stranger]] {
        let verdict = verdict::judge(&presented, &anchors(roots), at(NOW));
        assert_eq!(verdict.failure.unwrap().rule, Rule::UnknownAuthority);
    }
}

proptest! {
    /// Chains that differ in little from one that is known, or from one another.
    #[test]
    fn a_memory_changes_no_verdict(
        which in 0usize..2,
        at_byte: prop::sample::Index,
        bit in 0u8..8,
        order in prop::sample::select(vec![&[0usize, 1][..], &[0], &[1, 0], &[1], &[0, 1, 0], &[0, 0, 1, 1]]),
        days in -100i64..100,
    ) {
        static WORLD: LazyLock<World> = LazyLock::new(World::new);
        let mut altered = WORLD.chain.clone().map(|der| der.to_vec());
        let place = at_byte.index(altered[which].len());
        altered[which][place] ^= 1 << bit;
        let server = ServerName::try_from("www.example.org").unwrap();
        let now = at(NOW.checked_add_signed(days * DAY.cast_signed()).unwrap());
        for chain in [&WORLD.chain.clone().map(|der| der.to_vec()), &altered] {
            let chain: Vec<CertificateDer<'_>> =
                order.iter().map(|index| chain[*index].as_slice().into()).collect();
            let presented = Presented::new(&chain, Purpose::Server(&server));
            let cold = verdict::judge(&presented, &anchors(&[&WORLD.root]), now);
            let warm = presented.with_known_signatures(&WORLD.known);
            let warm = verdict::judge(&warm, &anchors(&[&WORLD.root]), now);
            prop_assert_eq!(format!("{:?}", warm), format!("{:?}", cold));
        }
    }
}
