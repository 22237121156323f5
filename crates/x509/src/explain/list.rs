//! Revocation lists, as far as they are shown: whose they are, of when, and how long (RFC 5280 section 5.1).

use crate::{
    fault::ParseError,
    model::{algorithm::AlgorithmIdentifier, certificate::Signed, time::Time},
    name::DistinguishedName,
};
use asn1::{Asn1Read, SequenceOf, Tlv};
use rustls_pki_types::UnixTime;

/// What a revocation list says of itself. Its signature is not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RevocationList {
    /// Whose list it is: safe to print.
    pub issuer: String,
    /// When it was made.
    pub this_update: UnixTime,
    /// When the next one is due.
    pub next_update: Option<UnixTime>,
    /// How many certificates are revoked.
    pub revoked: usize,
}

/// `TBSCertList`.
#[derive(Asn1Read)]
struct TbsList<'a> {
    _version: Option<u8>,
    _signature: AlgorithmIdentifier<'a>,
    issuer: DistinguishedName<'a>,
    this_update: Time,
    next_update: Option<Time>,
    revoked: Option<SequenceOf<'a, Tlv<'a>>>,
    #[explicit(0)]
    _extensions: Option<Tlv<'a>>,
}

/// Reads a list in DER.
///
/// # Errors
/// The field that is malformed, its offset in bytes, and what is wrong there.
pub fn revocation_list(der: &[u8]) -> Result<RevocationList, ParseError> {
    let root = "CertificateList";
    let signed: Signed<'_> =
        asn1::parse_single(der).map_err(|error| ParseError::from_asn1(root, der, 0, &error))?;
    let inner = signed.content.full_data();
    let list: TbsList<'_> = asn1::parse_single(inner)
        .map_err(|error| ParseError::from_asn1("CertificateList.TBSCertList", inner, 0, &error))?;
    Ok(RevocationList {
        issuer: list.issuer.to_string(),
        this_update: list.this_update.unix_time(),
        next_update: list.next_update.map(|time| time.unix_time()),
        revoked: list.revoked.map_or(0, Iterator::count),
    })
}
