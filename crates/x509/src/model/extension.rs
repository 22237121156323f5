//! Certificate extensions (RFC 5280 section 4.2).

use super::{general_name::GeneralName, list::List, oid};
use asn1::{
    Asn1Read, Asn1Write, BigInt, BitString, ObjectIdentifier, ParseResult, SimpleAsn1Readable,
    SimpleAsn1Writable, Tag, WriteBuf, WriteError,
};

/// `Extension`.
#[derive(Asn1Read, Asn1Write, Clone)]
pub(crate) struct Extension<'a> {
    pub(crate) id: ObjectIdentifier,
    #[default(false)]
    pub(crate) critical: bool,
    pub(crate) value: &'a [u8],
}

/// The basic constraints of a certificate (RFC 5280 section 4.2.1.9).
#[derive(Asn1Read, Asn1Write, Clone, Copy, Debug, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether the key may sign certificates.
    #[default(false)]
    pub authority: bool,
    /// How many intermediate certificates may follow below this one.
    pub path_length: Option<u64>,
}

/// What a key may be used for (RFC 5280 section 4.2.1.3). Bit `n` of the standard is `1 << n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyUsage(u16);

impl KeyUsage {
    /// Signatures other than on certificates and revocation lists: what TLS 1.3 needs.
    pub const DIGITAL_SIGNATURE: Self = Self(1);
    /// Enciphering keys: RSA key transport.
    pub const KEY_ENCIPHERMENT: Self = Self(1 << 2);
    /// Static key agreement.
    pub const KEY_AGREEMENT: Self = Self(1 << 4);
    /// Signatures on certificates.
    pub const CERTIFICATE_SIGNING: Self = Self(1 << 5);
    /// Signatures on revocation lists.
    pub const CRL_SIGNING: Self = Self(1 << 6);

    const NAMES: [&'static str; 9] = [
        "digitalSignature",
        "contentCommitment",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "encipherOnly",
        "decipherOnly",
    ];

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether each bit of `other` is set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The bytes of the bit string; bits without a name do not count.
    pub(crate) fn from_bits(bytes: &[u8]) -> Self {
        let byte = |index: usize| bytes.get(index).copied().unwrap_or(0).reverse_bits();
        Self(u16::from_le_bytes([byte(0), byte(1) & 1]))
    }

    #[cfg(test)]
    pub(crate) const fn from_raw(bits: u16) -> Self {
        Self(bits)
    }

    /// The standard's names of the bits that are set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().enumerate().filter(move |(bit, _)| self.has_bit(*bit)).map(|(_, name)| name)
    }

    fn has_bit(self, bit: usize) -> bool {
        self.0.checked_shr(u32::try_from(bit).unwrap_or(u32::MAX)).is_some_and(|rest| rest & 1 == 1)
    }
}

impl<'a> SimpleAsn1Readable<'a> for KeyUsage {
    const TAG: Tag = <BitString<'a> as SimpleAsn1Readable<'a>>::TAG;

    fn parse_data(data: &'a [u8]) -> ParseResult<Self> {
        BitString::parse_data(data).map(|bits| Self::from_bits(bits.as_bytes()))
    }
}

/// DER of a named bit list: the first name is the high bit, and trailing zero bits are left out.
impl SimpleAsn1Writable for KeyUsage {
    type Error = WriteError;
    const TAG: Tag = <Self as SimpleAsn1Readable<'static>>::TAG;

    fn write_data(&self, dest: &mut WriteBuf) -> Result<(), WriteError> {
        let [first, second] = self.0.to_le_bytes().map(u8::reverse_bits);
        let (bytes, last) = if second == 0 { (&[first][..], first) } else { (&[first, second][..], second) };
        let unused = u8::try_from(last.trailing_zeros().min(7)).unwrap_or(0);
        BitString::new(bytes, unused).ok_or(WriteError::AllocationError)?.write_data(dest)
    }

    fn data_length(&self) -> Option<usize> {
        None
    }
}

/// `NameConstraints` (RFC 5280 section 4.2.1.10).
#[derive(Asn1Read, Asn1Write, Clone)]
pub(crate) struct NameConstraints<'a> {
    #[implicit(0)]
    pub(crate) permitted: Option<List<'a, GeneralSubtree<'a>, 1>>,
    #[implicit(1)]
    pub(crate) excluded: Option<List<'a, GeneralSubtree<'a>, 1>>,
}

/// `GeneralSubtree`.
#[derive(Asn1Read, Asn1Write, Clone)]
pub(crate) struct GeneralSubtree<'a> {
    pub(crate) base: GeneralName<'a>,
    #[implicit(0)]
    #[default(0u64)]
    pub(crate) minimum: u64,
    #[implicit(1)]
    pub(crate) maximum: Option<u64>,
}

/// `AuthorityKeyIdentifier` (RFC 5280 section 4.2.1.1).
#[derive(Asn1Read, Asn1Write, Clone)]
pub(crate) struct AuthorityKeyIdentifier<'a> {
    #[implicit(0)]
    pub(crate) key_identifier: Option<&'a [u8]>,
    #[implicit(1)]
    pub(crate) issuer: Option<List<'a, GeneralName<'a>, 1>>,
    #[implicit(2)]
    pub(crate) serial: Option<BigInt<'a>>,
}

/// `AccessDescription` (RFC 5280 section 4.2.2.1).
#[derive(Asn1Read, Asn1Write, Clone)]
pub(crate) struct AccessDescription<'a> {
    pub(crate) method: ObjectIdentifier,
    pub(crate) location: GeneralName<'a>,
}

/// What a key is certified for (RFC 5280 section 4.2.1.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyPurpose {
    /// A TLS server.
    ServerAuth,
    /// A TLS client.
    ClientAuth,
    /// Code.
    CodeSigning,
    /// Mail.
    EmailProtection,
    /// Time stamps.
    TimeStamping,
    /// Answers about revocation.
    OcspSigning,
    /// A SIP domain (RFC 5924).
    SipDomain,
    /// Anything.
    Any,
}

/// Those of the purposes with a name that are in a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PurposeSet(u16);

impl PurposeSet {
    /// Adds a purpose by its identifier, without tag and length, if it has a name.
    pub(crate) fn add(&mut self, identifier: &[u8]) {
        let purpose = match identifier {
            // Below 1.3.6.1.5.5.7.3, id-kp.
            [0x2b, 6, 1, 5, 5, 7, 3, 1] => KeyPurpose::ServerAuth,
            [0x2b, 6, 1, 5, 5, 7, 3, 2] => KeyPurpose::ClientAuth,
            [0x2b, 6, 1, 5, 5, 7, 3, 3] => KeyPurpose::CodeSigning,
            [0x2b, 6, 1, 5, 5, 7, 3, 4] => KeyPurpose::EmailProtection,
            [0x2b, 6, 1, 5, 5, 7, 3, 8] => KeyPurpose::TimeStamping,
            [0x2b, 6, 1, 5, 5, 7, 3, 9] => KeyPurpose::OcspSigning,
            [0x2b, 6, 1, 5, 5, 7, 3, 20] => KeyPurpose::SipDomain,
            [0x55, 0x1d, 37, 0] => KeyPurpose::Any,
            _ => return,
        };
        self.0 |= purpose.bit();
    }

    pub(crate) const fn contains(self, purpose: KeyPurpose) -> bool {
        self.0 & purpose.bit() != 0
    }
}

impl KeyPurpose {
    const fn bit(self) -> u16 {
        1 << self as u8
    }

    pub(crate) const fn identifier(self) -> ObjectIdentifier {
        match self {
            Self::ServerAuth => oid::SERVER_AUTH,
            Self::ClientAuth => oid::CLIENT_AUTH,
            Self::CodeSigning => oid::CODE_SIGNING,
            Self::EmailProtection => oid::EMAIL_PROTECTION,
            Self::TimeStamping => oid::TIME_STAMPING,
            Self::OcspSigning => oid::OCSP_SIGNING,
            Self::SipDomain => oid::SIP_DOMAIN,
            Self::Any => oid::ANY_EXTENDED_KEY_USAGE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_is_known_by_its_identifier() {
        use KeyPurpose as P;
        let all = [
            P::ServerAuth,
            P::ClientAuth,
            P::CodeSigning,
            P::EmailProtection,
            P::TimeStamping,
            P::OcspSigning,
            P::SipDomain,
            P::Any,
        ];
        for purpose in all {
            let mut set = PurposeSet::default();
            set.add(purpose.identifier().as_der());
            assert!(all.iter().all(|other| set.contains(*other) == (*other == purpose)), "{purpose:?}");
        }
        let mut none = PurposeSet::default();
        none.add(oid::CA_ISSUERS.as_der());
        assert_eq!(none, PurposeSet::default());
    }
}
