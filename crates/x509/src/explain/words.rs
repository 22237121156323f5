//! Identifiers of extensions and of what they hold, in words.

/// Signed certificate timestamps.
pub(super) const TIMESTAMPS: &str = "1.3.6.1.4.1.11129.2.4.2";
/// Netscape's comment.
pub(super) const COMMENT: &str = "2.16.840.1.113730.1.13";

/// Names of extensions that verifiers do not look into, as their makers call them.
const EXTENSIONS: &[(&str, &str)] = &[
    (TIMESTAMPS, "signedCertificateTimestampList"),
    (COMMENT, "nsComment"),
    ("2.16.840.1.113730.1.1", "nsCertType"),
    ("2.5.29.9", "subjectDirectoryAttributes"),
    ("2.5.29.16", "privateKeyUsagePeriod"),
    ("2.5.29.18", "issuerAltName"),
    ("2.5.29.46", "freshestCRL"),
    ("1.3.6.1.5.5.7.1.3", "qcStatements"),
    ("1.3.6.1.5.5.7.1.11", "subjectInfoAccess"),
    ("1.3.6.1.5.5.7.48.1.5", "ocspNoCheck"),
    ("1.3.6.1.4.1.311.20.2", "certificateTemplateName"),
    ("1.3.6.1.4.1.311.21.1", "caVersion"),
    ("1.3.6.1.4.1.311.21.7", "certificateTemplate"),
    ("1.3.6.1.4.1.311.21.10", "applicationPolicies"),
    ("1.2.840.113533.7.65.0", "entrustVersion"),
];

/// Policies of the CA/Browser Forum and of some large authorities.
const POLICIES: &[(&str, &str)] = &[
    ("2.5.29.32.0", "any policy"),
    ("2.23.140.1.1", "extended validation (EV): the organisation was examined at length"),
    ("2.23.140.1.2.1", "domain validated (DV): control over the names was shown, no more"),
    ("2.23.140.1.2.2", "organisation validated (OV): the organisation was examined"),
    ("2.23.140.1.2.3", "individual validated (IV): the person was examined"),
];

const USAGES: &[(&str, &str)] = &[
    ("digitalSignature", "sign handshakes"),
    ("contentCommitment", "sign contents for good"),
    ("keyEncipherment", "decrypt keys, as in the RSA key transport of old"),
    ("dataEncipherment", "decrypt data"),
    ("keyAgreement", "agree on keys"),
    ("keyCertSign", "sign certificates"),
    ("cRLSign", "sign revocation lists"),
    ("encipherOnly", "only encrypt after agreeing on a key"),
    ("decipherOnly", "only decrypt after agreeing on a key"),
];

const PURPOSES: &[(&str, &str)] = &[
    ("serverAuth", "TLS servers"),
    ("clientAuth", "TLS clients"),
    ("codeSigning", "signing code"),
    ("emailProtection", "mail"),
    ("timeStamping", "time stamps"),
    ("OCSPSigning", "answers about revocation"),
    ("anyExtendedKeyUsage", "any purpose"),
    ("1.3.6.1.4.1.311.10.3.3", "TLS servers of old, Microsoft"),
    ("2.16.840.1.113730.4.1", "TLS servers of old, Netscape"),
    ("1.3.6.1.5.2.3.5", "Kerberos authorities"),
    ("1.3.6.1.4.1.311.20.2.2", "smart card log-on"),
];

const ACCESS: &[(&str, &str)] = &[
    ("1.3.6.1.5.5.7.48.1", "revocation answers (OCSP)"),
    ("1.3.6.1.5.5.7.48.2", "the issuer's certificate"),
];

fn find(table: &[(&'static str, &'static str)], key: &str) -> Option<&'static str> {
    table.iter().find(|(known, _)| *known == key).map(|(_, words)| *words)
}

pub(super) fn extension(id: &str) -> Option<&'static str> {
    find(EXTENSIONS, id)
}

pub(super) fn policy(id: &str) -> Option<&'static str> {
    find(POLICIES, id)
}

pub(super) fn usage(name: &str) -> &'static str {
    find(USAGES, name).unwrap_or("be used")
}

pub(super) fn purpose(name: &str) -> Option<&'static str> {
    find(PURPOSES, name)
}

pub(super) fn access(id: &str) -> Option<&'static str> {
    find(ACCESS, id)
}
