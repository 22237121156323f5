//! Chains as they are sent: certificates in any order and surplus, put into the order in which a server sends them.
//!
//! RFC 9846, 4.5.1: "The sender's certificate MUST come in the first CertificateEntry in the list. Each following
//! certificate SHOULD directly certify the one immediately preceding it." The root is left out: whoever trusts it has
//! it.

use crate::{
    certificate::{Certificate, ParseError, key::SignatureProblem},
    trust::TrustAnchors,
    verdict::describe,
};
use bulla_crypto::private_key::PrivateKey;
use rustls_pki_types::CertificateDer;

/// More certificates than any honest file for one server has; each may be compared with each other.
pub const MAX_CERTIFICATES: usize = 500;

/// Longer chains are not followed.
const MAX_LENGTH: usize = 16;

/// Certificates put in order, by their indices in what was given.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Chain {
    /// What is to be sent: the peer's own certificate, then each one's issuer.
    pub order: Vec<usize>,
    /// The root at the end of it, if it was given: it need not be sent.
    pub root: Option<usize>,
    /// The same certificate again, and the index of the first.
    pub duplicates: Vec<(usize, usize)>,
    /// Certificates that are not part of it.
    pub surplus: Vec<usize>,
    /// How it ends.
    pub end: End,
}

/// How a chain ends.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// At a root that was given, or at one that is trusted.
    Root,
    /// The peer's own certificate is its own issuer.
    SelfSigned,
    /// The certificate of an issuer is missing.
    Missing(Missing),
}

/// A certificate that a chain lacks. All text but the address is safe to print.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Missing {
    /// The index of the certificate that it signed.
    pub signed: usize,
    /// Its subject.
    pub issuer: String,
    /// Where it can be fetched (authority information access): as written, not safe to print.
    pub url: Option<String>,
}

/// Which certificate is the peer's own.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Own<'a> {
    /// The one that is no authority's, if there is only one.
    Only,
    /// That of this key.
    OfKey(&'a PrivateKey),
    /// The first.
    First,
}

/// Why no chain could be made. All text is safe to print.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// There is no certificate.
    #[error("there is no certificate to begin a chain with: add the server's own")]
    None,
    /// Too many to look through.
    #[error("there are more than {MAX_CERTIFICATES} certificates: give only those of one server")]
    TooMany,
    /// A certificate does not parse.
    #[error("certificate {} is malformed: {source}; get it again from its authority", .index.saturating_add(1))]
    Malformed {
        /// Its index.
        index: usize,
        /// What is wrong with it.
        source: ParseError,
    },
    /// Several could be the peer's own.
    #[error(
        "several certificates could be the server's own ({}): give its private key too, or only one of them",
        .0.join("; ")
    )]
    Ambiguous(Vec<String>),
    /// None belongs to the key.
    #[error(
        "no certificate belongs to the private key: give the key that the certificate was requested with"
    )]
    NoneOfKey,
}

/// Puts certificates in order.
///
/// An issuer is known by its name, its key identifier and the signature. Of several that fit, as when an authority is
/// cross-signed, a self-signed one is taken last, and else the one that is valid longest. With `anchors`, a chain whose
/// last issuer is among them lacks nothing.
///
/// # Errors
/// [`ChainError`] when there is no one certificate to begin with.
pub fn arrange(
    certificates: &[CertificateDer<'_>],
    own: Own<'_>,
    anchors: Option<&TrustAnchors>,
) -> Result<Chain, ChainError> {
    if certificates.len() > MAX_CERTIFICATES {
        return Err(ChainError::TooMany);
    }
    let parsed = certificates.iter().enumerate().map(|(index, der)| {
        Certificate::parse(der).map_err(|source| ChainError::Malformed { index, source })
    });
    let pool = Pool { certificates: parsed.collect::<Result<_, _>>()? };
    let duplicates = pool.duplicates();
    let first = pool.own(own, &duplicates)?;
    let path = pool.path_from(first);
    let is_root = |index: usize| pool.get(index).is_some_and(is_self_signed);
    let root = path.last().copied().filter(|last| is_root(*last) && path.len() > 1);
    let order: Vec<usize> = path.iter().copied().filter(|index| Some(*index) != root).collect();
    let end = match (root, order.last().copied()) {
        (Some(_), _) | (None, None) => End::Root,
        (None, Some(last)) if is_root(last) => End::SelfSigned,
        (None, Some(last)) if anchors.is_some_and(|anchors| pool.is_below(last, anchors)) => End::Root,
        (None, Some(last)) => End::Missing(pool.missing(last)),
    };
    let is_extra =
        |index: &usize| !path.contains(index) && !duplicates.iter().any(|(again, _)| again == index);
    let surplus = (0..certificates.len()).filter(is_extra).collect();
    Ok(Chain { order, root, duplicates, surplus, end })
}

/// Whether a certificate is signed by its own key.
pub fn is_self_signed(certificate: &Certificate<'_>) -> bool {
    certificate.is_self_issued() && is_signed_by(certificate, certificate)
}

/// Whether the issuer's key made the signature; names are not looked at. Weak algorithms, which no verifier takes,
/// count as made by whoever's name fits.
pub fn is_signed_by(certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> bool {
    let by_name = || certificate.issuer() == issuer.subject();
    let Ok(public_key) = issuer.public_key() else { return by_name() };
    match certificate.check_signature(&public_key) {
        Err(SignatureProblem::Unsupported) => by_name(),
        checked => checked.is_ok(),
    }
}

struct Pool<'a> {
    certificates: Vec<Certificate<'a>>,
}

impl<'a> Pool<'a> {
    fn get(&self, index: usize) -> Option<&Certificate<'a>> {
        self.certificates.get(index)
    }

    fn duplicates(&self) -> Vec<(usize, usize)> {
        let first = |index: usize, certificate: &Certificate<'_>| {
            self.certificates.iter().take(index).position(|earlier| earlier.der() == certificate.der())
        };
        let all = self.certificates.iter().enumerate();
        all.filter_map(|(index, certificate)| Some((index, first(index, certificate)?))).collect()
    }

    /// The index of the peer's own certificate.
    fn own(&self, own: Own<'_>, duplicates: &[(usize, usize)]) -> Result<usize, ChainError> {
        let unique = |index: &usize| !duplicates.iter().any(|(again, _)| again == index);
        let indices = || (0..self.certificates.len()).filter(unique);
        let certificate_is =
            |index: usize, what: &dyn Fn(&Certificate<'_>) -> bool| self.get(index).is_some_and(what);
        if self.certificates.is_empty() {
            return Err(ChainError::None);
        }
        match own {
            Own::First => Ok(0),
            Own::OfKey(key) => {
                let fits = |certificate: &Certificate<'_>| belongs(certificate, key);
                let fitting = indices().filter(|index| certificate_is(*index, &fits));
                // A renewed certificate may have the key of the old one.
                fitting.max_by_key(|index| self.not_after(*index)).ok_or(ChainError::NoneOfKey)
            }
            Own::Only => {
                let leaves: Vec<usize> = indices()
                    .filter(|index| certificate_is(*index, &|certificate| !is_authority(certificate)))
                    .collect();
                let candidates = if leaves.is_empty() { self.tips(indices()) } else { leaves };
                match candidates.as_slice() {
                    [only] => Ok(*only),
                    several => Err(ChainError::Ambiguous(
                        several.iter().filter_map(|index| self.get(*index)).take(6).map(describe).collect(),
                    )),
                }
            }
        }
    }

    /// Authorities that signed none of the others.
    fn tips(&self, indices: impl Iterator<Item = usize>) -> Vec<usize> {
        let signed_another = |index: usize| {
            let others = self.certificates.iter().enumerate().filter(|(other, _)| *other != index);
            self.get(index).is_some_and(|issuer| {
                others
                    .into_iter()
                    .any(|(_, other)| other.issuer() == issuer.subject() && is_signed_by(other, issuer))
            })
        };
        indices.filter(|index| !signed_another(*index)).collect()
    }

    fn path_from(&self, first: usize) -> Vec<usize> {
        let mut path = vec![first];
        while let Some(next) = path.last().and_then(|last| self.issuer_of(*last, &path)) {
            path.push(next);
            if path.len() >= MAX_LENGTH {
                break;
            }
        }
        path
    }

    /// The best certificate of who signed this one.
    fn issuer_of(&self, child: usize, path: &[usize]) -> Option<usize> {
        let certificate = self.get(child).filter(|certificate| !is_self_signed(certificate))?;
        let fits = |(index, issuer): &(usize, &Certificate<'_>)| {
            issuer.subject() == certificate.issuer()
                && !path.iter().any(|used| self.get(*used).is_some_and(|used| used.der() == issuer.der()))
                && !path.contains(index)
                && is_signed_by(certificate, issuer)
        };
        let wanted = certificate.authority_key_identifier();
        let rank = |(index, issuer): &(usize, &Certificate<'_>)| {
            let right_key = wanted.is_none() || issuer.subject_key_identifier() == wanted;
            (right_key, !issuer.is_self_issued(), self.not_after(*index), std::cmp::Reverse(*index))
        };
        self.certificates.iter().enumerate().filter(fits).max_by_key(rank).map(|(index, _)| index)
    }

    fn not_after(&self, index: usize) -> u64 {
        self.get(index).map_or(0, |certificate| certificate.not_after().as_secs())
    }

    /// Whether one of the anchors signed it.
    fn is_below(&self, index: usize, anchors: &TrustAnchors) -> bool {
        let Some(certificate) = self.get(index) else { return false };
        anchors.contains(certificate.der())
            || anchors
                .certificates()
                .iter()
                .filter_map(|der| Certificate::parse(der).ok())
                .any(|anchor| anchor.subject() == certificate.issuer() && is_signed_by(certificate, &anchor))
    }

    fn missing(&self, last: usize) -> Missing {
        let certificate = self.get(last);
        Missing {
            signed: last,
            issuer: certificate.map(|certificate| certificate.issuer().to_string()).unwrap_or_default(),
            url: certificate.and_then(|certificate| certificate.issuer_url().map(str::to_owned)),
        }
    }
}

/// Whether a certificate may sign others.
fn is_authority(certificate: &Certificate<'_>) -> bool {
    certificate.basic_constraints().is_some_and(|constraints| constraints.authority)
}

/// Whether a certificate vouches for the public half of a key.
///
/// ```
/// # use bulla_crypto::{private_key::PrivateKey, signature::KeyKind};
/// # use bulla_x509::{build::{CertificateTemplate, Name}, certificate::Certificate, chain};
/// # let key = PrivateKey::generate(KeyKind::Ed25519).unwrap();
/// # let mut template = CertificateTemplate::server(vec![Name::Dns("localhost".into())]);
/// # template.not_after = rustls_pki_types::UnixTime::now();
/// # let der = template.self_signed(&key).unwrap();
/// assert!(chain::belongs(&Certificate::parse(&der).unwrap(), &key));
/// ```
pub fn belongs(certificate: &Certificate<'_>, key: &PrivateKey) -> bool {
    certificate.public_key().is_ok_and(|public| public.kind() == key.kind() && is_same(&public, key))
}

fn is_same(public: &bulla_crypto::signature::PublicKey<'_>, key: &PrivateKey) -> bool {
    public.as_bytes() == key.public_key_bits()
}

#[cfg(test)]
mod tests;
