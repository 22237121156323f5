//! The names of servers: which ones a certificate carries, and whether one of them is meant (RFC 9525).

pub(crate) mod constraint;
mod dns;
mod ip;
pub(crate) mod syntax;

pub(crate) use dns::{
    is_valid as is_valid_dns, is_valid_pattern as is_valid_dns_pattern, is_within as is_within_domain,
};
pub use ip::IpSubnet;

use crate::{
    certificate::Certificate, model::general_name::GeneralName, name::DistinguishedName, text::Plain,
};
use rustls_pki_types::ServerName;
use std::{fmt, net::IpAddr};

/// The tags of the kinds of names that are looked into (RFC 5280 section 4.2.1.6, GeneralName).
pub(crate) mod kind {
    use crate::der::tag::{in_place, wrapped};

    pub(crate) const EMAIL: u8 = in_place(1);
    pub(crate) const DNS: u8 = in_place(2);
    pub(crate) const DIRECTORY: u8 = wrapped(4);
    pub(crate) const URI: u8 = in_place(6);
    pub(crate) const IP: u8 = in_place(7);
}

/// One of the names a certificate is for. The text is as written; `Display` is safe to print.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AlternativeName<'a> {
    /// A domain name, perhaps with a wildcard as its first label.
    Dns(&'a str),
    /// An address.
    Ip(IpAddr),
    /// A mailbox.
    Email(&'a str),
    /// A URI.
    Uri(&'a str),
    /// A distinguished name.
    Directory(DistinguishedName<'a>),
    /// A kind of name that is not looked into.
    Other,
}

impl<'a> AlternativeName<'a> {
    /// A name whose encoding was checked when the certificate was read, by its tag and contents; `None` for an address
    /// of impossible length.
    pub(crate) fn checked(tag: u8, contents: &'a [u8]) -> Option<Self> {
        let text = || std::str::from_utf8(contents).ok();
        Some(match tag {
            kind::EMAIL => Self::Email(text()?),
            kind::DNS => Self::Dns(text()?),
            kind::URI => Self::Uri(text()?),
            kind::IP => Self::Ip(ip::from_octets(contents)?),
            kind::DIRECTORY => Self::Directory(DistinguishedName::checked(contents)),
            _ => Self::Other,
        })
    }

    /// `None` for an address of impossible length.
    pub(crate) fn from_model(name: GeneralName<'a>) -> Option<Self> {
        Some(match name {
            GeneralName::Dns(name) => Self::Dns(name.as_str()),
            GeneralName::Ip(octets) => Self::Ip(ip::from_octets(octets)?),
            GeneralName::Email(name) => Self::Email(name.as_str()),
            GeneralName::Uri(name) => Self::Uri(name.as_str()),
            GeneralName::Directory(name) => Self::Directory(name),
            GeneralName::Other(_)
            | GeneralName::X400(_)
            | GeneralName::EdiParty(_)
            | GeneralName::RegisteredId(_) => Self::Other,
        })
    }
}

impl fmt::Display for AlternativeName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) | Self::Email(name) | Self::Uri(name) => Plain(name).fmt(f),
            Self::Ip(address) => address.fmt(f),
            Self::Directory(name) => name.fmt(f),
            Self::Other => f.write_str("a name of another kind"),
        }
    }
}

/// Whether a certificate carries the name of a server.
///
/// RFC 9525 section 6: only `subjectAltName` counts, never the common name. A domain name matches without
/// regard to case, label by label in ASCII (internationalized names as A-labels); a wildcard stands for
/// exactly one label and only as the whole first one; an address matches exactly, and only an address.
///
/// ```
/// # use bulla_crypto::{private_key::PrivateKey, signature::KeyKind};
/// # use bulla_x509::{build::{CertificateTemplate, Name}, certificate::Certificate, names};
/// # let key = PrivateKey::generate(KeyKind::Ed25519).unwrap();
/// # let mut template = CertificateTemplate::new();
/// # template.names = vec![Name::Dns("*.example.org".into())];
/// # template.not_after = rustls_pki_types::UnixTime::now();
/// # let der = template.self_signed(&key).unwrap();
/// let certificate = Certificate::parse(&der).unwrap();
/// assert!(names::matches(&certificate, &"www.example.org".try_into().unwrap()));
/// assert!(!names::matches(&certificate, &"example.org".try_into().unwrap()));
/// ```
pub fn matches(certificate: &Certificate<'_>, server: &ServerName<'_>) -> bool {
    let mut names = certificate.extension_fields().raw_names();
    match server {
        ServerName::DnsName(wanted) => {
            names.any(|name| name.tag == kind::DNS && dns::matches(name.bytes, wanted))
        }
        ServerName::IpAddress(wanted) => {
            let wanted = Some(IpAddr::from(*wanted));
            names.any(|name| name.tag == kind::IP && ip::from_octets(name.bytes) == wanted)
        }
        _ => false,
    }
}

/// Whether a certificate carries the identity of a SIP domain (RFC 5922 sections 7.1 and 7.2): a `sip` URI without a
/// user, or, when there is none, a domain name. Wildcards stand for nothing here.
pub fn matches_sip(certificate: &Certificate<'_>, domain: &str) -> bool {
    let names = || certificate.subject_alternative_names();
    let mut uris = names()
        .filter_map(|name| match name {
            AlternativeName::Uri(uri) => syntax::sip_domain(uri),
            _ => None,
        })
        .peekable();
    let is_domain = |name: &str| dns::is_valid(name) && name.eq_ignore_ascii_case(domain);
    if uris.peek().is_some() {
        return uris.any(is_domain);
    }
    names().any(|name| matches!(name, AlternativeName::Dns(name) if is_domain(name)))
}
