//! Which certificates a revocation list is meant for (RFC 5280 section 6.3.3 (b) to (d)).

use crate::{
    certificate::Certificate,
    model::{
        general_name::GeneralName,
        list::List,
        revocation::{DistributionPoint, PointName, Reasons},
    },
    name::{DistinguishedName, is_same_relative},
    path::{
        budget::{Budget, Exhausted},
        rules::At,
    },
    revocation::{RevocationList, is_directory},
};

/// For which reasons the list tells whether the certificate was taken back; for none when it is not meant for it.
pub(super) fn covered(at: &At<'_, '_>, list: &RevocationList<'_>) -> Result<Reasons, Exhausted> {
    let (certificate, budget) = (&at.node.certificate, &at.env.budget);
    budget.comparison()?;
    if !is_of_its_kind(certificate, list) {
        return Ok(Reasons::default());
    }
    let mut covered = Reasons::default();
    for point in certificate.list_places() {
        budget.comparison()?;
        if is_meant(&point, certificate, list, budget)? {
            covered = covered.and(point.reasons.unwrap_or(Reasons::ALL));
        }
    }
    if is_meant_for_issuer(certificate, list) {
        covered = Reasons::ALL;
    }
    let of_list = list.scope().and_then(|scope| scope.some_reasons).unwrap_or(Reasons::ALL);
    Ok(covered.common(of_list))
}

/// (b)(2)(ii) to (iv).
fn is_of_its_kind(certificate: &Certificate<'_>, list: &RevocationList<'_>) -> bool {
    let Some(scope) = list.scope() else { return true };
    let of_its_kind = if certificate.is_authority() { !scope.only_users } else { !scope.only_authorities };
    of_its_kind && !scope.only_attributes
}

/// (b)(1) and (b)(2)(i), of a place that the certificate names.
fn is_meant(
    point: &DistributionPoint<'_>,
    certificate: &Certificate<'_>,
    list: &RevocationList<'_>,
    budget: &Budget,
) -> Result<bool, Exhausted> {
    let issuer = list.issuer();
    let by_its_issuer = match &point.issuer {
        // "If the DP includes cRLIssuer, then verify that the issuer field in the complete CRL matches cRLIssuer in the DP
        // and that the complete CRL contains an issuing distribution point extension with the indirectCRL boolean
        // asserted."
        Some(names) => list.is_indirect() && names.iter().any(|name| is_directory(&name, &issuer)),
        None => certificate.issuer().is_same(&issuer),
    };
    if !by_its_issuer {
        return Ok(false);
    }
    let Some(scope) = list.scope().and_then(|scope| scope.point.as_ref()) else { return Ok(true) };
    match (&point.point, &point.issuer) {
        (Some(own), _) => shares_a_name(own, scope, &issuer, budget),
        // "If the distribution point name is present in the IDP CRL extension and the distribution point field is
        // omitted from the DP, then verify that one of the names in the IDP matches one of the names in the cRLIssuer
        // field of the DP."
        (None, Some(names)) => shares_a_name(&PointName::Full(names.clone()), scope, &issuer, budget),
        (None, None) => Ok(false),
    }
}

/// "Assume a DP with both the reasons and the cRLIssuer fields omitted and a distribution point name of the certificate
/// issuer."
fn is_meant_for_issuer(certificate: &Certificate<'_>, list: &RevocationList<'_>) -> bool {
    let issuer = certificate.issuer();
    let names_issuer = |point: &PointName<'_>| match point {
        PointName::Full(names) => names.iter().any(|name| is_directory(&name, &issuer)),
        PointName::Relative(_) => false,
    };
    let scope = list.scope().and_then(|scope| scope.point.as_ref());
    issuer.is_same(&list.issuer()) && scope.is_none_or(names_issuer)
}

type Names<'a> = List<'a, GeneralName<'a>, 1>;

/// Whether the place of the certificate is one of the list's. RFC 5280 section 4.2.1.13: a name relative to the issuer of
/// the list is one more below its.
fn shares_a_name(
    own: &PointName<'_>,
    scope: &PointName<'_>,
    issuer: &DistinguishedName<'_>,
    budget: &Budget,
) -> Result<bool, Exhausted> {
    let is_below = |names: &Names<'_>, relative: &_| {
        names
            .iter()
            .any(|name| matches!(name, GeneralName::Directory(name) if name.is_child(issuer, relative)))
    };
    match (own, scope) {
        (PointName::Full(own), PointName::Full(names)) => {
            budget.comparisons(own.iter().count().saturating_mul(names.iter().count()))?;
            Ok(own.iter().any(|one| names.iter().any(|other| same_name(&one, &other))))
        }
        (PointName::Relative(own), PointName::Relative(other)) => Ok(is_same_relative(own, other)),
        (PointName::Relative(relative), PointName::Full(names))
        | (PointName::Full(names), PointName::Relative(relative)) => {
            budget.comparisons(names.iter().count())?;
            Ok(is_below(names, relative))
        }
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
