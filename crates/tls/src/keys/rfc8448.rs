//! The secrets, keys and Finished values of RFC 8448 sections 3, 5, 6 and 7, byte for byte.

use bulla_crypto::aead::{AeadAlgorithm, AeadKey};
use bulla_crypto::exchange::{Group, SharedSecret};
use bulla_crypto::hash::HashAlgorithm;
use bulla_crypto::hkdf::{self, Prk};
use bulla_crypto::hmac::Tag;
use bulla_crypto::random::{Replay, Source};
use bulla_testkit::trace::Trace;

use super::schedule13::{Early, Label, LabelPrefix, Main, expand_label, finished_key};
use super::secret::Secret;
use super::suite::Suite;
use super::traffic::{Keys, TrafficSecret};
use super::transcript::Transcript;
use crate::facts::Role;
use crate::wire::registry::CipherSuite;
use crate::wire::server_hello::RETRY_RANDOM;

const HASH: HashAlgorithm = HashAlgorithm::Sha256;
const PREFIX: LabelPrefix = b"tls13 ";

#[test]
fn simple_handshake() {
    let trace = Trace::parse(include_str!("rfc8448/simple.txt"));
    check(&trace);
    // The ticket's key follows from the resumption secret and the ticket's nonce.
    let what = "generate resumption secret";
    let base = trace.secret("res master");
    assert_eq!(trace.one("server", what, "PRK"), base);
    let mut derived = [0; 32];
    let label = Label { label: b"resumption", context: trace.one("server", what, "hash") };
    expand_label(&Prk::new(HASH, base), PREFIX, &label, &mut derived);
    assert_eq!(derived, trace.one("server", what, "expanded"));
}

#[test]
fn hello_retry_request() {
    check(&Trace::parse(include_str!("rfc8448/retry.txt")));
}

#[test]
fn client_authentication() {
    check(&Trace::parse(include_str!("rfc8448/client-authentication.txt")));
}

#[test]
fn compatibility_mode() {
    check(&Trace::parse(include_str!("rfc8448/compatibility.txt")));
}

fn check(trace: &Trace) {
    let transcripts = Transcripts::of(trace);
    let shared = agreed(trace);
    assert_eq!(trace.one("server", "extract secret \"handshake\"", "IKM"), shared.as_ref());
    check_extracts(trace);

    let early = Early::with_psk(HASH, PREFIX, &[0; 32]);
    let what = "derive secret for handshake";
    assert_eq!(early.derived().as_bytes(), trace.one("server", what, "expanded"));
    let mut handshake = Early::without_psk(HASH, PREFIX, &shared);
    let what = "derive secret for master";
    assert_eq!(handshake.derived().as_bytes(), trace.one("server", what, "expanded"));
    let traffic = handshake.traffic(suite(), &transcripts.hellos.current(), |_, _| ());
    let (client, server) = (traffic.client.as_bytes(), traffic.server.as_bytes());
    assert_secret(trace, "c hs traffic", &transcripts.hellos, client);
    assert_secret(trace, "s hs traffic", &transcripts.hellos, server);
    check_finished_key(trace, "server", server);
    check_finished_key(trace, "client", client);
    let main = handshake.into_main();
    check_finished(trace, Role::Server, &main, &transcripts.before_server_finished);
    check_finished(trace, Role::Client, &main, &transcripts.before_client_finished);
    let (of_client, of_server) = (client.to_vec(), server.to_vec());
    check_keys(
        trace,
        "derive write traffic keys for handshake",
        &of_server,
        Keys::Handshake13(traffic.server),
    );
    check_keys(
        trace,
        "derive read traffic keys for handshake",
        &of_client,
        Keys::Handshake13(traffic.client),
    );

    let traffic = main.traffic(&transcripts.server_finished.current());
    assert_secret(trace, "c ap traffic", &transcripts.server_finished, traffic.client.as_bytes());
    assert_secret(trace, "s ap traffic", &transcripts.server_finished, traffic.server.as_bytes());
    let exporter = main.exporter(&transcripts.server_finished.current());
    assert_secret(trace, "exp master", &transcripts.server_finished, exporter.as_bytes());
    let resumption = main.resumption(&transcripts.whole.current());
    assert_secret(trace, "res master", &transcripts.whole, resumption.as_bytes());
    for secret in [traffic.client, traffic.server] {
        let bytes = secret.as_bytes().to_vec();
        let keys = Keys::Tls13(TrafficSecret::new(suite(), PREFIX, secret));
        check_keys(trace, "derive write traffic keys for application", &bytes, keys);
    }
}

fn suite() -> Suite {
    Suite::of(CipherSuite::AES_128_GCM_SHA256).unwrap()
}

/// The running transcript at each place where the schedule looks at it.
struct Transcripts {
    hellos: Transcript,
    before_server_finished: Transcript,
    server_finished: Transcript,
    before_client_finished: Transcript,
    whole: Transcript,
}

impl Transcripts {
    fn of(trace: &Trace) -> Self {
        let mut messages: Vec<_> = trace.messages().into_iter().map(|(_, message)| message).collect();
        let hellos = if messages[1][6..38] == RETRY_RANDOM {
            let mut transcript = Transcript::restart(HASH, messages[0], messages[1]);
            messages[2..4].iter().for_each(|message| transcript.add(message));
            messages.drain(..4);
            transcript
        } else {
            let transcript = Transcript::start(HASH, &[messages[0], messages[1]].concat());
            messages.drain(..2);
            transcript
        };
        let finished: Vec<_> = (0..messages.len()).filter(|index| messages[*index][0] == 20).collect();
        let [server, client] = finished[..] else { panic!("{} Finished", finished.len()) };
        let through = |count: usize| {
            let mut transcript = hellos.clone();
            messages[..count].iter().for_each(|message| transcript.add(message));
            transcript
        };
        Self {
            before_server_finished: through(server),
            server_finished: through(server + 1),
            before_client_finished: through(client),
            whole: through(client + 1),
            hellos,
        }
    }
}

/// The secret of the client's last ephemeral key and the server's.
fn agreed(trace: &Trace) -> SharedSecret {
    let what = "create an ephemeral";
    let key = trace.steps.iter().rfind(|step| step.side == "client" && step.what.starts_with(what)).unwrap();
    let group = if key.what.contains("P-256") { Group::P256 } else { Group::X25519 };
    let keys = vec![(group, key.value("private key").unwrap().to_vec())];
    let exchange = Source::replay(Replay { bytes: Vec::new(), keys }).start_exchange(group).unwrap();
    assert_eq!(exchange.share(), key.value("public key").unwrap());
    exchange.finish(trace.one("server", what, "public key")).unwrap()
}

fn check_extracts(trace: &Trace) {
    let mut count = 0;
    for step in trace.steps.iter().filter(|step| step.what.starts_with("extract secret")) {
        let Some(ikm) = step.value("IKM") else { continue };
        let mut prk = [0; 32];
        hkdf::extract_bytes(HASH, step.value("salt").unwrap(), ikm, &mut prk).unwrap();
        assert_eq!(Some(&prk[..]), step.value("secret"), "{}", step.what);
        count += 1;
    }
    assert_eq!(count, 3, "early, handshake, main");
}

fn assert_secret(trace: &Trace, label: &str, transcript: &Transcript, secret: &[u8]) {
    let what = format!("derive secret \"tls13 {label}\"");
    let hash = [trace.all("server", &what, "hash"), trace.all("client", &what, "hash")].concat();
    assert_eq!(transcript.current().as_ref(), hash[0], "the transcript under {label}");
    assert_eq!(secret, trace.secret(label), "{label}");
}

fn check_finished_key(trace: &Trace, side: &str, base: &[u8]) {
    let what = "calculate finished";
    assert_eq!(base, trace.one(side, what, "PRK"));
    let mut key = [0; Secret::MOST];
    finished_key(&Prk::new(HASH, base), PREFIX, &mut key);
    assert_eq!(&key[..HASH.output_len()], trace.one(side, what, "expanded"));
}

/// The Finished of a side, by the key that the schedule keeps.
fn check_finished(trace: &Trace, role: Role, main: &Main, transcript: &Transcript) {
    let side = if role == Role::Client { "client" } else { "server" };
    let tag = main.finished_mac(role).sign(&[transcript.current().as_ref()]);
    assert_eq!(Tag::as_ref(&tag), trace.one(side, "calculate finished", "finished"));
}

/// The record key and IV of the step that begins so and starts from this secret.
fn check_keys(trace: &Trace, what: &str, secret: &[u8], keys: Keys) {
    let step = trace
        .steps
        .iter()
        .find(|step| step.what.starts_with(what) && step.value("PRK") == Some(secret))
        .unwrap_or_else(|| panic!("no step: {what}"));
    let (record_key, _) = keys.into_record_key().unwrap();
    let (key, nonce) = record_key.at(0);
    assert_eq!(Some(&nonce[..]), step.value("iv expanded"), "{what}");
    // AWS-LC gives no key back; that two keys seal alike shows that they are one.
    let theirs = AeadKey::new(AeadAlgorithm::Aes128Gcm, step.value("key expanded").unwrap()).unwrap();
    let sealed = [key, &theirs].map(|key| {
        let mut out = [0; 32];
        key.seal(&nonce, b"header", &[7; 15], b"!", &mut out).unwrap();
        out
    });
    assert_eq!(sealed[0], sealed[1], "{what}");
}
