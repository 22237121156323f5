use super::*;
use crate::build::{CertificateTemplate, Issuer, Name, Subject, SubjectPublicKey};
use bulla_crypto::signature::KeyKind;
use rustls_pki_types::UnixTime;
use std::time::Duration;

fn day(number: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(number * 86_400))
}

struct Entity {
    der: CertificateDer<'static>,
    key: PrivateKey,
}

fn key() -> PrivateKey {
    PrivateKey::generate(KeyKind::EcP256).unwrap()
}

fn authority(name: &str) -> CertificateTemplate {
    let mut template = CertificateTemplate::authority(Subject::new().common_name(name), None);
    template.not_after = day(1000);
    template
}

impl Entity {
    fn root(name: &str) -> Self {
        let key = key();
        Self { der: authority(name).self_signed(&key).unwrap(), key }
    }

    fn sign(&self, template: &CertificateTemplate, key: &PrivateKey) -> CertificateDer<'static> {
        let parsed = Certificate::parse(&self.der).unwrap();
        template
            .issue(&Issuer::new(&parsed, &self.key).unwrap(), &SubjectPublicKey::of(key).unwrap())
            .unwrap()
    }

    fn intermediate(&self, name: &str) -> Self {
        let key = key();
        Self { der: self.sign(&authority(name), &key), key }
    }

    fn leaf(&self, name: &str, until: u64) -> Self {
        let key = key();
        let mut template = CertificateTemplate::server(vec![Name::Dns(name.into())]);
        template.not_after = day(until);
        Self { der: self.sign(&template, &key), key }
    }
}

fn order(certificates: &[&Entity], own: Own<'_>) -> Result<Chain, ChainError> {
    let all: Vec<_> = certificates.iter().map(|entity| entity.der.clone()).collect();
    arrange(&all, own, None)
}

/// Every order of the certificates gives the same chain.
#[test]
fn any_order_is_mended() {
    let root = Entity::root("root");
    let upper = root.intermediate("upper");
    let lower = upper.intermediate("lower");
    let leaf = lower.leaf("a.example", 100);
    let other = Entity::root("other");
    let all = [&leaf, &lower, &upper, &root, &other];
    for turn in 0..all.len() {
        let mut turned = all;
        turned.rotate_left(turn);
        for reversed in [false, true] {
            if reversed {
                turned.reverse();
            }
            let chain = order(&turned, Own::Only).unwrap();
            let wanted = |entity: &Entity| turned.iter().position(|one| one.der == entity.der).unwrap();
            assert_eq!(chain.order, [wanted(&leaf), wanted(&lower), wanted(&upper)]);
            assert_eq!((chain.root, chain.end), (Some(wanted(&root)), End::Root));
            assert_eq!((chain.surplus, chain.duplicates), (vec![wanted(&other)], vec![]));
        }
    }
}

#[test]
fn what_is_missing_is_named() {
    let root = Entity::root("root");
    let upper = root.intermediate("upper, inc");
    let leaf = upper.leaf("a.example", 100);
    let missing = Missing { signed: 0, issuer: r"CN=upper\, inc".into(), url: None };
    assert_eq!(order(&[&leaf], Own::Only).unwrap().end, End::Missing(missing));
    let chain = order(&[&leaf, &root], Own::Only).unwrap();
    assert_eq!((chain.order, chain.root, chain.surplus), (vec![0], None, vec![1]));
    assert!(matches!(chain.end, End::Missing(_)));
}

#[test]
fn a_trusted_root_lacks_nothing() {
    let root = Entity::root("root");
    let leaf = root.intermediate("upper").leaf("a.example", 100);
    let upper = root.intermediate("upper");
    let mut anchors = TrustAnchors::new();
    anchors.add_certificate(&root.der).unwrap();
    let end = |of: &Entity| arrange(std::slice::from_ref(&of.der), Own::First, Some(&anchors)).unwrap().end;
    assert_eq!(end(&upper), End::Root);
    assert!(matches!(end(&leaf), End::Missing(_)));
    let namesake = Entity::root("root").intermediate("upper");
    assert!(matches!(end(&namesake), End::Missing(_)), "the name alone is not enough");
}

#[test]
fn the_key_tells_whose_chain_it_is() {
    let root = Entity::root("root");
    let (one, two) = (root.leaf("one.example", 100), root.leaf("two.example", 100));
    let error = order(&[&one, &two], Own::Only).unwrap_err();
    assert_eq!(error, ChainError::Ambiguous(vec!["one.example".into(), "two.example".into()]));
    assert_eq!(order(&[&one, &two], Own::OfKey(&two.key)).unwrap().order, [1]);
    assert_eq!(order(&[&one, &two], Own::OfKey(&root.key)), Err(ChainError::NoneOfKey));
    let mut renewed = CertificateTemplate::server(vec![Name::Dns("one.example".into())]);
    renewed.not_after = day(200);
    let renewed = Entity { der: root.sign(&renewed, &one.key), key: key() };
    assert_eq!(order(&[&one, &renewed], Own::OfKey(&one.key)).unwrap().order, [1], "the renewed one");
}

#[test]
fn of_cross_signs_the_one_that_is_sent_is_taken() {
    let (old, new) = (Entity::root("old"), Entity::root("new"));
    let cross = Entity { der: old.sign(&authority("new"), &new.key), key: key() };
    let leaf = new.leaf("a.example", 100);
    let chain = order(&[&leaf, &new, &cross], Own::Only).unwrap();
    assert_eq!((chain.order, chain.surplus), (vec![0, 2], vec![1]));
    let chain = order(&[&leaf, &new, &cross, &old], Own::Only).unwrap();
    assert_eq!((chain.order, chain.root), (vec![0, 2], Some(3)));
}

#[test]
fn loops_and_duplicates_end() {
    let (one, two) = (Entity::root("one"), Entity::root("two"));
    let by_two = Entity { der: two.sign(&authority("one"), &one.key), key: key() };
    let by_one = Entity { der: one.sign(&authority("two"), &two.key), key: key() };
    let leaf = one.leaf("a.example", 100);
    let chain = order(&[&leaf, &by_two, &by_one, &leaf, &by_two], Own::Only).unwrap();
    assert_eq!((chain.order, chain.duplicates), (vec![0, 1, 2], vec![(3, 0), (4, 1)]));
    assert_eq!(order(&[], Own::Only), Err(ChainError::None));
    let alone = Entity::root("alone");
    assert_eq!(order(&[&alone], Own::Only).unwrap().end, End::SelfSigned);
    let many = vec![alone.der.clone(); MAX_CERTIFICATES + 1];
    assert_eq!(arrange(&many, Own::First, None), Err(ChainError::TooMany));
    let broken = arrange(&[alone.der.clone(), b"x".to_vec().into()], Own::First, None);
    assert!(matches!(broken, Err(ChainError::Malformed { index: 1, .. })));
}
