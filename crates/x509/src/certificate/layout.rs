//! Where each field of a certificate lies in its DER (RFC 5280 section 4.1), read once.

use super::{
    extensions::Places,
    key::{is_common, kind_of},
};
use crate::{
    der::{Fault, Reader, Span, Value, tag},
    fault::ParseError,
    model::{
        certificate::VERSION_3,
        time::{Time, utc_seconds},
    },
    name,
};
use asn1::{ParseErrorKind as Kind, SimpleAsn1Readable, UtcTime, X509GeneralizedTime};
use bulla_crypto::signature::KeyKind;

/// An algorithm identifier.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Algorithm {
    /// All of it.
    pub(crate) full: Span,
    /// The object identifier, without tag and length.
    pub(crate) identifier: Span,
    pub(crate) parameters: Option<Span>,
}

/// What [`read`] finds. It borrows nothing, so it can be kept beside the bytes.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) signed: Span,
    pub(crate) algorithm: Algorithm,
    /// `None` when it is not a whole number of bytes.
    pub(crate) signature: Option<Span>,
    /// 0, 1 or 2 for versions 1, 2 and 3.
    pub(crate) version: u8,
    pub(crate) serial: Span,
    pub(crate) inner_algorithm: Algorithm,
    pub(crate) issuer: Span,
    pub(crate) not_before: i64,
    pub(crate) not_after: i64,
    /// Whether both are in the form that is asked for in their years.
    pub(crate) right_time_forms: bool,
    pub(crate) subject: Span,
    pub(crate) key_info: Span,
    pub(crate) key_algorithm: Algorithm,
    /// `None` when it is not supported.
    pub(crate) key_kind: Option<KeyKind>,
    /// `None` when it is not a whole number of bytes.
    pub(crate) key: Option<Span>,
    /// The extensions one after the other; empty when there are none.
    pub(crate) extensions: Span,
    pub(crate) unique_identifiers: bool,
    pub(crate) known: Places,
}

/// Reads a certificate from DER that holds nothing else.
pub(crate) fn read(der: &[u8]) -> Result<Layout, Box<ParseError>> {
    let named = |fault: Fault| fault.in_field("Certificate");
    let mut input = Reader::new(der).map_err(named)?;
    let whole = input.read(tag::SEQUENCE).map_err(named)?;
    let mut outer = input.inside(&whole);
    let content = outer.any().map_err(|fault| fault.in_field("Certificate.content"))?;
    let algorithm = algorithm(&mut outer, "Certificate.algorithm")?;
    let signature = whole_bytes(&mut outer, "Certificate.signature")?;
    outer.finish().and_then(|()| input.finish()).map_err(named)?;
    let content_error = |fault: Fault| fault.in_field("Certificate.TbsCertificate");
    if content.tag != tag::SEQUENCE {
        let mut content = input.within(content.full);
        content.read(tag::SEQUENCE).map_err(content_error)?;
    }
    let mut fields = input.inside(&content);
    let mut layout = front(&mut fields, content.full, (algorithm, signature))?;
    back(&mut fields, &mut layout)?;
    fields.finish().map_err(content_error)?;
    Ok(layout)
}

/// From the version to the public key.
fn front(
    fields: &mut Reader<'_>,
    signed: Span,
    (algorithm, signature): (Algorithm, Option<Span>),
) -> Result<Layout, Box<ParseError>> {
    const ROOT: &str = "Certificate.TbsCertificate";
    let version = version(fields).map_err(|fault| fault.in_field("Certificate.TbsCertificate.version"))?;
    let serial = fields.integer().map_err(|fault| fault.in_field("Certificate.TbsCertificate.serial"))?;
    let inner_algorithm = self::algorithm(fields, "Certificate.TbsCertificate.signature")?;
    let issuer = name(fields).map_err(|fault| fault.in_field("Certificate.TbsCertificate.issuer"))?;
    let ((not_before, right_before), (not_after, right_after)) = validity(fields)?;
    let subject = name(fields).map_err(|fault| fault.in_field("Certificate.TbsCertificate.subject"))?;
    let key_fault = |fault: Fault| fault.in_field("Certificate.TbsCertificate.public_key");
    let info = fields.read(tag::SEQUENCE).map_err(key_fault)?;
    let mut inside = fields.inside(&info);
    let key_algorithm = self::algorithm(&mut inside, "Certificate.TbsCertificate.public_key.algorithm")?;
    let key = whole_bytes(&mut inside, "Certificate.TbsCertificate.public_key.key")?;
    inside.finish().map_err(key_fault)?;
    check_version(version, signed.start(), ROOT)?;
    Ok(Layout {
        signed,
        algorithm,
        signature,
        version,
        serial,
        inner_algorithm,
        issuer,
        not_before,
        not_after,
        right_time_forms: right_before && right_after,
        subject,
        key_info: info.full,
        key_kind: key_kind(fields.whole(), key_algorithm),
        key_algorithm,
        key,
        extensions: Span::default(),
        unique_identifiers: false,
        known: Places::default(),
    })
}

/// From the unique identifiers to the extensions.
fn back(fields: &mut Reader<'_>, layout: &mut Layout) -> Result<(), Box<ParseError>> {
    let start = layout.signed.start();
    let wrong_version =
        |what: &str| Err(Box::new(ParseError::new("Certificate.TbsCertificate.version", start, what)));
    for (number, field) in [
        (1, "Certificate.TbsCertificate.issuer_unique_id"),
        (2, "Certificate.TbsCertificate.subject_unique_id"),
    ] {
        if fields.next_tag() == Some(tag::in_place(number)) {
            fields.bits(tag::in_place(number)).map_err(|fault| fault.in_field(field))?;
            layout.unique_identifiers = true;
            if layout.version == 0 {
                return wrong_version("unique identifiers in a certificate of version 1");
            }
        }
    }
    let named = |fault: Fault| fault.in_field("Certificate.TbsCertificate.extensions");
    let Some(wrapped) = fields.optional(tag::wrapped(3)).map_err(named)? else { return Ok(()) };
    // RFC 5280 section 4.1.2.1: "When extensions are used ... version MUST be 3".
    if layout.version != VERSION_3 {
        return wrong_version("extensions in a certificate that is not of version 3");
    }
    let mut inside = fields.inside(&wrapped);
    let list = inside.read(tag::SEQUENCE).map_err(named)?;
    inside.finish().map_err(named)?;
    layout.extensions = list.contents;
    layout.known = Places::read(&fields.inside(&list), "Certificate.TbsCertificate.extensions")?;
    Ok(())
}

/// Version 1 is the default, which DER leaves out.
fn version(fields: &mut Reader<'_>) -> Result<u8, Fault> {
    let Some(wrapped) = fields.optional(tag::wrapped(0))? else { return Ok(0) };
    let mut inside = fields.inside(&wrapped);
    let number = inside.integer()?;
    inside.finish()?;
    let wrong = |kind| Err(Fault::new(wrapped.full.start(), kind));
    match number.of(fields.whole()) {
        [0] => wrong(Kind::EncodedDefault),
        [version @ 0..0x80] => Ok(*version),
        [0x80..=0xff, ..] => wrong(Kind::InvalidValue),
        _ => wrong(Kind::IntegerOverflow),
    }
}

fn check_version(version: u8, offset: usize, root: &str) -> Result<(), Box<ParseError>> {
    match version {
        0..=VERSION_3 => Ok(()),
        _ => {
            Err(Box::new(ParseError::new(format!("{root}.version"), offset, "a version that does not exist")))
        }
    }
}

/// RFC 5280 section 4.1.1.2.
fn algorithm(fields: &mut Reader<'_>, field: &str) -> Result<Algorithm, Box<ParseError>> {
    let read = |fields: &mut Reader<'_>| {
        let value = fields.read(tag::SEQUENCE)?;
        let mut inside = fields.inside(&value);
        let identifier = if is_common(value.bytes) { inside.any()?.contents } else { inside.identifier()? };
        let parameters = if inside.is_empty() { None } else { Some(inside.any()?.full) };
        inside.finish()?;
        Ok(Algorithm { full: value.full, identifier, parameters })
    };
    read(fields).map_err(|fault: Fault| fault.in_field(field))
}

fn key_kind(whole: &[u8], Algorithm { identifier, parameters, .. }: Algorithm) -> Option<KeyKind> {
    kind_of(identifier.of(whole), parameters.map(|parameters| parameters.of(whole)))
}

fn whole_bytes(fields: &mut Reader<'_>, field: &str) -> Result<Option<Span>, Box<ParseError>> {
    let (bytes, unused) = fields.bits(tag::BIT_STRING).map_err(|fault| fault.in_field(field))?;
    Ok((unused == 0).then_some(bytes))
}

fn name(fields: &mut Reader<'_>) -> Result<Span, Fault> {
    let value = fields.read(tag::SEQUENCE)?;
    name::check(&fields.inside(&value)).map_err(|kind| Fault::new(value.full.start(), kind))?;
    Ok(value.full)
}

/// A second since 1970, and whether it is written in the form for its year.
type Moment = (i64, bool);

/// RFC 5280 section 4.1.2.5: the first and the last second.
fn validity(fields: &mut Reader<'_>) -> Result<(Moment, Moment), Box<ParseError>> {
    let named = |fault: Fault| fault.in_field("Certificate.TbsCertificate.validity");
    let value = fields.read(tag::SEQUENCE).map_err(named)?;
    let mut inside = fields.inside(&value);
    let not_before = time(&mut inside, "Certificate.TbsCertificate.validity.not_before")?;
    let not_after = time(&mut inside, "Certificate.TbsCertificate.validity.not_after")?;
    inside.finish().map_err(named)?;
    Ok((not_before, not_after))
}

fn time(fields: &mut Reader<'_>, field: &str) -> Result<Moment, Box<ParseError>> {
    let value = fields.any().map_err(|fault| fault.in_field(field))?;
    let Value { tag, full, bytes: contents, .. } = value;
    if tag == tag::UTC_TIME
        && let Some(seconds) = utc_seconds(contents)
    {
        return Ok((seconds, true));
    }
    let (time, form) = match tag {
        tag::UTC_TIME => (UtcTime::parse_data(contents).map(Time::Utc), "Utc"),
        tag::GENERALIZED_TIME => {
            (X509GeneralizedTime::parse_data(contents).map(Time::Generalized), "Generalized")
        }
        _ => {
            let mut again = fields.within(full);
            let wrong = again.read(tag::UTC_TIME).map(|_| (0, false));
            return wrong.map_err(|fault| fault.in_field(field));
        }
    };
    match time {
        Ok(time) => Ok((time.seconds(), time.has_right_form())),
        Err(error) => Err(Fault::new(full.start(), error.kind()).in_field(&format!("{field}.{form}"))),
    }
}
