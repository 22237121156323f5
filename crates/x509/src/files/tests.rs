use super::*;
use crate::build::{CertificateTemplate, Name, Subject, request::RequestTemplate};
use bulla_crypto::{pkcs12::Parts, random::Source, signature::KeyKind};
use rustls_pki_types::UnixTime;
use std::time::Duration;

fn certificate(name: &str) -> Vec<u8> {
    let mut template = CertificateTemplate::server(vec![Name::Dns("localhost".into())]);
    template.subject = Subject::new().common_name(name);
    template.not_after = UnixTime::since_unix_epoch(Duration::from_secs(86_400));
    template.self_signed(&key()).unwrap().to_vec()
}

fn key() -> PrivateKey {
    PrivateKey::generate(KeyKind::EcP256).unwrap()
}

fn passphrase(text: &str) -> Passphrase {
    Passphrase::from(text.to_owned())
}

/// The kinds of what is in a file, without a passphrase.
fn kinds(bytes: &[u8]) -> Vec<&'static str> {
    read(bytes, None).unwrap().iter().map(Item::kind).collect()
}

fn problem(bytes: &[u8]) -> Problem {
    read(bytes, None).unwrap_err().problem
}

/// A certificate revocation list, made by OpenSSL 3.0.19 with `openssl ca -gencrl`.
const LIST: &str = include_str!("tests/list.pem");

#[test]
fn every_kind_is_told_in_both_forms() {
    let (certificate, key) = (certificate("a"), key());
    let request = RequestTemplate::new().sign(&key).unwrap();
    let pkcs8 = key.to_pkcs8().unwrap();
    let encrypted = encrypted::encrypt(&pkcs8, &passphrase("x"), &Source::system()).unwrap();
    let list = pem::read(LIST.as_bytes()).unwrap().remove(0).into_der();
    let bag = pkcs7::write(&[&certificate]).unwrap();
    let public = crate::build::SubjectPublicKey::of(&key).unwrap();
    for (label, der, kind) in [
        ("CERTIFICATE", certificate.as_slice(), "a certificate"),
        ("PRIVATE KEY", &pkcs8, "a private key"),
        ("CERTIFICATE REQUEST", &request, "a request for a certificate"),
        ("ENCRYPTED PRIVATE KEY", &encrypted, "an encrypted private key"),
        ("X509 CRL", &list, "a revocation list"),
        ("PUBLIC KEY", public.der(), "a public key"),
        ("PKCS7", &bag, "a certificate"),
    ] {
        assert_eq!(kinds(der), [kind], "DER, {label}");
        assert_eq!(kinds(pem::write(label, der).as_bytes()), [kind], "PEM, {label}");
        // Labels are often wrong.
        assert_eq!(kinds(pem::write("CERTIFICATE", der).as_bytes()), [kind], "PEM, {label} as CERTIFICATE");
    }
}

#[test]
fn keys_of_each_encoding_are_read() {
    // By OpenSSL 3.0.19: genrsa -traditional, ecparam -genkey.
    let sec1 = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIEVjB9SlFssTokIATZ/D3HIAVKhIF4KpAB7qL5Iloxj7oAoGCCqGSM49\n\
         AwEHoUQDQgAE3p+OOh7h+AJinv+MJZ7PMEFTyK8r1OQ6Gp1ebtk9OGpugcHhzZHX\n\
         mKNABseyTm0jrlTCzk9ZysAGbtZo7mHQgw==\n-----END EC PRIVATE KEY-----\n";
    let pkcs1 = "-----BEGIN RSA PRIVATE KEY-----\nMIIEogIBAAKCAQEAxIu8wEnqOczCevo/F7/4C77TkEXwm+6//WdezNQiQFkS5pmK\n\
         mNNK4LZdTVOFsuFVKrV6cweZmzSg8+PzEdq/2h3Hq1brCj2uRGqiZ1vKmI2yUr9+\n\
         bIst1uoqZjWcZK+lOso8Lk2UPB/TcPlonICNTTkkFCUfDUBuhffmxuMea08csVNB\n\
         nW0lsIzs2JA9ckFa/XkGxztwS6DXt8Vt9QzV9oHU5FLhjOiHNUrjQSG582sggmJQ\n\
         7wvySrC+Zrqc4/auHasmnBQxgWxJQ1pgOoNp4g4GM0Jz81tRIWGsKng4lMy7Q4y8\n\
         lt46Nl/1g8ce/Zj7xvTQromk3hlhDMmT3NC8mQIDAQABAoIBAAOkMlQLSog8ArwA\n\
         8bUaVmZWG79UvGRD/esCkXjdn62hHz65SFF6hxM3IO8ABb5OetbdIK6lTM0Mu/d1\n\
         mRkS/D9c3xUnYBicrSNEj0u3VKXGgkl4+/oKcUf5DXelTwd1uNIoN9Zq+e/loXPU\n\
         Lk78xrsDVjRiJHtVxUM88fNsKjHpiTO+QEkW7q4oWN4excE3xdyPXDv11ZJppFDj\n\
         kP73z7gtoWe4ExNzgfBRE4hskxWKyC0hT2Esv+YBQ/QbtQfLY2OKfFVmVX3pGSsw\n\
         +ZVSlDstlkeSsgcPT1p45jkoNIbzrRfGvSSyAn9gdFk25UM5mJDcKpcXMxe7xB5s\n\
         g89tyI0CgYEA4KnzUQG8eUcoD5+jzRbLpAuyq5wuXUr3vh9sdKe6XqXKYhvkyDMW\n\
         4J3/NWwt6TFKzb65nmIthB/R8BqfHbxA9KUwTK6ryhi4US1OZXc+dlM/qpC3BboM\n\
         IpLGy+JNdjxaUTG23/bYcZ4LtiwOTJpS/R78bdDL4GABQHnsHZK0upsCgYEA3/XH\n\
         lP2D8J669xlfqtiLXz/y+IM1kcp44A0CFyurt3Rb3RkqFWca8Ld3ZX47pXg8C29j\n\
         xbf6qtBtovRX+mPLfI2h4gFsWTBpRf474yukbcTRrVJ5NshlvSE1/akwWYaT4tOs\n\
         bYxXFZiXmt/JrDNbzCCgVFk13Vfri4NXG8877tsCgYA6/WTeCE6sqXpjX89qsmmW\n\
         EVxAoympZV3XlfisSL4uy+lwCVLxHjkLkXDJXjZP3Jl/nGywoabB4nkFSngtHpkP\n\
         o7Ai8lo5HnSHHBZRnhXQi9tTtdvYrRkymseIEUu1l/M/DoauF+qNKqp4kujORFc2\n\
         D0TIsOJXb93kSB8vRK4fsQKBgB1RLC4pvZLLBIiCLs7Lh/sRAPpdGq8aBRa3PTXR\n\
         Rqo+NiRMPgENPS6TpbKIgsBXa+zHSRVBzzN7E08Ik1e4ppOIas+OBiPqvW0nKanE\n\
         NcMUx6nbqPht5TuL1Gh/NFAT2NoRgXnZrDCsh/QDJYBAPN0MzFAeWXm/H5tktwtx\n\
         5lOPAoGAMEqv2se6gg+0lljAy09NFpPQF0hiJbh0n1xeLC5LlzEqtHIB/jFOlEfC\n\
         kStch/KalNtze9qDtMYUsoQWAC0M9eZx+WLs+7A6IG+QqWtprdVWlFK3ER8jipyQ\n\
         5zAln1MaxtsBztL9ycJT676MJUS+SF2orbXdNT9OANgd2jXn6wk=\n-----END RSA PRIVATE KEY-----\n";
    for (text, encoding, kind) in
        [(sec1, KeyEncoding::Sec1, KeyKind::EcP256), (pkcs1, KeyEncoding::Pkcs1, KeyKind::Rsa)]
    {
        let der = pem::read(text.as_bytes()).unwrap().remove(0).into_der();
        for bytes in [text.as_bytes(), &der] {
            let Content::Key(key) = read(bytes, None).unwrap().remove(0).content else {
                panic!("{encoding}")
            };
            assert_eq!((key.encoding(), key.private_key().unwrap().kind()), (encoding, kind));
        }
    }
}

#[test]
fn a_text_may_hold_any_mix() {
    let text = [
        "some words\n".to_owned(),
        pem::write("CERTIFICATE", &certificate("a")),
        key().to_pem().unwrap().to_string(),
        pem::write("EC PARAMETERS", &[6, 1, 7]),
        pem::write("PKCS7", &pkcs7::write(&[&certificate("b"), &certificate("c")]).unwrap()),
    ];
    let items = read(text.concat().as_bytes(), None).unwrap();
    let told: Vec<_> = items.iter().map(|item| (item.kind(), item.form, item.line.is_some())).collect();
    assert_eq!(
        told,
        [
            ("a certificate", Form::Pem, true),
            ("a private key", Form::Pem, true),
            ("something else", Form::Pem, true),
            ("a certificate", Form::Pkcs7, true),
            ("a certificate", Form::Pkcs7, true),
        ]
    );
    let two = [certificate("a"), certificate("b"), b"\n".to_vec()].concat();
    assert_eq!(kinds(&two), ["a certificate", "a certificate"], "DER after DER");
}

#[test]
fn openssls_own_certificates_are_read_without_their_trust_settings() {
    let der = certificate("a");
    let trusted = pem::write("TRUSTED CERTIFICATE", &[&der[..], &[0x30, 2, 4, 0]].concat());
    let Content::Certificate(found) = read(trusted.as_bytes(), None).unwrap().remove(0).content else {
        panic!()
    };
    assert_eq!(found.as_ref(), der);
}

#[test]
fn passphrases_open_keys_and_containers() {
    let (certificate, key) = (certificate("a"), key().to_pkcs8().unwrap());
    let parts = Parts { key: Some(&key), certificates: &[&certificate], name: "shop" };
    let container = pkcs12::seal(&parts, &passphrase("x")).unwrap();
    let sealed = encrypted::encrypt(&key, &passphrase("x"), &Source::system()).unwrap();
    let text = pem::write(pem::ENCRYPTED_PKCS8, &sealed);
    for bytes in [container.as_slice(), text.as_bytes()] {
        assert!(matches!(read(bytes, None).unwrap()[0].content, Content::Locked(_)));
        assert!(read(bytes, Some(&passphrase("y"))).unwrap_err().is_wrong_passphrase());
        let items = read(bytes, Some(&passphrase("x"))).unwrap();
        let Content::Key(found) = &items[0].content else { panic!() };
        assert!(found.was_encrypted() && found.der().secret_der() == key.as_slice());
    }
    let items = read(&container, Some(&passphrase("x"))).unwrap();
    assert_eq!(items.iter().map(Item::kind).collect::<Vec<_>>(), ["a private key", "a certificate"]);
    assert_eq!((items[0].form, items[0].name.as_deref()), (Form::Pkcs12, Some("shop")));
    let error = read(text.as_bytes(), Some(&passphrase("y"))).unwrap_err();
    assert_eq!(error.to_string(), "line 1: the passphrase is wrong: try another one");
}

#[test]
fn openssls_old_encryption_is_recognised() {
    let text = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n\
                -----END RSA PRIVATE KEY-----\n";
    assert!(matches!(read(text.as_bytes(), None).unwrap()[0].content, Content::Locked(Locked::OldKey)));
}

#[test]
fn streamed_pkcs7_is_read() {
    let der = pkcs7::write(&[&certificate("a")]).unwrap();
    let outer = ber::Element::first(&der).unwrap();
    let streamed = [&[0x30, 0x80][..], outer.contents, &[0, 0]].concat();
    assert_eq!(kinds(&streamed), ["a certificate"]);
}

#[test]
fn what_is_no_certificate_is_named() {
    let base64 = pem::write("CERTIFICATE", &certificate("a"));
    let bare: String = base64.lines().filter(|line| !line.starts_with('-')).collect::<Vec<_>>().join("\n");
    for (bytes, stranger) in [
        (&b"<!doctype html><p>Please log in"[..], Stranger::WebPage),
        (b"  <HTML lang=en>", Stranger::WebPage),
        (b"ssh-ed25519 AAAAC3Nza me", Stranger::SshPublicKey),
        (b"PuTTY-User-Key-File-3: ssh-ed25519", Stranger::PuttyKey),
        (b"\xfe\xed\xfe\xed\0\0\0\x02", Stranger::JavaKeystore),
        (b"PK\x03\x04...", Stranger::Archive),
        (b"\xff\xfe-\0-\0-\0", Stranger::Utf16),
        (
            b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaA==\n-----END OPENSSH PRIVATE KEY-----\n",
            Stranger::OpenSshKey,
        ),
        (bare.as_bytes(), Stranger::BareBase64("CERTIFICATE")),
    ] {
        assert_eq!(problem(bytes), Problem::Stranger(stranger));
    }
    assert_eq!(problem(b" \n"), Problem::Empty);
    assert_eq!(problem(b"words -----END CERTIFICATE-----\n"), Problem::Nothing);
    assert_eq!(problem(b"just words"), Problem::Unrecognised);
    assert_eq!(problem(&vec![0; MAX_LEN + 1]), Problem::TooLarge);
    let many = pem::write("X", &[1]).repeat(MAX_ITEMS + 1);
    assert_eq!(problem(many.as_bytes()), Problem::TooMany);
}

#[test]
fn places_are_told() {
    let der = certificate("a");
    let cut = &der[..100];
    assert_eq!(problem(cut), Problem::CutShort { has: 100, announced: der.len() });
    let error = read(&[&der[..], b"tail"].concat(), None).unwrap_err();
    assert_eq!((error.byte, error.problem), (Some(der.len()), Problem::Unrecognised));
    let text = pem::write("CERTIFICATE", &der).replacen("MI", "M!", 1);
    assert!(read(text.as_bytes(), None).unwrap_err().to_string().starts_with("line 2, column 2: byte 0x21"));
    let enveloped = [0x30, 11, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 3];
    assert_eq!(problem(&enveloped), Problem::OtherPkcs7("1.2.840.113549.1.7.3".to_owned()));
}

/// Any byte changed or cut off gives items or an error, never a panic, and quickly.
#[test]
fn damaged_files_do_not_panic() {
    let der = certificate("a");
    let bag = pkcs7::write(&[&der]).unwrap();
    for whole in [&der, &bag] {
        for place in 0..whole.len() {
            let _ = read(&whole[..place], None);
            for byte in [0, 0x30, 0x80, 0xff] {
                let mut damaged = whole.clone();
                damaged[place] = byte;
                let _ = read(&damaged, None);
            }
        }
    }
    let nested = vec![0x30; 100_000];
    assert!(read(&nested, None).is_err());
    let unending = [0x30, 0x80].repeat(100_000);
    assert!(read(&unending, None).is_err());
}

#[test]
fn debug_shows_no_key() {
    let items = read(key().to_pem().unwrap().as_bytes(), None).unwrap();
    let shown = format!("{:?}", items[0].content);
    assert_eq!(shown, "Key(Key { encoding: Pkcs8, .. })");
}

/// Made by pk12util of NSS 3.87, which writes BER through and through, with the passphrase `open sesame`.
#[test]
fn mozillas_pkcs12_is_read() {
    let der = pem::read(include_bytes!("tests/nss.pem")).unwrap().remove(0).into_der();
    assert_eq!(der[1], 0x80, "of unknown length");
    assert!(matches!(read(&der, None).unwrap()[0].content, Content::Locked(Locked::Pkcs12)));
    assert!(read(&der, Some(&passphrase("wrong"))).unwrap_err().is_wrong_passphrase());
    let items = read(&der, Some(&passphrase("open sesame"))).unwrap();
    assert_eq!(items.iter().map(Item::kind).collect::<Vec<_>>(), ["a private key", "a certificate"]);
    assert_eq!(items[1].name.as_deref(), Some("nss"));
}
