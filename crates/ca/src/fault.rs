//! Why the authority does not do what was asked: one line each, with the mend.

use std::fmt;
use std::path::PathBuf;

use bulla_crypto::private_key::KeyError;
use bulla_crypto::random::RandomError;
use bulla_store::credential::FileError;
use bulla_store::{FolderError, moment, quote};
use bulla_x509::build::BuildError;
use bulla_x509::verdict::Failure;
use rustls_pki_types::UnixTime;

use crate::name::Names;

/// Why there is no authority, or no certificate from it. `Display` is one line with the mend.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// The data folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A file in it.
    #[error(transparent)]
    File(#[from] FileError),
    /// The root was not made for these names.
    #[error(
        "the root {} does not permit {}; make a new one, which must be trusted anew, with: {mend}",
        quote::path(path),
        list(names)
    )]
    OutsideScope {
        /// The root's file.
        path: PathBuf,
        /// The names it does not permit.
        names: Names,
        /// The command that makes a root for these names and those of the present root.
        mend: NewRoot,
    },
    /// The root's time is over.
    #[error(
        "the root {} expired on {}; make a new one, which must be trusted anew, with: {mend}",
        quote::path(path),
        moment::utc(*until)
    )]
    RootExpired {
        /// The root's file.
        path: PathBuf,
        /// The last second of its validity.
        until: UnixTime,
        /// The command that makes a new one.
        mend: NewRoot,
    },
    /// The clock stands before the moment at which the root was made.
    #[error(
        "the root {} is valid only from {}, {} from now; set this machine's clock, which says {}",
        quote::path(path), moment::utc(*from), moment::between(*from, *now), moment::utc(*now)
    )]
    ClockBeforeRoot {
        /// The root's file.
        path: PathBuf,
        /// The first second of its validity.
        from: UnixTime,
        /// The moment of the check.
        now: UnixTime,
    },
    /// The file holds a certificate that is no root of a private authority.
    #[error(
        "{} is not a root that permits certain names only; put the right file back, \
         or make a new root with: {mend}",
        quote::path(path)
    )]
    NotARoot {
        /// The file.
        path: PathBuf,
        /// The command that makes a new one.
        mend: NewRoot,
    },
    /// The root is gone, but what belongs to it is there.
    #[error(
        "the root {} is missing; put it back, or make a new one, which must be trusted anew, with: {mend}",
        quote::path(path)
    )]
    RootMissing {
        /// The root's file.
        path: PathBuf,
        /// The command that makes a new one.
        mend: NewRoot,
    },
    /// The root's key is needed but gone.
    #[error(
        "the root's key {} is missing; put it back, or make a new root, which must be trusted anew, \
         with: {mend}",
        quote::path(path)
    )]
    KeyMissing {
        /// The key's file.
        path: PathBuf,
        /// The command that makes a new root.
        mend: NewRoot,
    },
    /// The root's key is that of another certificate.
    #[error(
        "the key {} does not belong to the root beside it; put the right one back, \
         or make a new root, which must be trusted anew, with: {mend}",
        quote::path(path)
    )]
    OtherKey {
        /// The key's file.
        path: PathBuf,
        /// The command that makes a new root.
        mend: NewRoot,
    },
    /// A certificate that was made does not pass the judgement that clients apply.
    #[error("the certificate made for {name} would not be trusted: {failure}")]
    Untrusted {
        /// The name.
        name: String,
        /// Why.
        failure: Box<Failure>,
    },
    /// A certificate could not be written.
    #[error("a certificate could not be made: {0}")]
    Build(#[from] BuildError),
    /// A key could not be made.
    #[error("a key could not be made: {0}")]
    Key(#[from] KeyError),
    /// The system gave no random bytes.
    #[error("a serial number could not be made: {0}")]
    Random(#[from] RandomError),
}

/// The command that makes a new root. `Display` is ready for a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRoot {
    /// The data folder.
    pub folder: PathBuf,
    /// The names the root is to permit beyond the local ones.
    pub names: Names,
}

impl fmt::Display for NewRoot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "bulla up --data {} --new-root",
            quote::shell_word(&self.folder.to_string_lossy())
        )?;
        let mut names = self.names.iter();
        names.try_for_each(|name| write!(formatter, " --name {}", quote::shell_word(&name.to_string())))
    }
}

fn list(names: &Names) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
