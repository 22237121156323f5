//! Whether the issuer took a certificate back (RFC 5280 section 6.3), by the lists that the caller has.

use super::{At, Outcome};
use crate::{
    path::lists::{Status, status},
    verdict::{Rule, describe},
};

/// Whether the lists say this of the certificate.
fn outcome(at: &At<'_, '_>, broken: Status) -> Outcome {
    match status(at) {
        None => Outcome::NotApplicable,
        Some(Status::Exhausted(exhausted)) => Outcome::Exhausted(exhausted),
        Some(status) => Outcome::broken_if(status == broken),
    }
}

/// The same of what only those ask who want to know.
fn required(at: &At<'_, '_>, broken: Status) -> Outcome {
    if at.env.revocation.required { outcome(at, broken) } else { Outcome::NotApplicable }
}

pub(super) fn not_revoked(at: &At<'_, '_>) -> Outcome {
    outcome(at, Status::Revoked)
}

pub(super) fn known(at: &At<'_, '_>) -> Outcome {
    required(at, Status::Unknown)
}

pub(super) fn wholly_known(at: &At<'_, '_>) -> Outcome {
    required(at, Status::Partly)
}

pub(super) fn well_formed(at: &At<'_, '_>) -> Outcome {
    outcome(at, Status::Faulty(Rule::ListMalformed))
}

pub(super) fn genuine(at: &At<'_, '_>) -> Outcome {
    outcome(at, Status::Faulty(Rule::ListForged))
}

pub(super) fn current(at: &At<'_, '_>) -> Outcome {
    outcome(at, Status::Faulty(Rule::ListNotCurrent))
}

pub(super) fn signer(at: &At<'_, '_>) -> Outcome {
    outcome(at, Status::Faulty(Rule::ListSignerNotPermitted))
}

pub(super) fn signer_trusted(at: &At<'_, '_>) -> Outcome {
    outcome(at, Status::Faulty(Rule::ListSignerUntrusted))
}

pub(super) fn based(at: &At<'_, '_>) -> Outcome {
    outcome(at, Status::Faulty(Rule::ListWithoutBase))
}

pub(super) fn understood(at: &At<'_, '_>) -> Outcome {
    outcome(at, Status::Faulty(Rule::ListUnprocessed))
}

pub(super) fn numbered(at: &At<'_, '_>) -> Outcome {
    outcome(at, Status::Faulty(Rule::ListWithoutNumber))
}

pub(super) fn say(at: &At<'_, '_>) -> (String, String) {
    let (name, issuer) = (describe(at.certificate()), at.certificate().issuer().to_string());
    let fetch = || format!("Fetch the present list of \"{issuer}\" and judge again.");
    match status(at) {
        Some(Status::Revoked) => (
            format!("\"{issuer}\" took \"{name}\" back: it is on its revocation list"),
            "Have a new certificate issued, for a new key if the old one was stolen.".into(),
        ),
        Some(Status::Unknown) => {
            (format!("no revocation list of \"{issuer}\" speaks of \"{name}\""), fetch())
        }
        Some(Status::Partly) => (
            format!(
                "the revocation lists at hand say of some reasons only whether \"{issuer}\" took \"{name}\" back"
            ),
            format!("Fetch the lists of \"{issuer}\" for the other reasons, too, and judge again."),
        ),
        Some(Status::Faulty(rule)) => (
            format!("the revocation list of \"{issuer}\" cannot be used for \"{name}\": {}", rule.meaning()),
            mend(rule).map_or_else(fetch, Into::into),
        ),
        _ => (format!("whether \"{name}\" was taken back cannot be told"), fetch()),
    }
}

/// What mends a list that a newer one of the same kind does not.
fn mend(rule: Rule) -> Option<&'static str> {
    match rule {
        Rule::ListWithoutBase => {
            Some("Fetch the whole list that the changes build on, too, and judge again.")
        }
        Rule::ListSignerUntrusted => Some(
            "Have the certificate of the list's signer at hand, with those between it and the anchor; if it is, \
             have the list signed by one that is valid.",
        ),
        _ => None,
    }
}
