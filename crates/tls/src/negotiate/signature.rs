//! Signature schemes: the registry's numbers against keys and algorithms.

use bulla_crypto::signature::{KeyKind, SignatureAlgorithm};

use crate::wire::codec::List16;
use crate::wire::registry::SignatureScheme;

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

/// The algorithm behind a scheme that may sign a TLS 1.3 handshake.
///
/// RFC 9846 section 4.3.3: the RSASSA-PKCS1-v1_5 values refer solely to signatures which appear in
/// certificates and are not defined for use in signed TLS handshake messages.
pub(crate) fn in_handshake(scheme: SignatureScheme) -> Option<SignatureAlgorithm> {
    let certificates_only = matches!(
        scheme,
        SignatureScheme::RSA_PKCS1_SHA256
            | SignatureScheme::RSA_PKCS1_SHA384
            | SignatureScheme::RSA_PKCS1_SHA512
    );
    scheme.algorithm().filter(|_| !certificates_only)
}

/// The schemes by which a key of this kind can sign a TLS 1.3 handshake, best first.
pub(crate) fn schemes_of(kind: KeyKind) -> Vec<SignatureScheme> {
    crate::config::DEFAULT_SCHEMES
        .into_iter()
        .filter(|scheme| in_handshake(*scheme).is_some_and(|algorithm| algorithm.key_kind() == kind))
        .collect()
}

/// The best scheme of `ours` that the peer accepts.
pub(crate) fn choose(
    ours: &[SignatureScheme],
    accepted: List16<'_, SignatureScheme>,
) -> Option<SignatureScheme> {
    ours.iter().copied().find(|scheme| in_handshake(*scheme).is_some() && accepted.contains(*scheme))
}
