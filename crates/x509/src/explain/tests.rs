use super::*;
use bulla_crypto::pem;

/// Made by OpenSSL 3.0.19 from a configuration with one of each extension that is explained.
const EVERYTHING: &str = "-----BEGIN CERTIFICATE-----\n\
     MIIDETCCAsOgAwIBAgIUc1rmNRj6+w38zr3SemNk938eoPowBQYDK2VwMBwxGjAY\n\
     BgNVBAMMEWV4cGxhaW5lZC5leGFtcGxlMCAXDTI2MTEyMjE0MDcwNFoYDzIxMjYx\n\
     MDI5MTQwNzA0WjAcMRowGAYDVQQDDBFleHBsYWluZWQuZXhhbXBsZTAqMAUGAytl\n\
     cAMhAHNbI1nEFssJlpSxUGWmcidqbyhTlWGCBtEQ8T5qbcROo4ICEzCCAg8wEgYD\n\
     VR0TAQH/BAgwBgEB/wIBAjAOBgNVHQ8BAf8EBAMCAYYwIgYDVR0lBBswGQYIKwYB\n\
     BQUHAwEGCCsGAQUFBwMCBgMqAwQwTQYDVR0RBEYwRIIRZXhwbGFpbmVkLmV4YW1w\n\
     bGWCEyouZXhwbGFpbmVkLmV4YW1wbGWHBMAAAgeBFG1lQGV4cGxhaW5lZC5leGFt\n\
     cGxlMFYGCCsGAQUFBwEBBEowSDAgBggrBgEFBQcwAYYUaHR0cDovL29jc3AuZXhh\n\
     bXBsZS8wJAYIKwYBBQUHMAKGGGh0dHA6Ly9jYS5leGFtcGxlL2NhLmRlcjArBgNV\n\
     HR8EJDAiMCCgHqAchhpodHRwOi8vY2EuZXhhbXBsZS9saXN0LmNybDBEBgNVHSAE\n\
     PTA7MAgGBmeBDAECAjAvBgMqAwQwKDAmBggrBgEFBQcCARYaaHR0cDovL2NhLmV4\n\
     YW1wbGUvcHJhY3RpY2UwTQYDVR0eAQH/BEMwQaAhMBOCEWV4cGxhaW5lZC5leGFt\n\
     cGxlMAqHCMAAAgD///8AoRwwGoIYc2VjcmV0LmV4cGxhaW5lZC5leGFtcGxlMBEG\n\
     CCsGAQUFBwEYBAUwAwIBBTAdBglghkgBhvhCAQ0EEBYOYSBjb21tZW50G1szMW0w\n\
     CwYEKgMEBQQDAgEHMB0GA1UdDgQWBBQ7kdcOcuibhu/sglpDRLPaCBA6oDAFBgMr\n\
     ZXADQQDRUWdt5sxLmUdAzZHGzFZq37dZ1yxjl0AzgFx/S5Y0b7PtmRqqasAFLboh\n\
     qm2Ne1Nq0U/7IQYHtr3BvsP6vTUF\n\
     -----END CERTIFICATE-----";

fn told(name: &str) -> Vec<String> {
    let der = pem::read(EVERYTHING.as_bytes()).unwrap().remove(0).into_der();
    let certificate = Certificate::parse(&der).unwrap();
    let found = extensions(&certificate).into_iter().find(|extension| extension.name == name);
    found.unwrap_or_else(|| panic!("no {name}")).says
}

#[test]
fn each_extension_is_put_into_words() {
    for (name, says) in [
        ("basicConstraints", &["an authority: it may sign certificates, with at most 2 more below"][..]),
        (
            "keyUsage",
            &[
                "the key may sign handshakes (digitalSignature), sign certificates (keyCertSign), sign revocation lists (cRLSign)",
            ],
        ),
        ("extKeyUsage", &["for TLS servers (serverAuth), TLS clients (clientAuth), 1.2.3.4"]),
        (
            "subjectAltName",
            &["explained.example", "*.explained.example", "192.0.2.7", "me@explained.example"],
        ),
        (
            "authorityInfoAccess",
            &[
                "revocation answers (OCSP): http://ocsp.example/",
                "the issuer's certificate: http://ca.example/ca.der",
            ],
        ),
        ("cRLDistributionPoints", &["revocation list: http://ca.example/list.crl"]),
        (
            "certificatePolicies",
            &[
                "organisation validated (OV): the organisation was examined (2.23.140.1.2.2)",
                "1.2.3.4: http://ca.example/practice",
            ],
        ),
        (
            "nameConstraints",
            &[
                "may vouch only for explained.example, 192.0.2.0/24",
                "may not vouch for secret.explained.example",
            ],
        ),
        ("tlsfeature", &["the server must send a fresh proof that it is not revoked (OCSP must-staple)"]),
        ("nsComment", &["a comment\\u{1b}[31m"]),
        ("1.2.3.4.5", &["3 bytes: 020107"]),
    ] {
        assert_eq!(told(name), says, "{name}");
    }
    assert_eq!(told("subjectKeyIdentifier")[0].len(), 40);
}

#[test]
fn timestamps_of_logs_are_dated() {
    // Laid out by RFC 6962 section 3.3, without the signature, which is not shown.
    let timestamp = [&[0][..], &[0xab; 32], &1_700_000_000_000u64.to_be_bytes(), &[0, 0]].concat();
    let entry = [&[0, 43][..], &timestamp].concat();
    let list = [&[0, 45][..], &entry].concat();
    let value = [&[4, 47][..], &list].concat();
    assert_eq!(
        timestamps(&value),
        Some(vec!["logged 2023-11-14 22:13:20 UTC by abababababababab…".to_owned()])
    );
    assert_eq!(timestamps(&value[..40]), None);
}

#[test]
fn what_is_malformed_is_shown_as_bytes() {
    let extension = |id, value| explain(&Extension { id, critical: true, value });
    for id in [oid::KEY_USAGE, oid::CERTIFICATE_POLICIES, oid::CRL_DISTRIBUTION_POINTS, oid::TLS_FEATURE] {
        assert_eq!(extension(id, &[0xff]).says, ["1 bytes: ff"]);
    }
    let long = extension(asn1::oid!(1, 2, 3), &[7; 30]);
    assert_eq!(
        (long.name.as_str(), long.says[0].as_str()),
        ("1.2.3", &*format!("30 bytes: {}…", "07".repeat(24)))
    );
}
