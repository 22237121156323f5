//! DER, read in one pass: where each value lies, and whether it is encoded as DER asks (X.690 section 8, 10, 11).
//!
//! The `asn1` crate writes, and reads what is seldom read. A certificate is read several times in a handshake, so
//! its frame is read here: without copies, and into places instead of slices, so that what was read can be kept
//! beside the bytes it was read from.

use crate::fault::ParseError;
use asn1::{ParseErrorKind as Kind, Tag};

/// Tags that certificates are made of.
pub(crate) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
    pub(crate) const UTF8_STRING: u8 = 0x0c;
    pub(crate) const UTC_TIME: u8 = 0x17;
    pub(crate) const GENERALIZED_TIME: u8 = 0x18;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;

    /// A tag whose meaning the structure gives, around values.
    pub(crate) const fn wrapped(number: u8) -> u8 {
        0xa0 | number
    }

    /// A tag whose meaning the structure gives, in place of a simple type's own.
    pub(crate) const fn in_place(number: u8) -> u8 {
        0x80 | number
    }
}

/// Where a part lies in the bytes it was read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// Places beyond 4 GiB do not exist: [`Reader::new`] refuses such input.
    #[expect(clippy::cast_possible_truncation, reason = "a `Reader` has at most `u32::MAX` bytes")]
    fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    /// Where `part` lies in the `whole` that it was borrowed from.
    pub(crate) fn of_part(part: &[u8], whole: &[u8]) -> Self {
        let start = crate::certificate::offset_of(part, whole);
        Self::new(start, start.saturating_add(part.len()))
    }

    /// The part itself.
    #[inline]
    pub(crate) fn of(self, whole: &[u8]) -> &[u8] {
        whole.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    pub(crate) fn start(self) -> usize {
        self.start as usize
    }
}

/// A value: its tag, where it lies, and where its contents do.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a> {
    pub(crate) tag: u8,
    pub(crate) full: Span,
    pub(crate) contents: Span,
    /// The contents themselves.
    pub(crate) bytes: &'a [u8],
}

/// What is wrong, and where: in a box, so that what is sound is handed on in registers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fault(Box<(usize, Kind)>);

impl Fault {
    #[cold]
    pub(crate) fn new(at: usize, kind: Kind) -> Self {
        Self(Box::new((at, kind)))
    }

    /// What is wrong.
    pub(crate) fn kind(self) -> Kind {
        self.0.1
    }

    /// The error, with the name of the field.
    #[cold]
    pub(crate) fn in_field(self, field: &str) -> Box<ParseError> {
        let (at, kind) = *self.0;
        Box::new(ParseError::new(field, at, crate::fault::problem(kind)))
    }
}

/// Reads one value after the other.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    whole: &'a [u8],
    /// What is not yet read, a part of the whole.
    rest: &'a [u8],
    /// Where that ends in the whole.
    end: usize,
}

impl<'a> Reader<'a> {
    /// Reads all of the bytes.
    pub(crate) fn new(whole: &'a [u8]) -> Result<Self, Fault> {
        match u32::try_from(whole.len()) {
            Ok(_) => Ok(Self { whole, rest: whole, end: whole.len() }),
            Err(_) => Err(Fault::new(0, Kind::InvalidLength)),
        }
    }

    /// Reads a part of the same bytes.
    pub(crate) fn within(&self, part: Span) -> Self {
        Self { whole: self.whole, rest: part.of(self.whole), end: (part.end as usize).min(self.whole.len()) }
    }

    /// Reads the contents of a value that this reader gave.
    #[inline]
    pub(crate) fn inside(&self, value: &Value<'a>) -> Self {
        Self { whole: self.whole, rest: value.bytes, end: value.contents.end as usize }
    }

    /// The bytes that places refer to.
    pub(crate) fn whole(&self) -> &'a [u8] {
        self.whole
    }

    /// What is not yet read.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Where the next value begins.
    #[inline]
    pub(crate) fn offset(&self) -> usize {
        // `rest` is a part of the whole and ends at `end`.
        self.end.wrapping_sub(self.rest.len())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The tag of the next value.
    pub(crate) fn next_tag(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Goes on behind these bytes if they come next.
    #[inline]
    pub(crate) fn take<const N: usize>(&mut self, bytes: &[u8; N]) -> bool {
        match self.rest.split_first_chunk::<N>() {
            Some((next, rest)) if next == bytes => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Goes on so many bytes further, which were looked at in [`rest`](Self::rest).
    #[inline]
    pub(crate) fn skip(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    /// The next value, whatever it is.
    #[inline]
    pub(crate) fn any(&mut self) -> Result<Value<'a>, Fault> {
        // Nearly all values: a short tag and a short length.
        if let [tag, length @ 0..=0x7f, after @ ..] = self.rest
            && tag & 0x1f != 0x1f
            && let Some((bytes, rest)) = after.split_at_checked(usize::from(*length))
        {
            return Ok(self.advance(*tag, bytes, rest, after));
        }
        self.long()
    }

    /// The next value, which must have this tag.
    #[inline(always)]
    pub(crate) fn read(&mut self, tag: u8) -> Result<Value<'a>, Fault> {
        if let [found, length @ 0..=0x7f, after @ ..] = self.rest
            && *found == tag
            && let Some((bytes, rest)) = after.split_at_checked(usize::from(*length))
        {
            return Ok(self.advance(tag, bytes, rest, after));
        }
        self.long_of(tag)
    }

    /// The same for longer values, and for what is none.
    #[inline(never)]
    fn long(&mut self) -> Result<Value<'a>, Fault> {
        // Certificates and what nearly fills them.
        if let [tag, 0x82, high @ 1..=0xff, low, after @ ..] = self.rest
            && tag & 0x1f != 0x1f
            && let Some((bytes, rest)) =
                after.split_at_checked(usize::from(u16::from_be_bytes([*high, *low])))
        {
            return Ok(self.advance(*tag, bytes, rest, after));
        }
        let (tag, header, length) = header(self.rest).map_err(|kind| Fault::new(self.offset(), kind))?;
        let after = self.rest.get(header..).unwrap_or_default();
        let Some((bytes, rest)) = after.split_at_checked(length) else {
            let needed = length.saturating_sub(after.len());
            return Err(Fault::new(self.offset(), Kind::ShortData { needed }));
        };
        Ok(self.advance(tag, bytes, rest, after))
    }

    #[inline(never)]
    fn long_of(&mut self, tag: u8) -> Result<Value<'a>, Fault> {
        let value = self.long()?;
        if value.tag == tag { Ok(value) } else { Err(Fault::new(value.full.start(), unexpected(value.tag))) }
    }

    /// Goes on behind the contents of a value, which `after` begins with.
    #[inline(always)]
    fn advance(&mut self, tag: u8, bytes: &'a [u8], rest: &'a [u8], after: &'a [u8]) -> Value<'a> {
        let start = self.offset();
        self.rest = rest;
        // All three are parts of the whole that end at `end`.
        let (inner, end) = (self.end.wrapping_sub(after.len()), self.offset());
        Value { tag, full: Span::new(start, end), contents: Span::new(inner, end), bytes }
    }

    /// The next value if it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<Value<'a>>, Fault> {
        if self.next_tag() == Some(tag) { self.any().map(Some) } else { Ok(None) }
    }

    /// Nothing may be left.
    pub(crate) fn finish(&self) -> Result<(), Fault> {
        if self.is_empty() { Ok(()) } else { Err(Fault::new(self.offset(), Kind::ExtraData)) }
    }

    /// An object identifier, without its tag and length.
    #[inline]
    pub(crate) fn identifier(&mut self) -> Result<Span, Fault> {
        // Those of extensions and of the parts of names.
        if let [tag::OBJECT_IDENTIFIER, 3, 0..=0x7f, 0..=0x7f, 0..=0x7f, rest @ ..] = self.rest {
            self.rest = rest;
            let end = self.offset();
            return Ok(Span::new(end.wrapping_sub(3), end));
        }
        self.other_identifier()
    }

    #[inline(never)]
    fn other_identifier(&mut self) -> Result<Span, Fault> {
        let value = self.read(tag::OBJECT_IDENTIFIER)?;
        check_identifier(value.bytes).map_err(|kind| Fault::new(value.full.start(), kind))?;
        Ok(value.contents)
    }

    /// A bit string, its tag as given: the bytes, and how many bits of the last one do not count.
    pub(crate) fn bits(&mut self, tag: u8) -> Result<(Span, u8), Fault> {
        let value = self.read(tag)?;
        if let [0, _, ..] = value.bytes {
            return Ok((Span::new(value.contents.start().saturating_add(1), value.contents.end as usize), 0));
        }
        let wrong = || Fault::new(value.full.start(), Kind::InvalidValue);
        let (unused, bytes) = value.bytes.split_first().ok_or_else(wrong)?;
        let last = bytes.last().copied().unwrap_or(0);
        // X.690 sections 8.6.2.2, 8.6.2.3 and 11.2.1: at most seven, none of nothing, and all zero.
        let padding = 1u8
            .checked_shl(u32::from(*unused))
            .filter(|_| *unused < 8 && (*unused == 0 || !bytes.is_empty()));
        match padding.map(|next| last & next.wrapping_sub(1)) {
            Some(0) => Ok((
                Span::new(value.contents.start().saturating_add(1), value.contents.end as usize),
                *unused,
            )),
            _ => Err(wrong()),
        }
    }

    /// An integer, without its tag and length: two's complement, as short as can be.
    pub(crate) fn integer(&mut self) -> Result<Span, Fault> {
        self.integer_as(tag::INTEGER)
    }

    /// The same with another tag.
    pub(crate) fn integer_as(&mut self, tag: u8) -> Result<Span, Fault> {
        let value = self.read(tag)?;
        // X.690 section 8.3.2: the first nine bits are not all alike.
        match value.bytes {
            [] | [0x00, 0x00..=0x7f, ..] | [0xff, 0x80..=0xff, ..] => {
                Err(Fault::new(value.full.start(), Kind::InvalidValue))
            }
            _ => Ok(value.contents),
        }
    }

    /// A truth value: DER has one byte for each (X.690 section 11.1).
    pub(crate) fn boolean(&mut self) -> Result<bool, Fault> {
        let value = self.read(tag::BOOLEAN)?;
        match value.bytes {
            [0x00] => Ok(false),
            [0xff] => Ok(true),
            _ => Err(Fault::new(value.full.start(), Kind::InvalidValue)),
        }
    }
}

/// Tag, length of tag and length, length of the contents.
#[inline(never)]
fn header(bytes: &[u8]) -> Result<(u8, usize, usize), Kind> {
    let short = |needed| Kind::ShortData { needed };
    let (tag, after) = match bytes {
        [] => return Err(short(1)),
        [tag, rest @ ..] if tag & 0x1f != 0x1f => (*tag, rest),
        // Tags of several bytes occur in no structure that is looked into: what has one is passed over whole.
        [tag, rest @ ..] => (*tag, long_tag(rest)?),
    };
    let (length, contents) = match after {
        [] => return Err(short(1)),
        [length @ 0..=0x7f, rest @ ..] => (usize::from(*length), rest),
        // X.690 section 10.1: the least number of bytes.
        [0x81, length @ 0x80..=0xff, rest @ ..] => (usize::from(*length), rest),
        [0x82, high @ 1..=0xff, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        [0x83, high @ 1..=0xff, middle, low, rest @ ..] => (length_of([0, *high, *middle, *low]), rest),
        [0x84, high @ 1..=0xff, a, b, low, rest @ ..] => (length_of([*high, *a, *b, *low]), rest),
        [form @ 0x81..=0x84, rest @ ..] if rest.len() < usize::from(form & 0x0f) => {
            return Err(short(usize::from(form & 0x0f).saturating_sub(rest.len())));
        }
        _ => return Err(Kind::InvalidLength),
    };
    Ok((tag, bytes.len().saturating_sub(contents.len()), length))
}

fn length_of(bytes: [u8; 4]) -> usize {
    u32::from_be_bytes(bytes) as usize
}

/// What follows the number of a tag (X.690 section 8.1.2.4): as short as can be, and only for numbers from 31 on.
fn long_tag(bytes: &[u8]) -> Result<&[u8], Kind> {
    // Numbers have at most 32 bits.
    let last = bytes.iter().position(|byte| *byte < 0x80).ok_or(Kind::ShortData { needed: 1 })?;
    match bytes.first() {
        Some(0x00..0x1f | 0x80) => Err(Kind::InvalidTag),
        Some(first) if last > 4 || (last == 4 && *first > 0x8f) => Err(Kind::InvalidTag),
        _ => Ok(bytes.get(last.saturating_add(1)..).unwrap_or_default()),
    }
}

/// Longer than any object identifier in use.
const MAX_IDENTIFIER: usize = 63;

/// X.690 section 8.19.2: numbers of seven bits a byte, as short as can be, the last one ended.
pub(crate) fn check_identifier(contents: &[u8]) -> Result<(), Kind> {
    // Few others have that byte at all.
    if contents.contains(&0x80) && has_padded_number(contents) {
        return Err(Kind::InvalidValue);
    }
    match contents {
        [] => Err(Kind::InvalidValue),
        _ if contents.len() > MAX_IDENTIFIER => Err(Kind::OidTooLong),
        [.., 0x80..=0xff] => Err(Kind::InvalidValue),
        _ => Ok(()),
    }
}

/// Whether a number begins with a byte that adds nothing to it.
fn has_padded_number(contents: &[u8]) -> bool {
    let before = std::iter::once(&0).chain(contents);
    before.zip(contents).any(|(before, byte)| *before < 0x80 && *byte == 0x80)
}

#[cold]
fn unexpected(tag: u8) -> Kind {
    Tag::from_bytes(&[tag]).map_or(Kind::InvalidTag, |(actual, _)| Kind::UnexpectedTag { actual })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn first(bytes: &[u8]) -> Result<(u8, usize), Kind> {
        let value = Reader::new(bytes).and_then(|mut reader| reader.any()).map_err(Fault::kind)?;
        Ok((value.tag, value.contents.of(bytes).len()))
    }

    #[test]
    fn lengths_are_as_short_as_can_be() {
        assert_eq!(first(&[0x04, 0x00]), Ok((4, 0)));
        for wrong in
            [&[0x04, 0x80][..], &[0x04, 0x81, 0x7f], &[0x04, 0x82, 0, 0xff], &[0x04, 0x85, 1, 1, 1, 1, 1]]
        {
            assert_eq!(first(wrong), Err(Kind::InvalidLength), "{wrong:x?}");
        }
        assert_eq!(first(&[0x04, 0x82, 0x01]), Err(Kind::ShortData { needed: 1 }));
        assert_eq!(first(&[0x04, 0x02, 0x01]), Err(Kind::ShortData { needed: 1 }));
        assert_eq!(first(&[0x04]), Err(Kind::ShortData { needed: 1 }));
    }

    proptest! {
        /// The `asn1` crate is the oracle: both take and refuse the same values.
        #[test]
        fn values_are_those_of_the_writer(bytes in proptest::collection::vec(any::<u8>(), 0..12)) {
            let theirs = asn1::strip_tlv(&bytes).map(|(tlv, _)| (tlv.full_data().len(), tlv.data().len()));
            let ours = Reader::new(&bytes).unwrap().any();
            let ours = ours.map(|value| (value.full.of(&bytes).len(), value.contents.of(&bytes).len()));
            prop_assert_eq!(ours.ok(), theirs.ok());
        }

        #[test]
        fn simple_types_are_those_of_the_writer(
            tag in prop::sample::select(vec![1u8, 2, 3, 6]),
            contents in proptest::collection::vec(prop_oneof![Just(0u8), Just(0x80), Just(0xff), any::<u8>()], 0..6),
        ) {
            let bytes = [&[tag, u8::try_from(contents.len()).unwrap()], contents.as_slice()].concat();
            let mut reader = Reader::new(&bytes).unwrap();
            let (ours, theirs) = match tag {
                tag::BOOLEAN => (reader.boolean().is_ok(), asn1::parse_single::<bool>(&bytes).is_ok()),
                tag::INTEGER => (reader.integer().is_ok(), asn1::parse_single::<asn1::BigInt<'_>>(&bytes).is_ok()),
                tag::BIT_STRING => (reader.bits(3).is_ok(), asn1::parse_single::<asn1::BitString<'_>>(&bytes).is_ok()),
                _ => (reader.identifier().is_ok(), asn1::parse_single::<asn1::ObjectIdentifier>(&bytes).is_ok()),
            };
            prop_assert_eq!(ours, theirs, "{:x?}", bytes);
        }
    }
}
