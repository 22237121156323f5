//! What our verifier says of a case.

use std::time::Duration;

use bulla_x509::certificate::{Certificate, KeyPurpose, KeyUsage};
use bulla_x509::revocation::{Revocation, RevocationList};
use bulla_x509::trust::TrustAnchors;
use bulla_x509::verdict::{Effort, Presented, Purpose, Verdict, judge, verify};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use super::case::{Case, Name};
use crate::known;

/// What came of a case.
pub(crate) enum Outcome {
    Right,
    /// Our verdict, in words.
    Wrong(String),
    /// The feature that it needs.
    Skipped(&'static str),
}

impl Outcome {
    /// What there is to say.
    pub(crate) fn words(&self, case: &Case) -> Option<String> {
        let wanted = if case.succeeds { "accepted" } else { "refused" };
        match self {
            Self::Right => None,
            Self::Wrong(verdict) => Some(format!("to be {wanted}, but {verdict}")),
            Self::Skipped(feature) => Some(format!("skipped: needs {feature}")),
        }
    }
}

/// Judges a case; adds what that took to the most that any took.
pub(crate) fn of(case: &Case, most: &mut Effort) -> Outcome {
    if let Some(feature) = missing(case) {
        return Outcome::Skipped(feature);
    }
    match (decide(case, most), case.succeeds) {
        (Ok(()), true) | (Err(_), false) => Outcome::Right,
        (Ok(()), false) => Outcome::Wrong("accepted".into()),
        (Err(why), true) => Outcome::Wrong(format!("refused: {why}")),
    }
}

/// A feature that the case needs and the verifier lacks.
fn missing(case: &Case) -> Option<&'static str> {
    let known = |name: &str| purpose(name).is_some();
    if !case.algorithms.is_empty() {
        return Some("a list of signature algorithms that the caller allows");
    }
    if !case.purposes.iter().all(|name| known(name)) {
        return Some("a purpose that is not TLS's");
    }
    (!case.key_usage.iter().all(|name| usage(name).is_some())).then_some("a key usage that is not TLS's")
}

fn purpose(name: &str) -> Option<KeyPurpose> {
    Some(match name {
        "serverAuth" => KeyPurpose::ServerAuth,
        "clientAuth" => KeyPurpose::ClientAuth,
        "codeSigning" => KeyPurpose::CodeSigning,
        "emailProtection" => KeyPurpose::EmailProtection,
        "timeStamping" => KeyPurpose::TimeStamping,
        "OCSPSigning" => KeyPurpose::OcspSigning,
        "anyExtendedKeyUsage" => KeyPurpose::Any,
        _ => return None,
    })
}

fn usage(name: &str) -> Option<KeyUsage> {
    Some(match name {
        "digitalSignature" => KeyUsage::DIGITAL_SIGNATURE,
        "keyEncipherment" => KeyUsage::KEY_ENCIPHERMENT,
        "keyAgreement" => KeyUsage::KEY_AGREEMENT,
        "keyCertSign" => KeyUsage::CERTIFICATE_SIGNING,
        "cRLSign" => KeyUsage::CRL_SIGNING,
        _ => return None,
    })
}

/// The verdict, and why not.
fn decide(case: &Case, most: &mut Effort) -> Result<(), String> {
    let mut anchors = TrustAnchors::new();
    for der in &case.trusted {
        // A broken anchor is none.
        let _ = anchors.add_certificate(der);
    }
    let chain: Vec<CertificateDer<'_>> = case.chain.iter().map(|der| der.as_slice().into()).collect();
    let lists: Result<Vec<_>, _> = case.lists.iter().map(|der| RevocationList::parse(der)).collect();
    let lists = lists.map_err(|error| format!("a revocation list does not parse: {error}"))?;
    let server = case.server.as_ref().map(|name| ServerName::try_from(name.value.as_str()));
    let server = server.transpose().map_err(|_| "the expected name is none that a server can have")?;
    let purpose = match (&server, case.as_server) {
        (Some(server), true) => Purpose::Server(server),
        (None, true) => Purpose::Any,
        (_, false) => Purpose::Client,
    };
    let revocation = Revocation { lists: &lists, required: false };
    let mut presented = Presented::new(&chain, purpose).under(case.profile()).with_revocation(revocation);
    presented.max_intermediates = case.most_intermediates;
    let now = UnixTime::since_unix_epoch(Duration::from_secs(case.now));
    let verdict = judge(&presented, &anchors, now);
    *most = most.max(verdict.effort);
    if verify(&presented, &anchors, now).is_ok() != verdict.is_trusted() {
        return Err("verify and judge disagree".into());
    }
    known::agrees(&presented, &anchors, now, &verdict)?;
    if let Some(failure) = &verdict.failure {
        return Err(failure.to_string());
    }
    asked_usage(case)?;
    match case.names.iter().find(|name| !is_named(&verdict, name)) {
        Some(name) => Err(format!("the verdict does not name {}", name.value)),
        None => Ok(()),
    }
}

/// What the case asks of the peer's own certificate beyond its purpose, as a caller would ask it.
fn asked_usage(case: &Case) -> Result<(), String> {
    let leaf = case.chain.first().and_then(|der| Certificate::parse(der).ok()).ok_or("no certificate")?;
    let allows = |name: &String| match (usage(name), leaf.key_usage()) {
        (Some(wanted), Some(usage)) => usage.contains(wanted),
        _ => true,
    };
    let certifies = |name: &String| match (purpose(name), leaf.extended_key_usage()) {
        (Some(wanted), Some(usage)) => usage.contains(wanted) || usage.contains(KeyPurpose::Any),
        _ => true,
    };
    let lacking = case.key_usage.iter().find(|name| !allows(name));
    let lacking = lacking.or_else(|| case.purposes.iter().find(|name| !certifies(name)));
    lacking.map_or(Ok(()), |name| Err(format!("the certificate lacks {name}")))
}

/// Whether the name that a client is expected to have is one of those that the verdict tells.
fn is_named(verdict: &Verdict, name: &Name) -> bool {
    let names = verdict.identity.as_ref().map(|identity| match name.kind.as_str() {
        "RFC822" => &identity.mailboxes,
        _ => &identity.servers,
    });
    names.is_some_and(|names| names.contains(&name.value))
}
