//! The rules that a path from a leaf to an anchor must keep (RFC 5280 section 6.1).

mod leaf;

use super::{budget::Budget, budget::Exhausted, signature::key_rule};
use crate::{
    certificate::{Certificate, KeyPurpose, KeyUsage},
    model::{oid, time::show},
    names::constraint::{self, Breach},
    verdict::{Failure, Purpose, Rule, describe},
};
use rustls_pki_types::UnixTime;

/// A path whose signatures hold: the leaf first, the anchor last.
pub(super) struct Case<'c, 'a> {
    pub(super) path: &'c [&'c Certificate<'a>],
    pub(super) now: UnixTime,
    pub(super) purpose: Purpose<'c>,
}

/// A fault before it is known which certificate has it: rule, what was found, what would mend it.
type Fault = (Rule, String, String);

impl Case<'_, '_> {
    /// Every rule that is broken.
    pub(super) fn check(&self, budget: &mut Budget) -> Result<Vec<Failure>, Exhausted> {
        let mut failures = Vec::new();
        for (link, certificate) in self.path.iter().enumerate() {
            let is_anchor = link.saturating_add(1) == self.path.len();
            let mut faults = self.general(certificate, is_anchor);
            if link == 0 {
                faults.extend(leaf::check(certificate, self.purpose));
            } else {
                faults.extend(self.authority(certificate, link));
                faults.extend(self.names_below(certificate, link, budget)?);
            }
            failures.extend(faults.into_iter().map(|(rule, detail, mend)| Failure {
                rule,
                link,
                subject: describe(certificate),
                detail,
                mend,
            }));
        }
        Ok(failures)
    }

    /// What every certificate must keep.
    fn general(&self, certificate: &Certificate<'_>, is_anchor: bool) -> Vec<Fault> {
        let mut faults = Vec::new();
        faults.extend(self.validity(certificate));
        faults.extend(key(certificate));
        faults.extend(extensions(certificate));
        faults.extend(shape(certificate, is_anchor));
        faults
    }

    /// RFC 5280 section 4.1.2.5: "the period of time from notBefore through notAfter, inclusive".
    fn validity(&self, certificate: &Certificate<'_>) -> Option<Fault> {
        let (from, until, now) = (certificate.not_before(), certificate.not_after(), self.now);
        let name = describe(certificate);
        if now.as_secs() < from.as_secs() {
            let early = duration(from.as_secs().saturating_sub(now.as_secs()));
            let detail =
                format!("\"{name}\" is valid only from {}, {early} after now ({})", show(from), show(now));
            let mend =
                "Check the clock of this machine; if it is right, wait, or have the certificate issued anew.";
            return Some((Rule::NotYetValid, detail, mend.into()));
        }
        if now.as_secs() > until.as_secs() {
            let late = duration(now.as_secs().saturating_sub(until.as_secs()));
            let detail =
                format!("\"{name}\" was valid until {}, {late} before now ({})", show(until), show(now));
            let mend = "Renew the certificate; if it was renewed, have the new one loaded.";
            return Some((Rule::Expired, detail, mend.into()));
        }
        None
    }

    /// What an authority must keep.
    fn authority(&self, certificate: &Certificate<'_>, link: usize) -> Vec<Fault> {
        let name = describe(certificate);
        let mut faults = Vec::new();
        // RFC 5280 section 4.2.1.9: "If the basic constraints extension is not present in a version 3
        // certificate, or the extension is present but the cA boolean is not asserted, then the certified
        // public key MUST NOT be used to verify certificate signatures."
        if certificate.is_version_3() && !certificate.basic_constraints().is_some_and(|basic| basic.authority)
        {
            let detail =
                format!("\"{name}\" signs another certificate but is not an authority (basicConstraints)");
            faults.push((Rule::NotAnAuthority, detail, AUTHORITY_MEND.into()));
        }
        if certificate.key_usage().is_some_and(|usage| !usage.contains(KeyUsage::CERTIFICATE_SIGNING)) {
            let detail = format!("\"{name}\" signs another certificate, but its keyUsage lacks keyCertSign");
            faults.push((Rule::WrongKeyUsage, detail, AUTHORITY_MEND.into()));
        }
        // RFC 5280 section 4.1.2.6: "If the subject is a CA ... the subject field MUST be populated".
        if certificate.subject().is_empty() {
            faults.push((Rule::BreaksProfile, "an authority has no subject".into(), AUTHORITY_MEND.into()));
        }
        faults.extend(self.path_length(certificate, link));
        faults.extend(self.nested_purpose(certificate));
        faults
    }

    /// RFC 5280 section 4.2.1.9: "the maximum number of non-self-issued intermediate certificates that may
    /// follow this certificate in a valid certification path".
    fn path_length(&self, certificate: &Certificate<'_>, link: usize) -> Option<Fault> {
        let allowed = certificate.basic_constraints()?.path_length?;
        let below = self.path.iter().take(link).skip(1).filter(|between| !between.is_self_issued()).count();
        (u64::try_from(below).unwrap_or(u64::MAX) > allowed).then(|| {
            let name = describe(certificate);
            let detail = format!("\"{name}\" allows {allowed} intermediates below it; here are {below}");
            (
                Rule::PathTooLong,
                detail,
                "Have the certificate issued by an authority nearer to the root.".into(),
            )
        })
    }

    /// Purposes of an authority bound those of what it signs, as every verifier of the web holds.
    fn nested_purpose(&self, certificate: &Certificate<'_>) -> Option<Fault> {
        let usage = certificate.extended_key_usage()?;
        let wanted = leaf::wanted(self.purpose);
        (!usage.contains(wanted) && !usage.contains(KeyPurpose::Any)).then(|| {
            let (name, found) = (describe(certificate), usage.names().collect::<Vec<_>>().join(", "));
            let detail = format!("the authority \"{name}\" may certify for {found} only (extKeyUsage)");
            (Rule::WrongPurpose, detail, "Use an authority that may certify for TLS.".into())
        })
    }

    /// RFC 5280 section 6.1.3 (b) and (c): constraints bind every certificate below, but not self-issued
    /// intermediates.
    fn names_below(
        &self,
        authority: &Certificate<'_>,
        link: usize,
        budget: &mut Budget,
    ) -> Result<Option<Fault>, Exhausted> {
        let Some(constraints) = authority.extension_fields().name_constraints else { return Ok(None) };
        for (below, certificate) in self.path.iter().enumerate().take(link) {
            if below > 0 && certificate.is_self_issued() {
                continue;
            }
            match constraint::check(&constraints.value, certificate, budget) {
                Ok(()) => {}
                Err(Breach::Budget(exhausted)) => return Err(exhausted),
                Err(breach) => return Ok(Some(name_fault(authority, &breach))),
            }
        }
        Ok(None)
    }
}

const AUTHORITY_MEND: &str = "Have the certificate issued by an authority whose own certificate allows it.";

fn name_fault(authority: &Certificate<'_>, breach: &Breach) -> Fault {
    let by = describe(authority);
    let (rule, detail) = match breach {
        Breach::NotPermitted(name) => {
            let permitted = authority.name_constraints().map(|constraints| constraints.permitted());
            let permitted = list(permitted.into_iter().flatten().map(|subtree| subtree.to_string()));
            (Rule::NameNotPermitted, format!("\"{by}\" may certify only {permitted}, not \"{name}\""))
        }
        Breach::Excluded(name) => (Rule::NameExcluded, format!("\"{by}\" must not certify \"{name}\"")),
        Breach::Unclear(what) => {
            (Rule::NameUnclear, format!("the constraints of \"{by}\" cannot be applied: {what}"))
        }
        Breach::Budget(exhausted) => (Rule::BudgetExhausted, exhausted.describe()),
    };
    (rule, detail, "Use names that the authority may certify, or an authority that may certify these.".into())
}

/// Strength and kind of the key.
fn key(certificate: &Certificate<'_>) -> Option<Fault> {
    let problem = certificate.public_key().err()?;
    let detail = format!("the key of \"{}\" cannot be used: {problem}", describe(certificate));
    Some((
        key_rule(&problem),
        detail,
        "Make a new key (ECDSA P-256, say) and have a certificate issued for it.".into(),
    ))
}

fn extensions(certificate: &Certificate<'_>) -> Vec<Fault> {
    let name = describe(certificate);
    let mend = "Have the certificate issued anew without it.";
    let mut faults = Vec::new();
    if let Some(id) = certificate.unknown_critical_extension() {
        let detail =
            format!("\"{name}\" has the critical extension {}, which is not known", oid::describe(&id));
        faults.push((Rule::UnknownCriticalExtension, detail, mend.into()));
    }
    // RFC 5280 sections 4.2.1.1, 4.2.1.2 and 4.2.2.1: "Conforming CAs MUST mark this extension as
    // non-critical."
    let fields = certificate.extension_fields();
    let marks = [
        (
            "authorityKeyIdentifier",
            fields.authority_key_identifier.as_ref().is_some_and(|known| known.critical),
        ),
        ("subjectKeyIdentifier", fields.subject_key_identifier.as_ref().is_some_and(|known| known.critical)),
        ("authorityInfoAccess", fields.information_access.as_ref().is_some_and(|known| known.critical)),
    ];
    for (extension, _) in marks.into_iter().filter(|(_, critical)| *critical) {
        let detail = format!("\"{name}\" marks {extension} as critical, which the standard forbids");
        faults.push((Rule::BreaksProfile, detail, mend.into()));
    }
    // RFC 5280 sections 4.2.1.11 and 4.2.1.14: "Conforming CAs MUST mark this extension as critical."
    let mild = |id| certificate.raw_extensions().any(|extension| extension.id == id && !extension.critical);
    for id in [oid::POLICY_CONSTRAINTS, oid::INHIBIT_ANY_POLICY].into_iter().filter(|id| mild(id.clone())) {
        let detail =
            format!("\"{name}\" does not mark {} as critical, as the standard asks", oid::describe(&id));
        faults.push((Rule::BreaksProfile, detail, mend.into()));
    }
    // RFC 5280 section 4.2.1.10: "either the permittedSubtrees field or the excludedSubtrees MUST be
    // present."
    let constraints = fields.name_constraints.as_ref().map(|known| &known.value);
    if constraints
        .is_some_and(|constraints| constraints.permitted.is_none() && constraints.excluded.is_none())
    {
        faults.push((
            Rule::BreaksProfile,
            format!("the name constraints of \"{name}\" are empty"),
            mend.into(),
        ));
    }
    faults
}

/// What RFC 5280 section 4.1 asks of the fields. Anchors are older than some of it and excused from that.
fn shape(certificate: &Certificate<'_>, is_anchor: bool) -> Vec<Fault> {
    let name = describe(certificate);
    let mut faults = Vec::new();
    let mut fault = |detail: String| {
        faults.push((
            Rule::BreaksProfile,
            detail,
            "Have the certificate issued anew by current software.".into(),
        ));
    };
    // RFC 5280 section 4.1.1.2: "This field MUST contain the same algorithm identifier as the signature field
    // in the sequence tbsCertificate."
    if !certificate.has_one_signature_algorithm() {
        fault(format!("\"{name}\" names two different signature algorithms"));
    }
    if is_anchor {
        return faults;
    }
    if !certificate.is_version_3() {
        fault(format!(
            "\"{name}\" is a certificate of version {}; only version 3 is in use",
            certificate.version()
        ));
    }
    // RFC 5280 section 4.1.2.2: "The serial number MUST be a positive integer", of at most 20 octets.
    let serial = certificate.serial();
    let negative = serial.first().is_some_and(|byte| *byte >= 0x80);
    if negative || serial.len() > 20 || serial.iter().all(|byte| *byte == 0) {
        fault(format!("the serial number of \"{name}\" is not a positive number of at most 20 bytes"));
    }
    faults
}

/// Two hours, three days: the largest unit that fits.
fn duration(seconds: u64) -> String {
    let units = [("day", 86_400), ("hour", 3600), ("minute", 60)];
    let fitting = units.into_iter().find(|(_, length)| seconds >= *length);
    let (unit, count) =
        fitting.map_or(("second", seconds), |(unit, length)| (unit, seconds.div_euclid(length)));
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// At most a dozen items for people.
fn list(mut items: impl Iterator<Item = String>) -> String {
    let shown: Vec<String> = items.by_ref().take(12).collect();
    match items.count() {
        0 if shown.is_empty() => "nothing".into(),
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
