//! PKCS#7 as a bag of certificates (`.p7b`, `.p7c`): a `SignedData` that signs nothing (RFC 5652, 5.1).
#![expect(clippy::result_large_err, reason = "the derives return asn1's own error, 136 bytes")]

use super::Problem;
use crate::fault::ParseError;
use asn1::{Asn1Read, Asn1Write, ObjectIdentifier, SequenceOf, SetOfWriter, Tlv, oid};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer};

const SIGNED_DATA: ObjectIdentifier = oid!(1, 2, 840, 113549, 1, 7, 2);
const DATA: ObjectIdentifier = oid!(1, 2, 840, 113549, 1, 7, 1);

/// What a bag holds. Its order is that of the encoding and says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bag {
    /// The certificates.
    pub certificates: Vec<CertificateDer<'static>>,
    /// The revocation lists.
    pub revocation_lists: Vec<CertificateRevocationListDer<'static>>,
}

/// `ContentInfo`.
#[derive(Asn1Read, Asn1Write)]
struct ContentInfo<'a> {
    kind: ObjectIdentifier,
    #[explicit(0)]
    content: Option<Tlv<'a>>,
}

/// Its fields are looked at one by one, since the sets of real files are rarely in DER's order.
#[derive(Default)]
struct SignedData<'a> {
    certificates: &'a [u8],
    revocation_lists: &'a [u8],
}

const CERTIFICATES: u8 = 0xa0;
const REVOCATION_LISTS: u8 = 0xa1;
const SEQUENCE: u8 = 0x30;

/// The certificates and lists of a `SignedData` in DER. Signatures in it, if there are any, are not looked at.
///
/// # Errors
/// When it is no `SignedData`, or not well-formed.
pub fn read(der: &[u8]) -> Result<Bag, Problem> {
    let broken =
        |error: &asn1::ParseError| Problem::Broken(ParseError::from_asn1("ContentInfo", der, 0, error));
    let info: ContentInfo<'_> = asn1::parse_single(der).map_err(|error| broken(&error))?;
    if info.kind != SIGNED_DATA {
        return Err(Problem::OtherPkcs7(info.kind.to_string()));
    }
    let content = info.content.map(|content| content.full_data()).unwrap_or_default();
    let signed = SignedData::parse(content).ok_or_else(|| {
        Problem::Broken(ParseError::new("SignedData", 0, "not the fields that it should have"))
    })?;
    let certificates = elements(signed.certificates).filter(|der| der.first() == Some(&SEQUENCE));
    let lists = elements(signed.revocation_lists).filter(|der| der.first() == Some(&SEQUENCE));
    Ok(Bag {
        certificates: certificates.map(|der| der.to_vec().into()).collect(),
        revocation_lists: lists.map(|der| der.to_vec().into()).collect(),
    })
}

impl<'a> SignedData<'a> {
    fn parse(der: &'a [u8]) -> Option<Self> {
        let fields: SequenceOf<'a, Tlv<'a>> = asn1::parse_single(der).ok()?;
        let mut signed = Self::default();
        for field in fields {
            match field.full_data().first() {
                Some(&CERTIFICATES) => signed.certificates = field.data(),
                Some(&REVOCATION_LISTS) => signed.revocation_lists = field.data(),
                _ => {}
            }
        }
        Some(signed)
    }
}

/// The values after each other in these bytes, up to the first that is none.
fn elements(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (element, behind) = rest.split_at_checked(super::ber::first_len(rest)?)?;
        rest = behind;
        Some(element)
    })
}

/// A bag of these certificates, in DER: in the order that DER wants of a set.
///
/// ```
/// use bulla_x509::files::pkcs7;
/// assert_eq!(pkcs7::read(&pkcs7::write(&[])?)?.certificates.len(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When a certificate is no DER.
pub fn write(certificates: &[&[u8]]) -> Result<Vec<u8>, ParseError> {
    let parsed = certificates.iter().map(|der| asn1::parse_single(der)).collect::<Result<Vec<Tlv<'_>>, _>>();
    let parsed = parsed.map_err(|error| ParseError::from_asn1("Certificate", &[], 0, &error))?;
    let too_large = |_| ParseError::new("SignedData", 0, "too large to write");
    let content = asn1::write(|writer| {
        writer.write_element(&asn1::SequenceWriter::new(&|writer| {
            writer.write_element(&1u8)?;
            writer.write_element(&SetOfWriter::<Tlv<'_>>::new(&[]))?;
            writer.write_element(&asn1::SequenceWriter::new(&|writer| writer.write_element(&DATA)))?;
            writer.write_implicit_element(&SetOfWriter::new(parsed.as_slice()), 0)?;
            writer.write_element(&SetOfWriter::<Tlv<'_>>::new(&[]))
        }))
    })
    .map_err(too_large)?;
    let content =
        asn1::parse_single(&content).map_err(|error| ParseError::from_asn1("SignedData", &[], 0, &error))?;
    asn1::write_single(&ContentInfo { kind: SIGNED_DATA, content: Some(content) }).map_err(too_large)
}
