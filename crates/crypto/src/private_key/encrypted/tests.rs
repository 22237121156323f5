use super::*;
use crate::pem;
use crate::private_key::PrivateKey;
use crate::signature::KeyKind;

fn passphrase(text: &str) -> Passphrase {
    Passphrase::from(text.to_owned())
}

/// Made by OpenSSL 3.0.19 from one Ed25519 key: `openssl pkcs8 -topk8 -v2 CIPHER [-v2prf HASH | -scrypt]`, with the
/// passphrase `open sesame`.
const BY_OPENSSL: &[(&str, &str)] = &[
    (
        "aes-256-cbc, PBKDF2 with HMAC-SHA256",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n\
         MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgaTpe2Os5xUwICCAAw\n\
         DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEOLps16W/d3n9igMgC8+lI0EQEOR\n\
         Kzrk7jLSFt4hn2yuVAdmZcCPKoD2QPYg+26RzsIsPY6GQr6SSwwh8WIjG8kPhd6D\n\
         LHnCQFpKG4YEZnkTNYA=\n\
         -----END ENCRYPTED PRIVATE KEY-----",
    ),
    (
        "aes-128-cbc, PBKDF2 with HMAC-SHA1",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n\
         MIGNMEkGCSqGSIb3DQEFDTA8MBsGCSqGSIb3DQEFDDAOBAg1kiwJoCOxgQICCAAw\n\
         HQYJYIZIAWUDBAECBBD+lluNsiMzRCnrC7wIdN7sBECWYG58O1iKl1KMn/0GHS4E\n\
         9N06ZLOQbY14JWRyvimc6wlJMM2X/uiDhLSyW4PNOMc36k4yDXwP9aK/2CGLUgww\n\
         -----END ENCRYPTED PRIVATE KEY-----",
    ),
    (
        "aes-192-cbc, PBKDF2 with HMAC-SHA512",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n\
         MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiaiJ53HoUoywICCAAw\n\
         DAYIKoZIhvcNAgsFADAdBglghkgBZQMEARYEEDDkjf4a3uRkmGm4CSkrikkEQPe9\n\
         Qe8U501yb1O/7EGgIe9p4HxJ0mCMxJQSnrY1z6s/KjWZt3n7cAOKsTxajq6YT/O7\n\
         QD+XYyWTFbgsvQYrLU4=\n\
         -----END ENCRYPTED PRIVATE KEY-----",
    ),
    (
        "des-ede3-cbc, PBKDF2 with HMAC-SHA1",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n\
         MHwwQAYJKoZIhvcNAQUNMDMwGwYJKoZIhvcNAQUMMA4ECPLzINkcyolUAgIIADAU\n\
         BggqhkiG9w0DBwQI0n+85gOSuuoEOPXRwLI1VZQUmOIsuHHKzE6tqN6rUPkzy6MJ\n\
         K9RNAWq4YpEE3nDg9ksjoTU8ITY1B2nRY5RKWcvg\n\
         -----END ENCRYPTED PRIVATE KEY-----",
    ),
    (
        "aes-256-cbc, scrypt",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n\
         MIGTME8GCSqGSIb3DQEFDTBCMCEGCSsGAQQB2kcECzAUBAjX4Vwqu3QrYAICQAAC\n\
         AQgCAQEwHQYJYIZIAWUDBAEqBBCk8v6gKhtyu94oGJzdrEn4BECKmegEk3QjxQRp\n\
         FkKjD5caVTLYQRuEfW4JZMQWUvLnVYhYNs/GPKtwXZPpdL3vctJemrDocQtjC52A\n\
         5Lw3o7bh\n\
         -----END ENCRYPTED PRIVATE KEY-----",
    ),
];

#[test]
fn what_openssl_encrypted_is_decrypted() {
    let mut keys = BY_OPENSSL.iter().map(|(name, text)| {
        let section = pem::read(text.as_bytes()).unwrap().remove(0);
        assert!(is_encrypted(&section.der), "{name}");
        decrypt(&section.der, &passphrase("open sesame")).unwrap_or_else(|error| panic!("{name}: {error}"))
    });
    let first = keys.next().unwrap();
    assert!(keys.all(|key| key == first));
    assert!(PrivateKey::from_pem(pem::write(pem::PKCS8, &first).as_bytes()).is_ok());
}

#[test]
fn a_wrong_passphrase_is_told_from_a_broken_file() {
    for (name, text) in BY_OPENSSL {
        let der = pem::read(text.as_bytes()).unwrap().remove(0).into_der();
        for wrong in ["", "open sesam", "Open sesame", "open sesame "] {
            assert_eq!(decrypt(&der, &passphrase(wrong)), Err(OpenError::WrongPassphrase), "{name}, {wrong}");
        }
        for cut in [0, 1, 10, der.len() / 2, der.len() - 1] {
            let broken = decrypt(&der[..cut], &passphrase("open sesame"));
            assert_eq!(broken, Err(OpenError::Malformed(WHAT)), "{name}, cut at {cut}");
        }
    }
}

#[test]
fn what_is_encrypted_is_decrypted() {
    let key = PrivateKey::generate(KeyKind::EcP256).unwrap().to_pkcs8().unwrap();
    let sealed = encrypt(&key, &passphrase("å passphrase"), &Source::system()).unwrap();
    assert!(is_encrypted(&sealed) && !is_encrypted(&key));
    assert_eq!(decrypt(&sealed, &passphrase("å passphrase")).unwrap(), key);
    let again = encrypt(&key, &passphrase("å passphrase"), &Source::system()).unwrap();
    assert_ne!(sealed, again, "salt and IV are fresh");
    assert_eq!(encrypt(&key, &Passphrase::empty(), &Source::system()), Err(SealError::EmptyPassphrase));
    let no_key = encrypt(b"no key", &passphrase("x"), &Source::system());
    assert_eq!(no_key, Err(SealError::Malformed("PKCS#8 key")));
}

/// A file from elsewhere must not keep a machine busy or fill its memory.
#[test]
fn what_would_cost_too_much_is_not_begun() {
    let with = |parameters: Parameters| {
        let algorithm = EncryptionScheme::from(parameters).to_der().unwrap();
        let der = der::element(SEQUENCE, &[&algorithm, &der::element(OCTET_STRING, &[&[0; 32]])]);
        decrypt(&der, &passphrase("x"))
    };
    let rounds = Parameters::generate_pbkdf2_sha256_aes256cbc(MAX_ROUNDS + 1, &[1; 16], [2; 16]).unwrap();
    assert!(matches!(with(rounds), Err(OpenError::TooCostly { .. })));
    let scrypt = |log_n, r, p| {
        let params = pkcs5::scrypt::Params::new(log_n, r, p).unwrap();
        with(Parameters::generate_scrypt_aes256cbc(params, &[1; 16], [2; 16]).unwrap())
    };
    assert!(matches!(scrypt(30, 8, 1), Err(OpenError::TooCostly { .. })));
    assert!(matches!(scrypt(10, 8, 17), Err(OpenError::TooCostly { .. })));
    assert_eq!(scrypt(10, 8, 1), Err(OpenError::WrongPassphrase));
}

#[test]
fn old_ways_are_named() {
    let scheme = |identifier: &[u8], parameters: &[u8]| {
        let algorithm = der::element(
            SEQUENCE,
            &[&der::element(OBJECT_IDENTIFIER, &[identifier]), &der::element(SEQUENCE, &[parameters])],
        );
        let der = der::element(SEQUENCE, &[&algorithm, &der::element(OCTET_STRING, &[&[0; 16]])]);
        assert!(is_encrypted(&der));
        decrypt(&der, &passphrase("x")).unwrap_err().to_string()
    };
    let parameters = [&[4, 8][..], &[0; 8], &[2, 2, 8, 0]].concat();
    // pbeWithMD5AndDES-CBC of PKCS#5 and pbeWithSHAAnd3-KeyTripleDES-CBC of PKCS#12.
    assert!(scheme(&[PKCS5, &[3]].concat(), &parameters).contains("PKCS#5 version 1.5"));
    assert!(scheme(&[PKCS12, &[1, 3]].concat(), &parameters).contains("given up long ago"));
}

#[test]
fn damage_anywhere_gives_an_error_and_no_panic() {
    let der = pem::read(BY_OPENSSL[0].1.as_bytes()).unwrap().remove(0).into_der();
    for place in 0..60 {
        for byte in [0, 1, 0x30, 0x7f, 0x80, 0xff] {
            let mut damaged = der.clone();
            damaged[place] = byte;
            if damaged != der {
                let _ = decrypt(&damaged, &passphrase("open sesame"));
            }
        }
    }
}
