//! A file read whole, up to a limit, into memory that is cleared when it is given back.

use std::fs::File;
use std::io::{self, Read as _};

use zeroize::Zeroizing;

/// Larger than any certificate, key or list that is kept in a file.
const LARGEST: u64 = 16 * 1024 * 1024;

/// Room for what does not tell its size beforehand, such as a pipe.
const UNTOLD: u64 = 64 * 1024;

/// The room is made before the first byte is read: a buffer that grows leaves copies of a key behind.
pub(crate) fn read(file: File) -> io::Result<Zeroizing<Vec<u8>>> {
    let told = file.metadata()?.len();
    let room = usize::try_from(told.clamp(UNTOLD, LARGEST) + 1).unwrap_or(0);
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than {LARGEST} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_beyond_the_limit_is_not_read() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("sparse");
        let file = File::create(&path).unwrap();
        file.set_len(LARGEST).unwrap();
        assert_eq!(read(File::open(&path).unwrap()).unwrap().len() as u64, LARGEST);
        file.set_len(LARGEST + 1).unwrap();
        assert_eq!(read(File::open(&path).unwrap()).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        fs::write(&path, "short").unwrap();
        assert_eq!(*read(File::open(&path).unwrap()).unwrap(), b"short");
    }
}
