//! The rules that a path from a leaf to an anchor must keep, each with the code that checks it and the code that
//! words it. Checking allocates nothing; words are made only for an account.

mod authority;
mod identifiers;
mod keys;
mod leaf;
mod names;
mod revocation;
mod shape;
mod signed;
mod table;
mod time;

use super::{
    Env,
    budget::Exhausted,
    graph::{Graph, Node},
};
use crate::{
    certificate::{Certificate, KeyProblem},
    profile::RuleSet,
    trust::TrustAnchors,
    verdict::{Presented, Rule, describe},
};
use std::cell::OnceCell;
pub(super) use table::{TABLE, fits_path, is_fit};

/// A rule, whom it binds, how it is checked and worded.
pub(super) struct Row {
    pub(super) rule: Rule,
    pub(super) scope: Scope,
    pub(super) test: fn(&At<'_, '_>) -> Outcome,
    pub(super) say: Say,
}

/// What a rule is asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Each certificate.
    Each,
    /// The peer's own certificate.
    Leaf,
    /// Each certificate that signs another on the path.
    Authority,
    /// Each certificate with its issuer: checked while paths are built.
    Signature,
    /// Each certificate as part of a whole path.
    Path,
}

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The rule is kept.
    Held,
    /// The rule does not speak of this certificate.
    NotApplicable,
    /// The rule is broken.
    Broken,
    /// It would cost too much to say.
    Exhausted(Exhausted),
}

impl Outcome {
    /// Broken or held.
    fn broken_if(broken: bool) -> Self {
        if broken { Self::Broken } else { Self::Held }
    }

    /// Not applicable without a subject, else broken or held.
    fn of<T>(subject: Option<T>, is_broken: impl FnOnce(T) -> bool) -> Self {
        subject.map_or(Self::NotApplicable, |subject| Self::broken_if(is_broken(subject)))
    }
}

/// How a broken rule is worded.
pub(super) enum Say {
    /// What is said of the certificate after its name, and what would mend it.
    Plain(&'static str, &'static str),
    /// Both in full.
    Made(fn(&At<'_, '_>) -> (String, String)),
}

/// The rules that cannot be broken, as nobody asks what they speak of.
pub(super) fn silent(presented: &Presented<'_>, anchors: &TrustAnchors) -> RuleSet {
    const OF_LISTS: RuleSet = RuleSet::of(&[
        Rule::Revoked,
        Rule::RevocationUnknown,
        Rule::RevocationPartlyKnown,
        Rule::ListMalformed,
        Rule::ListForged,
        Rule::ListNotCurrent,
        Rule::ListSignerNotPermitted,
        Rule::ListSignerUntrusted,
        Rule::ListWithoutBase,
        Rule::ListUnprocessed,
        Rule::ListWithoutNumber,
    ]);
    let mut silent = RuleSet::NONE;
    if !presented.revocation.is_asked() {
        silent = silent.and(OF_LISTS);
    }
    if presented.max_intermediates.is_none() {
        silent = silent.and(RuleSet::of(&[Rule::DepthExceeded]));
    }
    if !anchors.has_limits() {
        silent = silent.and(RuleSet::of(&[Rule::AnchorLimited]));
    }
    silent
}

/// A certificate in its place.
pub(super) struct At<'c, 'a> {
    pub(super) env: &'c Env<'c>,
    pub(super) graph: &'c Graph<'a>,
    /// The whole path, or nothing when only the certificate itself is looked at.
    pub(super) path: &'c [usize],
    pub(super) link: usize,
    pub(super) node: &'c Node<'a>,
    /// What is wrong with its key, once that was asked.
    key_problem: OnceCell<Option<KeyProblem>>,
}

impl<'c, 'a> At<'c, 'a> {
    /// A certificate by itself, at this distance from the leaf.
    pub(super) fn alone(env: &'c Env<'c>, graph: &'c Graph<'a>, index: usize, link: usize) -> Option<Self> {
        Some(Self { env, graph, path: &[], link, node: graph.node(index)?, key_problem: OnceCell::new() })
    }

    /// A certificate of a whole path.
    pub(super) fn on_path(
        env: &'c Env<'c>,
        graph: &'c Graph<'a>,
        path: &'c [usize],
        link: usize,
    ) -> Option<Self> {
        let node = graph.node(*path.get(link)?)?;
        Some(Self { env, graph, path, link, node, key_problem: OnceCell::new() })
    }

    /// What the profile asks of this certificate.
    pub(super) fn rules(&self) -> RuleSet {
        let profile = self.env.profile;
        match (self.node.is_anchor(), profile.anchors == profile.vetted_anchors) {
            (false, _) => profile.rules,
            (true, true) => profile.anchors,
            (true, false) if self.node.is_vetted() => profile.vetted_anchors,
            (true, false) => profile.anchors,
        }
    }

    /// Checks one rule.
    pub(super) fn test(&self, row: &Row) -> Outcome {
        let applies = match row.scope {
            Scope::Leaf => self.link == 0,
            Scope::Authority => self.link > 0,
            Scope::Each | Scope::Signature | Scope::Path => true,
        };
        if applies { (row.test)(self) } else { Outcome::NotApplicable }
    }

    /// What was found, and what would mend it.
    pub(super) fn words(&self, row: &Row) -> (String, String) {
        match row.say {
            Say::Plain(what, mend) => (format!("\"{}\" {what}", self.name()), mend.into()),
            Say::Made(made) => made(self),
        }
    }

    fn certificate(&self) -> &'c Certificate<'a> {
        &self.node.certificate
    }

    /// What is wrong with the key.
    fn key_problem(&self) -> Option<&KeyProblem> {
        self.key_problem.get_or_init(|| self.certificate().public_key().err()).as_ref()
    }

    fn name(&self) -> String {
        describe(self.certificate())
    }

    /// The certificate at a place of the path, counted from the leaf.
    fn other(&self, link: usize) -> Option<&'c Node<'a>> {
        self.graph.node(*self.path.get(link)?)
    }
}

/// At most a dozen items for people.
fn list(mut items: impl Iterator<Item = String>) -> String {
    let shown: Vec<String> = items.by_ref().take(12).collect();
    match items.count() {
        0 if shown.is_empty() => "nothing".into(),
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Have the certificate issued anew by software that keeps the standard.
const ANEW: &str = "Have the certificate issued anew by current software.";
