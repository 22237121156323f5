//! Just enough strict DER (X.690) to see what kind of key lies before us, and to write what the provider
//! cannot; it parses keys itself.

use zeroize::Zeroizing;

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;

/// Reads one element after the other. `None` is always an encoding that strict DER forbids.
#[derive(Clone)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(der: &'a [u8]) -> Self {
        Self { rest: der }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The contents of the next element, which must have this tag.
    pub(crate) fn read(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (&found, after_tag) = self.rest.split_first()?;
        let (len, after_len) = length(after_tag)?;
        if found != tag {
            return None;
        }
        let (contents, rest) = after_len.split_at_checked(len)?;
        self.rest = rest;
        Some(contents)
    }

    /// The next element with its header, which must have this tag.
    #[cfg(feature = "files")]
    pub(crate) fn element(&mut self, tag: u8) -> Option<&'a [u8]> {
        let before = self.rest;
        self.read(tag)?;
        before.get(..before.len().checked_sub(self.rest.len())?)
    }

    /// The contents of the next element if it has this tag. An element with another tag is left in place.
    pub(crate) fn read_if(&mut self, tag: u8) -> Option<&'a [u8]> {
        if self.rest.first() == Some(&tag) { self.read(tag) } else { None }
    }

    /// The magnitude of the next element, a positive INTEGER, without its sign byte.
    pub(crate) fn positive(&mut self) -> Option<&'a [u8]> {
        match self.read(INTEGER)? {
            [0, magnitude @ ..] if magnitude.first().is_some_and(|first| first & 0x80 != 0) => {
                Some(magnitude)
            }
            magnitude if magnitude.first().is_some_and(|&first| (1..0x80).contains(&first)) => {
                Some(magnitude)
            }
            _ => None,
        }
    }
}

/// The contents of `der` as exactly one SEQUENCE.
pub(crate) fn sequence(der: &[u8]) -> Option<Reader<'_>> {
    let mut outer = Reader::new(der);
    let contents = outer.read(SEQUENCE)?;
    outer.is_empty().then_some(Reader::new(contents))
}

/// The length of a magnitude without leading zero bytes, in bits.
pub(crate) fn bit_length(magnitude: &[u8]) -> usize {
    let unused = magnitude.first().map_or(0, |first| first.leading_zeros());
    magnitude.len() * 8 - unused as usize
}

/// A definite length in its shortest form, of at most four bytes.
fn length(input: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = input.split_first()?;
    if first < 0x80 {
        return Some((usize::from(first), rest));
    }
    let count = usize::from(first & 0x7f);
    if !(1..=4).contains(&count) {
        return None;
    }
    let (bytes, rest) = rest.split_at_checked(count)?;
    let len = bytes.iter().fold(0_u32, |len, &byte| len << 8 | u32::from(byte));
    let shortest = bytes.first() != Some(&0) && len >= 0x80;
    shortest.then_some((usize::try_from(len).ok()?, rest))
}

/// An element with this tag around these contents, in memory that is cleared when dropped.
pub(crate) fn element(tag: u8, contents: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let len: usize = contents.iter().map(|part| part.len()).sum();
    let bytes = len.to_be_bytes();
    let significant = bytes.get(bytes.iter().take_while(|byte| **byte == 0).count()..).unwrap_or_default();
    // All at once, so that nothing secret is left behind in a buffer outgrown.
    let mut element = Zeroizing::new(Vec::with_capacity(2 + size_of::<usize>() + len));
    element.push(tag);
    match significant {
        [] => element.push(0),
        [short] if *short < 0x80 => element.push(*short),
        long => {
            element.push(0x80 | long.iter().fold(0, |count, _| count + 1));
            element.extend_from_slice(long);
        }
    }
    contents.iter().for_each(|part| element.extend_from_slice(part));
    element
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_shortest_length_is_read() {
        assert_eq!(Reader::new(&[4, 1, 9]).read(OCTET_STRING), Some(&[9][..]));
        assert_eq!(Reader::new(&[4, 0x81, 1, 9]).read(OCTET_STRING), None);
        assert_eq!(Reader::new(&[4, 0x82, 0, 0x80]).read(OCTET_STRING), None);
        assert_eq!(Reader::new(&[4, 0x80, 0, 0]).read(OCTET_STRING), None);
        assert_eq!(Reader::new(&[4, 0x85, 0, 0, 0, 0, 1, 9]).read(OCTET_STRING), None);
        let long = [&[4, 0x81, 0x80][..], &[7; 0x80]].concat();
        assert_eq!(Reader::new(&long).read(OCTET_STRING), Some(&[7; 0x80][..]));
        for cut in 0..long.len() {
            assert_eq!(Reader::new(&long[..cut]).read(OCTET_STRING), None);
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for len in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000] {
            let contents = vec![7; len];
            let (front, back) = contents.split_at(len / 3);
            let element = element(OCTET_STRING, &[front, back]);
            let mut reader = Reader::new(&element);
            assert_eq!(reader.read(OCTET_STRING), Some(&contents[..]));
            assert!(reader.is_empty());
        }
    }

    #[test]
    fn integers_are_positive_and_minimal() {
        assert_eq!(Reader::new(&[2, 1, 5]).positive(), Some(&[5][..]));
        assert_eq!(Reader::new(&[2, 2, 0, 0x80]).positive(), Some(&[0x80][..]));
        for refused in [&[2, 0][..], &[2, 1, 0], &[2, 1, 0x80], &[2, 2, 0, 5], &[3, 1, 5]] {
            assert_eq!(Reader::new(refused).positive(), None);
        }
    }

    #[test]
    fn nothing_may_follow_the_outer_sequence() {
        assert!(sequence(&[0x30, 0]).is_some());
        assert!(sequence(&[0x30, 0, 0]).is_none());
        assert!(sequence(&[0x31, 0]).is_none());
    }
}
