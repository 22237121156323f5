//! From a leaf to an anchor: every path within the budget, until one breaks no rule.

pub(crate) mod budget;
mod deadend;
mod rules;
mod signature;

use crate::{
    certificate::Certificate,
    fault::ParseError,
    trust::TrustAnchors,
    verdict::{Failure, Link, Place, Presented, Purpose, Role, Rule, Verdict, describe},
};
use budget::{Budget, Exhausted, MAX_DEPTH, MAX_PRESENTED};
use rustls_pki_types::UnixTime;
use signature::Signatures;
use std::time::Duration;

/// A certificate that may be part of a path.
struct Node<'a> {
    certificate: Certificate<'a>,
    place: Place,
    /// Whether a path may end here.
    is_anchor: bool,
}

/// A path that breaks no rule, and the certificates that it is made of.
pub(crate) struct Found<'a> {
    nodes: Vec<Node<'a>>,
    path: Vec<usize>,
}

impl Found<'_> {
    /// See [`crate::verdict::judge`].
    pub(crate) fn verdict(&self) -> Verdict {
        Verdict { path: links(&self.nodes, &self.path), failure: None, others: Vec::new() }
    }

    /// The last second at which all its certificates are valid.
    pub(crate) fn until(&self) -> UnixTime {
        let nodes = self.path.iter().filter_map(|index| self.nodes.get(*index));
        let first = nodes.map(|node| node.certificate.not_after().as_secs()).min();
        UnixTime::since_unix_epoch(Duration::from_secs(first.unwrap_or(0)))
    }
}

/// The path to trust, or the verdict against all there are.
pub(crate) fn find<'a>(
    presented: &Presented<'a>,
    anchors: &'a TrustAnchors,
    now: UnixTime,
) -> Result<Found<'a>, Box<Verdict>> {
    let (nodes, unreadable) = gather(presented, anchors);
    // Certificates are read in order, so that the first fault is the leaf's if the leaf is not there.
    if nodes.first().is_none_or(|node| !matches!(node.place, Place::Presented(0))) {
        let failure = unreadable.map_or_else(no_certificate, |error| malformed(&error));
        return Err(Box::new(refuse(failure)));
    }
    let too_many = presented.chain.len() > MAX_PRESENTED;
    let mut search = Search {
        nodes: &nodes,
        anchors,
        unreadable,
        now,
        purpose: presented.purpose,
        budget: Budget::default(),
        signatures: Signatures::default(),
        path: vec![0],
        best: None,
    };
    let explored = if too_many { Err(Exhausted::Certificates) } else { search.explore() };
    match explored {
        Ok(Some(path)) => Ok(Found { nodes, path }),
        Ok(None) => Err(Box::new(search.closest())),
        Err(exhausted) => Err(Box::new(search.exhausted(exhausted))),
    }
}

/// The peer's certificates that parse, its leaf first, and the anchors that may have signed them.
fn gather<'a>(presented: &Presented<'a>, anchors: &'a TrustAnchors) -> (Vec<Node<'a>>, Option<ParseError>) {
    let (mut nodes, mut unreadable): (Vec<Node<'a>>, _) = (Vec::new(), None);
    for (index, der) in presented.chain.iter().enumerate().take(MAX_PRESENTED) {
        match Certificate::parse(der) {
            Ok(_) if nodes.iter().any(|node| node.certificate.der() == der.as_ref()) => {}
            Ok(certificate) => {
                let is_anchor = anchors.has(&certificate.subject(), der);
                nodes.push(Node { certificate, place: Place::Presented(index), is_anchor });
            }
            Err(error) => unreadable = unreadable.or(Some(error)),
        }
    }
    let issuers: Vec<_> = nodes.iter().map(|node| node.certificate.issuer()).collect();
    for anchor in issuers.iter().flat_map(|issuer| anchors.named(issuer)) {
        if nodes.iter().all(|node| node.certificate.der() != anchor.der()) {
            nodes.push(Node { certificate: anchor, place: Place::Anchor, is_anchor: true });
        }
    }
    (nodes, unreadable)
}

/// How close a failed path came: paths that reach an anchor say more than those that do not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Progress {
    DeadEnd,
    WrongSignature,
    Complete,
}

/// A path that failed.
struct Attempt {
    progress: Progress,
    path: Vec<usize>,
    failures: Vec<Failure>,
}

impl Attempt {
    /// Further is closer, then fewer faults, then longer.
    fn closeness(&self) -> impl Ord + use<> {
        (self.progress, std::cmp::Reverse(self.failures.len()), self.path.len())
    }
}

struct Search<'s, 'a> {
    nodes: &'s [Node<'a>],
    anchors: &'s TrustAnchors,
    /// What is wrong with the first certificate of the peer that does not parse.
    unreadable: Option<ParseError>,
    now: UnixTime,
    purpose: Purpose<'s>,
    budget: Budget,
    signatures: Signatures,
    /// Indices of nodes, the leaf's first.
    path: Vec<usize>,
    best: Option<Attempt>,
}

impl<'s, 'a> Search<'s, 'a> {
    /// Extends the path in every way; the first whole path that breaks no rule is the answer.
    fn explore(&mut self) -> Result<Option<Vec<usize>>, Exhausted> {
        self.budget.step()?;
        let nodes = self.nodes;
        let Some(last) = self.path.last().and_then(|index| nodes.get(*index)) else { return Ok(None) };
        if last.is_anchor {
            return self.complete();
        }
        let mut led_on = false;
        for index in self.candidates(last) {
            if !self.is_signed_by(last, index)? {
                continue;
            }
            led_on = true;
            self.path.push(index);
            let found = self.explore()?;
            if found.is_some() {
                return Ok(found);
            }
            self.path.pop();
        }
        if !led_on {
            let failure = self.dead_end(last);
            self.record(Progress::DeadEnd, vec![failure]);
        }
        Ok(None)
    }

    /// The nodes that may have signed this one: those with the right key identifier first, then anchors, then
    /// those that are valid now.
    fn candidates(&self, child: &Node<'a>) -> Vec<usize> {
        if self.path.len() >= MAX_DEPTH {
            return Vec::new();
        }
        let issuer = child.certificate.issuer();
        let is_candidate = |node: &Node<'a>| node.certificate.subject() == issuer && !self.repeats(node);
        let mut found: Vec<_> =
            self.nodes.iter().enumerate().filter(|(_, node)| is_candidate(node)).collect();
        let wanted = child.certificate.authority_key_identifier();
        found.sort_by_key(|(_, node)| {
            let other_key = wanted.is_some() && node.certificate.subject_key_identifier() != wanted;
            (other_key, !node.is_anchor, !self.is_current(&node.certificate))
        });
        found.into_iter().map(|(index, _)| index).collect()
    }

    /// Whether an authority is on the path already, be it by another certificate: a loop between cross-signed
    /// authorities proves nothing.
    fn repeats(&self, node: &Node<'a>) -> bool {
        self.path.iter().filter_map(|index| self.nodes.get(*index)).any(|earlier| {
            earlier.certificate.subject() == node.certificate.subject()
                && earlier.certificate.public_key_info() == node.certificate.public_key_info()
        })
    }

    fn is_current(&self, certificate: &Certificate<'_>) -> bool {
        (certificate.not_before().as_secs()..=certificate.not_after().as_secs()).contains(&self.now.as_secs())
    }

    fn is_signed_by(&mut self, child: &Node<'a>, issuer: usize) -> Result<bool, Exhausted> {
        let nodes = self.nodes;
        let (Some(&child_index), Some(node)) = (self.path.last(), nodes.get(issuer)) else {
            return Ok(false);
        };
        let checked = self.signatures.check((child_index, child), (issuer, node), &mut self.budget)?;
        let Err(fault) = checked else { return Ok(true) };
        let link = self.path.len().saturating_sub(1);
        if let Some(failure) = fault.explain(&child.certificate, &node.certificate, link) {
            self.path.push(issuer);
            self.record(Progress::WrongSignature, vec![failure]);
            self.path.pop();
        }
        Ok(false)
    }

    fn complete(&mut self) -> Result<Option<Vec<usize>>, Exhausted> {
        let path = self.path.clone();
        let failures = self.broken_rules(&path)?;
        if failures.is_empty() {
            return Ok(Some(path));
        }
        self.record(Progress::Complete, failures);
        Ok(None)
    }

    /// What is wrong on a path, signatures aside; the most important first.
    fn broken_rules(&mut self, path: &[usize]) -> Result<Vec<Failure>, Exhausted> {
        let nodes = path.iter().filter_map(|index| self.nodes.get(*index));
        let certificates: Vec<&Certificate<'a>> = nodes.map(|node| &node.certificate).collect();
        let case = rules::Case { path: &certificates, now: self.now, purpose: self.purpose };
        let mut failures = case.check(&mut self.budget)?;
        failures.sort_by_key(|failure| failure.rule);
        Ok(failures)
    }

    fn dead_end(&self, last: &Node<'a>) -> Failure {
        deadend::End {
            last: &last.certificate,
            who: match self.purpose {
                Purpose::Server(_) | Purpose::KeyTransportServer(_) => "server",
                Purpose::Client => "client",
            },
            link: self.path.len().saturating_sub(1),
            sent: self.nodes.iter().filter(|node| matches!(node.place, Place::Presented(_))).count(),
            namesake: self.anchors.named(&last.certificate.issuer()).next().is_some(),
            unreadable: self.unreadable.as_ref(),
            too_deep: self.path.len() >= MAX_DEPTH,
        }
        .explain()
    }

    /// Keeps the path if it came closer than the best so far.
    fn record(&mut self, progress: Progress, failures: Vec<Failure>) {
        let attempt = Attempt { progress, path: self.path.clone(), failures };
        if self.best.as_ref().is_none_or(|best| attempt.closeness() > best.closeness()) {
            self.best = Some(attempt);
        }
    }

    fn closest(mut self) -> Verdict {
        let Some(Attempt { path, mut failures, progress }) = self.best.take() else {
            return refuse(no_certificate());
        };
        if progress == Progress::DeadEnd {
            failures.extend(self.broken_rules(&path).unwrap_or_default());
        }
        let mut failures = failures.into_iter();
        let failure = failures.next().unwrap_or_else(no_certificate);
        Verdict { path: links(self.nodes, &path), failure: Some(failure), others: failures.collect() }
    }

    fn exhausted(self, exhausted: Exhausted) -> Verdict {
        let failure = Failure {
            rule: Rule::BudgetExhausted,
            link: 0,
            subject: self.nodes.first().map(|node| describe(&node.certificate)).unwrap_or_default(),
            detail: exhausted.describe(),
            mend: "Send only the certificates between the peer's own and a well-known authority.".into(),
        };
        Verdict { path: links(self.nodes, &self.path), failure: Some(failure), others: Vec::new() }
    }
}

fn links(nodes: &[Node<'_>], path: &[usize]) -> Vec<Link> {
    let last = path.len().saturating_sub(1);
    let link = |(position, index): (usize, &usize)| {
        let node = nodes.get(*index)?;
        let role = match position {
            0 => Role::Leaf,
            _ if position == last && (node.is_anchor || node.certificate.is_self_issued()) => Role::Root,
            _ => Role::Intermediate,
        };
        let place = if node.is_anchor { Place::Anchor } else { node.place };
        Some(Link::new(&node.certificate, role, place))
    };
    path.iter().enumerate().filter_map(link).collect()
}

fn refuse(failure: Failure) -> Verdict {
    Verdict { path: Vec::new(), failure: Some(failure), others: Vec::new() }
}

pub(crate) fn no_certificate() -> Failure {
    Failure {
        rule: Rule::NoCertificate,
        link: 0,
        subject: String::new(),
        detail: "the peer sent no certificate".into(),
        mend: "Give the peer a certificate for its name.".into(),
    }
}

fn malformed(error: &ParseError) -> Failure {
    Failure {
        rule: Rule::Malformed,
        link: 0,
        subject: String::new(),
        detail: format!("the peer's certificate does not parse: {error}"),
        mend: "Have the certificate issued anew: as it is, it is not what the standard describes.".into(),
    }
}

#[cfg(test)]
mod tests;
