//! The one data folder: lock, version, atomic writes, certificates and keys on disk.
//!
//! A [`DataFolder`] belongs to one process at a time. What it holds is either whole or absent: each file is
//! written beside its place, synced, and renamed into it. Keys are readable by their owner only, and a key
//! that others can read is refused.
//!
//! ```
//! use bulla_store::{DataFolder, Protection};
//!
//! # let place = tempfile::tempdir()?;
//! # let path = place.path().join("bulla");
//! let folder = DataFolder::open(&path)?;
//! folder.write("authority/root.pem", b"...", Protection::Public)?;
//! assert_eq!(folder.read("authority/root.pem")?.as_deref(), Some(&b"..."[..]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Certificates and keys that lie elsewhere are loaded by [`credential::CredentialFiles`].

pub mod credential;
mod fault;
mod folder;
mod lock;
pub mod moment;
mod name;
pub mod quote;
mod replacement;
mod single;
mod whole;

pub use fault::FolderError;
pub use folder::{DataFolder, FolderReader, Protection};
pub use single::{read_file, write_file};
