//! Looking at real servers: rustls as the peer, and ports that speak something else.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use bulla_crypto::private_key::PrivateKey;
use bulla_crypto::signature::KeyKind;
use bulla_inspect::connect::Check;
use bulla_inspect::cue::Identity;
use bulla_inspect::fault::ConnectError;
use bulla_inspect::report::Report;
use bulla_x509::build::{CertificateTemplate, Issuer, Name, Subject, SubjectPublicKey};
use bulla_x509::certificate::{Certificate, KeyPurpose};
use bulla_x509::trust::TrustAnchors;
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};

/// 2026-11-22 07:18:33 UTC.
const NOW: u64 = 1_795_331_913;
const DAY: u64 = 86_400;

fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

/// A root, and one certificate from it as the template says.
struct House {
    anchors: TrustAnchors,
    leaf: CertificateDer<'static>,
    key: PrivateKey,
}

impl House {
    fn new(change: impl FnOnce(&mut CertificateTemplate)) -> Self {
        let root_key = PrivateKey::generate(KeyKind::EcP256).unwrap();
        let mut root = CertificateTemplate::authority(Subject::new().common_name("Test root"), None);
        (root.not_before, root.not_after) = (at(NOW - 10 * DAY), at(NOW + 1000 * DAY));
        let root = root.self_signed(&root_key).unwrap();
        let key = PrivateKey::generate(KeyKind::EcP256).unwrap();
        let mut leaf = CertificateTemplate::server(vec![Name::Dns("localhost".into())]);
        (leaf.not_before, leaf.not_after) = (at(NOW - DAY), at(NOW + 90 * DAY));
        leaf.serial = vec![7; 16];
        change(&mut leaf);
        let parsed = Certificate::parse(&root).unwrap();
        let issuer = Issuer::new(&parsed, &root_key).unwrap();
        let leaf = leaf.issue(&issuer, &SubjectPublicKey::of(&key).unwrap()).unwrap();
        let mut anchors = TrustAnchors::new();
        anchors.add_certificate(&root).unwrap();
        Self { anchors, leaf, key }
    }

    /// A rustls server with this certificate, for one connection.
    fn serve(&self) -> SocketAddr {
        let der = self.key.to_pkcs8().unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(der.to_vec()));
        let mut config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![self.leaf.clone()], key)
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let config = Arc::new(config);
        answering(move |mut stream| {
            let mut connection = rustls::ServerConnection::new(config).unwrap();
            // The client takes leave, or refuses: either ends the loop.
            while connection.complete_io(&mut stream).is_ok_and(|(read, _)| read > 0) {}
        })
    }

    fn check(&self, name: &str, address: SocketAddr) -> Check {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let mut check = Check::new(name, 8443, self.anchors.clone(), Identity::Private);
        check.connect_host = Some(address.ip().to_string());
        check.connect_port = Some(address.port());
        check.alpn = vec![b"h2".to_vec()];
        check
    }
}

/// A port where one connection is answered so.
fn answering(answer: impl FnOnce(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || answer(listener.accept().unwrap().0));
    address
}

fn run(check: &Check) -> Result<Report, ConnectError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(check.run(at(NOW)))
}

fn judged(change: impl FnOnce(&mut CertificateTemplate), name: &str) -> Report {
    let house = House::new(change);
    run(&house.check(name, house.serve())).unwrap()
}

fn rule(report: &Report) -> Option<(&str, Option<usize>)> {
    report.reason.rule.as_deref().map(|rule| (rule, report.reason.link))
}

#[test]
fn a_good_server_is_trusted_and_its_connection_told() {
    let report = judged(|_| {}, "localhost");
    assert!(report.trusted, "{:?}", report.reason);
    assert_eq!(report.host, "localhost");
    let connection = &report.connection;
    assert_eq!(connection.version, "TLS 1.3");
    assert_eq!(connection.group, "X25519MLKEM768");
    assert!(connection.post_quantum);
    assert_eq!(connection.alpn.as_deref(), Some("h2"));
    assert_eq!(connection.signature, "ecdsa_secp256r1_sha256");
    assert_eq!(connection.server_name.as_deref(), Some("localhost"));
    assert_eq!(report.chain.len(), 2);
    assert_eq!((report.chain[0].sent_as, report.chain[1].sent_as), (Some(0), None));
}

#[test]
fn a_root_in_the_systems_store_is_public_only_if_mozilla_knows_it() {
    let house = House::new(|_| {});
    let mut check = house.check("localhost", house.serve());
    check.identity = Identity::Domain;
    let report = run(&check).unwrap();
    assert_eq!(report.identity, Some(Identity::System));
    assert!(report.reason.text.ends_with("a root that this system trusts, not one of Mozilla's."));
}

#[test]
fn faults_are_named_with_their_link_and_the_connection_is_told_all_the_same() {
    let expired = judged(|leaf| leaf.not_after = at(NOW - 3600), "localhost");
    assert_eq!(rule(&expired), Some(("expired", Some(0))));
    assert_eq!(expired.connection.suite, "TLS_AES_128_GCM_SHA256");
    assert_eq!(expired.connection.group, "X25519MLKEM768");
    assert_eq!(expired.cue.modern.warning.unwrap().chromium, "NET::ERR_CERT_DATE_INVALID");

    assert_eq!(
        rule(&judged(|leaf| leaf.not_before = at(NOW + 3600), "localhost")),
        Some(("not-yet-valid", Some(0)))
    );
    assert_eq!(rule(&judged(|_| {}, "other.test")), Some(("wrong-name", Some(0))));
    let client_only = judged(|leaf| leaf.purposes = vec![KeyPurpose::ClientAuth], "localhost");
    assert_eq!(rule(&client_only), Some(("wrong-purpose", Some(0))));
}

#[test]
fn a_root_that_is_not_trusted_is_named() {
    let house = House::new(|_| {});
    let mut check = house.check("localhost", house.serve());
    check.anchors = House::new(|_| {}).anchors;
    let report = run(&check).unwrap();
    assert!(!report.trusted);
    assert!(matches!(rule(&report), Some(("bad-signature" | "unknown-authority", _))), "{:?}", report.reason);
}

fn problem(address: SocketAddr, limit: Duration) -> (String, String) {
    let house = House::new(|_| {});
    let mut check = house.check("localhost", address);
    check.time_limit = limit;
    let error = run(&check).unwrap_err();
    (error.to_string().replace(&address.to_string(), "ADDRESS"), error.mend())
}

const SOON: Duration = Duration::from_secs(5);

#[test]
fn what_is_no_tls_server_is_named() {
    let mut told = Vec::new();
    for words in [
        "SSH-2.0-OpenSSH_9.2p1 Debian\r\n",
        "220 mail.example ESMTP Postfix\r\n",
        "+OK POP3 ready\r\n",
        "* OK IMAP4rev1 ready\r\n",
        "HTTP/1.1 400 Bad Request\r\n\r\n",
        "\u{1b}[2Jhello",
    ] {
        let address = answering(move |mut stream| {
            stream.write_all(words.as_bytes()).unwrap();
            let _ = stream.read_to_end(&mut Vec::new());
        });
        told.push(problem(address, SOON));
    }
    insta::assert_debug_snapshot!(told);
}

#[test]
fn silence_refusal_and_a_closed_door_are_told_apart() {
    let silent = answering(|mut stream| {
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let closing = answering(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
    });
    let refusing = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let alerting = answering(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        stream.write_all(&[21, 3, 3, 0, 2, 2, 70]).unwrap();
    });
    let told = [
        problem(silent, Duration::from_secs(1)),
        problem(closing, SOON),
        problem(refusing, SOON),
        problem(alerting, SOON),
    ];
    insta::assert_debug_snapshot!(told);
}

#[test]
fn a_name_without_an_address_is_told() {
    let house = House::new(|_| {});
    let name = ServerName::try_from("no-such-host.invalid").unwrap();
    let check = Check::new(name, 443, house.anchors, Identity::Private);
    let error = run(&check).unwrap_err();
    let (no_address, no_answer) =
        ("no-such-host.invalid leads to no address: ", "no-such-host.invalid was not found within ");
    let said = error.to_string();
    assert!(said.starts_with(no_address) || said.starts_with(no_answer), "{said}");
}
