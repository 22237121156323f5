//! The names that a template holds.

use super::BuildError;
use crate::{
    model::{
        general_name::GeneralName,
        list::{Group, List},
        name::{Attribute, AttributeValue, RdnSequence},
        oid,
    },
    names::is_valid_dns_pattern,
};
use asn1::{IA5String, ObjectIdentifier, PrintableString, Utf8String};
use std::net::IpAddr;

/// A distinguished name to be written, least specific part first, each part in a relative name of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    parts: Vec<(ObjectIdentifier, String)>,
}

impl Subject {
    /// The empty name.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a country: two letters of ISO 3166.
    #[must_use]
    pub fn country(self, code: &str) -> Self {
        self.with(oid::COUNTRY, code)
    }

    /// Adds an organization.
    #[must_use]
    pub fn organization(self, name: &str) -> Self {
        self.with(oid::ORGANIZATION, name)
    }

    /// Adds a part of the organization.
    #[must_use]
    pub fn organizational_unit(self, name: &str) -> Self {
        self.with(oid::ORGANIZATIONAL_UNIT, name)
    }

    /// Adds the common name.
    #[must_use]
    pub fn common_name(self, name: &str) -> Self {
        self.with(oid::COMMON_NAME, name)
    }

    /// Whether it has no part.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    fn with(mut self, kind: ObjectIdentifier, text: &str) -> Self {
        self.parts.push((kind, text.to_owned()));
        self
    }

    /// The name in DER.
    ///
    /// # Errors
    /// When a part is empty or longer than RFC 5280 appendix A.1 allows, or a country is not two letters.
    pub fn encode(&self) -> Result<Vec<u8>, BuildError> {
        let attributes: Vec<[Attribute<'_>; 1]> =
            self.parts.iter().map(attribute).collect::<Result<_, _>>()?;
        let names: Vec<Group<'_, Attribute<'_>>> = attributes.iter().map(|part| Group::Built(part)).collect();
        let sequence: RdnSequence<'_> = List::Built(&names);
        Ok(asn1::write_single(&sequence)?)
    }
}

/// RFC 5280 appendix A.1: `ub-common-name`, `ub-organization-name` and their like are 64 characters.
const MAX_CHARACTERS: usize = 64;

fn attribute((kind, text): &(ObjectIdentifier, String)) -> Result<[Attribute<'_>; 1], BuildError> {
    let fault =
        || BuildError::Name { kind: oid::name(kind).unwrap_or("a part of a subject"), text: text.clone() };
    let value = if *kind == oid::COUNTRY {
        let code = PrintableString::new(text).filter(|_| text.len() == 2);
        AttributeValue::Printable(code.ok_or_else(fault)?)
    } else {
        AttributeValue::Utf8(Utf8String::new(text))
    };
    if !(1..=MAX_CHARACTERS).contains(&text.chars().count()) {
        return Err(fault());
    }
    Ok([Attribute { kind: kind.clone(), value }])
}

/// An alternative name to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Name {
    /// A domain name in ASCII, perhaps with `*` as its first label.
    Dns(String),
    /// An address.
    Ip(IpAddr),
}

impl Name {
    /// The octets of an address; empty for other names.
    pub(super) fn octets(&self) -> Vec<u8> {
        match self {
            Self::Ip(IpAddr::V4(address)) => address.octets().to_vec(),
            Self::Ip(IpAddr::V6(address)) => address.octets().to_vec(),
            Self::Dns(_) => Vec::new(),
        }
    }

    /// The model's form; `octets` are those of this name.
    pub(super) fn as_model<'a>(&'a self, octets: &'a [u8]) -> Result<GeneralName<'a>, BuildError> {
        match self {
            Self::Ip(_) => Ok(GeneralName::Ip(octets)),
            Self::Dns(name) => {
                let text = IA5String::new(name).filter(|_| is_valid_dns_pattern(name));
                text.map(GeneralName::Dns)
                    .ok_or_else(|| BuildError::Name { kind: "a domain name", text: name.clone() })
            }
        }
    }
}
