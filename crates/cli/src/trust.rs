//! `bulla trust`: where this machine's programs look for trusted roots, ours put in and taken out.

mod nss;
mod program;
mod system;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use bulla_ca::Root;
use bulla_inspect::escape;
use bulla_store::{DataFolder, credential, quote};
use bulla_x509::certificate::Certificate;
use rustls_pki_types::CertificateDer;

use crate::arguments::{Stores, TrustAction};
use crate::complaint::Complaint;
use crate::data;
use crate::terminal::print;
use nss::Database;
use system::SystemStore;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const BOLD: Style = Style::new().bold();
const QUIET: Style = Style::new().dimmed();

/// The root that is to be trusted, or no longer.
#[derive(Debug)]
struct Anchor {
    der: CertificateDer<'static>,
    /// As people call it.
    name: String,
    /// SHA-256, in hexadecimal.
    fingerprint: String,
}

/// A place where programs look for trusted roots.
trait Store {
    /// What it is called, and where it is.
    fn name(&self) -> String;
    /// Puts a root in.
    fn install(&self, anchor: &Anchor) -> Outcome;
    /// Takes a root out, and nothing else.
    fn remove(&self, anchor: &Anchor) -> Outcome;
    /// Looks whether a root is trusted.
    fn status(&self, anchor: &Anchor) -> Outcome;
}

/// What was done in a place, or why it was not.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// The place is as it should be.
    Good(String),
    /// It is not, for this reason and with this mend.
    Bad(String),
    /// It does not exist, so there is nothing to do.
    Nothing(String),
}

/// Goes through the places that were asked for and says what became of each.
pub(crate) fn run(action: &TrustAction) -> Result<ExitCode, Complaint> {
    let (TrustAction::Install(asked) | TrustAction::Remove(asked) | TrustAction::Status(asked)) = action;
    let anchor = anchor(asked)?;
    let outcomes = stores(asked)?.into_iter().map(|place| match place {
        Place::Store(store) => {
            let outcome = match action {
                TrustAction::Install(_) => store.install(&anchor),
                TrustAction::Remove(_) => store.remove(&anchor),
                TrustAction::Status(_) => store.status(&anchor),
            };
            (store.name(), outcome)
        }
        Place::Missing { name, reason } => (name, Outcome::Nothing(reason)),
    });
    let outcomes: Vec<_> = outcomes.collect();
    print(&told(&anchor, &outcomes))?;
    let bad = outcomes.iter().any(|(_, outcome)| matches!(outcome, Outcome::Bad(_)));
    let good = outcomes.iter().any(|(_, outcome)| matches!(outcome, Outcome::Good(_)));
    // Where there is no place at all, nothing trusts the root.
    let as_asked = !bad && (good || matches!(action, TrustAction::Remove(_)));
    Ok(ExitCode::from(u8::from(!as_asked)))
}

fn told(anchor: &Anchor, outcomes: &[(String, Outcome)]) -> String {
    let mut text = String::new();
    let fingerprint = &anchor.fingerprint;
    let _ = writeln!(text, "{BOLD}{}{BOLD:#}", escape::visible(&anchor.name));
    let _ = writeln!(text, "{QUIET}SHA-256 {fingerprint}{QUIET:#}");
    for (name, outcome) in outcomes {
        let name = escape::visible(name);
        let (mark, says) = match outcome {
            Outcome::Good(says) => (format!("{GOOD}✓{GOOD:#}"), says),
            Outcome::Bad(says) => (format!("{BAD}✗{BAD:#}"), says),
            Outcome::Nothing(says) => ("–".to_owned(), says),
        };
        let _ = writeln!(text, "  {mark} {name}: {}", escape::visible(says));
    }
    text
}

/// The root of the authority, or the one in the file that was named.
fn anchor(asked: &Stores) -> Result<Anchor, Complaint> {
    let der = match &asked.certificate {
        Some(path) => authority_in(path)?,
        None => root(asked.data.as_deref())?,
    };
    let parsed = Certificate::parse(&der).map_err(Complaint::new)?;
    let name = parsed.subject().common_name().map_or_else(|| parsed.subject().to_string(), Into::into);
    let fingerprint = parsed.fingerprint().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Anchor { name, fingerprint, der })
}

fn root(named: Option<&Path>) -> Result<CertificateDer<'static>, Complaint> {
    let path = data::path(named)?;
    let folder = DataFolder::read_only(&path).map_err(Complaint::new)?;
    let root = Root::read(&folder).map_err(Complaint::new)?;
    root.map(|root| root.der().clone()).ok_or_else(|| {
        let problem = format!("there is no authority in {} yet", quote::path(&path));
        Complaint::with_mend(problem, format!("make it with: bulla up{}", data::option(named)))
    })
}

fn authority_in(path: &Path) -> Result<CertificateDer<'static>, Complaint> {
    let shown = quote::path(path);
    let bytes = std::fs::read(path).map_err(|error| {
        let problem = format!("{shown} cannot be read: {error}");
        Complaint::with_mend(problem, "name a file with one root certificate in PEM with --certificate FILE")
    })?;
    let mut found = credential::certificates_from(path, &bytes).map_err(Complaint::new)?;
    let (Some(der), true) = (found.pop(), found.is_empty()) else {
        let problem = format!("{shown} holds several certificates");
        return Err(Complaint::with_mend(problem, "leave the root alone in it"));
    };
    let is_root = Certificate::parse(&der).is_ok_and(|certificate| {
        certificate.is_self_issued() && certificate.basic_constraints().is_some_and(|basic| basic.authority)
    });
    if is_root {
        return Ok(der);
    }
    Err(Complaint::with_mend(format!("{shown} is no root certificate"), "name that of its authority"))
}

/// A place that was asked for, or one that was looked for and is not there.
enum Place {
    Store(Box<dyn Store>),
    Missing { name: String, reason: String },
}

fn stores(asked: &Stores) -> Result<Vec<Place>, Complaint> {
    let mut places = Vec::new();
    let all = !asked.system && asked.nss.is_empty();
    if asked.system || all {
        let again = data_option(asked)?;
        places.push(Place::Store(Box::new(SystemStore::at(asked.sysroot.as_deref(), again))));
    }
    for folder in &asked.nss {
        places.push(Place::Store(Box::new(Database::named(folder))));
    }
    if all {
        places.extend(browsers());
    }
    Ok(places)
}

/// The option that names the same root again for another user, who has another home.
fn data_option(asked: &Stores) -> Result<String, Complaint> {
    let (option, path) = match &asked.certificate {
        Some(path) => ("--certificate", path.clone()),
        None => ("--data", data::path(asked.data.as_deref())?),
    };
    let path = std::path::absolute(&path).unwrap_or(path);
    Ok(format!("{option} {}", quote::shell_word(&path.to_string_lossy())))
}

/// Folders below the home in which Chromium's database and Firefox's profiles are, by how they were installed.
const CHROMIUM: [&str; 2] = [".pki/nssdb", "snap/chromium/current/.pki/nssdb"];
const FIREFOX: [&str; 4] = [
    ".mozilla/firefox",
    ".config/mozilla/firefox",
    "snap/firefox/common/.mozilla/firefox",
    ".var/app/org.mozilla.firefox/.mozilla/firefox",
];

/// The databases of this user's browsers.
fn browsers() -> Vec<Place> {
    let missing = |name: &str, reason: String| Place::Missing { name: name.to_owned(), reason };
    let Some(home) = std::env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from) else {
        return vec![missing("browsers", "left out, since HOME is not set".to_owned())];
    };
    let database = |folder: &PathBuf| nss::is_database(folder.as_path());
    let chromium: Vec<PathBuf> = CHROMIUM.iter().map(|folder| home.join(folder)).filter(database).collect();
    let profiles = FIREFOX.iter().filter_map(|folder| std::fs::read_dir(home.join(folder)).ok()).flatten();
    let mut firefox: Vec<PathBuf> =
        profiles.flatten().map(|profile| profile.path()).filter(database).collect();
    firefox.sort();
    let mut places = Vec::new();
    if chromium.is_empty() {
        let usual = quote::shell_word(&home.join(".pki/nssdb").to_string_lossy());
        places.push(missing(
            "Chromium",
            format!("left out, since it has no database yet (--nss {usual} makes it)"),
        ));
    }
    if firefox.is_empty() {
        places.push(missing("Firefox", "left out, since it has no profile here".to_owned()));
    }
    let stores =
        chromium.into_iter().map(Database::of_chromium).chain(firefox.into_iter().map(Database::of_firefox));
    places.extend(stores.map(|database| Place::Store(Box::new(database))));
    places
}
