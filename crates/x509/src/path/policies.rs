//! The policies along a path (RFC 5280 section 6.1 as RFC 9618 has it): a graph with one node for each policy at
//! each depth, so that its size is at most that of the certificates. A tree of the same meaning can double with
//! each certificate.

use super::budget::{Budget, Exhausted};
use crate::{
    certificate::Certificate,
    model::{list::List, oid, policy::PolicyMapping},
    policy::PolicyInput,
};
use asn1::ObjectIdentifier;

/// A policy that may hold at one depth.
struct Node {
    policy: ObjectIdentifier,
    /// The policies one depth above that lead here; none when only "any policy" does.
    parents: Vec<ObjectIdentifier>,
}

/// The policies that may hold at one depth.
#[derive(Default)]
struct Level {
    nodes: Vec<Node>,
    /// Whether "any policy" holds: all others then do too, without a node.
    any: bool,
}

impl Level {
    fn is_empty(&self) -> bool {
        self.nodes.is_empty() && !self.any
    }

    fn find(&self, policy: &ObjectIdentifier) -> Option<&Node> {
        self.nodes.iter().find(|node| node.policy == *policy)
    }
}

/// Counts down from a number of certificates; at nothing, what it stands for is in force.
struct Countdown(u64);

impl Countdown {
    fn new(at_once: bool, length: usize) -> Self {
        Self(if at_once { 0 } else { u64::try_from(length).unwrap_or(u64::MAX).saturating_add(1) })
    }

    fn limit(&mut self, to: Option<u64>) {
        self.0 = self.0.min(to.unwrap_or(u64::MAX));
    }

    fn tick(&mut self) {
        self.0 = self.0.saturating_sub(1);
    }

    fn in_force(&self) -> bool {
        self.0 == 0
    }
}

/// Whether a policy that is asked for holds along a path, its leaf first and its anchor last. [`are_asked_for`] comes
/// first.
pub(super) fn hold(
    path: &[&Certificate<'_>],
    input: &PolicyInput<'_>,
    budget: &Budget,
) -> Result<bool, Exhausted> {
    let below = path.get(..path.len().saturating_sub(1)).unwrap_or_default();
    let mut walk = Walk {
        levels: Vec::new(),
        valid: Level { nodes: Vec::new(), any: true },
        explicit: Countdown::new(input.require_explicit, below.len()),
        mapping: Countdown::new(input.inhibit_mapping, below.len()),
        any: Countdown::new(input.inhibit_any, below.len()),
        budget,
    };
    for (link, certificate) in below.iter().enumerate().rev() {
        walk.narrow(certificate, link == 0)?;
        if walk.valid.is_empty() && walk.explicit.in_force() {
            return Ok(false);
        }
        match link {
            0 => walk.finish(certificate),
            _ => walk.prepare(certificate)?,
        }
    }
    if !walk.explicit.in_force() {
        return Ok(true);
    }
    walk.satisfies(input)
}

/// Whether [`hold`] can say no: somebody must ask for an explicit policy.
pub(super) fn are_asked_for<'c, 'a: 'c>(
    mut path: impl Iterator<Item = &'c Certificate<'a>>,
    input: &PolicyInput<'_>,
) -> bool {
    let asks = |certificate: &Certificate<'_>| {
        let constraints = certificate.places().policy_constraints.as_ref();
        constraints.is_some_and(|known| known.value.require_explicit.is_some())
    };
    input.require_explicit || path.any(asks)
}

struct Walk<'w> {
    levels: Vec<Level>,
    /// The level at hand, before and after a certificate narrowed it.
    valid: Level,
    explicit: Countdown,
    mapping: Countdown,
    any: Countdown,
    budget: &'w Budget,
}

impl Walk<'_> {
    /// RFC 5280 section 6.1.3 (d) and (e): what the certificate does not name falls away.
    fn narrow(&mut self, certificate: &Certificate<'_>, is_last: bool) -> Result<(), Exhausted> {
        let Some(policies) = certificate.extension_fields().policies() else {
            self.valid = Level::default();
            return Ok(());
        };
        let any_counts = !self.any.in_force() || (!is_last && certificate.is_self_issued());
        let (mut kept, mut names_any) = (Level::default(), false);
        for policy in policies.value.iter() {
            self.budget.comparisons(self.valid.nodes.len().saturating_add(kept.nodes.len()))?;
            if policy.id == oid::ANY_POLICY {
                names_any = any_counts;
            } else if kept.find(&policy.id).is_some() {
            } else if let Some(node) = self.valid.find(&policy.id) {
                kept.nodes.push(Node { policy: policy.id, parents: node.parents.clone() });
            } else if self.valid.any {
                kept.nodes.push(Node { policy: policy.id, parents: Vec::new() });
            }
        }
        if names_any {
            for node in std::mem::take(&mut self.valid.nodes) {
                self.budget.comparisons(kept.nodes.len())?;
                if kept.find(&node.policy).is_none() {
                    kept.nodes.push(node);
                }
            }
            kept.any = self.valid.any;
        }
        self.valid = kept;
        Ok(())
    }

    /// RFC 5280 section 6.1.4 (b) and (h) to (j): mappings, then the counters.
    fn prepare(&mut self, certificate: &Certificate<'_>) -> Result<(), Exhausted> {
        let fields = certificate.places();
        let mappings = certificate.extension_fields().policy_mappings().map(|known| known.value);
        let next = self.mapped(mappings.as_ref())?;
        self.levels.push(std::mem::replace(&mut self.valid, next));
        if !certificate.is_self_issued() {
            [&mut self.explicit, &mut self.mapping, &mut self.any].into_iter().for_each(Countdown::tick);
        }
        if let Some(known) = &fields.policy_constraints {
            self.explicit.limit(known.value.require_explicit);
            self.mapping.limit(known.value.inhibit_mapping);
        }
        self.any.limit(fields.inhibit_any_policy.as_ref().map(|known| known.value));
        Ok(())
    }

    /// The level below: each policy by the names that the mappings give it.
    fn mapped(&mut self, mappings: Option<&List<'_, PolicyMapping, 1>>) -> Result<Level, Exhausted> {
        let mut next = Level { nodes: Vec::new(), any: self.valid.any };
        let mut renamed: Vec<ObjectIdentifier> = Vec::new();
        for mapping in mappings.iter().flat_map(|list| list.iter()) {
            self.budget.comparisons(self.valid.nodes.len().saturating_add(next.nodes.len()))?;
            if !renamed.contains(&mapping.issuer) {
                renamed.push(mapping.issuer.clone());
            }
            if self.mapping.in_force() {
                continue;
            }
            if self.valid.find(&mapping.issuer).is_none() {
                if !self.valid.any {
                    continue;
                }
                self.valid.nodes.push(Node { policy: mapping.issuer.clone(), parents: Vec::new() });
            }
            next.add(mapping.subject, mapping.issuer);
        }
        if self.mapping.in_force() {
            self.valid.nodes.retain(|node| !renamed.contains(&node.policy));
        }
        for node in &self.valid.nodes {
            self.budget.comparisons(renamed.len().saturating_add(next.nodes.len()))?;
            if !renamed.contains(&node.policy) {
                next.add(node.policy.clone(), node.policy.clone());
            }
        }
        Ok(next)
    }

    /// RFC 5280 section 6.1.5 (a) and (b).
    fn finish(&mut self, certificate: &Certificate<'_>) {
        self.explicit.tick();
        let constraints = certificate.places().policy_constraints.as_ref();
        if constraints.is_some_and(|known| known.value.require_explicit == Some(0)) {
            self.explicit.limit(Some(0));
        }
        let last = std::mem::take(&mut self.valid);
        self.levels.push(last);
    }

    /// RFC 5280 section 6.1.5 (g): whether one of the acceptable policies leads from the anchor to the leaf. They are
    /// named as the anchor's domain names them, so the graph is walked upwards.
    fn satisfies(&self, input: &PolicyInput<'_>) -> Result<bool, Exhausted> {
        let Some(last) = self.levels.last().filter(|level| !level.is_empty()) else { return Ok(false) };
        let is_acceptable =
            |policy: &ObjectIdentifier| input.acceptable.iter().any(|known| known.0 == *policy);
        if input.acceptable.is_empty() || is_acceptable(&oid::ANY_POLICY) || last.any {
            return Ok(true);
        }
        let mut reached: Vec<ObjectIdentifier> = last.nodes.iter().map(|node| node.policy.clone()).collect();
        for level in self.levels.iter().rev() {
            let mut above: Vec<ObjectIdentifier> = Vec::new();
            for node in reached.iter().filter_map(|policy| level.find(policy)) {
                self.budget.comparisons(level.nodes.len().saturating_add(input.acceptable.len()))?;
                if node.parents.is_empty() && is_acceptable(&node.policy) {
                    return Ok(true);
                }
                for parent in &node.parents {
                    self.budget.comparisons(above.len())?;
                    if !above.contains(parent) {
                        above.push(parent.clone());
                    }
                }
            }
            reached = above;
        }
        Ok(false)
    }
}

impl Level {
    fn add(&mut self, policy: ObjectIdentifier, parent: ObjectIdentifier) {
        match self.nodes.iter_mut().find(|node| node.policy == policy) {
            Some(node) if node.parents.contains(&parent) => {}
            Some(node) => node.parents.push(parent),
            None => self.nodes.push(Node { policy, parents: vec![parent] }),
        }
    }
}
