//! Distinguished names: who a certificate speaks of, and who issued it.

use crate::{
    der::{Fault, Reader, tag},
    model::{
        name::{Attribute, AttributeValue, RdnSequence, RelativeName},
        oid,
    },
    text::is_unsafe,
};
use asn1::{
    Asn1Readable, Asn1Writable, ObjectIdentifier, ParseError, ParseErrorKind, ParseResult, Parser,
    SimpleAsn1Readable, Tag, Tlv, Writer,
};
use std::{borrow::Cow, fmt};

/// More attributes than any relative name has; nearly all have one.
const MAX_ATTRIBUTES: usize = 16;

/// A distinguished name, borrowed from its DER. Two names are equal when their encodings are.
///
/// `Display` gives RFC 4514 text, most specific part first, in which nothing can steer a terminal: what the
/// RFC asks to escape and what [`is_unsafe`] names are `\` with two hexadecimal digits per byte.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DistinguishedName<'a> {
    der: &'a [u8],
}

impl<'a> DistinguishedName<'a> {
    const TAG: Tag = <RdnSequence<'static> as SimpleAsn1Readable<'static>>::TAG;

    /// Reads a name from DER that holds nothing else.
    pub fn parse(der: &'a [u8]) -> Result<Self, crate::fault::ParseError> {
        asn1::parse_single(der).map_err(|error| crate::fault::ParseError::from_asn1("name", der, 0, &error))
    }

    /// A name whose encoding was [checked](check).
    pub(crate) fn checked(der: &'a [u8]) -> Self {
        Self { der }
    }

    /// The relative names one after the other, without tag and length.
    fn contents(&self) -> &'a [u8] {
        let contents = Reader::new(self.der).and_then(|mut reader| reader.any());
        contents.map_or(&[], |value| value.bytes)
    }

    /// The encoding.
    pub fn der(&self) -> &'a [u8] {
        self.der
    }

    /// Whether the name has no part at all.
    pub fn is_empty(&self) -> bool {
        self.contents().is_empty()
    }

    /// The most specific common name, as it was written: not safe to print, see [`crate::text::Plain`].
    pub fn common_name(&self) -> Option<Cow<'a, str>> {
        self.last_text(&oid::COMMON_NAME)
    }

    /// The most specific organization, as it was written: not safe to print.
    pub fn organization(&self) -> Option<Cow<'a, str>> {
        self.last_text(&oid::ORGANIZATION)
    }

    /// The values of the `emailAddress` attribute (RFC 5280 section 4.2.1.10 lets constraints reach them).
    pub(crate) fn email_addresses(&self) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        self.attributes()
            .filter(|(_, part)| part.kind == oid::EMAIL_ADDRESS)
            .filter_map(|(_, part)| text_of(&part.value))
    }

    /// Whether this name lies in the subtree below `base`: its first relative names are those of `base`.
    ///
    /// Text is compared without regard to case, string type and repeated spaces (RFC 5280 section 7.1), so
    /// that another encoding of an excluded name is excluded too.
    pub(crate) fn is_within(&self, base: &DistinguishedName<'_>) -> bool {
        let (mut own, mut above) = (self.relative_names(), base.relative_names());
        loop {
            match (own.next(), above.next()) {
                (_, None) => return true,
                (Some(name), Some(wanted)) if is_same_relative(&name, &wanted) => {}
                _ => return false,
            }
        }
    }

    /// Whether this is the same name, in whatever encoding (RFC 5280 section 7.1). Names longer than any
    /// authority's are the same only when their bytes are.
    pub fn is_same(&self, other: &DistinguishedName<'_>) -> bool {
        const LONGEST: usize = 2048;
        self.der == other.der
            || (self.der.len() <= LONGEST
                && other.der.len() <= LONGEST
                && self.relative_names().count() == other.relative_names().count()
                && self.is_within(other))
    }

    /// Whether this is the other name and one more relative name below it.
    pub(crate) fn is_child(&self, parent: &DistinguishedName<'_>, relative: &RelativeName<'_>) -> bool {
        let one_more = parent.relative_names().count().checked_add(1) == Some(self.relative_names().count());
        let last = self.relative_names().last();
        one_more && self.is_within(parent) && last.is_some_and(|last| is_same_relative(&last, relative))
    }

    /// Each common name, as it was written: not safe to print.
    pub(crate) fn common_names(&self) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        let names = self.attributes().filter(|(_, part)| part.kind == oid::COMMON_NAME);
        names.map(|(_, part)| text_of(&part.value).unwrap_or_default())
    }

    /// The most specific country, as it was written: not safe to print.
    pub fn country(&self) -> Option<Cow<'a, str>> {
        self.last_text(&oid::COUNTRY)
    }

    fn last_text(&self, kind: &ObjectIdentifier) -> Option<Cow<'a, str>> {
        self.attributes()
            .filter(|(_, part)| part.kind == *kind)
            .filter_map(|(_, part)| text_of(&part.value))
            .last()
    }

    /// Each attribute with the index of its relative name.
    fn attributes(&self) -> impl Iterator<Item = (usize, Attribute<'a>)> + use<'a> {
        self.relative_names().enumerate().flat_map(|(index, name)| name.iter().map(move |part| (index, part)))
    }

    fn relative_names(&self) -> impl Iterator<Item = RelativeName<'a>> + use<'a> {
        RdnSequence::Checked(self.contents()).iter()
    }
}

/// The relative names of a name, one after the other. The name itself is the place of a fault: its parts have no
/// names of their own.
pub(crate) fn check(names: &Reader<'_>) -> Result<(), ParseErrorKind> {
    let mut names = *names;
    while !names.is_empty() {
        if let Some(length) = common_length(names.rest()) {
            names.skip(length);
            continue;
        }
        let set = names.read(tag::SET).map_err(Fault::kind)?;
        check_relative(&mut names.inside(&set))?;
    }
    Ok(())
}

/// The length of the first relative name if it is of the kind that nearly all are, and sound: one attribute below 2.5.4,
/// id-at, with a short value.
fn common_length(names: &[u8]) -> Option<usize> {
    let [
        tag::SET,
        set,
        tag::SEQUENCE,
        part,
        tag::OBJECT_IDENTIFIER,
        3,
        0x55,
        4,
        0..=0x7f,
        kind,
        text,
        rest @ ..,
    ] = names
    else {
        return None;
    };
    let value = rest.get(..usize::from(*text))?;
    let are_nested = *set < 0x80 && set.checked_sub(2) == Some(*part) && part.checked_sub(7) == Some(*text);
    let is_simple = kind & 0x1f != 0x1f && (*kind != tag::UTF8_STRING || value.is_ascii());
    (are_nested && is_simple).then(|| usize::from(*set).saturating_add(2))
}

/// RFC 5280 section 4.1.2.4: RelativeDistinguishedName ::= SET SIZE (1..MAX); comparing two sets takes the square of
/// their size.
fn check_relative(parts: &mut Reader<'_>) -> Result<(), ParseErrorKind> {
    let whole = parts.whole();
    let (mut actual, mut before) = (0usize, &[][..]);
    while !parts.is_empty() {
        let part = parts.read(tag::SEQUENCE).map_err(Fault::kind)?;
        check_attribute(&mut parts.inside(&part)).map_err(Fault::kind)?;
        // X.690 section 11.6: in ascending order.
        let now = part.full.of(whole);
        if now < before {
            return Err(ParseErrorKind::InvalidSetOrdering);
        }
        (actual, before) = (actual.saturating_add(1), now);
    }
    if (1..=MAX_ATTRIBUTES).contains(&actual) {
        Ok(())
    } else {
        Err(ParseErrorKind::InvalidSize { min: 1, max: MAX_ATTRIBUTES, actual })
    }
}

fn check_attribute(fields: &mut Reader<'_>) -> Result<(), Fault> {
    fields.identifier()?;
    let value = fields.any()?;
    let contents = value.bytes;
    if value.tag == tag::UTF8_STRING && !contents.is_ascii() && std::str::from_utf8(contents).is_err() {
        return Err(Fault::new(value.full.start(), ParseErrorKind::InvalidValue));
    }
    fields.finish()
}

impl<'a> Asn1Readable<'a> for DistinguishedName<'a> {
    fn parse(parser: &mut Parser<'a>) -> ParseResult<Self> {
        let tlv: Tlv<'a> = parser.read_element()?;
        let actual = tlv.tag();
        if actual != Self::TAG {
            return Err(ParseError::new(ParseErrorKind::UnexpectedTag { actual }));
        }
        Reader::new(tlv.data())
            .map_err(Fault::kind)
            .and_then(|names| check(&names))
            .map_err(ParseError::new)?;
        Ok(Self { der: tlv.full_data() })
    }

    fn can_parse(tag: Tag) -> bool {
        tag == Self::TAG
    }
}

impl Asn1Writable for DistinguishedName<'_> {
    type Error = asn1::WriteError;

    fn write(&self, dest: &mut Writer<'_>) -> Result<(), Self::Error> {
        let contents = self.contents();
        dest.write_tlv(Self::TAG, Some(contents.len()), |buffer| buffer.push_slice(contents))
    }

    fn encoded_length(&self) -> Option<usize> {
        Some(self.der.len())
    }
}

/// By reference, as the writer of a tagged choice asks for it.
impl Asn1Writable for &DistinguishedName<'_> {
    type Error = asn1::WriteError;

    fn write(&self, dest: &mut Writer<'_>) -> Result<(), Self::Error> {
        (**self).write(dest)
    }

    fn encoded_length(&self) -> Option<usize> {
        (**self).encoded_length()
    }
}

impl fmt::Display for DistinguishedName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<_> = self.attributes().collect();
        // RFC 4514 section 2.1 begins with the last element of the sequence.
        let mut previous = None;
        for (index, part) in parts.into_iter().rev() {
            match previous {
                None => {}
                Some(before) if before == index => f.write_str("+")?,
                Some(_) => f.write_str(",")?,
            }
            previous = Some(index);
            write!(f, "{}=", oid::describe(&part.kind))?;
            match text_of(&part.value) {
                Some(text) => write_escaped(f, &text)?,
                None => write!(f, "#{}", crate::text::hex(raw(&part.value)))?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for DistinguishedName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DistinguishedName({self})")
    }
}

pub(crate) fn is_same_relative(one: &RelativeName<'_>, other: &RelativeName<'_>) -> bool {
    one.iter().count() == other.iter().count()
        && other.iter().all(|wanted| one.iter().any(|part| same_attribute(&part, &wanted)))
}

fn same_attribute(one: &Attribute<'_>, other: &Attribute<'_>) -> bool {
    let same_value = || match (text_of(&one.value), text_of(&other.value)) {
        (Some(one), Some(other)) => prepared(&one) == prepared(&other),
        (None, None) => raw(&one.value) == raw(&other.value),
        _ => false,
    };
    one.kind == other.kind && same_value()
}

fn prepared(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// RFC 4514 section 2.4, widened by what would deceive a reader.
fn write_escaped(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    use fmt::Write as _;
    let last = text.chars().count().saturating_sub(1);
    for (index, character) in text.chars().enumerate() {
        let at_edge = (index == 0 && matches!(character, ' ' | '#')) || (index == last && character == ' ');
        if is_unsafe(character) {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                write!(f, "\\{byte:02X}")?;
            }
            continue;
        }
        if at_edge || matches!(character, '"' | '+' | ',' | ';' | '<' | '>' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(character)?;
    }
    Ok(())
}

/// The text of a value in any of the ASN.1 string types; `None` when it is none of them or broken.
fn text_of<'a>(value: &AttributeValue<'a>) -> Option<Cow<'a, str>> {
    match value {
        AttributeValue::Utf8(text) => Some(Cow::Borrowed(text.as_str())),
        AttributeValue::Printable(text) => Some(Cow::Borrowed(text.as_str())),
        AttributeValue::Raw(tlv) => match tlv.tag().as_u8()? {
            // PrintableString, NumericString, IA5String, VisibleString
            0x13 | 0x12 | 0x16 | 0x1a => std::str::from_utf8(tlv.data()).ok().map(Cow::Borrowed),
            // TeletexString, which everyone reads as Latin-1
            0x14 => Some(Cow::Owned(tlv.data().iter().map(|byte| char::from(*byte)).collect())),
            // BMPString
            0x1e => {
                let (units, rest) = tlv.data().as_chunks::<2>();
                let units = units.iter().map(|unit| u16::from_be_bytes(*unit));
                let text: Result<String, _> = char::decode_utf16(units).collect();
                text.ok().filter(|_| rest.is_empty()).map(Cow::Owned)
            }
            // UniversalString
            0x1c => {
                let (units, rest) = tlv.data().as_chunks::<4>();
                let text: Option<String> =
                    units.iter().map(|unit| char::from_u32(u32::from_be_bytes(*unit))).collect();
                text.filter(|_| rest.is_empty()).map(Cow::Owned)
            }
            _ => None,
        },
    }
}

fn raw<'a>(value: &AttributeValue<'a>) -> &'a [u8] {
    match value {
        AttributeValue::Raw(tlv) => tlv.full_data(),
        AttributeValue::Utf8(text) => text.as_str().as_bytes(),
        AttributeValue::Printable(text) => text.as_str().as_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::Subject;
    use proptest::prelude::*;

    fn shown(subject: &Subject) -> String {
        let der = subject.encode().unwrap();
        DistinguishedName::parse(&der).unwrap().to_string()
    }

    #[test]
    fn most_specific_part_first() {
        let subject = Subject::new().country("DE").organization("Müller & Söhne, GmbH").common_name("a+b");
        assert_eq!(shown(&subject), r"CN=a\+b,O=Müller & Söhne\, GmbH,C=DE");
    }

    #[test]
    fn nothing_in_a_name_steers_a_terminal() {
        let subject = Subject::new().common_name("#x\u{1b}[2J\u{202e}\0\n ");
        assert_eq!(shown(&subject), r"CN=\#x\1B[2J\E2\80\AE\00\0A\ ");
    }

    #[test]
    fn other_string_types_are_read() {
        // SEQUENCE { SET { SEQUENCE { CN, value } } } with BMPString "é", TeletexString "é", an INTEGER.
        let wrap = |value: &[u8]| {
            let inner = [&[0x06, 0x03, 0x55, 0x04, 0x03], value].concat();
            let attribute = [&[0x30, u8::try_from(inner.len()).unwrap()], inner.as_slice()].concat();
            let set = [&[0x31, u8::try_from(attribute.len()).unwrap()], attribute.as_slice()].concat();
            [&[0x30, u8::try_from(set.len()).unwrap()], set.as_slice()].concat()
        };
        for (value, expected) in [
            (&[0x1e, 2, 0, 0xe9][..], "CN=é"),
            (&[0x14, 1, 0xe9], "CN=é"),
            (&[0x13, 1, b'*'], "CN=*"),
            (&[0x02, 1, 7], "CN=#020107"),
            (&[0x1e, 1, 0], "CN=#1e0100"),
        ] {
            assert_eq!(DistinguishedName::parse(&wrap(value)).unwrap().to_string(), expected);
        }
    }

    proptest! {
        /// The short way finds nothing sound but what the long one does.
        #[test]
        fn common_names_are_checked_as_all_are(text in "[a-zé]{1,5}", at in 0usize..40, byte: u8, cut in 0usize..40) {
            let subject = Subject::new().country("DE").organization(&text).common_name("a");
            let mut der = subject.encode().unwrap();
            let length = der.len();
            der[at % length] = byte;
            let names = Reader::new(&der[2..length.min(cut + 10)]).unwrap();
            let (mut rest, mut parts) = (names, Ok(()));
            while parts.is_ok() && !rest.is_empty() {
                let set = rest.read(tag::SET).map_err(Fault::kind);
                parts = set.and_then(|set| check_relative(&mut rest.inside(&set)));
            }
            prop_assert_eq!(check(&names), parts);
        }
    }

    #[test]
    fn an_empty_relative_name_is_refused() {
        assert!(DistinguishedName::parse(&[0x30, 2, 0x31, 0]).is_err());
        assert!(DistinguishedName::parse(&[0x30, 0]).unwrap().is_empty());
    }
}
