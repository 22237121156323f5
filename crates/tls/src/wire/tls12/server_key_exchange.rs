//! ServerKeyExchange with an ephemeral ECDH key (RFC 8422 section 5.4).

use crate::wire::Message;
use crate::wire::codec::{DecodeError, DecodeProblem, Reader, Writer};
use crate::wire::registry::{HandshakeType, NamedGroup, SignatureScheme};

/// The only curve type that is still in use (RFC 8422 section 5.4).
const NAMED_CURVE: u8 = 3;

#[derive(Clone, Copy, Debug)]
pub(crate) struct ServerKeyExchange<'a> {
    pub(crate) parameters: EcdhParameters<'a>,
    pub(crate) algorithm: SignatureScheme,
    pub(crate) signature: &'a [u8],
}

/// ServerECDHParams: what the signature covers, together with both randoms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EcdhParameters<'a> {
    pub(crate) group: NamedGroup,
    pub(crate) public: &'a [u8],
}

impl<'a> EcdhParameters<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        if reader.u8("curve_type")? != NAMED_CURVE {
            return Err(reader.error("curve_type", DecodeProblem::Value));
        }
        Ok(Self { group: reader.u16("namedcurve")?.into(), public: reader.vector8("public", 1)? })
    }

    pub(crate) fn write(&self, out: &mut Writer<'_>) {
        out.u8(NAMED_CURVE);
        out.u16(self.group.into());
        out.block8(|out| out.raw(self.public));
    }
}

impl<'a> Message<'a> for ServerKeyExchange<'a> {
    const TYPE: HandshakeType = HandshakeType::SERVER_KEY_EXCHANGE;
    const NAME: &'static str = "ServerKeyExchange";

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            parameters: EcdhParameters::read(reader)?,
            algorithm: reader.u16("algorithm")?.into(),
            signature: reader.vector16("signature", 0)?,
        })
    }

    fn write(&self, out: &mut Writer<'_>) {
        self.parameters.write(out);
        out.u16(self.algorithm.into());
        out.block16(|out| out.raw(self.signature));
    }
}
