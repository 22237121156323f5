//! Who signed whom: each pair is verified once, however many paths it is on.

use super::{
    Node,
    budget::{Budget, Exhausted},
};
use crate::{
    certificate::{
        Certificate,
        key::{self, KeyProblem},
    },
    verdict::{Failure, Rule, describe},
};
use std::collections::HashMap;

/// Why a signature does not count.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// It is not that of the key.
    Bad,
    /// Its hash can be forged.
    Weak,
    /// The algorithm is unknown or does not fit the key.
    Unsupported,
    /// The issuer's key cannot be used.
    Key(KeyProblem),
}

/// What was verified so far.
#[derive(Default)]
pub(super) struct Signatures {
    known: HashMap<(usize, usize), Result<(), Fault>>,
}

impl Signatures {
    /// Whether the first node is signed by the second, each with its index.
    pub(super) fn check(
        &mut self,
        (child_index, child): (usize, &Node<'_>),
        (issuer_index, issuer): (usize, &Node<'_>),
        budget: &mut Budget,
    ) -> Result<Result<(), Fault>, Exhausted> {
        if let Some(known) = self.known.get(&(child_index, issuer_index)) {
            return Ok(known.clone());
        }
        budget.signature()?;
        let result = verify(&child.certificate, &issuer.certificate);
        self.known.insert((child_index, issuer_index), result.clone());
        Ok(result)
    }
}

fn verify(child: &Certificate<'_>, issuer: &Certificate<'_>) -> Result<(), Fault> {
    let identifier = &child.signature_algorithm();
    if key::is_weak_signature(identifier) {
        return Err(Fault::Weak);
    }
    let key = issuer.public_key().map_err(Fault::Key)?;
    let algorithm = key::signature_algorithm(identifier, key.kind()).ok_or(Fault::Unsupported)?;
    let signature = child.signature().ok_or(Fault::Bad)?;
    key.verify(algorithm, child.signed_bytes(), signature).map_err(|_| Fault::Bad)
}

impl Fault {
    /// The failure, unless the issuer is plainly another one of the same name: key identifiers tell them
    /// apart.
    pub(super) fn explain(
        &self,
        child: &Certificate<'_>,
        issuer: &Certificate<'_>,
        link: usize,
    ) -> Option<Failure> {
        let (wanted, found) = (child.authority_key_identifier(), issuer.subject_key_identifier());
        if wanted.is_some() && found.is_some() && wanted != found {
            return None;
        }
        let (name, by) = (describe(child), describe(issuer));
        let fail = |rule, detail, mend: &str| Failure {
            rule,
            link,
            subject: name.clone(),
            detail,
            mend: mend.into(),
        };
        Some(match self {
            Self::Bad => fail(
                Rule::BadSignature,
                format!("the signature on \"{name}\" is not that of \"{by}\""),
                REISSUE,
            ),
            Self::Weak => {
                let detail =
                    format!("\"{name}\" is signed with {}, which can be forged", child.signature_name());
                fail(Rule::WeakSignature, detail, "Have it issued anew, signed with SHA-256 or better.")
            }
            Self::Unsupported => {
                let (algorithm, key) = (child.signature_name(), issuer.public_key_name());
                let detail = format!("\"{name}\" is signed with {algorithm} by a key of the kind {key}");
                fail(Rule::UnsupportedAlgorithm, detail, "Have it signed with ECDSA, Ed25519, ML-DSA or RSA.")
            }
            Self::Key(problem) => Failure {
                rule: key_rule(problem),
                link: link.saturating_add(1),
                detail: format!("the key of \"{by}\" cannot be used: {problem}"),
                subject: by,
                mend: "Use an authority with a current key.".into(),
            },
        })
    }
}

const REISSUE: &str = "The certificate was altered, or another authority of the same name signed it: \
                       install it again as issued, with the chain that came with it.";

/// The rule that a key breaks.
pub(super) fn key_rule(problem: &KeyProblem) -> Rule {
    match problem {
        KeyProblem::Weak(_) => Rule::WeakKey,
        KeyProblem::Unsupported(_) => Rule::UnsupportedAlgorithm,
        KeyProblem::Malformed(_) => Rule::Malformed,
    }
}
