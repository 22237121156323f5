//! How names are written, and which an authority may certify.

use super::{At, Outcome, list};
use crate::{
    model::{extension::GeneralSubtree, general_name::GeneralName, list::List},
    names::{
        AlternativeName,
        constraint::{self, Breach, Side},
        syntax::{self, Suffix},
    },
    text::Plain,
    verdict::{Purpose, describe},
};
use std::net::IpAddr;

fn alternative_names<'a>(at: &At<'_, 'a>) -> Option<impl Iterator<Item = GeneralName<'a>> + use<'a>> {
    at.certificate().extension_fields().alternative_names().map(|known| known.value.iter())
}

/// RFC 5280 section 4.2.1.6, each kind of name by its own standard. The wildcard is that of RFC 9525.
pub(super) fn written(at: &At<'_, '_>) -> Outcome {
    Outcome::of(alternative_names(at), |mut names| names.any(|name| is_malformed(&name)))
}

fn is_malformed(name: &GeneralName<'_>) -> bool {
    match name {
        GeneralName::Dns(name) => !syntax::is_dns_pattern(name.as_str()) && !is_address(name.as_str()),
        GeneralName::Email(name) => !syntax::is_mailbox(name.as_str()),
        GeneralName::Uri(name) => !syntax::is_uri(name.as_str()),
        _ => false,
    }
}

pub(super) fn say_written(at: &At<'_, '_>) -> (String, String) {
    let found = alternative_names(at).into_iter().flatten().filter(is_malformed);
    let shown = list(found.map(|name| format!("\"{}\"", constraint::show(&name))));
    (
        format!("\"{}\" carries {shown}, which is not written as the standard describes", at.name()),
        "Have the certificate issued anew with names that could be real.".into(),
    )
}

fn is_address(name: &str) -> bool {
    name.parse::<IpAddr>().is_ok()
}

pub(super) fn address_as_domain(at: &At<'_, '_>) -> Outcome {
    Outcome::of(alternative_names(at), |mut names| {
        names.any(|name| matches!(name, GeneralName::Dns(name) if is_address(name.as_str())))
    })
}

/// BR 3.2.2.6: no wildcard for all that is below a public suffix, the root of all names among them.
pub(super) fn wildcard(at: &At<'_, '_>) -> Outcome {
    Outcome::of(alternative_names(at), |mut names| {
        names.any(|name| matches!(name, GeneralName::Dns(name) if stands_for(name.as_str(), Suffix::Public)))
    })
}

/// The same for the suffixes that companies run.
pub(super) fn private_wildcard(at: &At<'_, '_>) -> Outcome {
    Outcome::of(alternative_names(at), |mut names| {
        names.any(|name| matches!(name, GeneralName::Dns(name) if stands_for(name.as_str(), Suffix::Private)))
    })
}

/// Whether a wildcard stands for all that is below a suffix of the sort.
fn stands_for(pattern: &str, sort: Suffix) -> bool {
    match pattern.strip_prefix("*.") {
        Some(parent) => syntax::suffix(parent) == Some(sort),
        None => pattern == "*" && sort == Suffix::Public,
    }
}

/// BR 7.1.4.3: the common name is a character-for-character copy of an alternative name; addresses are in the one
/// form of RFC 3986 or RFC 5952. Like is held against like: in a certificate for addresses or wildcards alone, a
/// domain name has none that it could be a wrong copy of.
pub(super) fn common_name(at: &At<'_, '_>) -> Outcome {
    let mut names = at.certificate().subject().common_names().peekable();
    let of_server = matches!(at.env.purpose, Purpose::Server(_) | Purpose::KeyTransportServer(_));
    let subject = (of_server && names.peek().is_some()).then_some(names);
    Outcome::of(subject, |mut names| {
        names.any(|common| {
            let alone = !common.starts_with('*') && syntax::is_domain_name(&common) && !has_domain_name(at);
            !alone
                && !at.certificate().subject_alternative_names().any(|name| match name {
                    AlternativeName::Dns(name) => name == common,
                    AlternativeName::Ip(address) => address.to_string() == common,
                    _ => false,
                })
        })
    })
}

fn has_domain_name(at: &At<'_, '_>) -> bool {
    let mut names = at.certificate().subject_alternative_names();
    names.any(|name| matches!(name, AlternativeName::Dns(name) if !name.starts_with("*.")))
}

pub(super) fn say_common_name(at: &At<'_, '_>) -> (String, String) {
    let common = at.certificate().subject().common_name().unwrap_or_default();
    (
        format!(
            "the common name \"{}\" is not one of the alternative names, letter for letter",
            Plain(&common)
        ),
        "Have the certificate issued with that name in subjectAltName too, or without a common name.".into(),
    )
}

fn subtrees<'a>(at: &At<'_, 'a>) -> Option<impl Iterator<Item = GeneralSubtree<'a>> + use<'a>> {
    let constraints = at.certificate().extension_fields().name_constraints()?.value;
    let list =
        |side: &Option<List<'a, GeneralSubtree<'a>, 1>>| side.as_ref().map(List::iter).into_iter().flatten();
    Some(list(&constraints.permitted).chain(list(&constraints.excluded)))
}

/// RFC 5280 section 4.2.1.10, whether or not a name is held against it.
pub(super) fn constraints_written(at: &At<'_, '_>) -> Outcome {
    Outcome::of(subtrees(at), |mut subtrees| subtrees.any(|subtree| constraint::is_malformed(&subtree)))
}

pub(super) fn say_constraints_written(at: &At<'_, '_>) -> (String, String) {
    let found = subtrees(at).into_iter().flatten().filter(constraint::is_malformed);
    let shown = list(found.map(|subtree| format!("\"{}\"", constraint::show(&subtree.base))));
    (
        format!(
            "\"{}\" has the name constraint {shown}, which is not written as the standard describes",
            at.name()
        ),
        "Have the authority's certificate issued anew; a domain is constrained by its bare name.".into(),
    )
}

/// The first breach of the constraints of this authority that is of the wanted sort.
///
/// RFC 5280 section 6.1.3 (b) and (c): constraints bind every certificate below, but not self-issued intermediates.
fn breach(at: &At<'_, '_>, sides: &[Side], is_wanted: fn(&Breach) -> bool) -> Option<Breach> {
    let constraints = at.certificate().extension_fields().name_constraints()?.value;
    for below in 0..at.link {
        let certificate = &at.other(below)?.certificate;
        if below > 0 && certificate.is_self_issued() {
            continue;
        }
        let found = constraint::check(&constraints, certificate, sides, &at.env.budget).err();
        if let Some(breach) = found.filter(|breach| is_wanted(breach) || matches!(breach, Breach::Budget(_)))
        {
            return Some(breach);
        }
    }
    None
}

fn outcome(at: &At<'_, '_>, sides: &[Side], is_wanted: fn(&Breach) -> bool) -> Outcome {
    let constrained = at.certificate().places().name_constraints.is_some() && at.link > 0;
    match constrained.then(|| breach(at, sides, is_wanted)) {
        None => Outcome::NotApplicable,
        Some(None) => Outcome::Held,
        Some(Some(Breach::Budget(exhausted))) => Outcome::Exhausted(exhausted),
        Some(Some(_)) => Outcome::Broken,
    }
}

fn is_excluded(breach: &Breach) -> bool {
    matches!(breach, Breach::Excluded(_))
}

fn is_not_permitted(breach: &Breach) -> bool {
    matches!(breach, Breach::NotPermitted(_))
}

fn is_unclear(breach: &Breach) -> bool {
    matches!(breach, Breach::Unclear(_))
}

pub(super) fn excluded(at: &At<'_, '_>) -> Outcome {
    outcome(at, &[Side::Excluded], is_excluded)
}

pub(super) fn permitted(at: &At<'_, '_>) -> Outcome {
    outcome(at, &[Side::Permitted], is_not_permitted)
}

pub(super) fn clear(at: &At<'_, '_>) -> Outcome {
    outcome(at, &[Side::Excluded, Side::Permitted], is_unclear)
}

pub(super) fn say_breach(at: &At<'_, '_>) -> (String, String) {
    let sides = [Side::Excluded, Side::Permitted];
    let by = describe(at.certificate());
    let detail = match breach(at, &sides, |_| true) {
        Some(Breach::NotPermitted(name)) => {
            let permitted = at.certificate().name_constraints().map(|constraints| constraints.permitted());
            let permitted = list(permitted.into_iter().flatten().map(|subtree| subtree.to_string()));
            format!("\"{by}\" may certify only {permitted}, not \"{name}\"")
        }
        Some(Breach::Excluded(name)) => format!("\"{by}\" must not certify \"{name}\""),
        Some(Breach::Unclear(what)) => format!("the constraints of \"{by}\" cannot be applied: {what}"),
        Some(Breach::Budget(exhausted)) => exhausted.describe(),
        None => format!("the constraints of \"{by}\" are not kept"),
    };
    (detail, "Use names that the authority may certify, or an authority that may certify these.".into())
}
