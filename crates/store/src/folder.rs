//! The data folder: opened by one process at a time, written one whole file at a time.

use std::ffi::OsString;
use std::fs::{DirBuilder, File};
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{
    AtFlags, Dir, FileType, Mode, OFlags, fchmod, fsync, mkdirat, open, openat, statat, unlinkat,
};
use rustix::io::Errno;
use zeroize::Zeroizing;

use crate::lock::{Lock, LockError};
use crate::name::{DEEPEST, LOCK, Name, UNFINISHED, VERSION};
use crate::{FolderError, replacement, whole};

/// The layout this program writes, as the `version` file names it.
const LAYOUT: &str = "1";

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Everyone who can reach the folder (mode 0644, less the process's umask).
    Public,
    /// The owner alone (mode 0600): keys and other secrets.
    OwnerOnly,
}

/// The data folder, held by this process until dropped.
///
/// Files are named by fixed relative paths such as `authority/root.key`: steps of letters, digits, `.`, `_`
/// and `-` that begin with a letter or a digit. Symbolic links within the folder are not followed. Clones are
/// the same folder under the same lock.
#[derive(Clone, Debug)]
pub struct DataFolder {
    reader: FolderReader,
    _lock: Arc<Lock>,
}

/// The data folder as another process may look at it: read only and without the lock.
#[derive(Clone, Debug)]
pub struct FolderReader {
    path: PathBuf,
    folder: Arc<OwnedFd>,
}

impl DataFolder {
    /// The usual place: `$XDG_DATA_HOME/bulla`, or `$HOME/.local/share/bulla`.
    ///
    /// `variable` looks up an environment variable; a program passes `|name| std::env::var_os(name)`. As the
    /// XDG Base Directory Specification asks, a relative `XDG_DATA_HOME` counts as not set.
    pub fn default_path(variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, FolderError> {
        let absolute = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let base = absolute("XDG_DATA_HOME").or_else(|| Some(absolute("HOME")?.join(".local/share")));
        Ok(base.ok_or(FolderError::NoHome)?.join("bulla"))
    }

    /// Opens the folder and takes its lock; makes it (mode 0700) if there is none.
    ///
    /// A folder with files but without a `version` file is not taken over. What a crash left unfinished is
    /// removed.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(|source| not_writable(path, source))?;
        let reader = FolderReader::enter(path)?;
        if reader.is_new()? {
            // Ours from now on. Where we do not own it, the check below decides.
            let _ = fchmod(&reader.folder, Mode::RWXU);
            reader.sync_entry().map_err(|source| not_writable(path, source))?;
        }
        reader.refuse_shared()?;
        let lock = Lock::take(&reader.folder).map_err(|error| match error {
            LockError::Held(process) => FolderError::InUse { path: path.to_owned(), process },
            LockError::Io(source) => not_writable(path, source),
        })?;
        let folder = Self { reader, _lock: Arc::new(lock) };
        folder.settle_version()?;
        remove_unfinished(&folder.reader.folder, DEEPEST)
            .map_err(|source| folder.reader.io_error("clean up", path.to_owned(), source))?;
        Ok(folder)
    }

    /// Opens the folder for reading, whether or not another process holds it.
    pub fn read_only(path: &Path) -> Result<FolderReader, FolderError> {
        let reader = FolderReader::enter(path)?;
        if reader.is_new()? {
            return Err(FolderError::Missing { path: path.to_owned() });
        }
        reader.check_version()?;
        Ok(reader)
    }

    /// The folder as one that is only read.
    pub fn reader(&self) -> &FolderReader {
        &self.reader
    }

    /// The folder's path, as it was given.
    pub fn path(&self) -> &Path {
        &self.reader.path
    }

    /// The path of a file in the folder, for display and for programs that want to read it.
    pub fn path_of(&self, name: &str) -> PathBuf {
        self.reader.path_of(name)
    }

    /// As [`FolderReader::read`].
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, FolderError> {
        self.reader.read(name)
    }

    /// As [`FolderReader::read_key`].
    pub fn read_key(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, FolderError> {
        self.reader.read_key(name)
    }

    /// Replaces a file whole, or leaves it as it was. Folders on the way are made (mode 0700).
    ///
    /// When this returns `Ok`, the new bytes have reached the disk.
    pub fn write(&self, name: &str, bytes: &[u8], protection: Protection) -> Result<(), FolderError> {
        self.replace(Name::new(name)?, bytes, protection)
            .map_err(|source| self.reader.io_error("write", self.path_of(name), source))
    }

    /// Removes a file; that it is not there is no error.
    pub fn remove(&self, name: &str) -> Result<(), FolderError> {
        let remove = |name: Name<'_>| -> io::Result<()> {
            let folder = self.reader.descend(name)?;
            unlinkat(&folder, name.file(), AtFlags::empty())?;
            Ok(fsync(&folder)?)
        };
        match remove(Name::new(name)?) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result.map_err(|source| self.reader.io_error("remove", self.path_of(name), source)),
        }
    }

    fn replace(&self, name: Name<'_>, bytes: &[u8], protection: Protection) -> io::Result<()> {
        let mut folder = self.reader.folder.try_clone()?;
        for step in name.folders() {
            match mkdirat(&folder, step, Mode::RWXU) {
                Ok(()) => fsync(&folder)?,
                Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
            folder = open_folder(&folder, step)?;
        }
        replacement::replace(folder.as_fd(), name.file(), protection, |file| file.write_all(bytes))
    }

    /// Checks the `version` file, or writes it into a new folder.
    fn settle_version(&self) -> Result<(), FolderError> {
        if !self.reader.is_new()? {
            self.probe().map_err(|source| not_writable(self.path(), source))?;
            return self.reader.check_version();
        }
        let line = format!("{LAYOUT}\n");
        let folder = self.reader.folder.as_fd();
        replacement::replace(folder, VERSION, Protection::Public, |file| file.write_all(line.as_bytes()))
            .map_err(|source| not_writable(self.path(), source))
    }

    /// Tells now, and not in the middle of the work, that nothing can be written.
    fn probe(&self) -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let name = format!("{UNFINISHED}probe");
        openat(&self.reader.folder, name.as_str(), flags, Mode::RUSR | Mode::WUSR)?;
        Ok(unlinkat(&self.reader.folder, name.as_str(), AtFlags::empty())?)
    }
}

impl FolderReader {
    /// The folder's path, as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file in the folder, for display and for programs that want to read it.
    pub fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The bytes of a file, or `None` if there is no such file.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, FolderError> {
        let Some(file) = self.file(name)? else { return Ok(None) };
        Ok(Some(std::mem::take(&mut *self.contents(file, name)?)))
    }

    /// The bytes of a key, or `None` if there is no such file. A key that other users can read is refused.
    pub fn read_key(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, FolderError> {
        let Some(file) = self.file(name)? else { return Ok(None) };
        let metadata = file.metadata().map_err(|source| self.io_error("read", self.path_of(name), source))?;
        let mode = metadata.mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(FolderError::ReadableByOthers { path: self.path_of(name), mode });
        }
        self.contents(file, name).map(Some)
    }

    fn file(&self, name: &str) -> Result<Option<File>, FolderError> {
        let open = |name: Name<'_>| -> io::Result<File> {
            let folder = self.descend(name)?;
            // Without NONBLOCK, a FIFO in the file's place would make us wait for ever.
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
            Ok(File::from(openat(&folder, name.file(), flags, Mode::empty())?))
        };
        match open(Name::new(name)?) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(self.io_error("read", self.path_of(name), source)),
        }
    }

    fn contents(&self, file: File, name: &str) -> Result<Zeroizing<Vec<u8>>, FolderError> {
        whole::read(file).map_err(|source| self.io_error("read", self.path_of(name), source))
    }

    fn enter(path: &Path) -> Result<Self, FolderError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match open(path, flags, Mode::empty()) {
            Ok(folder) => Ok(Self { path: path.to_owned(), folder: Arc::new(folder) }),
            Err(Errno::NOENT) => Err(FolderError::Missing { path: path.to_owned() }),
            Err(Errno::NOTDIR) => {
                Err(FolderError::NotOurs { path: path.to_owned(), found: "it is not a folder".into() })
            }
            Err(error) => {
                Err(FolderError::Io { action: "open", path: path.to_owned(), source: error.into() })
            }
        }
    }

    /// Whether there is nothing here yet but what an interrupted first opening leaves.
    fn is_new(&self) -> Result<bool, FolderError> {
        if self.has_version()? {
            return Ok(false);
        }
        let Some(name) = self.stranger().map_err(|error| self.io_error("list", self.path.clone(), error))?
        else {
            return Ok(true);
        };
        // A process that opens the folder at this moment may have made both since the first look.
        if self.has_version()? {
            return Ok(false);
        }
        let found = format!("it holds \"{name}\" but no \"{VERSION}\"");
        Err(FolderError::NotOurs { path: self.path.clone(), found })
    }

    /// Brings the folder's own name to the disk, which is kept in the folder above.
    fn sync_entry(&self) -> io::Result<()> {
        let above =
            openat(&self.folder, "..", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
        match above {
            Ok(above) => Ok(fsync(above)?),
            // Not ours to read, so it was not made by us either.
            Err(_) => Ok(()),
        }
    }

    fn has_version(&self) -> Result<bool, FolderError> {
        match statat(&self.folder, VERSION, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(self.io_error("look at", self.path.join(VERSION), error.into())),
        }
    }

    /// A file that no opening of ours leaves behind.
    fn stranger(&self) -> io::Result<Option<String>> {
        for entry in Dir::read_from(&self.folder)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if ![".", "..", LOCK, VERSION].contains(&name.as_str()) && !name.starts_with(UNFINISHED) {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    fn check_version(&self) -> Result<(), FolderError> {
        let failed = |source| self.io_error("read", self.path.join(VERSION), source);
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file =
            openat(&self.folder, VERSION, flags, Mode::empty()).map_err(|error| failed(error.into()))?;
        let mut found = Vec::new();
        File::from(file).take(16).read_to_end(&mut found).map_err(failed)?;
        if found.trim_ascii() == LAYOUT.as_bytes() {
            return Ok(());
        }
        let found = found.trim_ascii().escape_ascii().to_string();
        Err(FolderError::UnknownVersion { path: self.path.clone(), found })
    }

    fn refuse_shared(&self) -> Result<(), FolderError> {
        let stat = rustix::fs::fstat(&self.folder)
            .map_err(|error| self.io_error("look at", self.path.clone(), error.into()))?;
        let mode = stat.st_mode & 0o7777;
        if mode & 0o022 != 0 {
            return Err(FolderError::WritableByOthers { path: self.path.clone(), mode });
        }
        Ok(())
    }

    /// The folder that holds the named file.
    fn descend(&self, name: Name<'_>) -> io::Result<OwnedFd> {
        name.folders().try_fold(self.folder.try_clone()?, |folder, step| open_folder(&folder, step))
    }

    fn io_error(&self, action: &'static str, path: PathBuf, source: io::Error) -> FolderError {
        FolderError::Io { action, path, source }
    }
}

fn open_folder(parent: &OwnedFd, step: &str) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(parent, step, flags, Mode::empty())?)
}

/// Removes what a crash left half-written; `depth` is how far down files are kept.
fn remove_unfinished(folder: &OwnedFd, depth: usize) -> io::Result<()> {
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().to_str() else { continue };
        if name.starts_with(UNFINISHED) && entry.file_type() != FileType::Directory {
            unlinkat(folder, name, AtFlags::empty())?;
        } else if depth > 1 && entry.file_type() == FileType::Directory && !name.starts_with('.') {
            remove_unfinished(&open_folder(folder, name)?, depth - 1)?;
        }
    }
    Ok(())
}

fn not_writable(path: &Path, source: io::Error) -> FolderError {
    match source.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            FolderError::NotOurs { path: path.to_owned(), found: "it is not a folder".into() }
        }
        _ => FolderError::NotWritable { path: path.to_owned(), source },
    }
}
