//! What both sides settle in TLS 1.2 (RFC 5246 section 7.4.1, RFC 8422, RFC 5746, RFC 7627).

use bulla_crypto::exchange::Group;
use bulla_crypto::signature::{KeyKind, SignatureAlgorithm};

use super::client::Offered;
use super::record_size::{self, RecordSizes};
use super::{group, protocol, signature};
use crate::config::{ClientConfig, Credential, LEGACY_SUITES, ServerConfig};
use crate::error::{Error, Incompatibility, Violation};
use crate::keys::suite::{Exchange, Suite};
use crate::wire::client_hello::{ClientExtensions, ClientHello};
use crate::wire::codec::List16;
use crate::wire::extension::alpn::ProtocolNames;
use crate::wire::extension::ec_point_formats::PointFormats;
use crate::wire::extension::renegotiation_info::RenegotiationInfo;
use crate::wire::extension::signed_certificate_timestamp::Timestamps;
use crate::wire::registry::{CipherSuite, ExtensionType, NamedGroup, ProtocolVersion, SignatureScheme};
use crate::wire::server_hello::{HelloExtensions, ServerHello};
use crate::wire::tls12::certificate_request::{CertificateRequest12, ECDSA_SIGN, RSA_SIGN};

const VERSION: ProtocolVersion = ProtocolVersion::TLS_1_2;

/// All that a hello settles, once the certificate is chosen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice<'a> {
    pub(crate) terms: Terms<'a>,
    pub(crate) exchange: KeyExchange,
}

/// What a hello settles whether or not a session goes on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms<'a> {
    pub(crate) suite: Suite,
    pub(crate) protocol: Option<&'a [u8]>,
    /// Whether the master secret is the extended one.
    pub(crate) extended: bool,
    /// Whether the client knows `renegotiation_info`.
    pub(crate) renegotiation_info: bool,
    /// Whether it has said how points are encoded, and so is told.
    pub(crate) point_formats: bool,
    pub(crate) record_sizes: Option<RecordSizes>,
}

/// How both sides come to the premaster secret.
#[derive(Clone, Copy, Debug)]
pub(crate) enum KeyExchange {
    /// By ephemeral keys on this curve, of which the server signs its own.
    Ecdhe { group: NamedGroup, curve: Group, scheme: SignatureScheme },
    /// The client encrypts it to the server's key.
    Transport,
}

impl KeyExchange {
    pub(crate) fn group(self) -> Option<NamedGroup> {
        match self {
            Self::Ecdhe { group, .. } => Some(group),
            Self::Transport => None,
        }
    }
}

/// Whether a hello has a suite of ours with ephemeral keys.
pub(crate) fn offers_ephemeral(hello: &ClientHello<'_>, config: &ServerConfig) -> bool {
    let mut ours = config.suites.iter().filter(|suite| Suite::tls12(**suite).is_some());
    ours.any(|suite| hello.cipher_suites.contains(*suite))
}

/// A server's choice where the certificate is one for the key transport.
pub(crate) fn choose_transport<'a>(
    hello: &ClientHello<'a>,
    config: &'a ServerConfig,
) -> Result<Choice<'a>, Error> {
    let mut common = LEGACY_SUITES.into_iter().filter(|suite| hello.cipher_suites.contains(*suite));
    let suite = common.find_map(Suite::tls12).ok_or(Incompatibility::Suite)?;
    Ok(Choice { terms: choose_terms(hello, config, suite)?, exchange: KeyExchange::Transport })
}

/// A server's choice with ephemeral keys, signed by this certificate's.
pub(crate) fn choose<'a>(
    hello: &ClientHello<'a>,
    config: &'a ServerConfig,
    credential: &Credential,
) -> Result<Choice<'a>, Error> {
    let suite = choose_suite(hello, config, credential.key_kind())?;
    let (group, curve) = choose_group(&hello.extensions, config)?;
    if !takes_curve(&hello.extensions, credential.key_kind()) {
        return Err(Incompatibility::Suite.into());
    }
    let scheme = choose_scheme(&hello.extensions, credential)?;
    let exchange = KeyExchange::Ecdhe { group, curve, scheme };
    Ok(Choice { terms: choose_terms(hello, config, suite)?, exchange })
}

/// A server's choice once the suite is settled: what does not depend on how the secret is agreed.
pub(crate) fn choose_terms<'a>(
    hello: &ClientHello<'a>,
    config: &'a ServerConfig,
    suite: Suite,
) -> Result<Terms<'a>, Error> {
    let extensions = &hello.extensions;
    check_renegotiation("ClientHello", extensions.renegotiation_info)?;
    check_points("ClientHello", extensions.ec_point_formats)?;
    Ok(Terms {
        suite,
        protocol: protocol::choose(&config.alpn, extensions.alpn)?,
        extended: extended(
            extensions.extended_master_secret.is_some(),
            config.require_extended_master_secret,
        )?,
        renegotiation_info: extensions.renegotiation_info.is_some()
            || hello.cipher_suites.contains(CipherSuite::EMPTY_RENEGOTIATION_INFO_SCSV),
        point_formats: extensions.ec_point_formats.is_some(),
        record_sizes: record_size::agree(
            config.record_size_limit,
            extensions.record_size_limit,
            "ClientHello",
        )?,
    })
}

fn choose_suite(
    hello: &ClientHello<'_>,
    config: &ServerConfig,
    kind: KeyKind,
) -> Result<Suite, Incompatibility> {
    let mut common = config.suites.iter().filter(|suite| hello.cipher_suites.contains(**suite));
    common
        .find_map(|suite| Suite::tls12(*suite).filter(|suite| fits(*suite, kind)))
        .ok_or(Incompatibility::Suite)
}

/// The curve of a key, if it is one for ECDSA.
pub(crate) fn curve(kind: KeyKind) -> Option<NamedGroup> {
    match kind {
        KeyKind::EcP256 => Some(NamedGroup::SECP256R1),
        KeyKind::EcP384 => Some(NamedGroup::SECP384R1),
        KeyKind::EcP521 => Some(NamedGroup::SECP521R1),
        _ => None,
    }
}

/// RFC 8422 section 5.3: if the client has used a Supported Elliptic Curves Extension, the public key in the server's
/// certificate MUST respect the client's choice of elliptic curves. A server that cannot satisfy this requirement MUST
/// NOT choose an ECC cipher suite in its ServerHello message.
fn takes_curve(extensions: &ClientExtensions<'_>, kind: KeyKind) -> bool {
    match (extensions.supported_groups, curve(kind)) {
        (Some(groups), Some(curve)) => groups.0.contains(curve),
        _ => true,
    }
}

/// The schemes that go with some suite that both sides have: what a server's certificate may sign by.
pub(crate) fn schemes_for_suites(
    hello: &ClientHello<'_>,
    config: &ServerConfig,
    accepted: List16<'_, SignatureScheme>,
) -> Vec<SignatureScheme> {
    let common = config.suites.iter().filter(|suite| hello.cipher_suites.contains(**suite));
    let common: Vec<_> = common.filter_map(|suite| Suite::tls12(*suite)).collect();
    schemes_for(accepted, |kind| common.iter().any(|suite| fits(*suite, kind)))
}

/// The schemes of the kinds of certificate that a server takes. RFC 5246 section 7.4.6: the end-entity certificate's
/// public key (and associated restrictions) has to be compatible with the certificate types listed.
pub(crate) fn schemes_for_types(request: &CertificateRequest12<'_>) -> Vec<SignatureScheme> {
    schemes_for(request.signature_schemes, |kind| {
        let kind = if kind == KeyKind::Rsa { RSA_SIGN } else { ECDSA_SIGN };
        request.certificate_types.contains(&kind)
    })
}

/// Schemes that are unknown here remain, to be told to whoever chooses.
fn schemes_for(
    accepted: List16<'_, SignatureScheme>,
    takes: impl Fn(KeyKind) -> bool,
) -> Vec<SignatureScheme> {
    let kind = |scheme: SignatureScheme| scheme.algorithm().map(SignatureAlgorithm::key_kind);
    accepted.iter().filter(|scheme| kind(*scheme).is_none_or(&takes)).collect()
}

/// Whether a certificate with this kind of key can stand behind the suite (RFC 8422 section 2).
pub(crate) fn fits(suite: Suite, kind: KeyKind) -> bool {
    match suite.exchange {
        Exchange::Ecdsa => {
            matches!(kind, KeyKind::EcP256 | KeyKind::EcP384 | KeyKind::EcP521 | KeyKind::Ed25519)
        }
        Exchange::Rsa | Exchange::KeyTransport => kind == KeyKind::Rsa,
        Exchange::Separate => false,
    }
}

/// RFC 8422 section 4: a client that proposes ECC cipher suites may choose not to include these extensions. In this
/// case, the server is free to choose any one of the elliptic curves.
fn choose_group(
    extensions: &ClientExtensions<'_>,
    config: &ServerConfig,
) -> Result<(NamedGroup, Group), Incompatibility> {
    const UNSAID: [NamedGroup; 1] = [NamedGroup::SECP256R1];
    let offered = extensions.supported_groups.map_or(List16::Values(&UNSAID[..]), |list| list.0);
    let ours = config.groups.iter().filter(|group| group.is_elliptic());
    let mut common = ours.filter(|group| offered.contains(**group));
    common.find_map(|id| group::known(*id).map(|group| (*id, group))).ok_or(Incompatibility::Group)
}

/// RFC 5246 section 7.4.1.4.1: a client that does not send the extension means SHA-1, which is refused here.
fn choose_scheme(
    extensions: &ClientExtensions<'_>,
    credential: &Credential,
) -> Result<SignatureScheme, Incompatibility> {
    let accepted = extensions.signature_algorithms.ok_or(Incompatibility::Signature)?.0;
    signature::choose(credential.schemes_for(VERSION), accepted).ok_or(Incompatibility::Signature)
}

/// RFC 7627 section 5.3: whether both sides extend the master secret.
fn extended(offered: bool, required: bool) -> Result<bool, Incompatibility> {
    if required && !offered { Err(Incompatibility::ExtendedMasterSecret) } else { Ok(offered) }
}

/// RFC 5746 sections 3.4 and 3.6: in a first handshake the field is empty, or the handshake MUST be aborted.
fn check_renegotiation(message: &'static str, info: Option<RenegotiationInfo<'_>>) -> Result<(), Violation> {
    match info {
        Some(info) if !info.0.is_empty() => Err(Violation::RenegotiationInfo { message }),
        _ => Ok(()),
    }
}

/// RFC 8422 section 5.1.2: if the list does not contain the uncompressed format, the peer MUST abort the handshake
/// with an "illegal_parameter" alert.
fn check_points(message: &'static str, formats: Option<PointFormats<'_>>) -> Result<(), Violation> {
    match formats {
        Some(formats) if !formats.has_uncompressed() => Err(Violation::PointFormats { message }),
        _ => Ok(()),
    }
}

/// A server's settled choice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settled<'a> {
    pub(crate) suite: Suite,
    pub(crate) protocol: Option<&'a [u8]>,
    pub(crate) extended: bool,
    pub(crate) record_sizes: Option<RecordSizes>,
    /// Whether an OCSP response may follow the certificate.
    pub(crate) status_follows: bool,
    /// Whether a ticket will follow.
    pub(crate) ticket_follows: bool,
    /// Whether the session that was offered goes on.
    pub(crate) resumed: bool,
    pub(crate) scts: Option<Timestamps<'a>>,
}

/// A client's judgement of a ServerHello.
pub(crate) fn check_hello<'a>(
    hello: &ServerHello<'a>,
    extensions: &HelloExtensions<'a>,
    offered: &Offered<'_>,
    config: &ClientConfig,
) -> Result<Settled<'a>, Error> {
    const MESSAGE: &str = "ServerHello";
    if hello.legacy_compression_method != 0 {
        return Err(Violation::Compression { message: MESSAGE }.into());
    }
    let echo = hello.legacy_session_id_echo;
    let resumed = !echo.is_empty() && echo == offered.session_id;
    if resumed {
        check_resumption(hello, extensions, offered)?;
    }
    let suite = Suite::tls12(hello.cipher_suite)
        .filter(|suite| offered.suites.contains(&suite.id))
        .ok_or(Violation::SuiteNotOffered(hello.cipher_suite))?;
    // Some servers say their groups here, which TLS 1.2 has no place for; they are passed over.
    offered.check_extensions(MESSAGE, extensions.kinds(), belongs)?;
    check_renegotiation(MESSAGE, extensions.renegotiation_info)?;
    // RFC 5746 section 3.4: if the extension is not present, the server does not support secure renegotiation; the
    // client may want to terminate the handshake.
    if extensions.renegotiation_info.is_none() {
        return Err(Incompatibility::SecureRenegotiation.into());
    }
    check_points(MESSAGE, extensions.ec_point_formats)?;
    Ok(Settled {
        suite,
        protocol: chosen_protocol(extensions.alpn, config)?,
        extended: extended(
            extensions.extended_master_secret.is_some(),
            config.require_extended_master_secret,
        )?,
        record_sizes: record_size::agree(config.record_size_limit, extensions.record_size_limit, MESSAGE)?,
        status_follows: extensions.status_request.is_some(),
        ticket_follows: extensions.session_ticket.is_some(),
        resumed,
        scts: extensions.signed_certificate_timestamp,
    })
}

/// What goes on must be what was offered.
fn check_resumption(
    hello: &ServerHello<'_>,
    extensions: &HelloExtensions<'_>,
    offered: &Offered<'_>,
) -> Result<(), Violation> {
    // The session id of TLS 1.3's compatibility mode names no session, so a server cannot resume it.
    let session = offered.session.ok_or(Violation::ResumedUnasked)?;
    // RFC 5246 section 7.4.1.3: for resumed sessions, this field is the value from the state of the session being
    // resumed.
    if hello.cipher_suite != session.id {
        return Err(Violation::SuiteNotOfSession(hello.cipher_suite));
    }
    // RFC 7627 section 5.3: If the original session used the extension but the new ServerHello does not contain
    // the extension, the client MUST abort the handshake.
    match extensions.extended_master_secret {
        Some(_) => Ok(()),
        None => Err(Violation::SecretNotExtended { message: "ServerHello" }),
    }
}

fn belongs(kind: ExtensionType) -> bool {
    matches!(
        kind,
        ExtensionType::SERVER_NAME
            | ExtensionType::RENEGOTIATION_INFO
            | ExtensionType::EXTENDED_MASTER_SECRET
            | ExtensionType::SESSION_TICKET
            | ExtensionType::EC_POINT_FORMATS
            | ExtensionType::SUPPORTED_GROUPS
            | ExtensionType::ALPN
            | ExtensionType::STATUS_REQUEST
            | ExtensionType::SIGNED_CERTIFICATE_TIMESTAMP
            | ExtensionType::RECORD_SIZE_LIMIT
    )
}

fn chosen_protocol<'a>(
    answer: Option<ProtocolNames<'a>>,
    config: &ClientConfig,
) -> Result<Option<&'a [u8]>, Violation> {
    let Some(answer) = answer else { return Ok(None) };
    let chosen = answer.single().filter(|name| ProtocolNames::Values(&config.alpn).contains(name));
    chosen.map(Some).ok_or(Violation::ProtocolNotOffered)
}
