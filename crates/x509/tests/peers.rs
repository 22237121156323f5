//! Certificates of other makers are judged here, and ours are read by another parser.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]

use bulla_crypto::{
    pem,
    private_key::PrivateKey,
    signature::{KeyKind, SignatureAlgorithm},
};
use bulla_x509::{
    build::{
        CertificateTemplate, Issuer, Name, Subject, SubjectPublicKey, request::Request,
        request::RequestTemplate,
    },
    certificate::{Certificate, KeyPurpose, Subtree},
    names::IpSubnet,
    trust::TrustAnchors,
    verdict::{Presented, Purpose, Rule, Verdict, judge},
};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyPair,
    KeyUsagePurpose, NameConstraints,
};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use std::time::Duration;
use x509_parser::prelude::{
    FromDer, GeneralName, ParsedExtension, X509Certificate, X509CertificationRequest,
};

/// 2026-01-01 00:00 UTC; certificates made by rcgen are valid from 1975 to 4096 unless told otherwise.
const NOW: u64 = 1_767_225_600;

fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

fn verdict(chain: &[CertificateDer<'_>], root: &[u8], server: &str) -> Verdict {
    let mut anchors = TrustAnchors::new();
    anchors.add_certificate(root).unwrap();
    let server = ServerName::try_from(server).unwrap();
    judge(&Presented::new(chain, Purpose::Server(&server)), &anchors, at(NOW))
}

fn authority(name: &str, limit: BasicConstraints) -> CertificateParams {
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(limit);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

fn server(names: &[&str]) -> CertificateParams {
    let mut params =
        CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params
}

/// A root, an intermediate and a leaf made by rcgen: the chain, then the root.
fn foreign_chain(
    algorithm: &'static rcgen::SignatureAlgorithm,
    root: CertificateParams,
    leaf: &CertificateParams,
) -> (Vec<CertificateDer<'static>>, CertificateDer<'static>) {
    let generate = || match algorithm {
        rsa if *rsa == rcgen::PKCS_RSA_SHA256 || *rsa == rcgen::PKCS_RSA_SHA512 => {
            let der = PrivateKey::generate(KeyKind::Rsa).unwrap().to_pkcs8().unwrap().to_vec();
            KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(der), algorithm).unwrap()
        }
        other => KeyPair::generate_for(other).unwrap(),
    };
    let (root_key, intermediate_key, leaf_key) = (generate(), generate(), generate());
    let root_der = root.self_signed(&root_key).unwrap().der().clone();
    let root_issuer = rcgen::Issuer::new(root, root_key);
    let intermediate = authority("Intermediate", BasicConstraints::Constrained(0));
    let intermediate_der = intermediate.signed_by(&intermediate_key, &root_issuer).unwrap().der().clone();
    let issuer = rcgen::Issuer::new(intermediate, intermediate_key);
    let leaf_der = leaf.signed_by(&leaf_key, &issuer).unwrap().der().clone();
    (vec![leaf_der, intermediate_der], root_der)
}

#[test]
fn chains_of_rcgen_are_judged() {
    for algorithm in [
        &rcgen::PKCS_ECDSA_P256_SHA256,
        &rcgen::PKCS_ECDSA_P384_SHA384,
        &rcgen::PKCS_ED25519,
        &rcgen::PKCS_RSA_SHA256,
        &rcgen::PKCS_RSA_SHA512,
    ] {
        let root = authority("Root", BasicConstraints::Unconstrained);
        let (chain, root) =
            foreign_chain(algorithm, root, &server(&["localhost", "*.example.org", "127.0.0.1"]));
        for name in ["localhost", "www.example.org", "127.0.0.1"] {
            let verdict = verdict(&chain, &root, name);
            assert!(verdict.is_trusted(), "{algorithm:?}: {}", verdict.failure.unwrap());
        }
        assert_eq!(verdict(&chain, &root, "example.org").failure.unwrap().rule, Rule::WrongName);
        assert_eq!(verdict(&chain[..1], &root, "localhost").failure.unwrap().rule, Rule::MissingIntermediate);
    }
}

/// RFC 9881, appendix C: self-signed certificates, made with a fork of Go.
#[test]
fn the_examples_of_rfc_9881_are_read_and_verified() {
    let examples = [
        (include_bytes!("rfc9881/ml-dsa-44.pem").as_slice(), "ML-DSA-44", SignatureAlgorithm::MlDsa44),
        (include_bytes!("rfc9881/ml-dsa-65.pem"), "ML-DSA-65", SignatureAlgorithm::MlDsa65),
        (include_bytes!("rfc9881/ml-dsa-87.pem"), "ML-DSA-87", SignatureAlgorithm::MlDsa87),
    ];
    for (text, name, algorithm) in examples {
        let der = pem::read(text).unwrap().remove(0).into_der();
        let certificate = Certificate::parse(&der).unwrap();
        assert_eq!((certificate.public_key_name().as_str(), certificate.signature_name()), (name, name));
        assert_eq!(certificate.issuer().to_string(), "CN=LAMPS WG,O=IETF");
        let key = certificate.public_key().unwrap();
        assert_eq!(key.kind(), algorithm.key_kind());
        let root = X509Certificate::from_der(&der).unwrap().1;
        let (signed, signature) = (root.tbs_certificate.as_ref(), root.signature_value.as_ref());
        assert_eq!(key.verify(algorithm, signed, signature), Ok(()));
        assert!(TrustAnchors::new().add_certificate(&der).is_ok());
    }
}

#[test]
fn name_constraints_of_rcgen_bind() {
    for (permitted, rule) in [("example.org", None), ("example.com", Some(Rule::NameNotPermitted))] {
        let mut root = authority("Root", BasicConstraints::Unconstrained);
        root.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName(permitted.into())],
            excluded_subtrees: vec![GeneralSubtree::DnsName("secret.example.org".into())],
        });
        let (chain, root) =
            foreign_chain(&rcgen::PKCS_ECDSA_P256_SHA256, root, &server(&["www.example.org"]));
        assert_eq!(verdict(&chain, &root, "www.example.org").failure.map(|failure| failure.rule), rule);
    }
}

#[test]
fn a_leaf_of_rcgen_may_end_in_the_past() {
    let mut leaf = server(&["localhost"]);
    leaf.not_after = rcgen::date_time_ymd(2025, 12, 31);
    let root = authority("Root", BasicConstraints::Unconstrained);
    let (chain, root) = foreign_chain(&rcgen::PKCS_ECDSA_P256_SHA256, root, &leaf);
    let failure = verdict(&chain, &root, "localhost").failure.unwrap();
    assert_eq!(failure.rule, Rule::Expired);
    assert!(failure.detail.contains("2025-12-31 00:00:00 UTC, 1 day before now"), "{failure}");
}

/// A root with constraints and a leaf with every kind of name, valid beyond 2049.
fn our_chain() -> (CertificateDer<'static>, CertificateDer<'static>) {
    let (root_key, leaf_key) =
        (PrivateKey::generate(KeyKind::EcP384).unwrap(), PrivateKey::generate(KeyKind::EcP256).unwrap());
    let subject = Subject::new().country("SE").organization("Prövning AB").common_name("Root");
    let mut root = CertificateTemplate::authority(subject, Some(1));
    (root.not_before, root.not_after) = (at(NOW), at(NOW + 30 * 365 * 86_400));
    root.permitted = vec![
        Subtree::Dns("localhost".into()),
        Subtree::Ip(IpSubnet::new([127, 0, 0, 0].into(), 8).unwrap()),
        Subtree::Ip(IpSubnet::new("::1".parse().unwrap(), 128).unwrap()),
    ];
    let root_der = root.self_signed(&root_key).unwrap();
    let names = vec![
        Name::Dns("localhost".into()),
        Name::Ip([127, 0, 0, 1].into()),
        Name::Ip("::1".parse().unwrap()),
    ];
    let mut leaf = CertificateTemplate::server(names);
    (leaf.not_before, leaf.not_after) = (at(NOW), at(NOW + 86_400));
    leaf.serial = vec![0xfe; 16];
    leaf.purposes.push(KeyPurpose::ClientAuth);
    let parsed = Certificate::parse(&root_der).unwrap();
    let issuer = Issuer::new(&parsed, &root_key).unwrap();
    let leaf_der = leaf.issue(&issuer, &SubjectPublicKey::of(&leaf_key).unwrap()).unwrap();
    (root_der, leaf_der)
}

#[test]
fn ours_read_in_another_parser() {
    let (root_der, leaf_der) = our_chain();
    let (rest, root) = X509Certificate::from_der(&root_der).unwrap();
    assert!(rest.is_empty());
    assert_eq!(root.subject().to_string(), "C=SE, O=Prövning AB, CN=Root");
    assert!(root.is_ca());
    assert_eq!(root.basic_constraints().unwrap().unwrap().value.path_len_constraint, Some(1));
    assert!(root.key_usage().unwrap().unwrap().value.key_cert_sign());
    assert_eq!(root.validity().not_before.timestamp(), i64::try_from(NOW).unwrap());
    assert!(root.validity().not_before.is_utctime() && root.validity().not_after.is_generalizedtime());
    let constraints = root.name_constraints().unwrap().unwrap();
    assert!(constraints.critical);
    let permitted = constraints.value.permitted_subtrees.as_ref().unwrap();
    assert_eq!(permitted[0].base, GeneralName::DNSName("localhost"));
    assert_eq!(permitted[1].base, GeneralName::IPAddress(&[127, 0, 0, 0, 255, 0, 0, 0]));

    let (_, leaf) = X509Certificate::from_der(&leaf_der).unwrap();
    assert_eq!(leaf.raw_serial(), [&[0][..], &[0xfe; 16]].concat());
    assert_eq!(leaf.issuer().as_raw(), root.subject().as_raw());
    let names = leaf.subject_alternative_name().unwrap().unwrap();
    assert!(names.critical, "the subject is empty");
    assert_eq!(names.value.general_names.len(), 3);
    let usage = leaf.key_usage().unwrap().unwrap();
    assert!(usage.critical && usage.value.digital_signature() && !usage.value.key_encipherment());
    let purposes = leaf.extended_key_usage().unwrap().unwrap();
    assert!(purposes.value.server_auth && purposes.value.client_auth && !purposes.value.any);
    assert_eq!(key_identifier(&leaf, false), key_identifier(&root, true));
}

/// The subject's key identifier, or the authority's.
fn key_identifier(certificate: &X509Certificate<'_>, subject: bool) -> Vec<u8> {
    let mut found =
        certificate.extensions().iter().filter_map(|extension| match extension.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(id) if subject => Some(id.0.to_vec()),
            ParsedExtension::AuthorityKeyIdentifier(id) if !subject => {
                id.key_identifier.as_ref().map(|id| id.0.to_vec())
            }
            _ => None,
        });
    found.next().unwrap()
}

#[test]
fn our_chain_is_trusted_by_ourselves() {
    let (root, leaf) = our_chain();
    for name in ["localhost", "127.0.0.1", "::1"] {
        assert!(verdict(std::slice::from_ref(&leaf), &root, name).is_trusted());
    }
}

#[test]
fn requests_go_both_ways() {
    let key = PrivateKey::generate(KeyKind::EcP256).unwrap();
    let mut template = RequestTemplate::new();
    template.subject = Subject::new().common_name("a request");
    template.names = vec![Name::Dns("www.example.org".into())];
    let ours = template.sign(&key).unwrap();
    let (_, read) = X509CertificationRequest::from_der(&ours).unwrap();
    assert_eq!(read.certification_request_info.subject.to_string(), "CN=a request");
    let names = read.requested_extensions().unwrap().any(|extension| {
        matches!(extension, ParsedExtension::SubjectAlternativeName(names)
            if names.general_names == [GeneralName::DNSName("www.example.org")])
    });
    assert!(names);

    let key = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let params = CertificateParams::new(vec!["a.example".to_owned(), "10.0.0.1".to_owned()]).unwrap();
    let theirs = params.serialize_request(&key).unwrap();
    let request = Request::parse(theirs.der()).unwrap();
    request.verify().unwrap();
    let names: Vec<_> = request.subject_alternative_names().map(|name| name.to_string()).collect();
    assert_eq!(names, ["a.example", "10.0.0.1"]);
}

#[test]
fn public_authorities_are_sound() {
    for der in TrustAnchors::mozilla().certificates() {
        let root = Certificate::parse(der).unwrap();
        let (_, other) = X509Certificate::from_der(der).unwrap();
        assert!(root.basic_constraints().is_some_and(|basic| basic.authority), "{}", root.subject());
        assert!(root.public_key().is_ok(), "{}: {}", root.subject(), root.public_key_name());
        assert_eq!(root.serial(), other.raw_serial());
        assert_eq!(
            i64::try_from(root.not_after().as_secs()).unwrap(),
            other.validity().not_after.timestamp()
        );
        assert_eq!(root.subject().der(), other.subject().as_raw());
    }
}
