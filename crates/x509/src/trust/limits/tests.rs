use super::*;
use crate::{
    build::{CertificateTemplate, Name, Subject},
    names::IpSubnet,
};
use bulla_crypto::{private_key::PrivateKey, signature::KeyKind};
use std::time::Duration;

fn day(number: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(number * 86_400))
}

fn certificate(names: Vec<Name>) -> Vec<u8> {
    let mut template = CertificateTemplate::server(names);
    template.subject = Subject::new().common_name("it");
    (template.not_before, template.not_after) = (day(20_000), day(20_090));
    template.self_signed(&PrivateKey::generate(KeyKind::Ed25519).unwrap()).unwrap().to_vec()
}

fn check(limits: &AnchorLimits, names: &[&str]) -> Result<(), LimitBreach> {
    let names = names.iter().map(|name| match name.parse() {
        Ok(address) => Name::Ip(address),
        Err(_) => Name::Dns((*name).to_owned()),
    });
    let der = certificate(names.collect());
    limits.check(&Certificate::parse(&der).unwrap(), day(20_010))
}

#[test]
fn without_limits_all_is_well() {
    assert_eq!(check(&AnchorLimits::default(), &["example.org", "192.0.2.1"]), Ok(()));
}

#[test]
fn time_limits_are_kept_to_the_second() {
    let second = |offset: i64| {
        let seconds = day(20_010).as_secs().checked_add_signed(offset).unwrap();
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    };
    let from = |valid_from| check(&AnchorLimits { valid_from, ..AnchorLimits::default() }, &["a.org"]);
    assert_eq!(from(second(0)), Ok(()));
    assert!(matches!(from(second(1)), Err(LimitBreach::NotYet(_))));
    let until = |valid_until| check(&AnchorLimits { valid_until, ..AnchorLimits::default() }, &["a.org"]);
    assert_eq!(until(second(0)), Ok(()));
    assert!(matches!(until(second(-1)), Err(LimitBreach::Ended(_))));
}

#[test]
fn certificates_issued_before_the_distrust_still_count() {
    let issued = |distrust_after| {
        check(&AnchorLimits { distrust_after: Some(distrust_after), ..AnchorLimits::default() }, &["a.org"])
    };
    assert_eq!(issued(day(20_000)), Ok(()));
    let breach = issued(day(19_999)).unwrap_err();
    assert_eq!(
        breach.to_string(),
        "it is trusted only for certificates issued until 2024-10-03 00:00:00 UTC, and this one was issued \
         2024-10-04 00:00:00 UTC"
    );
}

#[test]
fn every_name_must_be_permitted() {
    let limits = AnchorLimits {
        permitted: vec![
            Subtree::Dns("gov.example".into()),
            Subtree::Dns(".dotted.example".into()),
            Subtree::Ip(IpSubnet::new("192.0.2.0".parse().unwrap(), 24).unwrap()),
        ],
        ..AnchorLimits::default()
    };
    for fine in ["gov.example", "A.GOV.example", "*.gov.example", "dotted.example", "192.0.2.9"] {
        assert_eq!(check(&limits, &[fine]), Ok(()), "{fine}");
    }
    for refused in ["example", "notgov.example", "*.example", "192.0.3.1", "2001:db8::1"] {
        assert_eq!(check(&limits, &["gov.example", refused]), Err(LimitBreach::Name(refused.into())));
    }
    let domains = AnchorLimits { permitted: vec![Subtree::Dns("a.org".into())], ..AnchorLimits::default() };
    assert_eq!(check(&domains, &["192.0.2.1"]), Err(LimitBreach::Name("192.0.2.1".into())));
}

#[test]
fn limits_are_kept_with_the_anchor() {
    let (limited, free) = (certificate(vec![]), certificate(vec![]));
    let limits = AnchorLimits { valid_until: Some(day(1)), ..AnchorLimits::default() };
    let mut anchors = TrustAnchors::new();
    anchors.add_certificate(&free).unwrap();
    anchors.add_constrained(&limited, limits.clone()).unwrap();
    anchors.add_constrained(&limited, limits.clone()).unwrap();
    assert_eq!((anchors.len(), anchors.limits(&free), anchors.limits(&limited)), (2, None, Some(&limits)));
    let shared = anchors.clone();
    anchors.add_constrained(&limited, AnchorLimits::default()).unwrap();
    assert_eq!((anchors.limits(&limited), shared.limits(&limited)), (None, Some(&limits)));
}
