//! The runner's names for errors.

use bulla_tls::{DecodeProblem, Error, Foreign, Incompatibility, Violation};

/// The name by which the runner knows this error.
pub fn of(error: &Error) -> &'static str {
    match error {
        Error::Violation(violation) => violation_name(violation),
        Error::Malformed(malformed) => match malformed.problem {
            DecodeProblem::Duplicate => "DUPLICATE_EXTENSION",
            _ => "DECODE_ERROR",
        },
        Error::Incompatible(Incompatibility::Version(_)) => "UNSUPPORTED_PROTOCOL",
        Error::Incompatible(Incompatibility::Suite) => "NO_SHARED_CIPHER",
        Error::Incompatible(Incompatibility::Group) => "NO_SHARED_GROUP",
        Error::Incompatible(Incompatibility::Signature) => "NO_COMMON_SIGNATURE_ALGORITHMS",
        Error::Incompatible(Incompatibility::Protocol) => "NO_APPLICATION_PROTOCOL",
        Error::Foreign(Foreign::HttpRequest) => "HTTP_REQUEST",
        Error::Foreign(_) => "WRONG_VERSION_NUMBER",
        _ => "UNTRANSLATED",
    }
}

fn violation_name(violation: &Violation) -> &'static str {
    match violation {
        Violation::UnexpectedMessage { .. } => "UNEXPECTED_MESSAGE",
        Violation::UnexpectedRecord(_) => "UNEXPECTED_RECORD",
        Violation::NotAligned => "EXCESS_HANDSHAKE_DATA",
        Violation::Undecryptable => "DECRYPTION_FAILED_OR_BAD_RECORD_MAC",
        Violation::AlertLength => "BAD_ALERT",
        Violation::MissingExtension { .. } => "MISSING_EXTENSION",
        Violation::UnsolicitedExtension { .. } => "UNEXPECTED_EXTENSION",
        Violation::Signature => "BAD_SIGNATURE",
        Violation::Finished => "DIGEST_CHECK_FAILED",
        Violation::SchemeNotOffered(_) | Violation::SchemeNotForKey(_) => "WRONG_SIGNATURE_TYPE",
        Violation::CertificateRequired => "PEER_DID_NOT_RETURN_A_CERTIFICATE",
        Violation::InvalidShare(_) => "BAD_ECPOINT",
        Violation::MessageTooLong { .. } => "EXCESSIVE_MESSAGE_SIZE",
        _ => "UNTRANSLATED",
    }
}
