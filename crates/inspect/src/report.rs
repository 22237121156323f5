//! The report: what was found at one address, as one document.
//!
//! The same [`Report`] is set for a terminal ([`crate::text`]), written as JSON ([`Report::to_json`]) and shown by the
//! server's page. As JSON it is a stable document, `bulla.report/1`: fields are added, never renamed or removed.
//! The strings hold what the peer sent; each sink escapes them.

use std::fmt;
use std::net::SocketAddr;

use bulla_tls::Facts;
use bulla_tls::registry::NamedGroup;
use bulla_x509::trust::TrustAnchors;
use bulla_x509::verdict::{self, Failure, Verdict};
use rustls_pki_types::UnixTime;
use serde::Serialize;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, Month, OffsetDateTime};

use crate::cue::{Cue, Finding, Identity};
use crate::escape;

/// The name and version of the document.
pub const SCHEMA: &str = "bulla.report/1";

/// What was found at one address.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The name or address that was asked for.
    pub host: String,
    /// The port that was asked for.
    pub port: u16,
    /// When it was looked at.
    pub checked_at: Moment,
    /// Whether the chain holds for `host`.
    pub trusted: bool,
    /// Who vouches for the name; none when not trusted.
    pub identity: Option<Identity>,
    /// What a browser would show.
    pub cue: Cue,
    /// Why it is trusted, or which rule failed where.
    pub reason: Reason,
    /// What else is wrong on the same path, so that all can be mended at once.
    pub others: Vec<Reason>,
    /// The certificates on the path that was judged, the server's first.
    pub chain: Vec<Link>,
    /// How the connection is protected.
    pub connection: Connection,
}

/// Why a chain is trusted or not.
#[derive(Clone, Debug, Serialize)]
pub struct Reason {
    /// The rule that failed, as in `expired`; none when trusted.
    pub rule: Option<String>,
    /// The place of the failing certificate in [`Report::chain`].
    pub link: Option<usize>,
    /// One sentence.
    pub text: String,
    /// What would mend it.
    pub mend: Option<String>,
    /// Where the rule is written, as in `RFC 5280 section 6.1.3`.
    pub source: Option<String>,
}

/// One certificate of the chain.
#[derive(Clone, Debug, Serialize)]
pub struct Link {
    /// What it is on this path.
    pub role: Role,
    /// Its place among the certificates that the server sent, counted from 0; none when it came from the trusted
    /// authorities.
    pub sent_as: Option<usize>,
    /// Whom it names.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// The host names and addresses it is good for.
    pub names: Vec<String>,
    /// The first moment of its validity.
    pub not_before: Moment,
    /// The last moment of its validity.
    pub not_after: Moment,
    /// Its key, as in `ECDSA P-256`.
    pub key: String,
    /// The algorithm its issuer signed it with.
    pub signature: String,
    /// SHA-256 of the certificate, in hexadecimal.
    pub fingerprint: String,
}

/// What a certificate is on its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The server's own.
    Leaf,
    /// An authority between the server and the root.
    Intermediate,
    /// The authority that is trusted for its own sake.
    Root,
}

/// How a connection is protected.
#[derive(Clone, Debug, Serialize)]
pub struct Connection {
    /// The protocol, as in `TLS 1.3`.
    pub version: String,
    /// The cipher suite, as in `TLS_AES_128_GCM_SHA256`.
    pub suite: String,
    /// The key exchange group, as in `X25519MLKEM768`.
    pub group: String,
    /// Whether the key exchange also holds against a quantum computer.
    pub post_quantum: bool,
    /// The algorithm the server signed the handshake with.
    pub signature: String,
    /// The application protocol agreed on, as in `h2`.
    pub alpn: Option<String>,
    /// The name the client asked for by SNI.
    pub server_name: Option<String>,
    /// Whether the server asked for a second hello.
    pub hello_retried: bool,
    /// The address that was connected to, or that connected.
    pub peer: Option<String>,
}

/// A second of time, written as RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(OffsetDateTime);

impl Moment {
    /// The moment this many seconds after 1970 began. Beyond the year 9999 it is the last second of that year.
    #[must_use]
    pub fn from_unix(seconds: u64) -> Self {
        const LAST: i64 = 253_402_300_799;
        let seconds = i64::try_from(seconds).unwrap_or(LAST).min(LAST);
        Self(OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH))
    }

    /// A day, as in `2026-11-22` (its first second), or a second, as in `2026-11-22T07:18:00Z`; none for other texts.
    ///
    /// ```
    /// use bulla_inspect::report::Moment;
    /// assert_eq!(Moment::parse("2026-11-22T07:18:00Z").unwrap().unix(), 1_795_331_880);
    /// assert!(Moment::parse("22.11.2026").is_none());
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (day, time) = match text.split_once('T') {
            Some((day, time)) => (day, time.strip_suffix('Z')?),
            None => (text, "00:00:00"),
        };
        let numbers = |text: &str, mark| -> Option<[u16; 3]> {
            let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
            let parts = text.split(mark).map(|part| part.parse().ok().filter(|_| digits(part)));
            parts.collect::<Option<Vec<u16>>>()?.try_into().ok()
        };
        let [year, month, day] = numbers(day, '-')?;
        let [hour, minute, second] = numbers(time, ':')?;
        let narrow = |number: u16| u8::try_from(number).ok();
        let month = Month::try_from(narrow(month)?).ok()?;
        let date = Date::from_calendar_date(i32::from(year), month, narrow(day)?).ok()?;
        let moment = date.with_hms(narrow(hour)?, narrow(minute)?, narrow(second)?).ok()?.assume_utc();
        (year >= 1970).then_some(Self(moment))
    }

    /// Seconds after 1970 began.
    #[must_use]
    pub fn unix(self) -> u64 {
        u64::try_from(self.0.unix_timestamp()).unwrap_or(0)
    }

    /// The day, as in `2026-11-22`.
    #[must_use]
    pub fn day(self) -> String {
        self.0.format(format_description!("[year]-[month]-[day]")).unwrap_or_default()
    }

    /// The day and the time to the minute, as in `2026-11-22 07:18 UTC`.
    #[must_use]
    pub fn minute(self) -> String {
        self.0.format(format_description!("[year]-[month]-[day] [hour]:[minute] UTC")).unwrap_or_default()
    }

    /// Whole days from `earlier` until this moment; negative when this moment came first.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0).whole_days()
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.format(&Rfc3339).unwrap_or_default())
    }
}

impl Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What was asked of whom, and when.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The name or address that the certificate must be good for.
    pub host: &'a str,
    /// The port.
    pub port: u16,
    /// When.
    pub now: UnixTime,
    /// What kind of authorities it was judged by. With [`Identity::Domain`] the report says [`Identity::System`] of a
    /// root that is not on Mozilla's list.
    pub identity: Identity,
}

impl Report {
    /// The report on a judged chain and its connection.
    #[must_use]
    pub fn new(asked: &Asked<'_>, verdict: &Verdict, connection: Connection) -> Self {
        let identity = vouching(asked.identity, verdict);
        let finding = match &verdict.failure {
            None => Finding::Trusted(identity),
            Some(failure) => Finding::Refused(failure.rule.id()),
        };
        Self {
            schema: SCHEMA,
            host: asked.host.to_owned(),
            port: asked.port,
            checked_at: Moment::from_unix(asked.now.as_secs()),
            trusted: verdict.is_trusted(),
            identity: verdict.is_trusted().then_some(identity),
            cue: Cue::new(asked.host, asked.port, finding),
            reason: verdict
                .failure
                .as_ref()
                .map_or_else(|| Reason::trusted(&format!("for {}", asked.host), identity), Reason::from),
            others: verdict.others.iter().map(Reason::from).collect(),
            chain: verdict.path.iter().map(Link::from).collect(),
            connection,
        }
    }

    /// The report as indented JSON, ending in a line end.
    #[must_use]
    pub fn to_json(&self) -> String {
        to_json(self)
    }
}

/// Who vouches: among authorities of all kinds, those that Mozilla does not know are not public ones.
pub(crate) fn vouching(asked: Identity, verdict: &Verdict) -> Identity {
    let root = verdict.path.last().filter(|link| link.role == verdict::Role::Root);
    match (asked, root) {
        (Identity::Domain, Some(root)) if !TrustAnchors::mozilla_has(&root.fingerprint) => Identity::System,
        _ => asked,
    }
}

impl Reason {
    /// `good_for` as in `for example.com`.
    pub(crate) fn trusted(good_for: &str, identity: Identity) -> Self {
        let root = match identity {
            Identity::Private => "a private root that you trust",
            Identity::Domain => "a public root that is trusted here",
            Identity::System => "a root that this system trusts, not one of Mozilla's",
        };
        Self {
            rule: None,
            link: None,
            text: format!("The certificate is good {good_for}, in date, and leads to {root}."),
            mend: None,
            source: None,
        }
    }
}

impl From<&Failure> for Reason {
    fn from(failure: &Failure) -> Self {
        Self {
            rule: Some(failure.rule.id().to_owned()),
            link: Some(failure.link),
            text: sentence(&failure.detail),
            mend: Some(failure.mend.clone()),
            source: Some(failure.rule.rfc().to_owned()),
        }
    }
}

/// With a capital letter and a full stop.
fn sentence(words: &str) -> String {
    let mut rest = words.trim_end_matches('.').chars();
    let first = rest.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(rest).chain(['.']).collect()
}

impl From<&verdict::Link> for Link {
    fn from(link: &verdict::Link) -> Self {
        Self {
            role: match link.role {
                verdict::Role::Leaf => Role::Leaf,
                verdict::Role::Intermediate => Role::Intermediate,
                verdict::Role::Root => Role::Root,
            },
            sent_as: match link.place {
                verdict::Place::Presented(place) => Some(place),
                verdict::Place::Anchor => None,
            },
            subject: link.subject.clone(),
            issuer: link.issuer.clone(),
            names: link.names.clone(),
            not_before: Moment::from_unix(link.not_before),
            not_after: Moment::from_unix(link.not_after),
            key: link.key.clone(),
            signature: link.signature.clone(),
            fingerprint: link.fingerprint.clone(),
        }
    }
}

impl Connection {
    /// What the engine knows of a connection, in words. What was not settled before the connection failed is empty.
    #[must_use]
    pub fn from_facts(facts: &Facts, peer: Option<SocketAddr>) -> Self {
        let said = |value: Option<&dyn fmt::Display>| value.map_or_else(String::new, ToString::to_string);
        Self {
            version: said(facts.version.as_ref().map(|version| version as _)),
            suite: said(facts.suite.as_ref().map(|suite| suite as _)),
            group: said(facts.group.as_ref().map(|group| group as _)),
            post_quantum: facts.group.is_some_and(NamedGroup::is_post_quantum),
            signature: said(facts.signature.as_ref().map(|scheme| scheme as _)),
            alpn: facts.protocol.as_deref().map(escape::bytes),
            server_name: facts.server_name.clone(),
            hello_retried: facts.retried,
            peer: peer.map(|address| address.to_string()),
        }
    }
}

/// Any document of ours as indented JSON, with invisible characters escaped and a line end after it.
#[must_use]
pub fn to_json(document: &impl Serialize) -> String {
    // Our documents hold string keys and plain values only, which always serialise.
    let mut text = escape::json(&serde_json::to_string_pretty(document).unwrap_or_default());
    text.push('\n');
    text
}
