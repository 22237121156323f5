//! The runner's names for errors: those of BoringSSL. Where one of our errors stands for several of them it
//! has a name of its own here, which `ErrorMap` in `config.json` lists under each.

use std::borrow::Cow;

use bulla_tls::registry::{AlertDescription, ExtensionType, HandshakeType, ProtocolVersion};
use bulla_tls::{
    DecodeError, DecodeProblem, Error, Facts, Foreign, Incompatibility, NeedKind, NeedProblem, Role,
    Violation,
};
use bulla_x509::verdict::Rule;

/// The name by which the runner knows this error, given what was known of the connection by then.
pub fn of(error: &Error, facts: &Facts) -> Cow<'static, str> {
    Cow::Borrowed(match error {
        Error::Violation(violation) => violation_name(violation, facts),
        Error::Malformed(malformed) => malformed_name(malformed),
        Error::Incompatible(incompatibility) => incompatibility_name(*incompatibility),
        Error::Certificate(failure) if failure.rule == Rule::BadStatus => "OCSP_CB_ERROR",
        Error::Certificate(_) => "CERTIFICATE_VERIFY_FAILED",
        Error::HelloRefused(_) => "CONNECTION_REJECTED",
        Error::Aborted(_) => "CERT_CB_ERROR",
        Error::Alert(AlertDescription::HANDSHAKE_FAILURE) if awaits_hello(facts) => {
            "HANDSHAKE_FAILURE_ON_CLIENT_HELLO"
        }
        Error::Alert(alert) => return Cow::Owned(alert_name(*alert)),
        Error::Foreign(foreign) => foreign_name(*foreign),
        Error::Truncated => "TRUNCATED",
        Error::Need { kind: NeedKind::Certificate, problem: NeedProblem::Refused(reason) }
            if reason == NO_OCSP =>
        {
            "OCSP_CB_ERROR"
        }
        Error::Need { kind: NeedKind::Certificate, .. } => "CERT_CB_ERROR",
        Error::Need { kind: NeedKind::Sign, .. } => "PRIVATE_KEY_OPERATION_FAILED",
        Error::Need { kind: NeedKind::Verify, .. } => "CERTIFICATE_VERIFY_FAILED",
        Error::Internal(_) => "INTERNAL_ERROR",
        _ => "UNTRANSLATED",
    })
}

/// Why a server is given no certificate where its OCSP response cannot be had.
pub const NO_OCSP: &str = "there is no OCSP response to be had";

/// A client whose hello was answered by nothing but an alert.
fn awaits_hello(facts: &Facts) -> bool {
    facts.role == Role::Client && facts.suite.is_none()
}

fn violation_name(violation: &Violation, facts: &Facts) -> &'static str {
    use Violation as V;
    match violation {
        V::ChangeCipherSpec if is_tls12(facts) => "BAD_CHANGE_CIPHER_SPEC",
        V::UnexpectedMessage { .. } | V::SecondRetry => "UNEXPECTED_MESSAGE",
        V::UnexpectedRecord(_) | V::ChangeCipherSpec | V::UntimelyChangeCipherSpec | V::Interleaved => {
            "UNEXPECTED_RECORD"
        }
        V::EmptyRecord(_) => "EMPTY_RECORD",
        V::NotAligned => "EXCESS_HANDSHAKE_DATA",
        V::RecordTooLong => "DATA_LENGTH_TOO_LONG",
        V::Undecryptable | V::PaddingOnly => "DECRYPTION_FAILED_OR_BAD_RECORD_MAC",
        V::AlertLength => "BAD_ALERT",
        V::MessageTooLong { kind: HandshakeType::COMPRESSED_CERTIFICATE, .. } => {
            "UNCOMPRESSED_CERT_TOO_LARGE"
        }
        V::MessageTooLong { .. } | V::TooManyCertificates(_) => "EXCESSIVE_MESSAGE_SIZE",
        V::TooMany("warning alerts") => "TOO_MANY_WARNING_ALERTS",
        V::TooMany("KeyUpdates") => "TOO_MANY_KEY_UPDATES",
        V::TooMany("empty records" | "change_cipher_spec records") => "TOO_MANY_EMPTY_FRAGMENTS",
        V::LegacyVersion { .. } => "BAD_LEGACY_VERSION",
        V::Compression { message: "ClientHello" } => "INVALID_COMPRESSION_LIST",
        V::Compression { .. } | V::RequestContext { .. } | V::KeyUpdateRequest(_) => "DECODE_ERROR",
        V::MissingExtension { message, extension } => missing_extension_name(message, *extension),
        // What BoringSSL knows of old, it refuses by the extension's own parser.
        V::UnsolicitedExtension { extension, .. } | V::MisplacedExtension { extension, .. }
            if OF_OLD.contains(extension) =>
        {
            "ERROR_PARSING_EXTENSION"
        }
        V::MisplacedExtension { extension: ExtensionType::PRE_SHARED_KEY, .. } => {
            "PRE_SHARED_KEY_MUST_BE_LAST"
        }
        V::UnsolicitedExtension { .. } | V::MisplacedExtension { .. } => "UNEXPECTED_EXTENSION",
        V::RepeatedShare(_) => "DUPLICATE_KEY_SHARE",
        V::InvalidShare(_) => "BAD_ECPOINT",
        V::ShareWithoutGroup(_)
        | V::RetryIgnored
        | V::RetryGroupNotOffered(_)
        | V::RetryGroupShared(_)
        | V::GroupNotOffered(_)
        | V::GroupNotShared(_) => "WRONG_CURVE",
        V::RetryWithoutChange => "EMPTY_HELLO_RETRY_REQUEST",
        V::SessionIdEcho | V::ResumedUnasked => "SERVER_ECHOED_INVALID_SESSION_ID",
        V::SuiteNotOffered(_) | V::SuiteChanged => "WRONG_CIPHER_RETURNED",
        V::VersionNotOffered(_) if facts.retried => "SECOND_SERVERHELLO_VERSION_MISMATCH",
        V::VersionNotOffered(ProtocolVersion::TLS_1_2) => "UNEXPECTED_EXTENSION",
        V::VersionNotOffered(_) => "UNSUPPORTED_PROTOCOL",
        V::SuiteNotOfSession(_) => "OLD_SESSION_CIPHER_NOT_RETURNED",
        V::SecretNotExtended { .. } => "RESUMED_EMS_SESSION_WITHOUT_EMS_EXTENSION",
        V::Downgraded => "TLS13_DOWNGRADE",
        other => identity_name(other, facts),
    }
}

/// What is wrong with who the peer is, and with the proofs of it.
fn identity_name(violation: &Violation, facts: &Facts) -> &'static str {
    use Violation as V;
    match violation {
        V::ProtocolNotOffered => "INVALID_ALPN_PROTOCOL",
        V::NoCertificate if is_tls12(facts) => "DECODE_ERROR",
        V::NoCertificate | V::CertificateRequired => "PEER_DID_NOT_RETURN_A_CERTIFICATE",
        V::SchemeNotOffered(_) | V::SchemeNotForKey(_) => "WRONG_SIGNATURE_TYPE",
        V::RenegotiationInfo { .. } => "RENEGOTIATION_MISMATCH",
        V::Renegotiation => "NO_RENEGOTIATION",
        V::PointFormats { .. } => "ERROR_PARSING_EXTENSION",
        V::CurveNotOffered(_) => "BAD_ECC_CERT",
        V::CertificateNotForSuite(_) => "WRONG_CERTIFICATE_TYPE",
        V::KeyUsage => "KEY_USAGE_BIT_INCORRECT",
        V::CompressionNotOffered(_) => "UNKNOWN_CERT_COMPRESSION_ALG",
        V::CompressedCertificate => "CERT_DECOMPRESSION_FAILED",
        V::Signature => "BAD_SIGNATURE",
        V::Finished | V::Binder => "DIGEST_CHECK_FAILED",
        V::BinderCount => "PSK_IDENTITY_BINDER_COUNT_MISMATCH",
        V::IdentityNotOffered(_) => "PSK_IDENTITY_NOT_FOUND",
        V::SuiteNotForKey(_) => "OLD_SESSION_PRF_HASH_MISMATCH",
        V::UnreadableCertificate("unknown kind of key") => "UNSUPPORTED_ALGORITHM",
        V::UnreadableCertificate(_) => "CANNOT_PARSE_LEAF_CERT",
        _ => "UNTRANSLATED",
    }
}

/// What TLS 1.3 does without.
const OF_OLD: [ExtensionType; 4] = [
    ExtensionType::EC_POINT_FORMATS,
    ExtensionType::EXTENDED_MASTER_SECRET,
    ExtensionType::SESSION_TICKET,
    ExtensionType::RENEGOTIATION_INFO,
];

fn is_tls12(facts: &Facts) -> bool {
    facts.version == Some(ProtocolVersion::TLS_1_2)
}

fn missing_extension_name(message: &str, extension: ExtensionType) -> &'static str {
    match (message, extension) {
        ("CertificateRequest", _) => "DECODE_ERROR",
        (_, ExtensionType::SUPPORTED_VERSIONS) => "SECOND_SERVERHELLO_VERSION_MISMATCH",
        (_, ExtensionType::KEY_SHARE) => "MISSING_KEY_SHARE",
        (_, ExtensionType::SUPPORTED_GROUPS) => "NO_SHARED_GROUP",
        (_, ExtensionType::SIGNATURE_ALGORITHMS) => "NO_COMMON_SIGNATURE_ALGORITHMS",
        _ => "MISSING_EXTENSION",
    }
}

fn malformed_name(malformed: &DecodeError) -> &'static str {
    match (malformed.structure, malformed.problem) {
        ("compress_certificate" | "signed_certificate_timestamp" | "SignedCertificateTimestampList", _) => {
            "ERROR_PARSING_EXTENSION"
        }
        (_, DecodeProblem::Duplicate) => "DUPLICATE_EXTENSION",
        ("ClientHello", _) => "CLIENTHELLO_PARSE_FAILED",
        ("application_layer_protocol_negotiation" | "ProtocolNameList", _) => "PARSE_TLSEXT",
        ("server_name" | "ServerNameList", _)
        | ("certificate_authorities" | "CertificateAuthoritiesExtension", _) => "ERROR_PARSING_EXTENSION",
        _ => "DECODE_ERROR",
    }
}

fn incompatibility_name(incompatibility: Incompatibility) -> &'static str {
    match incompatibility {
        Incompatibility::Version(_) => "UNSUPPORTED_PROTOCOL",
        Incompatibility::Fallback(_) => "INAPPROPRIATE_FALLBACK",
        Incompatibility::SecureRenegotiation => "UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
        Incompatibility::Suite => "NO_SHARED_CIPHER",
        Incompatibility::Group => "NO_SHARED_GROUP",
        Incompatibility::Signature => "NO_COMMON_SIGNATURE_ALGORITHMS",
        Incompatibility::Name => "CERT_CB_ERROR",
        Incompatibility::Protocol => "NO_APPLICATION_PROTOCOL",
        _ => "UNTRANSLATED",
    }
}

fn foreign_name(foreign: Foreign) -> &'static str {
    /// The first byte of an application data record.
    const APPLICATION_DATA: u8 = 23;
    match foreign {
        Foreign::HttpRequest => "HTTP_REQUEST",
        Foreign::Unknown(APPLICATION_DATA) => "UNEXPECTED_RECORD",
        _ => "WRONG_VERSION_NUMBER",
    }
}

/// The alerts that SSL 3.0 knew bear its name.
fn alert_name(alert: AlertDescription) -> String {
    const DECOMPRESSION_FAILURE: AlertDescription = AlertDescription(30);
    if alert == DECOMPRESSION_FAILURE {
        return "SSLV3_ALERT_DECOMPRESSION_FAILURE".into();
    }
    let origin = if matches!(alert.0, 10 | 20 | 40..=47) { "SSLV3" } else { "TLSV1" };
    format!("{origin}_ALERT_{}", alert.to_string().to_uppercase())
}
