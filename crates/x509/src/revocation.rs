//! Lists of certificates that their issuers took back (RFC 5280 section 5).

use crate::{
    certificate::{ParseError, offset_of},
    model::{
        algorithm::AlgorithmIdentifier,
        certificate::Signed,
        extension::{AuthorityKeyIdentifier, Extension},
        list::List,
        oid,
        revocation::{IssuingDistributionPoint, TbsCertList},
        time::Time,
    },
    name::DistinguishedName,
};
use rustls_pki_types::UnixTime;

/// What a judgement knows of revocation. The default knows nothing and asks for nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Revocation<'a> {
    /// The lists at hand, in any order. A list counts for the certificates of the authority that signed it.
    pub lists: &'a [RevocationList<'a>],
    /// Whether a certificate of which no list speaks is refused.
    pub required: bool,
}

/// A revocation list (RFC 5280 section 5.1), borrowed from its DER. Parsing decides nothing about trust.
pub struct RevocationList<'a> {
    signed: Signed<'a>,
    content: TbsCertList<'a>,
    /// What the list says of certificates of a kind or place only.
    scope: Option<IssuingDistributionPoint<'a>>,
}

impl<'a> RevocationList<'a> {
    /// Reads a list from DER that holds nothing else.
    ///
    /// # Errors
    /// The field that is malformed, its offset in bytes, and what is wrong there.
    pub fn parse(der: &'a [u8]) -> Result<Self, ParseError> {
        let signed: Signed<'a> = asn1::parse_single(der)
            .map_err(|error| ParseError::from_asn1("CertificateList", der, 0, &error))?;
        let inner = signed.content.full_data();
        let base = offset_of(inner, der);
        let content: TbsCertList<'a> = asn1::parse_single(inner)
            .map_err(|error| ParseError::from_asn1("CertificateList.TBSCertList", inner, base, &error))?;
        let scope = extensions(&content).find(|known| known.id == oid::ISSUING_DISTRIBUTION_POINT);
        let scope = scope.map(|known| {
            asn1::parse_single(known.value).map_err(|error| {
                let at = offset_of(known.value, der);
                ParseError::from_asn1("extension issuingDistributionPoint", known.value, at, &error)
            })
        });
        let scope = scope.transpose()?;
        Ok(Self { signed, content, scope })
    }

    /// Who issued the list.
    pub fn issuer(&self) -> DistinguishedName<'a> {
        self.content.issuer
    }

    /// When it was issued.
    pub fn this_update(&self) -> UnixTime {
        self.content.this_update.unix_time()
    }

    /// When the next one will be there at the latest; RFC 5280 section 5.1.2.5 asks for it.
    pub fn next_update(&self) -> Option<UnixTime> {
        self.content.next_update.as_ref().map(Time::unix_time)
    }

    /// How many certificates are on it.
    pub fn len(&self) -> usize {
        self.content.revoked.as_ref().map_or(0, |list| list.iter().count())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the certificate with this serial number (as in [`serial`](crate::certificate::Certificate::serial)) is
    /// on the list, unless it was put there to be taken off again (`removeFromCRL`).
    pub fn has(&self, serial: &[u8]) -> bool {
        let entries = self.content.revoked.as_ref().map(List::iter);
        entries.into_iter().flatten().any(|entry| {
            let removed = || {
                let reasons = entry.extensions.as_ref().map(List::iter);
                reasons.into_iter().flatten().any(|it| it.id == oid::CRL_REASON && it.value == REMOVED)
            };
            entry.serial.as_bytes() == serial && !removed()
        })
    }

    /// Whether it has the differences to another list only (RFC 5280 section 5.2.4). Such a list is not used.
    pub fn is_delta(&self) -> bool {
        extensions(&self.content).any(|known| known.id == oid::DELTA_CRL_INDICATOR)
    }

    /// Whether it speaks of other authorities' certificates too (RFC 5280 section 5.2.5). Such a list is not used.
    pub fn is_indirect(&self) -> bool {
        self.scope.as_ref().is_some_and(|scope| scope.indirect)
    }

    /// Whether it speaks of certificates that were taken back for some reasons only. Such a list is not used.
    pub fn is_of_some_reasons(&self) -> bool {
        self.scope.as_ref().is_some_and(|scope| scope.some_reasons.is_some())
    }

    pub(crate) fn signed_bytes(&self) -> &'a [u8] {
        self.signed.content.full_data()
    }

    pub(crate) fn signature(&self) -> Option<&'a [u8]> {
        (self.signed.signature.padding_bits() == 0).then(|| self.signed.signature.as_bytes())
    }

    pub(crate) fn algorithm(&self) -> &AlgorithmIdentifier<'a> {
        &self.signed.algorithm
    }

    pub(crate) fn scope(&self) -> Option<&IssuingDistributionPoint<'a>> {
        self.scope.as_ref()
    }

    /// The identifier of the key that signed it (RFC 5280 section 5.2.1).
    pub(crate) fn authority_key_identifier(&self) -> Option<&'a [u8]> {
        let known = extensions(&self.content).find(|known| known.id == oid::AUTHORITY_KEY_IDENTIFIER)?;
        asn1::parse_single::<AuthorityKeyIdentifier<'a>>(known.value).ok()?.key_identifier
    }

    /// RFC 5280 sections 5.1.2.1 to 5.1.2.5: version 2, one algorithm, a next update.
    pub(crate) fn has_form(&self) -> bool {
        self.content.version == Some(1)
            && self.content.signature == self.signed.algorithm
            && self.content.next_update.is_some()
    }

    /// RFC 5280 section 5.2.3: the number is there and is not critical.
    pub(crate) fn has_number(&self) -> bool {
        extensions(&self.content).any(|known| known.id == oid::CRL_NUMBER && !known.critical)
    }

    /// Whether all that a verifier must understand of it is understood. Differences to another list, lists of other
    /// authorities' certificates and lists of some reasons only are not.
    pub(crate) fn is_understood(&self) -> bool {
        let of_list = |known: &Extension<'_>| {
            matches!(
                known.id,
                oid::CRL_NUMBER | oid::ISSUING_DISTRIBUTION_POINT | oid::AUTHORITY_KEY_IDENTIFIER
            ) || !known.critical && known.id != oid::DELTA_CRL_INDICATOR
        };
        let of_entry = |known: &Extension<'_>| {
            matches!(known.id, oid::CRL_REASON | oid::INVALIDITY_DATE) || !known.critical
        };
        let entries = self.content.revoked.as_ref().map(List::iter);
        let mut entries = entries.into_iter().flatten().filter_map(|entry| entry.extensions);
        !self.is_indirect()
            && !self.is_of_some_reasons()
            && extensions(&self.content).all(|known| of_list(&known))
            && entries.all(|list| list.iter().all(|known| of_entry(&known)))
    }
}

/// The reason `removeFromCRL`: ENUMERATED 8.
const REMOVED: &[u8] = &[0x0a, 0x01, 0x08];

fn extensions<'a>(content: &TbsCertList<'a>) -> impl Iterator<Item = Extension<'a>> + use<'a> {
    content.extensions.as_ref().map(List::iter).into_iter().flatten()
}

impl std::fmt::Debug for RevocationList<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RevocationList").field("issuer", &self.issuer().to_string()).finish_non_exhaustive()
    }
}
