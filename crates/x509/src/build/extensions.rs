//! The extensions of a template, in DER.

use super::{BuildError, CertificateTemplate, Name};
use crate::{
    certificate::{BasicConstraints, Subtree},
    model::{
        extension::{AuthorityKeyIdentifier, Extension, GeneralSubtree, KeyPurpose, NameConstraints},
        general_name::GeneralName,
        list::List,
        oid,
    },
    names::is_valid_dns,
};
use asn1::{Asn1Writable, IA5String, ObjectIdentifier, WriteError};

/// One extension with its value written.
pub(super) struct Encoded {
    id: ObjectIdentifier,
    critical: bool,
    value: Vec<u8>,
}

impl Encoded {
    fn new<T: Asn1Writable<Error = WriteError>>(
        id: ObjectIdentifier,
        critical: bool,
        value: &T,
    ) -> Result<Self, BuildError> {
        Ok(Self { id, critical, value: asn1::write_single(value)? })
    }

    pub(super) fn as_model(&self) -> Extension<'_> {
        Extension { id: self.id.clone(), critical: self.critical, value: &self.value }
    }
}

/// All that the template asks for, in the order of RFC 5280.
pub(super) fn encode(
    template: &CertificateTemplate,
    authority_key: &[u8],
    subject_key: &[u8],
) -> Result<Vec<Encoded>, BuildError> {
    let mut all = Vec::new();
    if !authority_key.is_empty() {
        let identifier =
            AuthorityKeyIdentifier { key_identifier: Some(authority_key), issuer: None, serial: None };
        all.push(Encoded::new(oid::AUTHORITY_KEY_IDENTIFIER, false, &identifier)?);
    }
    all.push(Encoded::new(oid::SUBJECT_KEY_IDENTIFIER, false, &subject_key)?);
    if let Some(usage) = &template.key_usage {
        all.push(Encoded::new(oid::KEY_USAGE, true, usage)?);
    }
    // RFC 5280 section 4.2.1.6: "If the subject field contains an empty sequence, then the issuing CA MUST
    // include a subjectAltName extension that is marked as critical."
    all.extend(alternative_names(&template.names, template.subject.is_empty())?);
    let path_length = template.path_length.map(u64::from);
    let constraints = BasicConstraints { authority: template.authority, path_length };
    all.push(Encoded::new(oid::BASIC_CONSTRAINTS, true, &constraints)?);
    all.extend(name_constraints(template)?);
    all.extend(purposes(&template.purposes)?);
    Ok(all)
}

/// The alternative names, if there are any.
pub(super) fn alternative_names(names: &[Name], critical: bool) -> Result<Option<Encoded>, BuildError> {
    let octets: Vec<Vec<u8>> = names.iter().map(Name::octets).collect();
    let names: Vec<GeneralName<'_>> =
        names.iter().zip(&octets).map(|(name, octets)| name.as_model(octets)).collect::<Result<_, _>>()?;
    if names.is_empty() {
        return Ok(None);
    }
    let list: List<'_, GeneralName<'_>, 1> = List::Built(&names);
    Encoded::new(oid::SUBJECT_ALTERNATIVE_NAME, critical, &list).map(Some)
}

fn name_constraints(template: &CertificateTemplate) -> Result<Option<Encoded>, BuildError> {
    if template.permitted.is_empty() && template.excluded.is_empty() {
        return Ok(None);
    }
    let (permitted_octets, excluded_octets) = (octets(&template.permitted), octets(&template.excluded));
    let permitted = subtrees(&template.permitted, &permitted_octets)?;
    let excluded = subtrees(&template.excluded, &excluded_octets)?;
    let constraints = NameConstraints {
        permitted: (!permitted.is_empty()).then_some(List::Built(&permitted)),
        excluded: (!excluded.is_empty()).then_some(List::Built(&excluded)),
    };
    // RFC 5280 section 4.2.1.10: "Conforming CAs MUST mark this extension as critical".
    Encoded::new(oid::NAME_CONSTRAINTS, true, &constraints).map(Some)
}

fn octets(subtrees: &[Subtree<'static>]) -> Vec<Vec<u8>> {
    let of = |subtree: &Subtree<'static>| match subtree {
        Subtree::Ip(range) => range.to_octets(),
        _ => Vec::new(),
    };
    subtrees.iter().map(of).collect()
}

fn subtrees<'a>(
    subtrees: &'a [Subtree<'static>],
    octets: &'a [Vec<u8>],
) -> Result<Vec<GeneralSubtree<'a>>, BuildError> {
    let model = |(subtree, octets): (&'a Subtree<'static>, &'a Vec<u8>)| {
        let base = match subtree {
            Subtree::Ip(_) => Some(GeneralName::Ip(octets)),
            Subtree::Dns(domain) if domain.is_empty() || is_valid_dns(domain) => {
                IA5String::new(domain).map(GeneralName::Dns)
            }
            _ => None,
        };
        let fault = || BuildError::Name { kind: "a name constraint", text: subtree.to_string() };
        Ok(GeneralSubtree { base: base.ok_or_else(fault)?, minimum: 0, maximum: None })
    };
    subtrees.iter().zip(octets).map(model).collect()
}

fn purposes(purposes: &[KeyPurpose]) -> Result<Option<Encoded>, BuildError> {
    if purposes.is_empty() {
        return Ok(None);
    }
    let identifiers: Vec<ObjectIdentifier> = purposes.iter().map(|purpose| purpose.identifier()).collect();
    let list: List<'_, ObjectIdentifier, 1> = List::Built(&identifiers);
    Encoded::new(oid::EXTENDED_KEY_USAGE, false, &list).map(Some)
}
