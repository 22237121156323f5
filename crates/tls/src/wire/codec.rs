//! Reading and writing the TLS presentation language (RFC 9846 section 3).
//!
//! A [`Reader`] knows which structure it reads and is told the name of each field, so that every
//! decoding error names both. A [`Writer`] closes its length prefixes by construction.

use std::fmt;

/// Bytes that do not follow the syntax of the structure they claim to be.
///
/// The peer is answered with `decode_error`, or with `illegal_parameter` where the syntax holds but an entry
/// repeats or a value has no meaning (RFC 9846 section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// The structure that was read, such as `ClientHello`.
    pub structure: &'static str,
    /// The field in which reading failed, such as `legacy_session_id`.
    pub field: &'static str,
    /// What was wrong with it.
    pub problem: DecodeProblem,
}

/// What can be wrong with the syntax of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeProblem {
    /// The structure ends inside the field.
    Short,
    /// Bytes remain after the last field.
    Trailing,
    /// The field's length is outside the range that the standard gives it.
    Length,
    /// The field repeats an entry that may stand there once.
    Duplicate,
    /// The field's value has no meaning at this place.
    Value,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.problem {
            DecodeProblem::Short => "ends too early",
            DecodeProblem::Trailing => "is followed by stray bytes",
            DecodeProblem::Length => "has a length outside its range",
            DecodeProblem::Duplicate => "repeats an entry",
            DecodeProblem::Value => "has a value without meaning",
        };
        write!(f, "{}.{} {what}", self.structure, self.field)
    }
}

impl std::error::Error for DecodeError {}

/// A cursor over the bytes of one structure.
pub(crate) struct Reader<'a> {
    structure: &'static str,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(structure: &'static str, bytes: &'a [u8]) -> Self {
        Self { structure, rest: bytes }
    }

    /// Reads a whole structure: bytes left over are an error.
    pub(crate) fn whole<T>(
        structure: &'static str,
        bytes: &'a [u8],
        read: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        let mut reader = Self::new(structure, bytes);
        let value = read(&mut reader)?;
        match reader.rest {
            [] => Ok(value),
            _ => Err(reader.error("end", DecodeProblem::Trailing)),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn error(&self, field: &'static str, problem: DecodeProblem) -> DecodeError {
        DecodeError { structure: self.structure, field, problem }
    }

    pub(crate) fn take(&mut self, length: usize, field: &'static str) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) =
            self.rest.split_at_checked(length).ok_or_else(|| self.error(field, DecodeProblem::Short))?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self, field: &'static str) -> Result<&'a [u8; N], DecodeError> {
        let (taken, rest) =
            self.rest.split_first_chunk().ok_or_else(|| self.error(field, DecodeProblem::Short))?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn u8(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        self.array::<1>(field).map(|[byte]| *byte)
    }

    pub(crate) fn u16(&mut self, field: &'static str) -> Result<u16, DecodeError> {
        self.array(field).map(|bytes| u16::from_be_bytes(*bytes))
    }

    pub(crate) fn u24(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        self.array(field).map(|[a, b, c]| u32::from_be_bytes([0, *a, *b, *c]))
    }

    pub(crate) fn u32(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        self.array(field).map(|bytes| u32::from_be_bytes(*bytes))
    }

    /// `opaque field<least..2^8-1>`.
    pub(crate) fn vector8(&mut self, field: &'static str, least: usize) -> Result<&'a [u8], DecodeError> {
        let length = self.u8(field)?;
        self.vector(length.into(), field, least)
    }

    /// `opaque field<least..2^16-1>`.
    pub(crate) fn vector16(&mut self, field: &'static str, least: usize) -> Result<&'a [u8], DecodeError> {
        let length = self.u16(field)?;
        self.vector(length.into(), field, least)
    }

    /// `opaque field<least..2^24-1>`.
    pub(crate) fn vector24(&mut self, field: &'static str, least: usize) -> Result<&'a [u8], DecodeError> {
        let length = self.u24(field)?;
        self.vector(usize::try_from(length).unwrap_or(usize::MAX), field, least)
    }

    fn vector(&mut self, length: usize, field: &'static str, least: usize) -> Result<&'a [u8], DecodeError> {
        let bytes = self.take(length, field)?;
        if length < least { Err(self.error(field, DecodeProblem::Length)) } else { Ok(bytes) }
    }

    /// Whatever the structure still holds.
    pub(crate) fn remainder(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }
}

/// A list of 16-bit registry values: where it stands on the wire, or as the values to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum List16<'a, T> {
    /// As received: two bytes each.
    Wire(&'a [[u8; 2]]),
    /// As chosen by us.
    Values(&'a [T]),
}

impl<'a, T: Copy + From<u16> + Into<u16> + PartialEq> List16<'a, T> {
    /// Takes over the contents of a vector whose length prefix was read already.
    pub(crate) fn over(bytes: &'a [u8]) -> Option<Self> {
        let (pairs, rest) = bytes.as_chunks();
        rest.is_empty().then_some(Self::Wire(pairs))
    }

    /// Reads `uint16 field<2..2^16-2>`.
    pub(crate) fn read(reader: &mut Reader<'a>, field: &'static str) -> Result<Self, DecodeError> {
        let bytes = reader.vector16(field, 2)?;
        Self::over(bytes).ok_or_else(|| reader.error(field, DecodeProblem::Length))
    }

    fn get(self, index: usize) -> Option<T> {
        match self {
            Self::Wire(pairs) => pairs.get(index).map(|pair| T::from(u16::from_be_bytes(*pair))),
            Self::Values(values) => values.get(index).copied(),
        }
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = T> + Clone + use<'a, T> {
        (0..).map_while(move |index| self.get(index))
    }

    pub(crate) fn contains(self, value: T) -> bool {
        self.iter().any(|each| each == value)
    }

    /// Writes the values without a length prefix.
    pub(crate) fn write(self, out: &mut Writer<'_>) {
        self.iter().for_each(|value| out.u16(value.into()));
    }
}

/// Bytes being written; see [`Writer::block16`] for length prefixes.
pub(crate) struct Writer<'a> {
    bytes: &'a mut Vec<u8>,
    overflow: bool,
}

impl<'a> Writer<'a> {
    /// Appends what `write` writes to `bytes`; `None` if a length prefix could not hold its contents.
    pub(crate) fn append(bytes: &'a mut Vec<u8>, write: impl FnOnce(&mut Self)) -> Option<()> {
        let mut writer = Self { bytes, overflow: false };
        write(&mut writer);
        (!writer.overflow).then_some(())
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    pub(crate) fn u16(&mut self, value: u16) {
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn block8(&mut self, write: impl FnOnce(&mut Self)) {
        self.block::<1>(write);
    }

    pub(crate) fn block16(&mut self, write: impl FnOnce(&mut Self)) {
        self.block::<2>(write);
    }

    pub(crate) fn block24(&mut self, write: impl FnOnce(&mut Self)) {
        self.block::<3>(write);
    }

    /// Writes a length prefix of `N` bytes and what `write` writes behind it.
    fn block<const N: usize>(&mut self, write: impl FnOnce(&mut Self)) {
        let prefix = self.bytes.len();
        // Until it is closed the prefix claims the greatest length, so a block that is never closed
        // cannot be taken for a whole one.
        self.bytes.extend_from_slice(&[0xff; N]);
        write(self);
        let content = self.bytes.len().saturating_sub(prefix).saturating_sub(N);
        let length = (content as u64).to_be_bytes();
        let Some((high, low)) = length.split_last_chunk::<N>() else { return };
        self.overflow |= high.iter().any(|byte| *byte != 0);
        if let Some(slot) = self.bytes.get_mut(prefix..).and_then(|tail| tail.first_chunk_mut::<N>()) {
            *slot = *low;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_structure_and_field() {
        let short = Reader::whole("ServerHello", &[3], |r| r.u16("legacy_version")).unwrap_err();
        assert_eq!(short.to_string(), "ServerHello.legacy_version ends too early");
        let stray = Reader::whole("Finished", &[1, 2], |r| r.u8("verify_data")).unwrap_err();
        assert_eq!(stray.to_string(), "Finished.end is followed by stray bytes");
        let range = Reader::whole("ClientHello", &[0, 0], |r| r.vector16("cipher_suites", 2)).unwrap_err();
        assert_eq!(range.to_string(), "ClientHello.cipher_suites has a length outside its range");
    }

    #[test]
    fn odd_lists_are_refused() {
        assert!(Reader::whole("x", &[0, 3, 1, 2, 3], |r| List16::<u16>::read(r, "y")).is_err());
        let list = Reader::whole("x", &[0, 4, 1, 2, 3, 4], |r| List16::<u16>::read(r, "y")).unwrap();
        assert_eq!(list.iter().collect::<Vec<_>>(), [0x0102, 0x0304]);
        assert!(List16::Values(&[7u16]).contains(7) && !list.contains(7));
    }

    #[test]
    fn blocks_nest_and_overflow_is_reported() {
        let mut bytes = Vec::new();
        let done = Writer::append(&mut bytes, |w| {
            w.block24(|w| {
                w.u8(7);
                w.block16(|w| w.raw(b"ab"));
            });
        });
        assert_eq!((done, bytes.as_slice()), (Some(()), &[0, 0, 5, 7, 0, 2, b'a', b'b'][..]));
        assert_eq!(Writer::append(&mut Vec::new(), |w| w.block8(|w| w.raw(&[0; 256]))), None);
    }
}
