//! Certificates that the builder refuses to make: taken apart, altered, and signed again.

use super::*;
use crate::{
    certificate::key::signing_algorithm,
    model::{
        algorithm::{AlgorithmIdentifier, RsaPssParameters, SubjectPublicKeyInfo},
        certificate::{Signed, TbsCertificate},
        extension::Extension,
        list::List,
        oid,
    },
};
use asn1::{BigInt, BitString};
use bulla_crypto::signature::SignatureAlgorithm;

/// The content of a certificate.
fn content(der: &[u8]) -> TbsCertificate<'_> {
    asn1::parse_single::<Signed<'_>>(der).unwrap().content.parse().unwrap()
}

fn seal_with(
    content: &TbsCertificate<'_>,
    outer: &AlgorithmIdentifier<'_>,
    algorithm: SignatureAlgorithm,
    key: &PrivateKey,
) -> CertificateDer<'static> {
    let content = asn1::write_single(content).unwrap();
    let signature = key.sign(algorithm, &content).unwrap();
    let signed = Signed {
        content: asn1::parse_single(&content).unwrap(),
        algorithm: outer.clone(),
        signature: BitString::new(&signature, 0).unwrap(),
    };
    asn1::write_single(&signed).unwrap().into()
}

fn seal(content: &TbsCertificate<'_>, key: &PrivateKey) -> CertificateDer<'static> {
    let (algorithm, identifier) = signing_algorithm(key.kind());
    seal_with(content, &identifier, algorithm, key)
}

fn verdict(root: &Party, leaf: CertificateDer<'static>) -> Verdict {
    let server = ServerName::try_from("www.example.org").unwrap();
    judge(&Presented::new(&[leaf], Purpose::Server(&server)), &anchors(&[root]), at(NOW))
}

/// A leaf with one more extension.
fn extended(root: &Party, id: asn1::ObjectIdentifier, critical: bool, value: &[u8]) -> Verdict {
    let leaf = root.issue(&leaf_template());
    let mut content = content(&leaf.der);
    let mut extensions: Vec<Extension<'_>> = content.extensions.as_ref().unwrap().iter().collect();
    extensions.push(Extension { id, critical, value });
    content.extensions = Some(List::Built(&extensions));
    verdict(root, seal(&content, &root.key))
}

#[test]
fn unknown_extensions_are_refused_when_critical() {
    let root = Party::root(&root_template());
    let unknown = asn1::oid!(1, 3, 6, 1, 4, 1, 99999, 1);
    assert_trusted(&extended(&root, unknown.clone(), false, b"\x05\x00"));
    let refused = extended(&root, unknown, true, b"\x05\x00");
    assert_refused(&refused, Rule::UnknownCriticalExtension, 0, &["1.3.6.1.4.1.99999.1"]);
    let refused = extended(&root, oid::CRL_DISTRIBUTION_POINTS, true, b"\x30\x00");
    assert_refused(&refused, Rule::UnknownCriticalExtension, 0, &["cRLDistributionPoints"]);
    let refused = extended(&root, oid::POLICY_MAPPINGS, true, b"\x30\x00");
    assert_refused(&refused, Rule::Malformed, 0, &["policyMappings"]);
    assert_trusted(&extended(&root, oid::CERTIFICATE_POLICIES, true, b"\x30\x06\x30\x04\x06\x02\x2a\x03"));
    let refused = extended(&root, oid::SCT_POISON, true, b"\x05\x00");
    assert_refused(&refused, Rule::Precertificate, 0, &["draft"]);
}

#[test]
fn marks_of_importance_follow_the_standard() {
    let root = Party::root(&root_template());
    let refused = extended(&root, oid::POLICY_CONSTRAINTS, false, b"\x30\x03\x80\x01\x05");
    assert_refused(&refused, Rule::PolicyConstraintsNotCritical, 0, &["policyConstraints", "critical"]);
    let refused = extended(&root, oid::POLICY_CONSTRAINTS, true, b"\x30\x00");
    assert_refused(&refused, Rule::EmptyPolicyConstraints, 0, &["constrain nothing"]);
    let access = b"\x30\x0e\x30\x0c\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x02\x86\x00";
    assert_trusted(&extended(&root, oid::AUTHORITY_INFORMATION_ACCESS, false, access));
    let refused = extended(&root, oid::AUTHORITY_INFORMATION_ACCESS, true, access);
    assert_refused(&refused, Rule::InformationAccessCritical, 0, &["authorityInfoAccess"]);
    let refused = extended(&root, oid::NAME_CONSTRAINTS, true, b"\x30\x00");
    assert_eq!(refused.failure.unwrap().rule, Rule::NameConstraintsMisplaced);
    assert!(refused.others.iter().any(|failure| failure.rule == Rule::EmptyNameConstraints));
}

#[test]
fn an_extension_that_is_there_twice_is_malformed() {
    let root = Party::root(&root_template());
    let refused = extended(&root, oid::KEY_USAGE, true, b"\x03\x02\x07\x80");
    assert_refused(&refused, Rule::Malformed, 0, &["extension keyUsage", "twice"]);
}

#[test]
fn serial_numbers_are_positive_and_short() {
    let root = Party::root(&root_template());
    let leaf = root.issue(&leaf_template());
    let (sign, length) = (Some(Rule::SerialNotPositive), Some(Rule::SerialTooLong));
    for (serial, broken) in
        [(&[1u8; 20][..], None), (&[0x7f], None), (&[0], sign), (&[0x80], sign), (&[1u8; 21], length)]
    {
        let mut content = content(&leaf.der);
        content.serial = BigInt::new(serial).unwrap();
        let verdict = verdict(&root, seal(&content, &root.key));
        match broken {
            None => assert_trusted(&verdict),
            Some(rule) => assert_refused(&verdict, rule, 0, &["serial number"]),
        }
    }
}

#[test]
fn old_versions_are_refused() {
    let root = Party::root(&root_template());
    let leaf = root.issue(&leaf_template());
    let mut content = content(&leaf.der);
    (content.version, content.extensions) = (0, None);
    let verdict = verdict(&root, seal(&content, &root.key));
    assert_eq!(verdict.failure.as_ref().unwrap().rule, Rule::WrongVersion);
    assert!(verdict.failure.unwrap().detail.contains("version 1"));
    assert!(verdict.others.iter().any(|failure| failure.rule == Rule::NoNames));
}

#[test]
fn both_algorithm_fields_must_agree() {
    let root = Party::root(&root_template());
    let leaf = root.issue(&leaf_template());
    let mut content = content(&leaf.der);
    content.signature = AlgorithmIdentifier::bare(oid::SHA384_WITH_ECDSA);
    let refused = verdict(&root, seal(&content, &root.key));
    assert_refused(&refused, Rule::SignatureMismatch, 0, &["two different signature algorithms"]);
}

#[test]
fn hashes_that_can_be_forged_are_refused() {
    let root = Party::root(&root_template());
    let leaf = root.issue(&leaf_template());
    for (id, name) in [(oid::SHA1_WITH_ECDSA, "ECDSA with SHA-1"), (oid::MD5_WITH_RSA, "RSA PKCS#1 with MD5")]
    {
        let mut content = content(&leaf.der);
        content.signature = AlgorithmIdentifier::bare(id.clone());
        let sealed = seal_with(&content, &content.signature, SignatureAlgorithm::EcdsaP256Sha256, &root.key);
        assert_refused(&verdict(&root, sealed), Rule::WeakSignature, 0, &[name]);
    }
    let mut content = content(&leaf.der);
    content.signature = AlgorithmIdentifier::with_null(oid::SHA256_WITH_RSA);
    let sealed = seal_with(&content, &content.signature, SignatureAlgorithm::EcdsaP256Sha256, &root.key);
    assert_refused(
        &verdict(&root, sealed),
        Rule::UnsupportedAlgorithm,
        0,
        &["RSA PKCS#1 with SHA-256", "ECDSA P-256"],
    );
}

fn pss_parameters(hash: asn1::ObjectIdentifier, salt_length: u64) -> Vec<u8> {
    let hash = AlgorithmIdentifier::with_null(hash);
    let inner = asn1::write_single(&hash).unwrap();
    let mask = Some(AlgorithmIdentifier::with(oid::MGF1, &inner));
    let parameters =
        RsaPssParameters { hash: Some(hash), mask, salt_length: Some(salt_length), trailer: None };
    asn1::write_single(&parameters).unwrap()
}

#[test]
fn rsa_signs_with_pss_too() {
    let root = Party::root_with(&root_template(), KeyKind::Rsa);
    let leaf = root.issue(&leaf_template());
    for (hash, salt, algorithm, sound) in [
        (oid::SHA256, 32, SignatureAlgorithm::RsaPssSha256, true),
        (oid::SHA384, 48, SignatureAlgorithm::RsaPssSha384, true),
        (oid::SHA512, 64, SignatureAlgorithm::RsaPssSha512, true),
        (oid::SHA256, 20, SignatureAlgorithm::RsaPssSha256, false),
    ] {
        let parameters = pss_parameters(hash, salt);
        let mut content = content(&leaf.der);
        content.signature = AlgorithmIdentifier::with(oid::RSA_PSS, &parameters);
        let verdict = verdict(&root, seal_with(&content, &content.signature, algorithm, &root.key));
        match sound {
            true => assert_trusted(&verdict),
            false => {
                assert_refused(&verdict, Rule::UnsupportedAlgorithm, 0, &["RSA-PSS with other parameters"]);
            }
        }
    }
    let mut content = content(&leaf.der);
    content.signature = AlgorithmIdentifier::with(oid::RSA_PSS, b"\x30\x00");
    let sealed = seal_with(&content, &content.signature, SignatureAlgorithm::RsaPssSha256, &root.key);
    assert_refused(&verdict(&root, sealed), Rule::WeakSignature, 0, &["RSA-PSS with SHA-1"]);
}

#[test]
fn keys_have_a_floor_and_a_known_kind() {
    let root = Party::root(&root_template());
    let leaf = root.issue(&leaf_template());
    let modulus = [&[0x00], &[0xc1; 128][..]].concat();
    let short = [&[0x30, 0x81, 0x89, 0x02, 0x81, 0x81], modulus.as_slice(), &[0x02, 0x03, 1, 0, 1]].concat();
    let with_key = |algorithm, bits: &[u8]| {
        let mut content = content(&leaf.der);
        content.public_key = SubjectPublicKeyInfo { algorithm, key: BitString::new(bits, 0).unwrap() };
        verdict(&root, seal(&content, &root.key))
    };
    let refused = with_key(AlgorithmIdentifier::with_null(oid::RSA_ENCRYPTION), &short);
    assert_refused(&refused, Rule::WeakKey, 0, &["1024 bits is too short", "2048"]);
    assert_eq!(refused.path[0].key, "RSA 1024 bits");
    let refused = with_key(AlgorithmIdentifier::bare(oid::ED448), &[7; 57]);
    assert_refused(&refused, Rule::UnsupportedKey, 0, &["Ed448"]);
    let refused = with_key(AlgorithmIdentifier::bare(oid::ED25519), &[7; 31]);
    assert_refused(&refused, Rule::MalformedKey, 0, &["Ed25519", "malformed"]);
}

#[test]
fn an_authority_needs_a_subject() {
    let root = Party::root(&root_template());
    let middle = root.issue(&intermediate_template());
    let leaf = middle.issue(&leaf_template());
    let empty = [0x30, 0x00];
    let mut upper = content(&middle.der);
    upper.subject = crate::name::DistinguishedName::parse(&empty).unwrap();
    let mut lower = content(&leaf.der);
    lower.issuer = upper.subject;
    let chain = [seal(&lower, &middle.key), seal(&upper, &root.key)];
    let server = ServerName::try_from("www.example.org").unwrap();
    let verdict = judge(&Presented::new(&chain, Purpose::Server(&server)), &anchors(&[&root]), at(NOW));
    assert_refused(&verdict, Rule::EmptySubject, 1, &["no subject"]);
}

/// The verdict on a leaf with other alternative names.
fn renamed(root: &Party, leaf: &Party, names: &[u8], server: &str) -> Verdict {
    let mut content = content(&leaf.der);
    let extensions: Vec<Extension<'_>> = content
        .extensions
        .as_ref()
        .unwrap()
        .iter()
        .map(|extension| match extension.id {
            oid::SUBJECT_ALTERNATIVE_NAME => Extension { value: names, ..extension },
            _ => extension,
        })
        .collect();
    content.extensions = Some(List::Built(&extensions));
    let server = ServerName::try_from(server).unwrap();
    let chain = [seal(&content, &root.key)];
    judge(&Presented::new(&chain, Purpose::Server(&server)), &anchors(&[root]), at(NOW))
}

#[test]
fn an_address_is_no_domain_name() {
    let root = Party::root(&root_template());
    let leaf = root.issue(&leaf_template());
    assert_trusted(&renamed(&root, &leaf, b"\x30\x06\x87\x04\x08\x08\x08\x08", "8.8.8.8"));
    let refused = renamed(&root, &leaf, b"\x30\x09\x82\x078.8.8.8", "8.8.8.8");
    assert_refused(&refused, Rule::WrongName, 0, &["8.8.8.8 as a domain name (dNSName)", "iPAddress"]);
    let refused = renamed(&root, &leaf, b"\x30\x05\x87\x03\x08\x08\x08", "8.8.8.8");
    assert_refused(&refused, Rule::Malformed, 0, &["subjectAltName[0]", "an IP address of 3 bytes"]);
}

#[test]
fn text_of_a_certificate_is_safe_to_print() {
    let root = Party::root(&root_template());
    let evil = "x\u{1b}[2J\u{202e}\0\n";
    let mut template = leaf_template();
    template.subject = Subject::new().organization(evil).common_name(evil);
    let leaf = root.issue(&template);
    let verdict = renamed(&root, &leaf, b"\x30\x09\x82\x07a\x1b[2J\0\n", "www.example.org");
    let json = serde_json::to_value(&verdict).unwrap();
    let mut shown = vec![verdict.failure.as_ref().unwrap().to_string()];
    collect_strings(&json, &mut shown);
    assert!(shown.len() > 20);
    for text in shown {
        assert!(!text.chars().any(crate::text::is_unsafe), "{text:?}");
    }
}

fn collect_strings(value: &serde_json::Value, into: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => into.push(text.clone()),
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect_strings(item, into)),
        serde_json::Value::Object(fields) => fields.values().for_each(|item| collect_strings(item, into)),
        _ => {}
    }
}
