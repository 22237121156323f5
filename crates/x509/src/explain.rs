//! Certificates in words: every extension, what it allows, demands or says.
//!
//! ```
//! # use bulla_crypto::{private_key::PrivateKey, signature::KeyKind};
//! # use bulla_x509::{build::{CertificateTemplate, Name}, certificate::Certificate, explain};
//! # let key = PrivateKey::generate(KeyKind::Ed25519).unwrap();
//! # let mut template = CertificateTemplate::server(vec![Name::Dns("localhost".into())]);
//! # template.not_after = rustls_pki_types::UnixTime::now();
//! # let der = template.self_signed(&key).unwrap();
//! let certificate = Certificate::parse(&der)?;
//! let usage = explain::extensions(&certificate).into_iter().find(|extension| extension.name == "keyUsage").unwrap();
//! assert_eq!(usage.says, ["the key may sign handshakes (digitalSignature)"]);
//! # Ok::<(), bulla_x509::certificate::ParseError>(())
//! ```
#![expect(clippy::result_large_err, reason = "the derives return asn1's own error, 136 bytes")]

mod words;

use crate::{
    certificate::{BasicConstraints, Certificate, KeyUsage},
    model::{
        extension::{AccessDescription, AuthorityKeyIdentifier, Extension, NameConstraints},
        general_name::GeneralName,
        list::List,
        oid,
    },
    names::{AlternativeName, IpSubnet},
    text::{Plain, hex},
};
use asn1::{Asn1Read, Asn1Readable, ObjectIdentifier, SequenceOf, Tlv};
use serde::Serialize;

/// An extension in words. All text is safe to print.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Explained {
    /// Its identifier in digits.
    pub id: String,
    /// Its name in the standards, or its identifier when it has none here.
    pub name: String,
    /// Whether a program that does not know it must refuse the certificate.
    pub critical: bool,
    /// What it says, a fact each. For an unknown one, its bytes.
    pub says: Vec<String>,
}

/// Each extension of a certificate, in order.
pub fn extensions(certificate: &Certificate<'_>) -> Vec<Explained> {
    certificate.raw_extensions().map(|extension| explain(&extension)).collect()
}

fn explain(extension: &Extension<'_>) -> Explained {
    let id = extension.id.to_string();
    let says = says(&extension.id, extension.value).unwrap_or_else(|| vec![bytes(extension.value)]);
    let name =
        oid::name(&extension.id).or_else(|| words::extension(&id)).map_or_else(|| id.clone(), str::to_owned);
    Explained { id, name, critical: extension.critical, says }
}

/// `None` for an extension that is not known or not well-formed.
fn says(id: &ObjectIdentifier, value: &[u8]) -> Option<Vec<String>> {
    match *id {
        oid::SUBJECT_ALTERNATIVE_NAME => names(value),
        oid::KEY_USAGE => key_usage(value),
        oid::EXTENDED_KEY_USAGE => purposes(value),
        oid::BASIC_CONSTRAINTS => basic_constraints(value),
        oid::SUBJECT_KEY_IDENTIFIER => Some(vec![hex(parse::<&[u8]>(value)?)]),
        oid::AUTHORITY_KEY_IDENTIFIER => authority_key(value),
        oid::AUTHORITY_INFORMATION_ACCESS => information_access(value),
        oid::CRL_DISTRIBUTION_POINTS => distribution_points(value),
        oid::CERTIFICATE_POLICIES => policies(value),
        oid::NAME_CONSTRAINTS => name_constraints(value),
        oid::TLS_FEATURE => features(value),
        oid::SCT_POISON => {
            Some(vec!["a precertificate: for transparency logs alone, not to be used".to_owned()])
        }
        oid::INHIBIT_ANY_POLICY => {
            let skipped: u64 = parse(value)?;
            Some(vec![format!("the policy \"any\" counts no more below {skipped} certificates")])
        }
        _ => match id.to_string().as_str() {
            words::TIMESTAMPS => timestamps(value),
            words::COMMENT => Some(vec![Plain(parse::<asn1::IA5String<'_>>(value)?.as_str()).to_string()]),
            _ => None,
        },
    }
}

fn parse<'a, T: Asn1Readable<'a>>(value: &'a [u8]) -> Option<T> {
    asn1::parse_single(value).ok()
}

/// At most so many bytes of an unknown extension are shown.
const SHOWN: usize = 24;

fn bytes(value: &[u8]) -> String {
    match value.get(..SHOWN) {
        Some(shown) if value.len() > SHOWN => format!("{} bytes: {}…", value.len(), hex(shown)),
        _ => format!("{} bytes: {}", value.len(), hex(value)),
    }
}

fn general_name(name: &GeneralName<'_>) -> String {
    let shown = AlternativeName::from_model(name.clone()).map(|name| name.to_string());
    shown.unwrap_or_else(|| "an address of impossible length".to_owned())
}

fn names(value: &[u8]) -> Option<Vec<String>> {
    let list: List<'_, GeneralName<'_>, 1> = parse(value)?;
    Some(list.iter().map(|name| general_name(&name)).collect())
}

fn key_usage(value: &[u8]) -> Option<Vec<String>> {
    let usage: KeyUsage = parse(value)?;
    let may: Vec<String> = usage.names().map(|name| format!("{} ({name})", words::usage(name))).collect();
    Some(vec![if may.is_empty() {
        "the key may be used for nothing".to_owned()
    } else {
        format!("the key may {}", may.join(", "))
    }])
}

fn purposes(value: &[u8]) -> Option<Vec<String>> {
    let list: List<'_, ObjectIdentifier, 1> = parse(value)?;
    let all = list.iter().map(|id| {
        let name = oid::describe(&id);
        words::purpose(&name).map_or_else(|| name.clone(), |words| format!("{words} ({name})"))
    });
    Some(vec![format!("for {}", all.collect::<Vec<_>>().join(", "))])
}

fn basic_constraints(value: &[u8]) -> Option<Vec<String>> {
    let constraints: BasicConstraints = parse(value)?;
    Some(vec![match (constraints.authority, constraints.path_length) {
        (false, _) => "no authority: it may not sign certificates".to_owned(),
        (true, None) => "an authority: it may sign certificates".to_owned(),
        (true, Some(0)) => {
            "an authority: it may sign certificates, but not those of other authorities".to_owned()
        }
        (true, Some(depth)) => {
            format!("an authority: it may sign certificates, with at most {depth} more below")
        }
    }])
}

fn authority_key(value: &[u8]) -> Option<Vec<String>> {
    let identifier: AuthorityKeyIdentifier<'_> = parse(value)?;
    let key = identifier.key_identifier.map(hex);
    let serial = identifier.serial.map(|serial| format!("serial number {}", hex(serial.as_bytes())));
    Some(key.into_iter().chain(serial).collect())
}

fn information_access(value: &[u8]) -> Option<Vec<String>> {
    let list: List<'_, AccessDescription<'_>, 1> = parse(value)?;
    let says = list.iter().map(|access| {
        let method = access.method.to_string();
        let what = words::access(&method).unwrap_or(method.as_str());
        format!("{what}: {}", general_name(&access.location))
    });
    Some(says.collect())
}

/// `DistributionPoint` (RFC 5280 section 4.2.1.13).
#[derive(Asn1Read)]
struct DistributionPoint<'a> {
    #[explicit(0)]
    name: Option<Tlv<'a>>,
    #[implicit(1)]
    _reasons: Option<asn1::BitString<'a>>,
    #[implicit(2)]
    _issuer: Option<SequenceOf<'a, GeneralName<'a>, 1>>,
}

fn distribution_points(value: &[u8]) -> Option<Vec<String>> {
    const FULL_NAME: u8 = 0xa0;
    let points: SequenceOf<'_, DistributionPoint<'_>, 1> = parse(value)?;
    let mut says = Vec::new();
    for name in points.filter_map(|point| point.name) {
        if name.full_data().first() == Some(&FULL_NAME) {
            let names = asn1::parse(name.data(), |parser| {
                let mut names = Vec::new();
                while !parser.is_empty() {
                    names.push(general_name(&parser.read_element::<GeneralName<'_>>()?));
                }
                Ok::<_, asn1::ParseError>(names)
            });
            says.extend(names.ok()?.into_iter().map(|name| format!("revocation list: {name}")));
        }
    }
    Some(says)
}

/// `PolicyInformation` (RFC 5280 section 4.2.1.4).
#[derive(Asn1Read)]
struct PolicyInformation<'a> {
    id: ObjectIdentifier,
    qualifiers: Option<SequenceOf<'a, PolicyQualifier<'a>, 1>>,
}

/// `PolicyQualifierInfo`.
#[derive(Asn1Read)]
struct PolicyQualifier<'a> {
    _id: ObjectIdentifier,
    qualifier: Tlv<'a>,
}

fn policies(value: &[u8]) -> Option<Vec<String>> {
    let policies: SequenceOf<'_, PolicyInformation<'_>, 1> = parse(value)?;
    let says = policies.map(|policy| {
        let id = policy.id.to_string();
        let words = words::policy(&id).map(|words| format!("{words} ({id})")).unwrap_or(id);
        let practice = policy.qualifiers.into_iter().flatten().find_map(|qualifier| {
            qualifier.qualifier.parse::<asn1::IA5String<'_>>().ok().map(|uri| Plain(uri.as_str()).to_string())
        });
        practice.map_or(words.clone(), |uri| format!("{words}: {uri}"))
    });
    Some(says.collect())
}

fn name_constraints(value: &[u8]) -> Option<Vec<String>> {
    let constraints: NameConstraints<'_> = parse(value)?;
    let subtree = |name: GeneralName<'_>| match name {
        GeneralName::Ip(octets) => IpSubnet::from_octets(octets).map(|subnet| subnet.to_string()),
        GeneralName::Dns(domain) if domain.as_str().is_empty() => Some("every domain".to_owned()),
        name => Some(general_name(&name)),
    };
    let all = |list: Option<List<'_, _, 1>>| {
        let bases = list.as_ref().map(List::iter).into_iter().flatten();
        bases
            .map(|tree: crate::model::extension::GeneralSubtree<'_>| {
                subtree(tree.base).unwrap_or_else(|| "a malformed range of addresses".to_owned())
            })
            .collect::<Vec<_>>()
    };
    let line =
        |verb: &str, list: Vec<String>| (!list.is_empty()).then(|| format!("{verb} {}", list.join(", ")));
    let permitted = line("may vouch only for", all(constraints.permitted));
    let excluded = line("may not vouch for", all(constraints.excluded));
    Some(permitted.into_iter().chain(excluded).collect())
}

/// RFC 7633: the numbers of TLS extensions that the server must answer with.
fn features(value: &[u8]) -> Option<Vec<String>> {
    let features: SequenceOf<'_, u16> = parse(value)?;
    let says = features.map(|feature| match feature {
        5 => "the server must send a fresh proof that it is not revoked (OCSP must-staple)".to_owned(),
        other => format!("the server must answer with the TLS extension {other}"),
    });
    Some(says.collect())
}

/// RFC 6962 section 3.3: a list of timestamps in TLS encoding, within an OCTET STRING.
fn timestamps(value: &[u8]) -> Option<Vec<String>> {
    let (len, mut rest) = parse::<&[u8]>(value)?.split_first_chunk::<2>()?;
    (usize::from(u16::from_be_bytes(*len)) == rest.len()).then_some(())?;
    let mut says = Vec::new();
    while !rest.is_empty() {
        let (len, behind) = rest.split_first_chunk::<2>()?;
        let (timestamp, behind) = behind.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
        rest = behind;
        // Version, the log's identifier, milliseconds since 1970.
        let log = timestamp.get(1..33)?;
        let millis = u64::from_be_bytes(timestamp.get(33..41)?.try_into().ok()?);
        let at = rustls_pki_types::UnixTime::since_unix_epoch(std::time::Duration::from_millis(millis));
        let moment = crate::model::time::show(at);
        says.push(format!("logged {moment} by {}…", hex(log.get(..8)?)));
    }
    Some(says)
}

#[cfg(test)]
mod tests;
