//! What is in files, as one document: certificates, keys, requests and lists, and what belongs together.
//!
//! As JSON it is a stable document, `bulla.inventory/1`: fields are added, never renamed or removed. The strings hold
//! what the files say; each sink escapes them.

use std::collections::HashMap;

use bulla_crypto::hash::HashAlgorithm;
use bulla_crypto::private_key::PrivateKey;
use bulla_crypto::signature::PublicKey;
use bulla_x509::build::SubjectPublicKey;
use bulla_x509::build::request::Request;
use bulla_x509::certificate::Certificate;
use bulla_x509::chain;
use bulla_x509::explain::{self, Explained};
use bulla_x509::files::{self, Content, Key, Locked};
use bulla_x509::revocation::RevocationList;
use rustls_pki_types::UnixTime;
use serde::Serialize;

use crate::report::Moment;

/// The name and version of the document.
pub const SCHEMA: &str = "bulla.inventory/1";

/// What is in some files.
#[derive(Clone, Debug, Serialize)]
pub struct Inventory {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// When it was looked at.
    pub checked_at: Moment,
    /// The files, in order.
    pub files: Vec<File>,
}

/// What is in one file.
#[derive(Clone, Debug, Serialize)]
pub struct File {
    /// Its name, as it was given.
    pub file: String,
    /// What is in it, in order.
    pub items: Vec<Item>,
    /// Why it could not be read.
    pub problem: Option<String>,
}

/// One thing in a file.
#[derive(Clone, Debug, Serialize)]
pub struct Item {
    /// Counted from 1 through all files.
    pub number: usize,
    /// How it is written, as in `PEM`.
    pub form: String,
    /// The line of its BEGIN, counted from 1, in a PEM text.
    pub line: Option<usize>,
    /// The name that a PKCS#12 file gives it.
    pub name: Option<String>,
    /// What it is.
    #[serde(flatten)]
    pub what: What,
    /// The numbers of the items with the same key: the certificates of a key, the key of a certificate.
    pub belongs_to: Vec<usize>,
    /// The number of the certificate whose key signed this one.
    pub signed_by: Option<usize>,
}

/// What an item is.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum What {
    /// A certificate.
    Certificate(Box<CertificateFacts>),
    /// A private key.
    PrivateKey(KeyFacts),
    /// A request for a certificate.
    Request(Box<RequestFacts>),
    /// A revocation list.
    RevocationList(ListFacts),
    /// A public key alone.
    PublicKey {
        /// SHA-256 of the public key (`SubjectPublicKeyInfo`), in hexadecimal.
        public_key_sha256: String,
    },
    /// Something behind a passphrase.
    Locked {
        /// What it is.
        what: &'static str,
        /// What opens it.
        mend: &'static str,
    },
    /// A section of PEM of no use here.
    Other {
        /// Its label.
        label: String,
    },
    /// Something that is not what it begins as.
    Malformed {
        /// What it was taken for.
        what: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

/// A certificate.
#[derive(Clone, Debug, Serialize)]
pub struct CertificateFacts {
    /// Whom it names.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// Whether its own key signed it.
    pub self_signed: bool,
    /// Whether it is an authority's.
    pub authority: bool,
    /// The host names, addresses and others it is good for.
    pub names: Vec<String>,
    /// The first moment of its validity.
    pub not_before: Moment,
    /// The last moment of its validity.
    pub not_after: Moment,
    /// Whole days until then; negative when it is past.
    pub days_left: i64,
    /// The serial number in hexadecimal.
    pub serial: String,
    /// Version 1, 2 or 3.
    pub version: u8,
    /// Its key, as in `ECDSA P-256`.
    pub key: String,
    /// The algorithm its issuer signed it with.
    pub signature: String,
    /// SHA-256 of the certificate, in hexadecimal.
    pub fingerprint: String,
    /// SHA-256 of its public key (`SubjectPublicKeyInfo`), in hexadecimal.
    pub public_key_sha256: String,
    /// Where its issuer's certificate can be fetched.
    pub issuer_url: Option<String>,
    /// Each extension, in words.
    pub extensions: Vec<Explained>,
}

/// A private key.
#[derive(Clone, Debug, Serialize)]
pub struct KeyFacts {
    /// Its algorithm and size, as in `RSA 2048 bits`; none when it cannot be used.
    pub key: Option<String>,
    /// Its structure, as in `PKCS#8`.
    pub encoding: String,
    /// Whether it is behind a passphrase.
    pub encrypted: bool,
    /// SHA-256 of its public half (`SubjectPublicKeyInfo`), in hexadecimal.
    pub public_key_sha256: Option<String>,
    /// Why it cannot be used.
    pub problem: Option<String>,
}

/// A request for a certificate.
#[derive(Clone, Debug, Serialize)]
pub struct RequestFacts {
    /// Whom it names.
    pub subject: String,
    /// The names that are asked for.
    pub names: Vec<String>,
    /// Its key, as in `ECDSA P-256`.
    pub key: String,
    /// SHA-256 of its public key (`SubjectPublicKeyInfo`), in hexadecimal.
    pub public_key_sha256: String,
    /// Why its signature does not hold; none when it does.
    pub problem: Option<String>,
}

/// A revocation list.
#[derive(Clone, Debug, Serialize)]
pub struct ListFacts {
    /// Whose list it is.
    pub issuer: String,
    /// When it was made.
    pub this_update: Moment,
    /// When the next one is due.
    pub next_update: Option<Moment>,
    /// How many certificates are revoked.
    pub revoked: usize,
}

/// What is behind a passphrase, and what opens it.
const LOCKED: [(Locked, &str, &str); 3] = [
    (Locked::Key, "a private key behind a passphrase", "give its passphrase"),
    (Locked::Pkcs12, "a PKCS#12 file behind a passphrase", "give its passphrase"),
    (
        Locked::OldKey,
        "a private key, encrypted in OpenSSL's way of old",
        "it guards the key by one round of MD5 alone; convert it with: openssl pkcs8 -topk8 -in FILE -out NEW",
    ),
];

impl Inventory {
    /// What is in these files, by name; a file that could not be read has its problem in place of items.
    #[must_use]
    pub fn new<'a>(
        files: impl IntoIterator<Item = (&'a str, Result<&'a [files::Item], String>)>,
        now: UnixTime,
    ) -> Self {
        let now = Moment::from_unix(now.as_secs());
        let mut number = 0;
        let mut sources = Vec::new();
        let mut shown = Vec::new();
        for (file, contents) in files {
            let (items, problem) = match contents {
                Ok(items) => (items, None),
                Err(problem) => (&[][..], Some(problem)),
            };
            let mut all = Vec::with_capacity(items.len());
            for item in items {
                number += 1;
                all.push(Item::new(number, item, now));
                sources.push(item);
            }
            shown.push(File { file: file.to_owned(), items: all, problem });
        }
        let mut inventory = Self { schema: SCHEMA, checked_at: now, files: shown };
        inventory.join(&sources);
        inventory
    }

    /// Says which items have the same key, and who signed whom.
    fn join(&mut self, sources: &[&files::Item]) {
        let mut same: HashMap<String, Vec<(usize, &'static str)>> = HashMap::new();
        for item in self.items() {
            if let Some(key) = item.public_key() {
                same.entry(key.to_owned()).or_default().push((item.number, item.sort()));
            }
        }
        let issuers: HashMap<usize, usize> = issuers(sources).into_iter().collect();
        for item in self.files.iter_mut().flat_map(|file| &mut file.items) {
            let with_key =
                item.public_key().and_then(|key| same.get(key)).map(Vec::as_slice).unwrap_or_default();
            let others = with_key.iter().filter(|(_, sort)| *sort != item.sort());
            item.belongs_to = others.map(|(number, _)| *number).take(MOST_NAMED).collect();
            item.signed_by = issuers.get(&item.number).copied();
        }
    }

    /// All items of all files.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.files.iter().flat_map(|file| &file.items)
    }
}

/// More items of one key than this are not named beside each other.
const MOST_NAMED: usize = 20;

/// More certificates than this are not compared with each other: the time grows with the square.
const MOST_COMPARED: usize = 200;

/// The numbers of certificates and of those who signed them.
fn issuers(sources: &[&files::Item]) -> Vec<(usize, usize)> {
    let certificates: Vec<(usize, Certificate<'_>)> = sources
        .iter()
        .enumerate()
        .filter_map(|(index, item)| match &item.content {
            Content::Certificate(der) => Some((index + 1, Certificate::parse(der).ok()?)),
            _ => None,
        })
        .take(MOST_COMPARED)
        .collect();
    let mut found = Vec::new();
    for (number, certificate) in &certificates {
        let signer = certificates.iter().find(|(other, issuer)| {
            other != number
                && certificate.issuer() == issuer.subject()
                && chain::is_signed_by(certificate, issuer)
        });
        found.extend(signer.map(|(issuer, _)| (*number, *issuer)));
    }
    found
}

impl Item {
    fn new(number: usize, item: &files::Item, now: Moment) -> Self {
        Self {
            number,
            form: item.form.to_string(),
            line: item.line,
            name: item.name.clone(),
            what: What::new(item, now),
            belongs_to: Vec::new(),
            signed_by: None,
        }
    }

    /// What belongs together is of different sorts.
    fn sort(&self) -> &'static str {
        match &self.what {
            What::Certificate(_) => "certificate",
            What::PrivateKey(_) => "private key",
            What::Request(_) => "request",
            _ => "other",
        }
    }

    fn public_key(&self) -> Option<&str> {
        match &self.what {
            What::Certificate(facts) => Some(&facts.public_key_sha256),
            What::PrivateKey(facts) => facts.public_key_sha256.as_deref(),
            What::Request(facts) => Some(&facts.public_key_sha256),
            What::PublicKey { public_key_sha256 } => Some(public_key_sha256),
            _ => None,
        }
    }
}

impl What {
    fn new(item: &files::Item, now: Moment) -> Self {
        let malformed = |problem: String| Self::Malformed { what: item.kind(), problem };
        match &item.content {
            Content::Certificate(der) => match CertificateFacts::new(der, now) {
                Ok(facts) => Self::Certificate(Box::new(facts)),
                Err(problem) => malformed(problem),
            },
            Content::Key(key) => Self::PrivateKey(KeyFacts::new(key)),
            Content::Request(der) => match RequestFacts::new(der) {
                Ok(facts) => Self::Request(Box::new(facts)),
                Err(problem) => malformed(problem),
            },
            Content::RevocationList(der) => match RevocationList::parse(der) {
                Ok(list) => Self::RevocationList(ListFacts {
                    issuer: list.issuer().to_string(),
                    this_update: Moment::from_unix(list.this_update().as_secs()),
                    next_update: list.next_update().map(|time| Moment::from_unix(time.as_secs())),
                    revoked: list.len(),
                }),
                Err(error) => malformed(error.to_string()),
            },
            Content::PublicKey(der) => Self::PublicKey { public_key_sha256: sha256(der) },
            Content::Locked(locked) => {
                let words = LOCKED.iter().find(|(known, _, _)| known == locked);
                let (what, mend) =
                    words.map_or((item.kind(), "give its passphrase"), |(_, what, mend)| (what, mend));
                Self::Locked { what, mend }
            }
            Content::Other(label) => Self::Other { label: label.clone() },
            _ => Self::Other { label: item.kind().to_owned() },
        }
    }
}

impl CertificateFacts {
    fn new(der: &[u8], now: Moment) -> Result<Self, String> {
        let certificate = Certificate::parse(der).map_err(|error| error.to_string())?;
        let not_after = Moment::from_unix(certificate.not_after().as_secs());
        Ok(Self {
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            self_signed: chain::is_self_signed(&certificate),
            authority: certificate.basic_constraints().is_some_and(|constraints| constraints.authority),
            names: certificate.subject_alternative_names().map(|name| name.to_string()).collect(),
            not_before: Moment::from_unix(certificate.not_before().as_secs()),
            not_after,
            days_left: not_after.days_since(now),
            serial: hex(certificate.serial()),
            version: certificate.version(),
            key: certificate.public_key_name(),
            signature: certificate.signature_name().to_owned(),
            fingerprint: sha256(der),
            public_key_sha256: sha256(certificate.public_key_info()),
            issuer_url: certificate.issuer_url().map(str::to_owned),
            extensions: explain::extensions(&certificate),
        })
    }
}

impl KeyFacts {
    fn new(key: &Key) -> Self {
        let mut facts = Self {
            key: None,
            encoding: key.encoding().to_string(),
            encrypted: key.was_encrypted(),
            public_key_sha256: None,
            problem: None,
        };
        match key.private_key() {
            Ok(key) => {
                facts.key = Some(key_name(&key));
                facts.public_key_sha256 = SubjectPublicKey::of(&key).ok().map(|public| sha256(public.der()));
            }
            Err(problem) => facts.problem = Some(problem.to_string()),
        }
        facts
    }
}

impl RequestFacts {
    fn new(der: &[u8]) -> Result<Self, String> {
        let request = Request::parse(der).map_err(|error| error.to_string())?;
        Ok(Self {
            subject: request.subject().to_string(),
            names: request.subject_alternative_names().map(|name| name.to_string()).collect(),
            key: request.public_key_name(),
            public_key_sha256: request.subject_public_key().map(|key| sha256(key.der())).unwrap_or_default(),
            problem: request.verify().err().map(|error| error.to_string()),
        })
    }
}

/// The kind of a key, and for RSA its length.
fn key_name(key: &PrivateKey) -> String {
    let bits = PublicKey::new(key.kind(), key.public_key_bits()).map(|public| public.bits());
    match (key.kind().to_string(), bits) {
        (kind, Ok(bits)) if kind == "RSA" => format!("{kind} {bits} bits"),
        (kind, _) => kind,
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex(HashAlgorithm::Sha256.hash(bytes).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
