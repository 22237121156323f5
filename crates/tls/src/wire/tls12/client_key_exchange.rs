//! ClientKeyExchange (RFC 5246 section 7.4.7, RFC 8422 section 5.7): its syntax follows from the suite.

use crate::wire::Message;
use crate::wire::codec::{DecodeError, Reader, Writer};
use crate::wire::registry::HandshakeType;

/// The client's ephemeral ECDH key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientEcdhKey<'a> {
    pub(crate) public: &'a [u8],
}

/// The premaster secret, encrypted to the server's RSA key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EncryptedPremaster<'a> {
    pub(crate) encrypted: &'a [u8],
}

impl<'a> Message<'a> for ClientEcdhKey<'a> {
    const TYPE: HandshakeType = HandshakeType::CLIENT_KEY_EXCHANGE;
    const NAME: &'static str = "ClientKeyExchange";

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self { public: reader.vector8("ecdh_Yc", 1)? })
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.block8(|out| out.raw(self.public));
    }
}

impl<'a> Message<'a> for EncryptedPremaster<'a> {
    const TYPE: HandshakeType = HandshakeType::CLIENT_KEY_EXCHANGE;
    const NAME: &'static str = "ClientKeyExchange";

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self { encrypted: reader.vector16("encrypted_pre_master_secret", 0)? })
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.block16(|out| out.raw(self.encrypted));
    }
}
