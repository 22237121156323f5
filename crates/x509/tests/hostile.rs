//! Bytes of any kind: never a panic, always an answer.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]

use bulla_crypto::{private_key::PrivateKey, signature::KeyKind};
use bulla_x509::{
    build::{
        CertificateTemplate, Issuer, Name, Subject, SubjectPublicKey, request::Request,
        request::RequestTemplate,
    },
    certificate::{Certificate, Subtree},
    name::DistinguishedName,
    names::IpSubnet,
    text::is_unsafe,
    trust::TrustAnchors,
    verdict::{Presented, Purpose, judge},
};
use proptest::prelude::*;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::{sync::LazyLock, time::Duration};

const NOW: u64 = 1_767_225_600;

fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

/// A root with constraints and a leaf below it.
static CHAIN: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    let key = PrivateKey::generate(KeyKind::EcP256).unwrap();
    let mut root =
        CertificateTemplate::authority(Subject::new().organization("Test").common_name("Root"), Some(1));
    root.permitted =
        vec![Subtree::Dns("localhost".into()), Subtree::Ip(IpSubnet::new([127, 0, 0, 0].into(), 8).unwrap())];
    (root.not_before, root.not_after) = (at(NOW), at(NOW + 86_400));
    let root_der = root.self_signed(&key).unwrap();
    let mut leaf =
        CertificateTemplate::server(vec![Name::Dns("localhost".into()), Name::Ip([127, 0, 0, 1].into())]);
    (leaf.not_before, leaf.not_after) = (at(NOW), at(NOW + 86_400));
    let parsed = Certificate::parse(&root_der).unwrap();
    let leaf_der =
        leaf.issue(&Issuer::new(&parsed, &key).unwrap(), &SubjectPublicKey::of(&key).unwrap()).unwrap();
    [leaf_der.to_vec(), root_der.to_vec()]
});

static REQUEST: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut template = RequestTemplate::new();
    template.names = vec![Name::Dns("localhost".into())];
    template.sign(&PrivateKey::generate(KeyKind::EcP256).unwrap()).unwrap().to_vec()
});

/// Reads all that can be read, and checks that what is shown is safe.
fn read_all(der: &[u8]) {
    let certificate = match Certificate::parse(der) {
        Ok(certificate) => certificate,
        Err(error) => {
            assert!(error.offset <= der.len(), "{error}");
            return;
        }
    };
    let mut shown = vec![
        certificate.subject().to_string(),
        certificate.issuer().to_string(),
        certificate.public_key_name(),
        certificate.signature_name().to_owned(),
    ];
    shown.extend(certificate.subject_alternative_names().map(|name| name.to_string()));
    if let Some(constraints) = certificate.name_constraints() {
        shown
            .extend(constraints.permitted().chain(constraints.excluded()).map(|subtree| subtree.to_string()));
    }
    shown.extend(certificate.extended_key_usage().iter().flat_map(|usage| usage.names().collect::<Vec<_>>()));
    assert!(!shown.concat().chars().any(is_unsafe), "{shown:?}");
    let _ = certificate.public_key();
}

/// Judges a chain in which one certificate is replaced; the root is the anchor.
fn is_trusted(leaf: &[u8], sent: &[u8]) -> bool {
    let mut anchors = TrustAnchors::new();
    anchors.add_certificate(&CHAIN[1]).unwrap();
    let chain = [CertificateDer::from(leaf.to_vec()), CertificateDer::from(sent.to_vec())];
    let server = ServerName::try_from("localhost").unwrap();
    let verdict = judge(&Presented::new(&chain, Purpose::Server(&server)), &anchors, at(NOW + 1));
    let text = verdict.failure.as_ref().map(ToString::to_string).unwrap_or_default();
    assert!(!text.chars().any(is_unsafe), "{text}");
    verdict.is_trusted()
}

#[test]
fn no_bit_of_a_leaf_can_be_flipped() {
    assert!(is_trusted(&CHAIN[0], &CHAIN[1]));
    for bit in 0..CHAIN[0].len() * 8 {
        let mut leaf = CHAIN[0].clone();
        leaf[bit / 8] ^= 1 << (bit % 8);
        read_all(&leaf);
        assert!(!is_trusted(&leaf, &CHAIN[1]), "bit {bit}");
    }
}

#[test]
fn no_certificate_can_be_cut() {
    for length in 0..CHAIN[0].len() {
        assert!(Certificate::parse(&CHAIN[0][..length]).is_err());
    }
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        read_all(&bytes);
        let _ = Request::parse(&bytes);
        let _ = DistinguishedName::parse(&bytes).map(|name| name.to_string());
        let _ = TrustAnchors::from_pem(&bytes);
        prop_assert!(!is_trusted(&bytes, &bytes));
    }

    #[test]
    fn mutated_certificates_never_panic(
        root: bool,
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let original = &CHAIN[usize::from(root)];
        let mut der = original.clone();
        for (index, byte) in &edits {
            der[index.index(original.len())] = *byte;
        }
        if let Some(cut) = cut {
            der.truncate(cut.index(original.len()));
        }
        read_all(&der);
        let changed = der != *original;
        match root {
            // A changed copy of the root beside the leaf does no harm: the anchor itself is ours.
            true => { is_trusted(&CHAIN[0], &der); }
            false => prop_assert!(!changed || !is_trusted(&der, &CHAIN[1])),
        }
    }

    #[test]
    fn mutated_requests_never_verify(index: prop::sample::Index, byte: u8) {
        let mut der = REQUEST.clone();
        der[index.index(REQUEST.len())] = byte;
        let verified = Request::parse(&der).is_ok_and(|request| request.verify().is_ok());
        prop_assert_eq!(verified, der == *REQUEST);
    }
}
