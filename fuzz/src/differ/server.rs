//! Two servers and one client's hellos.

use bulla_tls::registry::ExtensionType;
use bulla_tls::testing::rewrite;
use bulla_tls::{Error, Violation};
use rustls::{PeerIncompatible, PeerMisbehaved, ServerConnection};

use super::edit::Parts;
use super::{Answer, Answers, Class, explain, is_about_renegotiation, known_alone, peer};
use crate::fixture::Flags;
use crate::input::Input;
use crate::narrative::{Role, honest};
use crate::watched::Watched;

/// How many changes an input makes.
const MOST: usize = 5;

/// What both servers are given.
pub struct Hellos {
    /// Their configs.
    pub flags: Flags,
    /// The first ClientHello, and the second for a server that asks for one.
    pub hellos: Vec<Vec<u8>>,
}

/// Extensions of a ClientHello that only bulla reads.
const ONLY_WE_READ: [&str; 8] = [
    "signature_algorithms_cert",
    "certificate_authorities",
    "CertificateAuthoritiesExtension",
    "record_size_limit",
    "signed_certificate_timestamp",
    "ticket_request",
    "post_handshake_auth",
    "compress_certificate",
];

/// What a server does that sends a HelloRetryRequest.
const RETRY: &str = "asks again";

/// The differences that are known.
pub const CLASSES: [Class<Hellos>; 10] = [
    Class {
        name: "legacy-version",
        holds: |_, answers| {
            answers.only_ours(|error| matches!(error, Error::Violation(Violation::LegacyVersion { .. })))
        },
    },
    Class {
        name: "changed-hello",
        holds: |_, answers| {
            answers.only_ours(|error| matches!(error, Error::Violation(Violation::HelloChanged(_))))
        },
    },
    Class {
        name: "share-without-group",
        holds: |_, answers| {
            answers.only_ours(|error| matches!(error, Error::Violation(Violation::ShareWithoutGroup(_))))
        },
    },
    Class {
        name: "share-before-preference",
        holds: |_, answers| {
            answers.only_ours(|error| matches!(error, Error::Violation(Violation::InvalidShare(_))))
                && answers.theirs == Answer::Taken(RETRY)
        },
    },
    Class {
        name: "malformed-extension",
        holds: |_, answers| {
            answers.only_ours(
                |error| matches!(error, Error::Malformed(it) if ONLY_WE_READ.contains(&it.structure)),
            )
        },
    },
    Class {
        name: "server-name-list",
        holds: |_, answers| {
            answers
                .only_ours(|error| matches!(error, Error::Malformed(it) if it.structure == "ServerNameList"))
        },
    },
    Class { name: "renegotiation-info", holds: |_, answers| answers.only_ours(is_about_renegotiation) },
    Class { name: "groups-left-out", holds: are_groups_left_out },
    Class { name: "host-name", holds: |_, answers| is_host_name(answers) },
    Class {
        name: "unknown-extension",
        holds: |hellos, answers| {
            let known =
                Hellos { flags: hellos.flags, hellos: known_alone(&hellos.hellos, hellos.flags.is_tls12()) };
            let others = known.answers();
            let explained = others.agree() || is_host_name(&others) || are_groups_left_out(&known, &others);
            answers.only_theirs(|_| true) && explained
        },
    },
];

fn are_groups_left_out(hellos: &Hellos, answers: &Answers) -> bool {
    let reason = rustls::Error::PeerIncompatible(PeerIncompatible::NoKxGroupsInCommon);
    answers.only_theirs(|error| *error == reason) && !hellos.names(ExtensionType::SUPPORTED_GROUPS)
}

fn is_host_name(answers: &Answers) -> bool {
    let reason = rustls::Error::PeerMisbehaved(PeerMisbehaved::ServerNameMustContainOneHostName);
    answers.only_theirs(|error| *error == reason)
}

/// Two bytes of choices, then changes to the hellos.
pub fn server(data: &[u8]) {
    let hellos = Hellos::read(data);
    explain(&CLASSES, &hellos, &hellos.answers());
}

impl Hellos {
    /// Out of an input: an honest client's hellos, changed.
    pub fn read(data: &[u8]) -> Self {
        let mut input = Input::new(data);
        let flags = input.u16() & (Flags::ALPN | Flags::RETRY | Flags::VERSIONS);
        let flags = Flags(flags | Flags::PLAIN);
        let mut hellos = honest(Role::Server, flags);
        hellos.retain(|message| message[0] == 1);
        let mut hellos: Vec<Parts> = hellos.iter().map(|hello| Parts::of(hello, flags.is_tls12())).collect();
        for _ in 0..MOST {
            if input.is_empty() {
                break;
            }
            // A change to the first hello is made to the second as well, where it still fits.
            match input.u8() % 4 {
                3 => hellos.last_mut().expect("a hello").change(&mut input),
                _ => {
                    let same = input.clone();
                    hellos[0].change(&mut input);
                    if let Some(second) = hellos.get_mut(1) {
                        second.change(&mut same.clone());
                    }
                }
            }
        }
        Self { flags, hellos: hellos.iter().map(Parts::build).collect() }
    }

    /// Whether the first hello, which is well-formed, has this extension.
    fn names(&self, extension: ExtensionType) -> bool {
        match rewrite(&self.hellos[0]) {
            Some(Ok(hello)) => {
                Parts::of(&hello, true).extensions.iter().any(|(kind, _)| *kind == extension.0)
            }
            _ => false,
        }
    }

    /// What both make of them.
    pub fn answers(&self) -> Answers {
        Answers { ours: self.ours(), theirs: self.theirs() }
    }

    fn ours(&self) -> Answer<Error> {
        let mut server = Watched::new(self.flags.server());
        let mut sent = server.receive(&records(&self.hellos[0]), &mut None);
        if let (Some(second), true) = (self.hellos.get(1), is_retry(&sent)) {
            sent = server.receive(&records(second), &mut None);
        }
        match server.outcome.error {
            Some(error) => Answer::Refused(error),
            None => taken(&sent),
        }
    }

    fn theirs(&self) -> Answer<rustls::Error> {
        let mut server = ServerConnection::new(peer::server_config(self.flags)).expect("a sound config");
        let mut sent = match receive(&mut server, &records(&self.hellos[0])) {
            Ok(sent) => sent,
            Err(error) => return Answer::Refused(error),
        };
        if let (Some(second), true) = (self.hellos.get(1), is_retry(&sent)) {
            sent = match receive(&mut server, &records(second)) {
                Ok(sent) => sent,
                Err(error) => return Answer::Refused(error),
            };
        }
        taken(&sent)
    }
}

/// A hello in records.
fn records(message: &[u8]) -> Vec<u8> {
    let record = |part: &[u8]| {
        let length = u16::try_from(part.len()).expect("at most 2^14").to_be_bytes();
        [&[22, 3, 1], &length[..], part].concat()
    };
    message.chunks(1 << 14).flat_map(record).collect()
}

fn receive(server: &mut ServerConnection, mut bytes: &[u8]) -> Result<Vec<u8>, rustls::Error> {
    let mut sent = Vec::new();
    while !bytes.is_empty() {
        server.read_tls(&mut bytes).expect("memory does not fail");
        server.process_new_packets()?;
    }
    while server.wants_write() {
        server.write_tls(&mut sent).expect("memory does not fail");
    }
    Ok(sent)
}

fn taken<E>(sent: &[u8]) -> Answer<E> {
    match sent.first() {
        Some(22) if is_retry(sent) => Answer::Taken(RETRY),
        Some(22) => Answer::Taken("answers"),
        _ => Answer::Waits,
    }
}

/// Whether these records begin with a HelloRetryRequest.
fn is_retry(sent: &[u8]) -> bool {
    sent.get(11..15) == Some(&[0xcf, 0x21, 0xad, 0x74])
}
