//! `bulla trust` in stores made for the test: put in, again, looked at, taken out, and nothing else touched.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod house;

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use bulla_crypto::pem;
use house::up::Up;
use house::{Authority, Place, text};

/// Where the programs are that change stores.
const PROGRAMS: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

fn has(program: &str) -> bool {
    let found = PROGRAMS.split(':').any(|folder| Path::new(folder).join(program).is_file());
    if !found {
        let _ = writeln!(std::io::stderr(), "passed over: this machine has no {program}");
    }
    found
}

/// A place with an authority in its usual folder.
fn place() -> Place {
    let place = Place::new();
    drop(Up::start(&place, ""));
    place
}

/// Runs `bulla trust`, and gives its exit code and what it said.
fn trust(place: &Place, arguments: &str) -> (i32, String) {
    let output = place.bulla(&format!("trust {arguments}")).env("PATH", PROGRAMS).output().unwrap();
    (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
}

/// Snapshots without what differs from run to run.
fn told(name: &str, place: &Place, said: &str) {
    let said = said.replace(&place.path().display().to_string(), "[PLACE]");
    insta::with_settings!({filters => vec![
        (r"[0-9a-f]{64}", "[FINGERPRINT]"),
        (r"bulla-[0-9a-f]{16}", "bulla-[MARK]"),
        (r"root [0-9a-f]{8}\b", "root [MARK]"),
    ], prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!(name, said);
    });
}

fn root(place: &Place) -> Vec<u8> {
    fs::read(house::up::root(place)).unwrap()
}

/// A system in a folder, with two roots of others.
fn system(place: &Place) -> PathBuf {
    let system = place.path().join("system");
    for folder in [
        "etc/ssl/certs",
        "etc/ca-certificates/update.d",
        "usr/share/ca-certificates",
        "usr/local/share/ca-certificates",
    ] {
        fs::create_dir_all(system.join(folder)).unwrap();
    }
    fs::write(system.join("etc/ca-certificates.conf"), "one.crt\nother.crt\n").unwrap();
    for file in ["one.crt", "other.crt"] {
        fs::write(system.join("usr/share/ca-certificates").join(file), Authority::new().pem()).unwrap();
    }
    system
}

/// Everything in a folder, with what it holds or leads to.
fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let (path, kind) = (entry.path(), entry.file_type().unwrap());
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_symlink() {
                let to = fs::read_link(&path).unwrap();
                all.push((path, to.into_os_string().into_encoded_bytes()));
            } else {
                let bytes = fs::read(&path).unwrap();
                all.push((path, bytes));
            }
        }
    }
    all.sort();
    all
}

fn bundle(system: &Path) -> Vec<Vec<u8>> {
    let text = fs::read(system.join("etc/ssl/certs/ca-certificates.crt")).unwrap();
    pem::read(&text).unwrap().into_iter().map(|section| section.der.to_vec()).collect()
}

#[test]
fn the_systems_store_gets_the_root_and_gives_it_back() {
    if !has("update-ca-certificates") || !has("openssl") {
        return;
    }
    let place = place();
    let system = system(&place);
    let der = pem::read(&root(&place)).unwrap().remove(0).der.to_vec();
    assert_eq!(trust(&place, "install --system --sysroot system").0, 0);
    assert!(bundle(&system).contains(&der) && bundle(&system).len() == 3);
    let (code, said) = trust(&place, "remove --system --sysroot system");
    assert_eq!(code, 0, "{said}");
    told("trust-system-removed", &place, &said);
    let before = contents(&system);
    let (code, said) = trust(&place, "install --system --sysroot system");
    assert_eq!(code, 0, "{said}");
    told("trust-system-installed", &place, &said);
    let installed = contents(&system);
    let (code, said) = trust(&place, "install --system --sysroot system");
    assert_eq!((code, contents(&system) == installed), (0, true), "once more changes nothing: {said}");
    told("trust-system-again", &place, &said);
    assert_eq!(trust(&place, "status --system --sysroot system").0, 0);
    assert_eq!(trust(&place, "remove --system --sysroot system").0, 0);
    assert!(contents(&system) == before, "all is as it was");
    assert!(!bundle(&system).contains(&der));
    let (code, said) = trust(&place, "remove --system --sysroot system");
    assert_eq!((code, contents(&system) == before), (0, true), "{said}");
    let (code, said) = trust(&place, "status --system --sysroot system");
    assert_eq!(code, 1);
    told("trust-system-status", &place, &said);
}

#[test]
fn roots_of_others_stay_in_the_systems_store() {
    if !has("update-ca-certificates") || !has("openssl") {
        return;
    }
    let place = place();
    let system = system(&place);
    let local = system.join("usr/local/share/ca-certificates");
    let names = || fs::read_dir(&local).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();
    fs::write(local.join("company.crt"), Authority::new().pem()).unwrap();
    // Ours, put there by hand under another name.
    fs::write(local.join("by-hand.crt"), root(&place)).unwrap();
    assert_eq!(trust(&place, "install --system --sysroot system").0, 0);
    assert_eq!(names().len(), 2, "it is found by what it is, not by its file's name");
    assert_eq!(bundle(&system).len(), 4);
    assert_eq!(trust(&place, "remove --system --sysroot system").0, 0);
    assert_eq!(names(), ["company.crt"]);
    assert_eq!(bundle(&system).len(), 3);
    let mixed = [root(&place), Authority::new().pem().into_bytes()].concat();
    fs::write(local.join("mixed.crt"), &mixed).unwrap();
    assert_eq!(trust(&place, "install --system --sysroot system").0, 0);
    let (code, said) = trust(&place, "remove --system --sysroot system");
    assert_eq!((code, fs::read(local.join("mixed.crt")).unwrap()), (1, mixed));
    told("trust-system-mixed", &place, &said);
}

#[test]
fn stores_beside_the_bundle_hear_of_both() {
    if !has("update-ca-certificates") || !has("openssl") || !has("run-parts") {
        return;
    }
    let place = place();
    let system = system(&place);
    let hook = system.join("etc/ca-certificates/update.d/beside");
    fs::write(&hook, format!("#!/bin/sh\ncat >> {}/heard\n", place.path().display())).unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(trust(&place, "install --system --sysroot system").0, 0);
    let (code, said) = trust(&place, "remove --system --sysroot system");
    assert_eq!(code, 0, "{said}");
    let heard = fs::read_to_string(place.path().join("heard")).unwrap();
    let ours: Vec<&str> = heard.lines().filter(|line| line.contains("/bulla-")).collect();
    assert!(ours.len() == 2 && ours[0].starts_with('+') && ours[1].starts_with('-'), "{heard}");
    assert_eq!(ours[0][1..], ours[1][1..]);
}

#[test]
fn a_bundle_that_cannot_be_made_leaves_no_file() {
    if !has("update-ca-certificates") {
        return;
    }
    let place = place();
    let system = system(&place);
    fs::remove_dir_all(system.join("etc/ssl/certs")).unwrap();
    let (code, said) = trust(&place, "install --system --sysroot system");
    assert_eq!(code, 1);
    let problem = "  ✗ system in system: not installed: update-ca-certificates failed: ";
    assert!(said.contains(problem), "{said}");
    assert_eq!(fs::read_dir(system.join("usr/local/share/ca-certificates")).unwrap().count(), 0);
}

fn certutil(folder: &Path, arguments: &[&str]) -> String {
    let database = format!("sql:{}", folder.display());
    let output = Command::new("certutil").args(arguments).args(["-d", &database]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn a_database_gets_the_root_and_gives_it_back() {
    if !has("certutil") {
        return;
    }
    let place = place();
    let (code, said) = trust(&place, "status --nss nss");
    assert_eq!(code, 1);
    assert!(!place.path().join("nss").exists(), "looking makes nothing: {said}");
    let (code, said) = trust(&place, "install --nss nss");
    assert_eq!(code, 0, "{said}");
    told("trust-nss-installed", &place, &said);
    let folder = place.path().join("nss");
    let theirs = place.file("theirs.pem", Authority::new().pem());
    certutil(&folder, &["-A", "-a", "-n", "theirs", "-t", "C,,", "-i", theirs.to_str().unwrap()]);
    let listed = certutil(&folder, &["-L"]);
    assert!(listed.contains("bulla local authority root") && listed.contains("C,,"), "{listed}");
    let (code, said) = trust(&place, "install --nss nss");
    assert_eq!((code, certutil(&folder, &["-L"])), (0, listed), "once more changes nothing: {said}");
    told("trust-nss-again", &place, &said);
    assert_eq!(trust(&place, "status --nss nss").0, 0);
    let (code, said) = trust(&place, "remove --nss nss");
    assert_eq!(code, 0, "{said}");
    told("trust-nss-removed", &place, &said);
    let listed = certutil(&folder, &["-L"]);
    assert!(listed.contains("theirs") && !listed.contains("bulla"), "{listed}");
    assert_eq!(trust(&place, "remove --nss nss").0, 0);
    assert_eq!(trust(&place, "status --nss nss").0, 1);
}

#[test]
fn a_root_without_trust_is_found_by_what_it_is() {
    if !has("certutil") {
        return;
    }
    let place = place();
    assert_eq!(trust(&place, "install --nss nss").0, 0);
    assert_eq!(trust(&place, "remove --nss nss").0, 0);
    let folder = place.path().join("nss");
    let ours = house::up::root(&place);
    certutil(&folder, &["-A", "-a", "-n", "by hand", "-t", ",,", "-i", ours.to_str().unwrap()]);
    let (code, said) = trust(&place, "status --nss nss");
    assert!(code == 1 && said.contains("\"by hand\" is there, but not trusted for servers"), "{said}");
    assert_eq!(trust(&place, "install --nss nss").0, 0);
    let listed = certutil(&folder, &["-L"]);
    assert!(listed.contains("by hand") && listed.contains("C,,") && !listed.contains("bulla"), "{listed}");
    assert_eq!(trust(&place, "remove --nss nss").0, 0);
    assert!(!certutil(&folder, &["-L"]).contains("by hand"));
}

#[test]
fn a_database_with_a_password_is_told() {
    if !has("certutil") {
        return;
    }
    let place = place();
    let folder = place.path().join("nss");
    fs::create_dir(&folder).unwrap();
    let password = place.file("password", "a long password\n");
    certutil(&folder, &["-N", "-f", password.to_str().unwrap()]);
    let (code, said) = trust(&place, "install --nss nss");
    assert_eq!(code, 1);
    told("trust-nss-password", &place, &said);
}

#[test]
fn browsers_of_this_user_are_found() {
    if !has("certutil") {
        return;
    }
    let place = place();
    for folder in [
        ".pki/nssdb",
        ".mozilla/firefox/abc.default-release",
        "snap/firefox/common/.mozilla/firefox/def.default",
    ] {
        let folder = place.path().join(folder);
        fs::create_dir_all(&folder).unwrap();
        certutil(&folder, &["-N", "--empty-password"]);
    }
    fs::create_dir_all(place.path().join(".mozilla/firefox/Crash Reports")).unwrap();
    let (code, said) = trust(&place, "status");
    assert_eq!(code, 1);
    let lines: Vec<&str> = said.lines().skip(2).collect();
    assert_eq!(lines.len(), 4, "the system, Chromium, two profiles: {said}");
    assert!(lines[0].starts_with("  ✗ system: "), "{said}");
    assert!(
        lines[1].starts_with("  ✗ Chromium in ") && lines[1].contains("/.pki/nssdb: not trusted"),
        "{said}"
    );
    assert!(lines[2..].iter().all(|line| line.starts_with("  ✗ Firefox in ")), "{said}");
}

#[test]
fn what_cannot_be_done_is_told() {
    let place = place();
    // The surroundings of these tests have no PATH; administrators' programs are found without it.
    if !Path::new("/usr/sbin/certutil").exists() {
        let without_programs = place.run("trust install --nss nss");
        assert_eq!(without_programs.status.code(), Some(1));
        told("trust-no-certutil", &place, &text(&without_programs.stdout));
    }
    let (_, said) = trust(&place, "status");
    let left_out: Vec<&str> = said.lines().filter(|line| line.contains('–')).collect();
    told("trust-no-browsers", &place, &left_out.join("\n"));
    let empty = Place::new();
    let authority = Authority::new();
    empty.file("words.pem", "just words");
    empty.file("several.pem", authority.pem() + &authority.pem());
    empty.file("leaf.pem", authority.issue((-1, 90)).0);
    for (name, arguments) in [
        ("trust-no-authority", "trust status --system"),
        ("trust-no-file", "trust status --certificate nowhere.pem"),
        ("trust-no-certificate", "trust status --certificate words.pem"),
        ("trust-several", "trust status --certificate several.pem"),
        ("trust-no-root", "trust status --certificate leaf.pem"),
    ] {
        let output = empty.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{name}");
        told(name, &empty, text(&output.stderr).trim_end());
    }
}

#[test]
fn help_is_kept_as_it_reads() {
    let place = Place::new();
    for (name, arguments) in [("help-trust", "trust --help"), ("help-trust-install", "trust install --help")]
    {
        told(name, &place, &text(&place.run(arguments).stdout));
    }
}
