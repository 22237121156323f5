//! What Mozilla adds to the roots of its list. The list itself comes as certificates, without this.
//!
//! A new version of the list changes which roots are on it, and its dates with them: a test fails then until
//! somebody has looked at both tables.

use super::AnchorLimits;
use crate::{certificate::Subtree, model::time, text::hex};
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

/// A root, and the last day (year, month, day; UTC) on which what it signs must have been issued to count: every
/// `CKA_NSS_SERVER_DISTRUST_AFTER` of NSS's `certdata.txt` 2.86 (2026-04-09). In that file Izenpe's stands with the
/// root's trust instead of its certificate (Mozilla bug 2017322). No root there has a date for mail.
///
/// The list that is built in drops a root 398 days after its day, when nothing issued before can be valid any more.
const DATED: &[(&str, (i64, i64, i64))] = &[
    // Izenpe.com
    ("2530cc8e98321502bad96f9b1fba1b099e2d299e0f4548bb914f363bc0d4531f", (2026, 4, 15)),
    // ePKI Root Certification Authority
    ("c0a6f4dc63a24bfdcf54ef2a6a082a0a72de35803e2ff5ff527ae5d87206dfd5", (2025, 4, 15)),
    // Entrust.net Certification Authority (2048)
    ("6dc47172e01cbcb0bf62580d895fe2b8ac9ad4f873801e0c10b9c837d21eb177", (2024, 11, 30)),
    // Entrust Root Certification Authority
    ("73c176434f1bc6d5adf45b0e76e727287c8de57616c1e6e6141a2b2cbc7d8e4c", (2024, 11, 30)),
    // Entrust Root Certification Authority - G2
    ("43df5774b03e7fef5fe40d931a7bedf1bb2e6b42738c4e6d3841103d3aa7f339", (2024, 11, 30)),
    // Entrust Root Certification Authority - EC1
    ("02ed0eb28c14da45165c566791700d6451d7fb56f0b2ab1d3b8eb070e56edff5", (2024, 11, 30)),
];

/// The limits of a root on Mozilla's list, if it has any.
pub(super) fn limits(der: &[u8]) -> Option<AnchorLimits> {
    let fingerprint = hex(HashAlgorithm::Sha256.hash(der).as_ref());
    let constrained = CONSTRAINED.iter().find(|(root, _)| *root == fingerprint);
    let permitted = constrained.map_or(&[][..], |(_, domains)| domains).iter();
    let dated = DATED.iter().find(|(root, _)| *root == fingerprint);
    let limits = AnchorLimits {
        permitted: permitted.map(|domain| Subtree::Dns(Cow::Borrowed(*domain))).collect(),
        distrust_after: dated.map(|(_, (year, month, day))| time::last_second(*year, *month, *day)),
        ..AnchorLimits::default()
    };
    (!limits.is_empty()).then_some(limits)
}

#[cfg(test)]
mod tests;
