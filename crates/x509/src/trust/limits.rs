//! What a store adds to one of its anchors: from when and until when it counts, and for which names.
//!
//! Root stores do not always trust a root for everything. Mozilla's list has roots that may vouch for some
//! domains only, and roots whose certificates count if they were issued before a date. Such limits are not
//! in the root's certificate; they are data of the store.

use super::TrustAnchors;
use crate::{
    certificate::{Certificate, ParseError, Subtree},
    model::time,
    names::{AlternativeName, is_within_domain},
};
use rustls_pki_types::UnixTime;
use std::fmt;

/// The limits of one anchor. The default has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AnchorLimits {
    /// The anchor counts from this second on.
    pub valid_from: Option<UnixTime>,
    /// The anchor counts up to this second.
    pub valid_until: Option<UnixTime>,
    /// Certificates below it whose validity begins after this second are not believed, older ones are: Mozilla's
    /// `CKA_NSS_SERVER_DISTRUST_AFTER`.
    pub distrust_after: Option<UnixTime>,
    /// The only domains and addresses it may vouch for; empty for no such limit.
    pub permitted: Vec<Subtree<'static>>,
}

/// Which limit of an anchor a certificate goes beyond. `Display` is safe to print and names no anchor.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LimitBreach {
    /// The anchor does not count yet.
    NotYet(UnixTime),
    /// The anchor counts no longer.
    Ended(UnixTime),
    /// The certificate was issued too late.
    IssuedTooLate {
        /// The first second of its validity.
        issued: UnixTime,
        /// The last second at which certificates below this anchor could be issued.
        limit: UnixTime,
    },
    /// The anchor may not vouch for a name of the certificate.
    Name(String),
}

impl fmt::Display for LimitBreach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotYet(from) => write!(f, "it is trusted only from {}", time::show(*from)),
            Self::Ended(until) => write!(f, "it was trusted only until {}", time::show(*until)),
            Self::IssuedTooLate { issued, limit } => write!(
                f,
                "it is trusted only for certificates issued until {}, and this one was issued {}",
                time::show(*limit),
                time::show(*issued)
            ),
            Self::Name(name) => write!(f, "it is not trusted for the name \"{name}\""),
        }
    }
}

impl AnchorLimits {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a peer's own certificate, at the end of a path from this anchor, keeps within the limits.
    ///
    /// # Errors
    /// The first limit that it goes beyond.
    pub fn check(&self, leaf: &Certificate<'_>, now: UnixTime) -> Result<(), LimitBreach> {
        if let Some(from) = self.valid_from.filter(|from| now.as_secs() < from.as_secs()) {
            return Err(LimitBreach::NotYet(from));
        }
        if let Some(until) = self.valid_until.filter(|until| now.as_secs() > until.as_secs()) {
            return Err(LimitBreach::Ended(until));
        }
        let issued = leaf.not_before();
        if let Some(limit) = self.distrust_after.filter(|limit| issued.as_secs() > limit.as_secs()) {
            return Err(LimitBreach::IssuedTooLate { issued, limit });
        }
        let mut names = leaf.subject_alternative_names();
        match names.find(|name| !self.permits(name)) {
            Some(name) => Err(LimitBreach::Name(name.to_string())),
            None => Ok(()),
        }
    }

    /// Names of kinds that no limit speaks of are not limited.
    fn permits(&self, name: &AlternativeName<'_>) -> bool {
        let mut of_its_kind = self.permitted.iter().filter(|subtree| {
            matches!(
                (subtree, name),
                (Subtree::Dns(_), AlternativeName::Dns(_)) | (Subtree::Ip(_), AlternativeName::Ip(_))
            )
        });
        let holds = |subtree: &Subtree<'_>| match (subtree, name) {
            (Subtree::Dns(base), AlternativeName::Dns(name)) => {
                is_within_domain(name.strip_prefix("*.").unwrap_or(name), base.trim_start_matches('.'))
            }
            (Subtree::Ip(subnet), AlternativeName::Ip(address)) => subnet.contains(*address),
            _ => false,
        };
        let limited =
            self.permitted.iter().any(|subtree| matches!(subtree, Subtree::Dns(_) | Subtree::Ip(_)));
        let servers = matches!(name, AlternativeName::Dns(_) | AlternativeName::Ip(_));
        !limited || !servers || of_its_kind.any(holds)
    }
}

impl TrustAnchors {
    /// Adds a certificate in DER that counts within limits only. The limits of one that is there already are
    /// replaced.
    ///
    /// ```
    /// use bulla_x509::{certificate::Subtree, trust::{AnchorLimits, TrustAnchors}};
    /// # use bulla_crypto::{private_key::PrivateKey, signature::KeyKind};
    /// # use bulla_x509::build::{CertificateTemplate, Subject};
    /// # let mut template = CertificateTemplate::authority(Subject::new().common_name("root"), None);
    /// # template.not_after = rustls_pki_types::UnixTime::now();
    /// # let root = template.self_signed(&PrivateKey::generate(KeyKind::Ed25519).unwrap()).unwrap();
    /// let mut limits = AnchorLimits::default();
    /// limits.permitted = vec![Subtree::Dns("internal.example".into())];
    /// let mut anchors = TrustAnchors::new();
    /// anchors.add_constrained(&root, limits.clone())?;
    /// assert_eq!(anchors.limits(&root), Some(&limits));
    /// # Ok::<(), bulla_x509::certificate::ParseError>(())
    /// ```
    ///
    /// # Errors
    /// When it does not parse.
    pub fn add_constrained(&mut self, der: &[u8], limits: AnchorLimits) -> Result<(), ParseError> {
        self.add_certificate(der)?;
        self.set_limits(der, limits);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
