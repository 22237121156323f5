//! Name constraints: what an authority may certify (RFC 5280 section 4.2.1.10).

use super::{dns, ip, syntax};
use crate::{
    certificate::Certificate,
    model::{
        extension::{GeneralSubtree, NameConstraints},
        general_name::GeneralName,
        list::List,
    },
    name::DistinguishedName,
    names::{AlternativeName, IpSubnet},
    path::budget::{Budget, Exhausted},
    text::Plain,
};

/// How a name breaks the constraints of an authority above it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Breach {
    /// None of the permitted subtrees of the name's kind holds it.
    NotPermitted(String),
    /// An excluded subtree holds it.
    Excluded(String),
    /// The constraint or the name cannot be judged, and must therefore refuse.
    Unclear(String),
    /// Too many comparisons.
    Budget(Exhausted),
}

impl From<Exhausted> for Breach {
    fn from(exhausted: Exhausted) -> Self {
        Self::Budget(exhausted)
    }
}

/// Checks every name of a certificate against one or both sides of the constraints of one authority above it.
pub(crate) fn check(
    constraints: &NameConstraints<'_>,
    certificate: &Certificate<'_>,
    sides: &[Side],
    budget: &Budget,
) -> Result<(), Breach> {
    let fields = certificate.extension_fields();
    let check_name = |name: &GeneralName<'_>| {
        sides.iter().try_for_each(|side| match side {
            Side::Excluded => check_excluded(constraints, name, budget),
            Side::Permitted => check_permitted(constraints, name, budget),
        })
    };
    for name in fields.alternative_names().iter().flat_map(|names| names.value.iter()) {
        check_name(&name)?;
    }
    let subject = certificate.subject();
    if !subject.is_empty() {
        check_name(&GeneralName::Directory(subject))?;
    }
    // "When constraints are imposed on the rfc822Name name form, but the certificate does not include a
    // subject alternative name, the rfc822Name constraint MUST be applied to the attribute of type
    // emailAddress in the subject distinguished name."
    if fields.alternative_names().is_none() {
        for address in subject.email_addresses() {
            let mailbox = asn1::IA5String::new(&address).ok_or_else(|| unclear("mailbox", &address))?;
            check_name(&GeneralName::Email(mailbox))?;
        }
    }
    Ok(())
}

fn check_excluded(
    constraints: &NameConstraints<'_>,
    name: &GeneralName<'_>,
    budget: &Budget,
) -> Result<(), Breach> {
    for subtree in constraints.excluded.iter().flat_map(List::iter) {
        budget.comparison()?;
        if judge(name, &subtree, Side::Excluded)? == Some(true) {
            return Err(Breach::Excluded(show(name)));
        }
    }
    Ok(())
}

fn check_permitted(
    constraints: &NameConstraints<'_>,
    name: &GeneralName<'_>,
    budget: &Budget,
) -> Result<(), Breach> {
    let mut of_its_kind = false;
    for subtree in constraints.permitted.iter().flat_map(List::iter) {
        budget.comparison()?;
        match judge(name, &subtree, Side::Permitted)? {
            Some(true) => return Ok(()),
            Some(false) => of_its_kind = true,
            None => {}
        }
    }
    if of_its_kind { Err(Breach::NotPermitted(show(name))) } else { Ok(()) }
}

/// Which list a subtree is in: a wildcard must lie wholly inside a permitted one, and must not touch an
/// excluded one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Side {
    Permitted,
    Excluded,
}

/// Whether a subtree is not written as RFC 5280 section 4.2.1.10 has it.
pub(crate) fn is_malformed(subtree: &GeneralSubtree<'_>) -> bool {
    let is_host = |host: &str| dns::is_valid(host.strip_prefix('.').unwrap_or(host));
    let base = match &subtree.base {
        GeneralName::Dns(base) => !base.as_str().is_empty() && !dns::is_valid(base.as_str()),
        GeneralName::Ip(range) => IpSubnet::from_octets(range).is_none(),
        GeneralName::Email(base) => match base.as_str().split_once('@') {
            Some(_) => split_mailbox(base.as_str()).is_none(),
            None => !base.as_str().is_empty() && !is_host(base.as_str()),
        },
        GeneralName::Uri(base) => !base.as_str().is_empty() && !is_host(base.as_str()),
        _ => false,
    };
    base || subtree.minimum != 0 || subtree.maximum.is_some()
}

/// Whether the subtree holds the name; `None` when it speaks of another kind of name.
fn judge(name: &GeneralName<'_>, subtree: &GeneralSubtree<'_>, side: Side) -> Result<Option<bool>, Breach> {
    // "Within this profile, the minimum and maximum fields are not used with any name forms, thus, the
    // minimum MUST be zero, and maximum MUST be absent."
    if subtree.minimum != 0 || subtree.maximum.is_some() {
        return Err(Breach::Unclear("a name constraint with a minimum or maximum".into()));
    }
    match (name, &subtree.base) {
        (GeneralName::Dns(name), GeneralName::Dns(base)) => {
            domain(name.as_str(), base.as_str(), side).map(Some)
        }
        (GeneralName::Ip(address), GeneralName::Ip(range)) => in_range(address, range).map(Some),
        (GeneralName::Directory(name), GeneralName::Directory(base)) => Ok(Some(directory(name, base))),
        (GeneralName::Email(name), GeneralName::Email(base)) => {
            mailbox(name.as_str(), base.as_str()).map(Some)
        }
        (GeneralName::Uri(name), GeneralName::Uri(base)) => uri(name.as_str(), base.as_str()).map(Some),
        // Kinds of name that are not looked into: RFC 5280 section 4.2.1.10 asks to refuse what cannot be
        // processed.
        (GeneralName::Other(_), GeneralName::Other(_))
        | (GeneralName::X400(_), GeneralName::X400(_))
        | (GeneralName::EdiParty(_), GeneralName::EdiParty(_))
        | (GeneralName::RegisteredId(_), GeneralName::RegisteredId(_)) => {
            Err(Breach::Unclear("a name of a kind whose constraints are not supported".into()))
        }
        _ => Ok(None),
    }
}

/// "The constraint MUST be specified as a fully qualified domain name and MAY specify a host or a domain." "When the
/// constraint begins with a period, it MAY be expanded with one or more labels." A URI whose host is no domain name
/// is refused: "the application MUST reject the certificate".
fn uri(name: &str, base: &str) -> Result<bool, Breach> {
    let host = syntax::uri_host(name).filter(|host| dns::is_valid(host));
    let host = host.ok_or_else(|| unclear("URI", name))?;
    let domain = base.strip_prefix('.');
    if !base.is_empty() && !dns::is_valid(domain.unwrap_or(base)) {
        return Err(unclear("URI constraint", base));
    }
    Ok(match domain {
        Some(domain) => host.len() > domain.len() && dns::is_within(host, domain),
        None => base.is_empty() || host.eq_ignore_ascii_case(base),
    })
}

fn domain(name: &str, base: &str, side: Side) -> Result<bool, Breach> {
    if !base.is_empty() && !dns::is_valid(base) {
        return Err(unclear("domain name constraint", base));
    }
    if !dns::is_valid_pattern(name) {
        return Err(unclear("domain name", name));
    }
    Ok(match (name.strip_prefix("*."), side) {
        (Some(parent), Side::Permitted) => dns::is_within(parent, base),
        // `*.example.org` stands also for `secret.example.org`.
        (Some(parent), Side::Excluded) => {
            dns::is_within(parent, base)
                || base.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(parent))
        }
        (None, _) => dns::is_within(name, base),
    })
}

fn in_range(address: &[u8], range: &[u8]) -> Result<bool, Breach> {
    let malformed = || Breach::Unclear("a malformed range of addresses".into());
    let range = IpSubnet::from_octets(range).ok_or_else(malformed)?;
    Ok(range.contains(ip::from_octets(address).ok_or_else(malformed)?))
}

fn directory(name: &DistinguishedName<'_>, base: &DistinguishedName<'_>) -> bool {
    name.is_within(base)
}

/// "To indicate a particular mailbox, the constraint is the complete mail address." "To indicate all Internet
/// mail addresses on a particular host, the constraint is specified as the host name." "To specify any
/// address within a domain, the constraint is specified with a leading period".
fn mailbox(name: &str, base: &str) -> Result<bool, Breach> {
    let (local, host) = split_mailbox(name).ok_or_else(|| unclear("mailbox", name))?;
    if let Some((base_local, base_host)) = base.rsplit_once('@') {
        split_mailbox(base).ok_or_else(|| unclear("mailbox constraint", base))?;
        return Ok(local == base_local && host.eq_ignore_ascii_case(base_host));
    }
    let domain = base.strip_prefix('.');
    if !base.is_empty() && !dns::is_valid(domain.unwrap_or(base)) {
        return Err(unclear("mailbox constraint", base));
    }
    Ok(match domain {
        Some(domain) => host.len() > domain.len() && dns::is_within(host, domain),
        None => base.is_empty() || host.eq_ignore_ascii_case(base),
    })
}

/// Local part and host; quoted local parts are not looked into.
fn split_mailbox(name: &str) -> Option<(&str, &str)> {
    name.split_once('@')
        .filter(|(local, host)| !local.is_empty() && !local.contains('"') && dns::is_valid(host))
}

fn unclear(kind: &str, text: &str) -> Breach {
    Breach::Unclear(format!("the {kind} \"{}\", which is malformed or not supported", Plain(text)))
}

pub(crate) fn show(name: &GeneralName<'_>) -> String {
    AlternativeName::from_model(name.clone())
        .map_or_else(|| "a malformed address".into(), |name| name.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_against_subtrees() {
        for (name, base, side, expected) in [
            ("*.example.org", "example.org", Side::Permitted, true),
            ("*.example.org", "www.example.org", Side::Permitted, false),
            ("*.example.org", "www.example.org", Side::Excluded, true),
            ("*.example.org", "a.www.example.org", Side::Excluded, false),
            ("*.example.org", "example.org", Side::Excluded, true),
            ("*.example.org", "org", Side::Excluded, true),
            ("*.example.org", "", Side::Excluded, true),
            ("*.example.org", "other.org", Side::Excluded, false),
            ("www.example.org", "example.org", Side::Permitted, true),
            ("badexample.org", "example.org", Side::Permitted, false),
        ] {
            assert_eq!(domain(name, base, side), Ok(expected), "{name} in {base}");
        }
        assert!(domain("www.example.org", ".example.org", Side::Permitted).is_err());
        assert!(domain("www .example.org", "example.org", Side::Permitted).is_err());
    }

    #[test]
    fn what_cannot_be_applied_refuses() {
        let uri = || GeneralName::Uri(asn1::IA5String::new("https://example.org").unwrap());
        let dns = || GeneralName::Dns(asn1::IA5String::new("example.org").unwrap());
        let other = || GeneralName::RegisteredId(asn1::oid!(1, 2, 3));
        let subtree = |base, minimum, maximum| GeneralSubtree { base, minimum, maximum };
        for side in [Side::Permitted, Side::Excluded] {
            assert!(judge(&other(), &subtree(other(), 0, None), side).is_err());
            assert_eq!(judge(&dns(), &subtree(uri(), 0, None), side), Ok(None));
            assert_eq!(judge(&dns(), &subtree(dns(), 0, None), side), Ok(Some(true)));
            assert!(judge(&dns(), &subtree(dns(), 1, None), side).is_err());
            assert!(judge(&dns(), &subtree(dns(), 0, Some(3)), side).is_err());
        }
    }

    #[test]
    fn mailboxes() {
        for (name, base, expected) in [
            ("root@example.org", "root@example.org", true),
            ("root@EXAMPLE.org", "root@example.org", true),
            ("Root@example.org", "root@example.org", false),
            ("root@example.org", "example.org", true),
            ("root@host.example.org", "example.org", false),
            ("root@host.example.org", ".example.org", true),
            ("root@example.org", ".example.org", false),
            ("root@example.org", "", true),
        ] {
            assert_eq!(mailbox(name, base), Ok(expected), "{name} in {base}");
        }
        assert!(mailbox("a@b@example.org", "example.org").is_err());
        assert!(mailbox("a@example.org", "a@b@example.org").is_err());
    }

    #[test]
    fn uris() {
        for (name, base, expected) in [
            ("https://example.org/a", "example.org", true),
            ("https://user@EXAMPLE.org:8443", "example.org", true),
            ("https://www.example.org", "example.org", false),
            ("https://www.example.org", ".example.org", true),
            ("sip:example.org", "example.org", true),
            ("https://example.org", ".example.org", false),
        ] {
            assert_eq!(uri(name, base), Ok(expected), "{name} in {base}");
        }
        assert!(uri("https://192.0.2.1/", "example.org").is_err());
        assert!(uri("urn:a", "example.org").is_err() || uri("urn:a", "example.org") == Ok(false));
        assert!(uri("https://example.org", "https://example.org").is_err());
    }
}
