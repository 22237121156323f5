//! What RFC 5280 section 4 asks of the fields and the marks of a certificate.

use super::{At, Outcome};
use crate::model::oid;

pub(super) fn version(at: &At<'_, '_>) -> Outcome {
    Outcome::broken_if(!at.certificate().is_version_3())
}

pub(super) fn say_version(at: &At<'_, '_>) -> (String, String) {
    let version = at.certificate().version();
    (
        format!("\"{}\" is a certificate of version {version}; only version 3 is in use", at.name()),
        super::ANEW.into(),
    )
}

/// "The serial number MUST be a positive integer".
pub(super) fn serial_positive(at: &At<'_, '_>) -> Outcome {
    let serial = at.certificate().serial();
    let negative = serial.first().is_some_and(|byte| *byte >= 0x80);
    Outcome::broken_if(negative || serial.iter().all(|byte| *byte == 0))
}

/// "Conforming CAs MUST NOT use serialNumber values longer than 20 octets."
pub(super) fn serial_length(at: &At<'_, '_>) -> Outcome {
    Outcome::broken_if(at.certificate().serial().len() > 20)
}

/// "The issuer field MUST contain a non-empty distinguished name (DN)."
pub(super) fn issuer(at: &At<'_, '_>) -> Outcome {
    Outcome::broken_if(at.certificate().issuer().is_empty())
}

/// "If the subject is a CA ... the subject field MUST be populated with a non-empty distinguished name".
pub(super) fn subject(at: &At<'_, '_>) -> Outcome {
    let authority = at.link > 0 || at.certificate().is_authority();
    Outcome::of(authority.then_some(()), |()| at.certificate().subject().is_empty())
}

/// "CAs conforming to this profile MUST NOT generate certificates with unique identifiers."
pub(super) fn unique_identifiers(at: &At<'_, '_>) -> Outcome {
    Outcome::broken_if(at.certificate().has_unique_identifiers())
}

pub(super) fn time_form(at: &At<'_, '_>) -> Outcome {
    Outcome::broken_if(!at.certificate().has_right_time_forms())
}

/// "This field MUST contain the same algorithm identifier as the signature field in the sequence tbsCertificate".
pub(super) fn algorithms_agree(at: &At<'_, '_>) -> Outcome {
    Outcome::broken_if(!at.certificate().has_one_signature_algorithm())
}

pub(super) fn critical_extensions(at: &At<'_, '_>) -> Outcome {
    let unknown = at.certificate().unknown_critical_extension().filter(|id| *id != oid::SCT_POISON);
    Outcome::broken_if(unknown.is_some_and(|id| !is_processed_with_lists(at, &id)))
}

/// Where a revocation list is to be found matters only to those who look for one.
fn is_processed_with_lists(at: &At<'_, '_>, id: &asn1::ObjectIdentifier) -> bool {
    *id == oid::CRL_DISTRIBUTION_POINTS && !at.env.revocation.lists.is_empty()
}

pub(super) fn say_critical_extensions(at: &At<'_, '_>) -> (String, String) {
    let id = at.certificate().unknown_critical_extension().map(|id| oid::describe(&id)).unwrap_or_default();
    (
        format!("\"{}\" has the critical extension {id}, which is not known", at.name()),
        "Have the certificate issued anew without it.".into(),
    )
}

pub(super) fn precertificate(at: &At<'_, '_>) -> Outcome {
    let unknown = at.certificate().unknown_critical_extension();
    Outcome::broken_if(unknown.is_some_and(|id| id == oid::SCT_POISON))
}

pub(super) fn authority_key_identifier_mark(at: &At<'_, '_>) -> Outcome {
    let field = at.certificate().places().authority_key_identifier.as_ref();
    Outcome::of(field, |known| known.critical)
}

pub(super) fn subject_key_identifier_mark(at: &At<'_, '_>) -> Outcome {
    let field = at.certificate().places().subject_key_identifier.as_ref();
    Outcome::of(field, |known| known.critical)
}

pub(super) fn information_access_mark(at: &At<'_, '_>) -> Outcome {
    let field = at.certificate().places().information_access.as_ref();
    Outcome::of(field, |known| known.critical)
}

pub(super) fn policy_constraints_mark(at: &At<'_, '_>) -> Outcome {
    let field = at.certificate().places().policy_constraints.as_ref();
    Outcome::of(field, |known| !known.critical)
}

pub(super) fn any_policy_inhibition_mark(at: &At<'_, '_>) -> Outcome {
    let field = at.certificate().places().inhibit_any_policy.as_ref();
    Outcome::of(field, |known| !known.critical)
}

/// "Conforming CAs ... MUST mark the extension as critical in such certificates."
pub(super) fn basic_constraints_mark(at: &At<'_, '_>) -> Outcome {
    let field = at.certificate().places().basic_constraints.as_ref();
    Outcome::of(field.filter(|known| known.value.authority), |known| !known.critical)
}

pub(super) fn name_constraints_mark(at: &At<'_, '_>) -> Outcome {
    let field = at.certificate().places().name_constraints.as_ref();
    Outcome::of(field, |known| !known.critical)
}

/// "If the subject field contains an empty sequence, then the issuing CA MUST include a subjectAltName extension that
/// is marked as critical."
pub(super) fn alternative_names_mark(at: &At<'_, '_>) -> Outcome {
    let field = at.certificate().places().alternative_names.as_ref();
    Outcome::of(field.filter(|_| at.certificate().subject().is_empty()), |known| !known.critical)
}

/// BR 7.1.2.7.12: "Otherwise, this extension MUST NOT be marked critical."
pub(super) fn alternative_names_unmarked(at: &At<'_, '_>) -> Outcome {
    let field = at.certificate().places().alternative_names.as_ref();
    Outcome::of(field.filter(|_| !at.certificate().subject().is_empty()), |known| known.critical)
}

/// "A certificate policy OID MUST NOT appear more than once in a certificate policies extension."
pub(super) fn duplicate_policy(at: &At<'_, '_>) -> Outcome {
    let Some(policies) = at.certificate().extension_fields().policies() else {
        return Outcome::NotApplicable;
    };
    for (index, policy) in policies.value.iter().enumerate() {
        if let Err(exhausted) = at.env.budget.comparisons(index) {
            return Outcome::Exhausted(exhausted);
        }
        if policies.value.iter().take(index).any(|earlier| earlier.id == policy.id) {
            return Outcome::Broken;
        }
    }
    Outcome::Held
}

/// "Conforming CAs MUST NOT issue certificates where policy constraints is an empty sequence."
pub(super) fn policy_constraints_empty(at: &At<'_, '_>) -> Outcome {
    let field = at.certificate().places().policy_constraints.as_ref();
    Outcome::of(field, |known| {
        known.value.require_explicit.is_none() && known.value.inhibit_mapping.is_none()
    })
}

/// "Policies MUST NOT be mapped either to or from the special value anyPolicy".
pub(super) fn any_policy_mapped(at: &At<'_, '_>) -> Outcome {
    let field = at.certificate().extension_fields().policy_mappings();
    Outcome::of(field, |known| {
        known.value.iter().any(|pair| pair.issuer == oid::ANY_POLICY || pair.subject == oid::ANY_POLICY)
    })
}

/// "either the permittedSubtrees field or the excludedSubtrees MUST be present".
pub(super) fn name_constraints_empty(at: &At<'_, '_>) -> Outcome {
    let field = at.certificate().extension_fields().name_constraints();
    Outcome::of(field, |known| known.value.permitted.is_none() && known.value.excluded.is_none())
}
