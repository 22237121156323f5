//! Writes `seeds/TARGET/NAME` for every target: `cargo run --manifest-path fuzz/Cargo.toml --example seeds`.
//!
//! All are made by bulla itself from fixed keys, so that a second run writes the same bytes. Inputs that found
//! something stand beside them under names of their own and are left alone.

use std::error::Error;
use std::fs;
use std::path::Path;

use bulla_crypto::pem;
use bulla_fuzz::fixture::{Flags, authority, key, key_der, seed};
use bulla_fuzz::input::Script;
use bulla_fuzz::message::{KEY_TRANSPORT, TLS12};
use bulla_fuzz::narrative::{Role, honest};
use bulla_fuzz::watched::Watched;
use bulla_tls::CertificateCompression;
use bulla_tls::testing::compress;
use bulla_x509::build::request::RequestTemplate;
use bulla_x509::build::{Name, Subject};

/// Combinations of choices that lead through different parts of the handshake.
const FLAGS: [u16; 8] = [
    0,
    Flags::ALPN,
    Flags::RETRY,
    Flags::RETRY | Flags::UNUSUAL | Flags::ALPN,
    Flags::CLIENT_CERTIFICATE,
    WITNESS,
    Flags::RESUMED,
    Flags::RESUMED | WITNESS,
];

/// The same in TLS 1.2.
const FLAGS12: [u16; 7] = [
    Flags::SERVER12,
    Flags::CLIENT12 | Flags::ALPN,
    Flags::VERSIONS | Flags::UNUSUAL,
    Flags::SERVER12 | Flags::CLIENT_CERTIFICATE,
    Flags::CLIENT12 | WITNESS,
    Flags::SERVER12 | Flags::RESUMED,
    Flags::CLIENT12 | Flags::RESUMED | WITNESS,
];

/// Both sides show who they are.
const WITNESS: u16 = Flags::CLIENT_CERTIFICATE | Flags::CLIENT_CREDENTIAL;

/// The shortest input for each class of differences: server's, then client's.
const DIFFERENCES: [(&str, &str, &[u8]); 18] = [
    ("differ_server", "legacy-version", &[0, 0, 0xf8, 8, 0xb3, 0x40]),
    ("differ_server", "changed-hello", &[0, 8, 0xcb, 0, 0x16, 0x10]),
    ("differ_server", "share-without-group", &[0, 0, 0x82, 0xec, 0x4b, 0x10]),
    ("differ_server", "share-before-preference", &[0, 0, 1, 0x44, 3, 0x0a]),
    ("differ_server", "malformed-extension", &[0, 8, 0x41, 0xe1, 0x13]),
    ("differ_server", "renegotiation-info", &[2, 0, 0, 1, 22, 0, 2, 1, 5]),
    ("differ_server", "groups-left-out", &[1, 0, 0x98, 0xa2]),
    ("differ_server", "server-name-list", &[1, 0, 0x47, 0xdc, 0x76, 8]),
    ("differ_server", "host-name", &[0, 1, 0xef, 0x54, 0xdc, 0x80]),
    ("differ_server", "unknown-extension", &[0, 8, 0x22, 0x4b, 0xfd]),
    ("differ_client", "legacy-version", &[0, 8, 0, 0, 1, 0x64]),
    ("differ_client", "session-id-echo", &[0, 1, 0xd2, 0x78, 0xbd, 0x62]),
    ("differ_client", "misplaced-extension", &[0, 0, 0x2b, 0x51, 2]),
    ("differ_client", "unsolicited-extension", &[0, 0, 0xee, 0xb7, 0xc9]),
    ("differ_client", "malformed-extension", &[0, 0, 0x52, 0xa9, 0xd2]),
    ("differ_client", "renegotiation-info", &[3, 1, 0x96, 0xfa]),
    ("differ_client", "certificate-encoding", &[3, 1, 0x5e, 0x48, 0x55, 2, 0x5a]),
    ("differ_client", "judged-elsewhere", &[0, 0, 0xc5, 0x70, 0x0c, 0xb1, 0xcd]),
];

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let seeds = Seeds { folder: &seeds };
    messages(&seeds)?;
    narratives(&seeds)?;
    streams(&seeds)?;
    records(&seeds)?;
    certificates(&seeds)?;
    chains(&seeds)?;
    texts(&seeds)?;
    sessions(&seeds)?;
    compressed(&seeds)?;
    differences(&seeds)
}

/// Where seeds are kept.
struct Seeds<'a> {
    folder: &'a Path,
}

impl Seeds<'_> {
    fn put(&self, target: &str, name: &str, bytes: &[u8]) -> Outcome {
        let folder = self.folder.join(target);
        fs::create_dir_all(&folder)?;
        Ok(fs::write(folder.join(name), bytes)?)
    }
}

/// Each message of real handshakes.
fn messages(seeds: &Seeds<'_>) -> Outcome {
    for flags in FLAGS.into_iter().chain(FLAGS12) {
        let syntax = if Flags(flags).is_tls12() { TLS12 } else { 0 };
        for role in [Role::Client, Role::Server] {
            for (index, message) in honest(role, Flags(flags)).iter().enumerate() {
                let name = format!("{}-{flags:02x}-{index}", role.name());
                seeds.put("message", &name, &[&[syntax | message[0]], &message[4..]].concat())?;
            }
        }
    }
    // A ClientKeyExchange with an encrypted premaster secret, and a CertificateStatus with an OCSP response.
    seeds.put("message", "key-transport", &[TLS12 | KEY_TRANSPORT | 16, 0, 3, 1, 2, 3])?;
    seeds.put("message", "certificate-status", &[TLS12 | 22, 1, 0, 0, 2, 0x30, 0])?;
    let ticket = [&[4][..], &[0, 0, 1, 0, 9, 9, 9, 9, 2, 7, 7, 0, 4, 1, 2, 3, 4, 0, 0]].concat();
    seeds.put("message", "ticket", &ticket)?;
    // A ticket of TLS 1.2: a lifetime, and nothing in it.
    seeds.put("message", "ticket12", &[TLS12 | KEY_TRANSPORT | 4, 0xd6, 0xff, 0xff, 0xff, 0, 0])?;
    // An extension that nobody knows, behind lifetime, age, nonce and ticket.
    let unknown = [4, 0, 9, 9, 2, 7, 7, 9, 9, 2, 7, 7, 0, 4, 1, 2, 7, 7, 0, 4, 3, 4, 0, 0];
    seeds.put("message", "ticket-with-an-unknown-extension", &unknown)?;
    seeds.put("message", "key-update", &[24, 1])
}

/// Real handshakes: each message replaced by itself, and each changed in one byte.
fn narratives(seeds: &Seeds<'_>) -> Outcome {
    let targets = [
        ("narrative_client", Role::Client, &FLAGS[..]),
        ("narrative_server", Role::Server, &FLAGS),
        ("narrative_client12", Role::Client, &FLAGS12),
        ("narrative_server12", Role::Server, &FLAGS12),
    ];
    for (target, role, flags) in targets {
        for flags in flags.iter().copied() {
            let script = Script::new().u16(flags);
            let messages = honest(role, Flags(flags));
            let all = messages.iter().fold(script.clone(), |script, message| script.u8(0).chunk(message));
            seeds.put(target, &format!("honest-{flags:02x}"), &all.bytes())?;
            for (message, choice) in (0..).zip(0..messages.len()) {
                let choice = u8::try_from(choice)? << 4;
                let slip = script.clone().u8(choice | 6).u16(40 + message).u8(1);
                seeds.put(target, &format!("slip-{flags:02x}-{message}"), &slip.bytes())?;
                // Losing, repeating and so on does not depend on what is said.
                let changes = if flags & WITNESS == WITNESS { &[11, 12, 13, 14][..] } else { &[] };
                for change in changes {
                    let changed = script.clone().u8(choice | change).u16(40).u8(1);
                    seeds.put(target, &format!("change-{flags:02x}-{message}-{change}"), &changed.bytes())?;
                }
            }
        }
    }
    Ok(())
}

/// What one side of a real connection sends, from hello to close.
fn streams(seeds: &Seeds<'_>) -> Outcome {
    for flags in FLAGS.into_iter().chain(FLAGS12) {
        let (mut client, mut server) =
            (Watched::new(Flags(flags).client()), Watched::new(Flags(flags).server()));
        let mut sent = client.run();
        for _ in 0..3 {
            let answer = server.receive(&sent, &mut None);
            sent = client.receive(&answer, &mut None);
        }
        for side in [&mut client, &mut server] {
            side.connection.send(b"some application data")?;
            // TLS 1.2 has no such thing.
            if !Flags(flags).is_tls12() {
                side.connection.update_keys(true)?;
            }
            side.connection.send(b"more")?;
            side.close();
            side.run();
        }
        let script = |flags| Script::new().u16(flags).u8(7);
        let (to_server, to_client) = (&client.outcome.sent, &server.outcome.sent);
        seeds.put("stream", &format!("to-server-{flags:02x}"), &script(flags).raw(to_server).bytes())?;
        let flags = flags | Flags::OWN;
        seeds.put("stream", &format!("to-client-{flags:02x}"), &script(flags).raw(to_client).bytes())?;
    }
    for (name, bytes) in [
        ("http", &b"GET / HTTP/1.1\r\n\r\n"[..]),
        ("ssl2", &[0x80, 0x2e, 1, 0, 2, 0, 0x15, 0, 0, 0, 0x10]),
        ("alert", &[21, 3, 3, 0, 2, 2, 40]),
        ("smtp", b"220 mail.example ESMTP\r\n"),
    ] {
        seeds.put("stream", name, &[&[0, 0, 3], bytes].concat())?;
        seeds.put(
            "stream",
            &format!("{name}-client"),
            &Script::new().u16(Flags::OWN).u8(3).raw(bytes).bytes(),
        )?;
    }
    Ok(())
}

/// What a peer with keys can do, one thing a seed.
fn records(seeds: &Seeds<'_>) -> Outcome {
    let large = [11, 0, 0x90, 0, 1, 2, 3];
    let tls12 = [Flags::SERVER12, Flags::OWN | Flags::SERVER12];
    for flags in [0, Flags::OWN, WITNESS, Flags::OWN | Flags::RETRY].into_iter().chain(tls12) {
        let start = || Script::new().u16(flags).u8(5).u8(0);
        let play = [
            ("data", start().u8(5).chunk(b"data").u8(0).u8(12).u16(40_000).u8(0)),
            ("updates", start().u8(6).u8(1).u8(6).u8(0).u8(8).chunk(b"x").u8(5).chunk(b"y").u8(0)),
            ("close", start().u8(7).u8(0).u8(8).chunk(b"x").u8(10).u8(0)),
            ("our-close", start().u8(10).u8(5).chunk(b"late").u8(0).u8(7)),
            (
                "ticket",
                start().u8(2).chunk(&[4, 0, 0, 18, 0, 0, 1, 0, 9, 9, 9, 9, 1, 7, 0, 4, 1, 2, 3, 4, 0, 0]),
            ),
            ("key-update", start().u8(2).chunk(&[24, 0, 0, 1, 1]).u8(5).chunk(b"z")),
            ("halves", start().u8(2).chunk(&[4, 0, 0]).u8(2).chunk(&[18, 0]).u8(1).u8(23).chunk(b"cut in")),
            ("long-message", start().u8(2).chunk(&large).u8(13).u16(100).u8(22)),
            ("padding", start().u8(3).u8(23).u8(99).chunk(b"padded").u8(3).u8(0).u8(9).chunk(b"")),
            ("alert", start().u8(1).u8(21).chunk(&[1, 90]).u8(1).u8(21).chunk(&[2, 40])),
            ("edge", start().u8(13).u16(127).u8(23).u8(13).u16(128).u8(23).u8(13).u16(129).u8(23)),
            // TLS 1.2: a hello that asks to begin anew, a nonce and tag around nothing, alerts that warn.
            ("anew", start().u8(2).chunk(&[0, 0, 0, 0]).u8(2).chunk(&[1, 0, 0, 1, 0])),
            ("bare", start().u8(4).chunk(&[[&[23, 3, 3, 0, 24][..], &[0; 24]].concat()].concat())),
            ("warnings", start().u8(1).u8(21).chunk(&[1, 100]).u8(1).u8(21).chunk(&[1, 41])),
            ("dummy", start().u8(4).chunk(&[20, 3, 3, 0, 1, 1])),
            (
                "early",
                Script::new()
                    .u16(flags)
                    .u8(5)
                    .u8(4)
                    .chunk(&[20, 3, 3, 0, 1, 1])
                    .u8(1)
                    .u8(23)
                    .chunk(b"x")
                    .u8(0),
            ),
            ("empty", start().u8(1).u8(23).chunk(b"").u8(1).u8(22).chunk(b"").u8(11).u8(14)),
        ];
        for (name, script) in play {
            seeds.put("records", &format!("{name}-{flags:02x}"), &script.bytes())?;
        }
    }
    Ok(())
}

fn certificates(seeds: &Seeds<'_>) -> Outcome {
    let authority = authority();
    for (name, der) in [
        ("root", &authority.root),
        ("intermediate", &authority.intermediate),
        ("server", &authority.server),
        ("client", &authority.client),
    ] {
        seeds.put("certificate", name, der)?;
    }
    let mut template = RequestTemplate::new();
    template.subject = Subject::new().common_name("server.example").organization("Example").country("DE");
    seeds.put("request", "subject", &template.sign(&key(seed::SERVER))?)?;
    template.names = vec![Name::Dns("server.example".into()), Name::Ip([192, 0, 2, 1].into())];
    seeds.put("request", "names", &template.sign(&key(seed::SERVER))?)
}

fn chains(seeds: &Seeds<'_>) -> Outcome {
    let authority = authority();
    let start = |choice| Script::new().u8(choice).u16(13_732);
    let scripts = [
        ("sound", start(0).u8(1).u8(0).u8(1).u8(1)),
        ("client", start(4).u8(1).u8(3).u8(1).u8(1).u8(1).u8(2)),
        ("wrong-name", start(1).u8(1).u8(0).u8(1).u8(1)),
        ("raw", start(0).u8(0).chunk(&authority.server).u8(0).chunk(&authority.intermediate)),
        (
            "signed",
            start(0)
                .u8(2)
                .u8(2)
                .chunk(signed_content(&authority.server))
                .u8(2)
                .u8(1)
                .chunk(signed_content(&authority.intermediate)),
        ),
        (
            "templates",
            // A leaf by the intermediate for the first name, and the intermediate by the root.
            start(0).u8(3).u8(0x20).u8(0x32).u8(0b01_0100).u8(1).u8(0).u8(0).u8(1).u8(1),
        ),
        (
            "constraints",
            start(0)
                .u8(3)
                .raw(&[0x23, 0x32, 0b01_0100, 1, 0, 0])
                .u8(3)
                .raw(&[0x12, 0x21, 0b00_1001, 0, 2])
                .chunk(b"example")
                .u8(2)
                .chunk(b"other.example"),
        ),
        ("anchor", start(8).u8(1).u8(1).u8(1).u8(0)),
        // The intermediate's list: without and with the server, with changes, of some reasons.
        ("list", start(0x80).u8(0x81).raw(&[2, 0x22, 0, 7]).u8(1).u8(0).u8(1).u8(1)),
        (
            "list-entries",
            start(0x80).u8(1).raw(&[2, 0x22, 2, 7, 1, 0x11, 2, 0x36, 1]).u8(1).u8(0).u8(1).u8(1),
        ),
        (
            "list-changes",
            start(0x80).u8(2).raw(&[2, 0x22, 0, 7]).raw(&[2, 0x22, 8, 9, 5]).u8(1).u8(0).u8(1).u8(1),
        ),
        (
            "list-scope",
            start(0x80)
                .u8(2)
                .raw(&[2, 0x22, 16, 7, 0x31, 2, 0x40])
                .raw(&[2, 0x22, 16, 7, 4])
                .u8(1)
                .u8(0)
                .u8(1)
                .u8(1),
        ),
        (
            "loop",
            (0..12).fold(start(0x70).u8(1).u8(0), |script, _| script.u8(3).raw(&[0x22, 0x22, 9, 0, 0, 0])),
        ),
    ];
    scripts.into_iter().try_for_each(|(name, script)| seeds.put("judge", name, &script.bytes()))
}

/// What the signature of a certificate covers: its first element, with the header.
fn signed_content(certificate: &[u8]) -> &[u8] {
    let (header, _) = header(certificate);
    let inner = &certificate[header..];
    let (header, length) = self::header(inner);
    &inner[..header + length]
}

/// The lengths of an element's header and of its contents (X.690 section 8.1.3).
fn header(element: &[u8]) -> (usize, usize) {
    match element[1] {
        short @ 0..0x80 => (2, short.into()),
        long => {
            let digits = &element[2..2 + usize::from(long & 0x7f)];
            (2 + digits.len(), digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)))
        }
    }
}

fn texts(seeds: &Seeds<'_>) -> Outcome {
    let authority = authority();
    let chain =
        [&authority.server, &authority.intermediate].map(|der| pem::write("CERTIFICATE", der)).concat();
    seeds.put("pem", "chain", chain.as_bytes())?;
    let secret = key_der(seed::SERVER);
    let secret = pem::write(pem::PKCS8, secret.secret_pkcs8_der());
    seeds.put("pem", "key", secret.as_bytes())?;
    let headers = secret.replacen('\n', "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n", 1);
    seeds.put("pem", "encrypted", headers.as_bytes())?;
    seeds.put("pem", "text", format!("subject\n {}\ntext\n", chain.replace('\n', " \r\n")).as_bytes())?;
    seeds.put("pem", "broken", b"-----BEGIN A-----\nMAA=\n-----END B-----\n")
}

/// Sessions as a server keeps them: of both versions, with and without a chain.
fn sessions(seeds: &Seeds<'_>) -> Outcome {
    let chain = &authority().client;
    for (name, version, suite, chain) in [
        ("plain", 0x0304, 0x1301, &[][..]),
        ("witness", 0x0304, 0x1302, chain),
        ("tls12", 0x0303, 0xc02b, &[]),
    ] {
        let certificate = [&length24(chain.len())?[..], chain].concat();
        let certificate = if chain.is_empty() { &[][..] } else { &certificate };
        let session = Script::new().u8(1).u16(version).u16(suite).raw(&1_800_000_000u64.to_be_bytes());
        let session = session.raw(&[0, 0, 0xa8, 0xc0, 1, 2, 3, 4, 1]).raw(&[5; 32]);
        let session = session.u8(48).raw(&[6; 48]).u8(14).raw(b"server.example").u8(2).raw(b"h2");
        let session = session.raw(&1_800_000_000u64.to_be_bytes()).raw(&2_500_000_000u64.to_be_bytes());
        let session = session.u16(0x0807).raw(&length24(certificate.len())?).raw(certificate);
        let session = session.raw(&length24(3)?).raw(b"out").u16(5).chunk(b"sct");
        seeds.put("session", name, &session.bytes())?;
    }
    Ok(())
}

fn length24(length: usize) -> Result<[u8; 3], Box<dyn Error>> {
    let [_, length @ ..] = u32::try_from(length)?.to_be_bytes();
    Ok(length)
}

/// Messages compressed by each algorithm.
fn compressed(seeds: &Seeds<'_>) -> Outcome {
    let messages = [("leaf", authority().server.to_vec()), ("bomb", vec![0; 60_000]), ("empty", Vec::new())];
    for (index, algorithm) in (0..).zip(CertificateCompression::ALL) {
        for (name, message) in &messages {
            let bytes = compress(*algorithm, message).ok_or("not compressed")?;
            let script = Script::new().u8(index).u16(u16::try_from(message.len())?).raw(&bytes);
            seeds.put("inflate", &format!("{name}-{index}"), &script.bytes())?;
        }
    }
    Ok(())
}

/// Real hellos and flights, one change of each kind, and one difference of each class.
fn differences(seeds: &Seeds<'_>) -> Outcome {
    for (target, class, bytes) in DIFFERENCES {
        seeds.put(target, &format!("class-{class}"), bytes)?;
    }
    for flags in [0, Flags::ALPN, Flags::RETRY, Flags::SERVER12, Flags::CLIENT12 | Flags::ALPN] {
        let script = Script::new().u16(flags);
        for target in ["differ_server", "differ_client"] {
            seeds.put(target, &format!("honest-{flags:02x}"), &script.clone().bytes())?;
            for change in 0..8 {
                let change = script.clone().u8(change).u8(change | 0x10).u8(3).chunk(&[0, 1]);
                seeds.put(
                    target,
                    &format!("change-{flags:02x}-{}", change.clone().bytes()[2]),
                    &change.bytes(),
                )?;
            }
        }
    }
    Ok(())
}
