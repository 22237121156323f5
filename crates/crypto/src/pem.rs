//! PEM text (RFC 7468, with the headers of RFC 1421), with errors that name line and column.
//!
//! Text outside the sections is passed over, line ends may be LF or CRLF, and blanks around lines do not matter.
//!
//! ```
//! use bulla_crypto::pem;
//!
//! let text = pem::write("CERTIFICATE", b"\x30\x00");
//! assert_eq!(text, "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
//! assert_eq!(pem::read(text.as_bytes())?[0].der, b"\x30\x00");
//!
//! let error = pem::read(b"-----BEGIN CERTIFICATE-----\nMA!=\n-----END CERTIFICATE-----\n").unwrap_err();
//! assert_eq!((error.line, error.column), (2, 3));
//! # Ok::<(), pem::PemError>(())
//! ```

use std::fmt;

use data_encoding::BASE64;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer};
use zeroize::{Zeroize as _, Zeroizing};

mod body;
mod lines;

use lines::{Line, Lines};

/// The label of an unencrypted PKCS#8 key.
pub const PKCS8: &str = "PRIVATE KEY";
/// The label of a PKCS#1 key.
pub const PKCS1: &str = "RSA PRIVATE KEY";
/// The label of a SEC 1 key.
pub const SEC1: &str = "EC PRIVATE KEY";
/// The label of an encrypted PKCS#8 key.
pub const ENCRYPTED_PKCS8: &str = "ENCRYPTED PRIVATE KEY";

/// Longer texts are refused: no bundle of certificates comes near.
pub const MAX_TEXT_LEN: usize = 16 << 20;

const MAX_LABEL_LEN: usize = 64;
const LINE_LEN: usize = 64;

/// What stands between a BEGIN and an END line. Keys are cleared when dropped and not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Section {
    /// The label, such as `CERTIFICATE`; printable ASCII.
    pub label: String,
    /// The decoded contents. For an encrypted section, the ciphertext.
    pub der: Vec<u8>,
    /// The line of its BEGIN, counted from 1.
    pub line: usize,
    /// Whether the contents are encrypted: by the label `ENCRYPTED PRIVATE KEY` or a `Proc-Type: 4,ENCRYPTED` header.
    pub encrypted: bool,
}

impl Section {
    /// Whether the label says that this is a private key, encrypted or not.
    #[must_use]
    pub fn is_private_key(&self) -> bool {
        self.label.ends_with(PKCS8)
    }

    /// The contents as a private key, if the label is one of the three unencrypted kinds and no header says otherwise.
    #[must_use]
    pub fn private_key(&self) -> Option<PrivateKeyDer<'_>> {
        match self.label.as_str() {
            _ if self.encrypted => None,
            PKCS8 => Some(PrivatePkcs8KeyDer::from(self.der.as_slice()).into()),
            PKCS1 => Some(PrivatePkcs1KeyDer::from(self.der.as_slice()).into()),
            SEC1 => Some(PrivateSec1KeyDer::from(self.der.as_slice()).into()),
            _ => None,
        }
    }

    /// The contents, moved out.
    #[must_use]
    pub fn into_der(mut self) -> Vec<u8> {
        std::mem::take(&mut self.der)
    }
}

impl Drop for Section {
    fn drop(&mut self) {
        if self.is_private_key() {
            self.der.zeroize();
        }
    }
}

impl fmt::Debug for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Section")
            .field("label", &self.label)
            .field("line", &self.line)
            .field("encrypted", &self.encrypted)
            .finish_non_exhaustive()
    }
}

/// Where and why PEM text cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct PemError {
    /// The line, counted from 1.
    pub line: usize,
    /// The column, counted in bytes from 1.
    pub column: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with PEM text, and what mends it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The text is longer than [`MAX_TEXT_LEN`].
    #[error("the text is longer than {MAX_TEXT_LEN} bytes: is this the right file?")]
    TextTooLong,
    /// A BEGIN or END line does not end in five dashes, or its label is empty, too long or not printable ASCII.
    #[error(
        "a BEGIN or END line reads -----BEGIN LABEL-----, with five dashes at both ends and a label of letters"
    )]
    BadBoundary,
    /// A section is not closed before the text, or the next section, begins.
    #[error("the section {label} has no END line: add -----END {label}----- or copy the section again whole")]
    MissingEnd {
        /// The label on its BEGIN line.
        label: String,
    },
    /// An END line where no section is open.
    #[error("an END line without a BEGIN line before it: copy the section again from its BEGIN line on")]
    MissingBegin,
    /// BEGIN and END disagree.
    #[error("this END line says {end}, but the section began as {begin}: copy the section again whole")]
    OtherLabel {
        /// The label on the BEGIN line.
        begin: String,
        /// The label on the END line.
        end: String,
    },
    /// A character that base64 does not have.
    #[error("byte 0x{0:02x} is not base64: copy the section again")]
    BadCharacter(u8),
    /// Base64 after its padding, or more padding than there may be.
    #[error("= stands only at the end of the section, at most twice: give each section lines of its own")]
    BadPadding,
    /// The base64 does not come in whole groups of four characters, or its last one has bits left over.
    #[error("the base64 text breaks off: copy the section again whole")]
    CutShort,
    /// Nothing between BEGIN and END.
    #[error("the section is empty: copy its contents again")]
    Empty,
}

/// All sections of `text`, in order; none is no error.
///
/// # Errors
/// [`PemError`] at the first section that cannot be read.
pub fn read(text: &[u8]) -> Result<Vec<Section>, PemError> {
    if text.len() > MAX_TEXT_LEN {
        return Err(PemError { line: 1, column: 1, problem: Problem::TextTooLong });
    }
    let mut sections = Vec::new();
    let mut lines = Lines::new(text);
    while let Some(line) = lines.next() {
        if line.begins_section() {
            sections.push(section(line, &mut lines)?);
        } else if line.ends_section() {
            return Err(line.error(Problem::MissingBegin));
        }
    }
    Ok(sections)
}

/// `der` as one section, in lines of 64 characters (RFC 7468, 2).
#[must_use]
pub fn write(label: &str, der: &[u8]) -> String {
    let base64 = Zeroizing::new(BASE64.encode(der));
    let boundaries = "-----BEGIN -----\n-----END -----\n".len() + 2 * label.len();
    let mut text = String::with_capacity(boundaries + base64.len() + base64.len().div_ceil(LINE_LEN));
    ["-----BEGIN ", label, "-----\n"].iter().for_each(|part| text.push_str(part));
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, behind) = rest.split_at(rest.len().min(LINE_LEN));
        text.push_str(line);
        text.push('\n');
        rest = behind;
    }
    ["-----END ", label, "-----\n"].iter().for_each(|part| text.push_str(part));
    text
}

/// Reads up to the END line of the section that `begin` opens.
fn section(begin: Line<'_>, lines: &mut Lines<'_>) -> Result<Section, PemError> {
    let label = begin.label()?;
    let missing_end = || begin.error(Problem::MissingEnd { label: label.to_owned() });
    let body = lines.clone();
    loop {
        let line = lines.next().ok_or_else(missing_end)?;
        if line.begins_section() {
            return Err(missing_end());
        }
        if line.ends_section() {
            let end = line.label()?;
            if end != label {
                let (begin, end) = (label.to_owned(), end.to_owned());
                return Err(line.error(Problem::OtherLabel { begin, end }));
            }
            let (encrypted, der) = body::decode(body.up_to(&line), &line)?;
            let encrypted = encrypted || label == ENCRYPTED_PKCS8;
            return Ok(Section { label: label.to_owned(), der, line: begin.number, encrypted });
        }
    }
}

#[cfg(test)]
mod tests;
