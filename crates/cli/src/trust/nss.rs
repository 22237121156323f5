//! Databases of NSS: where Chromium and Firefox look for roots beside their own. Read and changed by `certutil`.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use bulla_crypto::pem;
use bulla_store::quote;

use super::program;
use super::{Anchor, Outcome, Store};

/// Trusted to vouch for servers, for nothing else.
const FOR_SERVERS: &str = "C,,";

/// A folder with an NSS database.
#[derive(Debug)]
pub(super) struct Database {
    label: &'static str,
    folder: PathBuf,
    /// Whether it was named by the user, and so is made when it is missing.
    named: bool,
    after: &'static str,
}

/// An entry of a database.
#[derive(Debug)]
struct Entry {
    nickname: String,
    /// As `certutil` writes it: for servers, for mail, for code.
    trust: String,
}

impl Entry {
    fn vouches_for_servers(&self) -> bool {
        self.trust.split(',').next().is_some_and(|servers| servers.contains('C'))
    }
}

/// Whether a folder holds a database of today's kind.
pub(super) fn is_database(folder: &Path) -> bool {
    folder.join("cert9.db").is_file()
}

impl Database {
    pub(super) fn named(folder: &Path) -> Self {
        Self { label: "NSS", folder: folder.to_owned(), named: true, after: "" }
    }

    pub(super) fn of_chromium(folder: PathBuf) -> Self {
        Self { label: "Chromium", folder, named: false, after: "" }
    }

    pub(super) fn of_firefox(folder: PathBuf) -> Self {
        Self {
            label: "Firefox",
            folder,
            named: false,
            after: "; a running Firefox knows after its next start",
        }
    }

    fn certutil(&self, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, String> {
        let certutil = program::find("certutil")
            .ok_or("certutil is missing; install it with: sudo apt install libnss3-tools")?;
        let database = format!("sql:{}", self.folder.display());
        // An empty password from a file: a database that has one is refused at once, and no one is asked at a terminal.
        let fixed = ["-d", &database, "-f", "/dev/null"];
        program::run(&certutil, arguments.iter().chain(&fixed), input).map_err(|problem| {
            if problem.contains("SEC_ERROR_BAD_PASSWORD") {
                return "the database has a password; do it in the browser's settings".to_owned();
            }
            problem
        })
    }

    fn entries(&self) -> Result<Vec<Entry>, String> {
        let listed = self.certutil(&["-L"], b"")?;
        Ok(String::from_utf8_lossy(&listed).lines().filter_map(entry).collect())
    }

    /// The certificates that go by a nickname: those of one subject share it.
    fn called(&self, nickname: &str) -> Result<Vec<Vec<u8>>, String> {
        let text = self.certutil(&["-L", "-a", "-n", nickname], b"")?;
        let sections =
            pem::read(&text).map_err(|error| format!("certutil printed what is no PEM: {error}"))?;
        Ok(sections.into_iter().map(|section| section.der.to_vec()).collect())
    }

    /// Our root's entry, and whether other certificates share its nickname.
    fn find(&self, anchor: &Anchor) -> Result<Option<(Entry, bool)>, String> {
        for entry in self.entries()? {
            let certificates = self.called(&entry.nickname)?;
            if certificates.iter().any(|der| der.as_slice() == anchor.der.as_ref()) {
                let shared = certificates.iter().any(|der| der.as_slice() != anchor.der.as_ref());
                return Ok(Some((entry, shared)));
            }
        }
        Ok(None)
    }

    /// Makes the database when it was asked for by name and is not there; whether it did.
    fn make(&self) -> Result<bool, String> {
        if is_database(&self.folder) || !self.named {
            return Ok(false);
        }
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)
            .map_err(|error| format!("{} cannot be made: {error}", quote::path(&self.folder)))?;
        self.certutil(&["-N", "--empty-password"], b"")?;
        Ok(true)
    }

    fn put_in(&self, anchor: &Anchor) -> Result<String, String> {
        let made = self.make()?;
        let changed = match self.find(anchor)? {
            Some((entry, _)) if entry.vouches_for_servers() => {
                return Ok(format!("trusted already, as {:?}", entry.nickname));
            }
            Some((entry, _)) => {
                self.certutil(&["-M", "-n", &entry.nickname, "-t", FOR_SERVERS], b"")?;
                "it was there without trust for servers"
            }
            None => {
                let text = pem::write("CERTIFICATE", &anchor.der);
                self.certutil(&["-A", "-a", "-n", &anchor.name, "-t", FOR_SERVERS], text.as_bytes())?;
                if made { "in a new database" } else { "by certutil" }
            }
        };
        match self.find(anchor)? {
            Some((entry, _)) if entry.vouches_for_servers() => {
                Ok(format!("installed as {:?}, {changed}{}", entry.nickname, self.after))
            }
            _ => Err("certutil took it, and yet it is not there".to_owned()),
        }
    }

    fn take_out(&self, anchor: &Anchor) -> Result<String, String> {
        if !is_database(&self.folder) {
            return Ok("no database, nothing to do".to_owned());
        }
        let Some((entry, shared)) = self.find(anchor)? else {
            return Ok("not there, nothing to do".to_owned());
        };
        if shared {
            // By its nickname, certutil might take another one.
            let nickname = &entry.nickname;
            return Err(format!(
                "other certificates are called {nickname:?}, too; remove it in the browser's settings"
            ));
        }
        self.certutil(&["-D", "-n", &entry.nickname], b"")?;
        match self.find(anchor)? {
            None => Ok(format!("removed {:?} by certutil{}", entry.nickname, self.after)),
            Some(_) => Err("certutil removed it, and yet it is there".to_owned()),
        }
    }

    fn look(&self, anchor: &Anchor) -> Result<String, String> {
        if !is_database(&self.folder) {
            return Err("not trusted: there is no database".to_owned());
        }
        match self.find(anchor)? {
            Some((entry, _)) if entry.vouches_for_servers() => {
                Ok(format!("trusted, as {:?}", entry.nickname))
            }
            Some((entry, _)) => Err(format!("{:?} is there, but not trusted for servers", entry.nickname)),
            None => Err("not trusted".to_owned()),
        }
    }
}

impl Store for Database {
    fn name(&self) -> String {
        format!("{} in {}", self.label, quote::path(&self.folder))
    }

    fn install(&self, anchor: &Anchor) -> Outcome {
        let done = self.put_in(anchor);
        done.map_or_else(|problem| Outcome::Bad(format!("not installed: {problem}")), Outcome::Good)
    }

    fn remove(&self, anchor: &Anchor) -> Outcome {
        let done = self.take_out(anchor);
        done.map_or_else(|problem| Outcome::Bad(format!("not removed: {problem}")), Outcome::Good)
    }

    fn status(&self, anchor: &Anchor) -> Outcome {
        self.look(anchor).map_or_else(Outcome::Bad, Outcome::Good)
    }
}

/// Reads a line of `certutil -L`: a nickname, blanks, and three lists of flags.
fn entry(line: &str) -> Option<Entry> {
    let (nickname, trust) = line.trim_end().rsplit_once(' ')?;
    let flags =
        trust.split(',').count() == 3 && trust.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b',');
    let nickname = nickname.trim();
    // The heading has words there that look like flags: "SSL,S/MIME,JAR/XPI" holds a slash.
    (flags && !nickname.is_empty()).then(|| Entry { nickname: nickname.to_owned(), trust: trust.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_read() {
        let listing = "\n\
            Certificate Nickname                                         Trust Attributes\n\
            \x20                                                            SSL,S/MIME,JAR/XPI\n\n\
            bulla local authority root 5d81f0aa                          C,,  \n\
            with, commas and  blanks                                     ,,   \n\
            mine                                                         u,u,u\n";
        let read: Vec<_> =
            listing.lines().filter_map(entry).map(|entry| (entry.nickname, entry.trust)).collect();
        assert_eq!(
            read,
            [
                ("bulla local authority root 5d81f0aa".to_owned(), "C,,".to_owned()),
                ("with, commas and  blanks".to_owned(), ",,".to_owned()),
                ("mine".to_owned(), "u,u,u".to_owned()),
            ]
        );
    }
}
