//! SEQUENCE OF and SET OF: decoded on demand when read, a borrowed slice when written.

use asn1::{
    Asn1Readable, Asn1Writable, ParseResult, SequenceOf, SequenceOfWriter, SetOf, SetOfWriter,
    SimpleAsn1Readable, SimpleAsn1Writable, Tag, Tlv, WriteBuf,
};

/// A SEQUENCE OF at least `MIN` elements.
pub(crate) enum List<'a, T, const MIN: usize = 0> {
    /// Checked when parsed, decoded again as it is walked: no allocation.
    Parsed(SequenceOf<'a, T, MIN>),
    /// The elements one after the other, checked when the certificate was read.
    Checked(&'a [u8]),
    /// About to be written.
    Built(&'a [T]),
}

impl<'a, T: Asn1Readable<'a> + Clone, const MIN: usize> List<'a, T, MIN> {
    /// The elements in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = T> + use<'a, T, MIN> {
        let (parsed, checked, built) = match self {
            Self::Parsed(elements) => (Some(elements.clone()), &[][..], None),
            Self::Checked(elements) => (None, *elements, None),
            Self::Built(elements) => (None, &[][..], Some(*elements)),
        };
        let parsed = parsed.into_iter().flatten();
        let checked = Elements(checked).filter_map(|element| element.parse().ok());
        parsed.chain(checked).chain(built.into_iter().flatten().cloned())
    }
}

/// The elements of a list, each in DER.
struct Elements<'a>(&'a [u8]);

impl<'a> Iterator for Elements<'a> {
    type Item = Tlv<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let (element, rest) = asn1::strip_tlv(self.0).ok()?;
        self.0 = rest;
        Some(element)
    }
}

impl<'a, T: Asn1Readable<'a>, const MIN: usize> Clone for List<'a, T, MIN> {
    fn clone(&self) -> Self {
        match self {
            Self::Parsed(elements) => Self::Parsed(elements.clone()),
            Self::Checked(elements) => Self::Checked(elements),
            Self::Built(elements) => Self::Built(elements),
        }
    }
}

impl<'a, T: Asn1Readable<'a> + 'a, const MIN: usize> SimpleAsn1Readable<'a> for List<'a, T, MIN> {
    const TAG: Tag = <SequenceOf<'a, T, MIN> as SimpleAsn1Readable<'a>>::TAG;

    fn parse_data(data: &'a [u8]) -> ParseResult<Self> {
        SequenceOf::parse_data(data).map(Self::Parsed)
    }
}

impl<'a, T: Asn1Readable<'a> + Asn1Writable, const MIN: usize> SimpleAsn1Writable for List<'a, T, MIN> {
    type Error = T::Error;
    const TAG: Tag = <SequenceOfWriter<'a, T> as SimpleAsn1Writable>::TAG;

    fn write_data(&self, dest: &mut WriteBuf) -> Result<(), Self::Error> {
        match self {
            Self::Parsed(elements) => elements.write_data(dest),
            Self::Checked(elements) => dest.push_slice(elements).map_err(T::Error::from),
            Self::Built(elements) => SequenceOfWriter::new(*elements).write_data(dest),
        }
    }

    fn data_length(&self) -> Option<usize> {
        match self {
            Self::Parsed(elements) => elements.data_length(),
            Self::Checked(elements) => Some(elements.len()),
            Self::Built(elements) => SequenceOfWriter::new(*elements).data_length(),
        }
    }
}

/// A SET OF, in DER's order.
pub(crate) enum Group<'a, T> {
    /// Checked when parsed, order included.
    Parsed(SetOf<'a, T>),
    /// About to be written; sorted then.
    Built(&'a [T]),
}

impl<'a, T: Asn1Readable<'a> + Clone> Group<'a, T> {
    /// The elements in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = T> + use<'a, T> {
        let (parsed, built) = match self {
            Self::Parsed(elements) => (Some(elements.clone()), None),
            Self::Built(elements) => (None, Some(*elements)),
        };
        parsed.into_iter().flatten().chain(built.into_iter().flatten().cloned())
    }
}

impl<'a, T: Asn1Readable<'a>> Clone for Group<'a, T> {
    fn clone(&self) -> Self {
        match self {
            Self::Parsed(elements) => Self::Parsed(elements.clone()),
            Self::Built(elements) => Self::Built(elements),
        }
    }
}

impl<'a, T: Asn1Readable<'a> + 'a> SimpleAsn1Readable<'a> for Group<'a, T> {
    const TAG: Tag = <SetOf<'a, T> as SimpleAsn1Readable<'a>>::TAG;

    fn parse_data(data: &'a [u8]) -> ParseResult<Self> {
        SetOf::parse_data(data).map(Self::Parsed)
    }
}

impl<'a, T: Asn1Readable<'a> + Asn1Writable> SimpleAsn1Writable for Group<'a, T> {
    type Error = T::Error;
    const TAG: Tag = <SetOfWriter<'a, T> as SimpleAsn1Writable>::TAG;

    fn write_data(&self, dest: &mut WriteBuf) -> Result<(), Self::Error> {
        match self {
            Self::Parsed(elements) => elements.write_data(dest),
            Self::Built(elements) => SetOfWriter::new(*elements).write_data(dest),
        }
    }

    fn data_length(&self) -> Option<usize> {
        None
    }
}
