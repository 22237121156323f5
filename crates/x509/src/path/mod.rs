//! From a leaf to an anchor: every path within the budget, until one breaks no rule.
//!
//! There are two searches over the same graph with the same rules. [`find`] is the verdict: it leaves a certificate
//! that breaks a rule of its own at once, verifies no signature under it, and writes no text. [`account`] goes every
//! way and writes down what each path broke; it explains the verdict and never changes it.

mod account;
pub(crate) mod budget;
mod deadend;
mod few;
mod graph;
mod lists;
mod policies;
mod rules;
mod signature;

pub(crate) use account::account;

use crate::{
    fault::ParseError,
    policy::PolicyInput,
    profile::{PATHS, Profile, RuleSet},
    revocation::Revocation,
    signatures::KnownSignatures,
    trust::TrustAnchors,
    verdict::{Presented, Purpose, Verdict},
};
use budget::{Budget, Exhausted, MAX_PRESENTED};
use few::Few;
use graph::Graph;
use rules::At;
use rustls_pki_types::UnixTime;
use signature::Signatures;
use std::{cell::RefCell, time::Duration};

/// What a judgement is made under.
pub(crate) struct Env<'e> {
    now: UnixTime,
    purpose: Purpose<'e>,
    profile: &'e Profile,
    policies: PolicyInput<'e>,
    revocation: Revocation<'e>,
    /// The rules that nobody asks about.
    silent: RuleSet,
    max_intermediates: Option<usize>,
    anchors: &'e TrustAnchors,
    /// What judgements before this one found to hold.
    known_signatures: Option<&'e KnownSignatures>,
    budget: Budget,
    signatures: RefCell<Signatures>,
    statuses: RefCell<lists::Statuses>,
}

impl<'e> Env<'e> {
    fn new(presented: &Presented<'e>, anchors: &'e TrustAnchors, now: UnixTime) -> Self {
        Self {
            now,
            purpose: presented.purpose,
            profile: presented.profile,
            policies: presented.policies,
            revocation: presented.revocation,
            silent: rules::silent(presented, anchors),
            max_intermediates: presented.max_intermediates,
            anchors,
            known_signatures: presented.known_signatures,
            budget: Budget::default(),
            signatures: RefCell::default(),
            statuses: RefCell::default(),
        }
    }
}

/// Why there is no path to trust.
enum Refusal {
    /// There is no leaf that parses.
    NoLeaf(Option<ParseError>),
    /// Every path breaks a rule.
    Broken,
    /// It would cost too much to say.
    Exhausted(Exhausted),
}

/// Looks for a path to trust: the last second at which all its certificates are valid, or the verdict against all paths
/// there are.
pub(crate) fn find(
    presented: &Presented<'_>,
    anchors: &TrustAnchors,
    now: UnixTime,
) -> Result<UnixTime, Box<Verdict>> {
    let env = Env::new(presented, anchors, now);
    let mut graph = Graph::default();
    graph.gather(presented, anchors);
    match decide(&env, &graph, presented) {
        Ok(path) => Ok(until(&graph, &path)),
        refused => Err(Box::new(account::tell(env, &graph, refused))),
    }
}

fn until(graph: &Graph<'_>, path: &[usize]) -> UnixTime {
    let nodes = path.iter().filter_map(|index| graph.node(*index));
    let first = nodes.map(|node| node.certificate.not_after().as_secs()).min();
    UnixTime::since_unix_epoch(Duration::from_secs(first.unwrap_or(0)))
}

/// Indices of nodes, the leaf's first.
type Path = Few<usize, 4>;

/// The path to trust.
fn decide(env: &Env<'_>, graph: &Graph<'_>, presented: &Presented<'_>) -> Result<Path, Refusal> {
    if !graph.has_leaf() {
        return Err(Refusal::NoLeaf(graph.unreadable.clone()));
    }
    if presented.chain.len() > MAX_PRESENTED {
        return Err(Refusal::Exhausted(Exhausted::Certificates));
    }
    let mut search = Search::new(env, graph, None);
    match search.enter(0) {
        Ok(true) => Ok(search.path),
        Ok(false) => Err(Refusal::Broken),
        Err(exhausted) => Err(Refusal::Exhausted(exhausted)),
    }
}

/// Whether a path that keeps the rules of paths leads from a certificate to an anchor, whatever it is for. What it costs
/// is taken from the budget of the judgement for which it is asked.
fn leads_to(env: &Env<'_>, graph: &Graph<'_>, start: usize, anchor: usize) -> Result<bool, Exhausted> {
    let own = Env {
        now: env.now,
        purpose: Purpose::Any,
        profile: &PATHS,
        policies: PolicyInput::default(),
        revocation: env.revocation,
        silent: env.silent,
        max_intermediates: None,
        anchors: env.anchors,
        known_signatures: env.known_signatures,
        budget: env.budget.lend(),
        signatures: RefCell::new(env.signatures.take()),
        statuses: RefCell::new(env.statuses.take()),
    };
    let found = Search::new(&own, graph, Some(anchor)).enter(start);
    env.budget.take_back(&own.budget);
    env.signatures.replace(own.signatures.into_inner());
    env.statuses.replace(own.statuses.into_inner());
    found
}

struct Search<'s, 'a> {
    env: &'s Env<'s>,
    graph: &'s Graph<'a>,
    path: Path,
    /// Whether a node keeps the rules that do not depend on the path.
    fit: Few<Option<bool>, 4>,
    /// The only anchor that counts, if not all do.
    anchor: Option<usize>,
}

impl<'s, 'a> Search<'s, 'a> {
    fn new(env: &'s Env<'s>, graph: &'s Graph<'a>, anchor: Option<usize>) -> Self {
        Self { env, graph, path: Path::default(), fit: Few::of_default(graph.len()), anchor }
    }

    /// Whether a path that breaks no rule goes on through this node; it is then in `path`.
    fn enter(&mut self, index: usize) -> Result<bool, Exhausted> {
        self.env.budget.step()?;
        if !self.is_fit(index)? || !self.is_signed_by(index)? {
            return Ok(false);
        }
        self.path.push(index);
        if self.explore(index)? {
            return Ok(true);
        }
        self.path.pop();
        Ok(false)
    }

    fn explore(&mut self, index: usize) -> Result<bool, Exhausted> {
        let graph = self.graph;
        let Some(node) = graph.node(index) else { return Ok(false) };
        if node.is_anchor() && self.anchor.is_none_or(|anchor| anchor == index) && self.is_whole()? {
            return Ok(true);
        }
        for issuer in graph.issuers(index, &self.path, self.env.now) {
            if self.enter(issuer)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the last node of the path is signed by this one.
    fn is_signed_by(&self, issuer: usize) -> Result<bool, Exhausted> {
        let Some(&child) = self.path.last() else { return Ok(true) };
        let mut signatures = self.env.signatures.borrow_mut();
        Ok(signatures.check(self.graph, (child, issuer), self.env)?.is_ok())
    }

    fn is_fit(&mut self, index: usize) -> Result<bool, Exhausted> {
        if let Some(known) = self.fit.get(index).copied().flatten() {
            return Ok(known);
        }
        let Some(at) = At::alone(self.env, self.graph, index, self.path.len()) else { return Ok(false) };
        let fit = rules::is_fit(&at)?;
        if let Some(slot) = self.fit.get_mut(index) {
            *slot = Some(fit);
        }
        Ok(fit)
    }

    /// Whether the path keeps the rules that depend on all of it.
    fn is_whole(&self) -> Result<bool, Exhausted> {
        for link in 0..self.path.len() {
            let Some(at) = At::on_path(self.env, self.graph, &self.path, link) else { return Ok(false) };
            if !rules::fits_path(&at)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
