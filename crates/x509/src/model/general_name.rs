//! `GeneralName` (RFC 5280 section 4.2.1.6).

use crate::name::DistinguishedName;
use asn1::{Asn1Read, Asn1Write, IA5String, ObjectIdentifier, Sequence};

/// The names that alternative names and name constraints speak of.
#[derive(Asn1Read, Asn1Write, Clone)]
pub(crate) enum GeneralName<'a> {
    #[implicit(0)]
    Other(Sequence<'a>),
    #[implicit(1)]
    Email(IA5String<'a>),
    #[implicit(2)]
    Dns(IA5String<'a>),
    #[implicit(3)]
    X400(Sequence<'a>),
    #[explicit(4)]
    Directory(DistinguishedName<'a>),
    #[implicit(5)]
    EdiParty(Sequence<'a>),
    #[implicit(6)]
    Uri(IA5String<'a>),
    #[implicit(7)]
    Ip(&'a [u8]),
    #[implicit(8)]
    RegisteredId(ObjectIdentifier),
}
