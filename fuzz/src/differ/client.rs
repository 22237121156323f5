//! Two clients and one server's flight.

use bulla_tls::registry::{ExtensionType, ProtocolVersion};
use bulla_tls::testing::forge_messages;
use bulla_tls::{Error, Incompatibility, Violation};
use rustls::ClientConnection;

use super::edit::Parts;
use super::{Answer, Answers, Class, explain, is_about_renegotiation, peer};
use crate::fixture::{Flags, name};
use crate::input::{Cuts, Input};
use crate::narrative::{Role, honest};
use crate::watched::Watched;

/// How many changes an input makes.
const MOST: usize = 5;

/// What both clients are given.
pub struct Flight {
    /// Their configs and the server's.
    pub flags: Flags,
    /// Whole messages that the server sends in place of its next one of their type.
    pub messages: Vec<Vec<u8>>,
}

/// What rustls' client asks for and bulla's does not that resumes nothing: how tickets may be used.
const ONLY_THEY_OFFER: [ExtensionType; 1] = [ExtensionType::PSK_KEY_EXCHANGE_MODES];

/// Extensions of a server's messages that only bulla reads.
const ONLY_WE_READ: [&str; 7] = [
    "supported_groups",
    "signature_algorithms_cert",
    "certificate_authorities",
    "CertificateAuthoritiesExtension",
    "record_size_limit",
    "signed_certificate_timestamp",
    "ticket_request",
];

/// The differences that are known.
pub const CLASSES: [Class<Flight>; 8] = [
    Class {
        name: "legacy-version",
        holds: |_, answers| {
            answers.only_ours(|error| {
                matches!(
                    error,
                    Error::Violation(Violation::LegacyVersion { .. } | Violation::VersionNotOffered(_))
                        | Error::Incompatible(Incompatibility::Version(ProtocolVersion::TLS_1_3))
                )
            })
        },
    },
    Class {
        name: "session-id-echo",
        holds: |_, answers| answers.only_ours(|error| *error == Error::Violation(Violation::SessionIdEcho)),
    },
    Class {
        name: "misplaced-extension",
        holds: |_, answers| {
            answers.only_ours(|error| matches!(error, Error::Violation(Violation::MisplacedExtension { .. })))
        },
    },
    Class {
        name: "unsolicited-extension",
        holds: |_, answers| {
            answers.only_ours(|error| match error {
                Error::Violation(Violation::UnsolicitedExtension { extension, .. }) => {
                    ONLY_THEY_OFFER.contains(extension)
                }
                _ => false,
            })
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
    Class { name: "renegotiation-info", holds: |_, answers| answers.only_ours(is_about_renegotiation) },
    Class {
        name: "certificate-encoding",
        holds: |_, answers| {
            answers.only_ours(|error| matches!(error, Error::Violation(Violation::UnreadableCertificate(_))))
        },
    },
    Class {
        name: "judged-elsewhere",
        holds: |_, answers| {
            answers.only_theirs(|error| matches!(error, rustls::Error::InvalidCertificate(_)))
        },
    },
];

/// Two bytes of choices, then changes to the server's messages.
pub fn client(data: &[u8]) {
    let flight = Flight::read(data);
    explain(&CLASSES, &flight, &flight.answers());
}

impl Flight {
    /// Out of an input.
    pub fn read(data: &[u8]) -> Self {
        let mut input = Input::new(data);
        let choices = Flags::ALPN | Flags::RETRY | Flags::CLIENT_CERTIFICATE | Flags::VERSIONS;
        let flags = Flags(input.u16() & choices | Flags::ASK | Flags::PLAIN);
        let sent = honest(Role::Client, flags);
        let whole = |message: &&Vec<u8>| matches!(message[0], 2 | 8 | 11 | 12 | 13);
        let parts = |message: &Vec<u8>| Parts::of(message, flags.is_tls12());
        let mut messages: Vec<Parts> = sent.iter().filter(whole).map(parts).collect();
        for _ in 0..MOST {
            if input.is_empty() {
                break;
            }
            let index = usize::from(input.u8()) % messages.len();
            messages[index].change(&mut input);
        }
        Self { flags, messages: messages.iter().map(Parts::build).collect() }
    }

    /// What both make of it.
    pub fn answers(&self) -> Answers {
        Answers { ours: self.ours(), theirs: self.theirs() }
    }

    fn server(&self) -> Watched {
        let mut server = Watched::new(self.flags.server());
        forge_messages(&mut server.connection, self.messages.clone());
        server.given_up = true;
        server
    }

    fn ours(&self) -> Answer<Error> {
        let (mut server, mut client) = (self.server(), Watched::new(self.flags.client()));
        let mut cuts: Option<Cuts> = None;
        let mut to_server = client.run();
        while !to_server.is_empty() {
            let to_client = server.receive(&to_server, &mut cuts);
            to_server = client.receive(&to_client, &mut cuts);
            if client.outcome.established || client.outcome.error.is_some() {
                break;
            }
        }
        match client.outcome.error {
            Some(error) => Answer::Refused(error),
            None if client.outcome.established => Answer::Taken("completes"),
            None => Answer::Waits,
        }
    }

    fn theirs(&self) -> Answer<rustls::Error> {
        let mut server = self.server();
        let mut client =
            ClientConnection::new(peer::client_config(self.flags), name()).expect("a sound config");
        loop {
            let mut to_server = Vec::new();
            while client.wants_write() {
                client.write_tls(&mut to_server).expect("memory does not fail");
            }
            if !client.is_handshaking() {
                return Answer::Taken("completes");
            }
            let to_client = server.receive(&to_server, &mut None);
            if to_client.is_empty() {
                return Answer::Waits;
            }
            let mut rest = to_client.as_slice();
            while !rest.is_empty() {
                client.read_tls(&mut rest).expect("memory does not fail");
                if let Err(error) = client.process_new_packets() {
                    return Answer::Refused(error);
                }
            }
        }
    }
}
