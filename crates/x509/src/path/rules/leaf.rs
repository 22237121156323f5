//! The rules for the peer's own certificate.

use super::{Fault, list};
use crate::{
    certificate::{Certificate, KeyPurpose, KeyUsage},
    names::{self, AlternativeName},
    text::Plain,
    verdict::{Purpose, Rule, describe},
};
use rustls_pki_types::ServerName;

/// The purpose that a certificate and its authorities must be for.
pub(super) fn wanted(purpose: Purpose<'_>) -> KeyPurpose {
    match purpose {
        Purpose::Server(_) | Purpose::KeyTransportServer(_) => KeyPurpose::ServerAuth,
        Purpose::Client => KeyPurpose::ClientAuth,
    }
}

pub(super) fn check(leaf: &Certificate<'_>, purpose: Purpose<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    faults.extend(role(leaf));
    faults.extend(key_usage(leaf, purpose));
    faults.extend(extended_key_usage(leaf, purpose));
    faults.extend(profile(leaf));
    if let Purpose::Server(server) | Purpose::KeyTransportServer(server) = purpose {
        faults.extend(name(leaf, server));
    }
    faults
}

fn role(leaf: &Certificate<'_>) -> Option<Fault> {
    leaf.basic_constraints().filter(|basic| basic.authority).map(|_| {
        let detail =
            format!("\"{}\" is the certificate of an authority and must not be a peer's own", describe(leaf));
        let mend = "Have the authority issue a certificate for the server, and install that one.";
        (Rule::LeafIsAuthority, detail, mend.into())
    })
}

/// RFC 9846 section 4.5.1.2: "the digitalSignature bit MUST be set if the Key Usage extension is present". For the
/// key transport RFC 5246 section 7.4.2 has the same of keyEncipherment.
fn key_usage(leaf: &Certificate<'_>, purpose: Purpose<'_>) -> Option<Fault> {
    let (needed, name) = match purpose {
        Purpose::KeyTransportServer(_) => (KeyUsage::KEY_ENCIPHERMENT, "keyEncipherment"),
        Purpose::Server(_) | Purpose::Client => (KeyUsage::DIGITAL_SIGNATURE, "digitalSignature"),
    };
    let usage = leaf.key_usage().filter(|usage| !usage.contains(needed))?;
    let detail =
        format!("the key of \"{}\" is for {} only, not for {name}", describe(leaf), list(names_of(usage)));
    Some((Rule::WrongKeyUsage, detail, format!("Have a certificate issued whose keyUsage has {name}.")))
}

fn names_of(usage: KeyUsage) -> impl Iterator<Item = String> {
    usage.names().map(str::to_owned)
}

/// RFC 5280 section 4.2.1.12: "the certificate MUST only be used for one of the purposes indicated". "Any"
/// does not count for a peer's own certificate, as on the web.
fn extended_key_usage(leaf: &Certificate<'_>, purpose: Purpose<'_>) -> Option<Fault> {
    let usage = leaf.extended_key_usage().filter(|usage| !usage.contains(wanted(purpose)))?;
    let (who, needed) = match purpose {
        Purpose::Server(_) | Purpose::KeyTransportServer(_) => ("server", "serverAuth"),
        Purpose::Client => ("client", "clientAuth"),
    };
    let found = list(usage.names());
    let detail = format!("\"{}\" is for {found} (extKeyUsage), not for a TLS {who}", describe(leaf));
    Some((Rule::WrongPurpose, detail, format!("Have a certificate issued whose extKeyUsage has {needed}.")))
}

/// MUSTs of RFC 5280 that only end entities can break.
fn profile(leaf: &Certificate<'_>) -> Vec<Fault> {
    let name = describe(leaf);
    let fields = leaf.extension_fields();
    let is_authority = leaf.basic_constraints().is_some_and(|basic| basic.authority);
    let signs = leaf.key_usage().is_some_and(|usage| usage.contains(KeyUsage::CERTIFICATE_SIGNING));
    let mild = fields.alternative_names.as_ref().is_some_and(|names| !names.critical);
    let faults = [
        // Section 4.2.1.3: "If the keyCertSign bit is asserted, then the cA bit in the basic constraints
        // extension (Section 4.2.1.9) MUST also be asserted."
        (signs && !is_authority, "may sign certificates (keyUsage) but is not an authority"),
        // Section 4.2.1.10: name constraints "MUST be used only in a CA certificate".
        (fields.name_constraints.is_some() && !is_authority, "has name constraints but is not an authority"),
        // Section 4.2.1.6: with an empty subject the alternative names are "marked as critical".
        (
            mild && leaf.subject().is_empty(),
            "has no subject, but does not mark its alternative names as critical",
        ),
    ];
    let mend = "Have the certificate issued anew by current software.";
    let broken = faults.into_iter().filter(|(broken, _)| *broken);
    broken.map(|(_, what)| (Rule::BreaksProfile, format!("\"{name}\" {what}"), mend.to_owned())).collect()
}

fn name(leaf: &Certificate<'_>, server: &ServerName<'_>) -> Option<Fault> {
    if names::matches(leaf, server) {
        return None;
    }
    let wanted = server.to_str();
    let of_servers =
        |name: &AlternativeName<'_>| matches!(name, AlternativeName::Dns(_) | AlternativeName::Ip(_));
    let found: Vec<String> =
        leaf.subject_alternative_names().filter(of_servers).map(|name| name.to_string()).collect();
    if found.is_empty() {
        let common = leaf
            .subject()
            .common_name()
            .map(|name| format!("; its common name \"{}\" does not count", Plain(&name)));
        let detail = format!(
            "the certificate has no name of a server in subjectAltName{}",
            common.unwrap_or_default()
        );
        return Some((Rule::NoNames, detail, format!("Have a certificate issued with the name {wanted}.")));
    }
    if matches!(server, ServerName::IpAddress(_)) && found.iter().any(|name| *name == wanted) {
        let detail = format!(
            "the certificate has the address {wanted} as a domain name (dNSName), which does not count"
        );
        return Some((Rule::WrongName, detail, "Have a certificate issued with it as iPAddress.".into()));
    }
    let detail = format!("the certificate is for {}, not for {wanted}", list(found.into_iter()));
    let mend = "Connect by one of these names, or have a certificate issued that has this one too.";
    Some((Rule::WrongName, detail, mend.into()))
}
