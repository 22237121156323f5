//! `--key-log`: a file that takes the secrets of connections.

use std::path::Path;

use bulla_inspect::escape;
use bulla_tls::KeyLog;

use crate::complaint::Complaint;

/// Opens the file, or makes it.
pub(crate) fn open(path: &Path) -> Result<KeyLog, Complaint> {
    bulla_tokio::key_log_file(path).map_err(|error| {
        Complaint::new(format_args!("the key log {} cannot be written: {error}", path.display()))
    })
}

/// What is said wherever a key log is kept.
pub(crate) fn warning(path: &Path) -> String {
    let path = escape::visible(&path.display().to_string()).into_owned();
    format!(
        "--key-log: whoever has {path} and a recording of a connection can read it; delete the file when done"
    )
}
