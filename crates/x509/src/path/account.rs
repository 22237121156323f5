//! What each path broke: the verdict in words.

use super::{
    Env, Path, Refusal,
    budget::{Budget, Exhausted, MAX_DEPTH},
    deadend, decide,
    graph::{Graph, Node},
    rules::{At, Outcome, TABLE},
};
use crate::{
    fault::ParseError,
    identity::Identity,
    text::cut,
    trust::TrustAnchors,
    verdict::{
        CertificateAccount, Check, CheckOutcome, Failure, Link, MAX_ACCOUNT_CHECKS, MAX_ACCOUNTS,
        PathAccount, Place, Presented, Purpose, Reached, Role, Rule, Verdict, describe,
    },
};
use rustls_pki_types::UnixTime;

/// How long one sentence of an account can be, in characters.
const LONGEST: usize = 1_000;

/// The verdict with an account of the paths that were tried, the best first.
pub(crate) fn account(presented: &Presented<'_>, anchors: &TrustAnchors, now: UnixTime) -> Verdict {
    let env = Env::new(presented, anchors, now);
    let mut graph = Graph::default();
    graph.gather(presented, anchors);
    let decided = decide(&env, &graph, presented);
    let effort = env.budget.spent();
    Verdict { effort, ..tell(env, &graph, decided) }
}

/// The account of what was decided. Signatures that were verified for that are not verified again.
pub(super) fn tell(mut env: Env<'_>, graph: &Graph<'_>, decided: Result<Path, Refusal>) -> Verdict {
    env.budget = Budget::of_account();
    let mut survey = Survey { env: &env, graph, path: Vec::new(), attempts: Vec::new(), tried: 0 };
    match decided {
        Err(Refusal::NoLeaf(error)) => {
            let failure = error.map_or_else(no_certificate, |error| malformed(&error));
            return Verdict::refused(failure);
        }
        Err(Refusal::Exhausted(exhausted)) => {
            let mut verdict = Verdict::refused(exhaustion(graph, exhausted));
            verdict.path = survey.links(&[0]);
            return verdict;
        }
        Err(Refusal::Broken) => survey.go(),
        Ok(path) => {
            let path = path.to_vec();
            survey.attempts.push(Attempt { reached: Reached::Anchor, path, broken: Vec::new(), end: None });
            survey.go();
        }
    }
    survey.verdict()
}

/// A path that was tried.
struct Attempt {
    reached: Reached,
    path: Vec<usize>,
    /// Which rule is broken at which certificate.
    broken: Vec<(Rule, usize)>,
    /// Why the path leads no further.
    end: Option<Failure>,
}

impl Attempt {
    /// A path to trust is closest, and the one that was decided on comes first; then further is closer, then fewer
    /// faults, then longer.
    fn closeness(&self) -> impl Ord + use<> {
        let sound = self.end.is_none() && self.broken.is_empty();
        let faults = self.broken.len().saturating_add(usize::from(self.end.is_some()));
        let length = if sound { 0 } else { self.path.len() };
        (sound, self.reached, std::cmp::Reverse(faults), length)
    }
}

struct Survey<'s, 'a> {
    env: &'s Env<'s>,
    graph: &'s Graph<'a>,
    /// Indices of nodes, the leaf's first.
    path: Vec<usize>,
    /// The closest, best first.
    attempts: Vec<Attempt>,
    tried: usize,
}

impl<'s, 'a> Survey<'s, 'a> {
    /// Tries every path until the budget is used up; what is known by then is told.
    fn go(&mut self) {
        self.path.push(0);
        let _exhausted = self.explore();
    }

    fn explore(&mut self) -> Result<(), Exhausted> {
        self.env.budget.step()?;
        let graph = self.graph;
        let Some((&index, node)) = self.path.last().and_then(|index| Some((index, graph.node(*index)?)))
        else {
            return Ok(());
        };
        let mut led_on = node.is_anchor();
        if node.is_anchor() {
            let broken = self.broken(&self.path);
            let sound = broken.is_empty();
            self.record(Reached::Anchor, broken, None);
            if sound {
                return Ok(());
            }
        }
        for issuer in graph.issuers(index, &self.path, self.env.now) {
            self.path.push(issuer);
            match self.signature_fault(index, issuer, node)? {
                None => {
                    led_on = true;
                    self.explore()?;
                }
                Some(Some(failure)) => self.record(Reached::WrongSignature, Vec::new(), Some(failure)),
                Some(None) => {}
            }
            self.path.pop();
        }
        if !led_on {
            let broken = self.broken(&self.path);
            self.record(Reached::DeadEnd, broken, Some(self.dead_end(node)));
        }
        Ok(())
    }

    /// Why the signature does not count, if it does not; no words for an issuer that is plainly another.
    fn signature_fault(
        &self,
        child: usize,
        issuer: usize,
        node: &Node<'_>,
    ) -> Result<Option<Option<Failure>>, Exhausted> {
        let mut signatures = self.env.signatures.borrow_mut();
        let checked = signatures.check(self.graph, (child, issuer), self.env)?;
        let (Err(fault), Some(by)) = (checked, self.graph.node(issuer)) else { return Ok(None) };
        let link = self.path.len().saturating_sub(2);
        Ok(Some(fault.explain(&node.certificate, &by.certificate, link)))
    }

    /// Which rules are broken on a path, the most important first. Signatures are what paths are made of and not
    /// asked again.
    fn broken(&self, path: &[usize]) -> Vec<(Rule, usize)> {
        let mut broken = Vec::new();
        for link in 0..path.len() {
            let Some(at) = At::on_path(self.env, self.graph, path, link) else { continue };
            let rules = at.rules();
            let rows = TABLE.iter().filter(|row| rules.contains(row.rule));
            let rows = rows.filter(|row| row.scope != super::rules::Scope::Signature);
            broken.extend(rows.filter(|row| at.test(row) == Outcome::Broken).map(|row| (row.rule, link)));
        }
        broken.sort_by_key(|(rule, _)| *rule);
        broken
    }

    fn dead_end(&self, last: &Node<'a>) -> Failure {
        deadend::End {
            last: &last.certificate,
            who: match self.env.purpose {
                Purpose::Server(_) | Purpose::KeyTransportServer(_) | Purpose::SipServer(_) => "server",
                Purpose::Client => "client",
                Purpose::Any => "peer",
            },
            link: self.path.len().saturating_sub(1),
            sent: self.graph.presented(),
            namesake: !self.env.anchors.named(&last.certificate.issuer()).is_empty(),
            unreadable: self.graph.unreadable.as_ref(),
            too_deep: self.path.len() >= MAX_DEPTH,
        }
        .explain()
    }

    /// Keeps the path if it is among the closest.
    fn record(&mut self, reached: Reached, broken: Vec<(Rule, usize)>, end: Option<Failure>) {
        self.tried = self.tried.saturating_add(1);
        let attempt = Attempt { reached, path: self.path.clone(), broken, end };
        let closeness = attempt.closeness();
        let place = self.attempts.partition_point(|known| known.closeness() >= closeness);
        if self.attempts.iter().any(|known| known.path == attempt.path && known.reached == attempt.reached) {
            return;
        }
        self.attempts.insert(place, attempt);
        self.attempts.truncate(MAX_ACCOUNTS);
    }

    fn verdict(self) -> Verdict {
        let mut left = MAX_ACCOUNT_CHECKS;
        let mut paths = Vec::new();
        for attempt in &self.attempts {
            paths.push(self.tell(attempt, &mut left));
        }
        let path = self.attempts.first().map(|attempt| self.links(&attempt.path)).unwrap_or_default();
        let mut failures = paths.first().map(|best| best.failures.clone()).unwrap_or_default().into_iter();
        let failure = failures.next();
        let identity = failure.is_none().then(|| self.identity()).flatten();
        Verdict {
            path,
            failure,
            others: failures.collect(),
            paths,
            tried: self.tried,
            identity,
            ..Verdict::default()
        }
    }

    fn identity(&self) -> Option<Identity> {
        let path = &self.attempts.first()?.path;
        let leaf = self.graph.node(*path.first()?)?;
        let anchor = self.graph.node(*path.last()?)?;
        Some(Identity::of(&leaf.certificate, &anchor.certificate))
    }

    /// The account of one path, as long as `left` checks can be told.
    fn tell(&self, attempt: &Attempt, left: &mut usize) -> PathAccount {
        let mut certificates = Vec::new();
        let mut failures: Vec<Failure> = Vec::new();
        for link in 0..attempt.path.len() {
            let Some(at) = At::on_path(self.env, self.graph, &attempt.path, link) else { continue };
            let told = self.checks(&at, left);
            for check in &told {
                if let CheckOutcome::Failed { detail, mend } = &check.outcome
                    && attempt.broken.contains(&(check.rule, link))
                {
                    let (detail, mend) = (detail.clone(), mend.clone());
                    failures.push(Failure {
                        rule: check.rule,
                        link,
                        subject: describe(&at.node.certificate),
                        detail,
                        mend,
                    });
                }
            }
            certificates.push(CertificateAccount::new(&at.node.certificate, self.part(attempt, link), told));
        }
        failures.sort_by_key(|failure| failure.rule);
        let end = attempt.end.clone().map(|end| Failure { detail: cut(&end.detail, LONGEST), ..end });
        let failures = end.into_iter().chain(failures).collect();
        PathAccount { reached: attempt.reached, certificates, failures }
    }

    fn checks(&self, at: &At<'_, 'a>, left: &mut usize) -> Vec<Check> {
        let rules = at.rules();
        let rows = TABLE.iter().filter(|row| rules.contains(row.rule)).take(*left);
        let told: Vec<Check> = rows
            .map(|row| {
                let outcome = match at.test(row) {
                    Outcome::Held => CheckOutcome::Held,
                    Outcome::NotApplicable | Outcome::Exhausted(_) => CheckOutcome::NotApplicable,
                    Outcome::Broken => {
                        let (detail, mend) = at.words(row);
                        CheckOutcome::Failed { detail: cut(&detail, LONGEST), mend: cut(&mend, LONGEST) }
                    }
                };
                Check { rule: row.rule, outcome }
            })
            .collect();
        *left = left.saturating_sub(told.len());
        told
    }

    fn part(&self, attempt: &Attempt, link: usize) -> (Role, Place) {
        let node = attempt.path.get(link).and_then(|index| self.graph.node(*index));
        let last = link.saturating_add(1) == attempt.path.len();
        let place =
            node.map_or(Place::Anchor, |node| if node.is_anchor() { Place::Anchor } else { node.place });
        let is_root =
            node.is_some_and(|node| last && (node.is_anchor() || node.certificate.is_self_issued()));
        let role = match link {
            0 => Role::Leaf,
            _ if is_root => Role::Root,
            _ => Role::Intermediate,
        };
        (role, place)
    }

    fn links(&self, path: &[usize]) -> Vec<Link> {
        let attempt =
            Attempt { reached: Reached::DeadEnd, path: path.to_vec(), broken: Vec::new(), end: None };
        let link = |(link, index): (usize, &usize)| {
            let (role, place) = self.part(&attempt, link);
            Some(Link::new(&self.graph.node(*index)?.certificate, role, place))
        };
        path.iter().enumerate().filter_map(link).collect()
    }
}

fn exhaustion(graph: &Graph<'_>, exhausted: Exhausted) -> Failure {
    Failure {
        rule: Rule::BudgetExhausted,
        link: 0,
        subject: graph.node(0).map(|node| describe(&node.certificate)).unwrap_or_default(),
        detail: exhausted.describe(),
        mend: "Send only the certificates between the peer's own and a well-known authority.".into(),
    }
}

fn no_certificate() -> Failure {
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
        detail: cut(&format!("the peer's certificate does not parse: {error}"), LONGEST),
        mend: "Have the certificate issued anew: as it is, it is not what the standard describes.".into(),
    }
}
