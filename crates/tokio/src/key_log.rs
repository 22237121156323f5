//! A key log in a file (SSLKEYLOGFILE, RFC 9850).

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use bulla_tls::KeyLog;

/// Appends the secrets of each connection to a file, as Wireshark and others read it: whoever has that file
/// and a recording reads all that was said. For debugging only; nothing opens such a file by itself.
///
/// A new file may be read by its owner alone; one that others may read or write is refused. Each secret is
/// written at once and blocks for as long as that takes; one that cannot be written is left out, and its
/// connection goes on.
///
/// # Errors
/// The file cannot be opened for appending, or others have access to it.
pub fn key_log_file(path: &Path) -> io::Result<KeyLog> {
    let file = open(path)?;
    let file = Mutex::new(file);
    Ok(KeyLog::from_fn(move |secret| {
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        // One write a line, so that the lines of several processes do not mix.
        let _ = file.write_all(secret.line().as_bytes());
    }))
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    match file.metadata()?.permissions().mode() & 0o077 {
        0 => Ok(file),
        _ => Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "others than its owner may use this file: take their rights away (chmod 600), or name a new file",
        )),
    }
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn only_the_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        key_log_file(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        key_log_file(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(key_log_file(&path).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    }
}
