//! Files that are often taken for certificates and keys, and what makes the right ones of them.

use super::{KeyEncoding, shape::Shape};
use zeroize::Zeroizing;

/// What a file is instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Stranger {
    /// A web page, as when a download needed a login.
    #[error(
        "this is a web page (HTML) saved in place of the file: download it again, after logging in if that is asked"
    )]
    WebPage,
    /// Text of sixteen-bit characters, as some editors write it.
    #[error("this text is in UTF-16: save it again as UTF-8 or plain ASCII")]
    Utf16,
    /// The base64 of PEM without its first and last line.
    #[error(
        "this is base64 without the lines around it: add -----BEGIN {0}----- before it and -----END {0}----- after it"
    )]
    BareBase64(&'static str),
    /// A private key of OpenSSH.
    #[error("a private key in OpenSSH's own format: convert a copy with: ssh-keygen -p -m PKCS8 -f COPY")]
    OpenSshKey,
    /// A public key of SSH.
    #[error("a public key of SSH, which no certificate is made of: name the certificate's file")]
    SshPublicKey,
    /// A private key of PuTTY.
    #[error(
        "a private key of PuTTY: convert it with: puttygen FILE -O private-openssh -o COPY, then: ssh-keygen -p -m PKCS8 -f COPY"
    )]
    PuttyKey,
    /// A keystore of Java's older kinds.
    #[error(
        "a Java keystore (JKS): convert it with: keytool -importkeystore -srckeystore FILE -destkeystore NEW.p12 -deststoretype pkcs12"
    )]
    JavaKeystore,
    /// A compressed archive.
    #[error("an archive (ZIP, gzip or 7-Zip): take the files out of it first")]
    Archive,
    /// A document.
    #[error("a PDF document: the certificate is another file")]
    Document,
}

/// Beginnings of binary files.
const MARKS: &[(&[u8], Stranger)] = &[
    (b"\xfe\xed\xfe\xed", Stranger::JavaKeystore),
    (b"\xce\xce\xce\xce", Stranger::JavaKeystore),
    (b"PK\x03\x04", Stranger::Archive),
    (b"\x1f\x8b", Stranger::Archive),
    (b"7z\xbc\xaf", Stranger::Archive),
    (b"%PDF", Stranger::Document),
    (b"\xff\xfe", Stranger::Utf16),
    (b"\xfe\xff", Stranger::Utf16),
];

/// Beginnings of texts.
const WORDS: &[(&[u8], Stranger)] = &[
    (b"ssh-", Stranger::SshPublicKey),
    (b"ecdsa-sha2-", Stranger::SshPublicKey),
    (b"---- BEGIN SSH2 PUBLIC KEY", Stranger::SshPublicKey),
    (b"PuTTY-User-Key-File", Stranger::PuttyKey),
    (b"<!DOCTYPE", Stranger::WebPage),
    (b"<html", Stranger::WebPage),
];

/// What the bytes are, when they are well known.
pub(super) fn recognise(bytes: &[u8]) -> Option<Stranger> {
    if let Some((_, stranger)) = MARKS.iter().find(|(mark, _)| bytes.starts_with(mark)) {
        return Some(*stranger);
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let begins = |word: &[u8]| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    if let Some((_, stranger)) = WORDS.iter().find(|(word, _)| begins(word)) {
        return Some(*stranger);
    }
    bare_base64(text).map(Stranger::BareBase64)
}

/// The label that the text lacks, if it is base64 of something known.
fn bare_base64(text: &[u8]) -> Option<&'static str> {
    // DER of the sizes met here begins with 30 82 or 30 81, or is short.
    if !text.starts_with(b"MI") && !text.starts_with(b"MC") && !text.starts_with(b"MH") {
        return None;
    }
    let armoured = Zeroizing::new([b"-----BEGIN X-----\n", text, b"\n-----END X-----\n"].concat());
    let section = bulla_crypto::pem::read(&armoured).ok()?.pop()?;
    Some(match Shape::of(&Zeroizing::new(section.into_der()))? {
        Shape::Certificate => "CERTIFICATE",
        Shape::Request => "CERTIFICATE REQUEST",
        Shape::RevocationList => "X509 CRL",
        Shape::PublicKey => "PUBLIC KEY",
        Shape::Key(KeyEncoding::Pkcs8) => "PRIVATE KEY",
        Shape::Key(KeyEncoding::Pkcs1) => "RSA PRIVATE KEY",
        Shape::Key(KeyEncoding::Sec1) => "EC PRIVATE KEY",
        Shape::EncryptedKey => "ENCRYPTED PRIVATE KEY",
        Shape::Pkcs7 => "PKCS7",
        Shape::Pkcs12 => "PKCS12",
    })
}
