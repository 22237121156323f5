//! What a certificate must keep that signs another.

use super::{At, Outcome, list};
use crate::{certificate::KeyUsage, path::policies, trust::LimitBreach, verdict::describe};

/// RFC 5280 section 4.2.1.9: "If the basic constraints extension is not present in a version 3 certificate, or the
/// extension is present but the cA boolean is not asserted, then the certified public key MUST NOT be used to verify
/// certificate signatures."
pub(super) fn is_authority(at: &At<'_, '_>) -> Outcome {
    let certificate = at.certificate();
    Outcome::of(certificate.is_version_3().then_some(()), |()| !certificate.is_authority())
}

pub(super) fn may_sign(at: &At<'_, '_>) -> Outcome {
    Outcome::of(at.certificate().key_usage(), |usage| !usage.contains(KeyUsage::CERTIFICATE_SIGNING))
}

pub(super) fn has_key_usage(at: &At<'_, '_>) -> Outcome {
    Outcome::broken_if(at.certificate().key_usage().is_none())
}

/// "CAs MUST NOT include the pathLenConstraint field unless the cA boolean is asserted and the key usage extension
/// asserts the keyCertSign bit."
pub(super) fn path_length_place(at: &At<'_, '_>) -> Outcome {
    let certificate = at.certificate();
    let limited = certificate.basic_constraints().filter(|basic| basic.path_length.is_some());
    let signs = certificate.key_usage().is_none_or(|usage| usage.contains(KeyUsage::CERTIFICATE_SIGNING));
    Outcome::of(limited, |basic| !basic.authority || !signs)
}

/// "If the keyCertSign bit is asserted, then the cA bit in the basic constraints extension (Section 4.2.1.9) MUST also
/// be asserted."
pub(super) fn signs_as_authority(at: &At<'_, '_>) -> Outcome {
    let signs = at.certificate().key_usage().filter(|usage| usage.contains(KeyUsage::CERTIFICATE_SIGNING));
    Outcome::of(signs, |_| !at.certificate().is_authority())
}

/// Name constraints "MUST be used only in a CA certificate".
pub(super) fn name_constraints_place(at: &At<'_, '_>) -> Outcome {
    let constraints = at.certificate().places().name_constraints.as_ref();
    Outcome::of(constraints, |_| !at.certificate().is_authority())
}

/// Non-self-issued intermediates below this certificate.
fn below(at: &At<'_, '_>) -> usize {
    let between = (1..at.link).filter_map(|link| at.other(link));
    between.filter(|node| !node.certificate.is_self_issued()).count()
}

/// RFC 5280 section 4.2.1.9: "the maximum number of non-self-issued intermediate certificates that may follow this
/// certificate in a valid certification path".
pub(super) fn path_length(at: &At<'_, '_>) -> Outcome {
    let allowed = at.certificate().basic_constraints().and_then(|basic| basic.path_length);
    let allowed = allowed.filter(|_| at.link > 0);
    Outcome::of(allowed, |allowed| u64::try_from(below(at)).unwrap_or(u64::MAX) > allowed)
}

pub(super) fn say_path_length(at: &At<'_, '_>) -> (String, String) {
    let allowed = at.certificate().basic_constraints().and_then(|basic| basic.path_length).unwrap_or(0);
    (
        format!("\"{}\" allows {allowed} intermediates below it; here are {}", at.name(), below(at)),
        "Have the certificate issued by an authority nearer to the root.".into(),
    )
}

/// The caller's own limit, which speaks of the whole path: it is asked of the last certificate.
pub(super) fn depth(at: &At<'_, '_>) -> Outcome {
    let is_last = at.link.saturating_add(1) == at.path.len();
    let limit = at.env.max_intermediates.filter(|_| is_last);
    Outcome::of(limit, |limit| below(at) > limit)
}

pub(super) fn say_depth(at: &At<'_, '_>) -> (String, String) {
    let limit = at.env.max_intermediates.unwrap_or(0);
    (
        format!("{} intermediates lead to \"{}\"; at most {limit} are allowed here", below(at), at.name()),
        "Have the certificate issued by an authority nearer to the root, or allow more.".into(),
    )
}

/// What the store adds to an anchor.
fn breached_limit(at: &At<'_, '_>) -> Option<Result<(), LimitBreach>> {
    let is_last = at.link.saturating_add(1) == at.path.len();
    let limits = at.env.anchors.limits(at.certificate().der()).filter(|_| is_last && at.node.is_anchor())?;
    Some(limits.check(&at.other(0)?.certificate, at.env.now))
}

pub(super) fn anchor_limits(at: &At<'_, '_>) -> Outcome {
    Outcome::of(breached_limit(at), |checked| checked.is_err())
}

pub(super) fn say_anchor_limits(at: &At<'_, '_>) -> (String, String) {
    let breach = breached_limit(at).and_then(Result::err);
    let why = breach.as_ref().map(LimitBreach::to_string).unwrap_or_default();
    let mend = match breach {
        Some(LimitBreach::IssuedTooLate { .. }) => {
            "Have the certificate issued by another authority: nothing new from this one is trusted."
        }
        _ => "Have the certificate issued by an authority that is trusted for it.",
    };
    (format!("\"{}\" is a trusted authority within limits: {why}", at.name()), mend.into())
}

/// Purposes of an authority bound those of what it signs, as every verifier of the web holds.
pub(super) fn purpose(at: &At<'_, '_>) -> Outcome {
    let wanted = at.env.purpose.wanted();
    let usage = at.certificate().extended_key_usage().filter(|_| !wanted.is_empty());
    Outcome::of(usage, |usage| {
        !usage.contains(crate::certificate::KeyPurpose::Any)
            && !wanted.iter().any(|purpose| usage.contains(*purpose))
    })
}

pub(super) fn say_purpose(at: &At<'_, '_>) -> (String, String) {
    let found = at.certificate().extended_key_usage().map(|usage| list(usage.names())).unwrap_or_default();
    (
        format!("the authority \"{}\" may certify for {found} only (extKeyUsage)", at.name()),
        "Use an authority that may certify for TLS.".into(),
    )
}

/// BR 7.1.2.1.2: a root has no extKeyUsage.
pub(super) fn root_purposes(at: &At<'_, '_>) -> Outcome {
    let root = at.node.is_anchor() && at.certificate().is_self_issued();
    Outcome::of(root.then_some(()), |()| at.certificate().extended_key_usage().is_some())
}

/// Policies speak of a whole path: they are asked of the leaf.
pub(super) fn policies(at: &At<'_, '_>) -> Outcome {
    if at.link > 0 {
        return Outcome::NotApplicable;
    }
    let certificates = || at.path.iter().filter_map(|index| Some(&at.graph.node(*index)?.certificate));
    if !policies::are_asked_for(certificates(), &at.env.policies) {
        return Outcome::Held;
    }
    let path: Vec<_> = certificates().collect();
    match policies::hold(&path, &at.env.policies, &at.env.budget) {
        Ok(held) => Outcome::broken_if(!held),
        Err(exhausted) => Outcome::Exhausted(exhausted),
    }
}

pub(super) fn say_policies(at: &At<'_, '_>) -> (String, String) {
    let wanted = list(at.env.policies.acceptable.iter().map(ToString::to_string));
    let asking = at.path.iter().filter_map(|index| at.graph.node(*index)).find(|node| {
        let constraints = node.certificate.places().policy_constraints.as_ref();
        constraints.is_some_and(|known| known.value.require_explicit.is_some())
    });
    let by = asking.map(|node| format!(", as \"{}\" asks", describe(&node.certificate))).unwrap_or_default();
    let which =
        if at.env.policies.acceptable.is_empty() { "no policy".into() } else { format!("none of {wanted}") };
    (
        format!("{which} holds from the root down to \"{}\"{by}", at.name()),
        "Have the certificate issued under a policy that each authority above it names too (certificatePolicies)."
            .into(),
    )
}
