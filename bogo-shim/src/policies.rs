//! The policies by which some must run TLS, as the lists that a config is given: who must keep to one sets them like
//! this.

use bulla_tls::registry::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};

/// What may be used, best first.
#[derive(Debug)]
pub struct Policy {
    pub versions: &'static [ProtocolVersion],
    pub suites: &'static [CipherSuite],
    pub groups: &'static [NamedGroup],
    pub schemes: &'static [SignatureScheme],
}

/// TLS 1.3 by AES-256-GCM wherever the peer has it.
pub const AES_256_FIRST: [u16; 3] = [
    CipherSuite::AES_256_GCM_SHA384.0,
    CipherSuite::AES_128_GCM_SHA256.0,
    CipherSuite::CHACHA20_POLY1305_SHA256.0,
];

/// The policy that an option names.
pub fn of(option: &str) -> Option<&'static Policy> {
    match option {
        "-fips-202205" => Some(&FIPS_202205),
        "-fips-202609" => Some(&FIPS_202609),
        "-wpa-202304" => Some(&WPA_202304),
        "-cnsa1-202603" => Some(&CNSA1_202603),
        "-cnsa2-202603" => Some(&CNSA2_202603),
        _ => None,
    }
}

const BOTH: &[ProtocolVersion] = &[ProtocolVersion::TLS_1_3, ProtocolVersion::TLS_1_2];

/// SP 800-52r2 sections 3.1, 3.3.1 and 3.4.2: AES-GCM with ephemeral keys, P-256 and P-384, SHA-2.
static FIPS_202205: Policy = Policy {
    versions: BOTH,
    suites: FIPS_SUITES,
    groups: &[NamedGroup::SECP256R1, NamedGroup::SECP384R1],
    schemes: FIPS_SCHEMES,
};

/// The same, with ML-KEM (FIPS 203) before the curves.
static FIPS_202609: Policy = Policy {
    versions: BOTH,
    suites: FIPS_SUITES,
    groups: &[
        NamedGroup::X25519_MLKEM768,
        NamedGroup::MLKEM1024,
        NamedGroup::SECP256R1,
        NamedGroup::SECP384R1,
    ],
    schemes: FIPS_SCHEMES,
};

/// WPA3-Enterprise in its mode of 192 bits: AES-256-GCM, P-384, SHA-384 and longer.
static WPA_202304: Policy = Policy {
    versions: BOTH,
    suites: AES_256,
    groups: &[NamedGroup::SECP384R1],
    schemes: &[
        SignatureScheme::ECDSA_SECP384R1_SHA384,
        SignatureScheme::RSA_PSS_RSAE_SHA384,
        SignatureScheme::RSA_PSS_RSAE_SHA512,
        SignatureScheme::RSA_PKCS1_SHA384,
        SignatureScheme::RSA_PKCS1_SHA512,
    ],
};

/// CNSA 1.0 (RFC 9151), and ML-KEM-1024 before P-384.
static CNSA1_202603: Policy = Policy {
    versions: BOTH,
    suites: AES_256,
    groups: &[NamedGroup::MLKEM1024, NamedGroup::SECP384R1],
    schemes: CNSA_SCHEMES,
};

/// CNSA 2.0 but for its signatures: TLS 1.3 with AES-256-GCM and ML-KEM-1024.
static CNSA2_202603: Policy = Policy {
    versions: &[ProtocolVersion::TLS_1_3],
    suites: &[CipherSuite::AES_256_GCM_SHA384],
    groups: &[NamedGroup::MLKEM1024],
    schemes: CNSA_SCHEMES,
};

const FIPS_SUITES: &[CipherSuite] = &[
    CipherSuite::AES_128_GCM_SHA256,
    CipherSuite::AES_256_GCM_SHA384,
    CipherSuite::ECDHE_ECDSA_AES_128_GCM_SHA256,
    CipherSuite::ECDHE_RSA_AES_128_GCM_SHA256,
    CipherSuite::ECDHE_ECDSA_AES_256_GCM_SHA384,
    CipherSuite::ECDHE_RSA_AES_256_GCM_SHA384,
];

const AES_256: &[CipherSuite] = &[
    CipherSuite::AES_256_GCM_SHA384,
    CipherSuite::ECDHE_ECDSA_AES_256_GCM_SHA384,
    CipherSuite::ECDHE_RSA_AES_256_GCM_SHA384,
];

const FIPS_SCHEMES: &[SignatureScheme] = &[
    SignatureScheme::ECDSA_SECP256R1_SHA256,
    SignatureScheme::ECDSA_SECP384R1_SHA384,
    SignatureScheme::RSA_PSS_RSAE_SHA256,
    SignatureScheme::RSA_PSS_RSAE_SHA384,
    SignatureScheme::RSA_PSS_RSAE_SHA512,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
];

const CNSA_SCHEMES: &[SignatureScheme] = &[
    SignatureScheme::ECDSA_SECP384R1_SHA384,
    SignatureScheme::RSA_PSS_RSAE_SHA384,
    SignatureScheme::RSA_PKCS1_SHA384,
];
