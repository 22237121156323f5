//! The certificates that a path can be made of, and which may have signed which.

use super::{
    budget::{MAX_DEPTH, MAX_PRESENTED},
    few::Few,
};
use crate::{
    certificate::{Certificate, key::SignatureProblem},
    fault::ParseError,
    trust::{AnchorKey, Namesakes, TrustAnchors},
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
    /// The anchors of its name, if they were looked up.
    namesakes: Option<Namesakes<'a>>,
}

/// The peer's certificates that parse, its leaf first, and the anchors that may have signed them.
#[derive(Default)]
pub(crate) struct Graph<'a> {
    nodes: Few<Option<Node<'a>>, 4>,
    /// What is wrong with the first certificate of the peer that does not parse.
    pub(super) unreadable: Option<ParseError>,
}

impl<'a> Graph<'a> {
    /// Fills an empty one.
    pub(super) fn gather(&mut self, presented: &Presented<'a>, anchors: &'a TrustAnchors) {
        for (index, der) in presented.chain.iter().enumerate().take(MAX_PRESENTED) {
            let leaf = presented.leaf.filter(|leaf| index == 0 && leaf.der() == der.as_ref());
            match leaf.map_or_else(|| Certificate::parse(der), |leaf| Ok(leaf.clone())) {
                Ok(_) if self.holds(der) => {}
                Ok(certificate) => self.nodes.push(Some(Node::presented(certificate, index, anchors))),
                Err(error) => self.unreadable = self.unreadable.take().or(Some(error)),
            }
        }
        for index in 0..self.nodes.len() {
            let Some(node) = self.node(index) else { continue };
            for (certificate, key) in self.issuing_anchors(node, anchors) {
                if !self.holds(certificate.der()) {
                    let node = Node { certificate, place: Place::Anchor, anchor: Some(key), namesakes: None };
                    self.nodes.push(Some(node));
                }
            }
        }
    }

    /// The anchors with the name of a certificate's issuer.
    fn issuing_anchors(
        &self,
        node: &Node<'a>,
        anchors: &'a TrustAnchors,
    ) -> impl Iterator<Item = (Certificate<'a>, &'a AnchorKey)> + use<'a> {
        let issuer = node.certificate.issuer();
        // The issuer was presented, too, as a rule, and its name looked up then.
        let known = self.iter().find(|node| node.namesakes.is_some() && node.certificate.subject() == issuer);
        let namesakes = known.and_then(|node| node.namesakes).unwrap_or_else(|| anchors.named(&issuer));
        namesakes.iter()
    }

    fn iter(&self) -> impl Iterator<Item = &Node<'a>> {
        self.nodes.iter().flatten()
    }

    fn holds(&self, der: &[u8]) -> bool {
        self.iter().any(|node| node.certificate.der() == der)
    }

    /// Certificates are read in order, so that the first node is the leaf if the leaf could be read.
    pub(super) fn has_leaf(&self) -> bool {
        self.node(0).is_some_and(|node| matches!(node.place, Place::Presented(0)))
    }

    pub(super) fn node(&self, index: usize) -> Option<&Node<'a>> {
        self.nodes.get(index)?.as_ref()
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// How many certificates of the peer could be read.
    pub(super) fn presented(&self) -> usize {
        self.iter().filter(|node| matches!(node.place, Place::Presented(_))).count()
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
        let nodes = self.iter().enumerate();
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
    fn presented(certificate: Certificate<'a>, index: usize, anchors: &'a TrustAnchors) -> Self {
        let namesakes = anchors.named(&certificate.subject());
        let anchor = namesakes.find(certificate.der());
        Self { certificate, place: Place::Presented(index), anchor, namesakes: Some(namesakes) }
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
