//! Lists of certificates that their issuers took back (RFC 5280 section 5).

use crate::{
    certificate::{ParseError, offset_of},
    model::{
        algorithm::AlgorithmIdentifier,
        certificate::Signed,
        extension::{AuthorityKeyIdentifier, Extension},
        general_name::GeneralName,
        list::List,
        oid,
        revocation::{IssuingDistributionPoint, Revoked, TbsCertList},
        time::Time,
    },
    name::DistinguishedName,
};
use asn1::{BigUint, ObjectIdentifier};
use rustls_pki_types::UnixTime;

/// What a judgement knows of revocation. The default knows nothing and asks for nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Revocation<'a> {
    /// The lists at hand, in any order: whole ones, differences to them, lists of some certificates or reasons only, and
    /// lists that one authority signs for another. A list counts for the certificates that it is meant for, once its
    /// signer has a path of its own to the same anchor; the signer's certificate is looked for among those that the peer
    /// sent ([`Presented::chain`](crate::verdict::Presented::chain)) and on the path.
    pub lists: &'a [RevocationList<'a>],
    /// Whether a certificate is refused of which no list speaks, or lists of some reasons only.
    pub required: bool,
}

impl Revocation<'_> {
    /// Whether there is anything to ask, or anybody who asks.
    pub(crate) fn is_asked(&self) -> bool {
        !self.lists.is_empty() || self.required
    }
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

    /// Whether the certificate of the list's own issuer with this serial number (as in
    /// [`serial`](crate::certificate::Certificate::serial)) is on the list, unless it was put there to be taken off again
    /// (`removeFromCRL`).
    pub fn has(&self, serial: &[u8]) -> bool {
        self.entry(&self.issuer(), serial) == Entry::Revoked
    }

    /// Whether it has the differences to another list only (RFC 5280 section 5.2.4). It counts together with a list that
    /// is not older than the one it builds on.
    pub fn is_delta(&self) -> bool {
        self.extension(&oid::DELTA_CRL_INDICATOR).is_some()
    }

    /// Whether it may speak of other authorities' certificates too (RFC 5280 section 5.2.5). It counts for the
    /// certificates that name its issuer as that of their list.
    pub fn is_indirect(&self) -> bool {
        self.scope.as_ref().is_some_and(|scope| scope.indirect)
    }

    /// Whether it speaks of certificates that were taken back for some reasons only. A certificate is known not to be
    /// taken back when lists for all reasons are at hand.
    pub fn is_of_some_reasons(&self) -> bool {
        self.scope.as_ref().is_some_and(|scope| scope.some_reasons.is_some())
    }

    /// What the list says of the certificate of this issuer with this serial number.
    pub(crate) fn entry(&self, issuer: &DistinguishedName<'_>, serial: &[u8]) -> Entry {
        // RFC 5280 section 5.3.3: "If this extension is not present on the first entry in an indirect CRL, the
        // certificate issuer defaults to the CRL issuer. On subsequent entries in an indirect CRL, if this extension is
        // not present, the certificate issuer for the entry is the same as that for the preceding entry."
        let mut of: Option<GeneralNames<'_>> = None;
        let (mut found, is_indirect) = (Entry::Absent, self.is_indirect());
        for entry in self.entries() {
            if is_indirect {
                of = entry.issuer().or(of);
            }
            if entry.serial.as_bytes() != serial {
                continue;
            }
            let is_its_issuer = match &of {
                None => self.issuer().is_same(issuer),
                Some(names) => names.iter().any(|name| is_directory(&name, issuer)),
            };
            match (is_its_issuer, entry.is_removed()) {
                (false, _) => {}
                (true, false) => return Entry::Revoked,
                (true, true) => found = Entry::Removed,
            }
        }
        found
    }

    fn entries(&self) -> impl Iterator<Item = Revoked<'a>> + use<'a> {
        self.content.revoked.as_ref().map(List::iter).into_iter().flatten()
    }

    fn extension(&self, id: &ObjectIdentifier) -> Option<Extension<'a>> {
        extensions(&self.content).find(|known| known.id == *id)
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
        self.extension(&oid::CRL_NUMBER).is_some_and(|known| !known.critical)
    }

    /// Whether a list with changes builds on this one or on an older one (RFC 5280 section 5.2.4).
    pub(crate) fn is_base_of(&self, delta: &RevocationList<'_>) -> bool {
        let (own, new) = (self.number(&oid::CRL_NUMBER), delta.number(&oid::CRL_NUMBER));
        let base = delta.number(&oid::DELTA_CRL_INDICATOR);
        !self.is_delta()
            && own.is_some()
            && base.is_some()
            && base <= own
            && own < new
            && self.is_kin_of(delta)
    }

    /// Whether another list is of the same issuer, key and scope.
    pub(crate) fn is_kin_of(&self, other: &RevocationList<'_>) -> bool {
        let own = self.extension(&oid::ISSUING_DISTRIBUTION_POINT).map(|known| known.value);
        let theirs = other.extension(&oid::ISSUING_DISTRIBUTION_POINT).map(|known| known.value);
        own == theirs
            && self.authority_key_identifier() == other.authority_key_identifier()
            && self.issuer().is_same(&other.issuer())
    }

    /// A number of a list. Numbers compare as pairs.
    pub(crate) fn number(&self, id: &ObjectIdentifier) -> Option<Number<'a>> {
        let number: BigUint<'a> = asn1::parse_single(self.extension(id)?.value).ok()?;
        let bytes = number.as_bytes();
        let bytes = bytes.strip_prefix(&[0]).unwrap_or(bytes);
        Some((bytes.len(), bytes))
    }

    /// Whether this moment is between its dates.
    pub(crate) fn is_current(&self, now: u64) -> bool {
        self.this_update().as_secs() <= now && self.next_update().is_none_or(|next| now <= next.as_secs())
    }

    /// Whether all that a verifier must understand of it is understood.
    pub(crate) fn is_understood(&self) -> bool {
        let of_list = |known: &Extension<'_>| {
            matches!(
                known.id,
                oid::CRL_NUMBER
                    | oid::ISSUING_DISTRIBUTION_POINT
                    | oid::AUTHORITY_KEY_IDENTIFIER
                    | oid::DELTA_CRL_INDICATOR
                    | oid::FRESHEST_CRL
            ) || !known.critical
        };
        // Whoever passes over certificateIssuer takes the entry for another authority's.
        let of_entry = |known: &Extension<'_>| match known.id {
            oid::CERTIFICATE_ISSUER => {
                self.is_indirect() && asn1::parse_single::<GeneralNames<'_>>(known.value).is_ok()
            }
            oid::CRL_REASON | oid::INVALIDITY_DATE => true,
            _ => !known.critical,
        };
        let mut entries = self.entries().filter_map(|entry| entry.extensions);
        extensions(&self.content).all(|known| of_list(&known))
            && (!self.is_delta() || self.number(&oid::DELTA_CRL_INDICATOR).is_some())
            && entries.all(|list| list.iter().all(|known| of_entry(&known)))
    }
}

/// What a list says of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// Nothing.
    Absent,
    /// It was taken back.
    Revoked,
    /// It was on hold, or has expired, and is to be taken off the list.
    Removed,
}

/// Bytes without zeros before them, after how many they are.
pub(crate) type Number<'a> = (usize, &'a [u8]);

type GeneralNames<'a> = List<'a, GeneralName<'a>, 1>;

impl<'a> Revoked<'a> {
    fn extension(&self, id: &ObjectIdentifier) -> Option<Extension<'a>> {
        self.extensions.as_ref()?.iter().find(|known| known.id == *id)
    }

    /// Who issued the certificate, when it is another than that of the entry before.
    fn issuer(&self) -> Option<GeneralNames<'a>> {
        asn1::parse_single(self.extension(&oid::CERTIFICATE_ISSUER)?.value).ok()
    }

    fn is_removed(&self) -> bool {
        self.extension(&oid::CRL_REASON).is_some_and(|known| known.value == REMOVED)
    }
}

/// Whether a name is that of an entry of a directory.
pub(crate) fn is_directory(name: &GeneralName<'_>, wanted: &DistinguishedName<'_>) -> bool {
    matches!(name, GeneralName::Directory(name) if name.is_same(wanted))
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
