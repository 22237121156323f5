//! The account of a path: what held and what did not.

use super::{Failure, Place, Role, Rule, Verdict, describe};
use crate::{certificate::Certificate, text::hex};
use serde::Serialize;
use std::fmt;

/// The paths that an account tells of.
pub(crate) const MAX_ACCOUNTS: usize = 8;
/// The checks that an account tells of, over all its paths.
pub(crate) const MAX_ACCOUNT_CHECKS: usize = 4_000;

/// One path that was tried.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct PathAccount {
    /// How far it led.
    pub reached: Reached,
    /// Its certificates, the leaf first.
    pub certificates: Vec<CertificateAccount>,
    /// What is wrong with it, the most important first; nothing when it is to be trusted.
    pub failures: Vec<Failure>,
}

impl PathAccount {
    /// Whether the path is to be trusted.
    pub fn is_trusted(&self) -> bool {
        self.failures.is_empty()
    }
}

/// How far a path led; the further, the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reached {
    /// To a certificate whose issuer is not at hand.
    DeadEnd,
    /// To an issuer whose signature it is not.
    WrongSignature,
    /// To a trusted authority.
    Anchor,
}

/// One certificate of a path, and each rule that the profile asks of it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct CertificateAccount {
    /// Whom it speaks of.
    pub subject: String,
    /// The SHA-256 of its DER, in hexadecimal.
    pub fingerprint: String,
    /// Its part on the path.
    pub role: Role,
    /// Where it came from.
    pub place: Place,
    /// What was asked of it.
    pub checks: Vec<Check>,
}

impl CertificateAccount {
    pub(crate) fn new(
        certificate: &Certificate<'_>,
        (role, place): (Role, Place),
        checks: Vec<Check>,
    ) -> Self {
        let (subject, fingerprint) = (describe(certificate), hex(&certificate.fingerprint()));
        Self { subject, fingerprint, role, place, checks }
    }
}

/// A rule and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Check {
    /// The rule.
    pub rule: Rule,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: CheckOutcome,
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum CheckOutcome {
    /// The rule is kept.
    Held,
    /// The rule is broken.
    Failed {
        /// What was found.
        detail: String,
        /// What would mend it.
        mend: String,
    },
    /// The rule does not speak of this certificate here.
    NotApplicable,
}

/// The whole account as text: the verdict, whom it vouches for, and of each path each certificate with the number of
/// rules that held and each that did not.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.failure {
            None => writeln!(f, "trusted")?,
            Some(failure) => writeln!(f, "not trusted: {failure}")?,
        }
        if let Some(identity) = &self.identity {
            writeln!(f, "identity: {identity}")?;
        }
        for (index, path) in self.paths.iter().enumerate() {
            let (number, of) = (index.saturating_add(1), self.tried.max(self.paths.len()));
            writeln!(f, "\npath {number} of {of}: {}", path.summary())?;
            path.certificates.iter().try_for_each(|certificate| certificate.write(f))?;
            for failure in path.failures.iter().filter(|failure| !path.tells(failure)) {
                writeln!(f, "  {failure}")?;
            }
        }
        Ok(())
    }
}

impl PathAccount {
    fn summary(&self) -> &'static str {
        match (self.reached, self.is_trusted()) {
            (_, true) => "trusted",
            (Reached::Anchor, false) => "leads to a trusted authority and breaks a rule",
            (Reached::WrongSignature, false) => "ends at a signature that is not the issuer's",
            (Reached::DeadEnd, false) => "ends without a trusted authority",
        }
    }

    /// Whether one of the checks tells of the failure.
    fn tells(&self, failure: &Failure) -> bool {
        let certificate = self.certificates.get(failure.link);
        certificate.is_some_and(|certificate| {
            certificate.checks.iter().any(|check| {
                check.rule == failure.rule && matches!(check.outcome, CheckOutcome::Failed { .. })
            })
        })
    }
}

impl CertificateAccount {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = self.checks.iter().filter(|check| check.outcome == CheckOutcome::Held).count();
        let role = match self.role {
            Role::Leaf => "leaf",
            Role::Intermediate => "intermediate",
            Role::Root => "root",
        };
        writeln!(f, "  {role} \"{}\": {held} rules hold", self.subject)?;
        for check in &self.checks {
            if let CheckOutcome::Failed { detail, mend } = &check.outcome {
                writeln!(f, "    {}: {detail} ({}). {mend}", check.rule, check.rule.rfc())?;
            }
        }
        Ok(())
    }
}
