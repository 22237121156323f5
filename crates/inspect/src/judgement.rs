//! What was found on certificates out of files, as one document: `bulla.judgement/1`.
//!
//! As [`crate::report`], without a connection. Fields are added, never renamed or removed; the strings are escaped by
//! each sink.

use bulla_x509::identity;
use bulla_x509::verdict::{PathAccount, Verdict};
use rustls_pki_types::UnixTime;
use serde::Serialize;

use crate::cue::Identity;
use crate::report::{Link, Moment, Reason, vouching};

/// The name and version of the document.
pub const SCHEMA: &str = "bulla.judgement/1";

/// Whether certificates out of files are to be trusted, and why.
#[derive(Clone, Debug, Serialize)]
pub struct Judgement {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// What was judged, as in `chain.pem`.
    pub subject: String,
    /// What the first certificate must be good for.
    pub purpose: Purpose,
    /// The rules that counted, as in `web`.
    pub profile: &'static str,
    /// The moment it was judged for.
    pub at: Moment,
    /// Whether the chain holds.
    pub trusted: bool,
    /// Who vouches for it; none when not trusted.
    pub identity: Option<Identity>,
    /// Why it is trusted, or which rule failed where.
    pub reason: Reason,
    /// What else is wrong on the same path, so that all can be mended at once.
    pub others: Vec<Reason>,
    /// The certificates on the path that was judged, the peer's own first.
    pub chain: Vec<Link>,
    /// Whom the certificate vouches for, and how well that was looked into; none when not trusted.
    pub vouches_for: Option<identity::Identity>,
    /// How many paths to an authority were tried.
    pub tried: usize,
    /// The paths that came closest, the best first, with what held and what did not.
    pub paths: Vec<PathAccount>,
}

/// What a certificate must be good for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Purpose {
    /// Being the server of this name.
    Server {
        /// The name or address.
        name: String,
        /// Whether the name was taken from the certificate itself, since none was asked for.
        own: bool,
    },
    /// Being a client.
    Client,
    /// Anything: the path alone was judged, as for an authority's certificate.
    Path,
}

/// What was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What is judged, as in `chain.pem`.
    pub subject: String,
    /// What the first certificate must be good for.
    pub purpose: Purpose,
    /// The name of the profile whose rules count.
    pub profile: &'static str,
    /// What kind of authorities it is judged by.
    pub identity: Identity,
}

impl Judgement {
    /// The judgement on a chain, at a moment.
    #[must_use]
    pub fn new(asked: Asked, verdict: &Verdict, at: UnixTime) -> Self {
        let Asked { subject, purpose, profile, identity } = asked;
        let identity = vouching(identity, verdict);
        let good_for = match &purpose {
            Purpose::Server { name, .. } => format!("for {name}"),
            Purpose::Client => "for a TLS client".to_owned(),
            Purpose::Path => "as an authority's".to_owned(),
        };
        let reason =
            verdict.failure.as_ref().map_or_else(|| Reason::trusted(&good_for, identity), Reason::from);
        Self {
            schema: SCHEMA,
            subject,
            purpose,
            profile,
            at: Moment::from_unix(at.as_secs()),
            trusted: verdict.is_trusted(),
            identity: verdict.is_trusted().then_some(identity),
            reason,
            others: verdict.others.iter().map(Reason::from).collect(),
            chain: verdict.path.iter().map(Link::from).collect(),
            vouches_for: verdict.identity.clone(),
            tried: verdict.tried,
            paths: verdict.paths.clone(),
        }
    }
}
