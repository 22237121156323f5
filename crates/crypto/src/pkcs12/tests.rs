use super::*;
use crate::pem;

fn passphrase(text: &str) -> Passphrase {
    Passphrase::from(text.to_owned())
}

/// Made by OpenSSL 3.0.19 from one Ed25519 key and its self-signed certificate for `p12.example`:
/// `openssl pkcs12 -export -name "a name" [OPTIONS]`, with the passphrase `open sesame`.
const BY_OPENSSL: &[(&str, &str)] = &[
    (
        "PBES2 with AES-256, HMAC-SHA256",
        "-----BEGIN PKCS12-----\n\
         MIIDtAIBAzCCA2oGCSqGSIb3DQEHAaCCA1sEggNXMIIDUzCCAkIGCSqGSIb3DQEH\n\
         BqCCAjMwggIvAgEAMIICKAYJKoZIhvcNAQcBMFcGCSqGSIb3DQEFDTBKMCkGCSqG\n\
         SIb3DQEFDDAcBAjUavd7x/lBowICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQME\n\
         ASoEECxq+Hz6Q70ayY2ciuTyteKAggHAgyqJqqR2oFlbmwiv8MsQKJOu+CQiQzjx\n\
         Yl8x3/kpPhoj3WaJsOXFH5Nf5l72TFrrr2gt/96p5nVlolgvAY5zn9fQMyciYVbf\n\
         /kDlcJstf6oNUypX4doq4ZrvK8Tyf0g8PdD9mo4WpR7+0ExOr8UmEF4HfVUxEOMq\n\
         NCZbkdPzVSFSqEs1tB8rBTbeaYms/fGc2WTq0gFnaWuec/htOvj2mnU+S6RIv0iV\n\
         FTauyLmcWS033IXlup3Dde63fG/TKjxc9SLx0mPBIrEQI4p6cXB5YW7D1JJDI5wm\n\
         toocmSTubLc326AnhinIEDmOAzY6RBseomzTu2xOsSTjLl7Jk39F8t/vRCtw5M6A\n\
         mxOnxIrRSJoliDEQYGHabhpSi/Kpkvb+j66fyX19NatX/Fi2NcnhGjW7V0Nzc6GL\n\
         OwbBA/V0P/7t5m9FwCcMfeWxsQAg7clhOtveDrOivH2axRDc71Q1WUHr8IGQvM9m\n\
         8dcTd0arNO8F3AG5Y7GyWFtVMLk3hhe1bzxHO5LQCgPAbrzp1YqANWLxtPQ2GfXj\n\
         XdNSZg2uxHRmSmYQvr4e2BGLAMQ3gnf5jAPwNrLxVaO4WItSwM0SbDCCAQkGCSqG\n\
         SIb3DQEHAaCB+wSB+DCB9TCB8gYLKoZIhvcNAQwKAQKggZ4wgZswVwYJKoZIhvcN\n\
         AQUNMEowKQYJKoZIhvcNAQUMMBwECP6VTQ4df0LQAgIIADAMBggqhkiG9w0CCQUA\n\
         MB0GCWCGSAFlAwQBKgQQXdDZkyyMSV9uLfHnZyHm/wRARi7UiTvKZIx1e15i0nfY\n\
         OSW2WfQnX0ex/Y4zbU7jQU5L2dlTqrFgMslCmrBRfXUaid5SOAplXj6oIAqBhYtx\n\
         ezFCMBsGCSqGSIb3DQEJFDEOHgwAYQAgAG4AYQBtAGUwIwYJKoZIhvcNAQkVMRYE\n\
         FG7KvuSKgN917tlDGpx+aN3IJt3rMEEwMTANBglghkgBZQMEAgEFAAQgAuQ/kJ5Q\n\
         hk9PDXP3n1KHrf64hU5/5uTSXJ5PoHY+L7gECOG0sq5oEVcHAgIIAA==\n\
         -----END PKCS12-----",
    ),
    (
        "PBES2 with AES-128 and HMAC-SHA1",
        "-----BEGIN PKCS12-----\n\
         MIIDpAIBAzCCA2oGCSqGSIb3DQEHAaCCA1sEggNXMIIDUzCCAkIGCSqGSIb3DQEH\n\
         BqCCAjMwggIvAgEAMIICKAYJKoZIhvcNAQcBMFcGCSqGSIb3DQEFDTBKMCkGCSqG\n\
         SIb3DQEFDDAcBAjtQRTYHVHINAICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQME\n\
         AQIEELcgyxeTnS3HG+DeWEWIxliAggHAdsI7SX4BvgHyBvMRBBD/xcaBG97fJV6v\n\
         7p4xilD7N9V1+/86A6wEqbj1+8H2mgtR8+rO313oGcnfePtIftL1lwYTTara0lEI\n\
         nq8JYj9v8y9cSOVGH9jUAxtmOZMPicqA2TYhHRCB/o1inA0x9pGAwK5QRrM2MPq/\n\
         6RWGppzkWwQjD9P9gPqcSw9hcUbQ+L63MJV1Y/D2QvpXZzCa1qGRdlR4hS5kuBLa\n\
         LaeBixO2ra2lgCQ7uxB7n9x51hF8QCx8ID/4YIZyn+56h0BBYqRHFr+yZYoBve9/\n\
         RXc0ZySg7Ekh2Xle3GtoQU9RQO/mxByqbImKh04a1QQKMP+NJPW6hthUmz5fTcj0\n\
         x5RfmouoXFBRAe4/4yno2o9T8zg4Rh1cTq0Rc8QRLjQovRI06wivlJVC+kZP8U8T\n\
         Ms4J2PgT8CvKZXdvSnp6ad9bNJyJatoaFd8Ohv6kyz6xUo06fMaT3OpJFw0J+23b\n\
         V3guVYg4Ntm1Ilw391PT185SRhVFf2riCD7hWzHlqEKjYKJOHaJtWfjejr/DlhJO\n\
         J6OyKq9alN4buOgeuD9FULQX2eCz76FIPkXIXXGfgMQSTmuqXhFV+zCCAQkGCSqG\n\
         SIb3DQEHAaCB+wSB+DCB9TCB8gYLKoZIhvcNAQwKAQKggZ4wgZswVwYJKoZIhvcN\n\
         AQUNMEowKQYJKoZIhvcNAQUMMBwECHvWOuNy6kAOAgIIADAMBggqhkiG9w0CCQUA\n\
         MB0GCWCGSAFlAwQBAgQQkGGr65TNDrhZZTjVnO8eSARAfymoNY5uqe43vbOVKp5f\n\
         bIAqTGKrtk3RNW4imV0dsEaMbJeRai3bmYs54xTc//UtDSgcYynJ8GS+If8eRpAD\n\
         tzFCMBsGCSqGSIb3DQEJFDEOHgwAYQAgAG4AYQBtAGUwIwYJKoZIhvcNAQkVMRYE\n\
         FG7KvuSKgN917tlDGpx+aN3IJt3rMDEwITAJBgUrDgMCGgUABBQnNg2fSiVt+SVl\n\
         wL/SEMXobrBYGQQIYIfCz3oUCGICAggA\n\
         -----END PKCS12-----",
    ),
    (
        "PBES2 with AES-256, HMAC-SHA512",
        "-----BEGIN PKCS12-----\n\
         MIID1AIBAzCCA2oGCSqGSIb3DQEHAaCCA1sEggNXMIIDUzCCAkIGCSqGSIb3DQEH\n\
         BqCCAjMwggIvAgEAMIICKAYJKoZIhvcNAQcBMFcGCSqGSIb3DQEFDTBKMCkGCSqG\n\
         SIb3DQEFDDAcBAh6CvkSNBacMgICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQME\n\
         ASoEELV8UDG6ONFb05yVxfmpB6KAggHAnCI52w0IyvLOJEZ52KQ9xI+OaN57TtjU\n\
         0Z/2PeaCZie/q+jSfIEWI2Qw/qLOLNFrnDa3QNMXgoceXkT0YcTtFILx05y25esi\n\
         GMCQ2FuzoKYMUebyZgU0HUjmmqFW/nLxJNeMsuqVukDnLPpgTcPEdWpb63LLE3Nd\n\
         CjC1P6ox417WwNtfYDpWsR+i2Fglr0CSl0GLPl/zaGE58TkLXiz5DJNWU7KQpOk4\n\
         dyzNIXw6/2ZEauCekTC6Hlh08C4VIwr94pIPTCXGIXRDcaRwLG1Lod9BxHWqzVhS\n\
         2HNbh6OLXHC3m3wbJnxnC2ItH/BxeuZh02FapFfmgUof2WL5dILu0Z9ad39pWUZb\n\
         cYPGWgY/AkON9T9Wnlh9N+/c9G1kQ0AuhCH8VkKYQJQzOfVe8cG7jpReTfQxf7N8\n\
         /dzHhNRE87l+ecMOH9/4sFLRfCld5Z7KXv/1GlxhxX3X1ndZ3hSp1YpxNlYVF8+C\n\
         r/KVfvedkgrGz7WGOTzTn9kfFyQkvnxhzhel4IvPhqiMY9GfIJrxPVAbF1W1MyQ2\n\
         skVBZLc8aOKcgH5w/N6h1XilgKh9hm5rrEJPiCY0fp4hgBcAqADr9jCCAQkGCSqG\n\
         SIb3DQEHAaCB+wSB+DCB9TCB8gYLKoZIhvcNAQwKAQKggZ4wgZswVwYJKoZIhvcN\n\
         AQUNMEowKQYJKoZIhvcNAQUMMBwECME+ZT4e1T3NAgIIADAMBggqhkiG9w0CCQUA\n\
         MB0GCWCGSAFlAwQBKgQQUzBPfIU6YFTu8evRsx84MwRAhbgz2yTHyMwlgIpErMJH\n\
         PoatcB/NdxsZasBH4zExyvKADEA4Y2D2dh3AhXMAnQMycCEWbLYuTnrOLq6nSVK4\n\
         qjFCMBsGCSqGSIb3DQEJFDEOHgwAYQAgAG4AYQBtAGUwIwYJKoZIhvcNAQkVMRYE\n\
         FG7KvuSKgN917tlDGpx+aN3IJt3rMGEwUTANBglghkgBZQMEAgMFAARAfkmiAu/9\n\
         NgYZoraz6YlIbzXA7dpw8S2m7XVtWDjaH5FoJK8PJw1pa3c3CDvlPVbG3JXk9/qD\n\
         jiQw4cmPXxXvOgQImVbwJLNTNPwCAggA\n\
         -----END PKCS12-----",
    ),
    (
        "triple DES, HMAC-SHA1",
        "-----BEGIN PKCS12-----\n\
         MIIDIwIBAzCCAukGCSqGSIb3DQEHAaCCAtoEggLWMIIC0jCCAgcGCSqGSIb3DQEH\n\
         BqCCAfgwggH0AgEAMIIB7QYJKoZIhvcNAQcBMBwGCiqGSIb3DQEMAQMwDgQIKEn2\n\
         usUijCwCAggAgIIBwDfI1glZCcQenxfrf61U31YRQODc0nQI8MTef2+N2cgqksy3\n\
         uvnW0Sps5sz+ihlQCAvrc7lk41/Q1XXfG03/8CxQc0uH6opg5hqNTVxsQ2uJwCo0\n\
         MIp4zuXVueIV1s/iXgC6oDdVEcoqJIN57aeo9O8TkuauXJnfjjDmyU91rLi49SAe\n\
         XO37gVCnkvjfYi3M1K8Vx0PPUl/v1Z61mJd/uE2jV9ZxEFDtYsLUHqrmAFbpXrkP\n\
         gqE+AHqfIwbu7DVbRGQ2Tf0T0qT18Tg8/4ZSpXW5lpzTwtb7i8ZLGi1SeuWhQFd9\n\
         ksfDMt+smPQbnt+GF7X1R1grslmbuwVW3eLOA1nWYE1xmXI2N3sWA4t8FrAF3J+D\n\
         1j+DYixhKtY7eA4mkhvi6KRR2rpZEYsX58LCXeWV/3kD4/h8kG+xqCZUlnVJQr02\n\
         i7ZEOFeP41pGJeI9tHuT2FrQemEgPUiBNInhm6gvKofJ+RuvBHp2k9qrxnO0Aic+\n\
         +xiEq5SCX1xRRndTDFW99lOEXhmjCKoUmOjuPesRJ/sm4lXo3lia70a5FTrBRbRx\n\
         DBA3zB1A8SUFTphFSsxPDxxRrzXnon3ZdGYRk6owgcQGCSqGSIb3DQEHAaCBtgSB\n\
         szCBsDCBrQYLKoZIhvcNAQwKAQKgWjBYMBwGCiqGSIb3DQEMAQMwDgQImSm1nEaK\n\
         BAkCAggABDhs3rHfKI+9bhQsrGvnZrgkD514a8prmjWvI0X3KeSJcmvlBKvZwS0q\n\
         qDNCMyxXD7m68aSs1RkfmTFCMBsGCSqGSIb3DQEJFDEOHgwAYQAgAG4AYQBtAGUw\n\
         IwYJKoZIhvcNAQkVMRYEFG7KvuSKgN917tlDGpx+aN3IJt3rMDEwITAJBgUrDgMC\n\
         GgUABBRVm9hQy+tWkwxKxmUO1QRR2KSSqwQIhMwrBJG+TpoCAggA\n\
         -----END PKCS12-----",
    ),
    (
        "RC2 with 40 bits and triple DES, HMAC-SHA1",
        "-----BEGIN PKCS12-----\n\
         MIIDIwIBAzCCAukGCSqGSIb3DQEHAaCCAtoEggLWMIIC0jCCAgcGCSqGSIb3DQEH\n\
         BqCCAfgwggH0AgEAMIIB7QYJKoZIhvcNAQcBMBwGCiqGSIb3DQEMAQYwDgQIr8Oj\n\
         lwOQjSACAggAgIIBwAQnuZ2ux7rHRW3YsOz0JuSfHKjTLPnSR+VCmoByc/CAljfb\n\
         l30FnCwi6nHcmKezw/UoAijN/OKCCahDsdo82hDkzSBCBErS/CaKnamQt9dxjA8F\n\
         v5rxMlEXtxkf0GqS+jYeubEdR9FLUOlBYVsNNUD6OYRlmneVvu1f4O94+Ikoi5u0\n\
         MHmsGJOg0xz9Un2IyZ9Trm4YmPKH5RX8tvhy92JiQr5vKlmxKdW8Ar0hF9WWVI/G\n\
         T7tJyz+G1cpg7AsA8XTaxMdC1N38V9nkeqVlaXdgWtTZCg71iDzu/R0SX0kIaRHt\n\
         wkb94yLy1fgQ15jMfeknydSi2VFzdVZv6unzXSQV/f8U3dr+ProUg7vVE9hX36yo\n\
         WO84XC3ewDV0E2gS1zQ/CMpz6chokBFpxskz7YjH3YHUgf/F2yUvKRPn5pirF2rj\n\
         2TQSpj5xctdbIW8MLs4uu5XLqewnHIzCu/NIqEcNVSCONIzYzgebH1Rmj0M6yG9e\n\
         WFat3dSfKCOpvhjm9ofnXKhM9JinsSomyzDf5ny23HjnexGlt8O67u9Z7mIRORJv\n\
         X1ec1Ij74QETXgca3Iq1/djwNkeEDUS/j63XlGcwgcQGCSqGSIb3DQEHAaCBtgSB\n\
         szCBsDCBrQYLKoZIhvcNAQwKAQKgWjBYMBwGCiqGSIb3DQEMAQMwDgQIlbieQqjU\n\
         pm0CAggABDgH4rlcQtlK9NZfWFx2iI5Tu3FhPJHv1jQvPg32HCt9ceq0wmKr67aO\n\
         0bC4F6APnYU7uuyjJXtUoTFCMBsGCSqGSIb3DQEJFDEOHgwAYQAgAG4AYQBtAGUw\n\
         IwYJKoZIhvcNAQkVMRYEFG7KvuSKgN917tlDGpx+aN3IJt3rMDEwITAJBgUrDgMC\n\
         GgUABBRcFJqbW9+zEsO/trv7f9rHtnXa5QQIFaPQouUxs90CAggA\n\
         -----END PKCS12-----",
    ),
];

fn file(index: usize) -> Vec<u8> {
    pem::read(BY_OPENSSL[index].1.as_bytes()).unwrap().remove(0).into_der()
}

#[test]
fn what_openssl_wrote_is_opened() {
    let mut seen = Vec::new();
    for (name, text) in BY_OPENSSL {
        let der = pem::read(text.as_bytes()).unwrap().remove(0).into_der();
        assert!(is_pkcs12(&der), "{name}");
        let contents =
            open(&der, &passphrase("open sesame")).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((contents.keys.len(), contents.certificates.len()), (1, 1), "{name}");
        assert_eq!(contents.keys[0].name.as_deref(), Some("a name"), "{name}");
        seen.push((contents.keys[0].der.clone(), contents.certificates[0].der.clone()));
    }
    assert!(seen.iter().all(|contents| *contents == seen[0]));
}

#[test]
fn a_wrong_passphrase_is_told_from_damage() {
    for (name, text) in BY_OPENSSL {
        let der = pem::read(text.as_bytes()).unwrap().remove(0).into_der();
        for wrong in ["", "Open sesame", "open sesame "] {
            assert_eq!(open(&der, &passphrase(wrong)), Err(OpenError::WrongPassphrase), "{name}");
        }
        let mut checksum = der.clone();
        // The salt and the rounds of the checksum are the last 15 bytes.
        let place = checksum.len() - 20;
        checksum[place] ^= 1;
        assert_eq!(open(&checksum, &passphrase("open sesame")), Err(OpenError::Altered), "{name}");
        assert_eq!(open(&der[..der.len() - 1], &passphrase("x")), Err(OpenError::Malformed(WHAT)), "{name}");
    }
}

#[test]
fn what_is_written_is_opened() {
    let contents = open(&file(0), &passphrase("open sesame")).unwrap();
    let (key, certificate) = (&contents.keys[0].der, contents.certificates[0].der.as_slice());
    let parts = Parts { key: Some(key), certificates: &[certificate], name: "shop" };
    let sealed = seal(&parts, &passphrase("å ß")).unwrap();
    let again = open(&sealed, &passphrase("å ß")).unwrap();
    assert_eq!((&again.keys[0].der, again.keys[0].name.as_deref()), (key, Some("shop")));
    assert_eq!(again.certificates[0].der, certificate);
    let alone =
        seal(&Parts { key: None, certificates: &[certificate, certificate], name: "ca" }, &passphrase("x"));
    let alone = open(&alone.unwrap(), &passphrase("x")).unwrap();
    assert!(alone.keys.is_empty());
    let names: Vec<_> = alone.certificates.iter().filter_map(|one| one.name.as_deref()).collect();
    assert_eq!(names, ["ca", "ca 2"]);
}

#[test]
fn what_cannot_be_written_is_told() {
    let parts = |certificates| Parts { key: None, certificates, name: "x" };
    assert_eq!(seal(&parts(&[]), &Passphrase::empty()), Err(SealError::EmptyPassphrase));
    assert_eq!(seal(&parts(&[]), &passphrase("\u{1f511}")), Err(SealError::Character));
    assert_eq!(seal(&parts(&[]), &Passphrase::new(Zeroizing::new(vec![0xff]))), Err(SealError::NotText));
    assert_eq!(seal(&parts(&[b"x"]), &passphrase("x")), Err(SealError::Malformed("certificate")));
}

#[test]
fn rounds_have_a_limit() {
    let der = file(0);
    // The rounds of the checksum are the last field: 2048 in two bytes. The same length cannot hold more than the
    // limit, so all lengths around it are written anew.
    let mut fields = der::sequence(&der).unwrap();
    let (version, safe) = (fields.element(INTEGER).unwrap(), fields.element(SEQUENCE).unwrap());
    let mut checksum = Reader::new(fields.read(SEQUENCE).unwrap());
    let (digest, salt) = (checksum.element(SEQUENCE).unwrap(), checksum.element(der::OCTET_STRING).unwrap());
    let rounds = der::element(INTEGER, &[&[0x7f, 0xff, 0xff, 0xff]]);
    let costly = der::element(SEQUENCE, &[version, safe, &der::element(SEQUENCE, &[digest, salt, &rounds])]);
    assert!(matches!(open(&costly, &passphrase("open sesame")), Err(OpenError::TooCostly { .. })));
}

#[test]
fn damage_anywhere_gives_an_error_and_no_panic() {
    let der = file(0);
    for place in (0..der.len()).step_by(7) {
        let mut damaged = der.clone();
        damaged[place] ^= 0x81;
        assert!(open(&damaged, &passphrase("open sesame")).is_err(), "byte {place}");
    }
}

#[test]
fn debug_shows_no_key() {
    let contents = open(&file(0), &passphrase("open sesame")).unwrap();
    assert_eq!(format!("{:?}", contents.keys[0]), "Key { name: Some(\"a name\"), .. }");
}
