//! `TBSCertList` and its extensions (RFC 5280 section 5).

use super::{
    algorithm::AlgorithmIdentifier, extension::Extension, general_name::GeneralName, list::List,
    name::RelativeName, time::Time,
};
use crate::name::DistinguishedName;
use asn1::{
    Asn1Read, Asn1Write, BigInt, BitString, ParseResult, SimpleAsn1Readable, SimpleAsn1Writable, Tag,
    WriteBuf, WriteError,
};

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
    pub(crate) some_reasons: Option<Reasons>,
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
    pub(crate) reasons: Option<Reasons>,
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

/// `ReasonFlags` (RFC 5280 section 4.2.1.13): the reasons for which certificates are taken back. Bit `n` of the standard
/// is the `n`th of the bits, the highest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reasons(u16);

impl Reasons {
    /// RFC 5280 section 6.3.1: all-reasons, the bits from keyCompromise (1) to aACompromise (8).
    pub(crate) const ALL: Self = Self(0x7f80);

    fn from_bits(bits: &[u8]) -> Self {
        let byte = |index: usize| bits.get(index).copied().unwrap_or(0);
        Self(u16::from_be_bytes([byte(0), byte(1)]) & Self::ALL.0)
    }

    /// The reasons of either.
    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The reasons of both.
    pub(crate) fn common(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl<'a> SimpleAsn1Readable<'a> for Reasons {
    const TAG: Tag = <BitString<'a> as SimpleAsn1Readable<'a>>::TAG;

    fn parse_data(data: &'a [u8]) -> ParseResult<Self> {
        BitString::parse_data(data).map(|bits| Self::from_bits(bits.as_bytes()))
    }
}

impl SimpleAsn1Writable for Reasons {
    type Error = WriteError;
    const TAG: Tag = <BitString<'static> as SimpleAsn1Writable>::TAG;

    fn write_data(&self, dest: &mut WriteBuf) -> Result<(), WriteError> {
        // X.690 section 11.2.2: no zeros at the end.
        let bytes = self.0.to_be_bytes();
        let unused = u8::try_from(self.0.trailing_zeros()).unwrap_or(16).min(16);
        let kept = bytes.get(..usize::from(16u8.saturating_sub(unused)).div_ceil(8)).unwrap_or_default();
        BitString::new(kept, unused % 8).map_or(Ok(()), |bits| bits.write_data(dest))
    }

    fn data_length(&self) -> Option<usize> {
        None
    }
}
