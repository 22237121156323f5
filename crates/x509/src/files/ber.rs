//! BER, of which DER is the strict part: looked through, and turned into DER.
//!
//! Programs that stream, Mozilla's and OpenSSL's `cms` among them, write PKCS#7 and PKCS#12 with lengths that are
//! not known at first (X.690, 8.1.3.6) and with strings in pieces (8.7.3).

use std::borrow::Cow;

/// Deeper nesting is refused: no file of certificates comes near.
const MAX_DEPTH: usize = 24;

const CONSTRUCTED: u8 = 0x20;
const OCTET_STRING: u8 = 0x04;
const INDEFINITE: u8 = 0x80;
const END: &[u8] = &[0, 0];

/// Not even BER, or nested too deeply.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotBer;

/// A value: its tag, what is inside, and what comes behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) contents: &'a [u8],
    indefinite: bool,
    behind: &'a [u8],
}

impl<'a> Element<'a> {
    /// The first value of these bytes; tags beyond 30 do not occur in what is read here.
    pub(super) fn first(bytes: &'a [u8]) -> Option<Self> {
        Self::within(bytes, MAX_DEPTH)
    }

    fn within(bytes: &'a [u8], depth: usize) -> Option<Self> {
        let (&tag, rest) = bytes.split_first()?;
        if tag & 0x1f == 0x1f {
            return None;
        }
        if rest.first() == Some(&INDEFINITE) {
            return Self::indefinite(tag, rest.get(1..)?, depth.checked_sub(1)?);
        }
        let (len, rest) = length(rest)?;
        let (contents, behind) = rest.split_at_checked(len)?;
        Some(Self { tag, contents, indefinite: false, behind })
    }

    /// Its values go on up to the two zero bytes that end it.
    fn indefinite(tag: u8, start: &'a [u8], depth: usize) -> Option<Self> {
        let mut rest = start;
        while !rest.starts_with(END) {
            rest = Self::within(rest, depth)?.behind;
        }
        let contents = start.get(..start.len().checked_sub(rest.len())?)?;
        (tag & CONSTRUCTED != 0).then_some(())?;
        Some(Self { tag, contents, indefinite: true, behind: rest.get(END.len()..)? })
    }

    /// The values inside, up to the first bytes that are none.
    pub(super) fn children(&self) -> impl Iterator<Item = Self> + use<'a> {
        let mut rest = self.contents;
        std::iter::from_fn(move || {
            let child = Self::first(rest)?;
            rest = child.behind;
            Some(child)
        })
    }
}

/// How many bytes the first value takes; `None` when it does not end within them.
pub(super) fn first_len(bytes: &[u8]) -> Option<usize> {
    bytes.len().checked_sub(Element::first(bytes)?.behind.len())
}

/// How long the first value says it is, header included, whether all of it is there or not.
pub(super) fn announced_len(bytes: &[u8]) -> Option<usize> {
    let rest = bytes.get(1..).filter(|_| bytes.first() == Some(&0x30))?;
    let (len, behind) = length(rest)?;
    bytes.len().checked_sub(behind.len())?.checked_add(len)
}

/// A definite length, of at most four bytes.
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    if first < 0x80 {
        return Some((usize::from(first), rest));
    }
    let count = usize::from(first & 0x7f);
    let (bytes, rest) = rest.split_at_checked(count).filter(|_| (1..=4).contains(&count))?;
    let len = bytes.iter().fold(0u32, |len, byte| len.wrapping_shl(8) | u32::from(*byte));
    Some((usize::try_from(len).ok()?, rest))
}

/// The one value of these bytes with definite lengths and whole strings; what is DER is not copied.
///
/// The order within sets and the encoding of numbers stay as they are.
pub(super) fn to_der(bytes: &[u8]) -> Result<Cow<'_, [u8]>, NotBer> {
    let element = Element::first(bytes).filter(|element| element.behind.is_empty()).ok_or(NotBer)?;
    if !has_pieces(&element, MAX_DEPTH)? {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut der = Vec::with_capacity(bytes.len());
    write(&element, &mut der, MAX_DEPTH)?;
    Ok(Cow::Owned(der))
}

/// Whether there is an indefinite length or a string in pieces anywhere.
fn has_pieces(element: &Element<'_>, depth: usize) -> Result<bool, NotBer> {
    let depth = depth.checked_sub(1).ok_or(NotBer)?;
    if element.indefinite || is_string(element) {
        return Ok(true);
    }
    if element.tag & CONSTRUCTED == 0 {
        return Ok(false);
    }
    for child in element.children() {
        if has_pieces(&child, depth)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn write(element: &Element<'_>, der: &mut Vec<u8>, depth: usize) -> Result<(), NotBer> {
    let depth = depth.checked_sub(1).ok_or(NotBer)?;
    let mut contents = Vec::new();
    let mut tag = element.tag;
    if is_string(element) {
        gather(element, &mut contents, depth)?;
        tag = OCTET_STRING;
    } else if tag & CONSTRUCTED == 0 {
        contents.extend_from_slice(element.contents);
    } else {
        for (index, child) in element.children().enumerate() {
            if index == ENCRYPTED_CONTENT && is_implicit_string(&child) {
                let mut pieces = Vec::new();
                gather(&child, &mut pieces, depth)?;
                header(IMPLICIT & !CONSTRUCTED, pieces.len(), &mut contents);
                contents.extend_from_slice(&pieces);
            } else {
                write(&child, &mut contents, depth)?;
            }
        }
    }
    header(tag, contents.len(), der);
    der.extend_from_slice(&contents);
    Ok(())
}

/// Where an EncryptedContentInfo has its ciphertext: behind its kind and its algorithm (RFC 5652, 6.1).
const ENCRYPTED_CONTENT: usize = 2;
const IMPLICIT: u8 = 0xa0;

fn is_string(element: &Element<'_>) -> bool {
    element.tag == OCTET_STRING | CONSTRUCTED
}

/// Whether an implicit [0] is a string in pieces. An explicit one, which holds a string, stands elsewhere.
fn is_implicit_string(element: &Element<'_>) -> bool {
    let mut pieces = element.children().peekable();
    let is_piece = |piece: Element<'_>| piece.tag == OCTET_STRING || is_string(&piece);
    element.tag == IMPLICIT && pieces.peek().is_some() && pieces.all(is_piece)
}

/// A PKCS#12 file in DER whose inside is BER, with the inside as DER and without the checksum, which was over the
/// bytes as they were; `None` when the inside is DER, or none.
pub(super) fn pkcs12_inside_as_der(der: &[u8]) -> Option<Vec<u8>> {
    let mut parts = Element::first(der)?.children();
    let (version, info) = (parts.next()?, parts.next()?);
    let mut fields = info.children();
    let (kind, explicit) = (fields.next()?, fields.next()?);
    let inside = explicit.children().next().filter(|inside| inside.tag == OCTET_STRING)?;
    let Ok(Cow::Owned(inside)) = to_der(inside.contents) else { return None };
    let wrapped = wrap(explicit.tag, &[wrap(OCTET_STRING, &[inside])]);
    let info = wrap(info.tag, &[wrap(kind.tag, &[kind.contents.to_vec()]), wrapped]);
    Some(wrap(0x30, &[wrap(version.tag, &[version.contents.to_vec()]), info]))
}

fn wrap(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    let contents = parts.concat();
    let mut der = Vec::with_capacity(contents.len().saturating_add(6));
    header(tag, contents.len(), &mut der);
    der.extend_from_slice(&contents);
    der
}

/// The pieces of a string, put together.
fn gather(element: &Element<'_>, contents: &mut Vec<u8>, depth: usize) -> Result<(), NotBer> {
    let depth = depth.checked_sub(1).ok_or(NotBer)?;
    for piece in element.children() {
        match piece.tag {
            OCTET_STRING => contents.extend_from_slice(piece.contents),
            tag if tag == OCTET_STRING | CONSTRUCTED => gather(&piece, contents, depth)?,
            _ => return Err(NotBer),
        }
    }
    Ok(())
}

/// A tag and a definite length in its shortest form.
pub(super) fn header(tag: u8, len: usize, der: &mut Vec<u8>) {
    der.push(tag);
    let bytes = len.to_be_bytes();
    let significant = bytes.get(bytes.iter().take_while(|byte| **byte == 0).count()..).unwrap_or_default();
    match significant {
        [] => der.push(0),
        [short] if *short < 0x80 => der.push(*short),
        long => {
            der.push(0x80 | u8::try_from(long.len()).unwrap_or(0));
            der.extend_from_slice(long);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn der(bytes: &[u8]) -> Vec<u8> {
        to_der(bytes).unwrap().into_owned()
    }

    #[test]
    fn der_is_left_alone() {
        let bytes = [0x30, 6, 4, 1, 7, 2, 1, 9];
        assert!(matches!(to_der(&bytes), Ok(Cow::Borrowed(same)) if same == bytes));
    }

    #[test]
    fn unknown_lengths_become_known() {
        assert_eq!(der(&[0x30, 0x80, 4, 1, 7, 0, 0]), [0x30, 3, 4, 1, 7]);
        assert_eq!(der(&[0x30, 0x80, 0x30, 0x80, 0, 0, 0, 0]), [0x30, 2, 0x30, 0]);
    }

    #[test]
    fn strings_in_pieces_become_whole() {
        assert_eq!(der(&[0x24, 0x80, 4, 2, 1, 2, 4, 1, 3, 0, 0]), [4, 3, 1, 2, 3]);
        assert_eq!(
            der(&[0x30, 0x80, 0xa0, 0x80, 0x24, 0x80, 4, 1, 1, 0, 0, 0, 0, 0, 0]),
            [0x30, 5, 0xa0, 3, 4, 1, 1]
        );
        // Behind a kind and an algorithm, [0] is itself the string; elsewhere it holds one.
        let encrypted = [0x30, 0x80, 6, 1, 7, 0x30, 0, 0xa0, 0x80, 4, 1, 1, 4, 1, 2, 0, 0, 0, 0];
        assert_eq!(der(&encrypted), [0x30, 9, 6, 1, 7, 0x30, 0, 0x80, 2, 1, 2]);
        let held = [0x30, 0x80, 6, 1, 7, 0xa0, 0x80, 4, 1, 1, 0, 0, 0, 0];
        assert_eq!(der(&held), [0x30, 8, 6, 1, 7, 0xa0, 3, 4, 1, 1]);
    }

    #[test]
    fn what_is_cut_or_too_deep_is_refused() {
        for cut in
            [&[0x30, 0x80, 4, 1, 7, 0][..], &[0x30, 3, 4, 1], &[0x30], &[], &[4, 0x80, 0, 0], &[0x1f, 1, 0]]
        {
            assert_eq!(to_der(cut), Err(NotBer), "{cut:?}");
        }
        let deep = [[0x30, 0x80].repeat(1000), [0, 0].repeat(1000)].concat();
        assert_eq!(to_der(&deep), Err(NotBer));
        let definite = (0..200).fold(vec![5, 0], |inner, _| {
            let mut outer = Vec::new();
            header(0x30, inner.len(), &mut outer);
            [outer, inner].concat()
        });
        assert_eq!(to_der(&definite), Err(NotBer));
    }

    #[test]
    fn announced_lengths_are_told() {
        assert_eq!(announced_len(&[0x30, 0x82, 1, 0, 5]), Some(260));
        assert_eq!(announced_len(b"words"), None);
        assert_eq!(first_len(&[4, 1, 7, 9, 9]), Some(3));
    }
}
