//! What is wrong with the bytes of a certificate, and where.

use asn1::ParseErrorKind;
use std::fmt;

/// Bytes that are not the DER they should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The path to the field in the standard's structure, such as `TbsCertificate.validity.not_before`.
    pub field: String,
    /// Bytes from the start of the input to the innermost value that could be located.
    pub offset: usize,
    /// What is wrong there.
    pub problem: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}: {}", self.field, self.offset, self.problem)
    }
}

impl std::error::Error for ParseError {}

impl From<Box<Self>> for ParseError {
    fn from(error: Box<Self>) -> Self {
        *error
    }
}

impl ParseError {
    pub(crate) fn new(field: impl Into<String>, offset: usize, problem: impl Into<String>) -> Self {
        Self { field: field.into(), offset, problem: problem.into() }
    }

    /// Locates an error in `der`, which begins `base` bytes into the input and is called `root` there.
    pub(crate) fn from_asn1(root: &str, der: &[u8], base: usize, error: &asn1::ParseError) -> Self {
        let steps = steps(error);
        let mut field = root.to_owned();
        for step in &steps {
            match step {
                Step::Index(index) => field.push_str(&format!("[{index}]")),
                Step::Field(_, name) => field.push_str(&format!(".{name}")),
            }
        }
        Self { field, offset: base.saturating_add(locate(der, &steps)), problem: problem(error.kind()) }
    }
}

/// One step from a value to a part of it.
#[derive(Debug, PartialEq)]
enum Step {
    /// Structure and field.
    Field(String, String),
    /// Element of a SEQUENCE OF.
    Index(usize),
}

/// The path that the parser kept, which it gives only as text: `location: ["Structure::field", 0]`.
fn steps(error: &asn1::ParseError) -> Vec<Step> {
    let text = format!("{error:?}");
    let Some((_, path)) = text.split_once("location: [") else { return Vec::new() };
    let path = path.split_once(']').map_or(path, |(path, _)| path);
    path.split(", ").filter_map(step).collect()
}

fn step(text: &str) -> Option<Step> {
    match text.trim_matches('"').split_once("::") {
        Some((structure, field)) => Some(Step::Field(structure.to_owned(), field.to_owned())),
        None => text.parse().ok().map(Step::Index),
    }
}

/// Where a field is among the elements of its structure.
enum Place {
    /// The n-th element.
    Nth(usize),
    /// The n-th after an optional element with tag `[0]`.
    AfterOptional(usize),
    /// The element with this tag byte.
    Tagged(u8),
    /// A choice: the value itself.
    Same,
}

fn place(structure: &str, field: &str) -> Option<Place> {
    Some(match (structure, field) {
        ("Signed", "content") | ("Validity", "not_before") | ("Attribute", "kind") => Place::Nth(0),
        ("Extension" | "SubjectPublicKeyInfo" | "AlgorithmIdentifier", "id" | "algorithm") => Place::Nth(0),
        ("Signed", "algorithm") | ("Validity", "not_after") | ("Attribute", "value") => Place::Nth(1),
        ("SubjectPublicKeyInfo", "key") | ("AlgorithmIdentifier", "parameters") => Place::Nth(1),
        ("Extension", "critical") | ("RequestInfo", "subject") => Place::Nth(1),
        ("Signed", "signature") | ("RequestInfo", "public_key") => Place::Nth(2),
        ("TbsCertificate", "version") => Place::Tagged(0xa0),
        ("TbsCertificate", "serial") => Place::AfterOptional(0),
        ("TbsCertificate", "signature") => Place::AfterOptional(1),
        ("TbsCertificate", "issuer") => Place::AfterOptional(2),
        ("TbsCertificate", "validity") => Place::AfterOptional(3),
        ("TbsCertificate", "subject") => Place::AfterOptional(4),
        ("TbsCertificate", "public_key") => Place::AfterOptional(5),
        ("TbsCertificate", "issuer_unique_id") => Place::Tagged(0x81),
        ("TbsCertificate", "subject_unique_id") => Place::Tagged(0x82),
        ("TbsCertificate", "extensions") => Place::Tagged(0xa3),
        ("RequestInfo", "version") | ("RequestAttribute", "kind") => Place::Nth(0),
        ("RequestInfo", "attributes") => Place::Tagged(0xa0),
        ("NameConstraints", "permitted") => Place::Tagged(0xa0),
        ("NameConstraints", "excluded") => Place::Tagged(0xa1),
        ("GeneralSubtree", "base") => Place::Nth(0),
        ("Time" | "GeneralName" | "AttributeValue", _) => Place::Same,
        _ => return None,
    })
}

/// The offset in `der` of the value that the steps lead to, or of the last one on the way that is there.
fn locate(der: &[u8], steps: &[Step]) -> usize {
    let (mut value, mut offset) = (der, 0usize);
    for step in steps {
        let next = match step {
            Step::Index(index) => child(value, &Place::Nth(*index), matches!(value.first(), Some(0xa3))),
            Step::Field(structure, field) => match place(structure, field) {
                Some(Place::Same) => continue,
                Some(place) => child(value, &place, false),
                None => None,
            },
        };
        let Some((at, part)) = next else { break };
        (value, offset) = (part, offset.saturating_add(at));
    }
    offset
}

/// The chosen element of a constructed value (of the value inside it, when that is wrapped in an explicit
/// tag), with its offset.
fn child<'a>(value: &'a [u8], place: &Place, wrapped: bool) -> Option<(usize, &'a [u8])> {
    let (outer, _) = asn1::strip_tlv(value).ok()?;
    let header = value.len().min(outer.full_data().len()).checked_sub(outer.data().len())?;
    if wrapped {
        let (offset, part) = child(outer.data(), place, false)?;
        return Some((header.saturating_add(offset), part));
    }
    let (mut rest, mut offset, mut seen) = (outer.data(), header, 0usize);
    while let Some(tag) = rest.first() {
        let optional =
            matches!(place, Place::AfterOptional(_)) && seen == 0 && *tag == 0xa0 && offset == header;
        let found = match place {
            Place::Tagged(wanted) => tag == wanted,
            Place::Nth(wanted) => seen == *wanted,
            Place::AfterOptional(wanted) => !optional && seen == *wanted,
            Place::Same => true,
        };
        if found {
            return Some((offset, rest));
        }
        let (element, after) = asn1::strip_tlv(rest).ok()?;
        offset = offset.saturating_add(element.full_data().len());
        seen = seen.saturating_add(usize::from(!optional));
        rest = after;
    }
    None
}

pub(crate) fn problem(kind: ParseErrorKind) -> String {
    match kind {
        ParseErrorKind::InvalidValue => "not a valid value of its type".into(),
        ParseErrorKind::InvalidTag => "a tag that is not DER".into(),
        ParseErrorKind::InvalidLength => "a length that is not DER".into(),
        ParseErrorKind::InvalidSize { min, max, actual } if max == usize::MAX => {
            format!("{actual} elements where at least {min} must be")
        }
        ParseErrorKind::InvalidSize { min, max, actual } => {
            format!("{actual} elements where {min} to {max} must be")
        }
        ParseErrorKind::UnexpectedTag { actual } => {
            format!("another type than expected (tag {})", actual.value())
        }
        ParseErrorKind::ShortData { needed } => format!("ends early: at least {needed} bytes are missing"),
        ParseErrorKind::IntegerOverflow => "a number too large".into(),
        ParseErrorKind::ExtraData => "bytes left over after the value".into(),
        ParseErrorKind::InvalidSetOrdering => "a SET that is not in DER's order".into(),
        ParseErrorKind::EncodedDefault => "a default value written out, which DER forbids".into(),
        ParseErrorKind::OidTooLong => "an object identifier longer than 63 bytes".into(),
        ParseErrorKind::UnknownDefinedBy => "an unknown kind of value".into(),
    }
}
