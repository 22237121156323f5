//! The files that a command names, read: each by itself, folders file by file, standard input.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use bulla_crypto::passphrase::Passphrase;
use bulla_store::{quote, read_file};
use bulla_x509::files::{self, Content, Item, Locked, MAX_LEN, Problem, ReadError};
use zeroize::Zeroizing;

use super::arguments::Input;
use super::passphrase::Origin;
use crate::complaint::Complaint;

/// How often a passphrase is asked for before it is given up.
const TRIES: usize = 3;

/// More files than this in a folder are not gone through.
const MOST_FILES: usize = 1000;

/// What is in one file.
pub(crate) struct Source {
    /// Its name as it was given, for people.
    pub(crate) name: String,
    pub(crate) items: Result<Vec<Item>, String>,
}

/// Reads files and remembers the passphrase that worked.
pub(crate) struct Reader<'a> {
    origin: Origin<'a>,
    known: Option<Passphrase>,
    /// Files in folders that are none of certificates and keys.
    pub(crate) passed_over: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(origin: Origin<'a>) -> Self {
        Self { origin, known: None, passed_over: 0 }
    }

    /// Of the command's options.
    pub(crate) fn of(input: &'a Input) -> Self {
        Self::new(Origin::of(input.passphrase.file.as_deref(), input.passphrase.variable.as_deref()))
    }

    /// All files, in order. What cannot be read is told in place of its items.
    pub(crate) fn sources(&mut self, paths: &[PathBuf]) -> Result<Vec<Source>, Complaint> {
        let mut sources = Vec::new();
        for path in paths {
            if path.is_dir() {
                self.folder(path, &mut sources)?;
            } else {
                sources.push(self.source(path)?);
            }
        }
        Ok(sources)
    }

    /// All items of all files; the first that cannot be read is the end.
    pub(crate) fn items(&mut self, paths: &[PathBuf]) -> Result<Vec<(String, Item)>, Complaint> {
        let mut all = Vec::new();
        for source in self.sources(paths)? {
            let Source { name, items } = source;
            let items = items.map_err(|problem| Complaint::new(format_args!("{name}: {problem}")))?;
            for item in items {
                if let Content::Locked(locked) = &item.content {
                    return Err(locked_out(&name, *locked));
                }
                all.push((name.clone(), item));
            }
        }
        Ok(all)
    }

    fn source(&mut self, path: &Path) -> Result<Source, Complaint> {
        let name = if is_stdin(path) { "standard input".to_owned() } else { quote::path(path) };
        let items = match bytes(path) {
            Ok(bytes) => self.open(&name, &bytes)?.map_err(|error| error.to_string()),
            Err(error) => Err(format!("cannot be read: {error}; {}", mend_of(&error))),
        };
        Ok(Source { name, items })
    }

    /// The files of a folder that hold certificates or keys, by name; not those of folders in it.
    fn folder(&mut self, folder: &Path, sources: &mut Vec<Source>) -> Result<(), Complaint> {
        let unreadable = |error: io::Error| {
            let problem = format!("{} cannot be read: {error}", quote::path(folder));
            Complaint::with_mend(problem, "give this user the right to read it")
        };
        let entries = std::fs::read_dir(folder).map_err(unreadable)?;
        let mut paths: Vec<PathBuf> =
            entries.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| path.is_file()).collect();
        if paths.len() > MOST_FILES {
            let problem = format!("{} holds more than {MOST_FILES} files", quote::path(folder));
            return Err(Complaint::with_mend(problem, "name those that are meant"));
        }
        paths.sort();
        for path in paths {
            let is_other = bytes(&path)
                .is_ok_and(|bytes| files::read(&bytes, None).is_err_and(|error| is_no_such_file(&error)));
            if is_other {
                self.passed_over += 1;
            } else {
                sources.push(self.source(&path)?);
            }
        }
        Ok(())
    }

    /// What the bytes hold, with the passphrase if one is needed and can be had.
    fn open(&mut self, name: &str, bytes: &[u8]) -> Result<Result<Vec<Item>, ReadError>, Complaint> {
        let items = match files::read(bytes, None) {
            Ok(items) if items.iter().any(opens_with_passphrase) => items,
            result => return Ok(result),
        };
        if let Some(known) = &self.known
            && let Ok(opened) = files::read(bytes, Some(known))
        {
            return Ok(Ok(opened));
        }
        let tries = if self.origin.is_terminal() { TRIES } else { 1 };
        let mut outcome = Ok(items);
        for _ in 0..tries {
            let Some(passphrase) = self.origin.get(&format!("Passphrase of {name}"))? else { break };
            outcome = files::read(bytes, Some(&passphrase));
            if outcome.as_ref().is_err_and(ReadError::is_wrong_passphrase) {
                continue;
            }
            self.known = Some(passphrase);
            break;
        }
        Ok(outcome)
    }
}

fn opens_with_passphrase(item: &Item) -> bool {
    matches!(item.content, Content::Locked(Locked::Key | Locked::Pkcs12))
}

/// Whether a file in a folder is simply something else.
fn is_no_such_file(error: &ReadError) -> bool {
    matches!(error.problem, Problem::Unrecognised | Problem::Empty | Problem::Stranger(_))
}

fn locked_out(name: &str, locked: Locked) -> Complaint {
    match locked {
        Locked::OldKey => Complaint::with_mend(
            format_args!(
                "{name}: the private key is encrypted in OpenSSL's way of old, by one round of MD5 alone"
            ),
            "convert it first: openssl pkcs8 -topk8 -in FILE -out NEW",
        ),
        _ => Complaint::with_mend(
            format_args!("{name}: it is behind a passphrase, and there is no terminal to ask for it"),
            "name where it stands: --passphrase-file FILE or --passphrase-env VARIABLE",
        ),
    }
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn bytes(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    if !is_stdin(path) {
        return read_file(path);
    }
    let most = u64::try_from(MAX_LEN).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Zeroizing::new(Vec::with_capacity(64 * 1024));
    io::stdin().lock().take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn mend_of(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "look at the spelling of the path",
        io::ErrorKind::PermissionDenied => "give this user the right to read it",
        _ => "is it the right file?",
    }
}
