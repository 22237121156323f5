//! What was found on certificates out of files, as one document: `bulla.judgement/1`.
//!
//! As [`crate::report`], without a connection. Fields are added, never renamed or removed; the strings are escaped by
//! each sink.

use bulla_x509::verdict::Verdict;
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
}

impl Judgement {
    /// The judgement on a chain.
    #[must_use]
    pub fn new(
        subject: String,
        purpose: Purpose,
        (verdict, identity): (&Verdict, Identity),
        at: UnixTime,
    ) -> Self {
        let identity = vouching(identity, verdict);
        let good_for = match &purpose {
            Purpose::Server { name, .. } => format!("for {name}"),
            Purpose::Client => "for a TLS client".to_owned(),
        };
        let reason =
            verdict.failure.as_ref().map_or_else(|| Reason::trusted(&good_for, identity), Reason::from);
        Self {
            schema: SCHEMA,
            subject,
            purpose,
            at: Moment::from_unix(at.as_secs()),
            trusted: verdict.is_trusted(),
            identity: verdict.is_trusted().then_some(identity),
            reason,
            others: verdict.others.iter().map(Reason::from).collect(),
            chain: verdict.path.iter().map(Link::from).collect(),
        }
    }
}
