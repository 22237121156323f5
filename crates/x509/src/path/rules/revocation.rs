//! Whether the issuer took a certificate back (RFC 5280 section 6.3), by the lists that the caller has.

use super::{At, Outcome};
use crate::{
    certificate::{Certificate, KeyUsage, key},
    model::{
        general_name::GeneralName,
        list::List,
        oid,
        revocation::{DistributionPoint, PointName},
    },
    path::budget::Exhausted,
    revocation::RevocationList,
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

fn status(at: &At<'_, '_>) -> Option<Status> {
    let asked = !at.env.revocation.lists.is_empty() || at.env.revocation.required;
    if !asked || at.node.is_anchor {
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
        Some(PointName::Full(names)) => points(certificate).any(|point| shares_a_name(&point, names)),
        Some(PointName::Relative(_)) => false,
    };
    of_its_kind && of_its_place && !scope.only_attributes
}

fn points<'a>(certificate: &Certificate<'a>) -> impl Iterator<Item = DistributionPoint<'a>> + use<'a> {
    let extension = certificate.raw_extensions().find(|known| known.id == oid::CRL_DISTRIBUTION_POINTS);
    let points = extension
        .and_then(|known| asn1::parse_single::<List<'a, DistributionPoint<'a>, 1>>(known.value).ok());
    points.map(|points| points.iter()).into_iter().flatten()
}

fn shares_a_name(point: &DistributionPoint<'_>, names: &List<'_, GeneralName<'_>, 1>) -> bool {
    let Some(PointName::Full(own)) = &point.point else { return false };
    own.iter().any(|one| names.iter().any(|other| same_name(&one, &other)))
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
        Ok(Some(rule)) => Status::Faulty(rule),
        Ok(None) if list.has(at.certificate().serial()) => Status::Revoked,
        Ok(None) => Status::Good,
    }
}

/// The rule that the list's signature breaks by the key of every signer that is allowed.
fn is_signed(at: &At<'_, '_>, list: &RevocationList<'_>) -> Result<Option<Rule>, Exhausted> {
    let mut rule = Rule::ListForged;
    for signer in signers(at, list) {
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

/// The issuer on the path, then certificates of the same name that the same authority vouches for: a key of its own
/// for lists.
fn signers<'c, 'a>(at: &At<'c, 'a>, list: &RevocationList<'_>) -> impl Iterator<Item = &'c Certificate<'a>> {
    let issuer = at.link.checked_add(1);
    let above = issuer.and_then(|issuer| at.other(issuer.saturating_add(1)).or(at.other(issuer)));
    let issuer = issuer.and_then(|issuer| at.other(issuer)).map(|node| &node.certificate);
    let (graph, now, name) = (at.graph, at.env.now.as_secs(), list.issuer());
    let others = (0..graph.len()).filter_map(|index| graph.node(index)).map(|node| &node.certificate);
    let others = others.filter(move |other| {
        let current = (other.not_before().as_secs()..=other.not_after().as_secs()).contains(&now);
        let signs_lists = other.key_usage().is_some_and(|usage| usage.contains(KeyUsage::CRL_SIGNING));
        let vouched = above.is_some_and(|above| other.issuer().is_same(&above.certificate.subject()));
        current && signs_lists && vouched && other.subject().is_same(&name) && is_vouched_for(other, above)
    });
    issuer.into_iter().chain(others)
}

fn is_vouched_for(certificate: &Certificate<'_>, above: Option<&super::Node<'_>>) -> bool {
    above.is_some_and(|above| {
        let key = above.certificate.public_key().ok();
        let algorithm = key
            .as_ref()
            .and_then(|key| key::signature_algorithm(&certificate.signature_algorithm(), key.kind()));
        key.zip(algorithm).zip(certificate.signature()).is_some_and(|((key, algorithm), signature)| {
            key.verify(algorithm, certificate.signed_bytes(), signature).is_ok()
        })
    })
}

fn is_signed_by(list: &RevocationList<'_>, signer: &Certificate<'_>) -> bool {
    let identifier = list.algorithm();
    let Ok(key) = signer.public_key() else { return false };
    let algorithm = key::signature_algorithm(identifier, key.kind());
    algorithm
        .zip(list.signature())
        .is_some_and(|(algorithm, signature)| key.verify(algorithm, list.signed_bytes(), signature).is_ok())
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
