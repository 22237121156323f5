//! What lists of every kind say of the leaf of a sound world (RFC 5280 section 6.3).

use crate::cases::{OTHER_REASONS, STOLEN_KEYS};
use crate::der::{name, sequence, tlv};
use crate::world::*;
use bulla_x509::verdict::Rule;

/// On hold, and to be taken off the list again.
const ON_HOLD: u8 = 6;
const REMOVED: u8 = 8;

/// What is broken when status must be known.
fn judged(mut world: World) -> Option<Rule> {
    world.lists_required = true;
    let (verdict, quick) = world.judge();
    let found = verdict.failure.map(|failure| failure.rule);
    assert_eq!(quick.err().map(|failure| failure.rule), found, "the quick check");
    found
}

/// A world in which the list of the leaf's issuer is replaced by these.
fn with(lists: impl FnOnce(&World) -> Vec<List>) -> World {
    let mut world = World::sound();
    world.add_lists();
    let lists = lists(&world);
    world.lists.splice(0..1, lists);
    world
}

fn own(world: &World) -> List {
    List::of(&world.middle, Key::Middle)
}

fn revoking(mut list: List, entry: Entry) -> List {
    list.revoked.push(entry);
    list
}

#[test]
fn changes_take_back_and_give_back() {
    let changes = |world: &World| own(world).numbered(9).changes_to(5);
    let leaf = |world: &World| Entry::of(&world.leaf);
    assert_eq!(judged(with(|w| vec![own(w), changes(w)])), None);
    assert_eq!(judged(with(|w| vec![own(w), revoking(changes(w), leaf(w))])), Some(Rule::Revoked));
    let held = |w: &World| revoking(own(w), leaf(w).because(ON_HOLD));
    assert_eq!(judged(with(|w| vec![held(w), changes(w)])), Some(Rule::Revoked));
    let freed = |w: &World| revoking(changes(w), leaf(w).because(REMOVED));
    assert_eq!(judged(with(|w| vec![held(w), freed(w)])), None);
    assert_eq!(judged(with(|w| vec![freed(w), held(w)])), None, "in any order");
}

#[test]
fn the_newest_changes_count() {
    let leaf = |world: &World| Entry::of(&world.leaf);
    let held = |w: &World| revoking(own(w).numbered(8).changes_to(5), leaf(w).because(ON_HOLD));
    let freed = |w: &World| revoking(own(w).numbered(9).changes_to(5), leaf(w).because(REMOVED));
    // Each set of changes has all since the list, so that the newest alone is asked, and the older is by itself.
    assert_eq!(judged(with(|w| vec![own(w), freed(w)])), None);
    assert_eq!(judged(with(|w| vec![own(w), held(w)])), Some(Rule::Revoked));
    // A list as new as the changes has what they say.
    assert_eq!(judged(with(|w| vec![own(w).numbered(8), held(w)])), None);
    // Unless it is not the issuer's.
    let mut forged = World::sound();
    forged.add_lists();
    forged.lists[0] = own(&forged).numbered(8);
    forged.lists[0].forged = true;
    let held = held(&forged);
    forged.lists.push(held);
    assert_eq!(judged(forged), Some(Rule::Revoked));
}

#[test]
fn changes_count_for_their_own_list() {
    let leaf = |world: &World| Entry::of(&world.leaf);
    let freed = |w: &World, list: List| revoking(list, leaf(w).because(REMOVED));
    let held = |w: &World| revoking(own(w), leaf(w).because(ON_HOLD));
    // They build on a later list than the one at hand.
    assert_eq!(
        judged(with(|w| vec![held(w), freed(w, own(w).numbered(9).changes_to(8))])),
        Some(Rule::Revoked)
    );
    // They are of another scope.
    let scoped = |w: &World| own(w).numbered(9).changes_to(5).within(&[STOLEN_KEYS]);
    assert_eq!(judged(with(|w| vec![held(w), freed(w, scoped(w))])), Some(Rule::Revoked));
    // Somebody else signed them.
    let forged = |w: &World| List { forged: true, ..freed(w, own(w).numbered(9).changes_to(5)) };
    assert_eq!(judged(with(|w| vec![held(w), forged(w)])), Some(Rule::Revoked));
}

#[test]
fn a_list_that_has_run_out_counts_with_its_changes() {
    let old = |w: &World| List { updates: [NOW - 3 * DAY, NOW - 2 * DAY], ..own(w) };
    let changes = |w: &World| own(w).numbered(9).changes_to(5);
    assert_eq!(judged(with(|w| vec![old(w)])), Some(Rule::ListNotCurrent));
    assert_eq!(judged(with(|w| vec![old(w), changes(w)])), None);
    let forged = |w: &World| List { forged: true, ..changes(w) };
    assert_eq!(judged(with(|w| vec![old(w), forged(w)])), Some(Rule::ListNotCurrent));
    let revoking_old = |w: &World| revoking(old(w), Entry::of(&w.leaf));
    assert_eq!(judged(with(|w| vec![revoking_old(w), changes(w)])), Some(Rule::Revoked));
}

#[test]
fn lists_of_some_reasons_make_a_whole() {
    let stolen = |w: &World| own(w).within(&[STOLEN_KEYS]);
    let others = |w: &World| own(w).within(&[OTHER_REASONS]);
    assert_eq!(judged(with(|w| vec![stolen(w), others(w)])), None);
    assert_eq!(judged(with(|w| vec![others(w), others(w)])), Some(Rule::RevocationPartlyKnown));
    let leaf = |w: &World| Entry::of(&w.leaf);
    assert_eq!(judged(with(|w| vec![others(w), revoking(stolen(w), leaf(w))])), Some(Rule::Revoked));
    // Whoever does not ask for more takes what there is.
    let partly = with(|w| vec![stolen(w)]);
    assert!(partly.judge().0.is_trusted());
}

#[test]
fn lists_are_of_users_or_authorities_or_attributes() {
    let only = |w: &World, field: u8| vec![own(w).within(&[&tlv(field, &[0xff])])];
    let (users, authorities, attributes) = (0x81, 0x82, 0x85);
    assert_eq!(judged(with(|w| only(w, users))), None);
    assert_eq!(judged(with(|w| only(w, authorities))), Some(Rule::RevocationUnknown));
    assert_eq!(judged(with(|w| only(w, attributes))), Some(Rule::RevocationUnknown));
}

/// The root lists what the intermediate issued, as the leaf says.
fn indirect(entries: impl FnOnce(&World) -> Vec<Entry>) -> World {
    let mut world = with(|_| Vec::new());
    let issuer = tlv(0xa2, &tlv(0xa4, &world.root.subject));
    world.leaf.set(LIST_PLACES, false, sequence(&[&sequence(&[&issuer])]));
    let mut list = List::of(&world.root, Key::Root).within(&[&tlv(0x84, &[0xff])]);
    list.revoked = entries(&world);
    world.lists = vec![list];
    world
}

#[test]
fn one_authority_lists_for_another() {
    assert_eq!(judged(indirect(|_| Vec::new())), None);
    let of_middle = |w: &World| Entry::of(&w.leaf).issued_by(&w.middle.subject);
    assert_eq!(judged(indirect(|w| vec![of_middle(w)])), Some(Rule::Revoked));
    // Without a name, the entry is of a certificate of the list's own issuer.
    assert_eq!(judged(indirect(|w| vec![Entry::of(&w.leaf)])), None);
    // A name counts for the entries behind it, up to the next name.
    let another = |w: &World, issuer: &[u8]| Entry::of(&w.root).issued_by(issuer);
    let behind = |w: &World| vec![another(w, &w.middle.subject), Entry::of(&w.leaf)];
    assert_eq!(judged(indirect(behind)), Some(Rule::Revoked));
    let behind_other = |w: &World| vec![of_middle(w), another(w, &w.root.subject)];
    assert_eq!(judged(indirect(behind_other)), Some(Rule::Revoked));
    let only_other = |w: &World| vec![another(w, &w.root.subject), Entry::of(&w.leaf)];
    assert_eq!(judged(indirect(only_other)), None);
}

#[test]
fn whoever_lists_for_another_must_be_known() {
    let mut world = indirect(|_| Vec::new());
    let stranger = name(&[(10, "Test"), (3, "Lists")]);
    let issuer = tlv(0xa2, &tlv(0xa4, &stranger));
    world.leaf.set(LIST_PLACES, false, sequence(&[&sequence(&[&issuer])]));
    let list = List { issuer: stranger.clone(), signer: Key::Lower, ..world.lists[0].clone() };
    world.lists = vec![list, List::of(&world.root, Key::Root)];
    assert_eq!(judged(world.clone()), Some(Rule::ListSignerUntrusted));
    let mut signer = world.signer_of_lists(Key::Lower);
    signer.subject = stranger;
    signer.basic(false, None);
    signer.key_usage(SIGNS_LISTS);
    world.sends_also(&signer);
    assert_eq!(judged(world.clone()), None);
    // Its own certificate is on the list of who issued it.
    world.lists[1].revoked.push(Entry::of(&signer));
    assert_eq!(judged(world), Some(Rule::ListSignerUntrusted));
}

#[test]
fn a_list_for_another_must_be_meant_so_by_both() {
    // The certificate does not name the root.
    let mut unnamed = indirect(|_| Vec::new());
    unnamed.leaf.remove(LIST_PLACES);
    assert_eq!(judged(unnamed), Some(Rule::RevocationUnknown));
    // The list does not say that it is for others, and yet names one.
    let mut plain = indirect(|_| Vec::new());
    plain.lists = vec![List::of(&plain.root, Key::Root)];
    assert_eq!(judged(plain), Some(Rule::RevocationUnknown));
    let named = |w: &World| revoking(own(w), Entry::of(&w.leaf).issued_by(&w.root.subject));
    assert_eq!(judged(with(|w| vec![named(w)])), Some(Rule::ListUnprocessed));
}

#[test]
fn the_key_of_a_list_has_a_path_of_its_own() {
    let with_signer = |change: fn(&mut World, &mut Cert)| {
        let mut world = with(|w| vec![List { signer: Key::Lower, ..own(w) }]);
        let mut signer = world.signer_of_lists(Key::Lower);
        change(&mut world, &mut signer);
        world.sends_also(&signer);
        judged(world)
    };
    assert_eq!(with_signer(|_, _| {}), None);
    assert_eq!(
        with_signer(|_, signer| signer.valid = [NOW - 9 * DAY, NOW - DAY]),
        Some(Rule::ListSignerUntrusted)
    );
    assert_eq!(
        with_signer(|_, signer| signer.key_usage(SIGNS_CERTIFICATES)),
        Some(Rule::ListSignerNotPermitted)
    );
    assert_eq!(with_signer(|_, signer| signer.remove(KEY_USAGE)), Some(Rule::ListSignerNotPermitted));
    let taken_back = with_signer(|world, signer| world.lists[1].revoked.push(Entry::of(signer)));
    assert_eq!(taken_back, Some(Rule::ListSignerUntrusted));
}
