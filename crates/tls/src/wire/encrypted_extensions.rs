//! EncryptedExtensions (RFC 9846 section 4.4.1).

use super::Message;
use super::codec::{DecodeError, Reader, Writer};
use super::extension::alpn::ProtocolNames;
use super::extension::extension_block;
use super::extension::record_size_limit::RecordSizeLimit;
use super::extension::server_name::NameAcknowledged;
use super::extension::supported_groups::SupportedGroups;
use super::extension::ticket_request::TicketRequestHint;
use super::registry::HandshakeType;

#[derive(Clone, Copy, Debug)]
pub(crate) struct EncryptedExtensions<'a> {
    pub(crate) extensions: ServerParameters<'a>,
}

extension_block! {
    ServerParameters<'a> {
        server_name: NameAcknowledged,
        supported_groups: SupportedGroups<'a>,
        alpn: ProtocolNames<'a>,
        ticket_request: TicketRequestHint,
        record_size_limit: RecordSizeLimit,
    }
}

impl<'a> Message<'a> for EncryptedExtensions<'a> {
    const TYPE: HandshakeType = HandshakeType::ENCRYPTED_EXTENSIONS;
    const NAME: &'static str = "EncryptedExtensions";

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        ServerParameters::read(reader).map(|extensions| Self { extensions })
    }

    fn write(&self, out: &mut Writer<'_>) {
        self.extensions.write(out);
    }
}
