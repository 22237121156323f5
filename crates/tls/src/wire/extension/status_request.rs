//! `status_request` (RFC 6066 section 8, RFC 9846 section 4.5.1.1): the wish for a stapled OCSP response, and the
//! response.

use super::{Extension, empty_extension};
use crate::wire::codec::{DecodeError, DecodeProblem, Reader, Writer};
use crate::wire::registry::ExtensionType;

/// The only type of status that was ever taken up.
const OCSP: u8 = 1;

/// A client's wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatusWanted {
    /// By OCSP, from any responder. What responders and extensions a peer names is passed over.
    Ocsp,
    /// A type of status that bulla does not know.
    Unknown(u8),
}

impl<'a> Extension<'a> for StatusWanted {
    const TYPE: ExtensionType = ExtensionType::STATUS_REQUEST;

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let kind = reader.u8("status_type")?;
        if kind != OCSP {
            reader.remainder();
            return Ok(Self::Unknown(kind));
        }
        reader.vector16("responder_id_list", 0)?;
        reader.vector16("request_extensions", 0)?;
        Ok(Self::Ocsp)
    }

    fn write(&self, out: &mut Writer<'_>) {
        match *self {
            Self::Ocsp => {
                out.u8(OCSP);
                out.u16(0);
                out.u16(0);
            }
            Self::Unknown(kind) => out.u8(kind),
        }
    }
}

/// A server's wish in CertificateRequest: an empty one. What a peer puts into it is passed over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StatusAsked;

impl<'a> Extension<'a> for StatusAsked {
    const TYPE: ExtensionType = ExtensionType::STATUS_REQUEST;

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        reader.remainder();
        Ok(Self)
    }

    fn write(&self, _: &mut Writer<'_>) {}
}

empty_extension! {
    /// In TLS 1.2: a CertificateStatus message may follow.
    StatusFollows, ExtensionType::STATUS_REQUEST
}

/// A response beside a certificate, in DER; whether it is one is judged elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CertificateStatus<'a>(pub(crate) &'a [u8]);

impl<'a> Extension<'a> for CertificateStatus<'a> {
    const TYPE: ExtensionType = ExtensionType::STATUS_REQUEST;

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        match reader.u8("status_type")? {
            OCSP => reader.vector24("OCSPResponse", 1).map(Self),
            _ => Err(reader.error("status_type", DecodeProblem::Value)),
        }
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.u8(OCSP);
        out.block24(|out| out.raw(self.0));
    }
}
