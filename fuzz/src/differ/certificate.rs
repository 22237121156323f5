//! One certificate, read by bulla, by x509-cert and by x509-parser.

use std::fmt;

use bulla_x509::certificate::{Certificate, ParseError};
use x509_cert::der::{Decode, Encode};
use x509_parser::prelude::{FromDer, X509Certificate};

/// What a reader finds: version, serial number, issuer, validity in seconds, subject, key.
#[derive(Debug, PartialEq, Eq)]
pub struct Fields {
    version: u32,
    serial: Vec<u8>,
    issuer: Vec<u8>,
    validity: (i64, i64),
    subject: Vec<u8>,
    key: Vec<u8>,
}

/// What each reader says; the peers' errors as their words.
pub struct Readings {
    /// bulla's.
    pub ours: Result<Fields, ParseError>,
    /// That of x509-cert.
    pub cert: Result<Fields, String>,
    /// That of x509-parser.
    pub parser: Result<Fields, String>,
}

/// A kind of certificate on which the three differ, explained under this name in `differences.md`.
pub struct Class {
    /// The name.
    pub name: &'static str,
    holds: fn(&Readings) -> bool,
}

/// The classes, the first that holds first.
pub const CLASSES: [Class; 7] = [
    Class {
        name: "written-default",
        holds: |readings| readings.only_ours(|error| error.problem.contains("default value")),
    },
    Class {
        name: "certificate-version",
        holds: |readings| readings.only_ours(|error| error.field == "Certificate.TbsCertificate.version"),
    },
    Class { name: "name-value", holds: |readings| readings.only_ours(is_name) },
    Class {
        name: "extension-value",
        holds: |readings| readings.only_ours(|error| error.field.starts_with("extension ")),
    },
    Class {
        name: "object-identifier",
        holds: |readings| {
            readings.only_ours(|error| error.problem == "not a valid value of its type" && !is_name(error))
                || readings.only_cert("malformed OID")
        },
    },
    Class { name: "before-1970", holds: |readings| readings.only_cert("DER value for UTCTime") },
    Class {
        name: "unheard-of-tag",
        holds: |readings| readings.only_cert("unknown/unsupported ASN.1 DER tag"),
    },
];

fn is_name(error: &ParseError) -> bool {
    ["Certificate.TbsCertificate.issuer", "Certificate.TbsCertificate.subject"]
        .contains(&error.field.as_str())
}

/// A certificate in DER.
///
/// # Panics
/// If the readers differ in a way that is not known.
pub fn certificate(data: &[u8]) {
    let readings = Readings::of(data);
    if !readings.agree() && class(&readings).is_none() {
        panic!("an unexplained difference: {readings}");
    }
}

/// The class of a difference.
pub fn class(readings: &Readings) -> Option<&'static str> {
    CLASSES.iter().find(|class| (class.holds)(readings)).map(|class| class.name)
}

impl Readings {
    /// Asks all three.
    pub fn of(data: &[u8]) -> Self {
        Self { ours: ours(data), cert: cert(data), parser: parser(data) }
    }

    /// Whether bulla alone refuses, for such a reason.
    fn only_ours(&self, reason: impl Fn(&ParseError) -> bool) -> bool {
        matches!((&self.ours, &self.cert, &self.parser), (Err(error), Ok(_), Ok(_)) if reason(error))
    }

    /// Whether x509-cert alone refuses, in such words, and the others agree.
    fn only_cert(&self, words: &str) -> bool {
        matches!(
            (&self.ours, &self.cert, &self.parser),
            (Ok(ours), Err(error), Ok(parser)) if error.contains(words) && ours == parser
        )
    }

    /// Whether all read the same or none reads anything.
    pub fn agree(&self) -> bool {
        match (&self.ours, &self.cert, &self.parser) {
            (Ok(ours), Ok(cert), Ok(parser)) => ours == cert && ours == parser,
            (Err(_), Err(_), _) | (Err(_), _, Err(_)) => true,
            _ => false,
        }
    }
}

impl fmt::Display for Readings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "bulla: {:?}", self.ours)?;
        writeln!(f, "x509-cert: {:?}", self.cert)?;
        write!(f, "x509-parser: {:?}", self.parser)
    }
}

fn ours(data: &[u8]) -> Result<Fields, ParseError> {
    let certificate = Certificate::parse(data)?;
    let seconds = |time: rustls_pki_types::UnixTime| time.as_secs().cast_signed();
    Ok(Fields {
        version: certificate.version().into(),
        serial: certificate.serial().to_vec(),
        issuer: certificate.issuer().der().to_vec(),
        validity: (seconds(certificate.not_before()), seconds(certificate.not_after())),
        subject: certificate.subject().der().to_vec(),
        key: certificate.public_key_info().to_vec(),
    })
}

fn cert(data: &[u8]) -> Result<Fields, String> {
    let certificate = x509_cert::Certificate::from_der(data).map_err(|error| error.to_string())?;
    let content = certificate.tbs_certificate();
    let words = |error: x509_cert::der::Error| error.to_string();
    let seconds = |time: &x509_cert::time::Time| time.to_unix_duration().as_secs().cast_signed();
    let validity = content.validity();
    Ok(Fields {
        version: content.version() as u32 + 1,
        serial: content.serial_number().as_bytes().to_vec(),
        issuer: content.issuer().to_der().map_err(words)?,
        validity: (seconds(&validity.not_before), seconds(&validity.not_after)),
        subject: content.subject().to_der().map_err(words)?,
        key: content.subject_public_key_info().to_der().map_err(words)?,
    })
}

fn parser(data: &[u8]) -> Result<Fields, String> {
    let (rest, certificate) = X509Certificate::from_der(data).map_err(|error| error.to_string())?;
    if !rest.is_empty() {
        return Err("bytes left over".to_owned());
    }
    let validity = certificate.validity();
    Ok(Fields {
        version: certificate.version().0 + 1,
        serial: certificate.raw_serial().to_vec(),
        issuer: certificate.issuer().as_raw().to_vec(),
        // Times before 1970 are 1970 to the other two.
        validity: (validity.not_before.timestamp().max(0), validity.not_after.timestamp().max(0)),
        subject: certificate.subject().as_raw().to_vec(),
        key: certificate.public_key().raw.to_vec(),
    })
}
