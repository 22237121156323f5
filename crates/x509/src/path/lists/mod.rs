//! What the revocation lists at hand say of a certificate on a path (RFC 5280 section 6.3).

mod scope;
mod signer;

use super::{budget::Exhausted, rules::At};
use crate::{
    model::{oid, revocation::Reasons},
    revocation::{Entry, RevocationList},
    verdict::Rule,
};
use signer::{Signers, Signing};

/// What the lists say of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// For no reason was it taken back.
    Good,
    Revoked,
    /// No list speaks of it.
    Unknown,
    /// Lists speak of it, but of some reasons only.
    Partly,
    /// There is a list, and it breaks this rule.
    Faulty(Rule),
    Exhausted(Exhausted),
}

/// What was found so far.
#[derive(Default)]
pub(crate) struct Statuses {
    /// By the certificate and all that are above it on the path.
    known: Vec<(Box<[usize]>, Status)>,
    signers: Signers,
}

/// What the lists say of a certificate of a whole path; nothing when nobody asks.
pub(super) fn status(at: &At<'_, '_>) -> Option<Status> {
    if !at.env.revocation.is_asked() || at.node.is_anchor() {
        return None;
    }
    let path = at.path.get(at.link..).filter(|path| path.len() > 1)?;
    let known = at.env.statuses.borrow().known.iter().find(|(known, _)| **known == *path).map(|(_, it)| *it);
    Some(known.unwrap_or_else(|| {
        let status = ask(at).unwrap_or_else(Status::Exhausted);
        let mut statuses = at.env.statuses.borrow_mut();
        // What was found for the sake of a signer may hang on what is not decided yet.
        if !statuses.signers.are_asked() {
            statuses.known.push((path.into(), status));
        }
        status
    }))
}

/// Asks every list: one that revokes counts most. RFC 5280 section 6.3.3 stops when all reasons are covered; a list
/// behind that may still know better.
fn ask(at: &At<'_, '_>) -> Result<Status, Exhausted> {
    let mut covered = Reasons::default();
    let mut fault = None;
    for (index, list) in at.env.revocation.lists.iter().enumerate() {
        let reasons = scope::covered(at, list)?;
        if reasons.is_empty() {
            continue;
        }
        match read(at, index, list)? {
            Reading::Silent => {}
            Reading::Revoked => return Ok(Status::Revoked),
            Reading::Good => covered = covered.and(reasons),
            Reading::Faulty(rule) => fault = fault.or(Some(rule)),
        }
    }
    Ok(match fault {
        _ if covered == Reasons::ALL => Status::Good,
        Some(rule) => Status::Faulty(rule),
        None if covered.is_empty() => Status::Unknown,
        None => Status::Partly,
    })
}

/// What one list says of a certificate that it is meant for.
enum Reading {
    Good,
    Revoked,
    /// It is that of another authority with the same name.
    Silent,
    Faulty(Rule),
}

/// RFC 5280 section 6.3.3 (a), (c) and (f) to (k).
fn read(at: &At<'_, '_>, index: usize, list: &RevocationList<'_>) -> Result<Reading, Exhausted> {
    if let Some(rule) = fault(list) {
        return Ok(Reading::Faulty(rule));
    }
    let now = at.env.now.as_secs();
    // A list that has run out counts with changes that have not.
    let is_current = list.is_current(now);
    let may_count = is_current || list.this_update().as_secs() <= now && changes(at, list).next().is_some();
    if !may_count {
        return Ok(Reading::Faulty(Rule::ListNotCurrent));
    }
    let signer = match signer::of(at, index, list)? {
        Signing::By(signer) => signer,
        Signing::OfAnother => return Ok(Reading::Silent),
        Signing::Broken(rule) => return Ok(Reading::Faulty(rule)),
    };
    if list.is_delta() {
        return read_alone(at, list);
    }
    let changes = newest_changes(at, list, signer)?;
    if changes.is_none() && !is_current {
        return Ok(Reading::Faulty(Rule::ListNotCurrent));
    }
    let changed = changes.map_or(Ok(Entry::Absent), |changes| look_up(at, changes))?;
    let entry = if changed == Entry::Absent { look_up(at, list)? } else { changed };
    Ok(if entry == Entry::Revoked { Reading::Revoked } else { Reading::Good })
}

/// Changes by themselves: they say whom they take back, unless a list as new as they are is at hand, and nothing of
/// others.
fn read_alone(at: &At<'_, '_>, changes: &RevocationList<'_>) -> Result<Reading, Exhausted> {
    let mut has_base = false;
    for (index, list) in at.env.revocation.lists.iter().enumerate() {
        if list.is_delta() || !list.is_kin_of(changes) {
            continue;
        }
        has_base = true;
        let is_newer = list.number(&oid::CRL_NUMBER) >= changes.number(&oid::CRL_NUMBER);
        let is_sound = fault(list).is_none() && list.is_current(at.env.now.as_secs());
        if is_newer && is_sound && matches!(signer::of(at, index, list)?, Signing::By(_)) {
            return Ok(Reading::Silent);
        }
    }
    Ok(match look_up(at, changes)? {
        Entry::Revoked => Reading::Revoked,
        Entry::Absent | Entry::Removed if has_base => Reading::Silent,
        Entry::Absent | Entry::Removed => Reading::Faulty(Rule::ListWithoutBase),
    })
}

/// The current changes to a list, by their places among the lists, whoever signed them.
fn changes<'c>(
    at: &At<'c, '_>,
    list: &RevocationList<'c>,
) -> impl Iterator<Item = (usize, &'c RevocationList<'c>)> {
    let now = at.env.now.as_secs();
    let lists = at.env.revocation.lists.iter().enumerate();
    lists.filter(move |(_, delta)| {
        delta.is_delta() && list.is_base_of(delta) && fault(delta).is_none() && delta.is_current(now)
    })
}

/// RFC 5280 section 6.3.3 (h): the newest changes that the list's signer signed.
fn newest_changes<'c>(
    at: &At<'c, '_>,
    list: &RevocationList<'c>,
    signer: usize,
) -> Result<Option<&'c RevocationList<'c>>, Exhausted> {
    let mut newest: Option<&RevocationList<'_>> = None;
    for (index, delta) in changes(at, list) {
        let is_newer = newest.is_none_or(|it| it.number(&oid::CRL_NUMBER) < delta.number(&oid::CRL_NUMBER));
        if is_newer && signer::is_signed_by(at, (index, delta), signer)? {
            newest = Some(delta);
        }
    }
    Ok(newest)
}

fn look_up(at: &At<'_, '_>, list: &RevocationList<'_>) -> Result<Entry, Exhausted> {
    at.env.budget.comparisons(list.len().saturating_add(1))?;
    let certificate = &at.node.certificate;
    Ok(list.entry(&certificate.issuer(), certificate.serial()))
}

/// What is wrong with a list whoever signed it.
fn fault(list: &RevocationList<'_>) -> Option<Rule> {
    let faults = [
        (!list.has_form(), Rule::ListMalformed),
        (!list.is_understood(), Rule::ListUnprocessed),
        (!list.has_number(), Rule::ListWithoutNumber),
    ];
    faults.into_iter().find(|(broken, _)| *broken).map(|(_, rule)| rule)
}
