//! `CertificationRequestInfo` (RFC 2986 section 4.1).

use super::{algorithm::SubjectPublicKeyInfo, list::Group};
use crate::name::DistinguishedName;
use asn1::{Asn1Read, Asn1Write, ObjectIdentifier, Tlv};

/// The content of a certification request.
#[derive(Asn1Read, Asn1Write)]
pub(crate) struct RequestInfo<'a> {
    pub(crate) version: u8,
    pub(crate) subject: DistinguishedName<'a>,
    pub(crate) public_key: SubjectPublicKeyInfo<'a>,
    #[implicit(0, required)]
    pub(crate) attributes: Group<'a, RequestAttribute<'a>>,
}

/// `Attribute`.
#[derive(Asn1Read, Asn1Write, Clone)]
pub(crate) struct RequestAttribute<'a> {
    pub(crate) kind: ObjectIdentifier,
    pub(crate) values: Group<'a, Tlv<'a>>,
}
