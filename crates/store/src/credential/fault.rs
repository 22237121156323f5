//! What can be wrong with the files of a credential, each in one line with its place and its mend.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use bulla_crypto::pem;
use bulla_crypto::private_key::KeyError;
use bulla_x509::certificate::{KeyProblem, ParseError};
use rustls_pki_types::UnixTime;

use crate::fault::shell_path;
use crate::{moment, quote};

/// Why a credential could not be loaded. `Display` is one line: place, problem and mend.
#[derive(Debug)]
#[non_exhaustive]
pub struct FileError {
    /// The file at fault.
    pub path: PathBuf,
    /// Where in the file, when it is a matter of one place in a text.
    pub place: Option<Place>,
    /// What is wrong.
    pub fault: Box<Fault>,
}

impl FileError {
    pub(super) fn new(path: &Path, place: Option<Place>, fault: Fault) -> Self {
        Self { path: path.to_owned(), place, fault: Box::new(fault) }
    }
}

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line, counted from 1.
    pub line: usize,
    /// The column, counted in bytes from 1, when known.
    pub column: Option<usize>,
}

/// What is wrong with a file.
#[derive(Debug)]
#[non_exhaustive]
pub enum Fault {
    /// The system does not let us read it.
    Unreadable(io::Error),
    /// The PEM text is broken.
    BrokenPem(pem::Problem),
    /// The file is a PKCS#12 container.
    Pkcs12,
    /// The file is neither PEM nor DER.
    Unrecognised,
    /// There is no certificate in it, but perhaps something else.
    NoCertificate {
        /// The labels that were found, as far as they are known.
        found: Vec<String>,
    },
    /// The certificate is not what the standard asks for.
    BrokenCertificate(ParseError),
    /// There is no private key in it, but perhaps something else.
    NoKey {
        /// The labels that were found, as far as they are known.
        found: Vec<String>,
    },
    /// The private key is encrypted.
    EncryptedKey,
    /// The private key is encrypted in OpenSSL's way of old (`Proc-Type: 4,ENCRYPTED`).
    OldEncryption,
    /// The private key is in the format of OpenSSH.
    OpenSshKey,
    /// There is another private key besides the one at this place.
    SeveralKeys {
        /// The line of the other one.
        other: usize,
    },
    /// The private key cannot be used.
    BadKey(KeyError),
    /// The certificate's public key cannot be used.
    BadPublicKey {
        /// Whose certificate, safe to print.
        subject: String,
        /// What is wrong with the key.
        problem: KeyProblem,
    },
    /// The private key is not that of the certificate at this place.
    Mismatch {
        /// Whose certificate, safe to print.
        subject: String,
        /// The certificate's key, such as `ECDSA P-256`.
        certified: String,
        /// The file of the private key.
        key: PathBuf,
        /// The private key's kind.
        kind: String,
    },
    /// The certificate's time has not come.
    NotYetValid {
        /// Whose certificate, safe to print.
        subject: String,
        /// The first second of its validity.
        from: UnixTime,
        /// The moment of the check.
        now: UnixTime,
    },
    /// The certificate's time is over.
    Expired {
        /// Whose certificate, safe to print.
        subject: String,
        /// The last second of its validity.
        until: UnixTime,
        /// The moment of the check.
        now: UnixTime,
    },
}

impl fmt::Display for FileError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_place(formatter, &self.path, self.place)?;
        let file = shell_path(&self.path);
        match self.fault.as_ref() {
            Fault::Unreadable(error) => write!(formatter, "cannot be read: {error}; {}", mend_of(error)),
            Fault::BrokenPem(problem) => problem.fmt(formatter),
            Fault::Pkcs12 => write!(
                formatter,
                "this is a PKCS#12 container; take it apart with: \
                 bulla cert convert {file} --to pem --out NEW.pem"
            ),
            Fault::Unrecognised => {
                formatter.write_str("neither PEM nor DER; give a file in one of these forms")
            }
            Fault::NoCertificate { found } if found.iter().any(|label| label.ends_with("PRIVATE KEY")) => {
                formatter.write_str(
                    "a private key, but no certificate; were the two files given in the wrong order?",
                )
            }
            Fault::NoCertificate { found } => write!(
                formatter,
                "no certificate in this file{}; a section BEGIN CERTIFICATE was expected",
                Found(found)
            ),
            Fault::NoKey { found } if found.iter().any(|label| label == "CERTIFICATE") => formatter
                .write_str("a certificate, but no private key; were the two files given in the wrong order?"),
            Fault::NoKey { found } => write!(
                formatter,
                "no private key in this file{}; a section BEGIN PRIVATE KEY was expected",
                Found(found)
            ),
            Fault::EncryptedKey => write!(
                formatter,
                "the private key is encrypted; decrypt it with: bulla cert convert {file} --to key --out NEW.key"
            ),
            Fault::OldEncryption => write!(
                formatter,
                "the private key is encrypted in OpenSSL's way of old; decrypt it with: \
                 openssl pkey -in {file} -out NEW.key"
            ),
            Fault::OpenSshKey => write!(
                formatter,
                "the private key is in the format of OpenSSH; \
                 convert a copy with: ssh-keygen -p -m PKCS8 -f COPY"
            ),
            Fault::SeveralKeys { other } => {
                write!(
                    formatter,
                    "there is another private key on line {other}; keep only the one that is meant"
                )
            }
            Fault::BadKey(error) => error.fmt(formatter),
            fault => fault.fmt_certificate(formatter),
        }
    }
}

impl Fault {
    fn fmt_certificate(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BrokenCertificate(error) => {
                write!(
                    formatter,
                    "the certificate is malformed: {}; get it again from its authority",
                    quote::text(&error.to_string())
                )
            }
            Self::BadPublicKey { subject, problem } => write!(
                formatter,
                "the certificate for {subject} cannot be used: {}; \
                 get one for an ECDSA (P-256, P-384, P-521), Ed25519, ML-DSA or RSA key",
                quote::text(&problem.to_string())
            ),
            Self::Mismatch { subject, certified, key, kind } => write!(
                formatter,
                "the certificate for {subject} ({certified}) does not belong to the private key \
                 in {} ({kind}); give the key that the certificate was requested with",
                quote::path(key)
            ),
            Self::NotYetValid { subject, from, now } => write!(
                formatter,
                "the certificate for {subject} is valid only from {}, {} from now; \
                 is this machine's clock right? It says {}",
                moment::utc(*from),
                moment::between(*from, *now),
                moment::utc(*now)
            ),
            Self::Expired { subject, until, now } => write!(
                formatter,
                "the certificate for {subject} expired on {}, {} ago; \
                 renew it (this machine's clock says {})",
                moment::utc(*until),
                moment::between(*until, *now),
                moment::utc(*now)
            ),
            _ => Ok(()),
        }
    }
}

impl Error for FileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self.fault.as_ref() {
            Fault::Unreadable(error) => Some(error),
            _ => None,
        }
    }
}

/// ` (but CERTIFICATE REQUEST)`, or nothing.
struct Found<'a>(&'a [String]);

impl fmt::Display for Found<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.first() {
            Some(label) => write!(formatter, " (but a section {})", quote::text(label)),
            None => Ok(()),
        }
    }
}

/// `path:line:column: `, as compilers and editors know it.
fn write_place(formatter: &mut fmt::Formatter<'_>, path: &Path, place: Option<Place>) -> fmt::Result {
    formatter.write_str(&quote::path(path))?;
    if let Some(Place { line, column }) = place {
        write!(formatter, ":{line}")?;
        if let Some(column) = column {
            write!(formatter, ":{column}")?;
        }
    }
    formatter.write_str(": ")
}

fn mend_of(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "look at the spelling of the path",
        io::ErrorKind::PermissionDenied => "give this user the right to read it",
        io::ErrorKind::IsADirectory => "name the file in it",
        _ => "is it the right file?",
    }
}

/// What is not right but stands in nobody's way. `Display` is one line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// The certificates were not in the order in which they are sent.
    Reordered {
        /// The file.
        path: PathBuf,
    },
    /// The certificate that signed the server's is not in the file.
    MissingIntermediate {
        /// The file.
        path: PathBuf,
        /// Whose certificate, safe to print.
        subject: String,
        /// Who signed it, safe to print.
        issuer: String,
    },
    /// An authority's certificate in the file has expired.
    AuthorityExpired {
        /// The file.
        path: PathBuf,
        /// Where in the file.
        place: Option<Place>,
        /// Whose certificate, safe to print.
        subject: String,
        /// The last second of its validity.
        until: UnixTime,
    },
    /// Every user of this machine can read the private key.
    KeyReadableByAll {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reordered { path } => write!(
                formatter,
                "{}: the certificates are not in order and are sent in the right one; \
                 put the server's first, then each one's issuer",
                quote::path(path)
            ),
            Self::MissingIntermediate { path, subject, issuer } => write!(
                formatter,
                "{}: the certificate of {issuer}, which signed that for {subject}, is not in this file; \
                 unless it is a root that every client knows, add it here",
                quote::path(path)
            ),
            Self::AuthorityExpired { path, place, subject, until } => {
                write_place(formatter, path, *place)?;
                write!(
                    formatter,
                    "the authority's certificate for {subject} expired on {}; \
                     get a new chain from the authority",
                    moment::utc(*until)
                )
            }
            Self::KeyReadableByAll { path, mode } => write!(
                formatter,
                "{}: every user of this machine can read this private key (mode {mode:04o}); \
                 run: chmod 600 {}",
                quote::path(path),
                shell_path(path)
            ),
        }
    }
}
