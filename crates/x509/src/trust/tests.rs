use super::*;
use crate::build::{CertificateTemplate, Subject};
use bulla_crypto::{private_key::PrivateKey, signature::KeyKind};
use rustls_pki_types::UnixTime;
use std::time::Duration;

fn root(name: &str) -> Vec<u8> {
    let mut template = CertificateTemplate::authority(Subject::new().common_name(name), None);
    template.not_after = UnixTime::since_unix_epoch(Duration::from_secs(86_400));
    template.self_signed(&PrivateKey::generate(KeyKind::Ed25519).unwrap()).unwrap().to_vec()
}

#[test]
fn a_pem_text_may_hold_several_and_other_sections() {
    let (one, two) = (root("one"), root("two"));
    let text = [
        pem::write("CERTIFICATE", &one),
        pem::write("X509 CRL", b"other"),
        pem::write("CERTIFICATE", &two),
        pem::write("CERTIFICATE", &one),
    ]
    .concat();
    let anchors = TrustAnchors::from_pem(text.as_bytes()).unwrap();
    assert_eq!(anchors.len(), 2);
    assert!(anchors.contains(&one) && anchors.contains(&two) && !anchors.contains(&root("one")));
}

#[test]
fn faults_name_the_line() {
    let text = pem::write("CERTIFICATE", &root("one")) + &pem::write("CERTIFICATE", b"junk");
    let line = text.lines().count() - 2;
    let error = TrustAnchors::from_pem(text.as_bytes()).unwrap_err().to_string();
    assert!(error.contains(&format!("line {line}")) && error.contains("not a certificate"), "{error}");
    let error = TrustAnchors::from_pem(pem::write("PRIVATE KEY", b"x").as_bytes()).unwrap_err().to_string();
    assert!(error.contains("no certificate in it"), "{error}");
}

#[test]
fn files_are_pem_or_der() {
    let folder = tempfile::tempdir().unwrap();
    let (der, path) = (root("one"), folder.path().join("root"));
    std::fs::write(&path, &der).unwrap();
    assert!(TrustAnchors::from_pem_file(&path).unwrap().contains(&der));
    std::fs::write(&path, pem::write("CERTIFICATE", &der)).unwrap();
    assert!(TrustAnchors::from_pem_file(&path).unwrap().contains(&der));
    let error = TrustAnchors::from_pem_file(folder.path().join("absent")).unwrap_err().to_string();
    assert!(error.contains("cannot read") && error.contains("absent"), "{error}");
}

#[test]
fn clones_share_until_changed() {
    let mut one = TrustAnchors::new();
    one.add_certificate(&root("one")).unwrap();
    let mut two = one.clone();
    assert!(Arc::ptr_eq(&one.0, &two.0));
    two.add_certificate(&root("two")).unwrap();
    assert_eq!((one.len(), two.len()), (1, 2));
}

#[test]
fn mozillas_roots_are_known_by_their_fingerprint() {
    let known = TrustAnchors::mozilla();
    let last = Certificate::parse(known.certificates().last().unwrap()).unwrap();
    assert!(TrustAnchors::mozilla_has(&hex(&last.fingerprint())));
    let own = root("Own root");
    assert!(!TrustAnchors::mozilla_has(&hex(&Certificate::parse(&own).unwrap().fingerprint())));
}
