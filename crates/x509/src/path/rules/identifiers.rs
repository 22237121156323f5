//! Identifiers of keys (RFC 5280 sections 4.2.1.1 and 4.2.1.2, BR 7.1.2.1.3 and 7.1.2.11.1).

use super::{At, Outcome};

/// "The keyIdentifier field of the authorityKeyIdentifier extension MUST be included in all certificates", but for a
/// self-signed one.
pub(super) fn issuer_named(at: &At<'_, '_>) -> Outcome {
    let certificate = at.certificate();
    let signs_itself = at.node.is_anchor() && certificate.names_itself_as_issuer();
    Outcome::of((!signs_itself).then_some(()), |()| certificate.authority_key_identifier().is_none())
}

/// BR 7.1.2.11.1: a key identifier, and no issuer or serial number.
pub(super) fn issuer_form(at: &At<'_, '_>) -> Outcome {
    let field = at.certificate().extension_fields().authority_key_identifier();
    Outcome::of(field, |known| {
        let value = &known.value;
        value.key_identifier.is_none() || value.issuer.is_some() || value.serial.is_some()
    })
}

/// BR 7.1.2.1.3: the identifier "MUST be identical to the subjectKeyIdentifier field".
pub(super) fn root_names_itself(at: &At<'_, '_>) -> Outcome {
    let certificate = at.certificate();
    let root = at.node.is_anchor() && certificate.is_self_issued();
    let both = certificate.authority_key_identifier().zip(certificate.subject_key_identifier());
    Outcome::of(both.filter(|_| root), |(issuer, own)| issuer != own)
}

/// "this extension MUST appear in all conforming CA certificates".
pub(super) fn own_named(at: &At<'_, '_>) -> Outcome {
    let certificate = at.certificate();
    Outcome::of(certificate.is_authority().then_some(()), |()| certificate.subject_key_identifier().is_none())
}
