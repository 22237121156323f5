//! Strength and kind of keys and signature algorithms.

use super::{At, Outcome};
use crate::{
    certificate::{
        KeyProblem,
        key::{is_explicit_curve, is_permitted_on_the_web},
    },
    model::oid,
};

pub(super) fn strong(at: &At<'_, '_>) -> Outcome {
    Outcome::broken_if(matches!(at.key_problem(), Some(KeyProblem::Weak(_))))
}

pub(super) fn known(at: &At<'_, '_>) -> Outcome {
    let unknown = matches!(at.key_problem(), Some(KeyProblem::Unsupported(_)));
    Outcome::broken_if(unknown && !is_explicit_curve(&at.certificate().key_algorithm()))
}

pub(super) fn well_formed(at: &At<'_, '_>) -> Outcome {
    Outcome::broken_if(matches!(at.key_problem(), Some(KeyProblem::Malformed(_))))
}

pub(super) fn say(at: &At<'_, '_>) -> (String, String) {
    let problem = at.key_problem().map(ToString::to_string).unwrap_or_default();
    (
        format!("the key of \"{}\" cannot be used: {problem}", at.name()),
        "Make a new key (ECDSA P-256, say) and have a certificate issued for it.".into(),
    )
}

/// RFC 5480 section 2.1.1: "implicitCurve and specifiedCurve MUST NOT be used in PKIX." A key that can be used names
/// its curve.
pub(super) fn named_curve(at: &At<'_, '_>) -> Outcome {
    Outcome::of(at.key_problem(), |_| is_explicit_curve(&at.certificate().key_algorithm()))
}

/// BR 7.1.3.1: RSA and ECDSA keys.
pub(super) fn permitted(at: &At<'_, '_>) -> Outcome {
    let kind = at.certificate().key_algorithm().algorithm;
    let is_classical = matches!(kind, oid::RSA_ENCRYPTION | oid::EC_PUBLIC_KEY);
    Outcome::of((!at.env.profile.modern_keys).then_some(()), |()| !is_classical)
}

/// BR 7.1.3.2: RSA and ECDSA with SHA-2.
pub(super) fn permitted_signature(at: &At<'_, '_>) -> Outcome {
    let id = at.certificate().signature_algorithm();
    Outcome::of((!at.env.profile.modern_keys).then_some(()), |()| !is_permitted_on_the_web(&id))
}

/// BR 6.1.5: "Ensure that the modulus size, in bits, is evenly divisible by 8."
pub(super) fn even_modulus(at: &At<'_, '_>) -> Outcome {
    Outcome::of(at.certificate().rsa_key(), |key| key.bits() & 7 != 0)
}

/// BR 6.1.6: "the value of the public exponent is an odd number equal to 3 or more".
pub(super) fn exponent(at: &At<'_, '_>) -> Outcome {
    Outcome::of(at.certificate().rsa_key(), |key| {
        let bytes = key.exponent.as_bytes();
        let odd = bytes.last().is_some_and(|byte| byte & 1 == 1);
        !odd || bytes.iter().rev().skip(1).all(|byte| *byte == 0) && bytes.last() == Some(&1)
    })
}
