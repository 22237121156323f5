//! Whether a chain is to be trusted, and if not: which rule failed at which certificate, and what would mend
//! it.

mod rule;

pub use rule::Rule;

use crate::{certificate::Certificate, path, text::hex, trust::TrustAnchors};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use serde::Serialize;
use std::fmt;

/// What a peer showed, and what for.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Presented<'a> {
    /// The peer's own certificate first; the others in any order.
    pub chain: &'a [CertificateDer<'a>],
    /// What the first certificate is to be good for.
    pub purpose: Purpose<'a>,
}

impl<'a> Presented<'a> {
    /// A chain and its purpose.
    pub fn new(chain: &'a [CertificateDer<'a>], purpose: Purpose<'a>) -> Self {
        Self { chain, purpose }
    }
}

/// What a certificate is to be good for.
#[derive(Clone, Copy, Debug)]
pub enum Purpose<'a> {
    /// Being the TLS server of this name.
    Server(&'a ServerName<'a>),
    /// Being the TLS server of this name by the key transport of TLS 1.2: its key decrypts and signs nothing.
    KeyTransportServer(&'a ServerName<'a>),
    /// Being a TLS client, whatever its name.
    Client,
}

/// Judges a chain at a moment.
///
/// All paths from the peer's certificate to an anchor are tried, within a budget, until one breaks no rule.
/// The order of the certificates after the first does not matter, nor do surplus ones.
///
/// See the [crate] for an example.
pub fn judge(presented: &Presented<'_>, anchors: &TrustAnchors, now: UnixTime) -> Verdict {
    match path::find(presented, anchors, now) {
        Ok(found) => found.verdict(),
        Err(verdict) => *verdict,
    }
}

/// As [`judge`], for whoever needs no account of a path that is to be trusted: none is written.
///
/// # Errors
/// The main failure.
pub fn verify(
    presented: &Presented<'_>,
    anchors: &TrustAnchors,
    now: UnixTime,
) -> Result<Verified, Box<Failure>> {
    match path::find(presented, anchors, now) {
        Ok(found) => Ok(Verified { trusted: Trusted { reason: "verified" }, until: found.until() }),
        Err(verdict) => Err(Box::new(verdict.failure.unwrap_or_else(path::no_certificate))),
    }
}

/// What [`verify`] gives.
#[derive(Debug)]
#[non_exhaustive]
pub struct Verified {
    /// The proof.
    pub trusted: Trusted,
    /// The last second at which all certificates of the path are valid.
    pub until: UnixTime,
}

/// The outcome of [`judge`]. All text in it is safe to print.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Verdict {
    /// The path that was found or came closest: the leaf first, the anchor, if it was reached, last.
    pub path: Vec<Link>,
    /// Why the chain is not trusted; `None` when it is.
    pub failure: Option<Failure>,
    /// What else is wrong on the same path, so that all can be mended at once.
    pub others: Vec<Failure>,
}

impl Verdict {
    /// Whether the chain is to be trusted.
    pub fn is_trusted(&self) -> bool {
        self.failure.is_none()
    }

    /// A proof that the chain was judged and is to be trusted, or the reason against it.
    ///
    /// # Errors
    /// The main failure.
    pub fn into_result(self) -> Result<Trusted, Failure> {
        self.failure.map_or(Ok(Trusted { reason: "verified" }), Err)
    }
}

/// Proof that somebody answered for a peer's certificate. Only [`verify`], [`Verdict::into_result`]
/// and [`Trusted::asserted`] make one.
#[derive(Debug)]
pub struct Trusted {
    reason: &'static str,
}

impl Trusted {
    /// Trust without verification, for a reason that stands in the source for whoever searches for it.
    pub fn asserted(reason: &'static str) -> Self {
        Self { reason }
    }

    /// Why: `verified`, or the reason that was asserted.
    pub fn reason(&self) -> &'static str {
        self.reason
    }
}

/// One certificate of a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Link {
    /// Whom it speaks of: its distinguished name, or its first alternative name when that is empty.
    pub subject: String,
    /// The distinguished name of who signed it.
    pub issuer: String,
    /// The organization of the subject, if it names one.
    pub organization: Option<String>,
    /// The alternative names.
    pub names: Vec<String>,
    /// The first second of its validity, since 1970.
    pub not_before: u64,
    /// The last second of its validity, since 1970.
    pub not_after: u64,
    /// The key's algorithm and size.
    pub key: String,
    /// The algorithm of its signature.
    pub signature: String,
    /// The SHA-256 of its DER, in hexadecimal.
    pub fingerprint: String,
    /// Its part on the path.
    pub role: Role,
    /// Where it came from.
    pub place: Place,
}

/// The part of a certificate on a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The peer's own.
    Leaf,
    /// An authority's that another one vouches for.
    Intermediate,
    /// The last one: a trust anchor, or a self-signed certificate that is none.
    Root,
}

/// Where a certificate came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The peer sent it, at this index.
    Presented(usize),
    /// It is a trust anchor of ours.
    Anchor,
}

impl Link {
    pub(crate) fn new(certificate: &Certificate<'_>, role: Role, place: Place) -> Self {
        Self {
            subject: describe(certificate),
            issuer: certificate.issuer().to_string(),
            organization: certificate
                .subject()
                .organization()
                .map(|text| crate::text::Plain(&text).to_string()),
            names: certificate.subject_alternative_names().map(|name| name.to_string()).collect(),
            not_before: certificate.not_before().as_secs(),
            not_after: certificate.not_after().as_secs(),
            key: certificate.public_key_name(),
            signature: certificate.signature_name().to_owned(),
            fingerprint: hex(&certificate.fingerprint()),
            role,
            place,
        }
    }
}

/// How to call a certificate: by its subject, else by its first name, else by its fingerprint.
pub(crate) fn describe(certificate: &Certificate<'_>) -> String {
    let subject = certificate.subject();
    if !subject.is_empty() {
        return subject.to_string();
    }
    let name = certificate.subject_alternative_names().next().map(|name| name.to_string());
    name.unwrap_or_else(|| hex(&certificate.fingerprint()))
}

/// Which rule failed, where, and what would mend it. All text is safe to print.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Failure {
    /// The rule.
    pub rule: Rule,
    /// The index of the certificate in [`Verdict::path`].
    pub link: usize,
    /// The subject of that certificate.
    pub subject: String,
    /// What was found.
    pub detail: String,
    /// What would mend it.
    pub mend: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({}). {}", self.rule, self.detail, self.rule.rfc(), self.mend)
    }
}

impl std::error::Error for Failure {}
