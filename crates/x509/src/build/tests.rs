use super::*;
use crate::names::IpSubnet;
use bulla_crypto::signature::KeyKind;
use std::time::Duration;

fn valid(mut template: CertificateTemplate) -> CertificateTemplate {
    template.not_after = UnixTime::since_unix_epoch(Duration::from_secs(86_400));
    template
}

fn leaf() -> CertificateTemplate {
    valid(CertificateTemplate::server(vec![Name::Dns("localhost".into())]))
}

fn authority() -> CertificateTemplate {
    valid(CertificateTemplate::authority(Subject::new().common_name("Root"), None))
}

/// The message of the refusal.
fn refusal(template: &CertificateTemplate) -> String {
    let key = PrivateKey::generate(KeyKind::Ed25519).unwrap();
    template.self_signed(&key).unwrap_err().to_string()
}

#[test]
fn serial_numbers_are_positive() {
    for (serial, expected) in [
        (vec![0, 0, 1], Some(vec![1])),
        (vec![0x80], Some(vec![0, 0x80])),
        (vec![0xff; 16], Some([&[0][..], &[0xff; 16]].concat())),
        (vec![0x7f; 20], Some(vec![0x7f; 20])),
        (vec![0x80; 20], None),
        (vec![0; 4], None),
        (vec![], None),
    ] {
        assert_eq!(positive(&serial), expected, "{serial:?}");
    }
    let mut template = leaf();
    template.serial = vec![0];
    assert!(refusal(&template).contains("serial number must be positive"));
}

#[test]
fn what_the_verifier_would_refuse_is_not_written() {
    let mut backwards = leaf();
    std::mem::swap(&mut backwards.not_before, &mut backwards.not_after);
    assert!(refusal(&backwards).contains("end after it begins"));
    let mut nameless = leaf();
    nameless.names.clear();
    assert!(refusal(&nameless).contains("needs a subject or a name"));
    let mut anonymous = authority();
    anonymous.subject = Subject::new();
    assert!(refusal(&anonymous).contains("must have a subject"));
    let mut bound = leaf();
    bound.path_length = Some(0);
    assert!(refusal(&bound).contains("a path length is for authorities only"));
    let mut constrained = leaf();
    constrained.permitted = vec![Subtree::Dns("localhost".into())];
    assert!(refusal(&constrained).contains("a name constraint is for authorities only"));
    let mut signing = leaf();
    signing.key_usage = Some(KeyUsage::CERTIFICATE_SIGNING);
    assert!(refusal(&signing).contains("signing certificates is for authorities only"));
    let mut idle = authority();
    idle.key_usage = Some(KeyUsage::DIGITAL_SIGNATURE);
    assert!(refusal(&idle).contains("must be allowed to sign certificates"));
}

#[test]
fn names_that_are_none_are_not_written() {
    for name in ["", "a b", "*", "*.*.org", "w*.org", "127.0.0.1", "bücher.example", "a..b", "x\n", "-a.org"]
    {
        let mut template = leaf();
        template.names = vec![Name::Dns(name.into())];
        assert!(refusal(&template).contains("cannot stand in a certificate as a domain name"), "{name}");
    }
    let mut template = authority();
    template.excluded = vec![Subtree::Dns("*.example.org".into())];
    assert!(refusal(&template).contains("a name constraint"));
    for subject in [
        Subject::new().country("SWE"),
        Subject::new().common_name(""),
        Subject::new().organization(&"x".repeat(65)),
    ] {
        assert!(subject.encode().is_err());
    }
}

#[test]
fn an_issuer_needs_the_key_of_its_certificate() {
    let (key, other) =
        (PrivateKey::generate(KeyKind::EcP256).unwrap(), PrivateKey::generate(KeyKind::EcP256).unwrap());
    let der = authority().self_signed(&key).unwrap();
    let certificate = Certificate::parse(&der).unwrap();
    assert!(Issuer::new(&certificate, &key).is_ok());
    assert!(
        Issuer::new(&certificate, &other)
            .unwrap_err()
            .to_string()
            .contains("not that of the certificate \"CN=Root\"")
    );
}

#[test]
fn constraints_come_back() {
    let mut template = authority();
    template.permitted = vec![
        Subtree::Dns("localhost".into()),
        Subtree::Ip(IpSubnet::new([10, 0, 0, 0].into(), 8).unwrap()),
        Subtree::Ip(IpSubnet::new("fd00::".parse().unwrap(), 7).unwrap()),
    ];
    template.excluded = vec![Subtree::Dns("".into())];
    let der = template.self_signed(&PrivateKey::generate(KeyKind::Ed25519).unwrap()).unwrap();
    let constraints = Certificate::parse(&der).unwrap().name_constraints().unwrap();
    assert_eq!(constraints.permitted().collect::<Vec<_>>(), template.permitted);
    let excluded: Vec<_> = constraints.excluded().map(|subtree| subtree.to_string()).collect();
    assert_eq!(excluded, ["every domain"]);
}

#[test]
fn what_is_read_and_written_again_is_the_same() {
    let key = PrivateKey::generate(KeyKind::EcP256).unwrap();
    let mut template = authority();
    template.permitted = vec![Subtree::Dns("localhost".into())];
    for der in [leaf().self_signed(&key).unwrap(), template.self_signed(&key).unwrap()] {
        let signed: Signed<'_> = asn1::parse_single(&der).unwrap();
        let content: TbsCertificate<'_> = signed.content.parse().unwrap();
        assert_eq!(asn1::write_single(&content).unwrap(), signed.content.full_data());
        assert_eq!(asn1::write_single(&signed).unwrap(), der.as_ref());
    }
}
