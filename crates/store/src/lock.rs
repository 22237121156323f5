//! One process at a time: an exclusive lock on the folder's `lock` file.
//!
//! The kernel frees the lock when its holder ends, however it ends, so there are no stale locks. The number
//! in the file only serves to name the holder.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process;

use rustix::fs::{FlockOperation, Mode, OFlags, flock, ftruncate, openat};
use rustix::io::Errno;

use crate::name::LOCK;

/// Holds the lock until dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// Why there is no lock.
#[derive(Debug)]
pub(crate) enum LockError {
    /// Another process has it; its number, if it has written it yet.
    Held(Option<u32>),
    Io(io::Error),
}

impl Lock {
    /// Takes the lock of `folder` without waiting.
    pub(crate) fn take(folder: &OwnedFd) -> Result<Self, LockError> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(openat(folder, LOCK, flags, Mode::RUSR | Mode::WUSR)?);
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(LockError::Held(holder(&mut file))),
            Err(error) => return Err(error.into()),
        }
        ftruncate(&file, 0)?;
        writeln!(file, "{}", process::id()).map_err(LockError::Io)?;
        Ok(Self { _file: file })
    }
}

fn holder(file: &mut File) -> Option<u32> {
    let mut number = String::new();
    file.take(16).read_to_string(&mut number).ok()?;
    number.trim().parse().ok()
}

impl From<Errno> for LockError {
    fn from(error: Errno) -> Self {
        Self::Io(error.into())
    }
}
