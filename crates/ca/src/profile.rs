//! What the three kinds of certificate say.

use std::time::Duration;

use bulla_crypto::random::{RandomError, Source};
use bulla_x509::build::{CertificateTemplate, Subject, SubjectPublicKey};
use bulla_x509::certificate::KeyPurpose;
use rustls_pki_types::UnixTime;

use crate::name::Names;
use crate::scope::Scope;

/// The organization in every authority's certificate: who vouches, and nothing of whose machine this is.
pub(crate) const ORGANIZATION: &str = "bulla local authority";

const DAY: Duration = Duration::from_secs(86_400);
const ROOT_LIFE: Duration = DAY.saturating_mul(3650);
const INTERMEDIATE_LIFE: Duration = DAY.saturating_mul(1826);
const LEAF_LIFE: Duration = DAY.saturating_mul(90);

/// Clients whose clock is behind by no more than this are served at once.
const BACKDATED: Duration = Duration::from_secs(3600);

/// A common name has at most 64 characters (RFC 5280, appendix A.1: `ub-common-name`).
const LONGEST_COMMON_NAME: usize = 64;

/// When a certificate is to be made, and when its issuer ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Term {
    pub(crate) now: UnixTime,
    pub(crate) issuer_ends: Option<UnixTime>,
}

/// The root permits the names of its scope and one intermediate below it.
pub(crate) fn root(
    scope: &Scope,
    key: &SubjectPublicKey,
    now: UnixTime,
    source: &Source,
) -> Result<CertificateTemplate, RandomError> {
    let mut template = CertificateTemplate::authority(authority_subject("root", key), Some(1));
    template.permitted = scope.subtrees();
    finish(template, Term { now, issuer_ends: None }, ROOT_LIFE, source)
}

/// The intermediate repeats the constraints, since some clients do not look for any in a root; it vouches for
/// TLS servers alone, and for no further authority.
pub(crate) fn intermediate(
    scope: &Scope,
    key: &SubjectPublicKey,
    term: Term,
    source: &Source,
) -> Result<CertificateTemplate, RandomError> {
    let mut template = CertificateTemplate::authority(authority_subject("intermediate", key), Some(0));
    template.permitted = scope.subtrees();
    template.purposes = vec![KeyPurpose::ServerAuth];
    finish(template, term, INTERMEDIATE_LIFE, source)
}

/// The certificate of a server.
pub(crate) fn leaf(names: &Names, term: Term, source: &Source) -> Result<CertificateTemplate, RandomError> {
    let mut template = CertificateTemplate::server(names.iter().map(crate::Name::to_build).collect());
    // The organization is the authority's, and the site is not its: a leaf names none.
    let first = names.iter().next().map(ToString::to_string);
    if let Some(name) = first.filter(|name| name.len() <= LONGEST_COMMON_NAME) {
        template.subject = Subject::new().common_name(&name);
    }
    finish(template, term, LEAF_LIFE, source)
}

/// A name of its own for each key, so that an old root and a new one are never taken for each other.
fn authority_subject(role: &str, key: &SubjectPublicKey) -> Subject {
    let mark: String = key.key_identifier().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    Subject::new().organization(ORGANIZATION).common_name(&format!("{ORGANIZATION} {role} {mark}"))
}

fn finish(
    mut template: CertificateTemplate,
    term: Term,
    life: Duration,
    source: &Source,
) -> Result<CertificateTemplate, RandomError> {
    let ends = later(term.now, life);
    template.not_before = earlier(term.now, BACKDATED);
    template.not_after = term.issuer_ends.filter(|issuer_ends| *issuer_ends < ends).unwrap_or(ends);
    template.serial = serial(source)?;
    Ok(template)
}

/// Sixteen random bytes, positive: the first bit is clear, and the second set, so that none is ever shorter.
fn serial(source: &Source) -> Result<Vec<u8>, RandomError> {
    let mut serial = [0; 16];
    source.fill(&mut serial)?;
    serial[0] = serial[0] & 0x7f | 0x40;
    Ok(serial.to_vec())
}

/// Whether less than a third of a certificate's life is left, or it has not begun.
pub(crate) fn is_due(from: UnixTime, until: UnixTime, now: UnixTime) -> bool {
    let life = until.as_secs().saturating_sub(from.as_secs());
    let left = until.as_secs().saturating_sub(now.as_secs());
    now < from || left < life.div_ceil(3)
}

fn later(moment: UnixTime, by: Duration) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(moment.as_secs()).saturating_add(by))
}

fn earlier(moment: UnixTime, by: Duration) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(moment.as_secs()).saturating_sub(by))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(seconds))
    }

    #[test]
    fn renewal_is_due_when_less_than_a_third_is_left() {
        for (now, expected) in [(99, true), (100, false), (300, false), (301, true), (500, true)] {
            assert_eq!(is_due(at(100), at(400), at(now)), expected, "at {now}");
        }
    }

    #[test]
    fn a_serial_is_sixteen_positive_bytes() {
        for _ in 0..64 {
            let serial = serial(&Source::system()).unwrap();
            assert_eq!((serial.len(), serial[0] >> 6), (16, 1));
        }
    }
}
