//! No changed bit goes unnoticed: each bit of each record, and of each message inside a protected record,
//! is flipped in turn.

use bulla_testkit::actor::Out;
use bulla_tls::Role;
use bulla_tls::registry::{ContentType, HandshakeType};

use super::flow::{Flow, Log, SHAPES, Shape, bytes};

/// Whether this byte of a stream is one whose change must make no difference.
///
/// RFC 9846 section 5.1: legacy_record_version: This field is deprecated and MUST be ignored for all purposes.
/// That holds for records in the clear; those protected authenticate their header (section 5.2). The high byte
/// of the very first record is looked at once, to tell TLS from other protocols. In TLS 1.2 change_cipher_spec is the
/// last record in the clear (RFC 5246 section 6.2.3.3).
fn is_exempt(tls12: bool, stream: &[u8], place: usize) -> bool {
    let (mut start, mut changed) = (0, false);
    while let Some([kind, _, _, high, low]) = stream[start..].first_chunk::<5>() {
        let end = start + 5 + usize::from(u16::from_be_bytes([*high, *low]));
        if (start..end).contains(&place) {
            let clear = !changed && ContentType(*kind) != ContentType::APPLICATION_DATA;
            return clear && (place == start + 2 || (place == start + 1 && start > 0));
        }
        start = end;
        changed |= tls12 && ContentType(*kind) == ContentType::CHANGE_CIPHER_SPEC;
    }
    false
}

/// Fails the test unless the log is a true part of the honest one, ends in an error, and shows no session
/// where the flaw was in the handshake.
fn assert_noticed(log: &Log, honest: &Log, in_handshake: bool, what: &dyn Fn() -> String) {
    assert!(log.error.is_some(), "{}: unnoticed", what());
    assert!(honest.events.starts_with(&log.events) && log.events != honest.events, "{}: {log:?}", what());
    assert!(!(in_handshake && log.established()), "{}: a session", what());
}

fn each_bit_of_each_record(shape: Shape, role: Role) {
    let flow = shape.flow_to(role);
    let stream = flow.bytes();
    let honest = flow.replay_whole(&stream);
    let mut exempt = 0;
    // What follows the handshake is alike in all shapes of a version; one is enough.
    let end = if matches!(shape, Shape::Full | Shape::Full12) { stream.len() } else { flow.handshake_len };
    for place in 0..end {
        for bit in 0..8 {
            let mut flipped = stream.clone();
            flipped[place] ^= 1 << bit;
            let log = flow.replay_whole(&flipped);
            let what = || format!("{shape:?} to the {role:?}, byte {place}, bit {bit}");
            if is_exempt(shape.is_tls12(), &stream, place) {
                exempt += 1;
                assert_eq!(log, honest, "{}: exempt", what());
            } else {
                assert_noticed(&log, &honest, place < flow.handshake_len, &what);
            }
        }
    }
    assert!(exempt > 0 && exempt < 8 * 16, "{exempt} exempt bits");
}

/// The messages of the handshake inside protected records, flipped before they are sealed. Their four header bytes are flipped
/// too: a length that claims more swallows what follows, or waits for it until the end.
fn each_bit_of_each_protected_message(shape: Shape, role: Role) -> Vec<HandshakeType> {
    let flow = shape.flow_to(role);
    let honest = flow.replay_whole(&flow.bytes());
    let keys = flow.script.iter().position(|out| matches!(out, Out::Keys(_))).unwrap();
    let mut kinds = Vec::new();
    for index in keys..flow.script.len() {
        let after = [HandshakeType::KEY_UPDATE, HandshakeType::NEW_SESSION_TICKET];
        let Some(kind) = flow.script[index].kind().filter(|kind| !after.contains(kind)) else {
            continue;
        };
        kinds.push(kind);
        each_bit_of(&flow, index, &honest, kind);
    }
    kinds
}

fn each_bit_of(flow: &Flow, index: usize, honest: &Log, kind: HandshakeType) {
    let Out::Message(message) = &flow.script[index] else { panic!("{kind}") };
    for bit in 0..message.len() * 8 {
        let mut script = flow.script.clone();
        let mut flipped = message.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        script[index] = Out::Message(flipped);
        let log = flow.replay_whole(&bytes(&script));
        let what = || format!("{:?} to the {:?}, {kind}, bit {bit}", flow.shape, flow.role);
        assert_noticed(&log, honest, true, &what);
    }
}

#[test]
fn records_to_the_client() {
    // A client that resumes meets its server anew for each bit: its messages below say enough.
    let shapes = [Shape::Simple, Shape::Full, Shape::Full12];
    shapes.into_iter().for_each(|shape| each_bit_of_each_record(shape, Role::Client));
}

#[test]
fn records_to_the_server() {
    // What the simple shape of TLS 1.2 sends is a part of what the full one does.
    let shapes = SHAPES.into_iter().filter(|shape| !matches!(shape, Shape::Simple12));
    shapes.for_each(|shape| each_bit_of_each_record(shape, Role::Server));
}

#[test]
fn messages_to_the_client() {
    use HandshakeType as Kind;
    let kinds = each_bit_of_each_protected_message(Shape::Full, Role::Client);
    let whole_flight = [
        Kind::ENCRYPTED_EXTENSIONS,
        Kind::CERTIFICATE_REQUEST,
        Kind::COMPRESSED_CERTIFICATE,
        Kind::CERTIFICATE_VERIFY,
        Kind::FINISHED,
    ];
    assert_eq!(kinds, whole_flight);
    let kinds = each_bit_of_each_protected_message(Shape::Resumed, Role::Client);
    assert_eq!(kinds, [Kind::ENCRYPTED_EXTENSIONS, Kind::FINISHED]);
    // In TLS 1.2 all others are in the clear, and so changed with the records.
    for shape in [Shape::Simple12, Shape::Full12, Shape::Resumed12] {
        assert_eq!(each_bit_of_each_protected_message(shape, Role::Client), [Kind::FINISHED]);
    }
}

#[test]
fn messages_to_the_server() {
    use HandshakeType as Kind;
    let kinds = each_bit_of_each_protected_message(Shape::Full, Role::Server);
    assert_eq!(kinds, [Kind::COMPRESSED_CERTIFICATE, Kind::CERTIFICATE_VERIFY, Kind::FINISHED]);
    for shape in SHAPES.into_iter().filter(|shape| !matches!(shape, Shape::Full)) {
        assert_eq!(each_bit_of_each_protected_message(shape, Role::Server), [Kind::FINISHED]);
    }
}
