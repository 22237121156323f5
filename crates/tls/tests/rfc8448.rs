//! The narratives replay RFC 8448 sections 3, 5, 6 and 7: with the trace's hellos and ephemeral keys, all
//! secrets, both Finished and the exporter secret come out as published.
//!
//! The certificates of the traces have RSA keys of 1024 bits, and their private keys are not all published. So
//! a certificate of the testkit and a signature by its key are what each side judges, while its transcript
//! counts the trace's bytes; and the Certificate and CertificateVerify that it sends are the trace's.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a fixture that cannot be made fails its test")]

use bulla_crypto::exchange::Group;
use bulla_crypto::hash::HashAlgorithm;
use bulla_crypto::random::{Replay, Source};
use bulla_crypto::signature::{KeyKind, SignatureAlgorithm};
use bulla_testkit::authority::{self, Leaf, server_name};
use bulla_testkit::message::{self, Hello};
use bulla_testkit::trace::Trace;
use bulla_tls::registry::{ExtensionType, HandshakeType, NamedGroup, SignatureScheme};
use bulla_tls::testing::{Narrative, Told};
use bulla_tls::{ClientCertificates, ClientCredentials, Keeping, Verification};

const SIMPLE: &str = include_str!("../src/keys/rfc8448/simple.txt");
const RETRY: &str = include_str!("../src/keys/rfc8448/retry.txt");
const CLIENT_AUTHENTICATION: &str = include_str!("../src/keys/rfc8448/client-authentication.txt");
const COMPATIBILITY: &str = include_str!("../src/keys/rfc8448/compatibility.txt");

/// One side that replays its part of a trace.
struct Player<'a> {
    trace: &'a Trace,
    /// The side that is replayed.
    side: &'static str,
    /// Whose certificate stands in for the other side's.
    peer: Leaf,
    narrative: Narrative,
    /// What the transcript counts so far.
    transcript: Vec<u8>,
    sent: Vec<Vec<u8>>,
    /// Secrets: (read, application, secret).
    installed: Vec<(bool, bool, Vec<u8>)>,
    change_cipher_specs: usize,
    complete: bool,
}

/// The ephemeral keys of one side.
fn keys(trace: &Trace, side: &str) -> Vec<(Group, Vec<u8>)> {
    let steps = trace.steps.iter().filter(|step| step.side == side);
    let steps = steps.filter(|step| step.what.starts_with("create an ephemeral"));
    steps
        .map(|step| {
            let group = if step.what.contains("P-256") { Group::P256 } else { Group::X25519 };
            (group, step.value("private key").unwrap().to_vec())
        })
        .collect()
}

fn hello(trace: &Trace, kind: HandshakeType) -> Hello {
    let found = trace.messages().into_iter().rfind(|(_, message)| message[0] == kind.0);
    Hello::parse(found.unwrap().1)
}

impl<'a> Player<'a> {
    fn client(trace: &'a Trace) -> Self {
        let hello = hello(trace, HandshakeType::CLIENT_HELLO);
        let mut bytes = vec![hello.random().to_vec()];
        let mut config = authority::shared().client_config();
        config.compatibility = !hello.session_id().is_empty();
        if config.compatibility {
            bytes.push(hello.session_id().to_vec());
        }
        config.source = Source::replay(Replay { bytes, keys: keys(trace, "client") });
        config.key_shares = vec![NamedGroup::X25519];
        let leaf = authority::shared().client(KeyKind::EcP256);
        config.credentials = ClientCredentials::Fixed(leaf.credential());
        let narrative = Narrative::stream_client(&config.check().unwrap(), server_name());
        Self::play(trace, "client", authority::shared().server(KeyKind::EcP256), narrative)
    }

    fn server(trace: &'a Trace) -> Self {
        let retried = hello_count(trace) == 2;
        let random = hello(trace, HandshakeType::SERVER_HELLO).random().to_vec();
        let cookie = retried.then(|| vec![0; 32]);
        let bytes = cookie.into_iter().chain([random]).collect();
        let mut config = authority::shared().server_config();
        config.source = Source::replay(Replay { bytes, keys: keys(trace, "server") });
        config.resumption.keeping = Keeping::Nowhere;
        config.groups = vec![if retried { NamedGroup::SECP256R1 } else { NamedGroup::X25519 }];
        if sends(trace, HandshakeType::CERTIFICATE_REQUEST) {
            let anchors = Verification::Anchors(authority::shared().anchors());
            config.client_certificates = ClientCertificates::Required(anchors);
        }
        let narrative = Narrative::stream_server(&config.check().unwrap());
        Self::play(trace, "server", authority::shared().client(KeyKind::EcP256), narrative)
    }

    fn play(trace: &'a Trace, side: &'static str, peer: Leaf, mut narrative: Narrative) -> Self {
        // All but Finished is sent as in the trace; Finished must come out by itself.
        let ours = trace
            .messages()
            .into_iter()
            .filter(|(from, message)| *from == side && message[0] != HandshakeType::FINISHED.0);
        narrative.substitute(ours.map(|(_, message)| message.to_vec()).collect());
        let mut player = Self {
            trace,
            side,
            peer,
            narrative,
            transcript: Vec::new(),
            sent: Vec::new(),
            installed: Vec::new(),
            change_cipher_specs: 0,
            complete: false,
        };
        player.resume();
        for (from, message) in trace.messages() {
            if player.complete {
                break;
            }
            if from != side {
                let body = player.body(message);
                player.narrative.deliver(body, Some(message.to_vec()), false);
                player.resume();
            }
            player.count(message);
        }
        assert!(player.complete, "{side}: all messages delivered, and the story is not over");
        player
    }

    fn resume(&mut self) {
        self.complete = self.narrative.resume().unwrap();
        for told in self.narrative.told() {
            match told {
                Told::Message(message) => self.sent.push(message),
                Told::Install { read, application, secret } => {
                    self.installed.push((read, application, secret));
                }
                Told::ChangeCipherSpec => self.change_cipher_specs += 1,
                _ => {}
            }
        }
    }

    /// The body that is delivered in place of the trace's message.
    fn body(&self, message: &[u8]) -> Vec<u8> {
        match HandshakeType(message[0]) {
            // The trace answers record_size_limit, which bulla does not offer.
            HandshakeType::ENCRYPTED_EXTENSIONS => message::encrypted_extensions(&[]),
            HandshakeType::CERTIFICATE => message::certificate(&self.peer.chain),
            HandshakeType::CERTIFICATE_VERIFY => {
                let content = self.signed_content();
                let key = self.peer.private_key();
                let signature = key.sign(SignatureAlgorithm::EcdsaP256Sha256, &content).unwrap();
                message::certificate_verify(SignatureScheme::ECDSA_SECP256R1_SHA256, &signature)
            }
            // Our HelloRetryRequest was substituted; our server itself gave no cookie.
            HandshakeType::CLIENT_HELLO => {
                let mut hello = Hello::parse(message);
                hello.remove(ExtensionType::COOKIE);
                hello.build()
            }
            _ => message.to_vec(),
        }
    }

    /// What the other side must have signed (RFC 9846 section 4.5.2).
    fn signed_content(&self) -> Vec<u8> {
        let peer = if self.side == "client" { "server" } else { "client" };
        let hash = HashAlgorithm::Sha256.hash(&self.transcript);
        let context = format!("TLS 1.3, {peer} CertificateVerify\0");
        [&[0x20; 64], context.as_bytes(), hash.as_ref()].concat()
    }

    /// Counts a message in the transcript; before a second hello the first is replaced by its hash.
    fn count(&mut self, message: &[u8]) {
        let second_server_hello = self.trace.messages()[1].1 == message && hello_count(self.trace) == 2;
        if second_server_hello {
            let hash = HashAlgorithm::Sha256.hash(&self.transcript);
            self.transcript = message::framed(HandshakeType::MESSAGE_HASH, hash.as_ref());
        }
        self.transcript.extend_from_slice(message);
    }

    fn assert_as_published(&self) {
        let expected: Vec<_> =
            self.trace.messages().into_iter().filter(|(from, _)| *from == self.side).collect();
        for (ours, (_, theirs)) in self.sent.iter().zip(&expected) {
            assert_eq!(ours, theirs, "{}", HandshakeType(theirs[0]));
        }
        let [mine, other] = if self.side == "client" { ["c", "s"] } else { ["s", "c"] };
        for (read, application, secret) in &self.installed {
            let side = if *read { other } else { mine };
            let level = if *application { "ap" } else { "hs" };
            let label = format!("{side} {level} traffic");
            assert_eq!(secret, self.trace.secret(&label), "{label} at the {}", self.side);
        }
        assert_eq!(self.installed.len(), 4, "two levels, two directions");
        assert_eq!(self.narrative.exporter().unwrap(), self.trace.secret("exp master"));
    }
}

fn hello_count(trace: &Trace) -> usize {
    trace.messages().iter().filter(|(_, message)| message[0] == HandshakeType::CLIENT_HELLO.0).count()
}

fn sends(trace: &Trace, kind: HandshakeType) -> bool {
    trace.messages().iter().any(|(_, message)| message[0] == kind.0)
}

/// Plays both sides; gives how many messages the client and the server sent.
fn replay(text: &str) -> (usize, usize) {
    let trace = Trace::parse(text);
    let (client, server) = (Player::client(&trace), Player::server(&trace));
    client.assert_as_published();
    server.assert_as_published();
    // Appendix E.4: each side sends one, where the client's session id asks for it.
    let compatible = !hello(&trace, HandshakeType::CLIENT_HELLO).session_id().is_empty();
    let each = usize::from(compatible);
    assert_eq!((client.change_cipher_specs, server.change_cipher_specs), (each, each));
    (client.sent.len(), server.sent.len())
}

#[test]
fn simple_handshake() {
    assert_eq!(replay(SIMPLE), (2, 5));
}

#[test]
fn hello_retry_request() {
    assert_eq!(replay(RETRY), (3, 6));
}

#[test]
fn client_authentication() {
    assert_eq!(replay(CLIENT_AUTHENTICATION), (4, 6));
}

#[test]
fn compatibility_mode() {
    assert_eq!(replay(COMPATIBILITY), (2, 5));
}
