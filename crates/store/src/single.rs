//! A single file of the user's own, outside the data folder: read whole, and written whole or not at all.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::path::Path;

use crate::folder::Protection;
use crate::replacement::{self, Over};
use crate::whole;
use zeroize::Zeroizing;

/// The bytes of the file at `path`, of at most 16 MiB, in memory that is cleared when dropped.
///
/// # Errors
/// Those of the system; [`io::ErrorKind::FileTooLarge`].
pub fn read_file(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    whole::read(File::open(path)?)
}

/// Gives the file at `path` these bytes: beside its place first, then synced and renamed. With `replace`, a file that
/// is there already is replaced; without, it is left alone.
///
/// ```
/// use bulla_store::{Protection, write_file};
///
/// # let place = tempfile::tempdir()?;
/// # let path = place.path().join("new.key");
/// write_file(&path, b"secret", Protection::OwnerOnly, false)?;
/// let again = write_file(&path, b"other", Protection::OwnerOnly, false);
/// assert_eq!(again.unwrap_err().kind(), std::io::ErrorKind::AlreadyExists);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// Those of the system; [`io::ErrorKind::AlreadyExists`] without `replace`.
pub fn write_file(path: &Path, bytes: &[u8], protection: Protection, replace: bool) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().and_then(OsStr::to_str);
    let name =
        name.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidFilename, "the path names no file"))?;
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let over = if replace { Over::Anything } else { Over::Nothing };
    let folder = File::open(parent)?;
    replacement::put(folder.as_fd(), name, (protection, over), |file| file.write_all(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_file_is_replaced_only_when_asked_to() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a.pem");
        write_file(&path, b"one", Protection::Public, false).unwrap();
        let refused = write_file(&path, b"two", Protection::Public, false).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        write_file(&path, b"two", Protection::OwnerOnly, true).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn what_names_no_file_is_refused() {
        let place = tempfile::tempdir().unwrap();
        assert!(write_file(place.path(), b"x", Protection::Public, true).is_err());
        assert!(write_file(&place.path().join("no/where"), b"x", Protection::Public, true).is_err());
        assert!(write_file(Path::new(".."), b"x", Protection::Public, true).is_err());
    }
}
