//! The certificates that a path can be made of, and which may have signed which.

use super::budget::{MAX_DEPTH, MAX_PRESENTED};
use crate::{
    certificate::{Certificate, key::SignatureProblem},
    fault::ParseError,
    trust::{AnchorKey, TrustAnchors},
    verdict::{Place, Presented},
};
use bulla_crypto::signature::PublicKey;
use rustls_pki_types::UnixTime;

/// A certificate that may be part of a path.
pub(crate) struct Node<'a> {
    pub(super) certificate: Certificate<'a>,
    pub(super) place: Place,
    /// The key that is kept, if a path may end here.
    pub(super) anchor: Option<&'a AnchorKey>,
}

/// The peer's certificates that parse, its leaf first, and the anchors that may have signed them.
pub(crate) struct Graph<'a> {
    nodes: Vec<Node<'a>>,
    /// What is wrong with the first certificate of the peer that does not parse.
    pub(super) unreadable: Option<ParseError>,
}

impl<'a> Graph<'a> {
    pub(super) fn gather(presented: &Presented<'a>, anchors: &'a TrustAnchors) -> Self {
        let mut graph = Self { nodes: Vec::with_capacity(4), unreadable: None };
        for (index, der) in presented.chain.iter().enumerate().take(MAX_PRESENTED) {
            let leaf = presented.leaf.filter(|leaf| index == 0 && leaf.der() == der.as_ref());
            match leaf.map_or_else(|| Certificate::parse(der), |leaf| Ok(leaf.clone())) {
                Ok(_) if graph.holds(der) => {}
                Ok(certificate) => {
                    let anchor = anchors.find(&certificate.subject(), der);
                    graph.nodes.push(Node::new(certificate, Place::Presented(index), anchor));
                }
                Err(error) => graph.unreadable = graph.unreadable.take().or(Some(error)),
            }
        }
        for index in 0..graph.nodes.len() {
            let Some(issuer) = graph.node(index).map(|node| node.certificate.issuer()) else { continue };
            for (certificate, key) in anchors.named(&issuer) {
                if !graph.holds(certificate.der()) {
                    graph.nodes.push(Node::new(certificate, Place::Anchor, Some(key)));
                }
            }
        }
        graph
    }

    fn holds(&self, der: &[u8]) -> bool {
        self.nodes.iter().any(|node| node.certificate.der() == der)
    }

    /// Certificates are read in order, so that the first node is the leaf if the leaf could be read.
    pub(super) fn has_leaf(&self) -> bool {
        self.nodes.first().is_some_and(|node| matches!(node.place, Place::Presented(0)))
    }

    pub(super) fn node(&self, index: usize) -> Option<&Node<'a>> {
        self.nodes.get(index)
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// How many certificates of the peer could be read.
    pub(super) fn presented(&self) -> usize {
        self.nodes.iter().filter(|node| matches!(node.place, Place::Presented(_))).count()
    }

    /// The nodes that may have signed this one and are not on the path yet: those with the right key identifier
    /// first, then anchors, then those that are valid now.
    pub(super) fn issuers(
        &self,
        child: usize,
        path: &[usize],
        now: UnixTime,
    ) -> impl Iterator<Item = usize> + use<> {
        let child = self.node(child).filter(|_| path.len() < MAX_DEPTH);
        let found = child.map_or(Candidates::None, |child| self.candidates(&child.certificate, path));
        let (one, many) = match (found, child) {
            (Candidates::One(index), _) => (Some(index), Vec::new()),
            (Candidates::Many(found), Some(child)) => (None, self.sorted(found, &child.certificate, now)),
            _ => (None, Vec::new()),
        };
        one.into_iter().chain(many)
    }

    fn candidates(&self, child: &Certificate<'a>, path: &[usize]) -> Candidates {
        let name = child.issuer();
        match self.named(|node| node.certificate.subject() == name, path) {
            // RFC 5280 section 7.1: names may be equal though their encodings are not.
            Candidates::None => self.named(|node| node.certificate.subject().is_same(&name), path),
            found => found,
        }
    }

    fn sorted(&self, mut found: Vec<usize>, child: &Certificate<'a>, now: UnixTime) -> Vec<usize> {
        let wanted = child.authority_key_identifier();
        found.sort_by_key(|index| {
            self.node(*index).map(|node| {
                let other_key = wanted.is_some() && node.certificate.subject_key_identifier() != wanted;
                (other_key, !node.is_anchor(), !is_current(&node.certificate, now))
            })
        });
        found
    }

    fn named(&self, is_named: impl Fn(&Node<'a>) -> bool, path: &[usize]) -> Candidates {
        let nodes = self.nodes.iter().enumerate();
        let mut named =
            nodes.filter(|(_, node)| is_named(node) && !self.repeats(node, path)).map(|(index, _)| index);
        match (named.next(), named.next()) {
            (None, _) => Candidates::None,
            (Some(one), None) => Candidates::One(one),
            (Some(one), Some(other)) => Candidates::Many([one, other].into_iter().chain(named).collect()),
        }
    }

    /// Whether an authority is on the path already, be it by another certificate: a loop between cross-signed
    /// authorities proves nothing.
    fn repeats(&self, node: &Node<'a>, path: &[usize]) -> bool {
        path.iter().filter_map(|index| self.node(*index)).any(|earlier| {
            earlier.certificate.subject() == node.certificate.subject()
                && earlier.certificate.public_key_info() == node.certificate.public_key_info()
        })
    }
}

/// The nodes that may have signed a certificate: nearly always one.
enum Candidates {
    None,
    One(usize),
    Many(Vec<usize>),
}

fn is_current(certificate: &Certificate<'_>, now: UnixTime) -> bool {
    (certificate.not_before().as_secs()..=certificate.not_after().as_secs()).contains(&now.as_secs())
}

impl<'a> Node<'a> {
    fn new(certificate: Certificate<'a>, place: Place, anchor: Option<&'a AnchorKey>) -> Self {
        Self { certificate, place, anchor }
    }

    /// Whether a path may end here.
    pub(super) fn is_anchor(&self) -> bool {
        self.anchor.is_some()
    }

    /// Whether a certificate bears the signature of this one's key, which is `key`.
    pub(super) fn has_signed(
        &self,
        certificate: &Certificate<'_>,
        key: &PublicKey<'_>,
    ) -> Result<(), SignatureProblem> {
        match self.anchor {
            None => certificate.check_signature(key),
            Some(kept) => certificate.check_signature_by(key.kind(), |algorithm, content, signature| {
                kept.verify(key, algorithm, content, signature)
            }),
        }
    }

    /// Whether this is a root of Mozilla's program.
    pub(super) fn is_vetted(&self) -> bool {
        let der = self.certificate.der();
        webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().any(|known| known.as_ref() == der)
    }
}
