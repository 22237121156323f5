//! `TBSCertList` and its extensions (RFC 5280 section 5).

use super::{
    algorithm::AlgorithmIdentifier, extension::Extension, general_name::GeneralName, list::List,
    name::RelativeName, time::Time,
};
use crate::name::DistinguishedName;
use asn1::{Asn1Read, Asn1Write, BigInt, BitString};

/// `TBSCertList`.
#[derive(Asn1Read, Asn1Write)]
pub(crate) struct TbsCertList<'a> {
    pub(crate) version: Option<u8>,
    pub(crate) signature: AlgorithmIdentifier<'a>,
    pub(crate) issuer: DistinguishedName<'a>,
    pub(crate) this_update: Time,
    pub(crate) next_update: Option<Time>,
    pub(crate) revoked: Option<List<'a, Revoked<'a>>>,
    #[explicit(0)]
    pub(crate) extensions: Option<List<'a, Extension<'a>, 1>>,
}

/// One entry of `revokedCertificates`.
#[derive(Asn1Read, Asn1Write, Clone)]
pub(crate) struct Revoked<'a> {
    pub(crate) serial: BigInt<'a>,
    pub(crate) date: Time,
    pub(crate) extensions: Option<List<'a, Extension<'a>, 1>>,
}

/// `IssuingDistributionPoint` (RFC 5280 section 5.2.5).
#[derive(Asn1Read, Asn1Write)]
pub(crate) struct IssuingDistributionPoint<'a> {
    #[explicit(0)]
    pub(crate) point: Option<PointName<'a>>,
    #[implicit(1)]
    #[default(false)]
    pub(crate) only_users: bool,
    #[implicit(2)]
    #[default(false)]
    pub(crate) only_authorities: bool,
    #[implicit(3)]
    pub(crate) some_reasons: Option<BitString<'a>>,
    #[implicit(4)]
    #[default(false)]
    pub(crate) indirect: bool,
    #[implicit(5)]
    #[default(false)]
    pub(crate) only_attributes: bool,
}

/// `DistributionPoint` (RFC 5280 section 4.2.1.13).
#[derive(Asn1Read, Asn1Write, Clone)]
pub(crate) struct DistributionPoint<'a> {
    #[explicit(0)]
    pub(crate) point: Option<PointName<'a>>,
    #[implicit(1)]
    pub(crate) reasons: Option<BitString<'a>>,
    #[implicit(2)]
    pub(crate) issuer: Option<List<'a, GeneralName<'a>, 1>>,
}

/// `DistributionPointName`.
#[derive(Asn1Read, Asn1Write, Clone)]
pub(crate) enum PointName<'a> {
    #[implicit(0)]
    Full(List<'a, GeneralName<'a>, 1>),
    #[implicit(1)]
    Relative(RelativeName<'a>),
}
