//! The registry of object identifiers that the crate knows.

use asn1::{ObjectIdentifier, oid};

/// One constant and its name in the standards per line.
macro_rules! registry {
    ($($constant:ident = $name:literal, ($($arc:literal),+);)+) => {
        $(#[doc = $name] pub(crate) const $constant: ObjectIdentifier = oid!($($arc),+);)+

        /// The standards' name of an identifier, when it is known.
        pub(crate) fn name(identifier: &ObjectIdentifier) -> Option<&'static str> {
            const NAMES: &[(ObjectIdentifier, &str)] = &[$(($constant, $name)),+];
            NAMES.iter().find(|(known, _)| known == identifier).map(|(_, name)| *name)
        }
    };
}

registry! {
    NONE = "none", (0, 0);

    COMMON_NAME = "CN", (2, 5, 4, 3);
    SURNAME = "SN", (2, 5, 4, 4);
    SERIAL_NUMBER = "serialNumber", (2, 5, 4, 5);
    COUNTRY = "C", (2, 5, 4, 6);
    LOCALITY = "L", (2, 5, 4, 7);
    STATE = "ST", (2, 5, 4, 8);
    STREET = "STREET", (2, 5, 4, 9);
    ORGANIZATION = "O", (2, 5, 4, 10);
    ORGANIZATIONAL_UNIT = "OU", (2, 5, 4, 11);
    TITLE = "title", (2, 5, 4, 12);
    BUSINESS_CATEGORY = "businessCategory", (2, 5, 4, 15);
    POSTAL_CODE = "postalCode", (2, 5, 4, 17);
    GIVEN_NAME = "givenName", (2, 5, 4, 42);
    ORGANIZATION_IDENTIFIER = "organizationIdentifier", (2, 5, 4, 97);
    USER_ID = "UID", (0, 9, 2342, 19200300, 100, 1, 1);
    DOMAIN_COMPONENT = "DC", (0, 9, 2342, 19200300, 100, 1, 25);
    EMAIL_ADDRESS = "emailAddress", (1, 2, 840, 113549, 1, 9, 1);
    JURISDICTION_LOCALITY = "jurisdictionLocality", (1, 3, 6, 1, 4, 1, 311, 60, 2, 1, 1);
    JURISDICTION_STATE = "jurisdictionState", (1, 3, 6, 1, 4, 1, 311, 60, 2, 1, 2);
    JURISDICTION_COUNTRY = "jurisdictionCountry", (1, 3, 6, 1, 4, 1, 311, 60, 2, 1, 3);

    SUBJECT_KEY_IDENTIFIER = "subjectKeyIdentifier", (2, 5, 29, 14);
    KEY_USAGE = "keyUsage", (2, 5, 29, 15);
    SUBJECT_ALTERNATIVE_NAME = "subjectAltName", (2, 5, 29, 17);
    BASIC_CONSTRAINTS = "basicConstraints", (2, 5, 29, 19);
    NAME_CONSTRAINTS = "nameConstraints", (2, 5, 29, 30);
    CRL_NUMBER = "cRLNumber", (2, 5, 29, 20);
    CRL_REASON = "cRLReason", (2, 5, 29, 21);
    INVALIDITY_DATE = "invalidityDate", (2, 5, 29, 24);
    DELTA_CRL_INDICATOR = "deltaCRLIndicator", (2, 5, 29, 27);
    CERTIFICATE_ISSUER = "certificateIssuer", (2, 5, 29, 29);
    ISSUING_DISTRIBUTION_POINT = "issuingDistributionPoint", (2, 5, 29, 28);
    CRL_DISTRIBUTION_POINTS = "cRLDistributionPoints", (2, 5, 29, 31);
    CERTIFICATE_POLICIES = "certificatePolicies", (2, 5, 29, 32);
    POLICY_MAPPINGS = "policyMappings", (2, 5, 29, 33);
    AUTHORITY_KEY_IDENTIFIER = "authorityKeyIdentifier", (2, 5, 29, 35);
    POLICY_CONSTRAINTS = "policyConstraints", (2, 5, 29, 36);
    EXTENDED_KEY_USAGE = "extKeyUsage", (2, 5, 29, 37);
    INHIBIT_ANY_POLICY = "inhibitAnyPolicy", (2, 5, 29, 54);
    FRESHEST_CRL = "freshestCRL", (2, 5, 29, 46);
    ISSUER_ALTERNATIVE_NAME = "issuerAltName", (2, 5, 29, 18);
    SUBJECT_INFORMATION_ACCESS = "subjectInfoAccess", (1, 3, 6, 1, 5, 5, 7, 1, 11);
    ANY_POLICY = "anyPolicy", (2, 5, 29, 32, 0);
    EXTENDED_VALIDATION = "extended-validation", (2, 23, 140, 1, 1);
    DOMAIN_VALIDATED = "domain-validated", (2, 23, 140, 1, 2, 1);
    ORGANIZATION_VALIDATED = "organization-validated", (2, 23, 140, 1, 2, 2);
    INDIVIDUAL_VALIDATED = "individual-validated", (2, 23, 140, 1, 2, 3);
    AUTHORITY_INFORMATION_ACCESS = "authorityInfoAccess", (1, 3, 6, 1, 5, 5, 7, 1, 1);
    TLS_FEATURE = "tlsfeature", (1, 3, 6, 1, 5, 5, 7, 1, 24);
    SCT_POISON = "ctPoison", (1, 3, 6, 1, 4, 1, 11129, 2, 4, 3);

    ANY_EXTENDED_KEY_USAGE = "anyExtendedKeyUsage", (2, 5, 29, 37, 0);
    SERVER_AUTH = "serverAuth", (1, 3, 6, 1, 5, 5, 7, 3, 1);
    CLIENT_AUTH = "clientAuth", (1, 3, 6, 1, 5, 5, 7, 3, 2);
    CODE_SIGNING = "codeSigning", (1, 3, 6, 1, 5, 5, 7, 3, 3);
    EMAIL_PROTECTION = "emailProtection", (1, 3, 6, 1, 5, 5, 7, 3, 4);
    TIME_STAMPING = "timeStamping", (1, 3, 6, 1, 5, 5, 7, 3, 8);
    OCSP_SIGNING = "OCSPSigning", (1, 3, 6, 1, 5, 5, 7, 3, 9);
    SIP_DOMAIN = "sipDomain", (1, 3, 6, 1, 5, 5, 7, 3, 20);

    CA_ISSUERS = "caIssuers", (1, 3, 6, 1, 5, 5, 7, 48, 2);

    EC_PUBLIC_KEY = "ecPublicKey", (1, 2, 840, 10045, 2, 1);
    CURVE_P256 = "P-256", (1, 2, 840, 10045, 3, 1, 7);
    CURVE_P384 = "P-384", (1, 3, 132, 0, 34);
    CURVE_P521 = "P-521", (1, 3, 132, 0, 35);
    ED25519 = "Ed25519", (1, 3, 101, 112);
    ED448 = "Ed448", (1, 3, 101, 113);
    ML_DSA_44 = "ML-DSA-44", (2, 16, 840, 1, 101, 3, 4, 3, 17);
    ML_DSA_65 = "ML-DSA-65", (2, 16, 840, 1, 101, 3, 4, 3, 18);
    ML_DSA_87 = "ML-DSA-87", (2, 16, 840, 1, 101, 3, 4, 3, 19);
    DSA = "DSA", (1, 2, 840, 10040, 4, 1);
    RSA_ENCRYPTION = "rsaEncryption", (1, 2, 840, 113549, 1, 1, 1);
    MGF1 = "MGF1", (1, 2, 840, 113549, 1, 1, 8);
    RSA_PSS = "RSASSA-PSS", (1, 2, 840, 113549, 1, 1, 10);
    MD5_WITH_RSA = "RSA PKCS#1 with MD5", (1, 2, 840, 113549, 1, 1, 4);
    SHA1_WITH_RSA = "RSA PKCS#1 with SHA-1", (1, 2, 840, 113549, 1, 1, 5);
    SHA256_WITH_RSA = "RSA PKCS#1 with SHA-256", (1, 2, 840, 113549, 1, 1, 11);
    SHA384_WITH_RSA = "RSA PKCS#1 with SHA-384", (1, 2, 840, 113549, 1, 1, 12);
    SHA512_WITH_RSA = "RSA PKCS#1 with SHA-512", (1, 2, 840, 113549, 1, 1, 13);
    SHA1_WITH_ECDSA = "ECDSA with SHA-1", (1, 2, 840, 10045, 4, 1);
    SHA256_WITH_ECDSA = "ECDSA with SHA-256", (1, 2, 840, 10045, 4, 3, 2);
    SHA384_WITH_ECDSA = "ECDSA with SHA-384", (1, 2, 840, 10045, 4, 3, 3);
    SHA512_WITH_ECDSA = "ECDSA with SHA-512", (1, 2, 840, 10045, 4, 3, 4);
    SHA1_WITH_DSA = "DSA with SHA-1", (1, 2, 840, 10040, 4, 3);
    SHA256 = "SHA-256", (2, 16, 840, 1, 101, 3, 4, 2, 1);
    SHA384 = "SHA-384", (2, 16, 840, 1, 101, 3, 4, 2, 2);
    SHA512 = "SHA-512", (2, 16, 840, 1, 101, 3, 4, 2, 3);

    EXTENSION_REQUEST = "extensionRequest", (1, 2, 840, 113549, 1, 9, 14);
}

/// The standards' name of an identifier, or its digits.
pub(crate) fn describe(identifier: &ObjectIdentifier) -> String {
    name(identifier).map_or_else(|| identifier.to_string(), str::to_owned)
}
