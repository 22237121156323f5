//! `bulla up` with a folder and with a backend: what it says, what it serves, what it logs.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod house;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use house::up::{Up, ask, visit};
use house::{Place, text};
use serde_json::Value;

#[test]
fn a_folder_is_served_and_logged() {
    let place = Place::new();
    std::fs::create_dir(place.path().join("public")).unwrap();
    place.file("public/index.html", "<p>Front</p>");
    place.file("public/.env", "secret");
    let up = Up::start(&place, "--root public");
    let (header, body) = ask(&mut visit(&place, &up), "GET", "/?token=hunter2", "localhost");
    assert!(header.starts_with("http/1.1 200"), "{header}");
    assert_eq!(body, "<p>Front</p>");
    assert!(ask(&mut visit(&place, &up), "GET", "/.env", "localhost").0.starts_with("http/1.1 404"));
    assert!(ask(&mut visit(&place, &up), "GET", "/.bulla/", "localhost").1.contains("TLS 1.3"));
    up.signal("INT");
    let (code, said, log) = up.end_with_log();
    assert_eq!(code, 0, "{said}");
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines.len(), 3, "{log}");
    assert!(lines[0].contains(" GET https://localhost/ HTTP/1.1 200 12 "), "{log}");
    assert!(lines[1].contains(" GET https://localhost/.env HTTP/1.1 404 "), "{log}");
    assert!(!log.contains("hunter2"), "{log}");
}

#[test]
fn a_backend_is_served_and_logged_as_json() {
    let backend = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = backend.local_addr().unwrap();
    let told = std::thread::spawn(move || {
        let (mut stream, _) = backend.accept().unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            request.push(byte[0]);
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello").unwrap();
        text(&request).to_ascii_lowercase()
    });
    let place = Place::new();
    let up = Up::start(&place, &format!("--json-log --proxy http://{address}"));
    let (header, body) = ask(&mut visit(&place, &up), "GET", "/\u{202e}a?b", "localhost");
    assert!(header.starts_with("http/1.1 200"), "{header}");
    assert_eq!(body, "hello");
    let request = told.join().unwrap();
    assert!(request.contains("\r\nx-forwarded-for: 127.0.0.1\r\n"), "{request}");
    assert!(request.contains("\r\nx-forwarded-proto: https\r\n"), "{request}");
    let (header, _) = ask(&mut visit(&place, &up), "GET", "/", "localhost");
    assert!(header.starts_with("http/1.1 502"), "{header}");
    up.signal("INT");
    let (_, said, log) = up.end_with_log();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "nothing but the log is on standard output: {log}");
    assert_eq!((&lines[0]["path"], &lines[0]["bytes"]), (&"/\\u{202e}a".into(), &5.into()));
    assert_eq!(lines[0]["tls"]["version"], "TLS 1.3");
    assert_eq!(lines[1]["status"], 502);
    let told: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(told.len(), 3, "nothing but JSON is on standard error: {said}");
    let warning = &told[0];
    let reason =
        format!("the backend http://{address} did not answer GET /: Connection refused (os error 111)");
    assert_eq!((&warning["level"], &warning["message"]), (&"WARN".into(), &reason.into()));
    assert_eq!(told[2]["message"], "Stopped.");
}
