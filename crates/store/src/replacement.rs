//! A file replaced whole: written beside its place, synced, renamed into it, and the folder synced.
//!
//! `rename` is atomic (POSIX.1-2024, `rename`): at any moment, and after a crash at any moment, the name
//! stands for the old bytes or the new ones. What a crash may leave behind is an unfinished file beside it,
//! which the next opening of the folder removes.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{
    AtFlags, Mode, OFlags, RenameFlags, fsync, openat, renameat, renameat_with, statat, unlinkat,
};
use rustix::io::Errno;

use crate::folder::Protection;
use crate::name::UNFINISHED;

/// Gives `file` in `folder` the bytes that `fill` writes, or leaves it as it was.
pub(crate) fn replace(
    folder: BorrowedFd<'_>,
    file: &str,
    protection: Protection,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    put(folder, file, (protection, Over::Anything), fill)
}

/// What a new file may take the place of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    /// Whatever has the name.
    Anything,
    /// Nothing: the name must be free.
    Nothing,
}

/// As [`replace`]; with [`Over::Nothing`], a file that is there already is left alone and is an error.
pub(crate) fn put(
    folder: BorrowedFd<'_>,
    file: &str,
    (protection, over): (Protection, Over),
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let unfinished = unfinished_name();
    let result = write_whole(folder, &unfinished, protection, fill).and_then(|()| match over {
        Over::Anything => Ok(renameat(folder, unfinished.as_str(), folder, file)?),
        Over::Nothing => take_free_name(folder, &unfinished, file),
    });
    if result.is_err() {
        // The first error is the one to report; what stays behind is removed at the next opening.
        let _ = unlinkat(folder, unfinished.as_str(), AtFlags::empty());
        return result;
    }
    Ok(fsync(folder)?)
}

/// Renames to a name that no file has.
fn take_free_name(folder: BorrowedFd<'_>, unfinished: &str, file: &str) -> io::Result<()> {
    match renameat_with(folder, unfinished, folder, file, RenameFlags::NOREPLACE) {
        // Some file systems cannot do both at once.
        Err(Errno::INVAL | Errno::NOSYS) => match statat(folder, file, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
            Err(_) => Ok(renameat(folder, unfinished, folder, file)?),
        },
        result => Ok(result?),
    }
}

fn write_whole(
    folder: BorrowedFd<'_>,
    name: &str,
    protection: Protection,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(openat(folder, name, flags, protection.mode())?);
    fill(&mut file)?;
    Ok(fsync(file.as_fd())?)
}

/// Unique within this process, and the lock keeps other processes out.
fn unfinished_name() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{UNFINISHED}{}-{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

impl Protection {
    fn mode(self) -> Mode {
        match self {
            Self::OwnerOnly => Mode::RUSR | Mode::WUSR,
            Self::Public => Mode::RUSR | Mode::WUSR | Mode::RGRP | Mode::ROTH,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::{env, fs};

    #[test]
    fn a_failing_write_leaves_the_old_file_whole() {
        let place = tempfile::tempdir().unwrap();
        let folder = File::open(place.path()).unwrap();
        replace(folder.as_fd(), "root.pem", Protection::Public, |file| file.write_all(b"old")).unwrap();
        let error = replace(folder.as_fd(), "root.pem", Protection::Public, |file| {
            file.write_all(b"ne")?;
            Err(io::ErrorKind::StorageFull.into())
        })
        .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read(place.path().join("root.pem")).unwrap(), b"old");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }

    /// The child process ends in the middle of a write, as in a crash.
    #[test]
    fn a_crash_leaves_the_old_file_whole() {
        const PLACE: &str = "BULLA_TEST_CRASH_PLACE";
        if let Some(place) = env::var_os(PLACE) {
            let folder = File::open(place).unwrap();
            let _ = replace(folder.as_fd(), "root.pem", Protection::Public, |file| {
                file.write_all(b"ne")?;
                process::exit(3)
            });
            unreachable!("the write never returns");
        }
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("data");
        crate::DataFolder::open(&path).unwrap().write("root.pem", b"old", Protection::Public).unwrap();

        let mut child = process::Command::new(env::current_exe().unwrap());
        child.args(["--exact", "replacement::tests::a_crash_leaves_the_old_file_whole"]).env(PLACE, &path);
        assert_eq!(child.output().unwrap().status.code(), Some(3));
        let unfinished = || {
            let names =
                fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
            names.filter(|name| name.starts_with(UNFINISHED)).count()
        };
        assert_eq!(unfinished(), 1);

        let folder = crate::DataFolder::open(&path).unwrap();
        assert_eq!(folder.read("root.pem").unwrap().unwrap(), b"old");
        assert_eq!(unfinished(), 0);
    }
}
