//! The records of RFC 8448 sections 3, 5, 6 and 7, byte for byte: sealed as they were sent, opened as they came.

use bulla_testkit::trace::{Step, Trace};

use super::inbound::{Event, Inbound};
use super::outbound::Outbound;
use crate::config::{Limits, Padding};
use crate::facts::Role;
use crate::keys::secret::Secret;
use crate::keys::suite::Suite;
use crate::keys::traffic::{Keys, TrafficSecret};
use crate::wire::registry::{AlertDescription, AlertLevel, CipherSuite, ProtocolVersion};

const TRACES: [&str; 4] = [
    include_str!("../../keys/rfc8448/simple.txt"),
    include_str!("../../keys/rfc8448/retry.txt"),
    include_str!("../../keys/rfc8448/client-authentication.txt"),
    include_str!("../../keys/rfc8448/compatibility.txt"),
];

/// What a sender does, as its trace tells it.
enum Act {
    Handshake,
    Data,
    Alert,
    ChangeCipherSpec,
    Install { application: bool, keys: Keys },
}

/// The acts of one side in order, each record with its payload and the whole of it.
fn acts<'a>(trace: &'a Trace, side: &str) -> Vec<(Act, &'a [u8], &'a [u8])> {
    let mut protected = false;
    let mut acts = Vec::new();
    for step in trace.steps.iter().filter(|step| step.side == side) {
        if step.what == "derive write traffic keys for application data" {
            acts.push((install(trace, side, true), &[][..], &[][..]));
        }
        let Some((kind, payload, record)) = record(step) else { continue };
        if record[0] == 23 && !protected {
            protected = true;
            acts.push((install(trace, side, false), &[], &[]));
        }
        acts.push((kind, payload, record));
    }
    acts
}

fn record(step: &Step) -> Option<(Act, &[u8], &[u8])> {
    let kind = match step.what.strip_prefix("send ")?.split(' ').next()? {
        "handshake" => Act::Handshake,
        "application_data" => Act::Data,
        "alert" => Act::Alert,
        "change_cipher_spec" => Act::ChangeCipherSpec,
        other => panic!("a record of type {other}"),
    };
    Some((kind, step.value("payload")?, step.value("complete record")?))
}

fn install(trace: &Trace, side: &str, application: bool) -> Act {
    let level = if application { "ap" } else { "hs" };
    let bytes = trace.secret(&format!("{} {level} traffic", &side[..1]));
    let secret = Secret::filled(bytes.len(), |out| out.copy_from_slice(bytes));
    let suite = Suite::of(CipherSuite::AES_128_GCM_SHA256).unwrap();
    Act::Install { application, keys: Keys::Tls13(TrafficSecret::new(suite, b"tls13 ", secret)) }
}

#[test]
fn sealed_as_sent() {
    let mut records = 0;
    for (text, side) in TRACES.iter().flat_map(|text| [(text, "client"), (text, "server")]) {
        let trace = Trace::parse(text);
        let first = if side == "client" { ProtocolVersion::TLS_1_0 } else { ProtocolVersion::TLS_1_2 };
        let mut outbound = Outbound::new(first, Padding::None);
        for (act, payload, record) in acts(&trace, side) {
            match act {
                Act::Handshake => outbound.handshake(payload).unwrap(),
                Act::Data => outbound.data(payload).unwrap(),
                Act::Alert => outbound.alert(AlertLevel(payload[0]), AlertDescription(payload[1])).unwrap(),
                Act::ChangeCipherSpec => {
                    outbound.change_cipher_spec();
                    outbound.end_flight();
                }
                Act::Install { keys, .. } => outbound.install(keys).unwrap(),
            }
            assert_eq!(outbound.waiting(), record, "{side}: {payload:02x?}");
            outbound.sent(record.len());
            records += usize::from(!record.is_empty());
        }
    }
    assert_eq!(records, 9 + 8 + 6 + 8, "the records of sections 3, 5, 6 and 7");
}

#[test]
fn opened_as_they_came() {
    for (text, side) in TRACES.iter().flat_map(|text| [(text, "client"), (text, "server")]) {
        let trace = Trace::parse(text);
        let receiver = if side == "client" { Role::Server } else { Role::Client };
        let limits = Limits::default();
        let mut inbound = Inbound::new(receiver, limits.message, limits.idle_records);
        for (act, payload, record) in acts(&trace, side) {
            if let Act::Install { application, keys } = act {
                match application {
                    true => inbound.install_application(keys).unwrap(),
                    false => inbound.install_handshake(keys).unwrap(),
                }
                continue;
            }
            inbound.slot()[..record.len()].copy_from_slice(record);
            inbound.received(record.len()).unwrap();
            assert_eq!(received(&mut inbound), (act.name(), expected(&act, payload)), "{side}");
        }
    }
}

impl Act {
    fn name(&self) -> &'static str {
        match self {
            Self::Handshake => "messages",
            Self::Data => "data",
            Self::Alert => "alert",
            Self::ChangeCipherSpec | Self::Install { .. } => "nothing",
        }
    }
}

fn expected(act: &Act, payload: &[u8]) -> Vec<u8> {
    match act {
        Act::Handshake | Act::Data => payload.to_vec(),
        Act::Alert => vec![payload[1]],
        Act::ChangeCipherSpec | Act::Install { .. } => Vec::new(),
    }
}

/// What one record turned out to be.
fn received(inbound: &mut Inbound) -> (&'static str, Vec<u8>) {
    let (mut kind, mut bytes) = ("nothing", Vec::new());
    loop {
        match inbound.next().unwrap() {
            Event::NeedBytes => return (kind, bytes),
            Event::Handshake { message, .. } => {
                kind = "messages";
                bytes.extend_from_slice(message.as_ref());
            }
            Event::Alert(alert) => (kind, bytes) = ("alert", vec![alert.0]),
            Event::Data => {
                (kind, bytes) = ("data", inbound.lent().unwrap().to_vec());
                inbound.consume(bytes.len()).unwrap();
            }
        }
    }
}
