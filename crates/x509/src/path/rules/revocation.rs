//! Whether the issuer took a certificate back (RFC 5280 section 6.3), by the lists that the caller has.

use super::{At, Outcome};
use crate::{
    certificate::{Certificate, KeyUsage, key},
    model::{
        general_name::GeneralName,
        revocation::{DistributionPoint, PointName},
    },
    name::is_same_relative,
    path::budget::Exhausted,
    revocation::{Revocation, RevocationList},
    verdict::{Rule, describe},
};

/// What the lists say of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Good,
    Revoked,
    Unknown,
    /// There is a list, and it breaks this rule.
    Faulty(Rule),
    Exhausted(Exhausted),
}

/// What was found so far, by certificate and issuer.
#[derive(Default)]
pub(crate) struct Statuses {
    known: Vec<((usize, usize), Status)>,
}

/// Whether there is anything to ask, or anybody who asks.
pub(super) fn is_asked(known: &Revocation<'_>) -> bool {
    !known.lists.is_empty() || known.required
}

fn status(at: &At<'_, '_>) -> Option<Status> {
    if !is_asked(&at.env.revocation) || at.node.is_anchor() {
        return None;
    }
    let pair = (*at.path.get(at.link)?, *at.path.get(at.link.checked_add(1)?)?);
    let known = at.env.statuses.borrow().known.iter().find(|(known, _)| *known == pair).map(|(_, it)| *it);
    Some(known.unwrap_or_else(|| {
        let status = ask(at);
        at.env.statuses.borrow_mut().known.push((pair, status));
        status
    }))
}

/// Asks every list of the issuer: one that revokes counts most, then one that does not, then a faulty one.
fn ask(at: &At<'_, '_>) -> Status {
    let issuer = at.certificate().issuer();
    let mut answer = Status::Unknown;
    for list in at.env.revocation.lists.iter().filter(|list| list.issuer().is_same(&issuer)) {
        let cost = list.len().saturating_add(1);
        if let Err(exhausted) = at.env.budget.comparisons(cost) {
            return Status::Exhausted(exhausted);
        }
        if !covers(list, at.certificate()) {
            continue;
        }
        match read(at, list) {
            Status::Revoked => return Status::Revoked,
            Status::Good => answer = Status::Good,
            other if answer != Status::Good => answer = other,
            _ => {}
        }
    }
    answer
}

/// Whether a list that speaks of some certificates only speaks of this one (RFC 5280 section 6.3.3 (b)(2)).
fn covers(list: &RevocationList<'_>, certificate: &Certificate<'_>) -> bool {
    let Some(scope) = list.scope() else { return true };
    let of_its_kind = match certificate.is_authority() {
        true => !scope.only_users,
        false => !scope.only_authorities,
    };
    let of_its_place = match &scope.point {
        None => true,
        Some(scope) => certificate.list_places().any(|point| shares_a_name(&point, list, scope)),
    };
    of_its_kind && of_its_place && !scope.only_attributes
}

fn shares_a_name(point: &DistributionPoint<'_>, list: &RevocationList<'_>, scope: &PointName<'_>) -> bool {
    let Some(own) = &point.point else { return false };
    match (own, scope) {
        (PointName::Full(own), PointName::Full(names)) => {
            own.iter().any(|one| names.iter().any(|other| same_name(&one, &other)))
        }
        (PointName::Relative(own), PointName::Relative(other)) => is_same_relative(own, other),
        // RFC 5280 section 4.2.1.13: a name relative to the issuer of the list is one more below its.
        (PointName::Relative(relative), PointName::Full(names))
        | (PointName::Full(names), PointName::Relative(relative)) => names.iter().any(
            |name| matches!(name, GeneralName::Directory(name) if name.is_child(&list.issuer(), relative)),
        ),
    }
}

fn same_name(one: &GeneralName<'_>, other: &GeneralName<'_>) -> bool {
    match (one, other) {
        (GeneralName::Uri(one), GeneralName::Uri(other)) => one.as_str() == other.as_str(),
        (GeneralName::Directory(one), GeneralName::Directory(other)) => one.is_same(other),
        (GeneralName::Dns(one), GeneralName::Dns(other)) => one.as_str().eq_ignore_ascii_case(other.as_str()),
        _ => false,
    }
}

/// RFC 5280 section 6.3.3 (a), (f), (g) and (i), of a list that covers the certificate.
fn read(at: &At<'_, '_>, list: &RevocationList<'_>) -> Status {
    let now = at.env.now.as_secs();
    let is_current =
        list.this_update().as_secs() <= now && list.next_update().is_none_or(|next| now <= next.as_secs());
    let faults = [
        (!list.has_form(), Rule::ListMalformed),
        (!list.is_understood(), Rule::ListUnprocessed),
        (!list.has_number(), Rule::ListWithoutNumber),
        (!is_current, Rule::ListNotCurrent),
    ];
    if let Some((_, rule)) = faults.into_iter().find(|(broken, _)| *broken) {
        return Status::Faulty(rule);
    }
    match is_signed(at, list) {
        Err(exhausted) => Status::Exhausted(exhausted),
        Ok(Some(Rule::RevocationUnknown)) => Status::Unknown,
        Ok(Some(rule)) => Status::Faulty(rule),
        Ok(None) if list.has(at.certificate().serial()) => Status::Revoked,
        Ok(None) => Status::Good,
    }
}

/// The rule that the list's signature breaks by the key of every signer that is allowed. A list that identifies
/// another key than any of theirs is that of another authority of the same name, and says nothing.
fn is_signed(at: &At<'_, '_>, list: &RevocationList<'_>) -> Result<Option<Rule>, Exhausted> {
    let wanted = list.authority_key_identifier();
    let mut rule = if wanted.is_some() { Rule::RevocationUnknown } else { Rule::ListForged };
    for signer in signers(at, list) {
        if rule == Rule::RevocationUnknown
            && signer.subject_key_identifier().is_none_or(|own| wanted == Some(own))
        {
            rule = Rule::ListForged;
        }
        let may = signer.key_usage().is_none_or(|usage| usage.contains(KeyUsage::CRL_SIGNING));
        at.env.budget.signature()?;
        match (is_signed_by(list, signer), may) {
            (true, true) => return Ok(None),
            (true, false) => rule = Rule::ListSignerNotPermitted,
            (false, _) => {}
        }
    }
    Ok(Some(rule))
}

/// Who may sign a list of this issuer: the certificates of that name further up the path, then others of that name
/// that one of the path vouches for: an authority may have a key for lists of its own.
fn signers<'c, 'a>(
    at: &At<'c, 'a>,
    list: &RevocationList<'_>,
) -> impl Iterator<Item = &'c Certificate<'a>> + use<'c, 'a> {
    let (graph, path, env) = (at.graph, at.path, at.env);
    let above = path.get(at.link.saturating_add(1)..).unwrap_or_default();
    let above: Vec<_> = above.iter().filter_map(|index| Some(&graph.node(*index)?.certificate)).collect();
    let named: Vec<_> = (0..graph.len())
        .filter_map(|index| Some(&graph.node(index)?.certificate))
        .filter(|other| other.subject().is_same(&list.issuer()))
        .collect();
    let of_path: Vec<_> = above.iter().copied().filter(|it| it.subject().is_same(&list.issuer())).collect();
    let others = named.into_iter().filter(move |other| {
        let now = env.now.as_secs();
        let current = (other.not_before().as_secs()..=other.not_after().as_secs()).contains(&now);
        let signs_lists = other.key_usage().is_some_and(|usage| usage.contains(KeyUsage::CRL_SIGNING));
        let is_on_path = above.iter().any(|it| it.der() == other.der());
        let vouched = || above.iter().any(|by| is_vouched_for(other, by, env.revocation.lists));
        current && signs_lists && !is_on_path && vouched()
    });
    of_path.into_iter().chain(others)
}

/// Whether an authority signed the certificate and did not take it back.
fn is_vouched_for(certificate: &Certificate<'_>, by: &Certificate<'_>, lists: &[RevocationList<'_>]) -> bool {
    if !certificate.issuer().is_same(&by.subject()) {
        return false;
    }
    let Ok(key) = by.public_key() else { return false };
    let signed = certificate.check_signature(&key).is_ok();
    let taken_back = || {
        let of_issuer = lists.iter().filter(|list| list.issuer().is_same(&by.subject()));
        of_issuer.into_iter().any(|list| list.has(certificate.serial()) && is_signed_by(list, by))
    };
    signed && !taken_back()
}

fn is_signed_by(list: &RevocationList<'_>, signer: &Certificate<'_>) -> bool {
    let Ok(key) = signer.public_key() else { return false };
    key::verify(&key, list.algorithm(), list.signed_bytes(), list.signature()).is_ok()
}

/// Whether the lists say this of the certificate.
fn outcome(at: &At<'_, '_>, broken: Status) -> Outcome {
    match status(at) {
        None => Outcome::NotApplicable,
        Some(Status::Exhausted(exhausted)) => Outcome::Exhausted(exhausted),
        Some(status) => Outcome::broken_if(status == broken),
    }
}

pub(super) fn not_revoked(at: &At<'_, '_>) -> Outcome {
    outcome(at, Status::Revoked)
}

pub(super) fn known(at: &At<'_, '_>) -> Outcome {
    if at.env.revocation.required { outcome(at, Status::Unknown) } else { Outcome::NotApplicable }
}

pub(super) fn well_formed(at: &At<'_, '_>) -> Outcome {
    outcome(at, Status::Faulty(Rule::ListMalformed))
}

pub(super) fn genuine(at: &At<'_, '_>) -> Outcome {
    outcome(at, Status::Faulty(Rule::ListForged))
}

pub(super) fn current(at: &At<'_, '_>) -> Outcome {
    outcome(at, Status::Faulty(Rule::ListNotCurrent))
}

pub(super) fn signer(at: &At<'_, '_>) -> Outcome {
    outcome(at, Status::Faulty(Rule::ListSignerNotPermitted))
}

pub(super) fn understood(at: &At<'_, '_>) -> Outcome {
    outcome(at, Status::Faulty(Rule::ListUnprocessed))
}

pub(super) fn numbered(at: &At<'_, '_>) -> Outcome {
    outcome(at, Status::Faulty(Rule::ListWithoutNumber))
}

pub(super) fn say(at: &At<'_, '_>) -> (String, String) {
    let (name, issuer) = (describe(at.certificate()), at.certificate().issuer().to_string());
    let fetch = format!("Fetch the present list of \"{issuer}\" and judge again.");
    match status(at) {
        Some(Status::Revoked) => (
            format!("\"{issuer}\" took \"{name}\" back: it is on its revocation list"),
            "Have a new certificate issued, for a new key if the old one was stolen.".into(),
        ),
        Some(Status::Unknown) => (format!("no revocation list of \"{issuer}\" speaks of \"{name}\""), fetch),
        Some(Status::Faulty(rule)) => (
            format!("the revocation list of \"{issuer}\" cannot be used for \"{name}\": {}", rule.meaning()),
            fetch,
        ),
        _ => (format!("whether \"{name}\" was taken back cannot be told"), fetch),
    }
}
