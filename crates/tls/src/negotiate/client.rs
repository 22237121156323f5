//! A client's judgement of what a server chose (RFC 9846 sections 4.2.3, 4.2.4 and 4.4).

use bulla_crypto::hash::HashAlgorithm;

use crate::error::{Error, Violation};
use crate::keys::suite::Suite;
use crate::wire::certificate_request::CertificateRequest;
use crate::wire::client_hello::SentHello;
use crate::wire::codec::List16;
use crate::wire::encrypted_extensions::EncryptedExtensions;
use crate::wire::extension::alpn::ProtocolNames;
use crate::wire::extension::key_share::KeyShareEntry;
use crate::wire::registry::{CipherSuite, ExtensionType, NamedGroup, ProtocolVersion, SignatureScheme};
use crate::wire::server_hello::{Extensions, HelloExtensions, RetryExtensions, ServerHello};

/// Extensions that bulla knows and that have no place in a CertificateRequest (RFC 9846 section 4.3).
const NOT_IN_REQUEST: [ExtensionType; 10] = [
    ExtensionType::SUPPORTED_GROUPS,
    ExtensionType::ALPN,
    ExtensionType::RECORD_SIZE_LIMIT,
    ExtensionType::EARLY_DATA,
    ExtensionType::SUPPORTED_VERSIONS,
    ExtensionType::COOKIE,
    ExtensionType::KEY_SHARE,
    ExtensionType::PRE_SHARED_KEY,
    ExtensionType::PSK_KEY_EXCHANGE_MODES,
    ExtensionType::TICKET_REQUEST,
];

/// What the client put into its hello, as far as the server's answer must fit it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offered<'a> {
    pub(crate) session_id: &'a [u8],
    pub(crate) suites: &'a [CipherSuite],
    pub(crate) groups: &'a [NamedGroup],
    /// The hello that was sent last.
    pub(crate) hello: SentHello<'a>,
    /// After a HelloRetryRequest, the suite that it named.
    pub(crate) settled: Option<Suite>,
    /// The hash of the one pre-shared key.
    pub(crate) psk: Option<HashAlgorithm>,
    /// The suite of the TLS 1.2 session.
    pub(crate) session: Option<Suite>,
}

/// A server's settled choice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settled<'a> {
    pub(crate) suite: Suite,
    pub(crate) share: KeyShareEntry<'a>,
    /// Whether the pre-shared key was taken.
    pub(crate) resumed: bool,
}

/// What a HelloRetryRequest asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryRequest<'a> {
    pub(crate) suite: Suite,
    pub(crate) group: Option<NamedGroup>,
    pub(crate) cookie: Option<&'a [u8]>,
}

/// Checks a ServerHello that is no HelloRetryRequest.
pub(crate) fn check_hello<'a>(
    hello: &ServerHello<'a>,
    extensions: &HelloExtensions<'a>,
    offered: &Offered<'_>,
) -> Result<Settled<'a>, Error> {
    let suite = offered.check_frame(hello)?;
    offered.check_extensions("ServerHello", extensions.kinds(), |kind| {
        matches!(
            kind,
            ExtensionType::SUPPORTED_VERSIONS | ExtensionType::KEY_SHARE | ExtensionType::PRE_SHARED_KEY
        )
    })?;
    let missing = Violation::MissingExtension { message: "ServerHello", extension: ExtensionType::KEY_SHARE };
    let share = extensions.key_share.ok_or(missing)?;
    if !offered.hello.shares(share.group) {
        return Err(Violation::GroupNotShared(share.group).into());
    }
    if let Some(selected) = extensions.pre_shared_key {
        offered.check_key(selected.0, suite)?;
    }
    Ok(Settled { suite, share, resumed: extensions.pre_shared_key.is_some() })
}

/// Checks a HelloRetryRequest.
pub(crate) fn check_retry<'a>(
    hello: &ServerHello<'a>,
    extensions: &RetryExtensions<'a>,
    offered: &Offered<'_>,
) -> Result<RetryRequest<'a>, Error> {
    // RFC 9846 section 4.2.4: If a client receives a second HelloRetryRequest in the same connection, it MUST
    // abort the handshake with an "unexpected_message" alert.
    if offered.settled.is_some() {
        return Err(Violation::SecondRetry.into());
    }
    let suite = offered.check_frame(hello)?;
    offered.check_extensions("HelloRetryRequest", extensions.kinds(), |kind| {
        matches!(kind, ExtensionType::SUPPORTED_VERSIONS | ExtensionType::KEY_SHARE | ExtensionType::COOKIE)
    })?;
    let group = extensions.key_share.map(|selected| selected.0);
    if let Some(group) = group {
        // RFC 9846 section 4.3.8: the client MUST verify that (1) the selected_group field corresponds to a
        // group which was provided in the "supported_groups" extension and (2) not to a group which was
        // provided in the "key_share" extension.
        if !offered.groups.contains(&group) {
            return Err(Violation::RetryGroupNotOffered(group).into());
        }
        if offered.hello.shares(group) {
            return Err(Violation::RetryGroupShared(group).into());
        }
    }
    let cookie = extensions.cookie.map(|cookie| cookie.0);
    if group.is_none() && cookie.is_none() {
        return Err(Violation::RetryWithoutChange.into());
    }
    Ok(RetryRequest { suite, group, cookie })
}

impl Offered<'_> {
    /// The checks that ServerHello and HelloRetryRequest share.
    fn check_frame(&self, hello: &ServerHello<'_>) -> Result<Suite, Error> {
        let version = match &hello.extensions {
            Extensions::Hello(block) => block.supported_versions,
            Extensions::Retry(block) => block.supported_versions,
        };
        let missing = Violation::MissingExtension {
            message: "HelloRetryRequest",
            extension: ExtensionType::SUPPORTED_VERSIONS,
        };
        let version = version.ok_or(missing)?.0;
        if version != ProtocolVersion::TLS_1_3 {
            return Err(Violation::VersionNotOffered(version).into());
        }
        // RFC 9846 section 4.2.3: A client which receives a TLS 1.3 Server Hello with a legacy_version value
        // not equal to 0x0303 MUST abort the handshake with a "protocol_version" alert.
        if hello.legacy_version != ProtocolVersion::TLS_1_2 {
            let version = hello.legacy_version;
            return Err(Violation::LegacyVersion { message: "ServerHello", version }.into());
        }
        if hello.legacy_session_id_echo != self.session_id {
            return Err(Violation::SessionIdEcho.into());
        }
        if hello.legacy_compression_method != 0 {
            return Err(Violation::Compression { message: "ServerHello" }.into());
        }
        self.check_suite(hello.cipher_suite)
    }

    fn check_suite(&self, chosen: CipherSuite) -> Result<Suite, Error> {
        let suite = Suite::tls13(chosen)
            .filter(|suite| self.suites.contains(&suite.id))
            .ok_or(Violation::SuiteNotOffered(chosen))?;
        // RFC 9846 section 4.2.4: clients MUST check that the cipher suite supplied in the ServerHello is the
        // same as that in the HelloRetryRequest.
        match self.settled {
            Some(settled) if settled != suite => Err(Violation::SuiteChanged.into()),
            _ => Ok(suite),
        }
    }

    /// RFC 9846 section 4.3.11: Clients MUST verify that the server's selected_identity is within the range
    /// supplied by the client, that the server selected a cipher suite indicating a Hash associated with the
    /// PSK.
    fn check_key(&self, selected: u16, suite: Suite) -> Result<(), Violation> {
        match self.psk {
            Some(hash) if selected == 0 && hash == suite.hash => Ok(()),
            Some(_) if selected == 0 => Err(Violation::SuiteNotForKey(suite.id)),
            _ => Err(Violation::IdentityNotOffered(selected)),
        }
    }

    /// RFC 9846 section 4.3: If an implementation receives an extension which it recognizes and which is not
    /// specified for the message in which it appears, it MUST abort the handshake with an
    /// "illegal_parameter" alert; one that was not requested, with "unsupported_extension".
    pub(super) fn check_extensions(
        &self,
        message: &'static str,
        kinds: impl Iterator<Item = ExtensionType>,
        belongs: impl Fn(ExtensionType) -> bool,
    ) -> Result<(), Violation> {
        for extension in kinds {
            let offered = extension == ExtensionType::COOKIE || self.hello.has(extension);
            match (belongs(extension), offered) {
                (true, true) => {}
                (false, true) => return Err(Violation::MisplacedExtension { message, extension }),
                (_, false) => return Err(Violation::UnsolicitedExtension { message, extension }),
            }
        }
        Ok(())
    }

    /// Checks EncryptedExtensions; gives the application protocol that the server chose.
    pub(crate) fn check_parameters<'a>(
        &self,
        parameters: &EncryptedExtensions<'a>,
        alpn: &[Vec<u8>],
    ) -> Result<Option<&'a [u8]>, Error> {
        let extensions = &parameters.extensions;
        self.check_extensions("EncryptedExtensions", extensions.kinds(), |kind| {
            matches!(
                kind,
                ExtensionType::SERVER_NAME
                    | ExtensionType::SUPPORTED_GROUPS
                    | ExtensionType::ALPN
                    | ExtensionType::RECORD_SIZE_LIMIT
                    | ExtensionType::TICKET_REQUEST
            )
        })?;
        let Some(answer) = extensions.alpn else { return Ok(None) };
        let chosen = answer.single().filter(|name| ProtocolNames::Values(alpn).contains(name));
        chosen.map(Some).ok_or_else(|| Violation::ProtocolNotOffered.into())
    }
}

/// Checks a CertificateRequest in the handshake; gives the schemes that the server accepts.
pub(crate) fn check_request<'a>(
    request: &CertificateRequest<'a>,
) -> Result<List16<'a, SignatureScheme>, Error> {
    // RFC 9846 section 4.4.2: this field SHALL be zero length unless used for the post-handshake
    // authentication exchanges.
    if !request.context.is_empty() {
        return Err(Violation::RequestContext { message: "CertificateRequest" }.into());
    }
    check_request_extensions(request)
}

/// Checks what a CertificateRequest says, whenever it comes; gives the schemes that the server accepts.
pub(crate) fn check_request_extensions<'a>(
    request: &CertificateRequest<'a>,
) -> Result<List16<'a, SignatureScheme>, Error> {
    if let Some(extension) = request.extensions.kinds().find(|kind| NOT_IN_REQUEST.contains(kind)) {
        return Err(Violation::MisplacedExtension { message: "CertificateRequest", extension }.into());
    }
    let missing = Violation::MissingExtension {
        message: "CertificateRequest",
        extension: ExtensionType::SIGNATURE_ALGORITHMS,
    };
    Ok(request.extensions.signature_algorithms.ok_or(missing)?.0)
}
