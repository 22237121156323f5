//! `bulla cert verify`: the chain in files judged.

use std::process::ExitCode;
use std::time::Duration;

use bulla_inspect::judgement::{self, Asked, Judgement};
use bulla_inspect::report::to_json;
use bulla_inspect::text;
use bulla_x509::certificate::Certificate;
use bulla_x509::chain::{self, ChainError, Own};
use bulla_x509::files::{Content, Item};
use bulla_x509::names::AlternativeName;
use bulla_x509::profile::{PRIVATE, Profile, RFC5280, WEB};
use bulla_x509::revocation::{Revocation, RevocationList};
use bulla_x509::verdict::{Presented, Purpose, Verdict, judge};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use super::arguments::{Rules, Verify};
use super::read::Reader;
use crate::complaint::Complaint;
use crate::terminal::{columns, print};

/// The exit code when the certificate is not to be trusted.
const NOT_TRUSTED: u8 = 1;
/// The exit code when there was nothing to judge.
const NOT_JUDGED: u8 = 2;

/// Judges the chain and prints the finding.
pub(crate) fn run(arguments: &Verify) -> Result<ExitCode, Complaint> {
    let (judgement, verdict) = judged(arguments).map_err(|complaint| complaint.code(NOT_JUDGED))?;
    let shown =
        if arguments.json { to_json(&judgement) } else { text::render_judgement(&judgement, columns()) };
    print(&shown).map_err(|complaint| complaint.code(NOT_JUDGED))?;
    if arguments.explain {
        print(&format!("\n{verdict}")).map_err(|complaint| complaint.code(NOT_JUDGED))?;
    }
    Ok(ExitCode::from(if judgement.trusted { 0 } else { NOT_TRUSTED }))
}

fn judged(arguments: &Verify) -> Result<(Judgement, Verdict), Complaint> {
    let mut reader = Reader::of(&arguments.input);
    let items = reader.items(&arguments.input.files)?;
    let own = leaf_first(certificates(&items), &items)?;
    let helpers = reader.items(&arguments.untrusted)?;
    let chain: Vec<CertificateDer<'_>> = own.into_iter().chain(certificates(&helpers)).collect();
    let lists = revocation_lists(&items, &helpers)?;
    let (anchors, identity) = arguments.anchors.load()?;
    let at = arguments
        .at
        .map_or_else(UnixTime::now, |at| UnixTime::since_unix_epoch(Duration::from_secs(at.unix())));
    let (wanted, purpose) = purpose(arguments, &chain);
    let profile = arguments.profile();
    let presented = Presented::new(&chain, wanted.as_purpose())
        .under(profile)
        .with_revocation(Revocation { lists: &lists, required: arguments.revocation });
    let verdict = judge(&presented, &anchors, at);
    let files = arguments.input.files.iter().map(|path| bulla_store::quote::path(path));
    let subject = files.collect::<Vec<_>>().join(", ");
    let asked = Asked { subject, purpose, profile: profile.name, identity };
    Ok((Judgement::new(asked, &verdict, at), verdict))
}

/// The revocation lists among the files.
fn revocation_lists<'a>(
    items: &'a [(String, Item)],
    helpers: &'a [(String, Item)],
) -> Result<Vec<RevocationList<'a>>, Complaint> {
    let lists = items.iter().chain(helpers).filter_map(|(name, item)| match &item.content {
        Content::RevocationList(der) => Some((name, der)),
        _ => None,
    });
    let parsed = lists.map(|(name, der)| {
        RevocationList::parse(der).map_err(|error| {
            Complaint::with_mend(
                format_args!("{name}: the revocation list is malformed: {error}"),
                "fetch it again",
            )
        })
    });
    parsed.collect()
}

impl Verify {
    fn profile(&self) -> &'static Profile {
        match self.profile {
            Some(Rules::Web) => &WEB,
            Some(Rules::Rfc5280) => &RFC5280,
            Some(Rules::Private) => &PRIVATE,
            None if self.anchors.mozilla => &WEB,
            None => &PRIVATE,
        }
    }
}

/// What the first certificate must be good for.
enum Wanted {
    Server(ServerName<'static>),
    Client,
    Path,
}

impl Wanted {
    fn as_purpose(&self) -> Purpose<'_> {
        match self {
            Self::Server(name) => Purpose::Server(name),
            Self::Client => Purpose::Client,
            Self::Path => Purpose::Any,
        }
    }
}

/// The certificates among the items, in their order.
pub(super) fn certificates(items: &[(String, Item)]) -> Vec<CertificateDer<'static>> {
    let all = items.iter().filter_map(|(_, item)| match &item.content {
        Content::Certificate(der) => Some(der.clone()),
        _ => None,
    });
    all.collect()
}

/// The peer's own certificate first: that of a private key beside it, else the only one that is no authority's. When
/// several could be meant, it is the first, as in a file that a server sends.
fn leaf_first(
    mut certificates: Vec<CertificateDer<'static>>,
    items: &[(String, Item)],
) -> Result<Vec<CertificateDer<'static>>, Complaint> {
    let key = items.iter().find_map(|(_, item)| match &item.content {
        Content::Key(key) => key.private_key().ok(),
        _ => None,
    });
    let own = key.as_ref().map_or(Own::Only, Own::OfKey);
    match chain::arrange(&certificates, own, None) {
        Ok(chain) => {
            let leaf = chain.order.first().copied().unwrap_or(0);
            let leaf = certificates.remove(leaf);
            certificates.insert(0, leaf);
        }
        Err(ChainError::None) => return Err(no_certificate(items)),
        // What cannot be parsed, or has no end, is the verdict's to tell.
        Err(_) => {}
    }
    Ok(certificates)
}

/// What is there instead of a certificate.
pub(super) fn no_certificate(items: &[(String, Item)]) -> Complaint {
    let Some((name, item)) = items.first() else {
        return Complaint::with_mend("there is no certificate in these files", "name a file with one");
    };
    let mend = match &item.content {
        Content::Key(_) => "name the certificate's file; was its key's named by mistake?",
        Content::Request(_) => {
            "a request is no certificate yet: send it to an authority, which makes one of it"
        }
        _ => "name a file with a certificate",
    };
    Complaint::with_mend(format_args!("{name}: {}, but no certificate", item.kind()), mend)
}

/// What is asked for, and how it is told.
fn purpose(arguments: &Verify, chain: &[CertificateDer<'_>]) -> (Wanted, judgement::Purpose) {
    if arguments.client {
        return (Wanted::Client, judgement::Purpose::Client);
    }
    let asked = arguments.name.as_ref().map(|host| host.server_name().clone());
    let asked = asked.or_else(|| arguments.ip.map(ServerName::from));
    let leaf = chain.first().and_then(|leaf| Certificate::parse(leaf).ok());
    if asked.is_none() && leaf.as_ref().is_some_and(is_authority) {
        return (Wanted::Path, judgement::Purpose::Path);
    }
    let own = asked.is_none();
    // A certificate without names is good for no server, whatever its name.
    let name = asked.or_else(|| leaf.as_ref().and_then(first_name)).unwrap_or_else(nameless);
    let told = name.to_str().into_owned();
    (Wanted::Server(name), judgement::Purpose::Server { name: told, own })
}

/// A name that no server has (RFC 2606).
fn nameless() -> ServerName<'static> {
    ServerName::try_from("nameless.invalid")
        .unwrap_or_else(|_| ServerName::from(std::net::IpAddr::from([0; 4])))
}

fn is_authority(certificate: &Certificate<'_>) -> bool {
    certificate.basic_constraints().is_some_and(|constraints| constraints.authority)
}

/// The first name of a server in a certificate; for a wildcard, one that it stands for.
fn first_name(certificate: &Certificate<'_>) -> Option<ServerName<'static>> {
    certificate.subject_alternative_names().find_map(|name| match name {
        AlternativeName::Dns(name) => ServerName::try_from(name.replacen('*', "any", 1)).ok(),
        AlternativeName::Ip(address) => Some(ServerName::from(address)),
        _ => None,
    })
}
