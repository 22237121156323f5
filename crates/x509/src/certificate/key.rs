//! Which algorithm an identifier stands for. The table serves reading and writing.

use crate::{
    der::tag,
    model::{
        algorithm::{AlgorithmIdentifier, RsaPssParameters, RsaPublicKey, SubjectPublicKeyInfo},
        oid,
    },
};
use asn1::ObjectIdentifier;
use bulla_crypto::signature::{KeyKind, MIN_RSA_BITS, PublicKey, SignatureAlgorithm};

/// Why a key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyProblem {
    /// An algorithm or curve the crate does not support.
    #[error("keys of the kind {0} are not supported")]
    Unsupported(String),
    /// An RSA key below the floor.
    #[error("an RSA key of {0} bits is too short: {MIN_RSA_BITS} is the least")]
    Weak(usize),
    /// Bytes that are no key of the kind they claim to be.
    #[error("the {0} key is malformed")]
    Malformed(String),
}

/// A public key as a certificate or a request has it.
pub(crate) struct KeyInfo<'a> {
    pub(crate) algorithm: AlgorithmIdentifier<'a>,
    /// `None` when it is not a whole number of bytes.
    pub(crate) key: Option<&'a [u8]>,
}

impl<'a> From<&SubjectPublicKeyInfo<'a>> for KeyInfo<'a> {
    fn from(info: &SubjectPublicKeyInfo<'a>) -> Self {
        let key = (info.key.padding_bits() == 0).then(|| info.key.as_bytes());
        Self { algorithm: info.algorithm.clone(), key }
    }
}

/// The kind of key that an identifier names.
fn kind(algorithm: &AlgorithmIdentifier<'_>) -> Option<KeyKind> {
    match algorithm.algorithm {
        oid::EC_PUBLIC_KEY => match algorithm.parameters?.parse::<ObjectIdentifier>().ok()? {
            oid::CURVE_P256 => Some(KeyKind::EcP256),
            oid::CURVE_P384 => Some(KeyKind::EcP384),
            oid::CURVE_P521 => Some(KeyKind::EcP521),
            _ => None,
        },
        oid::ED25519 => algorithm.parameters.is_none().then_some(KeyKind::Ed25519),
        oid::RSA_ENCRYPTION => algorithm.has_null_or_no_parameters().then_some(KeyKind::Rsa),
        // RFC 9881 section 2: The contents of the parameters component for each algorithm MUST be absent.
        oid::ML_DSA_44 => algorithm.parameters.is_none().then_some(KeyKind::MlDsa44),
        oid::ML_DSA_65 => algorithm.parameters.is_none().then_some(KeyKind::MlDsa65),
        oid::ML_DSA_87 => algorithm.parameters.is_none().then_some(KeyKind::MlDsa87),
        _ => None,
    }
}

/// The same of an identifier as it is encoded: without tag and length, and its parameters with theirs. The kinds that
/// nearly all certificates have are told by a glance.
pub(crate) fn kind_of(identifier: &[u8], parameters: Option<&[u8]>) -> Option<KeyKind> {
    match (identifier, parameters) {
        (EC, Some(P256)) => Some(KeyKind::EcP256),
        (EC, Some(P384)) => Some(KeyKind::EcP384),
        _ => kind(&AlgorithmIdentifier::checked(identifier, parameters)),
    }
}

const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];
const P521: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23];

/// The identifier for keys of a kind; the curve is its parameter.
pub(crate) fn identifier(kind: KeyKind) -> AlgorithmIdentifier<'static> {
    match kind {
        KeyKind::EcP256 => AlgorithmIdentifier::with(oid::EC_PUBLIC_KEY, P256),
        KeyKind::EcP384 => AlgorithmIdentifier::with(oid::EC_PUBLIC_KEY, P384),
        KeyKind::EcP521 => AlgorithmIdentifier::with(oid::EC_PUBLIC_KEY, P521),
        KeyKind::Ed25519 => AlgorithmIdentifier::bare(oid::ED25519),
        KeyKind::MlDsa44 => AlgorithmIdentifier::bare(oid::ML_DSA_44),
        KeyKind::MlDsa65 => AlgorithmIdentifier::bare(oid::ML_DSA_65),
        KeyKind::MlDsa87 => AlgorithmIdentifier::bare(oid::ML_DSA_87),
        KeyKind::Rsa => AlgorithmIdentifier::with_null(oid::RSA_ENCRYPTION),
    }
}

/// The key in the form that verifies.
pub(crate) fn public_key<'a>(info: &KeyInfo<'a>) -> Result<PublicKey<'a>, KeyProblem> {
    let kind = kind(&info.algorithm).ok_or_else(|| KeyProblem::Unsupported(name(info)))?;
    let malformed = || malformed(info);
    let bits = info.key.ok_or_else(malformed)?;
    if kind == KeyKind::Rsa {
        let key: RsaPublicKey<'_> = asn1::parse_single(bits).map_err(|_| malformed())?;
        if key.bits() < MIN_RSA_BITS {
            return Err(KeyProblem::Weak(key.bits()));
        }
    }
    PublicKey::new(kind, bits).map_err(|_| malformed())
}

/// A key that is not of the kind that it claims to be.
pub(crate) fn malformed(info: &KeyInfo<'_>) -> KeyProblem {
    KeyProblem::Malformed(oid::describe(&info.algorithm.algorithm))
}

/// The key's algorithm and size for people.
pub(crate) fn name(info: &KeyInfo<'_>) -> String {
    let algorithm = &info.algorithm.algorithm;
    match *algorithm {
        oid::EC_PUBLIC_KEY => {
            let curve = info.algorithm.parameters.and_then(|p| p.parse::<ObjectIdentifier>().ok());
            curve.map_or_else(
                || "ECDSA on an explicit curve".into(),
                |curve| format!("ECDSA {}", oid::describe(&curve)),
            )
        }
        oid::RSA_ENCRYPTION | oid::RSA_PSS => {
            match asn1::parse_single::<RsaPublicKey<'_>>(info.key.unwrap_or_default()) {
                Ok(key) => format!("RSA {} bits", key.bits()),
                Err(_) => "RSA, malformed".into(),
            }
        }
        _ => oid::describe(algorithm),
    }
}

/// The algorithm that an identifier names when the signer's key is of this kind.
pub(crate) fn signature_algorithm(id: &AlgorithmIdentifier<'_>, kind: KeyKind) -> Option<SignatureAlgorithm> {
    use SignatureAlgorithm as S;
    let bare = id.parameters.is_none();
    let null = id.has_null_or_no_parameters();
    Some(match (&id.algorithm, kind) {
        (&oid::SHA256_WITH_ECDSA, KeyKind::EcP256) if bare => S::EcdsaP256Sha256,
        (&oid::SHA384_WITH_ECDSA, KeyKind::EcP256) if bare => S::EcdsaP256Sha384,
        (&oid::SHA512_WITH_ECDSA, KeyKind::EcP256) if bare => S::EcdsaP256Sha512,
        (&oid::SHA256_WITH_ECDSA, KeyKind::EcP384) if bare => S::EcdsaP384Sha256,
        (&oid::SHA384_WITH_ECDSA, KeyKind::EcP384) if bare => S::EcdsaP384Sha384,
        (&oid::SHA512_WITH_ECDSA, KeyKind::EcP384) if bare => S::EcdsaP384Sha512,
        (&oid::SHA256_WITH_ECDSA, KeyKind::EcP521) if bare => S::EcdsaP521Sha256,
        (&oid::SHA384_WITH_ECDSA, KeyKind::EcP521) if bare => S::EcdsaP521Sha384,
        (&oid::SHA512_WITH_ECDSA, KeyKind::EcP521) if bare => S::EcdsaP521Sha512,
        (&oid::ED25519, KeyKind::Ed25519) if bare => S::Ed25519,
        (&oid::ML_DSA_44, KeyKind::MlDsa44) if bare => S::MlDsa44,
        (&oid::ML_DSA_65, KeyKind::MlDsa65) if bare => S::MlDsa65,
        (&oid::ML_DSA_87, KeyKind::MlDsa87) if bare => S::MlDsa87,
        (&oid::SHA256_WITH_RSA, KeyKind::Rsa) if null => S::RsaPkcs1Sha256,
        (&oid::SHA384_WITH_RSA, KeyKind::Rsa) if null => S::RsaPkcs1Sha384,
        (&oid::SHA512_WITH_RSA, KeyKind::Rsa) if null => S::RsaPkcs1Sha512,
        (&oid::RSA_PSS, KeyKind::Rsa) => match pss_hash(id)? {
            oid::SHA256 => S::RsaPssSha256,
            oid::SHA384 => S::RsaPssSha384,
            oid::SHA512 => S::RsaPssSha512,
            _ => return None,
        },
        _ => return None,
    })
}

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const RSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
const ECDSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const ECDSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03];
const NULL: &[u8] = &[0x05, 0x00];

/// The same of an identifier as it is encoded, when it is one of those that nearly all certificates have.
pub(crate) fn common_algorithm(
    identifier: &[u8],
    parameters: Option<&[u8]>,
    kind: KeyKind,
) -> Option<SignatureAlgorithm> {
    use SignatureAlgorithm as S;
    match (identifier, parameters, kind) {
        (ECDSA_SHA256, None, KeyKind::EcP256) => Some(S::EcdsaP256Sha256),
        (ECDSA_SHA256, None, KeyKind::EcP384) => Some(S::EcdsaP384Sha256),
        (ECDSA_SHA384, None, KeyKind::EcP256) => Some(S::EcdsaP256Sha384),
        (ECDSA_SHA384, None, KeyKind::EcP384) => Some(S::EcdsaP384Sha384),
        (RSA_SHA256, Some(NULL), KeyKind::Rsa) => Some(S::RsaPkcs1Sha256),
        _ => None,
    }
}

/// Whether these are the contents of the algorithm identifier that nearly all keys and signatures have.
pub(crate) fn is_common(contents: &[u8]) -> bool {
    let [tag::OBJECT_IDENTIFIER, length, rest @ ..] = contents else { return false };
    matches!(
        rest.split_at_checked(usize::from(*length)),
        Some((ECDSA_SHA256 | ECDSA_SHA384, []) | (RSA_SHA256 | RSA, NULL) | (EC, P256 | P384))
    )
}

/// Whether an identifier as it is encoded is of those.
pub(crate) fn is_common_algorithm(identifier: &[u8]) -> bool {
    matches!(identifier, ECDSA_SHA256 | ECDSA_SHA384 | RSA_SHA256)
}

/// Why the signature over a certificate, a list or a request does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignatureProblem {
    /// The algorithm is weak, unknown or does not fit the key.
    Unsupported,
    /// It is not that of the key.
    Bad,
}

/// Whether a key made the signature over some content; `None` is one that is not a whole number of bytes.
pub(crate) fn verify(
    key: &PublicKey<'_>,
    id: &AlgorithmIdentifier<'_>,
    content: &[u8],
    signature: Option<&[u8]>,
) -> Result<(), SignatureProblem> {
    let algorithm = signature_algorithm(id, key.kind()).ok_or(SignatureProblem::Unsupported)?;
    let signature = signature.ok_or(SignatureProblem::Bad)?;
    key.verify(algorithm, content, signature).map_err(|_| SignatureProblem::Bad)
}

fn pss_hash(id: &AlgorithmIdentifier<'_>) -> Option<ObjectIdentifier> {
    id.parameters?.parse::<RsaPssParameters<'_>>().ok()?.uniform_hash()
}

/// Which algorithm an authority with a key of this kind signs certificates with, and its identifier.
pub(crate) fn signing_algorithm(kind: KeyKind) -> (SignatureAlgorithm, AlgorithmIdentifier<'static>) {
    use SignatureAlgorithm as S;
    match kind {
        KeyKind::EcP256 => (S::EcdsaP256Sha256, AlgorithmIdentifier::bare(oid::SHA256_WITH_ECDSA)),
        KeyKind::EcP384 => (S::EcdsaP384Sha384, AlgorithmIdentifier::bare(oid::SHA384_WITH_ECDSA)),
        KeyKind::EcP521 => (S::EcdsaP521Sha512, AlgorithmIdentifier::bare(oid::SHA512_WITH_ECDSA)),
        KeyKind::Ed25519 => (S::Ed25519, AlgorithmIdentifier::bare(oid::ED25519)),
        KeyKind::MlDsa44 => (S::MlDsa44, AlgorithmIdentifier::bare(oid::ML_DSA_44)),
        KeyKind::MlDsa65 => (S::MlDsa65, AlgorithmIdentifier::bare(oid::ML_DSA_65)),
        KeyKind::MlDsa87 => (S::MlDsa87, AlgorithmIdentifier::bare(oid::ML_DSA_87)),
        KeyKind::Rsa => (S::RsaPkcs1Sha256, AlgorithmIdentifier::with_null(oid::SHA256_WITH_RSA)),
    }
}

/// Whether the hash under a signature can be forged.
pub(crate) fn is_weak_signature(id: &AlgorithmIdentifier<'_>) -> bool {
    let sha1_pss =
        || id.parameters.is_none_or(|p| p.parse::<RsaPssParameters<'_>>().is_ok_and(|p| p.hash.is_none()));
    match id.algorithm {
        oid::MD5_WITH_RSA | oid::SHA1_WITH_RSA | oid::SHA1_WITH_ECDSA | oid::SHA1_WITH_DSA => true,
        oid::RSA_PSS => sha1_pss(),
        _ => false,
    }
}

/// The signature's algorithm for people.
pub(crate) fn signature_name(id: &AlgorithmIdentifier<'_>) -> &'static str {
    match id.algorithm {
        oid::RSA_PSS => match pss_hash(id) {
            Some(oid::SHA256) => "RSA-PSS with SHA-256",
            Some(oid::SHA384) => "RSA-PSS with SHA-384",
            Some(oid::SHA512) => "RSA-PSS with SHA-512",
            _ if is_weak_signature(id) => "RSA-PSS with SHA-1",
            _ => "RSA-PSS with other parameters",
        },
        _ => oid::name(&id.algorithm).unwrap_or("an unknown algorithm"),
    }
}

/// Whether the key's curve is given by its numbers, or not at all, instead of by its name.
pub(crate) fn is_explicit_curve(key: &AlgorithmIdentifier<'_>) -> bool {
    let named = || key.parameters.is_some_and(|p| p.parse::<ObjectIdentifier>().is_ok());
    key.algorithm == oid::EC_PUBLIC_KEY && !named()
}

/// Whether the Baseline Requirements (section 7.1.3.2) know the signature algorithm.
pub(crate) fn is_permitted_on_the_web(id: &AlgorithmIdentifier<'_>) -> bool {
    match id.algorithm {
        oid::SHA256_WITH_RSA | oid::SHA384_WITH_RSA | oid::SHA512_WITH_RSA => id.has_null_or_no_parameters(),
        oid::SHA256_WITH_ECDSA | oid::SHA384_WITH_ECDSA | oid::SHA512_WITH_ECDSA => id.parameters.is_none(),
        oid::RSA_PSS => pss_hash(id).is_some(),
        _ => false,
    }
}
