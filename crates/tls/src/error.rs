//! What can go wrong, by who caused it. Which alert each of these becomes is `alert.rs`'s business.

use std::borrow::Cow;
use std::fmt;

use crate::step::NeedKind;
use crate::wire::codec::DecodeError;
use crate::wire::registry::{
    AlertDescription, CertificateCompressionAlgorithm, CipherSuite, ContentType, ExtensionType,
    HandshakeType, NamedGroup, ProtocolVersion, SignatureScheme,
};

/// Why a connection failed. After the first error a connection reports the same one for ever.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The peer broke a rule of the protocol.
    #[error("the peer broke the protocol: {0}")]
    Violation(#[from] Violation),
    /// The peer sent bytes that do not follow the syntax.
    #[error("the peer sent a malformed message: {0} (RFC 9846 section 6.2)")]
    Malformed(#[from] DecodeError),
    /// Both sides are in order, but share nothing in some respect.
    #[error("{0}")]
    Incompatible(#[from] Incompatibility),
    /// The peer's certificate chain was judged and refused.
    #[error("the peer's certificate is not trusted: {0}")]
    Certificate(Box<bulla_x509::verdict::Failure>),
    /// The peer ended the connection with this alert.
    #[error("the peer refused with the alert {0}{hint}", hint = alert_hint(*.0))]
    Alert(AlertDescription),
    /// The peer does not speak TLS at all.
    #[error("{0}")]
    Foreign(#[from] Foreign),
    /// The transport ended without `close_notify`: the last bytes may have been cut off on the way.
    #[error("the connection ended without close_notify, so data may be missing (RFC 9846 section 6.1)")]
    Truncated,
    /// Whoever chooses this server's config refused the client's hello.
    #[error("the client's hello was refused here, and the client told so with the alert {0}")]
    HelloRefused(AlertDescription),
    /// Our caller ended the connection, by [`Connection::abort`](crate::Connection::abort).
    #[error("the connection was ended here, and the peer told so with the alert {0}")]
    Aborted(AlertDescription),
    /// Outside work was refused, dropped or late.
    #[error("{kind}: {problem}")]
    Need {
        /// Which work.
        kind: NeedKind,
        /// What became of it.
        problem: NeedProblem,
    },
    /// The caller asked for what cannot be.
    #[error("{0}")]
    Misuse(#[from] Misuse),
    /// A defect in bulla; please report it.
    #[error("internal error: {0}")]
    Internal(&'static str),
}

fn alert_hint(alert: AlertDescription) -> &'static str {
    match alert {
        AlertDescription::HANDSHAKE_FAILURE => " (no common cipher suite, group or signature scheme)",
        AlertDescription::PROTOCOL_VERSION => " (it speaks none of the versions offered)",
        AlertDescription::UNRECOGNIZED_NAME => " (it serves no such name)",
        AlertDescription::CERTIFICATE_REQUIRED => " (it wants a client certificate)",
        AlertDescription::UNKNOWN_CA => " (it does not trust the authority behind our certificate)",
        AlertDescription::BAD_CERTIFICATE
        | AlertDescription::CERTIFICATE_UNKNOWN
        | AlertDescription::UNSUPPORTED_CERTIFICATE => " (it does not trust our certificate)",
        AlertDescription::CERTIFICATE_EXPIRED => " (to its clock our certificate is out of date)",
        AlertDescription::NO_APPLICATION_PROTOCOL => " (it speaks none of the protocols offered by ALPN)",
        _ => "",
    }
}

/// What became of outside work that was not answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NeedProblem {
    /// Whoever was asked refused.
    #[error("refused: {0}")]
    Refused(Cow<'static, str>),
    /// The reply handle was dropped.
    #[error("the request was dropped without an answer")]
    Dropped,
    /// The time limit passed.
    #[error("no answer within the time limit")]
    Late,
    /// The answer does not fit what was asked.
    #[error("the answer does not fit: {0}")]
    Unfit(&'static str),
}

/// A rule of the protocol that the peer broke: message, field and section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each variant's message says what it stands for")]
pub enum Violation {
    #[error("{got} came where {} was due (RFC 9846 section 4)", Names(.expected))]
    UnexpectedMessage { got: HandshakeType, expected: &'static [HandshakeType] },
    #[error("a record of type {0} may not stand here (RFC 9846 section 5)")]
    UnexpectedRecord(ContentType),
    #[error("change_cipher_spec: only the single byte 1, and only before Finished (RFC 9846 section 5)")]
    ChangeCipherSpec,
    #[error("change_cipher_spec came where it was not due (RFC 5246 section 7.1)")]
    UntimelyChangeCipherSpec,
    #[error("a {0} record without content (RFC 9846 section 5.1)")]
    EmptyRecord(ContentType),
    #[error("a record cuts into an unfinished handshake message (RFC 9846 section 5.1)")]
    Interleaved,
    #[error("handshake bytes follow a message that changes keys in the same record (RFC 9846 section 5.1)")]
    NotAligned,
    #[error("a record holds more than 2^14 bytes (RFC 9846 sections 5.1 and 5.2)")]
    RecordTooLong,
    #[error("a record does not decrypt (RFC 9846 section 5.2)")]
    Undecryptable,
    #[error("a record is padding only, without content type (RFC 9846 section 5.4)")]
    PaddingOnly,
    #[error("an alert record that is not exactly one alert (RFC 9846 section 5.1)")]
    AlertLength,
    #[error(
        "{kind} claims {length} bytes; at most {limit} are accepted: raise `limits.message` if this peer is to be talked to"
    )]
    MessageTooLong { kind: HandshakeType, length: usize, limit: usize },
    #[error("too many {0} in a row")]
    TooMany(&'static str),
    #[error("{message}.legacy_version is {version}, not TLS 1.2 (RFC 9846 section 4.2)")]
    LegacyVersion { message: &'static str, version: ProtocolVersion },
    #[error("{message}.legacy_compression_method is not null (RFC 9846 section 4.2)")]
    Compression { message: &'static str },
    #[error("{message} lacks the extension {extension} (RFC 9846 section 9.2)")]
    MissingExtension { message: &'static str, extension: ExtensionType },
    #[error("{message} carries the extension {extension}, which was not offered (RFC 9846 section 4.3)")]
    UnsolicitedExtension { message: &'static str, extension: ExtensionType },
    #[error("{message} carries the extension {extension}, which has no place there (RFC 9846 section 4.3)")]
    MisplacedExtension { message: &'static str, extension: ExtensionType },
    #[error("ClientHello.key_share has two shares for {0} (RFC 9846 section 4.3.8)")]
    RepeatedShare(NamedGroup),
    #[error("ClientHello.key_share has {0}, which supported_groups lacks (RFC 9846 section 4.3.8)")]
    ShareWithoutGroup(NamedGroup),
    #[error("the key share for {0} is no valid public value (RFC 9846 section 4.3.8)")]
    InvalidShare(NamedGroup),
    #[error("the second ClientHello differs in {0} (RFC 9846 section 4.2.2)")]
    HelloChanged(&'static str),
    #[error("the second ClientHello does not bring the one share asked for (RFC 9846 section 4.2.4)")]
    RetryIgnored,
    #[error("ServerHello.legacy_session_id_echo is not what was sent (RFC 9846 section 4.2.3)")]
    SessionIdEcho,
    #[error("ServerHello.session_id resumes a session that was not offered (RFC 5246 section 7.4.1.3)")]
    ResumedUnasked,
    #[error("{message}.renegotiation_info is not empty in a first handshake (RFC 5746 section 3.4)")]
    RenegotiationInfo { message: &'static str },
    #[error("{message}.ec_point_formats lacks the uncompressed format (RFC 8422 section 5.1.2)")]
    PointFormats { message: &'static str },
    #[error("ServerKeyExchange is for {0}, which was not offered (RFC 8422 section 5.4)")]
    GroupNotOffered(NamedGroup),
    #[error("the certificate's key is on {0}, which was not offered (RFC 8422 section 5.3)")]
    CurveNotOffered(NamedGroup),
    #[error("the certificate's key is not of the kind that {0} names (RFC 5246 section 7.4.2)")]
    CertificateNotForSuite(CipherSuite),
    #[error("ServerHello.cipher_suite {0} was not offered (RFC 9846 section 4.2.3)")]
    SuiteNotOffered(CipherSuite),
    #[error("ServerHello.cipher_suite differs from the HelloRetryRequest's (RFC 9846 section 4.2.4)")]
    SuiteChanged,
    #[error("ServerHello.supported_versions selects {0}, which was not offered (RFC 9846 section 4.3.1)")]
    VersionNotOffered(ProtocolVersion),
    #[error(
        "ServerHello.random shows that a middleman took TLS 1.3 out of our offer (RFC 9846 section 4.2.3)"
    )]
    Downgraded,
    #[error("HelloRetryRequest asks for {0}, which was not offered (RFC 9846 section 4.3.8)")]
    RetryGroupNotOffered(NamedGroup),
    #[error("HelloRetryRequest asks for {0}, whose share it already has (RFC 9846 section 4.3.8)")]
    RetryGroupShared(NamedGroup),
    #[error("HelloRetryRequest asks for no change (RFC 9846 section 4.2.4)")]
    RetryWithoutChange,
    #[error("a second HelloRetryRequest (RFC 9846 section 4.2.4)")]
    SecondRetry,
    #[error("ServerHello.cipher_suite {0} is not that of the session resumed (RFC 5246 section 7.4.1.3)")]
    SuiteNotOfSession(CipherSuite),
    #[error("{message} lacks extended_master_secret, which the session resumed has (RFC 7627 section 5.3)")]
    SecretNotExtended { message: &'static str },
    #[error("ClientHello.pre_shared_key has not one binder for each identity (RFC 9846 section 4.3.11)")]
    BinderCount,
    #[error("ClientHello.pre_shared_key: the binder does not prove the key (RFC 9846 section 4.3.11)")]
    Binder,
    #[error(
        "ServerHello.pre_shared_key selects identity {0}, which was not offered (RFC 9846 section 4.3.11)"
    )]
    IdentityNotOffered(u16),
    #[error("ServerHello.cipher_suite {0} has another hash than the key selected (RFC 9846 section 4.3.11)")]
    SuiteNotForKey(CipherSuite),
    #[error("ServerHello.key_share is for {0}, for which no share was sent (RFC 9846 section 4.3.8)")]
    GroupNotShared(NamedGroup),
    #[error(
        "EncryptedExtensions.application_layer_protocol_negotiation: not one that was offered (RFC 7301 section 3.1)"
    )]
    ProtocolNotOffered,
    #[error("Certificate.certificate_list is empty (RFC 9846 section 4.5.1, RFC 5246 section 7.4.2)")]
    NoCertificate,
    #[error(
        "no client certificate was sent, and one is required: give the client one, or make it optional here (RFC 9846 section 4.5.1, RFC 5246 section 7.4.6)"
    )]
    CertificateRequired,
    #[error(
        "Certificate.certificate_list holds more than {0} certificates: have the peer send its own chain alone, or raise `limits.certificates`"
    )]
    TooManyCertificates(usize),
    #[error("{message}.record_size_limit is {limit}, and 64 is the least (RFC 8449 section 4)")]
    RecordSizeLimit { message: &'static str, limit: u16 },
    #[error("CompressedCertificate.algorithm {0} was not offered (RFC 8879 section 4)")]
    CompressionNotOffered(CertificateCompressionAlgorithm),
    #[error(
        "CompressedCertificate does not inflate to a message of the length that it claims (RFC 8879 section 4)"
    )]
    CompressedCertificate,
    #[error("{message}.certificate_request_context is not as sent (RFC 9846 section 4.5.1)")]
    RequestContext { message: &'static str },
    #[error("CertificateVerify.algorithm {0} was not offered (RFC 9846 section 4.5.2)")]
    SchemeNotOffered(SignatureScheme),
    #[error("CertificateVerify.algorithm {0} does not fit the certificate's key (RFC 9846 section 4.5.2)")]
    SchemeNotForKey(SignatureScheme),
    #[error(
        "the certificate's key usage does not allow this use: digitalSignature to sign (RFC 9846 section 4.5.1), keyEncipherment for the key transport (RFC 5246 section 7.4.2)"
    )]
    KeyUsage,
    #[error(
        "CertificateVerify.signature is wrong: the peer does not hold the certificate's key (RFC 9846 section 4.5.2, RFC 5246 section 7.4.8)"
    )]
    Signature,
    #[error(
        "Finished.verify_data is wrong: the two sides saw different handshakes (RFC 9846 section 4.5.3, RFC 5246 section 7.4.9)"
    )]
    Finished,
    #[error("the peer asks for a renegotiation, which is always refused (RFC 9325 section 3.5)")]
    Renegotiation,
    #[error("KeyUpdate.request_update is {0} (RFC 9846 section 4.7.3)")]
    KeyUpdateRequest(u8),
    #[error("the certificate of the peer cannot be read: {0}")]
    UnreadableCertificate(&'static str),
}

/// The message types that were due, as words.
struct Names<'a>(&'a [HandshakeType]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => f.write_str("no handshake message"),
            [first, rest @ ..] => {
                write!(f, "{first}")?;
                rest.iter().try_for_each(|kind| write!(f, " or {kind}"))
            }
        }
    }
}

/// What two honest peers do not share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Incompatibility {
    /// The peer's best version is not one of ours.
    #[error(
        "the best version of the peer is {0}, which is not enabled here: update the peer, or see whether `versions` could name more (RFC 9846 section 4.3.1)"
    )]
    Version(ProtocolVersion),
    /// The peer has come down to a version that is not our best, though both know better.
    #[error(
        "the peer fell back to {0}, and better is spoken here: try again without the fallback (RFC 7507)"
    )]
    Fallback(ProtocolVersion),
    /// The peer does not know the extended master secret, and one is required.
    #[error(
        "the peer does not know the extended master secret: it is older than 2015, or require_extended_master_secret is to be false (RFC 7627)"
    )]
    ExtendedMasterSecret,
    /// The server does not know secure renegotiation.
    #[error(
        "the server does not know secure renegotiation: it is older than 2010 and open to prefixed data (RFC 5746)"
    )]
    SecureRenegotiation,
    /// No suite in common.
    #[error(
        "no cipher suite in common: leave `suites` at its default, or update the peer; in TLS 1.2 the suite must fit the certificate's key, too (RFC 9846 section 4.2.1)"
    )]
    Suite,
    /// No group in common.
    #[error(
        "no key exchange group in common: leave `groups` at its default, or let the peer offer X25519 or P-256 (RFC 9846 section 4.2.1)"
    )]
    Group,
    /// No certificate of ours can be signed for in a way that the peer takes.
    #[error(
        "no signature scheme in common with the certificate's key: present a certificate of a kind that the peer takes, such as ECDSA P-256 or RSA (RFC 9846 section 4.5.1)"
    )]
    Signature,
    /// The server has no certificate for the name asked for.
    #[error(
        "no certificate here for the name that the client asked for: add one for it, or correct the name that the client uses (RFC 6066 section 3)"
    )]
    Name,
    /// No application protocol in common.
    #[error(
        "no application protocol in common: name one in `alpn` that the client offers, too (RFC 7301 section 3.2)"
    )]
    Protocol,
}

/// What spoke where a TLS peer was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Foreign {
    /// A request of plain HTTP on a TLS port.
    #[error("the peer sent a plain HTTP request; this port speaks HTTPS")]
    HttpRequest,
    /// An answer of plain HTTP.
    #[error("the peer answered in plain HTTP; try its HTTPS port")]
    HttpResponse,
    /// An SSL 2.0 hello (RFC 6176 forbids it).
    #[error("the peer sent an SSL 2.0 hello, which is forbidden since 2011 (RFC 6176)")]
    Ssl2,
    /// The banner of SSH.
    #[error("the peer speaks SSH, not TLS")]
    Ssh,
    /// A greeting such as SMTP's or FTP's.
    #[error("the peer greets in plain text (SMTP or FTP?); it may want STARTTLS")]
    Greeting220,
    /// A greeting of POP3 or IMAP.
    #[error("the peer greets in plain text (POP3 or IMAP?); it may want STARTTLS")]
    MailboxGreeting,
    /// Nothing that is known here.
    #[error("the peer does not speak TLS: its first byte is {0:#04x}")]
    Unknown(u8),
}

/// A caller's mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// Data was to be sent before the handshake was done.
    #[error("the handshake is not complete, so nothing can be sent yet")]
    NotEstablished,
    /// Data was to be sent after the connection was closed by us.
    #[error("this side has closed the connection, so nothing more can be sent")]
    Closed,
    /// More bytes were claimed than the slot holds, or more output than there is.
    #[error("more bytes claimed than were lent")]
    TooManyBytes,
    /// Keys were to be replaced in TLS 1.2.
    #[error("TLS 1.2 cannot replace its keys: open a new connection instead")]
    NoKeyUpdate,
    /// A certificate was to be asked for after the handshake, where that cannot be.
    #[error("no certificate can be asked for now: set later_certificates at both ends, and speak TLS 1.3")]
    NoLaterCertificates,
    /// A certificate was to be asked for while the last request has no answer.
    #[error("the client has not answered the last request for a certificate yet")]
    RequestOpen,
    /// An exporter was asked for more than it can give.
    #[error(
        "an exporter gives at most 255 hash lengths, with a label of at most 249 bytes that is none of the protocol's own"
    )]
    Exporter,
}
