//! Whether a chain is to be trusted, and if not: which rule failed at which certificate, and what would mend
//! it.

mod account;
mod drawing;
mod rule;

pub use account::{CertificateAccount, Check, CheckOutcome, PathAccount, Reached};
pub(crate) use account::{MAX_ACCOUNT_CHECKS, MAX_ACCOUNTS};
pub use rule::Rule;

use crate::{
    certificate::{Certificate, KeyPurpose},
    identity::Identity,
    path,
    policy::PolicyInput,
    profile::{PRIVATE, Profile},
    revocation::Revocation,
    signatures::KnownSignatures,
    text::{Plain, cut, hex},
    trust::TrustAnchors,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use serde::Serialize;
use std::fmt;

/// What a peer showed, what for, and what is asked of it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Presented<'a> {
    /// The peer's own certificate first; the others in any order.
    pub chain: &'a [CertificateDer<'a>],
    /// The first of them, if it was read before: it is then not read again.
    pub leaf: Option<&'a Certificate<'a>>,
    /// What the first certificate is to be good for.
    pub purpose: Purpose<'a>,
    /// Which rules count; [`PRIVATE`] unless another is chosen.
    pub profile: &'a Profile,
    /// What is asked of policies.
    pub policies: PolicyInput<'a>,
    /// What is known of revocation.
    pub revocation: Revocation<'a>,
    /// How many intermediates are allowed, those with the name of their issuer not counted.
    pub max_intermediates: Option<usize>,
    /// The signatures that are known to hold; those that are found to hold are added. They decide nothing.
    pub known_signatures: Option<&'a KnownSignatures>,
}

impl<'a> Presented<'a> {
    /// A chain and its purpose, under the profile [`PRIVATE`].
    pub fn new(chain: &'a [CertificateDer<'a>], purpose: Purpose<'a>) -> Self {
        Self {
            chain,
            leaf: None,
            purpose,
            profile: &PRIVATE,
            policies: PolicyInput::default(),
            revocation: Revocation::default(),
            max_intermediates: None,
            known_signatures: None,
        }
    }

    /// The same with its first certificate as it was read before. One that has other bytes is passed over.
    #[must_use]
    pub fn with_leaf(self, leaf: &'a Certificate<'a>) -> Self {
        Self { leaf: Some(leaf), ..self }
    }

    /// The same under another profile.
    #[must_use]
    pub fn under(self, profile: &'a Profile) -> Self {
        Self { profile, ..self }
    }

    /// The same with something asked of policies.
    #[must_use]
    pub fn with_policies(self, policies: PolicyInput<'a>) -> Self {
        Self { policies, ..self }
    }

    /// The same with something known of revocation.
    #[must_use]
    pub fn with_revocation(self, revocation: Revocation<'a>) -> Self {
        Self { revocation, ..self }
    }

    /// The same with a memory of signatures that hold.
    #[must_use]
    pub fn with_known_signatures(self, known: &'a KnownSignatures) -> Self {
        Self { known_signatures: Some(known), ..self }
    }

    /// The same with so many intermediates at most.
    #[must_use]
    pub fn with_intermediates(self, most: usize) -> Self {
        Self { max_intermediates: Some(most), ..self }
    }
}

/// What a certificate is to be good for.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Purpose<'a> {
    /// Being the TLS server of this name.
    Server(&'a ServerName<'a>),
    /// Being the TLS server of this name by the key transport of TLS 1.2: its key decrypts and signs nothing.
    KeyTransportServer(&'a ServerName<'a>),
    /// Being the SIP server of this domain (RFC 5922).
    SipServer(&'a str),
    /// Being a TLS client, whatever its name; [`Verdict::identity`] has its names.
    Client,
    /// Anything: the path alone is judged.
    Any,
}

impl Purpose<'_> {
    /// The purposes of which the certificate and its authorities must have one; none when all are good.
    pub(crate) fn wanted(self) -> &'static [KeyPurpose] {
        match self {
            Self::Server(_) | Self::KeyTransportServer(_) => &[KeyPurpose::ServerAuth],
            // RFC 5924 section 3.1, and certificates that were issued without it.
            Self::SipServer(_) => &[KeyPurpose::SipDomain, KeyPurpose::ServerAuth],
            Self::Client => &[KeyPurpose::ClientAuth],
            Self::Any => &[],
        }
    }

    /// The name that is asked for.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Server(name) | Self::KeyTransportServer(name) => name.to_str().into_owned(),
            Self::SipServer(domain) => Plain(domain).to_string(),
            Self::Client | Self::Any => String::new(),
        }
    }
}

/// Judges a chain at a moment.
///
/// All paths from the peer's certificate to an anchor are tried, within a budget, until one breaks no rule.
/// The order of the certificates after the first does not matter, nor do surplus ones. [`Verdict::paths`] says
/// of each path that was tried, each certificate and each rule whether it held.
///
/// See the [crate] for an example.
pub fn judge(presented: &Presented<'_>, anchors: &TrustAnchors, now: UnixTime) -> Verdict {
    path::account(presented, anchors, now)
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
        Ok(until) => Ok(Verified { trusted: Trusted { reason: "verified" }, until }),
        Err(verdict) => Err(Box::new(verdict.failure.unwrap_or_else(Failure::unexplained))),
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

/// The format of a serialised [`Verdict`].
pub const FORMAT: &str = "bulla.verdict/1";

/// The outcome of [`judge`]. All text in it is safe to print, and its size has bounds that no peer can move: at most
/// 8 paths of at most 16 certificates are told, with at most 4 000 checks in all.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Verdict {
    /// [`FORMAT`].
    pub format: &'static str,
    /// The path that was found or came closest: the leaf first, the anchor, if it was reached, last.
    pub path: Vec<Link>,
    /// Why the chain is not trusted; `None` when it is.
    pub failure: Option<Failure>,
    /// What else is wrong on the same path, so that all can be mended at once.
    pub others: Vec<Failure>,
    /// The paths that came closest, the best first, with what held and what did not.
    pub paths: Vec<PathAccount>,
    /// How many paths were tried.
    pub tried: usize,
    /// Whom the certificate vouches for, when it is to be trusted.
    pub identity: Option<Identity>,
    /// What the decision took.
    #[serde(skip)]
    pub effort: Effort,
}

/// What a decision took, counted in what a peer can make grow and alike on every machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Effort {
    /// Signatures verified, or known to hold.
    pub signatures: u32,
    /// Certificates put on a path, over all paths tried.
    pub steps: u32,
    /// Names compared with constraints, policies followed, entries of revocation lists read.
    pub comparisons: u32,
}

impl Effort {
    /// The most that a decision may take: then it is [`Rule::BudgetExhausted`].
    pub const MOST: Self = path::budget::MOST;

    /// The larger one of each.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self {
            signatures: self.signatures.max(other.signatures),
            steps: self.steps.max(other.steps),
            comparisons: self.comparisons.max(other.comparisons),
        }
    }
}

impl Default for Verdict {
    fn default() -> Self {
        Self {
            format: FORMAT,
            path: Vec::new(),
            failure: None,
            others: Vec::new(),
            paths: Vec::new(),
            tried: 0,
            identity: None,
            effort: Effort::default(),
        }
    }
}

impl Verdict {
    /// A verdict on no path at all.
    pub(crate) fn refused(failure: Failure) -> Self {
        Self { failure: Some(failure), ..Self::default() }
    }

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

/// The most names that a link lists.
const MAX_NAMES: usize = 1_000;
/// The longest that a name is shown, in characters.
const MAX_TEXT: usize = 500;

impl Link {
    pub(crate) fn new(certificate: &Certificate<'_>, role: Role, place: Place) -> Self {
        Self {
            subject: describe(certificate),
            issuer: cut(&certificate.issuer().to_string(), MAX_TEXT),
            organization: certificate
                .subject()
                .organization()
                .map(|text| cut(&Plain(&text).to_string(), MAX_TEXT)),
            names: certificate
                .subject_alternative_names()
                .take(MAX_NAMES)
                .map(|name| cut(&name.to_string(), MAX_TEXT))
                .collect(),
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
        return cut(&subject.to_string(), MAX_TEXT);
    }
    let name = certificate.subject_alternative_names().next().map(|name| cut(&name.to_string(), MAX_TEXT));
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

impl Failure {
    /// For a refusal that a second look does not find again.
    fn unexplained() -> Self {
        Self {
            rule: Rule::UnknownAuthority,
            link: 0,
            subject: String::new(),
            detail: "no path to a trusted authority keeps every rule".into(),
            mend: "Ask for the account of the chain.".into(),
        }
    }

    /// The finding of someone who judges by more than [`judge`] knows, such as what is stapled to a
    /// certificate ([`Rule::BadStatus`]) or pinned keys ([`Rule::Refused`]). The texts are made safe to print.
    ///
    /// ```
    /// use bulla_x509::verdict::{Failure, Rule};
    /// let failure = Failure::found(Rule::Refused, "the key is not the pinned one", "Pin the new key.");
    /// assert_eq!(
    ///     failure.to_string(),
    ///     "refused: the key is not the pinned one (RFC 9846 section 6.2). Pin the new key."
    /// );
    /// ```
    pub fn found(rule: Rule, detail: &str, mend: &str) -> Self {
        let (detail, mend) = (Plain(detail).to_string(), Plain(mend).to_string());
        Self { rule, link: 0, subject: String::new(), detail, mend }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({}). {}", self.rule, self.detail, self.rule.rfc(), self.mend)
    }
}

impl std::error::Error for Failure {}
