//! Certificates and certification requests: read strictly, and every word of them fit to print.

use bulla_x509::build::SubjectPublicKey;
use bulla_x509::build::request::Request;
use bulla_x509::certificate::{Certificate, KeyPurpose, KeyUsage};
use bulla_x509::name::DistinguishedName;

use crate::text::assert_plain;

/// A certificate in DER.
pub fn certificate(data: &[u8]) {
    match Certificate::parse(data) {
        Err(error) => {
            assert_plain(&error);
            // RFC 5280 bounds nothing, but an error that points behind the input points nowhere.
            assert!(error.offset <= data.len(), "{error}");
        }
        Ok(certificate) => {
            assert_eq!(certificate.der(), data);
            assert!(Certificate::parse(&[data, &[0]].concat()).is_err(), "a stray byte passed");
            read(&certificate);
        }
    }
}

/// Asks a certificate everything that it can be asked.
fn read(certificate: &Certificate<'_>) {
    read_name(&certificate.subject());
    read_name(&certificate.issuer());
    assert_plain(&certificate.public_key_name());
    assert_plain(&certificate.signature_name());
    assert!(!certificate.serial().is_empty());
    for name in certificate.subject_alternative_names() {
        assert_plain(&name);
    }
    if let Some(constraints) = certificate.name_constraints() {
        constraints.permitted().chain(constraints.excluded()).for_each(|subtree| assert_plain(&subtree));
    }
    if let Some(purposes) = certificate.extended_key_usage() {
        purposes.names().for_each(|name| assert_plain(&name));
        purposes.contains(KeyPurpose::ServerAuth);
    }
    if let Some(usage) = certificate.key_usage() {
        usage.contains(KeyUsage::DIGITAL_SIGNATURE);
    }
    if let Some(url) = certificate.issuer_url() {
        assert!(url.is_ascii(), "an address that is none: {url:?}");
    }
    if let Err(problem) = certificate.public_key() {
        assert_plain(&problem);
    }
    certificate.not_before();
    certificate.not_after();
    certificate.version();
    certificate.basic_constraints();
    certificate.subject_key_identifier();
    certificate.authority_key_identifier();
    certificate.is_self_issued();
    certificate.fingerprint();
    if let Ok(key) = SubjectPublicKey::from_certificate(certificate) {
        assert_eq!(certificate.public_key_info(), key.der());
    }
}

fn read_name(name: &DistinguishedName<'_>) {
    assert_plain(name);
    // These two are the raw text, for comparison and not for print.
    name.common_name();
    name.organization();
    let again = DistinguishedName::parse(name.der()).expect("what was read reads again");
    assert_eq!(again.to_string(), name.to_string());
}

/// A PKCS#10 request in DER.
pub fn request(data: &[u8]) {
    match Request::parse(data) {
        Err(error) => {
            assert_plain(&error);
            assert!(error.offset <= data.len(), "{error}");
        }
        Ok(request) => {
            assert!(Request::parse(&[data, &[0]].concat()).is_err(), "a stray byte passed");
            read_name(&request.subject());
            request.subject_alternative_names().for_each(|name| assert_plain(&name));
            if let Err(problem) = request.public_key() {
                assert_plain(&problem);
            }
            let _ = request.subject_public_key();
            if let Err(error) = request.verify() {
                assert_plain(&error);
            }
        }
    }
}
