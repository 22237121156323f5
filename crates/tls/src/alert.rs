//! The one place that knows which alert an error becomes (RFC 9846 section 6.2).

use bulla_x509::verdict::Rule;

use crate::error::{Error, Foreign, Incompatibility, NeedProblem, Violation};
use crate::wire::codec::{DecodeError, DecodeProblem};
use crate::wire::registry::{AlertDescription as Alert, ProtocolVersion};

impl Error {
    /// The alert that tells the peer of this error; `None` where the peer has nothing to learn.
    pub fn alert(&self) -> Option<Alert> {
        match self {
            Self::Violation(violation) => Some(violation.alert()),
            Self::Malformed(malformed) => Some(malformed.alert()),
            Self::Incompatible(incompatibility) => Some(incompatibility.alert()),
            Self::Certificate(failure) => Some(certificate_alert(failure.rule)),
            Self::Foreign(foreign) => foreign.alert(),
            Self::Need { problem, .. } => Some(problem.alert()),
            Self::HelloRefused(alert) | Self::Aborted(alert) => Some(*alert),
            Self::Internal(_) => Some(Alert::INTERNAL_ERROR),
            // The peer knows of its own alert, is gone, or has no part in a mistake of our caller.
            Self::Alert(_) | Self::Truncated | Self::Misuse(_) => None,
        }
    }
}

impl Error {
    /// The same for a peer of this version. RFC 5246 section 7.4.6: a server that wants a certificate sends a fatal
    /// handshake_failure alert. What TLS 1.3 has besides would be unknown to the peer.
    pub(crate) fn alert_in(&self, version: Option<ProtocolVersion>) -> Option<Alert> {
        match (version, self.alert()?) {
            (Some(ProtocolVersion::TLS_1_2), Alert::CERTIFICATE_REQUIRED | Alert::MISSING_EXTENSION) => {
                Some(Alert::HANDSHAKE_FAILURE)
            }
            (_, alert) => Some(alert),
        }
    }
}

impl DecodeError {
    fn alert(self) -> Alert {
        match self.problem {
            DecodeProblem::Short | DecodeProblem::Trailing | DecodeProblem::Length => Alert::DECODE_ERROR,
            // RFC 9846 section 6: Peers which receive a message which is syntactically correct but semantically
            // invalid (e.g., a DHE share of p - 1, or an invalid enum) MUST terminate the connection with an
            // "illegal_parameter" alert.
            DecodeProblem::Duplicate | DecodeProblem::Value => Alert::ILLEGAL_PARAMETER,
        }
    }
}

impl Violation {
    fn alert(self) -> Alert {
        match self {
            Self::UnexpectedMessage { .. }
            | Self::UnexpectedRecord(_)
            | Self::ChangeCipherSpec
            | Self::UntimelyChangeCipherSpec
            | Self::EmptyRecord(_)
            | Self::Interleaved
            | Self::NotAligned
            | Self::PaddingOnly
            | Self::TooMany(_)
            | Self::SecondRetry => Alert::UNEXPECTED_MESSAGE,
            Self::RecordTooLong => Alert::RECORD_OVERFLOW,
            Self::Undecryptable => Alert::BAD_RECORD_MAC,
            Self::AlertLength | Self::NoCertificate => Alert::DECODE_ERROR,
            Self::LegacyVersion { .. } => Alert::PROTOCOL_VERSION,
            Self::MissingExtension { .. } => Alert::MISSING_EXTENSION,
            Self::UnsolicitedExtension { .. } => Alert::UNSUPPORTED_EXTENSION,
            // RFC 5746 sections 3.4 and 3.6 leave the alert open but for this advice.
            Self::RenegotiationInfo { .. } | Self::SecretNotExtended { .. } => Alert::HANDSHAKE_FAILURE,
            Self::Renegotiation => Alert::NO_RENEGOTIATION,
            Self::KeyUsage => Alert::UNSUPPORTED_CERTIFICATE,
            Self::CertificateRequired => Alert::CERTIFICATE_REQUIRED,
            Self::Signature | Self::Finished | Self::Binder => Alert::DECRYPT_ERROR,
            Self::UnreadableCertificate(_) | Self::TooManyCertificates(_) | Self::CompressedCertificate => {
                Alert::BAD_CERTIFICATE
            }
            Self::MessageTooLong { .. }
            | Self::Compression { .. }
            | Self::MisplacedExtension { .. }
            | Self::RepeatedShare(_)
            | Self::ShareWithoutGroup(_)
            | Self::InvalidShare(_)
            | Self::HelloChanged(_)
            | Self::RetryIgnored
            | Self::SessionIdEcho
            | Self::ResumedUnasked
            | Self::PointFormats { .. }
            | Self::GroupNotOffered(_)
            | Self::CurveNotOffered(_)
            | Self::CertificateNotForSuite(_)
            | Self::SuiteNotOffered(_)
            | Self::SuiteChanged
            | Self::VersionNotOffered(_)
            | Self::Downgraded
            | Self::RetryGroupNotOffered(_)
            | Self::RetryGroupShared(_)
            | Self::RetryWithoutChange
            | Self::GroupNotShared(_)
            | Self::ProtocolNotOffered
            | Self::BinderCount
            | Self::SuiteNotOfSession(_)
            | Self::IdentityNotOffered(_)
            | Self::SuiteNotForKey(_)
            | Self::RecordSizeLimit { .. }
            | Self::CompressionNotOffered(_)
            | Self::RequestContext { .. }
            | Self::SchemeNotOffered(_)
            | Self::SchemeNotForKey(_)
            | Self::KeyUpdateRequest(_) => Alert::ILLEGAL_PARAMETER,
        }
    }
}

impl Incompatibility {
    fn alert(self) -> Alert {
        match self {
            Self::Version(_) => Alert::PROTOCOL_VERSION,
            Self::Fallback(_) => Alert::INAPPROPRIATE_FALLBACK,
            // RFC 7627 sections 5.2 and 5.3: it MUST abort with a "handshake_failure" alert.
            Self::ExtendedMasterSecret
            | Self::SecureRenegotiation
            | Self::Suite
            | Self::Group
            | Self::Signature => Alert::HANDSHAKE_FAILURE,
            Self::Name => Alert::UNRECOGNIZED_NAME,
            Self::Protocol => Alert::NO_APPLICATION_PROTOCOL,
        }
    }
}

impl Foreign {
    /// Only an SSL 2.0 client could make anything of an alert.
    fn alert(self) -> Option<Alert> {
        match self {
            Self::Ssl2 => Some(Alert::PROTOCOL_VERSION),
            _ => None,
        }
    }
}

impl NeedProblem {
    fn alert(&self) -> Alert {
        match self {
            // RFC 9846 section 6.2: general_error, where the sender wishes to conceal the specific error.
            Self::Refused(_) => Alert::GENERAL_ERROR,
            Self::Dropped | Self::Late | Self::Unfit(_) => Alert::INTERNAL_ERROR,
        }
    }
}

/// RFC 9846 section 6.2.
fn certificate_alert(rule: Rule) -> Alert {
    match rule {
        Rule::UnknownAuthority | Rule::SelfSigned | Rule::MissingIntermediate => Alert::UNKNOWN_CA,
        Rule::Expired | Rule::NotYetValid => Alert::CERTIFICATE_EXPIRED,
        Rule::Revoked => Alert::CERTIFICATE_REVOKED,
        Rule::UnsupportedAlgorithm
        | Rule::UnsupportedKey
        | Rule::ExplicitCurve
        | Rule::AlgorithmNotPermitted
        | Rule::KeyNotPermitted
        | Rule::WrongKeyUsage
        | Rule::WrongPurpose
        | Rule::AnyPurposeOnly
        | Rule::PurposeNotNested => Alert::UNSUPPORTED_CERTIFICATE,
        Rule::BadStatus => Alert::BAD_CERTIFICATE_STATUS_RESPONSE,
        Rule::BudgetExhausted | Rule::RevocationUnknown | Rule::Refused => Alert::CERTIFICATE_UNKNOWN,
        _ => Alert::BAD_CERTIFICATE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syntax_and_meaning_have_an_alert_each() {
        let alert =
            |problem| Error::from(DecodeError { structure: "ClientHello", field: "x", problem }).alert();
        assert_eq!(alert(DecodeProblem::Length), Some(Alert::DECODE_ERROR));
        assert_eq!(alert(DecodeProblem::Trailing), Some(Alert::DECODE_ERROR));
        assert_eq!(alert(DecodeProblem::Duplicate), Some(Alert::ILLEGAL_PARAMETER));
        assert_eq!(alert(DecodeProblem::Value), Some(Alert::ILLEGAL_PARAMETER));
    }
}
