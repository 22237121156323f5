//! What can be wrong with the data folder: one line that says it, and what mends it.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::quote;

/// Why the data folder could not be opened, read or written.
///
/// Its `Display` is one line, [`problem`](Self::problem) and [`mend`](Self::mend) joined.
#[derive(Debug)]
#[non_exhaustive]
pub enum FolderError {
    /// Neither `XDG_DATA_HOME` nor `HOME` says where the folder should be.
    NoHome,
    /// There is no data folder at this path.
    Missing {
        /// The folder.
        path: PathBuf,
    },
    /// Something is at this path, but it is not a data folder.
    NotOurs {
        /// The path.
        path: PathBuf,
        /// What was found there.
        found: String,
    },
    /// Another process holds the folder's lock.
    InUse {
        /// The folder.
        path: PathBuf,
        /// The number of that process, if known.
        process: Option<u32>,
    },
    /// The folder cannot be written.
    NotWritable {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Other users could replace what is in the folder.
    WritableByOthers {
        /// The folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The folder's `version` file names a layout this program does not know.
    UnknownVersion {
        /// The folder.
        path: PathBuf,
        /// What the file says, escaped.
        found: String,
    },
    /// A key can be read by other users.
    ReadableByOthers {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A name that no file in the folder can have. Names are fixed by the program, so this is its own fault.
    InvalidName {
        /// The name.
        name: String,
    },
    /// The system refused to read or write a file.
    Io {
        /// What was tried: `read`, `write` and the like.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl FolderError {
    /// What is wrong, without a full stop.
    pub fn problem(&self) -> String {
        match self {
            Self::NoHome => "no place for the data folder: neither XDG_DATA_HOME nor HOME is set".into(),
            Self::Missing { path } => format!("there is no data folder at {}", quote::path(path)),
            Self::NotOurs { path, found } => {
                format!("{} is not a data folder of bulla: {}", quote::path(path), quote::text(found))
            }
            Self::InUse { path, process } => {
                let holder =
                    process.map_or_else(|| "another process".into(), |number| format!("process {number}"));
                format!("the data folder {} is in use by {holder}", quote::path(path))
            }
            Self::NotWritable { path, source } => {
                format!("the data folder {} cannot be written: {source}", quote::path(path))
            }
            Self::WritableByOthers { path, mode } => {
                format!("other users can write into the data folder {} (mode {mode:04o})", quote::path(path))
            }
            Self::UnknownVersion { path, found } => {
                format!("the data folder {} has the unknown layout \"{found}\"", quote::path(path))
            }
            Self::ReadableByOthers { path, mode } => {
                format!("other users can read the key {} (mode {mode:04o})", quote::path(path))
            }
            Self::InvalidName { name } => format!("\"{}\" cannot name a file here", name.escape_debug()),
            Self::Io { action, path, source } => {
                format!("could not {action} {}: {source}", quote::path(path))
            }
        }
    }

    /// What would mend it, without a full stop.
    pub fn mend(&self) -> String {
        match self {
            Self::NoHome => "name the folder with --data DIR".into(),
            Self::Missing { path } => format!("make it with: bulla up --data {}", shell_path(path)),
            Self::NotOurs { .. } => {
                "name an empty folder, or one that does not exist yet, with --data DIR".into()
            }
            Self::InUse { .. } => "stop that process, or name another folder with --data DIR".into(),
            Self::NotWritable { .. } => {
                "give yourself the right to write there, or name another folder with --data DIR".into()
            }
            Self::WritableByOthers { path, .. } => format!("run: chmod go-w {}", shell_path(path)),
            Self::UnknownVersion { .. } => {
                "use the version of bulla that made it, or name another folder with --data DIR".into()
            }
            Self::ReadableByOthers { path, .. } => {
                format!(
                    "run: chmod 600 {}, and replace the key if someone may have read it",
                    shell_path(path)
                )
            }
            Self::InvalidName { .. } => "please report this as a fault of bulla".into(),
            Self::Io { source, .. } => mend_of(source),
        }
    }
}

fn mend_of(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "look at the rights of the file and of the folders above it",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space",
        io::ErrorKind::FileTooLarge => "put the right file back in its place",
        io::ErrorKind::ReadOnlyFilesystem => "name a folder that can be written with --data DIR",
        _ => "look at the file, its folder and the disk they are on",
    }
    .into()
}

pub(crate) fn shell_path(path: &Path) -> String {
    quote::shell_word(&path.to_string_lossy())
}

impl fmt::Display for FolderError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}; {}", self.problem(), self.mend())
    }
}

impl Error for FolderError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NotWritable { source, .. } | Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
