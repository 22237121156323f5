//! ClientHello (RFC 9846 section 4.2.2).

use super::codec::{DecodeError, DecodeProblem, List16, Reader, Writer};
use super::extension::alpn::ProtocolNames;
use super::extension::certificate_authorities::AuthorityNames;
use super::extension::compress_certificate::CompressionAlgorithms;
use super::extension::cookie::Cookie;
use super::extension::ec_point_formats::PointFormats;
use super::extension::extended_master_secret::ExtendedMasterSecret;
use super::extension::key_share::ClientShares;
use super::extension::pre_shared_key::OfferedPsks;
use super::extension::psk_key_exchange_modes::PskKeyExchangeModes;
use super::extension::record_size_limit::RecordSizeLimit;
use super::extension::renegotiation_info::RenegotiationInfo;
use super::extension::server_name::HostName;
use super::extension::session_ticket::SessionTicket;
use super::extension::signature_algorithms::{CertificateSignatureAlgorithms, SignatureAlgorithms};
use super::extension::signed_certificate_timestamp::TimestampsWanted;
use super::extension::status_request::StatusWanted;
use super::extension::supported_groups::SupportedGroups;
use super::extension::supported_versions::OfferedVersions;
use super::extension::ticket_request::ClientTicketRequest;
use super::extension::{Entries, empty_extension, extension_block, read_body};
use super::registry::{CipherSuite, ExtensionType, HandshakeType, NamedGroup, ProtocolVersion};
use super::{HANDSHAKE_HEADER, Message};

/// The greatest length of `legacy_session_id`.
pub(crate) const SESSION_ID_MAX: usize = 32;

#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientHello<'a> {
    pub(crate) legacy_version: ProtocolVersion,
    pub(crate) random: &'a [u8; 32],
    pub(crate) legacy_session_id: &'a [u8],
    pub(crate) cipher_suites: List16<'a, CipherSuite>,
    pub(crate) legacy_compression_methods: &'a [u8],
    pub(crate) extensions: ClientExtensions<'a>,
}

extension_block! {
    ClientExtensions<'a> {
        server_name: HostName<'a>,
        supported_versions: OfferedVersions<'a>,
        supported_groups: SupportedGroups<'a>,
        ec_point_formats: PointFormats<'a>,
        extended_master_secret: ExtendedMasterSecret,
        renegotiation_info: RenegotiationInfo<'a>,
        signature_algorithms: SignatureAlgorithms<'a>,
        signature_algorithms_cert: CertificateSignatureAlgorithms<'a>,
        alpn: ProtocolNames<'a>,
        status_request: StatusWanted,
        signed_certificate_timestamp: TimestampsWanted,
        compress_certificate: CompressionAlgorithms<'a>,
        record_size_limit: RecordSizeLimit,
        certificate_authorities: AuthorityNames<'a>,
        post_handshake_auth: PostHandshakeAuth,
        early_data: EarlyDataIndication,
        cookie: Cookie<'a>,
        key_share: ClientShares<'a>,
        psk_key_exchange_modes: PskKeyExchangeModes<'a>,
        session_ticket: SessionTicket<'a>,
        ticket_request: ClientTicketRequest,
        /// The last of all (RFC 9846 section 4.3.11).
        pre_shared_key: OfferedPsks<'a>,
    }
}

empty_extension! {
    /// The client answers when it is asked for a certificate after the handshake (RFC 9846 section 4.3.6).
    PostHandshakeAuth, ExtensionType::POST_HANDSHAKE_AUTH
}

empty_extension! {
    /// The client has sent early data behind this hello (RFC 9846 section 4.3.10).
    EarlyDataIndication, ExtensionType::EARLY_DATA
}

impl ClientHello<'_> {
    /// How many bytes at its end are binders, if it offers pre-shared keys.
    pub(crate) fn binders_length(&self) -> Option<usize> {
        self.extensions.pre_shared_key.map(OfferedPsks::binders_length)
    }
}

impl<'a> Message<'a> for ClientHello<'a> {
    const TYPE: HandshakeType = HandshakeType::CLIENT_HELLO;
    const NAME: &'static str = "ClientHello";

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            legacy_version: reader.u16("legacy_version")?.into(),
            random: reader.array("random")?,
            legacy_session_id: read_session_id(reader)?,
            cipher_suites: List16::read(reader, "cipher_suites")?,
            legacy_compression_methods: reader.vector8("legacy_compression_methods", 1)?,
            extensions: read_extensions(reader)?,
        })
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.u16(self.legacy_version.into());
        out.raw(self.random);
        out.block8(|out| out.raw(self.legacy_session_id));
        out.block16(|out| self.cipher_suites.write(out));
        out.block8(|out| out.raw(self.legacy_compression_methods));
        self.extensions.write(out);
    }
}

/// A hello of ours as it was sent, read as far as the peer's answer must fit it: which extensions it has, and for which
/// groups shares.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SentHello<'a> {
    extensions: Entries<'a>,
}

impl<'a> SentHello<'a> {
    /// Out of the whole message.
    pub(crate) fn read(message: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("ClientHello", message);
        reader.take(HANDSHAKE_HEADER, "header")?;
        reader.u16("legacy_version")?;
        reader.array::<32>("random")?;
        read_session_id(&mut reader)?;
        reader.vector16("cipher_suites", 2)?;
        reader.vector8("legacy_compression_methods", 1)?;
        let extensions = if reader.is_empty() { Entries::default() } else { Entries::of_ours(&mut reader)? };
        Ok(Self { extensions })
    }

    /// Whether it has an extension of this type.
    pub(crate) fn has(self, kind: ExtensionType) -> bool {
        self.extensions.kinds().any(|each| each == kind)
    }

    /// Whether it has a share in this group.
    pub(crate) fn shares(self, group: NamedGroup) -> bool {
        let body = self.extensions.iter().find(|(kind, _)| *kind == ExtensionType::KEY_SHARE);
        let shares = body.and_then(|(kind, body)| read_body::<ClientShares<'_>>(kind, body).ok());
        shares.is_some_and(|shares| shares.iter().any(|share| share.group == group))
    }
}

fn read_session_id<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
    let id = reader.vector8("legacy_session_id", 0)?;
    match id.len() <= SESSION_ID_MAX {
        true => Ok(id),
        false => Err(reader.error("legacy_session_id", DecodeProblem::Length)),
    }
}

/// Before TLS 1.3 a hello could end without the block (RFC 5246 section 7.4.1.2).
fn read_extensions<'a>(reader: &mut Reader<'a>) -> Result<ClientExtensions<'a>, DecodeError> {
    if reader.is_empty() { Ok(ClientExtensions::default()) } else { ClientExtensions::read(reader) }
}
