//! ServerHello and HelloRetryRequest, which share one syntax (RFC 9846 sections 4.2.3 and 4.2.4).

use super::Message;
use super::client_hello::SESSION_ID_MAX;
use super::codec::{DecodeError, DecodeProblem, Reader, Writer};
use super::extension::alpn::ProtocolNames;
use super::extension::cookie::Cookie;
use super::extension::ec_point_formats::PointFormats;
use super::extension::extended_master_secret::ExtendedMasterSecret;
use super::extension::extension_block;
use super::extension::key_share::{KeyShareEntry, SelectedGroup};
use super::extension::pre_shared_key::SelectedIdentity;
use super::extension::record_size_limit::RecordSizeLimit;
use super::extension::renegotiation_info::RenegotiationInfo;
use super::extension::server_name::NameAcknowledged;
use super::extension::session_ticket::TicketFollows;
use super::extension::signed_certificate_timestamp::Timestamps;
use super::extension::status_request::StatusFollows;
use super::extension::supported_versions::SelectedVersion;
use super::registry::{CipherSuite, HandshakeType, ProtocolVersion};

/// SHA-256 of "HelloRetryRequest": the `random` that makes a ServerHello one (RFC 9846 section 4.2.3).
pub(crate) const RETRY_RANDOM: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2,
    0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

#[derive(Clone, Copy, Debug)]
pub(crate) struct ServerHello<'a> {
    pub(crate) legacy_version: ProtocolVersion,
    pub(crate) random: &'a [u8; 32],
    pub(crate) legacy_session_id_echo: &'a [u8],
    pub(crate) cipher_suite: CipherSuite,
    pub(crate) legacy_compression_method: u8,
    pub(crate) extensions: Extensions<'a>,
}

/// The block of either kind of message: `key_share` means another thing in each.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Extensions<'a> {
    Hello(HelloExtensions<'a>),
    Retry(RetryExtensions<'a>),
}

extension_block! {
    /// The first two belong to TLS 1.3, the others to TLS 1.2.
    HelloExtensions<'a> {
        supported_versions: SelectedVersion,
        key_share: KeyShareEntry<'a>,
        pre_shared_key: SelectedIdentity,
        server_name: NameAcknowledged,
        renegotiation_info: RenegotiationInfo<'a>,
        extended_master_secret: ExtendedMasterSecret,
        session_ticket: TicketFollows,
        ec_point_formats: PointFormats<'a>,
        alpn: ProtocolNames<'a>,
        status_request: StatusFollows,
        signed_certificate_timestamp: Timestamps<'a>,
        record_size_limit: RecordSizeLimit,
    }
}

extension_block! {
    RetryExtensions<'a> {
        supported_versions: SelectedVersion,
        key_share: SelectedGroup,
        cookie: Cookie<'a>,
    }
}

impl<'a> Message<'a> for ServerHello<'a> {
    const TYPE: HandshakeType = HandshakeType::SERVER_HELLO;
    const NAME: &'static str = "ServerHello";

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let legacy_version = reader.u16("legacy_version")?.into();
        let random = reader.array("random")?;
        Ok(Self {
            legacy_version,
            random,
            legacy_session_id_echo: read_echo(reader)?,
            cipher_suite: reader.u16("cipher_suite")?.into(),
            legacy_compression_method: reader.u8("legacy_compression_method")?,
            extensions: Extensions::read(reader, *random == RETRY_RANDOM)?,
        })
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.u16(self.legacy_version.into());
        out.raw(self.random);
        out.block8(|out| out.raw(self.legacy_session_id_echo));
        out.u16(self.cipher_suite.into());
        out.u8(self.legacy_compression_method);
        match &self.extensions {
            Extensions::Hello(block) => block.write(out),
            Extensions::Retry(block) => block.write(out),
        }
    }
}

impl<'a> Extensions<'a> {
    fn read(reader: &mut Reader<'a>, retry: bool) -> Result<Self, DecodeError> {
        match (retry, reader.is_empty()) {
            (true, _) => RetryExtensions::read(reader).map(Self::Retry),
            // Before TLS 1.3 a hello could end without the block (RFC 5246 section 7.4.1.3).
            (false, true) => Ok(Self::Hello(HelloExtensions::default())),
            (false, false) => HelloExtensions::read(reader).map(Self::Hello),
        }
    }
}

fn read_echo<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
    let echo = reader.vector8("legacy_session_id_echo", 0)?;
    match echo.len() <= SESSION_ID_MAX {
        true => Ok(echo),
        false => Err(reader.error("legacy_session_id_echo", DecodeProblem::Length)),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn retry_random_is_the_hash_of_its_name() {
        let hash = bulla_crypto::hash::HashAlgorithm::Sha256.hash(b"HelloRetryRequest");
        assert_eq!(hash.as_ref(), super::RETRY_RANDOM);
    }
}
