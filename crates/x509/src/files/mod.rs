//! What is in a file: certificates, keys, requests and lists, in whatever form they come.
//!
//! [`read`] takes bytes and tells what they are, by what they hold and not by the name of a file or the label of a
//! section: PEM with any mix of sections, DER of each kind (also several after each other), PKCS#7 and PKCS#12.
//! What it cannot read it names where it can: a web page, a key of SSH, a Java keystore, an archive.
//!
//! ```
//! use bulla_crypto::{private_key::PrivateKey, signature::KeyKind};
//! use bulla_x509::files::{Content, Form, read};
//!
//! let key = PrivateKey::generate(KeyKind::Ed25519)?;
//! let items = read(key.to_pem()?.as_bytes(), None)?;
//! let Content::Key(found) = &items[0].content else { panic!() };
//! assert_eq!((items[0].form, items[0].line), (Form::Pem, Some(1)));
//! assert_eq!(found.private_key()?.public_key_bits(), key.public_key_bits());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ber;
mod fault;
pub mod pkcs7;
mod shape;
mod stranger;

pub use fault::{Problem, ReadError};
pub use stranger::Stranger;

use bulla_crypto::{
    passphrase::{OpenError, Passphrase},
    pem::{self, Section},
    pkcs12,
    private_key::{KeyError, PrivateKey, encrypted},
};
use rustls_pki_types::{
    CertificateDer, CertificateRevocationListDer, CertificateSigningRequestDer, PrivateKeyDer,
    PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer, SubjectPublicKeyInfoDer,
};
use shape::Shape;
use std::{borrow::Cow, fmt};
use zeroize::Zeroizing;

/// Larger files are refused: no bundle of certificates comes near.
pub const MAX_LEN: usize = pem::MAX_TEXT_LEN;

/// Files of more items are refused.
pub const MAX_ITEMS: usize = 20_000;

/// One thing in a file.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Item {
    /// What it is.
    pub content: Content,
    /// How it was written.
    pub form: Form,
    /// The line of its BEGIN, counted from 1, in a PEM text.
    pub line: Option<usize>,
    /// The name that a PKCS#12 file gives it: as written, not safe to print.
    pub name: Option<String>,
}

/// What an item is. The DER of certificates, requests and lists has the right shape; whether it is sound shows when
/// it is parsed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Content {
    /// A certificate.
    Certificate(CertificateDer<'static>),
    /// A private key.
    Key(Key),
    /// A request for a certificate (PKCS#10).
    Request(CertificateSigningRequestDer<'static>),
    /// A revocation list.
    RevocationList(CertificateRevocationListDer<'static>),
    /// A public key alone.
    PublicKey(SubjectPublicKeyInfoDer<'static>),
    /// Something behind a passphrase, when none was given.
    Locked(Locked),
    /// A section of PEM that is of no use here, by its label.
    Other(String),
}

/// How an item was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Form {
    /// A section of PEM.
    Pem,
    /// DER alone.
    Der,
    /// Inside PKCS#7 (`.p7b`), itself PEM or DER.
    Pkcs7,
    /// Inside PKCS#12 (`.p12`, `.pfx`).
    Pkcs12,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pem => "PEM",
            Self::Der => "DER",
            Self::Pkcs7 => "PKCS#7",
            Self::Pkcs12 => "PKCS#12",
        })
    }
}

/// What is behind a passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Locked {
    /// A private key in encrypted PKCS#8.
    Key,
    /// A whole PKCS#12 file.
    Pkcs12,
    /// A private key in OpenSSL's way of before 2000 (`Proc-Type: 4,ENCRYPTED`), which is recognised and not opened:
    /// it makes the cipher's key by one round of MD5.
    OldKey,
}

/// A private key, not yet parsed. `Debug` prints none of it; the memory is cleared when dropped.
#[derive(Clone)]
pub struct Key {
    der: Zeroizing<Vec<u8>>,
    encoding: KeyEncoding,
    was_encrypted: bool,
}

/// The structure of a private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyEncoding {
    /// PKCS#8 (RFC 5958).
    Pkcs8,
    /// PKCS#1 (RFC 8017), for RSA alone.
    Pkcs1,
    /// SEC 1 (RFC 5915), for elliptic curves alone.
    Sec1,
}

impl fmt::Display for KeyEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pkcs8 => "PKCS#8",
            Self::Pkcs1 => "PKCS#1",
            Self::Sec1 => "SEC 1",
        })
    }
}

impl Key {
    fn new(der: &[u8], encoding: KeyEncoding, was_encrypted: bool) -> Self {
        Self { der: Zeroizing::new(der.to_vec()), encoding, was_encrypted }
    }

    /// The structure of its DER.
    pub fn encoding(&self) -> KeyEncoding {
        self.encoding
    }

    /// Whether it was behind a passphrase.
    pub fn was_encrypted(&self) -> bool {
        self.was_encrypted
    }

    /// Its DER.
    pub fn der(&self) -> PrivateKeyDer<'_> {
        match self.encoding {
            KeyEncoding::Pkcs8 => PrivatePkcs8KeyDer::from(self.der.as_slice()).into(),
            KeyEncoding::Pkcs1 => PrivatePkcs1KeyDer::from(self.der.as_slice()).into(),
            KeyEncoding::Sec1 => PrivateSec1KeyDer::from(self.der.as_slice()).into(),
        }
    }

    /// The key, parsed.
    ///
    /// # Errors
    /// When it is unsound, or of a kind that cannot sign here.
    pub fn private_key(&self) -> Result<PrivateKey, KeyError> {
        PrivateKey::from_der(&self.der())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("encoding", &self.encoding).finish_non_exhaustive()
    }
}

/// All items of a file, in order; at least one.
///
/// Without a passphrase, what is behind one is [`Content::Locked`]; a PKCS#12 file with an empty passphrase is opened
/// all the same.
///
/// # Errors
/// [`ReadError`] names the place, what is wrong there, and what would mend it.
pub fn read(bytes: &[u8], passphrase: Option<&Passphrase>) -> Result<Vec<Item>, ReadError> {
    if bytes.len() > MAX_LEN {
        return Err(Problem::TooLarge.into());
    }
    if bytes.trim_ascii().is_empty() {
        return Err(Problem::Empty.into());
    }
    let reader = Reader { passphrase };
    let items = if looks_like_pem(bytes) {
        reader.pem(bytes)?
    } else if let Some(stranger) = stranger::recognise(bytes) {
        return Err(Problem::Stranger(stranger).into());
    } else {
        reader.der(bytes)?
    };
    match items.len() {
        0 => Err(Problem::Nothing.into()),
        1..=MAX_ITEMS => Ok(items),
        _ => Err(Problem::TooMany.into()),
    }
}

fn looks_like_pem(bytes: &[u8]) -> bool {
    [&b"-----BEGIN"[..], b"-----END"].iter().any(|mark| bytes.windows(mark.len()).any(|part| part == *mark))
}

struct Reader<'a> {
    passphrase: Option<&'a Passphrase>,
}

impl Reader<'_> {
    fn pem(&self, text: &[u8]) -> Result<Vec<Item>, ReadError> {
        let mut items = Vec::new();
        for section in pem::read(text)? {
            let line = section.line;
            let found = self.section(section).map_err(|problem| ReadError::at_line(line, problem))?;
            items.extend(found.into_iter().map(|item| Item { line: Some(line), ..item }));
        }
        Ok(items)
    }

    /// What a section holds, by its contents first: labels are often wrong.
    fn section(&self, section: Section) -> Result<Vec<Item>, Problem> {
        if section.encrypted && section.label != pem::ENCRYPTED_PKCS8 {
            return Ok(vec![Item::new(Content::Locked(Locked::OldKey), Form::Pem)]);
        }
        let label = section.label.clone();
        let der = Zeroizing::new(section.into_der());
        // OpenSSL's own kind of certificate has settings of trust behind it.
        let end = if label == "TRUSTED CERTIFICATE" { ber::first_len(&der) } else { None };
        let der = end.and_then(|end| der.get(..end)).unwrap_or(&der);
        match (Shape::of(der), label.as_str()) {
            (Some(shape), _) => self.element(shape, der, Form::Pem),
            (None, "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE") => {
                Ok(vec![Item::new(Content::Certificate(der.to_vec().into()), Form::Pem)])
            }
            (None, pem::PKCS8) => Ok(vec![Item::key(der, KeyEncoding::Pkcs8, Form::Pem)]),
            (None, pem::PKCS1) => Ok(vec![Item::key(der, KeyEncoding::Pkcs1, Form::Pem)]),
            (None, pem::SEC1) => Ok(vec![Item::key(der, KeyEncoding::Sec1, Form::Pem)]),
            (None, pem::ENCRYPTED_PKCS8) => self.element(Shape::EncryptedKey, der, Form::Pem),
            (None, "OPENSSH PRIVATE KEY") => Err(Problem::Stranger(Stranger::OpenSshKey)),
            (None, _) => Ok(vec![Item::new(Content::Other(label), Form::Pem)]),
        }
    }

    /// One value after the other, as some programs concatenate them.
    fn der(&self, bytes: &[u8]) -> Result<Vec<Item>, ReadError> {
        let (mut items, mut rest, mut offset) = (Vec::new(), bytes, 0usize);
        // A line end or zeros after the last value are no harm.
        let is_blank = |rest: &[u8]| rest.iter().all(|byte| *byte == 0 || byte.is_ascii_whitespace());
        while items.is_empty() || !is_blank(rest) {
            let fail = |problem| ReadError::at_byte(offset, problem);
            let Some(len) = ber::first_len(rest) else { return Err(fail(cut_short(rest, offset))) };
            let (first, behind) = rest.split_at_checked(len).unwrap_or((rest, &[]));
            let Some(shape) = Shape::of(first) else { return Err(fail(Problem::Unrecognised)) };
            items.extend(self.element(shape, first, Form::Der).map_err(fail)?);
            (rest, offset) = (behind, offset.saturating_add(len));
            if rest.is_empty() {
                break;
            }
        }
        Ok(items)
    }

    /// What one value is made of.
    fn element(&self, shape: Shape, der: &[u8], form: Form) -> Result<Vec<Item>, Problem> {
        let owned = || der.to_vec();
        let content = match shape {
            Shape::Certificate => Content::Certificate(owned().into()),
            Shape::Request => Content::Request(owned().into()),
            Shape::RevocationList => Content::RevocationList(owned().into()),
            Shape::PublicKey => Content::PublicKey(owned().into()),
            Shape::Key(encoding) => return Ok(vec![Item::key(der, encoding, form)]),
            Shape::EncryptedKey => return self.encrypted_key(der, form).map(|item| vec![item]),
            Shape::Pkcs7 => return pkcs7_items(der),
            Shape::Pkcs12 => return self.pkcs12(der),
        };
        Ok(vec![Item::new(content, form)])
    }

    fn encrypted_key(&self, der: &[u8], form: Form) -> Result<Item, Problem> {
        let Some(passphrase) = self.passphrase else {
            return Ok(Item::new(Content::Locked(Locked::Key), form));
        };
        let key = encrypted::decrypt(der, passphrase)?;
        Ok(Item::new(Content::Key(Key::new(&key, KeyEncoding::Pkcs8, true)), form))
    }

    fn pkcs12(&self, bytes: &[u8]) -> Result<Vec<Item>, Problem> {
        let der = ber::to_der(bytes).map_err(|_| Problem::BadBer)?;
        let contents = match self.passphrase {
            Some(passphrase) => open_pkcs12(&der, passphrase)?,
            None => match open_pkcs12(&der, &Passphrase::empty()) {
                Ok(contents) => contents,
                Err(_) => return Ok(vec![Item::new(Content::Locked(Locked::Pkcs12), Form::Pkcs12)]),
            },
        };
        let named = |content, name| Item { name, ..Item::new(content, Form::Pkcs12) };
        let keys = contents
            .keys
            .into_iter()
            .map(|key| named(Content::Key(Key::new(&key.der, KeyEncoding::Pkcs8, true)), key.name));
        let certificates = contents
            .certificates
            .into_iter()
            .map(|certificate| named(Content::Certificate(certificate.der.into()), certificate.name));
        Ok(keys.chain(certificates).collect())
    }
}

/// Opens a PKCS#12 file. Its checksum is over the bytes inside as they are written, which Mozilla's programs write in
/// BER: when the checksum has held and the inside cannot be read, it is read once more, as DER and without the checksum.
fn open_pkcs12(der: &[u8], passphrase: &Passphrase) -> Result<pkcs12::Contents, OpenError> {
    match pkcs12::open(der, passphrase) {
        Err(OpenError::Malformed(what)) => match ber::pkcs12_inside_as_der(der) {
            Some(whole) => pkcs12::open(&whole, passphrase),
            None => Err(OpenError::Malformed(what)),
        },
        result => result,
    }
}

fn pkcs7_items(bytes: &[u8]) -> Result<Vec<Item>, Problem> {
    let der: Cow<'_, [u8]> = ber::to_der(bytes).map_err(|_| Problem::BadBer)?;
    let bag = pkcs7::read(&der)?;
    let certificates = bag.certificates.into_iter().map(Content::Certificate);
    let lists = bag.revocation_lists.into_iter().map(Content::RevocationList);
    Ok(certificates.chain(lists).map(|content| Item::new(content, Form::Pkcs7)).collect())
}

/// A value that does not end within the file, or no value at all.
fn cut_short(rest: &[u8], offset: usize) -> Problem {
    match ber::announced_len(rest) {
        Some(announced) if offset == 0 && announced > rest.len() => {
            Problem::CutShort { has: rest.len(), announced }
        }
        _ => Problem::Unrecognised,
    }
}

impl Item {
    fn new(content: Content, form: Form) -> Self {
        Self { content, form, line: None, name: None }
    }

    fn key(der: &[u8], encoding: KeyEncoding, form: Form) -> Self {
        Self::new(Content::Key(Key::new(der, encoding, false)), form)
    }

    /// What it is, in words for people: `a certificate`, `a private key`.
    pub fn kind(&self) -> &'static str {
        match &self.content {
            Content::Certificate(_) => "a certificate",
            Content::Key(_) => "a private key",
            Content::Request(_) => "a request for a certificate",
            Content::RevocationList(_) => "a revocation list",
            Content::PublicKey(_) => "a public key",
            Content::Locked(Locked::Key | Locked::OldKey) => "an encrypted private key",
            Content::Locked(Locked::Pkcs12) => "a PKCS#12 file behind a passphrase",
            Content::Other(_) => "something else",
        }
    }
}

#[cfg(test)]
mod tests;
