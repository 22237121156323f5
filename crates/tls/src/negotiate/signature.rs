//! Signature schemes: the registry's numbers against keys and algorithms.

use bulla_crypto::signature::{KeyKind, SignatureAlgorithm};

use crate::wire::codec::List16;
use crate::wire::registry::{ProtocolVersion, SignatureScheme};

impl SignatureScheme {
    /// The algorithm by which bulla signs and verifies, if it can: what the answer to
    /// [`Need::Sign`](crate::Need::Sign) signs with.
    ///
    /// An ECDSA scheme fixes curve and hash, as TLS 1.3 has it (RFC 9846 section 4.3.3).
    ///
    /// ```
    /// use bulla_crypto::private_key::PrivateKey;
    /// use bulla_tls::{SignNeed, Signature};
    ///
    /// fn answer(need: SignNeed, key: &PrivateKey) -> Result<(), Box<dyn std::error::Error>> {
    ///     let algorithm = need.scheme.algorithm().ok_or("a scheme that bulla does not know")?;
    ///     let signature = key.sign(algorithm, &need.message)?;
    ///     need.reply.reply(Signature(signature));
    ///     Ok(())
    /// }
    /// ```
    pub fn algorithm(self) -> Option<SignatureAlgorithm> {
        Some(match self {
            Self::ECDSA_SECP256R1_SHA256 => SignatureAlgorithm::EcdsaP256Sha256,
            Self::ECDSA_SECP384R1_SHA384 => SignatureAlgorithm::EcdsaP384Sha384,
            Self::ECDSA_SECP521R1_SHA512 => SignatureAlgorithm::EcdsaP521Sha512,
            Self::ED25519 => SignatureAlgorithm::Ed25519,
            Self::MLDSA44 => SignatureAlgorithm::MlDsa44,
            Self::MLDSA65 => SignatureAlgorithm::MlDsa65,
            Self::MLDSA87 => SignatureAlgorithm::MlDsa87,
            Self::RSA_PSS_RSAE_SHA256 => SignatureAlgorithm::RsaPssSha256,
            Self::RSA_PSS_RSAE_SHA384 => SignatureAlgorithm::RsaPssSha384,
            Self::RSA_PSS_RSAE_SHA512 => SignatureAlgorithm::RsaPssSha512,
            Self::RSA_PKCS1_SHA256 => SignatureAlgorithm::RsaPkcs1Sha256,
            Self::RSA_PKCS1_SHA384 => SignatureAlgorithm::RsaPkcs1Sha384,
            Self::RSA_PKCS1_SHA512 => SignatureAlgorithm::RsaPkcs1Sha512,
            _ => return None,
        })
    }
}

/// The algorithm by which a key of this kind signs a handshake under a scheme, where the version lets it.
pub(crate) fn in_handshake(
    version: ProtocolVersion,
    scheme: SignatureScheme,
    kind: KeyKind,
) -> Option<SignatureAlgorithm> {
    let algorithm = match version {
        ProtocolVersion::TLS_1_3 => scheme.algorithm().filter(|_| !is_for_certificates(scheme)),
        _ => in_handshake12(scheme, kind),
    };
    algorithm.filter(|algorithm| algorithm.key_kind() == kind)
}

/// RFC 9846 section 4.3.3: the RSASSA-PKCS1-v1_5 values refer solely to signatures which appear in
/// certificates and are not defined for use in signed TLS handshake messages.
fn is_for_certificates(scheme: SignatureScheme) -> bool {
    matches!(
        scheme,
        SignatureScheme::RSA_PKCS1_SHA256
            | SignatureScheme::RSA_PKCS1_SHA384
            | SignatureScheme::RSA_PKCS1_SHA512
    )
}

/// In TLS 1.2 an ECDSA scheme fixes the hash alone, whatever the curve (RFC 5246 section 7.4.1.4.1).
fn in_handshake12(scheme: SignatureScheme, kind: KeyKind) -> Option<SignatureAlgorithm> {
    use SignatureAlgorithm as A;
    Some(match (scheme, kind) {
        (SignatureScheme::ECDSA_SECP256R1_SHA256, KeyKind::EcP256) => A::EcdsaP256Sha256,
        (SignatureScheme::ECDSA_SECP256R1_SHA256, KeyKind::EcP384) => A::EcdsaP384Sha256,
        (SignatureScheme::ECDSA_SECP256R1_SHA256, KeyKind::EcP521) => A::EcdsaP521Sha256,
        (SignatureScheme::ECDSA_SECP384R1_SHA384, KeyKind::EcP256) => A::EcdsaP256Sha384,
        (SignatureScheme::ECDSA_SECP384R1_SHA384, KeyKind::EcP384) => A::EcdsaP384Sha384,
        (SignatureScheme::ECDSA_SECP384R1_SHA384, KeyKind::EcP521) => A::EcdsaP521Sha384,
        (SignatureScheme::ECDSA_SECP521R1_SHA512, KeyKind::EcP256) => A::EcdsaP256Sha512,
        (SignatureScheme::ECDSA_SECP521R1_SHA512, KeyKind::EcP384) => A::EcdsaP384Sha512,
        (SignatureScheme::ECDSA_SECP521R1_SHA512, KeyKind::EcP521) => A::EcdsaP521Sha512,
        (SignatureScheme::ED25519, KeyKind::Ed25519) => A::Ed25519,
        (_, KeyKind::Rsa) => return scheme.algorithm(),
        _ => return None,
    })
}

/// Whether a scheme can sign handshakes of this version at all, by whatever key.
pub(crate) fn is_usable(version: ProtocolVersion, scheme: SignatureScheme) -> bool {
    let algorithm = scheme.algorithm();
    algorithm.is_some_and(|algorithm| in_handshake(version, scheme, algorithm.key_kind()).is_some())
}

/// The schemes by which a key of this kind signs handshakes of this version, best first. ECDSA signs with the hash
/// of its curve's strength, in TLS 1.2 too.
pub(crate) fn schemes_of(version: ProtocolVersion, kind: KeyKind) -> Vec<SignatureScheme> {
    crate::config::DEFAULT_SCHEMES
        .into_iter()
        .filter(|scheme| {
            let signs = in_handshake(version, *scheme, kind);
            signs.is_some() && signs == scheme.algorithm()
        })
        .collect()
}

/// The best scheme of `ours` that the peer accepts.
pub(crate) fn choose(
    ours: &[SignatureScheme],
    accepted: List16<'_, SignatureScheme>,
) -> Option<SignatureScheme> {
    ours.iter().copied().find(|scheme| accepted.contains(*scheme))
}
