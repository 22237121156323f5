//! `bulla up` as a running process, and a visitor.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::{Place, text};

/// A running server, ended with the test.
pub(crate) struct Up {
    pub(crate) child: Child,
    said: String,
    /// What it writes on standard output and standard error, apart from the welcome.
    log: Option<JoinHandle<String>>,
    errors: Option<JoinHandle<String>>,
}

impl Up {
    /// Starts `bulla up` on ports of the system's choice, with these further arguments.
    pub(crate) fn start(place: &Place, arguments: &str) -> Self {
        Self::start_at(place, "127.0.0.1:0", arguments)
    }

    /// As [`start`](Self::start), listening here.
    pub(crate) fn start_at(place: &Place, listen: &str, arguments: &str) -> Self {
        let mut child = place
            .bulla(&format!("up --listen {listen} --redirect 0 {arguments}"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut said, mut out) = (String::new(), BufReader::new(child.stdout.take().unwrap()));
        let mut errors = BufReader::new(child.stderr.take().unwrap());
        // Where standard output is for JSON alone, the welcome is a line of the log on standard error.
        let json = arguments.contains("--json-log");
        while !said.contains(if json { "\"serving " } else { "Ctrl-C" }) {
            let read = if json { errors.read_line(&mut said) } else { out.read_line(&mut said) };
            assert_ne!(read.unwrap(), 0, "it ended early: {said}");
        }
        Self { child, said, log: Some(keep(out)), errors: Some(keep(errors)) }
    }

    /// Its welcome.
    pub(crate) fn said(&self) -> &str {
        &self.said
    }

    pub(crate) fn port_of(&self, scheme: &str) -> u16 {
        let (_, after) = self.said.split_once(&format!("{scheme}://localhost:")).unwrap();
        after.split(|character: char| !character.is_ascii_digit()).next().unwrap().parse().unwrap()
    }

    pub(crate) fn https(&self) -> u16 {
        self.port_of("https")
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.child.id())]).status();
        assert!(sent.unwrap().success());
    }

    /// Its exit code and what it said on standard error, within ten seconds.
    pub(crate) fn end(self) -> (i32, String) {
        let (code, said, _) = self.end_with_log();
        (code, said)
    }

    /// As [`end`](Self::end), and what it said on standard output after its welcome.
    pub(crate) fn end_with_log(mut self) -> (i32, String, String) {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                let [said, log] =
                    [&mut self.errors, &mut self.log].map(|text| text.take().unwrap().join().unwrap());
                return (status.code().unwrap(), said, log);
            }
            assert!(Instant::now() < deadline, "it does not stop");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Reads to the end beside the test, so that no writer has to wait.
fn keep(mut from: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut text = String::new();
        let _ = from.read_to_string(&mut text);
        text
    })
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn root(place: &Place) -> PathBuf {
    place.path().join(".local/share/bulla/authority/root.pem")
}

/// A rustls client that trusts the root of this place, connected over HTTP/1.1.
pub(crate) fn visit(place: &Place, up: &Up) -> StreamOwned<ClientConnection, TcpStream> {
    visit_trusting(&root(place), up)
}

/// As [`visit`], trusting the root in this file.
pub(crate) fn visit_trusting(root: &Path, up: &Up) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(root).unwrap()).unwrap();
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let name = ServerName::try_from("localhost").unwrap();
    let client = ClientConnection::new(Arc::new(config), name).unwrap();
    let stream = TcpStream::connect(("127.0.0.1", up.https())).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    StreamOwned::new(client, stream)
}

/// Asks for a path and gives the header, in lower case, and the body.
pub(crate) fn ask(
    stream: &mut (impl Read + Write),
    method: &str,
    path: &str,
    host: &str,
) -> (String, String) {
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = text(&answer);
    let (header, body) = answer.split_once("\r\n\r\n").unwrap();
    (header.to_ascii_lowercase(), body.to_owned())
}
