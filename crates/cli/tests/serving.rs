//! `bulla up` from outside: judged by `bulla check`, visited by rustls, stopped by signals.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod house;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use house::up::{Up, ask, root, visit};
use house::{Authority, Place, text};
use serde_json::Value;

fn document(place: &Place, arguments: &str) -> (i32, Value) {
    let output = place.run(arguments);
    let document =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
    (output.status.code().unwrap(), document)
}

#[test]
fn our_own_check_trusts_our_own_server() {
    let place = Place::new();
    let up = Up::start(&place, "--name bücher.test");
    let (code, report) = document(&place, &format!("check localhost:{} --local --json", up.https()));
    assert_eq!((code, &report["trusted"]), (0, &Value::Bool(true)), "{report}");
    assert_eq!(report["schema"], "bulla.report/1");
    assert_eq!(report["connection"]["version"], "TLS 1.3");
    assert_eq!(report["connection"]["group"], "X25519MLKEM768");
    assert_eq!(report["connection"]["alpn"], "h2");
    assert_eq!(report["chain"].as_array().unwrap().len(), 3);
    for host in ["127.0.0.1", "bücher.test"] {
        let output = place.run(&format!("check {host}:{} --connect 127.0.0.1 --local", up.https()));
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    }
}

#[test]
fn both_ends_keep_the_same_key_log_for_its_owner_alone() {
    let place = Place::new();
    let up = Up::start(&place, "--key-log server.keys");
    let output =
        place.run(&format!("check localhost:{} --local --key-log client.keys --timeout 60", up.https()));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stderr).starts_with("--key-log: "), "{}", text(&output.stderr));
    let lines = |name| {
        let path = place.path().join(name);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let mut lines: Vec<_> = std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let (ours, theirs) = (lines("client.keys"), lines("server.keys"));
    assert_eq!(ours.len(), 5, "{ours:?}");
    assert_eq!(ours, theirs);
    drop(up);
}

#[test]
fn a_check_that_does_not_trust_says_which_link_and_why() {
    let place = Place::new();
    let up = Up::start(&place, "");
    let (code, report) = document(&place, &format!("check localhost:{} --mozilla --json", up.https()));
    assert_eq!(code, 1);
    assert_eq!(report["reason"]["rule"], "unknown-authority");
    assert_eq!(report["cue"]["modern"]["warning"]["chromium"], "NET::ERR_CERT_AUTHORITY_INVALID");
    let (code, report) =
        document(&place, &format!("check other.test:{} --connect 127.0.0.1 --local --json", up.https()));
    assert_eq!((code, &report["reason"]["rule"]), (1, &Value::from("wrong-name")));
    assert_eq!(report["reason"]["link"], 0);
    let output = place.run(&format!("check localhost:{} --mozilla", up.https()));
    assert!(text(&output.stdout).contains("✗ unknown-authority"), "{}", text(&output.stdout));
}

#[test]
fn a_failure_to_connect_is_a_document_too() {
    let place = Place::new();
    let (code, failure) = document(&place, "check 127.0.0.1:1 --mozilla --json");
    assert_eq!(
        (code, &failure["schema"], &failure["kind"]),
        (2, &"bulla.failure/1".into(), &"refused".into())
    );
}

#[test]
fn the_page_tells_a_foreign_client_its_own_connection() {
    let place = Place::new();
    let up = Up::start(&place, "");
    let (header, page) = ask(&mut visit(&place, &up), "GET", "/", "localhost");
    assert!(header.starts_with("http/1.1 200"), "{header}");
    for fact in ["TLS 1.3", "HTTP/1.1", "bulla local authority", "127.0.0.1"] {
        assert!(page.contains(fact), "{fact} is not on the page");
    }
    let mut stream = visit(&place, &up);
    let (_, body) = ask(&mut stream, "GET", "/connection.json", "localhost");
    let report: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(report["trusted"], true);
    let group = stream.conn.negotiated_key_exchange_group().unwrap().name();
    let suite = stream.conn.negotiated_cipher_suite().unwrap().suite();
    assert_eq!(report["connection"]["group"].as_str(), Some(format!("{group:?}").as_str()));
    let spoken = format!("{suite:?}").replacen("TLS13_", "TLS_", 1);
    assert_eq!(report["connection"]["suite"], spoken);
    let address = stream.sock.local_addr().unwrap().to_string();
    assert_eq!(report["connection"]["peer"], address);
}

#[test]
fn an_address_is_its_own_name_on_a_port_for_both_kinds() {
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        return eprintln!("passed over: this machine has no IPv6");
    }
    let place = Place::new();
    let up = Up::start_at(&place, "[::]:0", "");
    for address in ["127.0.0.1", "[::1]"] {
        let url = format!("{address}:{}", up.https());
        let (code, report) = document(&place, &format!("check {url} --local --json"));
        assert_eq!(code, 0, "{report}");
    }
    let mut stream = TcpStream::connect(("127.0.0.1", up.port_of("http"))).unwrap();
    let (header, _) = ask(&mut stream, "GET", "/", "127.0.0.1");
    assert!(header.contains(&format!("location: https://127.0.0.1:{}/", up.https())), "{header}");
    let (_, body) = ask(&mut visit(&place, &up), "GET", "/connection.json", "localhost");
    let report: Value = serde_json::from_str(&body).unwrap();
    assert!(report["connection"]["peer"].as_str().unwrap().starts_with("127.0.0.1:"), "{report}");
}

#[test]
fn the_policy_of_the_page_allows_its_own_style_alone() {
    let place = Place::new();
    let up = Up::start(&place, "");
    let mut stream = visit(&place, &up);
    let raw = {
        write!(stream, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        text(&answer)
    };
    let style = raw.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let digest = bulla_crypto::hash::HashAlgorithm::Sha256.hash(style.as_bytes());
    let (_, policy) = raw.split_once("content-security-policy: ").unwrap();
    let allowed = policy.split_once("'sha256-").unwrap().1.split_once('\'').unwrap().0;
    assert_eq!(allowed, data_encoding::BASE64.encode(digest.as_ref()));
    assert!(policy.starts_with("default-src 'none'; "));
    assert!(!raw.contains("<script") && !raw.contains(" style=\"") && !raw.contains(" onload="));
}

#[test]
fn other_paths_and_methods_are_turned_away() {
    let place = Place::new();
    let up = Up::start(&place, "");
    let status = |method, path| {
        let (header, _) = ask(&mut visit(&place, &up), method, path, "localhost");
        header.lines().next().unwrap().to_owned()
    };
    assert_eq!(status("GET", "/../etc/passwd"), "http/1.1 404 not found");
    assert_eq!(status("POST", "/"), "http/1.1 405 method not allowed");
    assert_eq!(status("GET", "/seal.svg"), "http/1.1 200 ok");
}

#[test]
fn plain_http_is_led_to_https() {
    let place = Place::new();
    let up = Up::start(&place, "");
    let at = ("127.0.0.1", up.port_of("http"));
    let (header, _) = ask(&mut TcpStream::connect(at).unwrap(), "GET", "/a?b", "localhost:1234");
    assert!(header.starts_with("http/1.1 308"), "{header}");
    assert!(header.contains(&format!("location: https://localhost:{}/a?b", up.https())), "{header}");
    let (header, _) = ask(&mut TcpStream::connect(at).unwrap(), "GET", "/", "evil.test");
    assert!(header.starts_with("http/1.1 421") && !header.contains("\nlocation:"), "{header}");
}

#[test]
fn the_first_signal_lets_requests_finish() {
    let place = Place::new();
    let up = Up::start(&place, "");
    let mut idle = visit(&place, &up);
    write!(idle, "GET /seal.svg HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    assert!(idle.read(&mut [0; 4096]).unwrap() > 0);
    let mut under_way = visit(&place, &up);
    write!(under_way, "GET /seal.svg HTTP/1.1\r\nHost: local").unwrap();
    under_way.flush().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    up.signal("INT");
    let mut rest = Vec::new();
    idle.read_to_end(&mut rest).expect("an idle connection ends with close_notify");
    write!(under_way, "host\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    under_way.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", text(&answer));
    let (code, said) = up.end();
    assert_eq!(code, 0);
    assert!(said.contains("Stopping") && said.contains("Stopped."), "{said}");
}

#[test]
fn the_second_signal_stops_at_once() {
    let place = Place::new();
    let up = Up::start(&place, "");
    let mut under_way = visit(&place, &up);
    write!(under_way, "GET / HTTP/1.1\r\nHost: local").unwrap();
    under_way.flush().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    up.signal("TERM");
    std::thread::sleep(Duration::from_millis(100));
    let asked = Instant::now();
    up.signal("INT");
    let (code, said) = up.end();
    assert!(asked.elapsed() < Duration::from_secs(5));
    assert_eq!(code, 0);
    assert!(said.contains("one connection was cut"), "{said}");
}

#[test]
fn a_data_folder_serves_one_process() {
    let place = Place::new();
    let up = Up::start(&place, "");
    let output = place.run("up --listen 0 --no-redirect");
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr).replace(&place.path().display().to_string(), "[PLACE]");
    let said = said.replace(&up.child.id().to_string(), "[NUMBER]");
    insta::assert_snapshot!(said);
}

#[test]
fn the_root_stays_until_a_new_one_is_asked_for() {
    let place = Place::new();
    drop(Up::start(&place, "--name shop.test"));
    let first = std::fs::read(root(&place)).unwrap();
    drop(Up::start(&place, ""));
    assert_eq!(std::fs::read(root(&place)).unwrap(), first);
    let output = place.run("up --listen 0 --no-redirect --name other.test");
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr).replace(&place.path().display().to_string(), "[PLACE]");
    insta::assert_snapshot!(said);
    assert_eq!(std::fs::read(root(&place)).unwrap(), first);
    drop(Up::start(&place, "--new-root --name other.test"));
    assert_ne!(std::fs::read(root(&place)).unwrap(), first);
}

#[test]
fn keys_are_readable_by_their_owner_alone() {
    let place = Place::new();
    drop(Up::start(&place, ""));
    let mut keys = 0;
    let mut folders = vec![place.path().join(".local/share/bulla")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else if std::fs::read(entry.path()).unwrap().windows(11).any(|word| word == b"PRIVATE KEY") {
                keys += 1;
                assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", entry.path());
            }
        }
    }
    assert_eq!(keys, 3, "root, intermediate and server");
}

#[test]
fn a_certificate_from_elsewhere_is_served() {
    let place = Place::new();
    let authority = Authority::new();
    let (leaf, key) = authority.issue((-1, 90));
    place.file("chain.pem", format!("{leaf}{}", authority.pem()));
    place.file("key.pem", key);
    place.file("ca.pem", authority.pem());
    let up = Up::start(&place, "--certificate chain.pem --key key.pem");
    let (code, report) = document(&place, &format!("check localhost:{} --ca ca.pem --json", up.https()));
    assert_eq!((code, &report["trusted"]), (0, &Value::Bool(true)), "{report}");
    assert!(!place.path().join(".local").exists(), "no authority is made");
}
