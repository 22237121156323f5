//! Whom a certificate vouches for, and how well that was looked into.

mod entitled;

use crate::{
    certificate::Certificate,
    model::oid,
    names::AlternativeName,
    text::{Plain, cut},
};
use asn1::ObjectIdentifier;
use serde::Serialize;
use std::fmt;

/// The most names of a kind that an identity lists, and the longest that one is shown.
const MOST: usize = 100;
const LONGEST: usize = 500;

/// Whom a trusted certificate vouches for. All text is safe to print.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Identity {
    /// How well the authority looked.
    pub level: Level,
    /// The organization that the certificate names. Only [`Level::Organization`] and [`Level::Extended`] vouch for it.
    pub organization: Option<String>,
    /// Its country.
    pub country: Option<String>,
    /// The common name, as far as it says more than the names.
    pub common_name: Option<String>,
    /// The domain names and addresses.
    pub servers: Vec<String>,
    /// The mailboxes: alternative names and, without any, the e-mail addresses of the subject.
    pub mailboxes: Vec<String>,
    /// The URIs.
    pub uris: Vec<String>,
}

/// How well the identity in a certificate was looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// A private authority vouches: what it looked into is between it and whoever trusts it.
    Private,
    /// Control of the domain (DV).
    Domain,
    /// Control of the domain, and a person (IV).
    Individual,
    /// Control of the domain, and the organization (OV).
    Organization,
    /// The organization by the Extended Validation Guidelines (EV), and an authority that is entitled to say so.
    Extended,
}

/// What the address bar of a browser shows beside the padlock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AddressBar {
    /// In 2017: the green name of the organization and its country, for EV only.
    pub of_2017: Option<String>,
    /// Today: nothing; the name is found behind the padlock.
    pub of_today: Option<String>,
}

impl Identity {
    /// What a trusted leaf says of itself below this anchor.
    pub(crate) fn of(leaf: &Certificate<'_>, anchor: &Certificate<'_>) -> Self {
        let subject = leaf.subject();
        let shown = |text: &str| cut(&Plain(text).to_string(), LONGEST);
        let (mut servers, mut mailboxes, mut uris) = (Vec::new(), Vec::new(), Vec::new());
        for name in leaf.subject_alternative_names().take(MOST) {
            match name {
                AlternativeName::Dns(_) | AlternativeName::Ip(_) => servers.push(shown(&name.to_string())),
                AlternativeName::Email(mailbox) => mailboxes.push(shown(mailbox)),
                AlternativeName::Uri(uri) => uris.push(shown(uri)),
                AlternativeName::Directory(_) | AlternativeName::Other => {}
            }
        }
        if leaf.places().alternative_names.is_none() {
            mailboxes.extend(subject.email_addresses().take(MOST).map(|mailbox| shown(&mailbox)));
        }
        Self {
            level: Level::of(leaf, anchor),
            organization: subject.organization().map(|text| shown(&text)),
            country: subject.country().map(|text| shown(&text)),
            common_name: subject.common_name().map(|text| shown(&text)),
            servers,
            mailboxes,
            uris,
        }
    }

    /// What browsers show.
    pub fn address_bar(&self) -> AddressBar {
        let of_2017 = match (self.level, &self.organization, &self.country) {
            (Level::Extended, Some(organization), Some(country)) => {
                Some(format!("{organization} [{country}]"))
            }
            (Level::Extended, Some(organization), None) => Some(organization.clone()),
            _ => None,
        };
        AddressBar { of_2017, of_today: None }
    }
}

impl Level {
    fn of(leaf: &Certificate<'_>, anchor: &Certificate<'_>) -> Self {
        if !entitled::is_public(anchor.der()) {
            return Self::Private;
        }
        let policies = || {
            let list = leaf.extension_fields().policies().map(|known| known.value.iter());
            list.into_iter().flatten().take(MOST).map(|policy| policy.id)
        };
        let has = |wanted: ObjectIdentifier| policies().any(|policy| policy == wanted);
        let has_organization = leaf.subject().organization().is_some();
        if has_organization && entitled::to_extended_validation(anchor, policies()) {
            Self::Extended
        } else if has(oid::ORGANIZATION_VALIDATED) && has_organization {
            Self::Organization
        } else if has(oid::INDIVIDUAL_VALIDATED) {
            Self::Individual
        } else {
            Self::Domain
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Private => "vouched for by a private authority",
            Self::Domain => "domain validated (DV)",
            Self::Individual => "individual validated (IV)",
            Self::Organization => "organization validated (OV)",
            Self::Extended => "extended validation (EV)",
        })
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.level.fmt(f)?;
        match (&self.organization, &self.country) {
            (Some(organization), Some(country)) => write!(f, ", {organization} [{country}]"),
            (Some(organization), None) => write!(f, ", {organization}"),
            (None, _) => Ok(()),
        }
    }
}
