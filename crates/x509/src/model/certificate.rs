//! `Certificate` and `TBSCertificate` (RFC 5280 section 4.1).

use super::{
    algorithm::{AlgorithmIdentifier, SubjectPublicKeyInfo},
    extension::Extension,
    list::List,
    time::Time,
};
use crate::name::DistinguishedName;
use asn1::{Asn1Read, Asn1Write, BigInt, BitString, Tlv};

/// What certificates and requests share: content, the algorithm, the signature over the content.
#[derive(Asn1Read, Asn1Write)]
pub(crate) struct Signed<'a> {
    pub(crate) content: Tlv<'a>,
    pub(crate) algorithm: AlgorithmIdentifier<'a>,
    pub(crate) signature: BitString<'a>,
}

/// `TBSCertificate`.
#[derive(Asn1Read, Asn1Write)]
pub(crate) struct TbsCertificate<'a> {
    #[explicit(0)]
    #[default(0u8)]
    pub(crate) version: u8,
    pub(crate) serial: BigInt<'a>,
    pub(crate) signature: AlgorithmIdentifier<'a>,
    pub(crate) issuer: DistinguishedName<'a>,
    pub(crate) validity: Validity,
    pub(crate) subject: DistinguishedName<'a>,
    pub(crate) public_key: SubjectPublicKeyInfo<'a>,
    #[implicit(1)]
    pub(crate) issuer_unique_id: Option<BitString<'a>>,
    #[implicit(2)]
    pub(crate) subject_unique_id: Option<BitString<'a>>,
    #[explicit(3)]
    pub(crate) extensions: Option<List<'a, Extension<'a>, 1>>,
}

/// The number that stands for version 3.
pub(crate) const VERSION_3: u8 = 2;

/// `Validity`.
#[derive(Asn1Read, Asn1Write)]
pub(crate) struct Validity {
    pub(crate) not_before: Time,
    pub(crate) not_after: Time,
}
