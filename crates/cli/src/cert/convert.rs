//! `bulla cert convert`: certificates and keys written in another form.

use std::process::ExitCode;

use bulla_crypto::passphrase::Passphrase;
use bulla_crypto::pem;
use bulla_crypto::pkcs12::{self, Parts};
use bulla_crypto::private_key::encrypted;
use bulla_crypto::random::Source;
use bulla_x509::certificate::Certificate;
use bulla_x509::files::{Content, Item, Key, KeyEncoding, pkcs7};
use zeroize::Zeroizing;

use super::arguments::{Convert, To};
use super::chain::{Sorted, count};
use super::output::{Made, Output};
use super::passphrase::{self, Origin};
use super::read::Reader;
use super::verify::no_certificate;
use crate::complaint::Complaint;

/// Reads, converts and writes.
pub(crate) fn run(arguments: &Convert) -> Result<ExitCode, Complaint> {
    let items = Reader::of(&arguments.input).items(&arguments.input.files)?;
    let job = Job { arguments, items: &items };
    let done = match arguments.to {
        To::Pem => job.text(&job.things()),
        To::Certificates => job.certificates_as_text(),
        To::Key => job.key_as_text(),
        To::Der => job.der(),
        To::Pkcs7 => job.pkcs7(),
        To::Pkcs12 => job.pkcs12(),
    }?;
    let made = Made { bytes: &done.bytes, secret: done.secret, text: done.text, what: &done.what };
    Output { path: &arguments.out, force: arguments.force }.write(&made)?;
    Ok(ExitCode::SUCCESS)
}

/// A conversion under way.
struct Job<'a> {
    arguments: &'a Convert,
    items: &'a [(String, Item)],
}

/// What is to be written.
struct Done {
    bytes: Zeroizing<Vec<u8>>,
    secret: bool,
    text: bool,
    what: String,
}

/// A thing that can be written by itself.
#[derive(Clone, Copy)]
enum Thing<'a> {
    /// With its label in PEM.
    Public(&'static str, &'a [u8]),
    /// With the name of its file.
    Key(&'a str, &'a Key),
}

/// What things are called when they are counted.
const WORDS: [(&str, &str); 4] = [
    (CERTIFICATE, "certificate"),
    ("CERTIFICATE REQUEST", "request"),
    ("X509 CRL", "revocation list"),
    ("PUBLIC KEY", "public key"),
];

const CERTIFICATE: &str = "CERTIFICATE";

impl<'a> Thing<'a> {
    fn of((name, item): &'a (String, Item)) -> Option<Self> {
        Some(match &item.content {
            Content::Certificate(der) => Self::Public(CERTIFICATE, der),
            Content::Request(der) => Self::Public("CERTIFICATE REQUEST", der),
            Content::RevocationList(der) => Self::Public("X509 CRL", der),
            Content::PublicKey(der) => Self::Public("PUBLIC KEY", der),
            Content::Key(key) => Self::Key(name, key),
            _ => return None,
        })
    }

    fn word(self) -> &'static str {
        match self {
            Self::Key(..) => "private key",
            Self::Public(label, _) => {
                WORDS.iter().find(|(known, _)| *known == label).map_or("other thing", |(_, word)| word)
            }
        }
    }

    fn is_certificate(self) -> bool {
        matches!(self, Self::Public(CERTIFICATE, _))
    }
}

/// `a private key`, `2 certificates`, joined.
fn counted(things: &[Thing<'_>]) -> String {
    let words = ["private key"].into_iter().chain(WORDS.map(|(_, word)| word));
    let counts = words.filter_map(|word| {
        let number = things.iter().filter(|thing| thing.word() == word).count();
        (number > 0).then(|| count(number, word))
    });
    counts.collect::<Vec<_>>().join(", ")
}

impl<'a> Job<'a> {
    /// All things: keys first, then certificates, as a chain where they make one, then the rest.
    fn things(&self) -> Vec<Thing<'a>> {
        let all: Vec<Thing<'a>> = self.items.iter().filter_map(Thing::of).collect();
        let (certificates, others): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|thing| thing.is_certificate());
        let (keys, rest): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|thing| matches!(thing, Thing::Key(..)));
        let certificates = self.sorted(certificates);
        keys.into_iter().chain(certificates).chain(rest).collect()
    }

    /// The chain first, then its root and what is not part of it; as they were if they make no chain.
    fn sorted(&self, certificates: Vec<Thing<'a>>) -> Vec<Thing<'a>> {
        let Ok(Sorted { chain, .. }) = Sorted::of(self.items, None) else { return certificates };
        let order = chain.order.iter().chain(&chain.root).chain(&chain.surplus);
        order.filter_map(|index| certificates.get(*index).copied()).collect()
    }

    fn new_passphrase(&self) -> Result<Passphrase, Complaint> {
        let (file, variable) = (&self.arguments.new_passphrase_file, &self.arguments.new_passphrase_env);
        passphrase::new(Origin::of(file.as_deref(), variable.as_deref()))
    }

    /// The passphrase for keys, when they are to be behind one.
    fn guard(&self, things: &[Thing<'_>]) -> Result<Option<Passphrase>, Complaint> {
        let has_key = things.iter().any(|thing| matches!(thing, Thing::Key(..)));
        match (self.arguments.encrypt, has_key) {
            (true, true) => self.new_passphrase().map(Some),
            (true, false) => {
                Err(Complaint::with_mend("there is no private key to encrypt", "leave --encrypt away"))
            }
            (false, _) => Ok(None),
        }
    }

    fn text(&self, things: &[Thing<'_>]) -> Result<Done, Complaint> {
        if things.is_empty() {
            return Err(Complaint::with_mend(
                "there is nothing in these files to write",
                "name files with certificates or keys",
            ));
        }
        let guard = self.guard(things)?;
        let mut text = Zeroizing::new(String::new());
        for thing in things {
            let (label, der) = thing.encode(guard.as_ref())?;
            // One piece at a time: a string that grows leaves copies of a key behind.
            let section = Zeroizing::new(pem::write(label, &der));
            let mut longer = Zeroizing::new(String::with_capacity(text.len() + section.len()));
            longer.push_str(&text);
            longer.push_str(&section);
            text = longer;
        }
        let secret = guard.is_none() && things.iter().any(|thing| matches!(thing, Thing::Key(..)));
        Ok(Done {
            bytes: Zeroizing::new(text.as_bytes().to_vec()),
            secret,
            text: true,
            what: counted(things),
        })
    }

    fn certificates_as_text(&self) -> Result<Done, Complaint> {
        let certificates: Vec<_> = self.things().into_iter().filter(|thing| thing.is_certificate()).collect();
        if certificates.is_empty() {
            return Err(no_certificate(self.items));
        }
        self.text(&certificates)
    }

    fn key_as_text(&self) -> Result<Done, Complaint> {
        self.text(&[self.only_key()?.ok_or_else(|| self.no_key())?])
    }

    /// The private key, of which there may be one.
    fn only_key(&self) -> Result<Option<Thing<'a>>, Complaint> {
        let mut keys = self.things().into_iter().filter(|thing| matches!(thing, Thing::Key(..)));
        match (keys.next(), keys.next()) {
            (Some(_), Some(_)) => Err(Complaint::with_mend(
                "there are several private keys in these files",
                "name the file of one",
            )),
            (key, _) => Ok(key),
        }
    }

    fn no_key(&self) -> Complaint {
        let problem = match self.items.first() {
            Some((name, item)) => format!("{name}: {}, but no private key", item.kind()),
            None => "there is no private key in these files".to_owned(),
        };
        Complaint::with_mend(problem, "name the key's file")
    }

    fn der(&self) -> Result<Done, Complaint> {
        let things = self.things();
        let [thing] = things.as_slice() else {
            let what = if things.is_empty() { "nothing".to_owned() } else { counted(&things) };
            return Err(Complaint::with_mend(
                format_args!("DER holds one thing, and these files hold {what}"),
                "name the file of one, or write --to pem, pkcs12 or pkcs7",
            ));
        };
        let guard = self.guard(&things)?;
        let (_, bytes) = thing.encode(guard.as_ref())?;
        let secret = guard.is_none() && matches!(thing, Thing::Key(..));
        Ok(Done { bytes, secret, text: false, what: counted(&things) })
    }

    fn pkcs7(&self) -> Result<Done, Complaint> {
        let certificates: Vec<_> = self.things().into_iter().filter(|thing| thing.is_certificate()).collect();
        let ders: Vec<&[u8]> = certificates.iter().filter_map(|thing| thing.public_der()).collect();
        if ders.is_empty() {
            return Err(no_certificate(self.items));
        }
        let bytes = pkcs7::write(&ders).map_err(Complaint::new)?;
        Ok(Done { bytes: Zeroizing::new(bytes), secret: false, text: false, what: counted(&certificates) })
    }

    /// The key with its chain, or certificates alone.
    fn pkcs12(&self) -> Result<Done, Complaint> {
        let key = self.only_key()?;
        // With a key, the first certificate must be its own.
        let sorted = match key {
            Some(_) => Some(Sorted::of(self.items, None)?),
            None => None,
        };
        let things = self.things();
        let kept = sorted
            .as_ref()
            .map_or(usize::MAX, |sorted| sorted.chain.order.len() + usize::from(sorted.chain.root.is_some()));
        let certificates: Vec<_> =
            things.into_iter().filter(|thing| thing.is_certificate()).take(kept).collect();
        let ders: Vec<&[u8]> = certificates.iter().filter_map(|thing| thing.public_der()).collect();
        if ders.is_empty() {
            return Err(no_certificate(self.items));
        }
        let pkcs8 = key.map(|key| key.encode(None)).transpose()?.map(|(_, der)| der);
        let name = self.arguments.friendly_name.clone().unwrap_or_else(|| first_name(ders.first().copied()));
        let parts = Parts { key: pkcs8.as_ref().map(|der| der.as_slice()), certificates: &ders, name: &name };
        let bytes = pkcs12::seal(&parts, &self.new_passphrase()?).map_err(Complaint::new)?;
        let what: Vec<Thing<'_>> = key.into_iter().chain(certificates).collect();
        Ok(Done { bytes: Zeroizing::new(bytes), secret: false, text: false, what: counted(&what) })
    }
}

impl<'a> Thing<'a> {
    fn public_der(self) -> Option<&'a [u8]> {
        match self {
            Self::Public(_, der) => Some(der),
            Self::Key(..) => None,
        }
    }

    /// Its label in PEM and its DER; a key as PKCS#8, behind the passphrase if there is one.
    fn encode(self, guard: Option<&Passphrase>) -> Result<(&'static str, Zeroizing<Vec<u8>>), Complaint> {
        match self {
            Self::Public(label, der) => Ok((label, Zeroizing::new(der.to_vec()))),
            Self::Key(file, key) => {
                let pkcs8 = pkcs8(key).map_err(|error| Complaint::new(format_args!("{file}: {error}")))?;
                match guard {
                    None => Ok((pem::PKCS8, pkcs8)),
                    Some(passphrase) => {
                        let sealed = encrypted::encrypt(&pkcs8, passphrase, &Source::system());
                        let sealed = sealed.map_err(Complaint::new)?;
                        Ok((pem::ENCRYPTED_PKCS8, Zeroizing::new(sealed)))
                    }
                }
            }
        }
    }
}

/// The key as PKCS#8; one that is so already stays as it is, whatever its algorithm.
fn pkcs8(key: &Key) -> Result<Zeroizing<Vec<u8>>, bulla_crypto::private_key::KeyError> {
    match key.encoding() {
        KeyEncoding::Pkcs8 => Ok(Zeroizing::new(key.der().secret_der().to_vec())),
        _ => key.private_key()?.to_pkcs8(),
    }
}

/// What a certificate is called in a list of them.
fn first_name(der: Option<&[u8]>) -> String {
    let certificate = der.and_then(|der| Certificate::parse(der).ok());
    let name = certificate.and_then(|certificate| {
        let first = certificate.subject_alternative_names().next().map(|name| name.to_string());
        first.or_else(|| certificate.subject().common_name().map(std::borrow::Cow::into_owned))
    });
    name.unwrap_or_else(|| "certificate".to_owned())
}
