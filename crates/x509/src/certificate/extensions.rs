//! The extensions the crate knows, decoded once, borrowed from the certificate.

use crate::{
    der::{Fault, Reader, Span, Value, check_identifier, tag},
    fault::ParseError,
    model::{
        extension::{
            AccessDescription, AuthorityKeyIdentifier, BasicConstraints, KeyPurpose, KeyUsage,
            NameConstraints as NameConstraintsModel, PurposeSet,
        },
        general_name::GeneralName,
        list::List,
        oid,
        policy::{PolicyConstraints, PolicyInformation, PolicyMapping},
    },
    names::{AlternativeName, IpSubnet, kind},
    text::Plain,
};
use asn1::{BigInt, ObjectIdentifier, ParseErrorKind as Kind};
use std::{borrow::Cow, fmt};

/// More extensions than any certificate has; finding duplicates takes the square of their number.
const MAX_EXTENSIONS: usize = 64;

/// The value of an extension and whether a verifier that does not know it must refuse.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<T> {
    pub(crate) critical: bool,
    pub(crate) value: T,
}

impl<T> Known<T> {
    fn map<U>(self, f: impl FnOnce(T) -> U) -> Known<U> {
        Known { critical: self.critical, value: f(self.value) }
    }
}

/// The names of an alternative name extension.
type GeneralNames<'a> = List<'a, GeneralName<'a>, 1>;

/// Each known extension, when present: its value if that is small, else where the contents of its value lie.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    pub(crate) basic_constraints: Option<Known<BasicConstraints>>,
    pub(crate) key_usage: Option<Known<KeyUsage>>,
    pub(crate) extended_key_usage: Option<Known<PurposePlaces>>,
    pub(crate) alternative_names: Option<Known<Span>>,
    pub(crate) name_constraints: Option<Known<Span>>,
    pub(crate) subject_key_identifier: Option<Known<Span>>,
    pub(crate) authority_key_identifier: Option<Known<AuthorityKey>>,
    pub(crate) information_access: Option<Known<Span>>,
    pub(crate) policies: Option<Known<Span>>,
    pub(crate) policy_mappings: Option<Known<Span>>,
    pub(crate) policy_constraints: Option<Known<PolicyConstraints>>,
    pub(crate) inhibit_any_policy: Option<Known<u64>>,
    /// The identifier of the first critical extension that the crate does not process.
    pub(crate) unknown_critical: Option<Span>,
}

/// Where the purposes of a key lie, and which of those with a name are among them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PurposePlaces {
    list: Span,
    named: PurposeSet,
}

/// Where the parts of an authority key identifier lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AuthorityKey {
    pub(crate) key: Option<Span>,
    issuer: Option<Span>,
    serial: Option<Span>,
}

/// The known extensions that are made of parts: each is taken apart when it is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Extensions<'p, 'a> {
    places: &'p Places,
    der: &'a [u8],
}

impl Places {
    /// Reads extensions, one after the other, in bytes that the places refer to.
    pub(crate) fn read(list: &Reader<'_>, root: &str) -> Result<Self, Box<ParseError>> {
        let mut read = Self::default();
        let (mut rest, mut count, mut seen) = (*list, 0usize, Seen::default());
        if rest.is_empty() {
            let kind = Kind::InvalidSize { min: 1, max: usize::MAX, actual: 0 };
            return Err(Fault::new(rest.offset(), kind).in_field(root));
        }
        while !rest.is_empty() {
            let indexed = |field: &str, fault: Fault| fault.in_field(&format!("{root}[{count}]{field}"));
            let value = rest.read(tag::SEQUENCE).map_err(|fault| indexed("", fault))?;
            let mut fields = rest.inside(&value);
            let id = fields.identifier().map_err(|fault| indexed(".id", fault))?;
            let critical = criticality(&mut fields).map_err(|fault| indexed(".critical", fault))?;
            let value = fields.read(tag::OCTET_STRING).map_err(|fault| indexed(".value", fault))?;
            fields.finish().map_err(|fault| indexed("", fault))?;
            // RFC 5280 section 4.2: "A certificate MUST NOT include more than one instance of a particular
            // extension."
            if seen.before(list, count, id.of(list.whole())) {
                let field = field(id.of(list.whole()));
                let problem = "the extension is there twice";
                return Err(Box::new(ParseError::new(field, value.contents.start(), problem)));
            }
            if count >= MAX_EXTENSIONS {
                let problem = format!("more than {MAX_EXTENSIONS} extensions");
                return Err(Box::new(ParseError::new("extensions", value.contents.start(), problem)));
            }
            count = count.saturating_add(1);
            if !read.decode(id.of(list.whole()), critical, rest.inside(&value))? && critical {
                read.unknown_critical = read.unknown_critical.or(Some(id));
            }
        }
        Ok(read)
    }

    /// Whether the extension is one of those.
    fn decode(&mut self, id: &[u8], critical: bool, mut value: Reader<'_>) -> Result<bool, Box<ParseError>> {
        let whole = value;
        let read = self.place(id, critical, &mut value);
        read.map_err(|fault| locate(id, &whole).map_or_else(|| fault.in_field(&field(id)), Box::new))
    }

    fn place(&mut self, id: &[u8], critical: bool, value: &mut Reader<'_>) -> Result<bool, Fault> {
        match id {
            // Below 2.5.29, id-ce.
            [0x55, 0x1d, 14] => self.subject_key_identifier = known(critical, value, octets)?,
            [0x55, 0x1d, 15] => self.key_usage = known(critical, value, key_usage)?,
            [0x55, 0x1d, 17] => self.alternative_names = known(critical, value, alternative_names)?,
            [0x55, 0x1d, 19] => self.basic_constraints = known(critical, value, basic_constraints)?,
            [0x55, 0x1d, 30] => self.name_constraints = known(critical, value, name_constraints)?,
            [0x55, 0x1d, 35] => self.authority_key_identifier = known(critical, value, authority_key)?,
            [0x55, 0x1d, 37] => self.extended_key_usage = known(critical, value, purposes)?,
            // 1.3.6.1.5.5.7.1.1, id-pe-authorityInfoAccess.
            [0x2b, 6, 1, 5, 5, 7, 1, 1] => self.information_access = known(critical, value, access)?,
            [0x55, 0x1d, 32] => self.policies = known(critical, value, policies)?,
            [0x55, 0x1d, 33] => self.policy_mappings = known(critical, value, policy_mappings)?,
            [0x55, 0x1d, 36] => self.policy_constraints = known(critical, value, policy_constraints)?,
            [0x55, 0x1d, 54] => self.inhibit_any_policy = known(critical, value, number)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The values, in the bytes that were read.
    pub(crate) fn of<'a>(&self, der: &'a [u8]) -> Extensions<'_, 'a> {
        Extensions { places: self, der }
    }
}

/// Which extensions came before: those with short identifiers below 2.5.29 have a bit each.
#[derive(Default)]
struct Seen(u64);

impl Seen {
    /// Whether the identifier is that of one of the first `count` extensions of the list; notes it.
    fn before(&mut self, list: &Reader<'_>, count: usize, id: &[u8]) -> bool {
        let bit = match id {
            [0x55, 0x1d, number] => 1u64.checked_shl(u32::from(*number)),
            _ => None,
        };
        let Some(bit) = bit else { return identifiers(list).take(count).any(|earlier| earlier == id) };
        let known = self.0 & bit != 0;
        self.0 |= bit;
        known
    }
}

/// The identifiers of extensions, as far as they can be read.
fn identifiers<'a>(list: &Reader<'a>) -> impl Iterator<Item = &'a [u8]> + use<'a> {
    let mut rest = *list;
    std::iter::from_fn(move || {
        let extension = rest.read(tag::SEQUENCE).ok()?;
        let id = rest.inside(&extension).any().ok()?;
        Some(id.bytes)
    })
}

impl<'a> Extensions<'_, 'a> {
    fn list<T>(&self, place: Option<Known<Span>>) -> Option<Known<List<'a, T, 1>>> {
        place.map(|known| known.map(|list| List::Checked(list.of(self.der))))
    }

    pub(crate) fn alternative_names(&self) -> Option<Known<GeneralNames<'a>>> {
        self.list(self.places.alternative_names)
    }

    /// The same names, as those who compare them want them.
    pub(crate) fn names(&self) -> impl Iterator<Item = AlternativeName<'a>> + use<'a> {
        self.raw_names().filter_map(|name| AlternativeName::checked(name.tag, name.bytes))
    }

    /// The same names as they are encoded, their kinds told by the tags in [`kind`].
    pub(crate) fn raw_names(&self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let list = self.places.alternative_names.map_or_else(Span::default, |known| known.value);
        let mut rest = Reader::new(self.der).map(|whole| whole.within(list)).ok();
        std::iter::from_fn(move || rest.as_mut()?.any().ok())
    }

    pub(crate) fn name_constraints(&self) -> Option<Known<NameConstraintsModel<'a>>> {
        let known = self.places.name_constraints?;
        let value = asn1::parse_single(known.value.of(self.der)).ok()?;
        Some(Known { critical: known.critical, value })
    }

    pub(crate) fn authority_key_identifier(&self) -> Option<Known<AuthorityKeyIdentifier<'a>>> {
        let der = self.der;
        self.places.authority_key_identifier.map(|known| {
            known.map(|authority| AuthorityKeyIdentifier {
                key_identifier: authority.key.map(|key| key.of(der)),
                issuer: authority.issuer.map(|names| List::Checked(names.of(der))),
                serial: authority.serial.and_then(|serial| BigInt::new(serial.of(der))),
            })
        })
    }

    pub(crate) fn policies(&self) -> Option<Known<List<'a, PolicyInformation<'a>, 1>>> {
        self.list(self.places.policies)
    }

    pub(crate) fn policy_mappings(&self) -> Option<Known<List<'a, PolicyMapping, 1>>> {
        self.list(self.places.policy_mappings)
    }

    pub(crate) fn issuer_url(&self) -> Option<&'a str> {
        let access: Known<List<'a, AccessDescription<'a>, 1>> = self.list(self.places.information_access)?;
        access.value.iter().filter(|entry| entry.method == oid::CA_ISSUERS).find_map(|entry| {
            match entry.location {
                GeneralName::Uri(uri) => Some(uri.as_str()),
                _ => None,
            }
        })
    }
}

/// RFC 5280 section 4.1: "critical BOOLEAN DEFAULT FALSE", which DER leaves out when it is false.
#[inline]
fn criticality(fields: &mut Reader<'_>) -> Result<bool, Fault> {
    match fields.next_tag() {
        Some(tag::BOOLEAN) if !fields.take(&[tag::BOOLEAN, 1, 0xff]) => Err(miswritten(fields)),
        next => Ok(next == Some(tag::BOOLEAN)),
    }
}

/// What is wrong with a truth value other than that.
#[cold]
fn miswritten(fields: &mut Reader<'_>) -> Fault {
    let at = fields.offset();
    fields.boolean().err().unwrap_or_else(|| Fault::new(at, Kind::EncodedDefault))
}

/// The value of an extension and nothing after it.
fn known<T>(
    critical: bool,
    value: &mut Reader<'_>,
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, Fault>,
) -> Result<Option<Known<T>>, Fault> {
    let known = Known { critical, value: read(value)? };
    value.finish()?;
    Ok(Some(known))
}

fn octets(value: &mut Reader<'_>) -> Result<Span, Fault> {
    value.read(tag::OCTET_STRING).map(|octets| octets.contents)
}

fn key_usage(value: &mut Reader<'_>) -> Result<KeyUsage, Fault> {
    let (bits, _) = value.bits(tag::BIT_STRING)?;
    Ok(KeyUsage::from_bits(bits.of(value.whole())))
}

/// RFC 5280 section 4.2.1.9.
fn basic_constraints(value: &mut Reader<'_>) -> Result<BasicConstraints, Fault> {
    let sequence = value.read(tag::SEQUENCE)?;
    let mut fields = value.inside(&sequence);
    let authority = criticality(&mut fields)?;
    let path_length = if fields.is_empty() { None } else { Some(number(&mut fields)?) };
    fields.finish()?;
    Ok(BasicConstraints { authority, path_length })
}

fn number(fields: &mut Reader<'_>) -> Result<u64, Fault> {
    let at = fields.offset();
    let integer = fields.integer()?.of(fields.whole());
    let magnitude = match integer {
        [0x80..=0xff, ..] => return Err(Fault::new(at, Kind::InvalidValue)),
        [0, rest @ ..] => rest,
        all => all,
    };
    if magnitude.len() > 8 {
        return Err(Fault::new(at, Kind::IntegerOverflow));
    }
    Ok(magnitude.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

/// A SEQUENCE OF at least one: its contents, each element looked at.
fn list(
    value: &mut Reader<'_>,
    mut element: impl FnMut(&mut Reader<'_>) -> Result<(), Fault>,
) -> Result<Span, Fault> {
    let list = value.read(tag::SEQUENCE)?;
    elements(&value.inside(&list), &mut element)?;
    Ok(list.contents)
}

fn elements(
    list: &Reader<'_>,
    mut element: impl FnMut(&mut Reader<'_>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut rest = *list;
    if rest.is_empty() {
        return Err(Fault::new(rest.offset(), Kind::InvalidSize { min: 1, max: usize::MAX, actual: 0 }));
    }
    while !rest.is_empty() {
        element(&mut rest)?;
    }
    Ok(())
}

fn purposes(value: &mut Reader<'_>) -> Result<PurposePlaces, Fault> {
    let mut named = PurposeSet::default();
    let list = list(value, |purposes| {
        let purpose = purposes.identifier()?;
        named.add(purpose.of(purposes.whole()));
        Ok(())
    })?;
    Ok(PurposePlaces { list, named })
}

fn alternative_names(value: &mut Reader<'_>) -> Result<Span, Fault> {
    list(value, |names| {
        let name = general_name(names)?;
        // RFC 5280 section 4.2.1.6: "For IP version 4 ... the octet string MUST contain exactly four octets. For
        // IP version 6 ... sixteen octets."
        let octets = name.bytes.len();
        if name.tag == kind::IP && !matches!(octets, 4 | 16) {
            return Err(Fault::new(name.full.start(), Kind::InvalidValue));
        }
        Ok(())
    })
}

/// RFC 5280 section 4.2.1.6.
fn general_name<'a>(names: &mut Reader<'a>) -> Result<Value<'a>, Fault> {
    let name = names.any()?;
    let wrong = |kind| Err(Fault::new(name.full.start(), kind));
    match name.tag {
        // rfc822Name, dNSName and URI are IA5String, whose characters are those of ASCII.
        kind::EMAIL | kind::DNS | kind::URI if !name.bytes.is_ascii() => wrong(Kind::InvalidValue),
        // otherName, x400Address, ediPartyName: passed over.
        0xa0 | kind::EMAIL | kind::DNS | 0xa3 | 0xa5 | kind::URI | kind::IP => Ok(name),
        kind::DIRECTORY => {
            let mut inside = names.inside(&name);
            let directory = inside.read(tag::SEQUENCE)?;
            inside.finish()?;
            match crate::name::check(&inside.inside(&directory)) {
                Ok(()) => Ok(name),
                Err(kind) => wrong(kind),
            }
        }
        0x88 => match check_identifier(name.bytes) {
            Ok(()) => Ok(name),
            Err(kind) => wrong(kind),
        },
        _ => wrong(Kind::InvalidTag),
    }
}

/// Seldom there: the whole value, checked by the model.
fn name_constraints(value: &mut Reader<'_>) -> Result<Span, Fault> {
    let full = value.any()?.full;
    match asn1::parse_single::<NameConstraintsModel<'_>>(full.of(value.whole())) {
        Ok(_) => Ok(full),
        Err(error) => Err(Fault::new(full.start(), error.kind())),
    }
}

/// RFC 5280 section 4.2.1.1.
fn authority_key(value: &mut Reader<'_>) -> Result<AuthorityKey, Fault> {
    let sequence = value.read(tag::SEQUENCE)?;
    let mut fields = value.inside(&sequence);
    let key = fields.optional(tag::in_place(0))?.map(|key| key.contents);
    let issuer = fields.optional(tag::wrapped(1))?.map(|names| names.contents);
    if let Some(names) = issuer {
        elements(&fields.within(names), |name| general_name(name).map(drop))?;
    }
    let serial = match fields.next_tag() {
        Some(tag) if tag == tag::in_place(2) => Some(fields.integer_as(tag)?),
        _ => None,
    };
    fields.finish()?;
    Ok(AuthorityKey { key, issuer, serial })
}

/// RFC 5280 section 4.2.1.4. Qualifiers are for people.
fn policies(value: &mut Reader<'_>) -> Result<Span, Fault> {
    list(value, |entries| {
        let entry = entries.read(tag::SEQUENCE)?;
        let mut fields = entries.inside(&entry);
        fields.identifier()?;
        if !fields.is_empty() {
            list(&mut fields, |qualifiers| qualifiers.read(tag::SEQUENCE).map(drop))?;
        }
        fields.finish()
    })
}

/// RFC 5280 section 4.2.1.5.
fn policy_mappings(value: &mut Reader<'_>) -> Result<Span, Fault> {
    list(value, |entries| {
        let entry = entries.read(tag::SEQUENCE)?;
        let mut fields = entries.inside(&entry);
        fields.identifier()?;
        fields.identifier()?;
        fields.finish()
    })
}

/// RFC 5280 section 4.2.1.11: the whole value, checked by the model.
fn policy_constraints(value: &mut Reader<'_>) -> Result<PolicyConstraints, Fault> {
    let full = value.any()?.full;
    asn1::parse_single(full.of(value.whole())).map_err(|error| Fault::new(full.start(), error.kind()))
}

/// RFC 5280 section 4.2.2.1.
fn access(value: &mut Reader<'_>) -> Result<Span, Fault> {
    list(value, |entries| {
        let entry = entries.read(tag::SEQUENCE)?;
        let mut fields = entries.inside(&entry);
        fields.identifier()?;
        general_name(&mut fields)?;
        fields.finish()
    })
}

/// The same fault, found by the model, which names the part of the value that has it.
fn locate(id: &[u8], value: &Reader<'_>) -> Option<ParseError> {
    let at = value.offset();
    let bytes = value.rest();
    let model = match id {
        [0x55, 0x1d, 14] => asn1::parse_single::<&[u8]>(bytes).err(),
        [0x55, 0x1d, 15] => asn1::parse_single::<KeyUsage>(bytes).err(),
        [0x55, 0x1d, 17] => return locate_name(bytes, at),
        [0x55, 0x1d, 19] => asn1::parse_single::<BasicConstraints>(bytes).err(),
        [0x55, 0x1d, 30] => asn1::parse_single::<NameConstraintsModel<'_>>(bytes).err(),
        [0x55, 0x1d, 35] => asn1::parse_single::<AuthorityKeyIdentifier<'_>>(bytes).err(),
        [0x55, 0x1d, 37] => asn1::parse_single::<List<'_, ObjectIdentifier, 1>>(bytes).err(),
        [0x55, 0x1d, 32] => asn1::parse_single::<List<'_, PolicyInformation<'_>, 1>>(bytes).err(),
        [0x55, 0x1d, 33] => asn1::parse_single::<List<'_, PolicyMapping, 1>>(bytes).err(),
        [0x55, 0x1d, 36] => asn1::parse_single::<PolicyConstraints>(bytes).err(),
        [0x55, 0x1d, 54] => asn1::parse_single::<u64>(bytes).err(),
        _ => asn1::parse_single::<List<'_, AccessDescription<'_>, 1>>(bytes).err(),
    };
    model.map(|error| ParseError::from_asn1(&field(id), bytes, at, &error))
}

fn locate_name(bytes: &[u8], at: usize) -> Option<ParseError> {
    let name = field(oid::SUBJECT_ALTERNATIVE_NAME.as_der());
    let names = match asn1::parse_single::<GeneralNames<'_>>(bytes) {
        Ok(names) => names,
        Err(error) => return Some(ParseError::from_asn1(&name, bytes, at, &error)),
    };
    names.iter().enumerate().find_map(|(index, alternative)| match alternative {
        GeneralName::Ip(octets) if !matches!(octets.len(), 4 | 16) => Some(ParseError::new(
            format!("{name}[{index}]"),
            at,
            format!("an IP address of {} bytes", octets.len()),
        )),
        _ => None,
    })
}

fn field(id: &[u8]) -> String {
    format!("extension {}", oid::describe(&ObjectIdentifier::from_der(id).unwrap_or(oid::NONE)))
}

/// The purposes a key is certified for (RFC 5280 section 4.2.1.12).
pub struct ExtendedKeyUsage<'a> {
    list: List<'a, ObjectIdentifier, 1>,
    named: PurposeSet,
}

impl<'a> ExtendedKeyUsage<'a> {
    pub(super) fn new(places: PurposePlaces, der: &'a [u8]) -> Self {
        Self { list: List::Checked(places.list.of(der)), named: places.named }
    }

    /// Whether the purpose is in the list. "Any" is a purpose of its own here.
    pub fn contains(&self, purpose: KeyPurpose) -> bool {
        self.named.contains(purpose)
    }

    /// The standards' names of the purposes, or their identifiers.
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.list.iter().map(|id| oid::describe(&id))
    }
}

/// The names an authority may certify (RFC 5280 section 4.2.1.10).
pub struct NameConstraints<'a>(pub(super) NameConstraintsModel<'a>);

impl<'a> NameConstraints<'a> {
    /// Of the kinds of name that occur here, only these are allowed.
    pub fn permitted(&self) -> impl Iterator<Item = Subtree<'a>> + use<'a> {
        let list = self.0.permitted.as_ref().map(List::iter);
        list.into_iter().flatten().map(|subtree| Subtree::from_model(&subtree.base))
    }

    /// These are forbidden.
    pub fn excluded(&self) -> impl Iterator<Item = Subtree<'a>> + use<'a> {
        let list = self.0.excluded.as_ref().map(List::iter);
        list.into_iter().flatten().map(|subtree| Subtree::from_model(&subtree.base))
    }
}

/// A subtree of names. `Display` is safe to print.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subtree<'a> {
    /// A domain and all below it.
    Dns(Cow<'a, str>),
    /// A range of addresses.
    Ip(IpSubnet),
    /// Any other kind of name.
    Other(String),
}

impl<'a> Subtree<'a> {
    fn from_model(base: &GeneralName<'a>) -> Self {
        match base {
            GeneralName::Dns(domain) => Self::Dns(Cow::Borrowed(domain.as_str())),
            GeneralName::Ip(octets) => match IpSubnet::from_octets(octets) {
                Some(subnet) => Self::Ip(subnet),
                None => Self::Other("a malformed range of addresses".into()),
            },
            other => Self::Other(
                AlternativeName::from_model(other.clone()).map_or_else(String::new, |name| name.to_string()),
            ),
        }
    }
}

impl fmt::Display for Subtree<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(domain) if domain.is_empty() => f.write_str("every domain"),
            Self::Dns(domain) => Plain(domain).fmt(f),
            Self::Ip(subnet) => subnet.fmt(f),
            Self::Other(name) => Plain(name).fmt(f),
        }
    }
}
