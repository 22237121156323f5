//! Signatures, as they were verified while paths were built.

use super::{At, Outcome};
use crate::{path::signature::Fault, verdict::Rule};

/// The certificate and its issuer on the path, and what came of the signature.
fn fault(at: &At<'_, '_>) -> Option<Result<(), Fault>> {
    let child = *at.path.get(at.link)?;
    let issuer = *at.path.get(at.link.checked_add(1)?)?;
    at.env.signatures.borrow().outcome(at.graph, (child, issuer)).cloned()
}

fn outcome(at: &At<'_, '_>, rule: Rule) -> Outcome {
    Outcome::of(fault(at), |result| result.is_err_and(|fault| fault.rule() == rule))
}

pub(super) fn sound(at: &At<'_, '_>) -> Outcome {
    outcome(at, Rule::BadSignature)
}

pub(super) fn strong(at: &At<'_, '_>) -> Outcome {
    outcome(at, Rule::WeakSignature)
}

pub(super) fn known(at: &At<'_, '_>) -> Outcome {
    outcome(at, Rule::UnsupportedAlgorithm)
}

pub(super) fn say(at: &At<'_, '_>) -> (String, String) {
    let issuer = at.link.checked_add(1).and_then(|link| at.other(link));
    match (fault(at), issuer) {
        (Some(Err(fault)), Some(issuer)) => fault.words(at.certificate(), &issuer.certificate),
        _ => Default::default(),
    }
}
