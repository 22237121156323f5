//! The words for each bad input: one line with its mend, an exit code that is not 0, nothing left behind.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod house;

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::thread;

use bulla_ca::Names;
use bulla_crypto::random::Source;
use bulla_store::DataFolder;
use house::{Authority, Place, text};

/// Runs the binary, and gives its exit code and what it complained of, without what differs from run to run.
fn complaint(place: &Place, arguments: &str) -> String {
    let output = place.run(arguments);
    assert_eq!(text(&output.stdout), "", "nothing but the complaint");
    let code = output.status.code().unwrap();
    assert_ne!(code, 0);
    let said = text(&output.stderr).replace(&place.path().display().to_string(), "[PLACE]");
    assert_eq!(said.lines().count(), 1, "one line: {said}");
    format!("exit {code}\n{}", said.trim_end())
}

/// Snapshots with ports, processes and times replaced.
fn told(name: &str, said: &str) {
    insta::with_settings!({filters => vec![
        (r"(127\.0\.0\.1|localhost):\d{4,5}", "$1:[PORT]"),
        (r"by \S+ \(process \d+\)", "by [NAME] (process [NUMBER])"),
        (r"leads to no address: [^;]+;", "leads to no address: [SYSTEM'S WORDS];"),
        (r"in use by process \d+", "in use by process [NUMBER]"),
        (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?", "[TIME]"),
        (r"\d+ (days?|hours?|minutes?|seconds?)( and \d+ (hours?|minutes?|seconds?))?", "[SPAN]"),
    ], prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!(name, said);
    });
}

#[test]
fn a_taken_port() {
    let place = Place::new();
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap();
    told("port-taken", &complaint(&place, &format!("up --listen {address}")));
    told("redirect-port-taken", &complaint(&place, &format!("up --listen 0 --redirect {address}")));
    assert!(!place.path().join(".local").exists(), "nothing is made when a port is taken");
}

#[test]
fn an_address_of_another_machine() {
    told("foreign-address", &complaint(&Place::new(), "up --listen 192.0.2.1:8443"));
}

#[test]
fn keys_and_certificates_that_cannot_be_used() {
    let place = Place::new();
    let authority = Authority::new();
    let (leaf, key) = authority.issue((-1, 90));
    let (_, other_key) = authority.issue((-1, 90));
    let chain = format!("{leaf}{}", authority.pem());
    place.file("chain.pem", &chain);
    place.file("key.pem", &key);
    place.file("other.pem", other_key);
    place.file("leaf.pem", &leaf);
    place.file("broken.pem", chain.replacen("MII", "M!I", 1));
    place.file("cut.pem", &chain[..400]);
    place.file("empty.pem", "");
    place.file("encrypted.pem", key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"));
    let old_style = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n\
                     -----END RSA PRIVATE KEY-----\n";
    place.file("encrypted-old.pem", old_style);
    fs::create_dir(place.path().join("folder")).unwrap();
    for (name, chain, key) in [
        ("no-such-file", "nowhere.pem", "key.pem"),
        ("no-such-key", "chain.pem", "nowhere.pem"),
        ("a-folder", "folder", "key.pem"),
        ("another-key", "chain.pem", "other.pem"),
        ("swapped", "key.pem", "chain.pem"),
        ("broken-pem", "broken.pem", "key.pem"),
        ("cut-pem", "cut.pem", "key.pem"),
        ("empty-file", "empty.pem", "key.pem"),
        ("encrypted-key", "chain.pem", "encrypted.pem"),
        ("encrypted-key-old-style", "chain.pem", "encrypted-old.pem"),
        // Readable by no one, not even by root.
        ("unreadable-key", "chain.pem", "/proc/self/mem"),
        ("unreadable-certificate", "/proc/self/mem", "key.pem"),
        ("missing-intermediate", "leaf.pem", "key.pem"),
    ] {
        let arguments = format!("up --listen 0 --no-redirect --certificate {chain} --key {key}");
        told(name, &complaint(&place, &arguments));
    }
}

#[test]
fn a_key_log_that_others_may_read() {
    let place = Place::new();
    place.file("keys", "");
    let others = fs::Permissions::from_mode(0o644);
    fs::set_permissions(place.path().join("keys"), others).unwrap();
    told("key-log-of-others", &complaint(&place, "up --listen 0 --no-redirect --key-log keys"));
}

#[test]
fn certificates_before_and_after_their_time() {
    let place = Place::new();
    let authority = Authority::new();
    for (name, days) in [("not-yet-valid", (2, 90)), ("expired", (-20, -2))] {
        let (leaf, key) = authority.issue(days);
        place.file("chain.pem", format!("{leaf}{}", authority.pem()));
        place.file("key.pem", key);
        told(name, &complaint(&place, "up --listen 0 --no-redirect --certificate chain.pem --key key.pem"));
    }
}

#[test]
fn a_clock_before_the_authority_was_made() {
    let place = Place::new();
    let folder = DataFolder::open(&place.path().join("data")).unwrap();
    let names = Names::parse(["shop.test"]).unwrap();
    bulla_ca::Authority::open_or_create(&folder, &names, house::day(9), &Source::system()).unwrap();
    drop(folder);
    told("clock-before-authority", &complaint(&place, "up --listen 0 --no-redirect --data data"));
}

#[test]
fn data_folders_that_cannot_be_used() {
    let place = Place::new();
    place.file("file", "not a folder");
    told("data-is-a-file", &complaint(&place, "up --listen 0 --no-redirect --data file"));
    told("data-not-writable", &complaint(&place, "up --listen 0 --no-redirect --data /proc/bulla"));
    fs::create_dir(place.path().join("others")).unwrap();
    place.file("others/letter", "someone's");
    told("data-of-others", &complaint(&place, "up --listen 0 --no-redirect --data others"));
}

#[test]
fn folders_and_backends_that_cannot_be_served() {
    let place = Place::new();
    place.file("file", "not a folder");
    told("root-missing", &complaint(&place, "up --listen 0 --no-redirect --root nowhere"));
    told("root-is-a-file", &complaint(&place, "up --listen 0 --no-redirect --root file"));
    assert!(!place.path().join(".local").exists(), "nothing is made when there is nothing to serve");
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    told(
        "proxy-itself",
        &complaint(
            &place,
            &format!("up --listen {free} --no-redirect --proxy http://localhost:{}", free.port()),
        ),
    );
    for (name, arguments) in [
        ("proxy-https", "up --proxy https://localhost:3000"),
        ("proxy-path", "up --proxy http://localhost:3000/app"),
        ("proxy-no-host", "up --proxy http://"),
        ("root-and-proxy", "up --root . --proxy http://localhost:3000"),
        ("dotfiles-alone", "up --dotfiles"),
    ] {
        let output = place.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{name}");
        let said = text(&output.stderr);
        told(name, said.split("\n\n").next().unwrap());
    }
}

#[test]
fn names_that_are_no_names() {
    let place = Place::new();
    for (name, text) in [
        ("name-space", "two\u{a0}words"),
        ("name-underscore", "under_score.test"),
        ("name-url", "https://shop.test/"),
        ("name-port", "shop.test:8443"),
        ("name-number", "256.0.0.1"),
        ("name-wildcard", "a.*.test"),
        ("name-escape", "a\u{1b}[2Jb"),
        ("name-bidi", "a\u{202e}b.test"),
    ] {
        let output = place.bulla("up").args(["--name", text]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}");
        let said = house::text(&output.stderr);
        assert!(!said.contains(['\u{1b}', '\u{202e}']), "{name} reached the terminal as it is");
        told(name, said.lines().next().unwrap());
    }
}

#[test]
fn names_to_check_that_are_no_names() {
    let place = Place::new();
    for (name, text) in [
        ("check-name-empty", ""),
        ("check-name-label", "a..test"),
        ("check-name-port", "shop.test:99999"),
        ("check-name-scheme", "http://shop.test/"),
        ("check-name-escape", "a\u{1b}[2Jb\u{202e}"),
    ] {
        let output = place.bulla("check").arg(text).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}");
        let said = house::text(&output.stderr);
        assert!(!said.contains(['\u{1b}', '\u{202e}']), "{name} reached the terminal as it is");
        told(name, said.lines().next().unwrap());
    }
}

#[test]
fn a_check_of_what_is_not_there() {
    let place = Place::new();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    told("check-refused", &complaint(&place, &format!("check {free}")));
    told("check-no-such-host", &complaint(&place, "check no-such-host.invalid"));
    told("check-no-authority", &complaint(&place, "check localhost --local"));
    told("check-no-ca-file", &complaint(&place, "check localhost --ca nowhere.pem"));
    place.file("words.pem", "just words");
    told("check-ca-without-certificate", &complaint(&place, "check localhost --ca words.pem"));
}

#[test]
fn a_check_of_a_server_that_speaks_ssh() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"SSH-2.0-Test_1.0\r\n").unwrap();
    });
    told("check-ssh", &complaint(&Place::new(), &format!("check {address} --mozilla")));
}

#[test]
fn help_is_kept_as_it_reads() {
    let place = Place::new();
    for (name, arguments) in [
        ("help", "--help"),
        ("help-up", "up --help"),
        ("help-check", "check --help"),
        ("help-completions", "completions --help"),
    ] {
        let output = place.run(arguments);
        assert!(output.status.success());
        let said = text(&output.stdout);
        assert!(said.lines().all(|line| line.chars().count() <= 100), "{said}");
        told(name, &said);
    }
}

#[test]
fn completions_are_written_for_each_shell() {
    let place = Place::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = place.run(&format!("completions {shell}"));
        assert!(output.status.success() && text(&output.stdout).contains("check"), "{shell}");
    }
}
