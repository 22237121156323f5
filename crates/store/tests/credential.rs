//! Credentials as users give them: what loads, what is put right, and the exact text of each refusal.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends at what it did not expect")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bulla_crypto::pem;
use bulla_crypto::private_key::PrivateKey;
use bulla_crypto::signature::KeyKind;
use bulla_store::credential::{self, CredentialFiles, LoadedCredential, Note};
use bulla_x509::build::{CertificateTemplate, Issuer, Name, Subject, SubjectPublicKey};
use bulla_x509::certificate::Certificate;
use proptest::prelude::*;
use rustls_pki_types::{CertificateDer, UnixTime};

const DAY: u64 = 86_400;
/// 2024-10-04 00:00:00 UTC.
const START: u64 = 20_000 * DAY;

fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

/// A root, an intermediate, and a leaf for `app.test`; the leaf's 90 days begin at [`START`].
struct Pki {
    root: CertificateDer<'static>,
    intermediate: CertificateDer<'static>,
    leaf: CertificateDer<'static>,
    key: PrivateKey,
}

fn pki() -> Pki {
    let [root_key, intermediate_key, key] = [(); 3].map(|()| PrivateKey::generate(KeyKind::EcP256).unwrap());
    let authority = |name: &str, days: u64| {
        let mut template = CertificateTemplate::authority(Subject::new().common_name(name), None);
        (template.not_before, template.not_after) = (at(START), at(START + days * DAY));
        template
    };
    let root = authority("Test root", 3650).self_signed(&root_key).unwrap();
    let parsed = Certificate::parse(&root).unwrap();
    let issuer = Issuer::new(&parsed, &root_key).unwrap();
    let public = SubjectPublicKey::of(&intermediate_key).unwrap();
    let intermediate = authority("Test intermediate", 60).issue(&issuer, &public).unwrap();
    let parsed = Certificate::parse(&intermediate).unwrap();
    let issuer = Issuer::new(&parsed, &intermediate_key).unwrap();
    let mut template = CertificateTemplate::server(vec![Name::Dns("app.test".into())]);
    (template.not_before, template.not_after) = (at(START), at(START + 90 * DAY));
    let leaf = template.issue(&issuer, &SubjectPublicKey::of(&key).unwrap()).unwrap();
    Pki { root, intermediate, leaf, key }
}

fn text(certificates: &[&CertificateDer<'_>]) -> String {
    certificates.iter().map(|der| pem::write("CERTIFICATE", der)).collect()
}

/// Two files in a folder of their own.
struct Files {
    _place: tempfile::TempDir,
    chain: PathBuf,
    key: PathBuf,
}

impl Files {
    fn new(chain: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Self {
        let place = tempfile::tempdir().unwrap();
        let (chain_path, key_path) = (place.path().join("chain.pem"), place.path().join("server.key"));
        fs::write(&chain_path, chain).unwrap();
        fs::write(&key_path, key).unwrap();
        fs::set_permissions(&key_path, fs::Permissions::from_mode(0o640)).unwrap();
        Self { _place: place, chain: chain_path, key: key_path }
    }

    fn load(&self, seconds: u64) -> Result<LoadedCredential, credential::FileError> {
        CredentialFiles { chain: self.chain.clone(), key: self.key.clone() }.load(at(seconds))
    }

    /// The refusal, with `CHAIN` and `KEY` for the two paths.
    fn refusal(&self) -> String {
        self.shorten(&self.load(START + DAY).unwrap_err().to_string())
    }

    fn shorten(&self, text: &str) -> String {
        text.replace(self.chain.to_str().unwrap(), "CHAIN").replace(self.key.to_str().unwrap(), "KEY")
    }
}

/// The refusal of a chain file beside a good key.
fn bad_chain(chain: impl AsRef<[u8]>) -> String {
    Files::new(chain, pki().key.to_pem().unwrap().as_bytes()).refusal()
}

/// The refusal of a key file beside a good chain.
fn bad_key(key: impl AsRef<[u8]>) -> String {
    let pki = pki();
    Files::new(text(&[&pki.leaf, &pki.intermediate]), key).refusal()
}

#[test]
fn pem_der_and_both_in_one_file_load() {
    let pki = pki();
    let (chain, key) = (text(&[&pki.leaf, &pki.intermediate]), pki.key.to_pem().unwrap());
    let loaded = Files::new(&chain, &*key).load(START).unwrap();
    assert_eq!(loaded.chain, [pki.leaf.clone(), pki.intermediate.clone()]);
    assert_eq!(loaded.key.public_key_bits(), pki.key.public_key_bits());
    assert_eq!(loaded.notes, []);

    let loaded = Files::new(&pki.leaf, &*pki.key.to_pkcs8().unwrap()).load(START).unwrap();
    assert_eq!(loaded.chain, [pki.leaf]);

    let both = format!("a note above\r\n{}{chain}", *key);
    assert_eq!(Files::new(&both, &both).load(START).unwrap().chain.len(), 2);
}

#[test]
fn a_wrong_order_is_put_right() {
    let pki = pki();
    let jumbled = text(&[&pki.root, &pki.intermediate, &pki.leaf, &pki.leaf]);
    let files = Files::new(jumbled, pki.key.to_pem().unwrap().as_bytes());
    let loaded = files.load(START).unwrap();
    assert_eq!(loaded.chain, [pki.leaf, pki.intermediate, pki.root]);
    assert_eq!(
        loaded.notes.iter().map(|note| files.shorten(&note.to_string())).collect::<Vec<_>>(),
        ["CHAIN: the certificates are not in order and are sent in the right one; \
          put the server's first, then each one's issuer"]
    );
}

#[test]
fn a_missing_intermediate_is_noted() {
    let pki = pki();
    let key = pki.key.to_pem().unwrap();
    for chain in [text(&[&pki.leaf]), text(&[&pki.leaf, &pki.root])] {
        let files = Files::new(chain, key.as_bytes());
        let notes = files.load(START).unwrap().notes;
        assert_eq!(
            notes.iter().map(|note| files.shorten(&note.to_string())).collect::<Vec<_>>(),
            [
                "CHAIN: the certificate of CN=Test intermediate, which signed that for app.test, is not in this file; \
              unless it is a root that every client knows, add it here"
            ]
        );
    }
}

#[test]
fn a_self_signed_certificate_misses_nothing() {
    let key = PrivateKey::generate(KeyKind::Ed25519).unwrap();
    let mut template = CertificateTemplate::server(vec![Name::Dns("app.test".into())]);
    template.subject = Subject::new().common_name("app.test");
    template.not_after = at(START + DAY);
    let chain = text(&[&template.self_signed(&key).unwrap()]);
    assert_eq!(Files::new(chain, key.to_pem().unwrap().as_bytes()).load(START).unwrap().notes, []);
}

#[test]
fn an_expired_authority_is_noted() {
    let pki = pki();
    let files = Files::new(text(&[&pki.leaf, &pki.intermediate]), pki.key.to_pem().unwrap().as_bytes());
    let notes = files.load(START + 61 * DAY).unwrap().notes;
    let line = text(&[&pki.leaf]).lines().count() + 1;
    assert_eq!(
        notes.iter().map(|note| files.shorten(&note.to_string())).collect::<Vec<_>>(),
        [format!(
            "CHAIN:{line}: the authority's certificate for CN=Test intermediate expired on 2024-12-03 00:00:00 UTC; \
             get a new chain from the authority"
        )]
    );
}

#[test]
fn a_key_that_all_can_read_is_noted() {
    let pki = pki();
    let files = Files::new(text(&[&pki.leaf, &pki.intermediate]), pki.key.to_pem().unwrap().as_bytes());
    fs::set_permissions(&files.key, fs::Permissions::from_mode(0o644)).unwrap();
    let notes = files.load(START).unwrap().notes;
    assert!(matches!(notes.as_slice(), [Note::KeyReadableByAll { mode: 0o644, .. }]));
    assert_eq!(
        files.shorten(&notes[0].to_string()),
        "KEY: every user of this machine can read this private key (mode 0644); run: chmod 600 KEY"
    );
}

#[test]
fn validity_is_told_with_dates_and_clock() {
    let pki = pki();
    let files = Files::new(text(&[&pki.leaf]), pki.key.to_pem().unwrap().as_bytes());
    assert!(files.load(START).is_ok());
    assert!(files.load(START + 90 * DAY).is_ok());
    assert_eq!(
        files.shorten(&files.load(START - 7200).unwrap_err().to_string()),
        "CHAIN:1: the certificate for app.test is valid only from 2024-10-04 00:00:00 UTC, 2 hours from now; \
         is this machine's clock right? It says 2024-10-03 22:00:00 UTC"
    );
    assert_eq!(
        files.shorten(&files.load(START + 92 * DAY).unwrap_err().to_string()),
        "CHAIN:1: the certificate for app.test expired on 2025-01-02 00:00:00 UTC, 2 days ago; \
         renew it (this machine's clock says 2025-01-04 00:00:00 UTC)"
    );
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let pki = pki();
    let key = pki.key.to_pem().unwrap();
    let files = Files::new(text(&[&pki.leaf]), key.as_bytes());
    fs::remove_file(&files.key).unwrap();
    assert_eq!(
        files.refusal(),
        "KEY: cannot be read: No such file or directory (os error 2); look at the spelling of the path"
    );
    fs::create_dir(&files.key).unwrap();
    assert_eq!(files.refusal(), "KEY: cannot be read: Is a directory (os error 21); name the file in it");
}

#[test]
fn other_files_are_recognised() {
    let pki = pki();
    let nothing = "CHAIN: no certificate in this file; a section BEGIN CERTIFICATE was expected";
    assert_eq!(bad_chain(""), nothing);
    assert_eq!(bad_chain("dear reader"), nothing);
    assert_eq!(
        bad_chain(pem::write("CERTIFICATE REQUEST", b"0")),
        "CHAIN: no certificate in this file (but a section CERTIFICATE REQUEST); \
         a section BEGIN CERTIFICATE was expected"
    );
    assert_eq!(bad_chain([0xff; 40]), "CHAIN: neither PEM nor DER; give a file in one of these forms");
    let pkcs12 = [&[0x30, 0x82, 0x04, 0x00, 0x02, 0x01, 0x03][..], &[0; 0x400]].concat();
    assert_eq!(
        bad_chain(&pkcs12),
        "CHAIN: this is a PKCS#12 container; take it apart with: bulla cert convert CHAIN --to pem --out NEW.pem"
    );
    let swapped = "CHAIN: a private key, but no certificate; were the two files given in the wrong order?";
    assert_eq!(bad_chain(pki.key.to_pem().unwrap().as_bytes()), swapped);
    assert_eq!(bad_chain(pki.key.to_pkcs8().unwrap().as_slice()), swapped);
    let swapped = "KEY: a certificate, but no private key; were the two files given in the wrong order?";
    assert_eq!(bad_key(text(&[&pki.leaf])), swapped);
    assert_eq!(bad_key(&pki.leaf), swapped);
    assert_eq!(bad_key(""), "KEY: no private key in this file; a section BEGIN PRIVATE KEY was expected");
}

#[test]
fn broken_pem_is_told_by_line_and_column() {
    assert_eq!(
        bad_chain("-----BEGIN CERTIFICATE-----\nMAA!\n-----END CERTIFICATE-----\n"),
        "CHAIN:2:4: byte 0x21 is not base64: copy the section again"
    );
    assert_eq!(
        bad_key("\n-----BEGIN PRIVATE KEY-----\nMAA=\n"),
        "KEY:2:1: the section PRIVATE KEY has no END line: \
         add -----END PRIVATE KEY----- or copy the section again whole"
    );
    assert_eq!(
        bad_chain("MAA=\n-----END CERTIFICATE-----\n"),
        "CHAIN:2:1: an END line without a BEGIN line before it: copy the section again from its BEGIN line on"
    );
}

#[test]
fn broken_contents_are_told_by_line() {
    let leaf = text(&[&pki().leaf]);
    let line = leaf.lines().count() + 1;
    let broken = [0x30, 0x03, 0x02, 0x01, 0x01];
    let problem = Certificate::parse(&broken).unwrap_err();
    assert_eq!(
        bad_chain(leaf + &pem::write("CERTIFICATE", &broken)),
        format!("CHAIN:{line}: the certificate is malformed: {problem}; get it again from its authority")
    );
    assert_eq!(
        bad_key(pem::write(pem::PKCS8, b"\x30\x00")),
        "KEY:1: the private key is no valid PKCS#8 key: export it again, unencrypted, as PKCS#8"
    );
    assert_eq!(
        bad_key(pem::write("DSA PRIVATE KEY", b"\x30\x00")),
        "KEY:1: the private key is no valid PKCS#8, SEC 1 or PKCS#1 key: export it again, unencrypted, as PKCS#8"
    );
}

/// An Ed25519 key, encrypted by `openssl pkcs8 -topk8 -outform DER -v2 aes-256-cbc -iter 1000` (OpenSSL 3.0).
const ENCRYPTED_DER: &str = "30819b305706092a864886f70d01050d304a302906092a864886f70d01050c301c040821a612836bba6f41020203e8300c06082a864886f70d02090500301d060960864801650304012a0410548d788e8a578ccf96a02c87208a267b0440347d890efad3327900e5e6d6a96fc01371516b2e2de6c21360e6a1a20f04c5114a11eb8f68d1be776d6a4ac0d5630cf3ecfb4d47b8b408eb29e05ee9b07c618a";

#[test]
fn an_encrypted_key_is_told_how_to_decrypt() {
    let mend = "the private key is encrypted; decrypt it with: bulla cert convert KEY --to key --out NEW.key";
    assert_eq!(bad_key(pem::write(pem::ENCRYPTED_PKCS8, b"ciphertext")), format!("KEY:1: {mend}"));
    let headers = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n";
    let legacy = format!("-----BEGIN EC PRIVATE KEY-----\n{headers}MAA=\n-----END EC PRIVATE KEY-----\n");
    let old = "the private key is encrypted in OpenSSL's way of old; decrypt it with: openssl pkey -in KEY -out NEW.key";
    assert_eq!(bad_key(legacy), format!("KEY:1: {old}"));
    let der: Vec<u8> = (0..ENCRYPTED_DER.len() / 2)
        .map(|index| u8::from_str_radix(&ENCRYPTED_DER[2 * index..2 * index + 2], 16).unwrap())
        .collect();
    assert_eq!(bad_key(der), format!("KEY: {mend}"));
}

#[test]
fn keys_that_cannot_be_meant_are_told_apart() {
    assert_eq!(
        bad_key(pem::write("OPENSSH PRIVATE KEY", b"openssh-key-v1")),
        "KEY:1: the private key is in the format of OpenSSH; \
         convert a copy with: ssh-keygen -p -m PKCS8 -f COPY"
    );
    let key = pki().key.to_pem().unwrap();
    let line = key.lines().count() + 1;
    assert_eq!(
        bad_key(format!("{0}{0}", *key)),
        format!("KEY:1: there is another private key on line {line}; keep only the one that is meant")
    );
}

/// Made by `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:secp256k1` (OpenSSL 3.0).
const ODD_CURVE: &str = "-----BEGIN CERTIFICATE-----
MIIBeTCCASCgAwIBAgIUEMAfkV7NPdoDwmJdzMvnAAJObRUwCgYIKoZIzj0EAwIw
EzERMA8GA1UEAwwIb2RkLnRlc3QwIBcNMjYxMTIyMDgwMjUzWhgPMjEyNjEwMjkw
ODAyNTNaMBMxETAPBgNVBAMMCG9kZC50ZXN0MFYwEAYHKoZIzj0CAQYFK4EEAAoD
QgAEfpDXdNNZ9rAVy/6KQ61HegqUpkr8Kp2nbcUIBVSf/RBfsGAn+71ceYh/VkX0
f/mpZv6MDad8U+GchbHvgtzjQqNTMFEwHQYDVR0OBBYEFL6/ErXcwDQLHNyYN86Z
PnfWD99EMB8GA1UdIwQYMBaAFL6/ErXcwDQLHNyYN86ZPnfWD99EMA8GA1UdEwEB
/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgWlJ/8/R8CIu1H2/wmC3aYEejUNbK
eSNYqBlhh4arrhoCIATlr9FhUXYRCeY0PywpRCP2L3hMGLAeS84vpZSLfH5K
-----END CERTIFICATE-----
";

#[test]
fn a_certificate_for_a_key_of_no_use_is_told() {
    assert_eq!(
        bad_chain(ODD_CURVE),
        "CHAIN:1: the certificate for CN=odd.test cannot be used: \
         keys of the kind ECDSA 1.3.132.0.10 are not supported; \
         get one for an ECDSA (P-256, P-384, P-521), Ed25519, ML-DSA or RSA key"
    );
}

#[test]
fn a_key_of_another_certificate_is_named_with_it() {
    let other = PrivateKey::generate(KeyKind::Ed25519).unwrap();
    assert_eq!(
        bad_key(other.to_pem().unwrap().as_bytes()),
        "CHAIN:1: the certificate for app.test (ECDSA P-256) does not belong to the private key in KEY (Ed25519); \
         give the key that the certificate was requested with"
    );
}

#[test]
fn text_from_paths_and_certificates_cannot_steer_a_terminal() {
    let key = PrivateKey::generate(KeyKind::EcP256).unwrap();
    let mut template = CertificateTemplate::server(Vec::new());
    template.subject = Subject::new().common_name("red\u{1b}[31m\u{202e}");
    template.not_after = at(1);
    let chain = text(&[&template.self_signed(&key).unwrap()]);
    let error = Files::new(chain, key.to_pem().unwrap().as_bytes()).load(START).unwrap_err().to_string();
    assert!(error.contains(r"CN=red\1B[31m\E2\80\AE"), "{error}");
    let strange = Path::new("/nowhere/\u{1b}[2J\n");
    let error = CredentialFiles { chain: strange.into(), key: strange.into() }.load(at(0)).unwrap_err();
    assert!(error.to_string().starts_with(r"/nowhere/\u{1b}[2J\u{a}: cannot be read: "), "{error}");
}

proptest! {
    /// Whatever the bytes, the answer is a value or one printable line.
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200), der: bool) {
        let bytes = if der { [&[0x30, 0x81, 0x80][..], &bytes].concat() } else { bytes };
        let path = Path::new("x");
        for error in [
            credential::certificates_from(path, &bytes).err(),
            credential::key_from(path, &bytes).err(),
        ].into_iter().flatten() {
            prop_assert!(!error.to_string().chars().any(char::is_control));
        }
    }

    #[test]
    fn a_damaged_file_is_answered(place in 0usize..600, byte: u8) {
        let mut bytes = text(&[&pki().leaf]).into_bytes();
        let place = place % bytes.len();
        bytes[place] = byte;
        if let Err(error) = credential::certificates_from(Path::new("x"), &bytes) {
            prop_assert!(!error.to_string().chars().any(char::is_control));
        }
    }
}
