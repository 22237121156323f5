//! The authority as a user meets it, judged by what a client would say.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends at what it did not expect"
)]

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bulla_ca::{Authority, AuthorityError, Issued, Names, Root};
use bulla_crypto::private_key::PrivateKey;
use bulla_crypto::random::Source;
use bulla_crypto::signature::KeyKind;
use bulla_store::{DataFolder, Protection, credential};
use bulla_x509::build::{CertificateTemplate, Issuer, Name, Subject, SubjectPublicKey};
use bulla_x509::certificate::{Certificate, KeyPurpose, KeyUsage};
use bulla_x509::trust::TrustAnchors;
use bulla_x509::verdict::{Presented, Purpose, Rule, judge};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

const DAY: u64 = 86_400;
/// 2024-10-04 00:00:00 UTC.
const START: u64 = 20_000 * DAY;

fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

fn names(texts: &[&str]) -> Names {
    Names::parse(texts).unwrap()
}

/// A data folder in a place of its own.
struct Place {
    _place: tempfile::TempDir,
    path: PathBuf,
    folder: DataFolder,
}

impl Place {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("data");
        let folder = DataFolder::open(&path).unwrap();
        Self { _place: place, path, folder }
    }

    fn open(&self, texts: &[&str], seconds: u64) -> Result<Authority, AuthorityError> {
        Authority::open_or_create(&self.folder, &names(texts), at(seconds), &Source::system())
    }

    fn renew(&self, texts: &[&str], seconds: u64) -> Authority {
        Authority::with_new_root(&self.folder, &names(texts), at(seconds), &Source::system()).unwrap()
    }

    /// The error with `DIR` for the folder.
    fn refusal(&self, result: Result<impl Sized, AuthorityError>) -> String {
        let Err(error) = result else { panic!("this should have been refused") };
        error.to_string().replace(self.path.to_str().unwrap(), "DIR")
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path.join(name)).unwrap()
    }

    fn certificate(&self, name: &str) -> CertificateDer<'static> {
        credential::certificates_from(Path::new(name), &self.bytes(name)).unwrap().swap_remove(0)
    }

    fn key(&self, name: &str) -> PrivateKey {
        credential::key_from(Path::new(name), &self.bytes(name)).unwrap()
    }
}

/// What a client that trusts the root says.
fn verdict(
    root: &CertificateDer<'_>,
    chain: &[CertificateDer<'_>],
    name: &str,
    seconds: u64,
) -> Option<Rule> {
    let mut anchors = TrustAnchors::new();
    anchors.add_certificate(root).unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    judge(&Presented::new(chain, Purpose::Server(&name)), &anchors, at(seconds))
        .failure
        .map(|failure| failure.rule)
}

fn serial(issued: &Issued) -> Vec<u8> {
    Certificate::parse(&issued.chain[0]).unwrap().serial().to_vec()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn what_is_issued_is_trusted_for_each_name_and_no_other() {
    let place = Place::new();
    let asked = ["app.example.test", "*.wild.test", "10.0.0.5", "xn--bcher-kva.example"];
    let authority = place.open(&asked, START).unwrap();
    let issued = authority.issue(&names(&asked), at(START)).unwrap();
    let root = authority.root().der();
    for (name, expected) in [
        ("localhost", None),
        ("127.0.0.1", None),
        ("::1", None),
        ("app.example.test", None),
        ("any.wild.test", None),
        ("10.0.0.5", None),
        ("xn--bcher-kva.example", None),
        ("wild.test", Some(Rule::WrongName)),
        ("example.test", Some(Rule::WrongName)),
        ("127.0.0.2", Some(Rule::WrongName)),
    ] {
        assert_eq!(verdict(root, &issued.chain, name, START), expected, "{name}");
    }
    assert_eq!(verdict(root, &issued.chain, "localhost", START - 3600), None);
    assert_eq!(verdict(root, &issued.chain, "localhost", START - 3601), Some(Rule::NotYetValid));
    assert_eq!(verdict(root, &issued.chain, "localhost", START + 90 * DAY), None);
    assert_eq!(verdict(root, &issued.chain, "localhost", START + 90 * DAY + 1), Some(Rule::Expired));
    let other = Place::new().open(&asked, START).unwrap();
    assert_eq!(verdict(other.root().der(), &issued.chain, "localhost", START), Some(Rule::UnknownAuthority));
}

#[test]
fn the_certificates_say_what_the_profile_promises() {
    let place = Place::new();
    let authority = place.open(&["app.test"], START).unwrap();
    let issued = authority.issue(&names(&["app.test"]), at(START)).unwrap();
    assert_eq!(issued.chain.len(), 2);
    let [leaf, intermediate] = [0, 1].map(|index| Certificate::parse(&issued.chain[index]).unwrap());
    let root = Certificate::parse(authority.root().der()).unwrap();
    let days = |certificate: &Certificate<'_>| {
        assert_eq!(certificate.not_before(), at(START - 3600));
        (certificate.not_after().as_secs() - START) / DAY
    };
    assert_eq!([&root, &intermediate, &leaf].map(days), [3650, 1826, 90]);
    for certificate in [&root, &intermediate, &leaf] {
        assert_eq!(certificate.public_key_name(), "ECDSA P-256");
        assert_eq!(certificate.issuer().organization().unwrap(), "bulla local authority");
        assert_eq!(certificate.serial().len(), 16);
        assert!(certificate.serial()[0] < 0x80);
    }
    assert!(leaf.subject().organization().is_none(), "no organization was looked into");
    let constraints = |certificate: &Certificate<'_>| {
        certificate
            .name_constraints()
            .unwrap()
            .permitted()
            .map(|subtree| subtree.to_string())
            .collect::<Vec<_>>()
    };
    let permitted = ["localhost", "app.test", "127.0.0.0/8", "::1/128"];
    assert_eq!([constraints(&root), constraints(&intermediate)], [permitted, permitted]);
    assert_eq!(root.basic_constraints().unwrap().path_length, Some(1));
    assert_eq!(intermediate.basic_constraints().unwrap().path_length, Some(0));
    assert!(leaf.basic_constraints().is_none_or(|basic| !basic.authority));
    assert!(leaf.key_usage().unwrap().contains(KeyUsage::DIGITAL_SIGNATURE));
    assert!(!leaf.key_usage().unwrap().contains(KeyUsage::CERTIFICATE_SIGNING));
    assert!(leaf.extended_key_usage().unwrap().contains(KeyPurpose::ServerAuth));
    assert!(!leaf.extended_key_usage().unwrap().contains(KeyPurpose::ClientAuth));
}

#[test]
fn the_name_constraints_are_critical() {
    let place = Place::new();
    let authority = place.open(&[], START).unwrap();
    // SEQUENCE { OBJECT IDENTIFIER 2.5.29.30, BOOLEAN TRUE, .. } (RFC 5280, 4.2.1.10)
    let critical = [0x06, 0x03, 0x55, 0x1d, 0x1e, 0x01, 0x01, 0xff];
    let intermediate = place.certificate("authority/intermediate.pem");
    for der in [authority.root().der(), &intermediate] {
        assert!(der.windows(critical.len()).any(|part| part == critical));
    }
}

/// A leaf made on purpose for one name, under any issuer.
fn forge(issuer: &CertificateDer<'_>, issuer_key: &PrivateKey, name: &str) -> CertificateDer<'static> {
    let san = name.parse().map_or_else(|_| Name::Dns(name.into()), Name::Ip);
    let mut template = CertificateTemplate::server(vec![san]);
    (template.not_before, template.not_after) = (at(START), at(START + DAY));
    let key = PrivateKey::generate(KeyKind::EcP256).unwrap();
    let parsed = Certificate::parse(issuer).unwrap();
    template.issue(&Issuer::new(&parsed, issuer_key).unwrap(), &SubjectPublicKey::of(&key).unwrap()).unwrap()
}

/// An intermediate without constraints, made on purpose with the root's key.
fn forge_authority(
    root: &CertificateDer<'_>,
    root_key: &PrivateKey,
) -> (CertificateDer<'static>, PrivateKey) {
    let mut template = CertificateTemplate::authority(Subject::new().common_name("unconstrained"), None);
    (template.not_before, template.not_after) = (at(START), at(START + DAY));
    let key = PrivateKey::generate(KeyKind::EcP256).unwrap();
    let parsed = Certificate::parse(root).unwrap();
    let issuer = Issuer::new(&parsed, root_key).unwrap();
    (template.issue(&issuer, &SubjectPublicKey::of(&key).unwrap()).unwrap(), key)
}

/// Whoever steals the intermediate's key, or even the root's, gains no name that the root does not permit.
#[test]
fn a_stolen_key_speaks_for_no_other_name() {
    let place = Place::new();
    let authority = place.open(&["app.test"], START).unwrap();
    let root = authority.root().der();
    let own = (place.certificate("authority/intermediate.pem"), place.key("authority/intermediate.key"));
    let forged = forge_authority(root, &place.key("authority/root.key"));
    for (issuer, issuer_key) in [own, forged] {
        for (name, expected) in [
            ("app.test", None),
            ("www.app.test", None),
            ("localhost", None),
            ("127.8.8.8", None),
            ("example.org", Some(Rule::NameNotPermitted)),
            ("notapp.test", Some(Rule::NameNotPermitted)),
            ("printer.local", Some(Rule::NameNotPermitted)),
            ("192.0.2.1", Some(Rule::NameNotPermitted)),
            ("2001:db8::1", Some(Rule::NameNotPermitted)),
        ] {
            let chain = [forge(&issuer, &issuer_key, name), issuer.clone()];
            assert_eq!(verdict(root, &chain, name, START), expected, "{name}");
        }
    }
}

#[test]
fn keys_are_readable_by_their_owner_only() {
    let place = Place::new();
    place.open(&[], START).unwrap().issue(&names(&[]), at(START)).unwrap();
    for name in ["authority/root.key", "authority/intermediate.key", "certificates/local.key"] {
        assert_eq!(mode(&place.path.join(name)), 0o600, "{name}");
    }
    let key = place.path.join("authority/intermediate.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(
        place.refusal(place.open(&[], START)),
        "other users can read the key DIR/authority/intermediate.key (mode 0644); \
         run: chmod 600 DIR/authority/intermediate.key, and replace the key if someone may have read it"
    );
}

#[test]
fn a_name_outside_is_refused_with_the_command_that_permits_it() {
    let place = Place::new();
    let authority = place.open(&["app.test", "10.0.0.5"], START).unwrap();
    let before = place.bytes("authority/root.pem");
    let expected = "the root DIR/authority/root.pem does not permit new.test, *.wild.test; \
         make a new one, which must be trusted anew, with: \
         bulla up --data DIR --new-root --name new.test --name www.app.test --name '*.wild.test' \
         --name app.test --name 10.0.0.5";
    let asked = ["new.test", "www.app.test", "*.wild.test", "localhost"];
    assert_eq!(place.refusal(place.open(&asked, START)), expected);
    assert_eq!(place.refusal(authority.issue(&names(&asked), at(START))), expected);
    assert_eq!(place.bytes("authority/root.pem"), before);
}

#[test]
fn the_names_of_a_root_are_told_by_its_certificate() {
    let place = Place::new();
    place.open(&["app.test", "*.wild.test", "10.0.0.5", "2001:db8::5"], START).unwrap();
    let root = Root::read(place.folder.reader()).unwrap().unwrap();
    assert_eq!(root.scope().asked(), names(&["app.test", "wild.test", "10.0.0.5", "2001:db8::5"]));
    assert_eq!(root.path(), place.path.join("authority/root.pem"));
    assert_eq!(root.fingerprint(), Certificate::parse(root.der()).unwrap().fingerprint());
    assert!(Root::read(Place::new().folder.reader()).unwrap().is_none());
}

#[test]
fn all_is_kept_from_one_opening_to_the_next() {
    let place = Place::new();
    let first = place.open(&["app.test"], START).unwrap();
    let issued = first.issue(&names(&["app.test"]), at(START)).unwrap();
    let second = place.open(&[], START + 30 * DAY).unwrap();
    let again = second.issue(&names(&["app.test"]), at(START + 30 * DAY)).unwrap();
    assert_eq!(issued.chain, again.chain);
    assert_eq!(issued.key.public_key_bits(), again.key.public_key_bits());
    assert_eq!(first.root_fingerprint(), second.root_fingerprint());
}

#[test]
fn a_certificate_is_made_anew_when_its_time_or_its_names_ask_for_it() {
    let place = Place::new();
    let authority = place.open(&["app.test"], START).unwrap();
    let issue = |texts: &[&str], seconds| serial(&authority.issue(&names(texts), at(seconds)).unwrap());
    let first = issue(&["app.test"], START);
    assert_eq!(issue(&["app.test"], START + 59 * DAY), first);
    let second = issue(&["app.test"], START + 61 * DAY);
    assert_ne!(second, first);
    let third = issue(&[], START + 61 * DAY);
    assert_ne!(third, second);
    assert_eq!(issue(&["localhost", "127.0.0.1"], START + 61 * DAY), third);
}

#[test]
fn damaged_certificates_are_made_anew() {
    let place = Place::new();
    let authority = place.open(&[], START).unwrap();
    let issue = || authority.issue(&names(&[]), at(START)).unwrap();
    for damaged in [
        "certificates/local.pem",
        "certificates/local.key",
        "authority/intermediate.pem",
        "authority/intermediate.key",
    ] {
        let before = serial(&issue());
        place.folder.write(damaged, b"damaged", Protection::OwnerOnly).unwrap();
        let after = issue();
        assert_ne!(serial(&after), before, "{damaged}");
        assert_eq!(verdict(authority.root().der(), &after.chain, "localhost", START), None, "{damaged}");
    }
}

#[test]
fn a_crash_between_key_and_certificate_is_mended() {
    let place = Place::new();
    let authority = place.open(&[], START).unwrap();
    let before = serial(&authority.issue(&names(&[]), at(START)).unwrap());
    let key = PrivateKey::generate(KeyKind::EcP256).unwrap().to_pem().unwrap();
    place.folder.write("certificates/local.key", key.as_bytes(), Protection::OwnerOnly).unwrap();
    let issued = authority.issue(&names(&[]), at(START)).unwrap();
    assert_ne!(serial(&issued), before);
    let leaf = Certificate::parse(&issued.chain[0]).unwrap();
    assert_eq!(leaf.public_key().unwrap().as_bytes(), issued.key.public_key_bits());
}

#[test]
fn the_intermediate_is_renewed_and_nothing_outlives_its_issuer() {
    let place = Place::new();
    let authority = place.open(&[], START).unwrap();
    let first = place.bytes("authority/intermediate.pem");
    place.open(&[], START + 1200 * DAY).unwrap();
    assert_eq!(place.bytes("authority/intermediate.pem"), first);
    place.open(&[], START + 1300 * DAY).unwrap();
    assert_ne!(place.bytes("authority/intermediate.pem"), first);

    let end = START + 3640 * DAY;
    let issued = authority.issue(&names(&[]), at(end)).unwrap();
    let root = Certificate::parse(authority.root().der()).unwrap();
    for der in &issued.chain {
        assert_eq!(Certificate::parse(der).unwrap().not_after(), root.not_after());
    }
    assert_eq!(verdict(authority.root().der(), &issued.chain, "localhost", end), None);
}

#[test]
fn an_expired_root_is_told_with_the_command_for_a_new_one() {
    let place = Place::new();
    place.open(&["app.test"], START).unwrap();
    assert_eq!(
        place.refusal(place.open(&[], START + 3651 * DAY)),
        "the root DIR/authority/root.pem expired on 2034-10-02 00:00:00 UTC; \
         make a new one, which must be trusted anew, with: bulla up --data DIR --new-root --name app.test"
    );
}

#[test]
fn a_clock_before_the_root_is_told() {
    let place = Place::new();
    place.open(&[], START).unwrap();
    assert_eq!(
        place.refusal(place.open(&[], START - 2 * DAY)),
        "the root DIR/authority/root.pem is valid only from 2024-10-03 23:00:00 UTC, 1 day from now; \
         set this machine's clock, which says 2024-10-02 00:00:00 UTC"
    );
}

#[test]
fn a_new_root_puts_the_old_one_aside() {
    let place = Place::new();
    let old = place.open(&["old.test"], START).unwrap();
    let first = old.issue(&names(&["old.test"]), at(START)).unwrap();
    let files = ["root.pem", "root.key", "intermediate.pem", "intermediate.key"];
    let before = files.map(|file| place.bytes(&format!("authority/{file}")));

    let new = place.renew(&["new.test"], START);
    let retired = format!("authority/retired-{}", hex(&old.root_fingerprint()));
    assert_eq!(files.map(|file| place.bytes(&format!("{retired}/{file}"))), before);
    assert_eq!(mode(&place.path.join(&retired).join("root.key")), 0o600);

    assert_ne!(new.root_fingerprint(), old.root_fingerprint());
    let subject = |root: &Root| Certificate::parse(root.der()).unwrap().subject().to_string();
    assert_ne!(subject(new.root()), subject(old.root()));
    let issued = new.issue(&names(&["new.test"]), at(START)).unwrap();
    assert_ne!(serial(&issued), serial(&first));
    assert_eq!(verdict(new.root().der(), &issued.chain, "new.test", START), None);
    assert_eq!(verdict(old.root().der(), &issued.chain, "new.test", START), Some(Rule::UnknownAuthority));
    assert!(matches!(place.open(&["old.test"], START), Err(AuthorityError::OutsideScope { .. })));
}

#[test]
fn a_new_root_may_be_the_first() {
    let place = Place::new();
    place.renew(&["app.test"], START);
    place.open(&["app.test"], START).unwrap();
}

#[test]
fn a_lost_root_is_never_replaced_in_silence() {
    let place = Place::new();
    place.open(&["app.test"], START).unwrap();
    let key = place.bytes("authority/root.key");
    fs::remove_file(place.path.join("authority/root.pem")).unwrap();
    assert_eq!(
        place.refusal(place.open(&["app.test"], START)),
        "the root DIR/authority/root.pem is missing; put it back, or make a new one, which must be trusted anew, \
         with: bulla up --data DIR --new-root --name app.test"
    );
    assert_eq!(place.bytes("authority/root.key"), key);

    place.renew(&["app.test"], START);
    let entries = fs::read_dir(place.path.join("authority")).unwrap().map(|entry| entry.unwrap().path());
    let kept: Vec<_> =
        entries.filter(|path| path.is_dir()).map(|path| fs::read(path.join("root.key")).unwrap()).collect();
    assert_eq!(kept, [key]);
}

#[test]
fn a_key_without_certificate_is_what_a_crash_leaves() {
    let place = Place::new();
    place.folder.write("authority/root.key", b"half a beginning", Protection::OwnerOnly).unwrap();
    place.open(&[], START).unwrap().issue(&names(&[]), at(START)).unwrap();
}

const FILES: [&str; 4] =
    ["authority/root.key", "authority/root.pem", "authority/intermediate.key", "authority/intermediate.pem"];

/// Of a first opening, a crash leaves the files written so far.
#[test]
fn a_beginning_is_finished_wherever_it_broke_off() {
    for written in 0..=FILES.len() {
        let place = Place::new();
        let before = place.open(&["app.test"], START).unwrap();
        FILES[written..].iter().for_each(|file| place.folder.remove(file).unwrap());
        let after = place.open(&["app.test"], START).unwrap();
        after.issue(&names(&["app.test"]), at(START)).unwrap();
        let root_was_written = written >= 2;
        assert_eq!(
            after.root_fingerprint() == before.root_fingerprint(),
            root_was_written,
            "{written} files"
        );
    }
}

/// Of a change of roots, a crash leaves the copies and the originals not yet removed.
#[test]
fn a_change_of_roots_loses_nothing_wherever_it_breaks_off() {
    let removed_in_order = [FILES[3], FILES[2], FILES[1], FILES[0]];
    for removed in 0..=FILES.len() {
        let place = Place::new();
        let old = place.open(&["app.test"], START).unwrap();
        let originals = FILES.map(|file| place.bytes(file));
        place.renew(&["app.test"], START);
        for (file, bytes) in FILES.iter().zip(&originals) {
            place.folder.write(file, bytes, Protection::OwnerOnly).unwrap();
        }
        removed_in_order[..removed].iter().for_each(|file| place.folder.remove(file).unwrap());

        let after = place.open(&["app.test"], START).unwrap();
        let root_is_there = removed < 3;
        assert_eq!(after.root_fingerprint() == old.root_fingerprint(), root_is_there, "{removed} removed");
        let aside = format!("authority/retired-{}", hex(&old.root_fingerprint()));
        let kept = FILES.map(|file| place.bytes(&file.replace("authority", &aside)));
        assert_eq!(kept, originals);
    }
}

#[test]
fn the_root_key_is_needed_for_a_new_intermediate_only() {
    let place = Place::new();
    place.open(&["app.test"], START).unwrap();
    fs::remove_file(place.path.join("authority/root.key")).unwrap();
    place.open(&[], START).unwrap().issue(&names(&[]), at(START)).unwrap();

    let late = START + 1300 * DAY;
    assert_eq!(
        place.refusal(place.open(&[], late)),
        "the root's key DIR/authority/root.key is missing; put it back, or make a new root, \
         which must be trusted anew, with: bulla up --data DIR --new-root --name app.test"
    );
    let other = PrivateKey::generate(KeyKind::EcP256).unwrap().to_pem().unwrap();
    place.folder.write("authority/root.key", other.as_bytes(), Protection::OwnerOnly).unwrap();
    assert_eq!(
        place.refusal(place.open(&[], late)),
        "the key DIR/authority/root.key does not belong to the root beside it; put the right one back, \
         or make a new root, which must be trusted anew, with: bulla up --data DIR --new-root --name app.test"
    );
    place
        .folder
        .write("authority/root.key", b"-----BEGIN PRIVATE KEY-----\n", Protection::OwnerOnly)
        .unwrap();
    assert_eq!(
        place.refusal(place.open(&[], late)),
        "DIR/authority/root.key:1:1: the section PRIVATE KEY has no END line: \
         add -----END PRIVATE KEY----- or copy the section again whole"
    );
}

#[test]
fn another_file_in_the_roots_place_is_refused() {
    let place = Place::new();
    let issued = place.open(&[], START).unwrap().issue(&names(&[]), at(START)).unwrap();
    let text = bulla_crypto::pem::write("CERTIFICATE", &issued.chain[0]);
    place.folder.write("authority/root.pem", text.as_bytes(), Protection::Public).unwrap();
    assert_eq!(
        place.refusal(place.open(&[], START)),
        "DIR/authority/root.pem is not a root that permits certain names only; \
         put the right file back, or make a new root with: bulla up --data DIR --new-root"
    );
    place.folder.write("authority/root.pem", b"", Protection::Public).unwrap();
    assert_eq!(
        place.refusal(place.open(&[], START)),
        "DIR/authority/root.pem: no certificate in this file; a section BEGIN CERTIFICATE was expected"
    );
    place.renew(&[], START).issue(&names(&[]), at(START)).unwrap();
}

#[test]
fn many_that_issue_at_once_get_the_same_certificate() {
    let place = Place::new();
    let authority = place.open(&[], START).unwrap();
    let serials: Vec<_> = std::thread::scope(|scope| {
        let issue = || serial(&authority.issue(&names(&[]), at(START)).unwrap());
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(issue)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(serials.iter().all(|serial| *serial == serials[0]));
}

#[test]
fn the_root_names_no_machine_and_no_user() {
    let place = Place::new();
    let authority = place.open(&[], START).unwrap();
    let root = Certificate::parse(authority.root().der()).unwrap();
    let mark = hex(&root.subject_key_identifier().unwrap()[..4]);
    assert_eq!(
        root.subject().to_string(),
        format!("CN=bulla local authority root {mark},O=bulla local authority")
    );
}
