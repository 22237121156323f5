use super::*;
use crate::build::{CertificateTemplate, Name, Subject};
use bulla_crypto::{private_key::PrivateKey, signature::KeyKind};
use std::time::Duration;

fn sample() -> Vec<u8> {
    let mut template = CertificateTemplate::server(vec![Name::Dns("www.example.org".into())]);
    template.subject = Subject::new().organization("Test").common_name("Leaf");
    template.not_after = UnixTime::since_unix_epoch(Duration::from_secs(86_400));
    template.self_signed(&PrivateKey::generate(KeyKind::EcP256).unwrap()).unwrap().to_vec()
}

/// Where a sequence of bytes begins in the sample.
fn find(der: &[u8], wanted: &[u8]) -> usize {
    der.windows(wanted.len()).position(|window| window == wanted).unwrap()
}

#[test]
fn faults_are_located() {
    let der = sample();
    let utc = find(&der, b"\x17\x0d700101000000Z");
    let usage = find(&der, b"\x06\x03\x55\x1d\x0f");
    let names = find(&der, b"\x82\x0fwww.example.org");
    let subject = find(&der[utc..], b"\x0c\x04Leaf") + utc;
    for (at, byte, offset, field) in [
        (utc + 4, b'9', utc, "Certificate.TbsCertificate.validity.not_before.Utc"),
        (utc + 15 + 4, b'9', utc + 15, "Certificate.TbsCertificate.validity.not_after.Utc"),
        (subject + 2, 0xff, utc + 30, "Certificate.TbsCertificate.subject"),
        (usage + 7, 0x00, usage + 5, "Certificate.TbsCertificate.extensions[2].critical"),
        (names + 2, 0xff, names, "extension subjectAltName[0].Dns"),
        (1, 0x30, 2, "Certificate.content"),
        (0, 0x31, 0, "Certificate"),
    ] {
        let mut broken = der.clone();
        broken[at] = byte;
        let error = Certificate::parse(&broken).unwrap_err();
        assert_eq!((error.field.as_str(), error.offset), (field, offset), "{error}");
    }
}

#[test]
fn lengths_are_reported() {
    let der = sample();
    let error = Certificate::parse(&der[..100]).unwrap_err();
    assert!(error.problem.contains("ends early"), "{error}");
    let error = Certificate::parse(&[der.as_slice(), &[0]].concat()).unwrap_err();
    assert!(error.problem.contains("left over"), "{error}");
}

#[test]
fn fields_are_read() {
    let der = sample();
    let certificate = Certificate::parse(&der).unwrap();
    assert_eq!(certificate.subject().common_name().unwrap(), "Leaf");
    assert_eq!(certificate.subject().organization().unwrap(), "Test");
    assert!(certificate.is_self_issued());
    assert_eq!(certificate.version(), 3);
    assert_eq!(certificate.serial(), [1]);
    assert_eq!(certificate.public_key_name(), "ECDSA P-256");
    assert_eq!(certificate.signature_name(), "ECDSA with SHA-256");
    assert_eq!(
        certificate.basic_constraints(),
        Some(BasicConstraints { authority: false, path_length: None })
    );
    assert_eq!(certificate.key_usage(), Some(KeyUsage::DIGITAL_SIGNATURE));
    assert!(certificate.extended_key_usage().unwrap().contains(KeyPurpose::ServerAuth));
    assert!(certificate.name_constraints().is_none());
    assert_eq!(certificate.subject_key_identifier(), certificate.authority_key_identifier());
    assert_eq!(certificate.fingerprint(), HashAlgorithm::Sha256.hash(&der).as_ref());
}

#[test]
fn key_usages_come_back() {
    for bits in 1u16..512 {
        let usage =
            asn1::parse_single::<KeyUsage>(&asn1::write_single(&KeyUsage::from_raw(bits)).unwrap()).unwrap();
        assert_eq!(usage, KeyUsage::from_raw(bits));
        assert_eq!(usage.names().count(), bits.count_ones() as usize);
    }
}

/// The model that certificates are written by, as the reader of the same bytes: frame, names, extensions.
fn model_reads(der: &[u8]) -> bool {
    use crate::model::{
        certificate::*,
        extension::NameConstraints,
        extension::*,
        general_name::GeneralName,
        list::List,
        oid,
        policy::{PolicyConstraints, PolicyInformation, PolicyMapping},
    };
    let Ok(signed) = asn1::parse_single::<Signed<'_>>(der) else { return false };
    let Ok(content) = signed.content.parse::<TbsCertificate<'_>>() else { return false };
    let extended = content.extensions.is_some();
    let unique = content.issuer_unique_id.is_some() || content.subject_unique_id.is_some();
    let version = match content.version {
        0 => !extended && !unique,
        1 => !extended,
        version => version == 2,
    };
    let extensions: Vec<Extension<'_>> = content.extensions.iter().flat_map(List::iter).collect();
    let twice = extensions
        .iter()
        .enumerate()
        .any(|(index, one)| extensions[..index].iter().any(|other| other.id == one.id));
    fn reads<'a, T: asn1::Asn1Readable<'a>>(value: &'a [u8]) -> bool {
        asn1::parse_single::<T>(value).is_ok()
    }
    let sound = |extension: &Extension<'_>| match extension.id {
        oid::BASIC_CONSTRAINTS => reads::<BasicConstraints>(extension.value),
        oid::KEY_USAGE => reads::<KeyUsage>(extension.value),
        oid::EXTENDED_KEY_USAGE => reads::<List<'_, ObjectIdentifier, 1>>(extension.value),
        oid::NAME_CONSTRAINTS => reads::<NameConstraints<'_>>(extension.value),
        oid::SUBJECT_KEY_IDENTIFIER => reads::<&[u8]>(extension.value),
        oid::AUTHORITY_KEY_IDENTIFIER => reads::<AuthorityKeyIdentifier<'_>>(extension.value),
        oid::AUTHORITY_INFORMATION_ACCESS => reads::<List<'_, AccessDescription<'_>, 1>>(extension.value),
        oid::SUBJECT_ALTERNATIVE_NAME => {
            let names = asn1::parse_single::<List<'_, GeneralName<'_>, 1>>(extension.value);
            let fits = |name| !matches!(name, GeneralName::Ip(octets) if !matches!(octets.len(), 4 | 16));
            names.is_ok_and(|names| names.iter().all(fits))
        }
        oid::CERTIFICATE_POLICIES => reads::<List<'_, PolicyInformation<'_>, 1>>(extension.value),
        oid::POLICY_MAPPINGS => reads::<List<'_, PolicyMapping, 1>>(extension.value),
        oid::POLICY_CONSTRAINTS => reads::<PolicyConstraints>(extension.value),
        oid::INHIBIT_ANY_POLICY => reads::<u64>(extension.value),
        _ => true,
    };
    version && !twice && extensions.iter().all(sound)
}

/// A certificate with every extension that is looked into, by the builder and by hand.
fn full() -> Vec<u8> {
    let root_key = PrivateKey::generate(KeyKind::EcP256).unwrap();
    let mut root = CertificateTemplate::authority(Subject::new().common_name("Root"), Some(3));
    root.not_after = UnixTime::since_unix_epoch(Duration::from_secs(86_400));
    root.permitted = vec![Subtree::Dns("example.org".into())];
    root.names = vec![Name::Dns("a.example.org".into()), Name::Ip([127, 0, 0, 1].into())];
    root.purposes = vec![KeyPurpose::ServerAuth, KeyPurpose::ClientAuth];
    root.self_signed(&root_key).unwrap().to_vec()
}

#[test]
fn one_pass_reads_what_the_model_reads() {
    let mut agreed = [0, 0];
    for der in [sample(), full()] {
        assert!(model_reads(&der));
        for at in 0..der.len() {
            for change in [1, 2, 3, 0x20, 0x21, 0x7f, 0x80, 0xff] {
                let mut broken = der.clone();
                broken[at] ^= change;
                let ours = Certificate::parse(&broken);
                assert_eq!(ours.is_ok(), model_reads(&broken), "byte {at} xor {change:#x}: {ours:?}");
                agreed[usize::from(ours.is_ok())] += 1;
            }
        }
    }
    assert!(agreed.iter().all(|count| *count > 1000), "{agreed:?}");
}

#[test]
fn kinds_of_keys_are_told_by_a_glance_as_by_the_model() {
    use KeyKind as K;
    for kind in [K::EcP256, K::EcP384, K::EcP521, K::Ed25519, K::MlDsa44, K::MlDsa65, K::MlDsa87, K::Rsa] {
        let model = key::identifier(kind);
        let parameters = model.parameters.map(|parameters| parameters.full_data());
        assert_eq!(key::kind_of(model.algorithm.as_der(), parameters), Some(kind));
        assert_eq!(key::kind_of(model.algorithm.as_der(), Some(&[0x05, 0x01, 0x00])), None);
    }
}
