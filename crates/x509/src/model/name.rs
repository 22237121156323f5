//! Distinguished names (RFC 5280 section 4.1.2.4).

use super::list::{Group, List};
use asn1::{Asn1Read, Asn1Write, ObjectIdentifier, PrintableString, Tlv, Utf8String};

/// `RDNSequence`.
pub(crate) type RdnSequence<'a> = List<'a, RelativeName<'a>>;

/// `RelativeDistinguishedName`.
pub(crate) type RelativeName<'a> = Group<'a, Attribute<'a>>;

/// `AttributeTypeAndValue`.
#[derive(Asn1Read, Asn1Write, Clone)]
pub(crate) struct Attribute<'a> {
    pub(crate) kind: ObjectIdentifier,
    pub(crate) value: AttributeValue<'a>,
}

/// The value of an attribute.
///
/// The first variant that accepts a tag reads it: all but UTF8String is kept as it came, because old
/// authorities put characters into PrintableString that it does not have. The last variant is for writing.
#[derive(Asn1Read, Asn1Write, Clone)]
pub(crate) enum AttributeValue<'a> {
    Utf8(Utf8String<'a>),
    Raw(Tlv<'a>),
    Printable(PrintableString<'a>),
}
