//! What Mozilla adds to the roots of its list. The list itself comes as certificates, without this.

use super::AnchorLimits;
use crate::{certificate::Subtree, text::hex};
use bulla_crypto::hash::HashAlgorithm;
use std::borrow::Cow;

/// A root, by the SHA-256 of its certificate, and the only domains that it may vouch for.
///
/// The domains of TUBITAK Kamu SM are those of its request for inclusion (Mozilla bug 1262809); NSS and Firefox
/// have them in their code.
const CONSTRAINED: &[(&str, &[&str])] = &[(
    "46edc3689046d53a453fb3104ab80dcaec658b2660ea1629dd7e867990648716",
    &["gov.tr", "k12.tr", "pol.tr", "mil.tr", "tsk.tr", "kep.tr", "bel.tr", "edu.tr", "org.tr"],
)];

/// The limits of a root on Mozilla's list, if it has any.
pub(super) fn limits(der: &[u8]) -> Option<AnchorLimits> {
    let fingerprint = hex(HashAlgorithm::Sha256.hash(der).as_ref());
    let (_, domains) = CONSTRAINED.iter().find(|(root, _)| *root == fingerprint)?;
    let permitted = domains.iter().map(|domain| Subtree::Dns(Cow::Borrowed(*domain))).collect();
    Some(AnchorLimits { permitted, ..AnchorLimits::default() })
}
