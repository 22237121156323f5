//! `bulla cert`: what it says of files, what it makes of them, and its words for the usual mistakes.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod house;

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use bulla_crypto::passphrase::Passphrase;
use bulla_crypto::pem;
use bulla_crypto::pkcs12::{self, Parts};
use bulla_crypto::private_key::{PrivateKey, encrypted};
use bulla_crypto::random::Source;
use bulla_crypto::signature::KeyKind;
use bulla_x509::build::request::RequestTemplate;
use bulla_x509::build::{Name, Subject};
use bulla_x509::files::pkcs7;
use house::{Hierarchy, Place, text};
use serde_json::Value;

/// Snapshots with what differs from run to run replaced.
fn told(name: &str, place: &Place, said: &str) {
    insta::with_settings!({filters => vec![
        (place.path().to_str().unwrap(), "[PLACE]"),
        (r"[0-9a-f]{64}", "[SHA-256]"),
        (r"[0-9a-f]{40}", "[IDENTIFIER]"),
        (r"\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d)?)?", "[DATE]"),
        (r"\d+ rules hold", "[NUMBER] rules hold"),
        (r"of the \d+ that", "of the [SIZE] that"),
        (r"\d+ (days|years)( left| ago)", "[SPAN]$2"),
    ], prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!(name, said);
    });
}

/// What one run said, both streams, and its exit code.
fn run(place: &Place, arguments: &str) -> String {
    let output = place.run(arguments);
    let code = output.status.code().unwrap();
    let said = [text(&output.stdout), text(&output.stderr)].concat();
    format!("$ bulla {arguments}\n{said}exit {code}")
}

fn exit_code(place: &Place, arguments: &str) -> i32 {
    let output = place.run(arguments);
    assert!(output.status.code().is_some(), "{}", text(&output.stderr));
    output.status.code().unwrap()
}

/// Fails unless the run succeeds.
fn done(place: &Place, arguments: &str) {
    let output = place.run(arguments);
    assert!(output.status.success(), "{arguments}: {}{}", text(&output.stdout), text(&output.stderr));
}

fn document(place: &Place, arguments: &str) -> Value {
    serde_json::from_slice(&place.run(arguments).stdout).unwrap()
}

/// A place with a root, an intermediate and a leaf: apart, in order, out of order, and in containers.
fn furnished() -> (Place, Hierarchy) {
    let (place, house) = (Place::new(), Hierarchy::new());
    place.file("secret.txt", "open sesame\n");
    place.file("root.pem", pem::write("CERTIFICATE", &house.root));
    place.file("intermediate.pem", pem::write("CERTIFICATE", &house.intermediate));
    place.file("leaf.pem", pem::write("CERTIFICATE", &house.leaf));
    place.file("leaf.der", &house.leaf);
    place.file("leaf.key", house.key.to_pem().unwrap().as_bytes());
    let chain = [&house.leaf, &house.intermediate];
    place.file("chain.pem", chain.map(|der| pem::write("CERTIFICATE", der)).concat());
    let mixed = [&house.root, &house.leaf, &house.intermediate, &house.leaf];
    place.file("mixed.pem", mixed.map(|der| pem::write("CERTIFICATE", der)).concat());
    place.file("bag.p7b", pkcs7::write(&mixed.map(AsRef::as_ref)).unwrap());
    let key = house.key.to_pkcs8().unwrap();
    let passphrase = Passphrase::from("open sesame".to_owned());
    let parts = Parts { key: Some(&key), certificates: &chain.map(AsRef::as_ref), name: "shop" };
    place.file("leaf.p12", pkcs12::seal(&parts, &passphrase).unwrap());
    let sealed = encrypted::encrypt(&key, &passphrase, &Source::system()).unwrap();
    place.file("sealed.key", pem::write(pem::ENCRYPTED_PKCS8, &sealed));
    let mut request = RequestTemplate::new();
    request.subject = Subject::new().common_name("shop.example");
    request.names = vec![Name::Dns("shop.example".into())];
    place.file("leaf.csr", pem::write("CERTIFICATE REQUEST", &request.sign(&house.key).unwrap()));
    (place, house)
}

#[test]
fn files_are_shown_in_words() {
    let (place, _) = furnished();
    for (name, arguments) in [
        ("cert-show", "cert show leaf.pem leaf.key leaf.csr"),
        ("cert-show-pkcs7", "cert show bag.p7b"),
        ("cert-show-pkcs12", "cert show leaf.p12 --passphrase-file secret.txt"),
        ("cert-show-locked", "cert show leaf.p12 sealed.key"),
    ] {
        told(name, &place, &run(&place, arguments));
    }
}

#[test]
fn a_folder_is_gone_through_and_other_files_passed_over() {
    let (place, house) = furnished();
    fs::create_dir(place.path().join("ssl")).unwrap();
    place.file("ssl/a.pem", pem::write("CERTIFICATE", &house.leaf));
    place.file("ssl/b.der", &house.root);
    place.file("ssl/readme.txt", "not one of them");
    place.file("ssl/cut.der", &house.root[..100]);
    told("cert-show-folder", &place, &run(&place, "cert show ssl"));
}

#[test]
fn standard_input_is_read() {
    let (place, house) = furnished();
    let mut command = place.bulla("cert show - --json");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&house.leaf).unwrap();
    let found: Value = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(found["schema"], "bulla.inventory/1");
    let item = &found["files"][0]["items"][0];
    assert_eq!((&item["kind"], &item["form"]), (&"certificate".into(), &"DER".into()));
    assert_eq!(item["names"][0], "shop.example");
    assert_eq!(item["days_left"], 89);
}

#[test]
fn documents_name_what_belongs_together() {
    let (place, _) = furnished();
    let found = document(&place, "cert show leaf.pem intermediate.pem leaf.key leaf.csr --json");
    let items: Vec<&Value> = found["files"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|file| file["items"].as_array().unwrap())
        .collect();
    assert_eq!(items[0]["belongs_to"], serde_json::json!([3, 4]));
    assert_eq!(items[0]["signed_by"], 2);
    assert_eq!(items[1]["belongs_to"], serde_json::json!([]));
    assert_eq!((&items[2]["kind"], &items[2]["encrypted"]), (&"private-key".into(), &false.into()));
    assert_eq!(items[2]["public_key_sha256"], items[0]["public_key_sha256"]);
}

#[test]
fn chains_are_judged() {
    let (place, _) = furnished();
    for (name, arguments) in [
        ("cert-verify", "cert verify chain.pem --ca root.pem"),
        ("cert-verify-name", "cert verify chain.pem --ca root.pem --name other.example"),
        ("cert-verify-explained", "cert verify chain.pem --ca root.pem --profile web --explain"),
        ("cert-verify-authority", "cert verify intermediate.pem --ca root.pem"),
        ("cert-verify-missing", "cert verify leaf.pem --ca root.pem --name shop.example"),
    ] {
        told(name, &place, &run(&place, arguments));
    }
    for (code, arguments) in [
        (0, "cert verify chain.pem --ca root.pem --name www.shop.example"),
        (0, "cert verify mixed.pem --ca root.pem"),
        (0, "cert verify bag.p7b --ca bag.p7b"),
        (0, "cert verify leaf.pem --untrusted intermediate.pem --ca root.pem"),
        (0, "cert verify leaf.p12 --passphrase-file secret.txt --ca root.pem"),
        (0, "cert verify chain.pem --ca root.pem --profile rfc5280"),
        (1, "cert verify chain.pem --ca root.pem --revocation"),
        (1, "cert verify chain.pem --mozilla"),
        (1, "cert verify chain.pem --ca root.pem --at 2000-01-01"),
        (1, "cert verify chain.pem --ca root.pem --at 2099-01-01T00:00:00Z"),
        (1, "cert verify chain.pem --ca root.pem --ip 192.0.2.1"),
        (1, "cert verify chain.pem --ca root.pem --client"),
        (2, "cert verify chain.pem --ca nowhere.pem"),
        (2, "cert verify chain.pem --at yesterday"),
    ] {
        assert_eq!(exit_code(&place, arguments), code, "{arguments}");
    }
    let found = document(&place, "cert verify chain.pem --ca root.pem --json");
    assert_eq!((&found["schema"], &found["trusted"]), (&"bulla.judgement/1".into(), &true.into()));
    assert_eq!(found["purpose"], serde_json::json!({"kind": "server", "name": "shop.example", "own": true}));
    assert_eq!((&found["profile"], &found["vouches_for"]["level"]), (&"private".into(), &"private".into()));
    assert_eq!(found["paths"][0]["certificates"][0]["checks"][0]["outcome"], "held");
}

#[test]
fn chains_are_put_in_order() {
    let (place, _) = furnished();
    told("cert-chain", &place, &run(&place, "cert chain mixed.pem --ca root.pem"));
    told("cert-chain-missing", &place, &run(&place, "cert chain leaf.pem --ca root.pem"));
    done(&place, "cert chain mixed.pem --out out.pem");
    assert_eq!(
        fs::read(place.path().join("out.pem")).unwrap(),
        fs::read(place.path().join("chain.pem")).unwrap()
    );
    assert_eq!(exit_code(&place, "cert verify out.pem --ca root.pem"), 0);
    // The mend is what mends: with the missing certificate named too, the chain is whole.
    assert_eq!(exit_code(&place, "cert chain leaf.pem intermediate.pem --ca root.pem"), 0);
    assert_eq!(exit_code(&place, "cert chain leaf.pem --ca root.pem"), 1);
    let found = document(&place, "cert chain leaf.pem --ca root.pem --json");
    assert_eq!((&found["schema"], &found["whole"]), (&"bulla.chain/1".into(), &false.into()));
    assert_eq!(found["missing"]["subject"], "CN=Example intermediate,O=Example\\, Ltd");
}

#[test]
fn forms_are_converted_and_come_back() {
    let (place, house) = furnished();
    let read = |name: &str| fs::read(place.path().join(name)).unwrap();
    done(&place, "cert convert leaf.pem --to der --out a.der");
    assert_eq!(read("a.der"), house.leaf.as_ref());
    done(&place, "cert convert a.der --to pem --out a.pem");
    assert_eq!(read("a.pem"), read("leaf.pem"));
    done(&place, "cert convert mixed.pem --to pkcs7 --out a.p7b");
    done(&place, "cert convert a.p7b --to certificates --out sorted.pem");
    let sorted = [&house.leaf, &house.intermediate, &house.root];
    assert_eq!(text(&read("sorted.pem")), sorted.map(|der| pem::write("CERTIFICATE", der)).concat());
    done(&place, "cert convert leaf.key mixed.pem --to pkcs12 --out a.p12 --new-passphrase-file secret.txt");
    done(&place, "cert convert a.p12 --passphrase-file secret.txt --to key --out a.key");
    assert_eq!(read("a.key"), read("leaf.key"));
    done(&place, "cert convert a.p12 --passphrase-file secret.txt --to pem --out all.pem");
    let all = [read("leaf.key"), read("sorted.pem")].concat();
    assert_eq!(text(&read("all.pem")), text(&all));
}

#[test]
fn keys_are_encrypted_and_decrypted_and_their_files_guarded() {
    let (place, _) = furnished();
    let mode = |name: &str| fs::metadata(place.path().join(name)).unwrap().permissions().mode() & 0o777;
    let with_variable = place
        .bulla("cert convert leaf.key --to key --encrypt --out a.key --new-passphrase-env NEW")
        .env("NEW", "open sesame")
        .output()
        .unwrap();
    assert!(with_variable.status.success(), "{}", text(&with_variable.stderr));
    assert!(
        text(&fs::read(place.path().join("a.key")).unwrap()).starts_with("-----BEGIN ENCRYPTED PRIVATE KEY")
    );
    let opened = place
        .bulla("cert convert a.key --passphrase-env OLD --to key --out b.key")
        .env("OLD", "open sesame")
        .output()
        .unwrap();
    assert!(opened.status.success(), "{}", text(&opened.stderr));
    assert_eq!(
        fs::read(place.path().join("b.key")).unwrap(),
        fs::read(place.path().join("leaf.key")).unwrap()
    );
    done(&place, "cert convert leaf.pem --to der --out a.der");
    assert_eq!((mode("b.key"), mode("a.der")), (0o600, 0o644));
    let before = fs::read(place.path().join("b.key")).unwrap();
    assert_eq!(exit_code(&place, "cert convert leaf.pem --to pem --out b.key"), 1);
    assert_eq!(fs::read(place.path().join("b.key")).unwrap(), before, "not written over");
    done(&place, "cert convert leaf.pem --to pem --out b.key --force");
    assert_ne!(fs::read(place.path().join("b.key")).unwrap(), before);
}

#[test]
fn every_kind_of_key_comes_through() {
    let place = Place::new();
    place.file("secret.txt", "x");
    for kind in
        [KeyKind::EcP256, KeyKind::EcP384, KeyKind::EcP521, KeyKind::Ed25519, KeyKind::MlDsa44, KeyKind::Rsa]
    {
        let key = PrivateKey::generate(kind).unwrap();
        let pkcs8 = key.to_pem().unwrap();
        place.file("one.key", pkcs8.as_bytes());
        done(
            &place,
            "cert convert one.key --to key --encrypt --new-passphrase-file secret.txt --out two.key --force",
        );
        done(&place, "cert convert two.key --passphrase-file secret.txt --to der --out three.key --force");
        done(&place, "cert convert three.key --to key --out four.key --force");
        assert_eq!(text(&fs::read(place.path().join("four.key")).unwrap()), *pkcs8, "{kind}");
    }
}

/// The words for each mistake: one line with its mend.
#[test]
fn the_usual_mistakes_are_told() {
    let (place, house) = furnished();
    place.file("empty.pem", "");
    place.file("page.crt", "<!DOCTYPE html>\n<html><body>Please log in</body></html>");
    place.file("words.pem", "just words");
    place.file("cut.pem", &pem::write("CERTIFICATE", &house.leaf)[..300]);
    place.file("cut.der", &house.leaf[..200]);
    place.file("wrong.txt", "open barley\n");
    place.file("other.key", PrivateKey::generate(KeyKind::EcP256).unwrap().to_pem().unwrap().as_bytes());
    place.file("id_ed25519.pub", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA me@here");
    let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n\
               -----END RSA PRIVATE KEY-----\n";
    place.file("old.key", old);
    let (second, _) = house.issue("second.example", (-1, 90));
    place.file("two.pem", [&house.leaf, &second].map(|der| pem::write("CERTIFICATE", der)).concat());
    fs::create_dir(place.path().join("nothing")).unwrap();
    let mut said = String::new();
    for arguments in [
        "cert show nowhere.pem",
        "cert show empty.pem",
        "cert show page.crt",
        "cert show words.pem",
        "cert show cut.pem",
        "cert show cut.der",
        "cert show id_ed25519.pub",
        "cert show old.key",
        "cert show leaf.p12 --passphrase-file wrong.txt",
        "cert show sealed.key --passphrase-file wrong.txt",
        "cert show sealed.key --passphrase-file nowhere.txt",
        "cert show sealed.key --passphrase-env NO_SUCH_VARIABLE",
        "cert verify leaf.key --ca root.pem",
        "cert verify leaf.csr --ca root.pem",
        "cert verify nothing --ca root.pem",
        "cert verify sealed.key --ca root.pem",
        "cert verify chain.pem --ca leaf.key",
        "cert verify chain.pem --ca leaf.p12",
        "cert chain leaf.key",
        "cert chain two.pem --ca root.pem",
        "cert chain leaf.pem other.key --ca root.pem",
        "cert chain leaf.pem intermediate.pem leaf.key other.key --ca root.pem",
        "cert convert chain.pem --to der --out out",
        "cert convert chain.pem --to key --out out",
        "cert convert leaf.key --to certificates --out out",
        "cert convert leaf.key --to pkcs12 --out out --new-passphrase-file secret.txt",
        "cert convert other.key leaf.pem --to pkcs12 --out out --new-passphrase-file secret.txt",
        "cert convert leaf.key leaf.pem --to pkcs12 --out out --new-passphrase-file empty.pem",
        "cert convert leaf.key leaf.pem --to pkcs12 --out out",
        "cert convert old.key --to key --out out",
        "cert convert leaf.pem --to pem --encrypt --out out",
        "cert convert leaf.pem --to pem --out chain.pem",
        "cert convert leaf.pem --to pem --out nothing",
        "cert convert leaf.pem --to pem --out no/such/folder.pem",
    ] {
        let one = run(&place, arguments);
        assert!(!one.ends_with("exit 0") || arguments.ends_with("old.key"), "{one}");
        said.push_str(&one);
        said.push_str("\n\n");
    }
    assert!(!place.path().join("out").exists(), "nothing is written");
    told("cert-mistakes", &place, &said);
}

#[test]
fn an_expired_certificate_is_told_and_what_would_mend_it() {
    let (place, house) = furnished();
    let (old, _) = house.issue("old.example", (-90, -2));
    place.file("old.pem", [&old, &house.intermediate].map(|der| pem::write("CERTIFICATE", der)).concat());
    told("cert-verify-expired", &place, &run(&place, "cert verify old.pem --ca root.pem"));
}

/// Erases the screen, turns the reading direction around, forges a line.
const HOSTILE: &str = "a\u{1b}[2J\u{202e}knab\r\nerror: forged\u{200b}";

#[test]
fn text_from_certificates_is_escaped() {
    let (place, house) = furnished();
    let (der, key) = house.issue_to(Subject::new().common_name(HOSTILE), "a.example", (-1, 90));
    place.file("hostile.pem", [&der, &house.intermediate].map(|der| pem::write("CERTIFICATE", der)).concat());
    let key = key.to_pkcs8().unwrap();
    let parts = Parts { key: Some(&key), certificates: &[&der], name: HOSTILE };
    place.file("hostile.p12", pkcs12::seal(&parts, &Passphrase::from("open sesame".to_owned())).unwrap());
    for arguments in [
        "cert show hostile.pem",
        "cert show hostile.pem --json",
        "cert show hostile.p12 --passphrase-file secret.txt",
        "cert show hostile.p12 --passphrase-file secret.txt --json",
        "cert verify hostile.pem --mozilla",
        "cert verify hostile.pem --ca root.pem --json",
        "cert chain hostile.pem --mozilla",
    ] {
        let said = run(&place, arguments);
        assert!(said.contains("knab"), "{arguments}: {said}");
        assert!(!said.contains(['\u{1b}', '\u{202e}', '\u{200b}', '\r']), "{arguments}: {said:?}");
        assert!(!said.lines().any(|line| line.trim_start().starts_with("error: forged")), "{said}");
    }
}

/// A terminal for the binary to ask at, by util-linux's `script`.
#[test]
fn a_passphrase_is_asked_for_and_not_shown() {
    if Command::new("script").arg("--version").output().is_err() {
        println!("passed over: there is no `script` to make a terminal with");
        return;
    }
    let (place, _) = furnished();
    for (typed, expected) in [
        ("open sesame\n", "behind a passphrase"),
        ("wrong\nopen sesamx\u{7f}e\n", "behind a passphrase"),
        ("1\n2\n3\n", "the passphrase is wrong"),
        ("\u{3}", "stopped: no passphrase was given"),
    ] {
        let line = format!("{} cert show {}/sealed.key", env!("CARGO_BIN_EXE_bulla"), place.path().display());
        let mut script = Command::new("script");
        script.args(["-qec", &line, "/dev/null"]).env("COLUMNS", "80");
        let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut keyboard = child.stdin.take().unwrap();
        // Typed after it was asked for: what is typed before is thrown away.
        std::thread::sleep(std::time::Duration::from_millis(1500));
        for character in typed.split_inclusive('\n') {
            keyboard.write_all(character.as_bytes()).unwrap();
            keyboard.flush().unwrap();
            std::thread::sleep(std::time::Duration::from_millis(1500));
        }
        drop(keyboard);
        let said = String::from_utf8_lossy(&child.wait_with_output().unwrap().stdout).into_owned();
        assert!(said.contains("Passphrase of ") && said.contains(expected), "{typed:?}: {said}");
        assert!(!said.contains("sesam"), "{said}");
    }
}

#[test]
fn help_is_kept_as_it_reads() {
    let place = Place::new();
    for (name, arguments) in [
        ("help-cert", "cert --help"),
        ("help-cert-show", "cert show --help"),
        ("help-cert-verify", "cert verify --help"),
        ("help-cert-chain", "cert chain --help"),
        ("help-cert-convert", "cert convert --help"),
    ] {
        let output = place.run(arguments);
        assert!(output.status.success());
        let said = text(&output.stdout);
        assert!(said.lines().all(|line| line.chars().count() <= 100), "{said}");
        told(name, &place, &said);
    }
}
