//! The rules for the peer's own certificate.

use super::{At, Outcome, list};
use crate::{
    certificate::{Certificate, KeyPurpose, KeyUsage},
    names::{self, AlternativeName, kind},
    text::Plain,
    verdict::Purpose,
};

pub(super) fn is_no_authority(at: &At<'_, '_>) -> Outcome {
    let is_peer = !matches!(at.env.purpose, Purpose::Any);
    Outcome::of(is_peer.then_some(()), |()| at.certificate().is_authority())
}

/// RFC 9846 section 4.5.1.2: "the digitalSignature bit MUST be set if the Key Usage extension is present". For the
/// key transport RFC 5246 section 7.4.2 has the same of keyEncipherment.
fn needed(purpose: Purpose<'_>) -> Option<(KeyUsage, &'static str)> {
    match purpose {
        Purpose::KeyTransportServer(_) => Some((KeyUsage::KEY_ENCIPHERMENT, "keyEncipherment")),
        Purpose::Server(_) | Purpose::SipServer(_) | Purpose::Client => {
            Some((KeyUsage::DIGITAL_SIGNATURE, "digitalSignature"))
        }
        Purpose::Any => None,
    }
}

pub(super) fn key_usage(at: &At<'_, '_>) -> Outcome {
    let both = at.certificate().key_usage().zip(needed(at.env.purpose));
    Outcome::of(both, |(usage, (needed, _))| !usage.contains(needed))
}

pub(super) fn say_key_usage(at: &At<'_, '_>) -> (String, String) {
    let needed = needed(at.env.purpose).map_or("", |(_, name)| name);
    let found = at.certificate().key_usage().map(|usage| list(usage.names().map(str::to_owned)));
    (
        format!("the key of \"{}\" is for {} only, not for {needed}", at.name(), found.unwrap_or_default()),
        format!("Have a certificate issued whose keyUsage has {needed}."),
    )
}

/// BR 7.1.2.7.11: keyCertSign and cRLSign are not permitted.
pub(super) fn signs_nothing(at: &At<'_, '_>) -> Outcome {
    Outcome::of(at.certificate().key_usage(), |usage| {
        usage.contains(KeyUsage::CERTIFICATE_SIGNING) || usage.contains(KeyUsage::CRL_SIGNING)
    })
}

/// Whether the purposes are not what they should be, when there are any and one is wanted.
fn purposes(at: &At<'_, '_>, is_broken: impl FnOnce(bool, bool) -> bool) -> Outcome {
    let wanted = at.env.purpose.wanted();
    let usage = at.certificate().extended_key_usage().filter(|_| !wanted.is_empty());
    Outcome::of(usage, |usage| {
        is_broken(wanted.iter().any(|purpose| usage.contains(*purpose)), usage.contains(KeyPurpose::Any))
    })
}

/// RFC 5280 section 4.2.1.12: "the certificate MUST only be used for one of the purposes indicated".
pub(super) fn purpose(at: &At<'_, '_>) -> Outcome {
    purposes(at, |wanted, any| !wanted && !any)
}

/// "Applications MAY require that the extended key usage extension be present and that a particular purpose be
/// indicated": those of the web do.
pub(super) fn any_is_not_enough(at: &At<'_, '_>) -> Outcome {
    purposes(at, |wanted, any| !wanted && any)
}

pub(super) fn any_purpose(at: &At<'_, '_>) -> Outcome {
    purposes(at, |_, any| any)
}

pub(super) fn say_purpose(at: &At<'_, '_>) -> (String, String) {
    let (who, needed) = match at.env.purpose {
        Purpose::Server(_) | Purpose::KeyTransportServer(_) => ("TLS server", "serverAuth"),
        Purpose::SipServer(_) => ("SIP server", "sipDomain or serverAuth"),
        Purpose::Client => ("TLS client", "clientAuth"),
        Purpose::Any => ("peer", "it"),
    };
    let found = at.certificate().extended_key_usage().map(|usage| list(usage.names())).unwrap_or_default();
    (
        format!("\"{}\" is for {found} (extKeyUsage), not for a {who}", at.name()),
        format!("Have a certificate issued whose extKeyUsage has {needed}."),
    )
}

/// BR 7.1.2.7.6: extKeyUsage "MUST" be present.
pub(super) fn has_purpose(at: &At<'_, '_>) -> Outcome {
    let wanted = !at.env.purpose.wanted().is_empty();
    Outcome::of(wanted.then_some(()), |()| at.certificate().extended_key_usage().is_none())
}

/// BR 7.1.2.7.6: extKeyUsage is not critical.
pub(super) fn purposes_mark(at: &At<'_, '_>) -> Outcome {
    let field = at.certificate().places().extended_key_usage.as_ref();
    Outcome::of(field, |known| known.critical)
}

/// Whether the certificate has a name of the kind that is asked for.
fn has_names(leaf: &Certificate<'_>, purpose: Purpose<'_>) -> Option<bool> {
    let is_of_kind = |tag: u8| match purpose {
        Purpose::SipServer(_) => matches!(tag, kind::DNS | kind::URI),
        _ => matches!(tag, kind::DNS | kind::IP),
    };
    match purpose {
        Purpose::Client | Purpose::Any => None,
        _ => Some(leaf.extension_fields().raw_names().any(|name| is_of_kind(name.tag))),
    }
}

pub(super) fn named(at: &At<'_, '_>) -> Outcome {
    Outcome::of(has_names(at.certificate(), at.env.purpose), |has| !has)
}

pub(super) fn say_named(at: &At<'_, '_>) -> (String, String) {
    let common = at
        .certificate()
        .subject()
        .common_name()
        .map(|name| format!("; its common name \"{}\" does not count", Plain(&name)));
    (
        format!("the certificate has no name of a server in subjectAltName{}", common.unwrap_or_default()),
        format!("Have a certificate issued with the name {}.", at.env.purpose.name()),
    )
}

pub(super) fn is_meant(at: &At<'_, '_>) -> Outcome {
    let leaf = at.certificate();
    let has_names = has_names(leaf, at.env.purpose).unwrap_or(false);
    Outcome::of(has_names.then_some(()), |()| match at.env.purpose {
        Purpose::Server(server) | Purpose::KeyTransportServer(server) => !names::matches(leaf, server),
        Purpose::SipServer(domain) => !names::matches_sip(leaf, domain),
        Purpose::Client | Purpose::Any => false,
    })
}

pub(super) fn say_is_meant(at: &At<'_, '_>) -> (String, String) {
    let wanted = at.env.purpose.name();
    let is_shown = |name: &AlternativeName<'_>| {
        matches!(name, AlternativeName::Dns(_) | AlternativeName::Ip(_) | AlternativeName::Uri(_))
    };
    let names = || at.certificate().subject_alternative_names().filter(is_shown);
    if wanted.parse::<std::net::IpAddr>().is_ok() && names().any(|name| name.to_string() == wanted) {
        return (
            format!(
                "the certificate has the address {wanted} as a domain name (dNSName), which does not count"
            ),
            "Have a certificate issued with it as iPAddress.".into(),
        );
    }
    (
        format!("the certificate is for {}, not for {wanted}", list(names().map(|name| name.to_string()))),
        "Connect by one of these names, or have a certificate issued that has this one too.".into(),
    )
}
