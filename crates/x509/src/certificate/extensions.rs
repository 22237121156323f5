//! The extensions the crate knows, decoded once, borrowed from the certificate.

use super::offset_of;
use crate::{
    fault::ParseError,
    model::{
        certificate::TbsCertificate,
        extension::{
            AccessDescription, AuthorityKeyIdentifier, BasicConstraints, Extension, KeyPurpose, KeyUsage,
            NameConstraints as NameConstraintsModel,
        },
        general_name::GeneralName,
        list::List,
        oid,
    },
    names::{AlternativeName, IpSubnet},
    text::Plain,
};
use asn1::{Asn1Readable, ObjectIdentifier};
use std::{borrow::Cow, fmt};

/// More extensions than any certificate has; finding duplicates takes the square of their number.
const MAX_EXTENSIONS: usize = 64;

/// The value of an extension and whether a verifier that does not know it must refuse.
pub(crate) struct Known<T> {
    pub(crate) critical: bool,
    pub(crate) value: T,
}

/// The names of an alternative name extension.
type GeneralNames<'a> = List<'a, GeneralName<'a>, 1>;

/// Each known extension, when present.
#[derive(Default)]
pub(crate) struct Extensions<'a> {
    pub(crate) basic_constraints: Option<Known<BasicConstraints>>,
    pub(crate) key_usage: Option<Known<KeyUsage>>,
    pub(crate) extended_key_usage: Option<Known<List<'a, ObjectIdentifier, 1>>>,
    pub(crate) alternative_names: Option<Known<GeneralNames<'a>>>,
    pub(crate) name_constraints: Option<Known<NameConstraintsModel<'a>>>,
    pub(crate) subject_key_identifier: Option<Known<&'a [u8]>>,
    pub(crate) authority_key_identifier: Option<Known<AuthorityKeyIdentifier<'a>>>,
    pub(crate) information_access: Option<Known<List<'a, AccessDescription<'a>, 1>>>,
}

/// Whether a critical extension of this kind is fully processed by path validation.
///
/// Certificate policies are: with the any-policy set as input and no explicit policy required, RFC 5280
/// section 6.1 can never fail for them. The extensions that change that (policy mappings, policy constraints,
/// inhibit any-policy) are not.
pub(crate) fn is_processed(id: &ObjectIdentifier) -> bool {
    [
        oid::BASIC_CONSTRAINTS,
        oid::KEY_USAGE,
        oid::EXTENDED_KEY_USAGE,
        oid::SUBJECT_ALTERNATIVE_NAME,
        oid::NAME_CONSTRAINTS,
        oid::CERTIFICATE_POLICIES,
        oid::SUBJECT_KEY_IDENTIFIER,
        oid::AUTHORITY_KEY_IDENTIFIER,
        oid::AUTHORITY_INFORMATION_ACCESS,
    ]
    .contains(id)
}

impl<'a> Extensions<'a> {
    /// Decodes the known extensions and refuses duplicates.
    pub(crate) fn read(content: &TbsCertificate<'a>, der: &'a [u8]) -> Result<Self, ParseError> {
        content.extensions.as_ref().map_or(Ok(Self::default()), |list| Self::read_list(list, der))
    }

    /// Decodes from any list, be it of a certificate or of a request; `der` is the whole they lie in.
    pub(crate) fn read_list(list: &List<'a, Extension<'a>, 1>, der: &'a [u8]) -> Result<Self, ParseError> {
        let mut read = Self::default();
        for (index, extension) in list.iter().enumerate() {
            let at = offset_of(extension.value, der);
            if index >= MAX_EXTENSIONS {
                return Err(ParseError::new(
                    "extensions",
                    at,
                    format!("more than {MAX_EXTENSIONS} extensions"),
                ));
            }
            // RFC 5280 section 4.2: "A certificate MUST NOT include more than one instance of a particular
            // extension."
            if list.iter().take(index).any(|earlier| earlier.id == extension.id) {
                return Err(ParseError::new(field(&extension.id), at, "the extension is there twice"));
            }
            read.decode(&extension, at)?;
        }
        Ok(read)
    }

    fn decode(&mut self, extension: &Extension<'a>, at: usize) -> Result<(), ParseError> {
        match extension.id {
            oid::BASIC_CONSTRAINTS => fill(&mut self.basic_constraints, extension, at),
            oid::KEY_USAGE => fill(&mut self.key_usage, extension, at),
            oid::EXTENDED_KEY_USAGE => fill(&mut self.extended_key_usage, extension, at),
            oid::NAME_CONSTRAINTS => fill(&mut self.name_constraints, extension, at),
            oid::SUBJECT_KEY_IDENTIFIER => fill(&mut self.subject_key_identifier, extension, at),
            oid::AUTHORITY_KEY_IDENTIFIER => fill(&mut self.authority_key_identifier, extension, at),
            oid::AUTHORITY_INFORMATION_ACCESS => fill(&mut self.information_access, extension, at),
            oid::SUBJECT_ALTERNATIVE_NAME => {
                fill(&mut self.alternative_names, extension, at)?;
                self.alternative_names.iter().try_for_each(|names| check_addresses(&names.value, at))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn issuer_url(&self) -> Option<&'a str> {
        let access = self.information_access.as_ref()?;
        access.value.iter().filter(|entry| entry.method == oid::CA_ISSUERS).find_map(|entry| {
            match entry.location {
                GeneralName::Uri(uri) => Some(uri.as_str()),
                _ => None,
            }
        })
    }
}

fn field(id: &ObjectIdentifier) -> String {
    format!("extension {}", oid::describe(id))
}

fn fill<'a, T: Asn1Readable<'a>>(
    slot: &mut Option<Known<T>>,
    extension: &Extension<'a>,
    at: usize,
) -> Result<(), ParseError> {
    let value = asn1::parse_single(extension.value)
        .map_err(|error| ParseError::from_asn1(&field(&extension.id), extension.value, at, &error))?;
    *slot = Some(Known { critical: extension.critical, value });
    Ok(())
}

/// RFC 5280 section 4.2.1.6: "For IP version 4 ... the octet string MUST contain exactly four octets. For IP
/// version 6 ... sixteen octets."
fn check_addresses(names: &GeneralNames<'_>, at: usize) -> Result<(), ParseError> {
    for (index, name) in names.iter().enumerate() {
        if let GeneralName::Ip(octets) = name
            && !matches!(octets.len(), 4 | 16)
        {
            let field = format!("{}[{index}]", field(&oid::SUBJECT_ALTERNATIVE_NAME));
            return Err(ParseError::new(field, at, format!("an IP address of {} bytes", octets.len())));
        }
    }
    Ok(())
}

/// The purposes a key is certified for (RFC 5280 section 4.2.1.12).
pub struct ExtendedKeyUsage<'a>(pub(super) List<'a, ObjectIdentifier, 1>);

impl ExtendedKeyUsage<'_> {
    /// Whether the purpose is in the list. "Any" is a purpose of its own here.
    pub fn contains(&self, purpose: KeyPurpose) -> bool {
        self.0.iter().any(|id| id == purpose.identifier())
    }

    /// The standards' names of the purposes, or their identifiers.
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|id| oid::describe(&id))
    }
}

/// The names an authority may certify (RFC 5280 section 4.2.1.10).
pub struct NameConstraints<'a>(pub(super) NameConstraintsModel<'a>);

impl<'a> NameConstraints<'a> {
    /// Of the kinds of name that occur here, only these are allowed.
    pub fn permitted(&self) -> impl Iterator<Item = Subtree<'a>> + use<'a> {
        let list = self.0.permitted.as_ref().map(List::iter);
        list.into_iter().flatten().map(|subtree| Subtree::from_model(&subtree.base))
    }

    /// These are forbidden.
    pub fn excluded(&self) -> impl Iterator<Item = Subtree<'a>> + use<'a> {
        let list = self.0.excluded.as_ref().map(List::iter);
        list.into_iter().flatten().map(|subtree| Subtree::from_model(&subtree.base))
    }
}

/// A subtree of names. `Display` is safe to print.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subtree<'a> {
    /// A domain and all below it.
    Dns(Cow<'a, str>),
    /// A range of addresses.
    Ip(IpSubnet),
    /// Any other kind of name.
    Other(String),
}

impl<'a> Subtree<'a> {
    fn from_model(base: &GeneralName<'a>) -> Self {
        match base {
            GeneralName::Dns(domain) => Self::Dns(Cow::Borrowed(domain.as_str())),
            GeneralName::Ip(octets) => match IpSubnet::from_octets(octets) {
                Some(subnet) => Self::Ip(subnet),
                None => Self::Other("a malformed range of addresses".into()),
            },
            other => Self::Other(
                AlternativeName::from_model(other.clone()).map_or_else(String::new, |name| name.to_string()),
            ),
        }
    }
}

impl fmt::Display for Subtree<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(domain) if domain.is_empty() => f.write_str("every domain"),
            Self::Dns(domain) => Plain(domain).fmt(f),
            Self::Ip(subnet) => subnet.fmt(f),
            Self::Other(name) => Plain(name).fmt(f),
        }
    }
}
