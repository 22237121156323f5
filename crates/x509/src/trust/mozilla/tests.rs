use super::*;
use crate::{
    build::{CertificateTemplate, Name},
    certificate::Certificate,
    trust::{LimitBreach, TrustAnchors},
};
use bulla_crypto::{private_key::PrivateKey, signature::KeyKind};
use rustls_pki_types::UnixTime;
use std::time::Duration;

/// The list that the tables were last looked at with: webpki-root-certs 1.0.11.
const LOOKED_AT: &str = "dfdb33cbdc7566b6f1fa1827dc50924a338afbeba59374dd115f4e66ca66b74e";

/// Of the roots with a day, those that the list does not have any more: ePKI and Entrust's.
const GONE: [&str; 5] = [
    "c0a6f4dc63a24bfdcf54ef2a6a082a0a72de35803e2ff5ff527ae5d87206dfd5",
    "6dc47172e01cbcb0bf62580d895fe2b8ac9ad4f873801e0c10b9c837d21eb177",
    "73c176434f1bc6d5adf45b0e76e727287c8de57616c1e6e6141a2b2cbc7d8e4c",
    "43df5774b03e7fef5fe40d931a7bedf1bb2e6b42738c4e6d3841103d3aa7f339",
    "02ed0eb28c14da45165c566791700d6451d7fb56f0b2ab1d3b8eb070e56edff5",
];

fn fingerprint(der: &[u8]) -> String {
    hex(HashAlgorithm::Sha256.hash(der).as_ref())
}

fn listed() -> Vec<String> {
    let mut all: Vec<_> =
        TrustAnchors::mozilla().certificates().iter().map(|root| fingerprint(root)).collect();
    all.sort();
    all
}

#[test]
fn a_new_list_is_looked_at() {
    assert_eq!(
        fingerprint(listed().concat().as_bytes()),
        LOOKED_AT,
        "Mozilla's list has changed: compare DATED with CKA_NSS_SERVER_DISTRUST_AFTER in the certdata.txt of that time \
         and CONSTRAINED with NSS's code, then write the new fingerprint here"
    );
}

#[test]
fn every_root_of_the_tables_is_listed_or_marked_as_gone() {
    let listed = listed();
    let is_listed = |root: &str| listed.iter().any(|known| known == root);
    for (root, _) in DATED {
        assert_eq!(is_listed(root), !GONE.contains(root), "{root}");
    }
    for (root, _) in CONSTRAINED {
        assert!(is_listed(root), "{root}");
    }
}

/// The limits of every root that has some, by its common name.
fn limited() -> Vec<(String, AnchorLimits)> {
    let anchors = TrustAnchors::mozilla();
    let name = |der: &[u8]| Some(Certificate::parse(der).ok()?.subject().common_name()?.into_owned());
    let named = anchors.certificates().iter().filter_map(|root| {
        let limits = anchors.limits(root)?.clone();
        Some((name(root).unwrap_or_default(), limits))
    });
    named.collect()
}

/// Whether a certificate for this name that was issued at this second keeps within the limits of the root.
fn check(root: &str, name: &str, issued: u64) -> Result<(), LimitBreach> {
    let limited = limited();
    let (_, limits) = limited.iter().find(|(known, _)| known == root).unwrap();
    let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let mut template = CertificateTemplate::server(vec![Name::Dns(name.into())]);
    (template.not_before, template.not_after) = (at(issued), at(issued + 1000));
    let der = template.self_signed(&PrivateKey::generate(KeyKind::Ed25519).unwrap()).unwrap();
    limits.check(&Certificate::parse(&der).unwrap(), at(issued + 500))
}

const TUBITAK: &str = "TUBITAK Kamu SM SSL Kok Sertifikasi - Surum 1";

#[test]
fn two_roots_have_limits() {
    let names: Vec<_> = limited().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["Izenpe.com", TUBITAK]);
}

#[test]
fn a_root_of_a_state_vouches_for_its_domains_only() {
    assert_eq!(check(TUBITAK, "www.kamusm.gov.tr", 1_790_000_000), Ok(()));
    assert_eq!(check(TUBITAK, "example.com", 1_790_000_000), Err(LimitBreach::Name("example.com".into())));
}

#[test]
fn what_a_dated_root_issued_later_is_not_believed() {
    // certdata.txt has 260415235959Z; `date -u -d '2026-04-15 23:59:59' +%s`.
    const LAST: u64 = 1_776_297_599;
    assert_eq!(check("Izenpe.com", "example.org", LAST), Ok(()));
    assert!(matches!(check("Izenpe.com", "example.org", LAST + 1), Err(LimitBreach::IssuedTooLate { .. })));
}
