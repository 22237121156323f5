//! A memory of signatures decides nothing: each case of a suite is judged with one, too.

use std::sync::LazyLock;

use bulla_x509::signatures::KnownSignatures;
use bulla_x509::trust::TrustAnchors;
use bulla_x509::verdict::{Presented, Verdict, judge, verify};
use rustls_pki_types::UnixTime;

/// Holds what all cases before had of signatures that hold.
static KNOWN: LazyLock<KnownSignatures> = LazyLock::new(KnownSignatures::new);

/// Where a verdict without a memory is another one than with what earlier cases left in it, or with all that the case
/// itself has.
pub(crate) fn agrees(
    presented: &Presented<'_>,
    anchors: &TrustAnchors,
    now: UnixTime,
    verdict: &Verdict,
) -> Result<(), &'static str> {
    let presented = presented.with_known_signatures(&KNOWN);
    let is_same = || format!("{:?}", judge(&presented, anchors, now)) == format!("{verdict:?}");
    if !is_same() || !is_same() {
        return Err("a memory of signatures changes the verdict");
    }
    match verify(&presented, anchors, now).is_ok() == verdict.is_trusted() {
        true => Ok(()),
        false => Err("verify with a memory of signatures and judge disagree"),
    }
}
