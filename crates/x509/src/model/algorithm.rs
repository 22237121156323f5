//! Algorithm identifiers and public keys (RFC 5280 section 4.1.2.7, RFC 4055, RFC 5480, RFC 8410, RFC 9881).

use super::oid;
use asn1::{Asn1Read, Asn1Write, BigUint, BitString, ObjectIdentifier, Tlv};

/// The DER of NULL, the parameters of RSA's identifiers.
const NULL: &[u8] = &[0x05, 0x00];

/// `AlgorithmIdentifier`.
#[derive(Asn1Read, Asn1Write, Clone, PartialEq, Eq)]
pub(crate) struct AlgorithmIdentifier<'a> {
    pub(crate) algorithm: ObjectIdentifier,
    pub(crate) parameters: Option<Tlv<'a>>,
}

impl<'a> AlgorithmIdentifier<'a> {
    /// An identifier that was checked when the certificate was read: the object identifier without its tag and
    /// length, and the parameters.
    pub(crate) fn checked(identifier: &[u8], parameters: Option<&'a [u8]>) -> Self {
        Self {
            algorithm: ObjectIdentifier::from_der(identifier).unwrap_or(oid::NONE),
            parameters: parameters.and_then(|parameters| asn1::parse_single(parameters).ok()),
        }
    }

    /// An identifier without parameters.
    pub(crate) fn bare(algorithm: ObjectIdentifier) -> Self {
        Self { algorithm, parameters: None }
    }

    /// An identifier with parameters already in DER; malformed ones are left out.
    pub(crate) fn with(algorithm: ObjectIdentifier, parameters: &'a [u8]) -> Self {
        Self { algorithm, parameters: asn1::parse_single(parameters).ok() }
    }

    /// An identifier with NULL parameters.
    pub(crate) fn with_null(algorithm: ObjectIdentifier) -> Self {
        Self::with(algorithm, NULL)
    }

    /// RFC 4055 section 5: parameters of these identifiers are NULL, and readers accept absent ones too.
    pub(crate) fn has_null_or_no_parameters(&self) -> bool {
        self.parameters.is_none_or(|parameters| parameters.full_data() == NULL)
    }
}

/// `SubjectPublicKeyInfo`.
#[derive(Asn1Read, Asn1Write, Clone, PartialEq)]
pub(crate) struct SubjectPublicKeyInfo<'a> {
    pub(crate) algorithm: AlgorithmIdentifier<'a>,
    pub(crate) key: BitString<'a>,
}

/// `RSAPublicKey` (RFC 8017 appendix A.1.1).
#[derive(Asn1Read, Asn1Write)]
pub(crate) struct RsaPublicKey<'a> {
    pub(crate) modulus: BigUint<'a>,
    pub(crate) exponent: BigUint<'a>,
}

impl RsaPublicKey<'_> {
    /// The length of the modulus in bits.
    pub(crate) fn bits(&self) -> usize {
        let bytes = self.modulus.as_bytes();
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        let leading = bytes.get(zeros).map_or(0, |byte| byte.leading_zeros() as usize);
        bytes.len().saturating_sub(zeros).saturating_mul(8).saturating_sub(leading)
    }
}

/// `RSASSA-PSS-params` (RFC 4055 section 3.1). Absent fields mean SHA-1, which is refused.
#[derive(Asn1Read, Asn1Write)]
pub(crate) struct RsaPssParameters<'a> {
    #[explicit(0)]
    pub(crate) hash: Option<AlgorithmIdentifier<'a>>,
    #[explicit(1)]
    pub(crate) mask: Option<AlgorithmIdentifier<'a>>,
    #[explicit(2)]
    pub(crate) salt_length: Option<u64>,
    #[explicit(3)]
    pub(crate) trailer: Option<u64>,
}

impl RsaPssParameters<'_> {
    /// The hash, when mask and salt follow it as TLS and the CA/Browser Forum require.
    pub(crate) fn uniform_hash(&self) -> Option<ObjectIdentifier> {
        let hash = self.hash.as_ref().filter(|hash| hash.has_null_or_no_parameters())?;
        let mask = self.mask.as_ref().filter(|mask| mask.algorithm == oid::MGF1)?;
        let inner: AlgorithmIdentifier<'_> = mask.parameters?.parse().ok()?;
        let same = inner.algorithm == hash.algorithm && inner.has_null_or_no_parameters();
        let salt = match hash.algorithm {
            oid::SHA256 => 32,
            oid::SHA384 => 48,
            oid::SHA512 => 64,
            _ => return None,
        };
        let fits = self.salt_length == Some(salt) && self.trailer.is_none_or(|trailer| trailer == 1);
        (same && fits).then_some(hash.algorithm.clone())
    }
}
