//! Who signed a revocation list, and whether they may (RFC 5280 section 6.3.3 (f) and (g)).

use crate::{
    certificate::{Certificate, KeyUsage, key},
    path::{self, budget::Exhausted, rules::At},
    revocation::RevocationList,
    verdict::Rule,
};

/// What came of a list's signature.
pub(super) enum Signing {
    /// It is that of this node, which may sign it.
    By(usize),
    /// The list identifies another key than any of the known ones: it is that of another authority of the same name.
    OfAnother,
    /// It breaks this rule with every key.
    Broken(Rule),
}

/// What was found so far.
#[derive(Default)]
pub(super) struct Signers {
    /// By list and node.
    signed: Vec<((usize, usize), bool)>,
    /// By node and anchor: whether a path of its own leads there.
    trusted: Vec<((usize, usize), bool)>,
    /// The nodes whose own paths are being judged right now.
    asked: Vec<usize>,
}

impl Signers {
    /// Whether the path of one is being judged.
    pub(super) fn are_asked(&self) -> bool {
        !self.asked.is_empty()
    }
}

/// Whose paths are judged for the sake of whose: no chain of lists in use comes near.
const DEEPEST: usize = 4;

/// Who signed a list: the certificates of its issuer's name further up the path, then others of that name with a path of
/// their own to the same anchor.
pub(super) fn of(at: &At<'_, '_>, index: usize, list: &RevocationList<'_>) -> Result<Signing, Exhausted> {
    let above = at.path.get(at.link.saturating_add(1)..).unwrap_or_default();
    let others = (0..at.graph.len()).filter(|node| !above.contains(node));
    let known = above.iter().copied().chain(others);
    let known = known.filter_map(|node| Some((node, &at.graph.node(node)?.certificate)));
    let mut named = known.filter(|(_, signer)| signer.subject().is_same(&list.issuer())).peekable();
    if named.peek().is_none() {
        return Ok(Signing::Broken(Rule::ListSignerUntrusted));
    }
    let wanted = list.authority_key_identifier();
    let mut fault = wanted.is_none().then_some(Rule::ListForged);
    for (node, signer) in named {
        if signer.subject_key_identifier().is_none_or(|own| wanted == Some(own)) {
            fault = fault.or(Some(Rule::ListForged));
        }
        if !is_signed_by(at, (index, list), node)? {
            continue;
        }
        let is_above = above.contains(&node);
        if !may_sign(signer, is_above) {
            fault = Some(Rule::ListSignerNotPermitted);
        } else if !is_above && !is_trusted(at, node)? {
            fault = Some(Rule::ListSignerUntrusted);
        } else {
            return Ok(Signing::By(node));
        }
    }
    Ok(fault.map_or(Signing::OfAnother, Signing::Broken))
}

/// "If a key usage extension is present in the CRL issuer's certificate, verify that the cRLSign bit is set." One that
/// signs no certificates of the path must have the bit: RFC 5280 section 5.1.1.3 has it of all that sign lists.
fn may_sign(signer: &Certificate<'_>, is_above: bool) -> bool {
    signer.key_usage().map_or(is_above, |usage| usage.contains(KeyUsage::CRL_SIGNING))
}

/// Whether a list has the signature of a node.
pub(super) fn is_signed_by(
    at: &At<'_, '_>,
    (index, list): (usize, &RevocationList<'_>),
    node: usize,
) -> Result<bool, Exhausted> {
    let pair = (index, node);
    let known =
        |known: &[((usize, usize), bool)]| known.iter().find(|(it, _)| *it == pair).map(|(_, it)| *it);
    if let Some(known) = known(&at.env.statuses.borrow().signers.signed) {
        return Ok(known);
    }
    at.env.budget.signature()?;
    let key = at.graph.node(node).and_then(|node| node.certificate.public_key().ok());
    let signed = key.is_some_and(|key| {
        key::verify(&key, list.algorithm(), list.signed_bytes(), list.signature()).is_ok()
    });
    at.env.statuses.borrow_mut().signers.signed.push((pair, signed));
    Ok(signed)
}

/// Whether a path of its own leads from the node to the path's anchor. "The trust anchor for the certification path MUST
/// be the same as the trust anchor used to validate the target certificate."
///
/// A list may decide on the certificate of its own signer. While that is judged the signer stands as it is: a list on
/// which it is says so all the same.
fn is_trusted(at: &At<'_, '_>, node: usize) -> Result<bool, Exhausted> {
    let Some(&anchor) = at.path.last() else { return Ok(false) };
    let pair = (node, anchor);
    let asked = {
        let signers = &at.env.statuses.borrow().signers;
        if signers.asked.contains(&node) {
            return Ok(true);
        }
        if let Some((_, trusted)) = signers.trusted.iter().find(|(known, _)| *known == pair) {
            return Ok(*trusted);
        }
        signers.asked.len()
    };
    if asked >= DEEPEST {
        return Ok(false);
    }
    at.env.statuses.borrow_mut().signers.asked.push(node);
    let trusted = path::leads_to(at.env, at.graph, node, anchor);
    let mut statuses = at.env.statuses.borrow_mut();
    statuses.signers.asked.pop();
    let trusted = trusted?;
    // What was found for the sake of another may hang on what is not decided yet.
    if asked == 0 {
        statuses.signers.trusted.push((pair, trusted));
    }
    Ok(trusted)
}
