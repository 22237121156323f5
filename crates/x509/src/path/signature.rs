//! Who signed whom: each pair is verified once, however many paths it is on.

use super::{
    Env,
    budget::Exhausted,
    few::Few,
    graph::{Graph, Node},
};
use crate::{
    certificate::{
        Certificate,
        key::{KeyProblem, SignatureProblem},
    },
    signatures::{KnownSignatures, proof},
    verdict::{Failure, Rule, describe},
};

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

/// What was verified so far: of each certificate and each key, however many certificates the key has. Budgets keep the
/// list short.
#[derive(Default)]
pub(super) struct Signatures {
    known: Few<Option<Known>, 4>,
}

/// A certificate and the one whose key was tried, and what came of it.
type Known = ((usize, usize), Result<(), Fault>);

impl Signatures {
    /// Whether the first node is signed by the second.
    pub(super) fn check(
        &mut self,
        graph: &Graph<'_>,
        pair: (usize, usize),
        env: &Env<'_>,
    ) -> Result<&Result<(), Fault>, Exhausted> {
        let index = match self.find(graph, pair) {
            Some(index) => index,
            None => {
                env.budget.signature()?;
                let (child, issuer) = (graph.node(pair.0), graph.node(pair.1));
                let result = match (child, issuer) {
                    (Some(child), Some(issuer)) => verify(&child.certificate, issuer, env.known_signatures),
                    _ => Err(Fault::Bad),
                };
                self.known.push(Some((pair, result)));
                self.known.len().saturating_sub(1)
            }
        };
        Ok(self.at(index).map_or(&BAD, |(_, result)| result))
    }

    /// The outcome, if the pair was looked at.
    pub(super) fn outcome(&self, graph: &Graph<'_>, pair: (usize, usize)) -> Option<&Result<(), Fault>> {
        self.find(graph, pair).and_then(|index| self.at(index)).map(|(_, result)| result)
    }

    fn find(&self, graph: &Graph<'_>, (child, issuer): (usize, usize)) -> Option<usize> {
        let key = |index: usize| graph.node(index).map(|node| node.certificate.public_key_info());
        self.known
            .iter()
            .flatten()
            .position(|((known, by), _)| *known == child && (*by == issuer || key(*by) == key(issuer)))
    }

    fn at(&self, index: usize) -> Option<&Known> {
        self.known.get(index)?.as_ref()
    }
}

/// Stands for what is not there.
const BAD: Result<(), Fault> = Err(Fault::Bad);

/// What is known to hold is not verified again; what is weak, or signed by a key that cannot be used, is refused all
/// the same.
fn verify(child: &Certificate<'_>, issuer: &Node<'_>, before: Option<&KnownSignatures>) -> Result<(), Fault> {
    if child.has_weak_signature() {
        return Err(Fault::Weak);
    }
    let key = issuer.certificate.public_key().map_err(Fault::Key)?;
    let before = before.map(|known| (known, proof(issuer.certificate.public_key_info(), child.der())));
    if before.is_some_and(|(known, proof)| known.has(&proof)) {
        return Ok(());
    }
    issuer.has_signed(child, &key).map_err(|problem| match problem {
        SignatureProblem::Unsupported => Fault::Unsupported,
        SignatureProblem::Bad => Fault::Bad,
    })?;
    if let Some((known, proof)) = before {
        known.add(proof);
    }
    Ok(())
}

impl Fault {
    /// The rule that is broken.
    pub(super) fn rule(&self) -> Rule {
        match self {
            Self::Bad => Rule::BadSignature,
            Self::Weak => Rule::WeakSignature,
            Self::Unsupported => Rule::UnsupportedAlgorithm,
            Self::Key(problem) => key_rule(problem),
        }
    }

    /// What was found, and what would mend it.
    pub(super) fn words(&self, child: &Certificate<'_>, issuer: &Certificate<'_>) -> (String, String) {
        let (name, by) = (describe(child), describe(issuer));
        match self {
            Self::Bad => (format!("the signature on \"{name}\" is not that of \"{by}\""), REISSUE.into()),
            Self::Weak => (
                format!("\"{name}\" is signed with {}, which can be forged", child.signature_name()),
                "Have it issued anew, signed with SHA-256 or better.".into(),
            ),
            Self::Unsupported => {
                let (algorithm, key) = (child.signature_name(), issuer.public_key_name());
                (
                    format!("\"{name}\" is signed with {algorithm} by a key of the kind {key}"),
                    "Have it signed with ECDSA, Ed25519, ML-DSA or RSA.".into(),
                )
            }
            Self::Key(problem) => (
                format!("the key of \"{by}\" cannot be used: {problem}"),
                "Use an authority with a current key.".into(),
            ),
        }
    }

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
        let (detail, mend) = self.words(child, issuer);
        let (link, of) = match self {
            Self::Key(_) => (link.saturating_add(1), issuer),
            _ => (link, child),
        };
        Some(Failure { rule: self.rule(), link, subject: describe(of), detail, mend })
    }
}

const REISSUE: &str = "The certificate was altered, or another authority of the same name signed it: \
                       install it again as issued, with the chain that came with it.";

/// The rule that a key breaks.
pub(super) fn key_rule(problem: &KeyProblem) -> Rule {
    match problem {
        KeyProblem::Weak(_) => Rule::WeakKey,
        KeyProblem::Unsupported(_) => Rule::UnsupportedKey,
        KeyProblem::Malformed(_) => Rule::MalformedKey,
    }
}
