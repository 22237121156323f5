//! The key log: for the same handshake both implementations write the same lines (RFC 9850).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bulla_testkit::authority;
use bulla_tls::KeyLog;

use super::link::{Link, rustls_client, rustls_server};

/// The labels of TLS 1.3 without early data (RFC 9850 section 2.1).
const LABELS: [&str; 5] = [
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    "CLIENT_TRAFFIC_SECRET_0",
    "EXPORTER_SECRET",
    "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    "SERVER_TRAFFIC_SECRET_0",
];

type Lines = BTreeMap<String, (Vec<u8>, Vec<u8>)>;

/// What rustls was told, by label.
#[derive(Debug, Default)]
struct Theirs(Mutex<Lines>);

impl rustls::KeyLog for Theirs {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        self.0.lock().unwrap().insert(label.to_owned(), (client_random.to_vec(), secret.to_vec()));
    }
}

/// A log, and what is written to it.
fn ours() -> (KeyLog, Arc<Mutex<Lines>>) {
    let lines = Arc::new(Mutex::new(Lines::new()));
    let log = KeyLog::from_fn({
        let lines = Arc::clone(&lines);
        move |secret| {
            let told = (secret.client_random.to_vec(), secret.secret.to_vec());
            assert!(lines.lock().unwrap().insert(secret.label.to_owned(), told).is_none());
        }
    });
    (log, lines)
}

#[test]
fn both_write_the_same_lines() {
    let (log, told) = ours();
    let mut client = authority::shared().client_config();
    client.key_log = Some(log);
    let theirs = Arc::new(Theirs::default());
    let mut server = rustls_server();
    server.key_log = Arc::clone(&theirs) as Arc<dyn rustls::KeyLog>;
    Link::to_server(client, server).assert_works();
    assert_eq!(told.lock().unwrap().keys().map(String::as_str).collect::<Vec<_>>(), LABELS);
    assert_eq!(*told.lock().unwrap(), *theirs.0.lock().unwrap());

    let (log, told) = ours();
    let mut server = authority::shared().server_config();
    server.key_log = Some(log);
    let theirs = Arc::new(Theirs::default());
    let mut client = rustls_client();
    client.key_log = Arc::clone(&theirs) as Arc<dyn rustls::KeyLog>;
    Link::to_client(server, client).assert_works();
    assert_eq!(told.lock().unwrap().keys().map(String::as_str).collect::<Vec<_>>(), LABELS);
    assert_eq!(*told.lock().unwrap(), *theirs.0.lock().unwrap());
}
