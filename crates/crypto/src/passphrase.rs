//! What opens an encrypted key: kept out of sight and cleared when dropped.

use std::fmt;

use zeroize::Zeroizing;

/// A passphrase. `Debug` prints none of it.
///
/// ```
/// use bulla_crypto::passphrase::Passphrase;
///
/// let passphrase = Passphrase::from("open sesame".to_owned());
/// assert_eq!(format!("{passphrase:?}"), "Passphrase(..)");
/// ```
#[derive(Clone)]
pub struct Passphrase(Zeroizing<Vec<u8>>);

impl Passphrase {
    /// The bytes as they are typed or read, without a line end.
    #[must_use]
    pub const fn new(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// The passphrase of no characters.
    #[must_use]
    pub fn empty() -> Self {
        Self(Zeroizing::default())
    }

    /// Whether it has no characters.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The characters, if the bytes are UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        str::from_utf8(&self.0).ok()
    }
}

impl From<String> for Passphrase {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text.into_bytes()))
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

/// Why what lies behind a passphrase cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It did not come out right with this passphrase.
    #[error("the passphrase is wrong: try another one")]
    WrongPassphrase,
    /// The passphrase is right, and what it protects was changed or damaged since.
    #[error(
        "the passphrase is right, but the contents were changed since they were written: take the file from a backup"
    )]
    Altered,
    /// The encoding is not what it says it is.
    #[error("it is no valid {0}: export it again from where it came")]
    Malformed(&'static str),
    /// A way of encrypting that is not known here, or too old.
    #[error("it is encrypted in a way that is not supported ({0})")]
    Unsupported(String),
    /// Making a key from the passphrase would take more time or memory than any honest file needs.
    #[error(
        "opening it would cost too much ({cost}; at most {limit}): was the file made to waste resources?"
    )]
    TooCostly {
        /// What it asks for.
        cost: String,
        /// What is allowed.
        limit: &'static str,
    },
    /// The format needs a passphrase of characters.
    #[error("the passphrase is not UTF-8: give it as text")]
    NotText,
}

/// Why nothing could be put behind a passphrase.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// A passphrase of no characters protects nothing.
    #[error("an empty passphrase protects nothing: choose a longer one")]
    EmptyPassphrase,
    /// The format needs a passphrase of characters.
    #[error("the passphrase is not UTF-8: give it as text")]
    NotText,
    /// A character that the format cannot hold.
    #[error(
        "the passphrase has a character that PKCS#12 cannot hold: choose one of letters, digits and signs"
    )]
    Character,
    /// What is to be put in is not what it says it is.
    #[error("this is no valid {0}")]
    Malformed(&'static str),
    /// The provider failed.
    #[error("nothing could be encrypted: the cryptographic library failed")]
    Internal,
}
