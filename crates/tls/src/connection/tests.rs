//! What only years of traffic would show: keys that have protected as much as they may. And how bytes are taken in.

use std::sync::Arc;

use bulla_crypto::private_key::PrivateKey;
use bulla_crypto::signature::KeyKind;
use bulla_testkit::authority;
use bulla_x509::trust::TrustAnchors;

use super::*;
use crate::config::{Clock, Credential, Credentials, Verification};
use crate::error::Violation;
use crate::registry::CipherSuite;

/// Passes what waits at one end to the other; gives what the other delivered.
fn pass(from: &mut Connection, to: &mut Connection) -> Result<Vec<u8>, Error> {
    let mut delivered = Vec::new();
    while let Step::Transmit(bytes) = from.step()? {
        let bytes = bytes.to_vec();
        from.transmitted(bytes.len())?;
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let slot = to.read_slot();
            let count = slot.len().min(rest.len());
            slot[..count].copy_from_slice(&rest[..count]);
            rest = &rest[count..];
            to.advance(count)?;
            loop {
                let taken = match to.step()? {
                    Step::Established(_) => 0,
                    Step::Deliver(plaintext) => {
                        delivered.extend_from_slice(plaintext);
                        plaintext.len()
                    }
                    _ => break,
                };
                to.consume(taken)?;
            }
        }
    }
    Ok(delivered)
}

fn established(suite: CipherSuite) -> (Connection, Connection) {
    let leaf = authority::shared().server(KeyKind::EcP256);
    let key = PrivateKey::from_der(&leaf.key.clone_key().into()).unwrap();
    let credential = Credential::new(leaf.chain, key).unwrap();
    let mut anchors = TrustAnchors::new();
    anchors.add_certificate(authority::shared().root()).unwrap();
    let mut client = ClientConfig::new(Verification::Anchors(anchors));
    client.clock = Clock::from_fn(authority::now);
    client.suites = vec![suite];
    let server = ServerConfig::new(Credentials::Fixed(Arc::new(credential)));
    let mut client = Connection::client(&client.check().unwrap(), authority::server_name());
    let mut server = Connection::server(&server.check().unwrap());
    for _ in 0..2 {
        pass(&mut client, &mut server).unwrap();
        pass(&mut server, &mut client).unwrap();
    }
    assert!(
        matches!(client.stage, Stage::Established { .. })
            && matches!(server.stage, Stage::Established { .. })
    );
    (client, server)
}

/// What one side seals of this data.
fn sealed(from: &mut Connection, mut data: &[u8]) -> Vec<u8> {
    let mut wire = Vec::new();
    while !data.is_empty() {
        let taken = from.send(data).unwrap();
        data = &data[taken..];
        wire.extend_from_slice(from.output());
        from.transmitted(from.output().len()).unwrap();
    }
    wire
}

/// How much is delivered until bytes are needed.
fn delivered(to: &mut Connection) -> usize {
    let mut total = 0;
    while let Step::Deliver(plaintext) = to.step().unwrap() {
        let count = plaintext.len();
        to.consume(count).unwrap();
        total += count;
    }
    total
}

/// Reads that find all they have room for grow, and end with a record, so that no part of one is moved.
#[test]
fn long_reads_end_where_records_end() {
    const RECORD: usize = 5 + (1 << 14) + 1 + 16;
    let (mut client, mut server) = established(CipherSuite::AES_128_GCM_SHA256);
    let wire = sealed(&mut client, &vec![7; 1 << 20]);
    assert_eq!(wire.len(), 64 * RECORD);
    let (mut rest, mut reads, mut got) = (wire.as_slice(), Vec::new(), 0);
    while !rest.is_empty() {
        let slot = server.read_slot();
        let count = slot.len().min(rest.len());
        let (now, later) = rest.split_at(count);
        slot[..count].copy_from_slice(now);
        server.advance(count).unwrap();
        (rest, got) = (later, got + delivered(&mut server));
        reads.push(count);
    }
    assert_eq!(got, 1 << 20);
    assert!(reads[0] <= 4096, "{reads:?}");
    let settled = &reads[4..reads.len() - 1];
    assert!(settled.len() > 10 && settled.iter().all(|count| *count == 4 * RECORD), "{reads:?}");
}

#[test]
fn what_is_fed_is_taken_as_what_is_read() {
    let (mut client, mut server) = established(CipherSuite::AES_128_GCM_SHA256);
    let wire = sealed(&mut client, &[7; 100]);
    assert!(!server.expects_more());
    server.feed(&wire[..10]).unwrap();
    assert_eq!(delivered(&mut server), 0);
    assert!(server.expects_more(), "a record has begun");
    server.feed(&wire[10..]).unwrap();
    assert_eq!(delivered(&mut server), 100);
    assert!(!server.expects_more());
    let wire = sealed(&mut client, &[7; 10_000]);
    server.feed(&wire[..10]).unwrap();
    server.read_slot()[..wire.len() - 10].copy_from_slice(&wire[10..]);
    server.advance(wire.len() - 10).unwrap();
    assert_eq!(delivered(&mut server), 10_000);
    assert!(!server.expects_more(), "a record's end is not more");
    assert_eq!(server.feed(&vec![0; 1 << 17]), Err(Misuse::TooManyBytes.into()));
    server.feed(&sealed(&mut client, &[7; 40_000])).unwrap();
    assert_eq!(delivered(&mut server), 40_000);
    assert!(server.expects_more(), "more came than a record");
}

/// RFC 9846 section 5.5: the keys are replaced before they have protected more than the AEAD bears.
#[test]
fn worn_keys_are_replaced_by_themselves() {
    for (suite, limit) in [
        (CipherSuite::AES_128_GCM_SHA256, 1 << 24),
        (CipherSuite::AES_256_GCM_SHA384, 1 << 24),
        (CipherSuite::CHACHA20_POLY1305_SHA256, 1 << 48),
    ] {
        let (mut client, mut server) = established(suite);
        client.outbound.age(limit - 1);
        server.inbound.age(limit - 1);
        assert!(!client.outbound.is_worn());
        client.send(b"the last record").unwrap();
        assert_eq!(pass(&mut client, &mut server).unwrap(), b"the last record", "{suite}");
        assert!(client.outbound.is_worn(), "{suite}");
        client.send(b"the first record of the next keys").unwrap();
        assert!(!client.outbound.is_worn());
        let delivered = pass(&mut client, &mut server).unwrap();
        assert_eq!(delivered, b"the first record of the next keys", "{suite}");
        server.send(b"keys of this side stay").unwrap();
        assert_eq!(pass(&mut server, &mut client).unwrap(), b"keys of this side stay");
    }
}

/// RFC 9846 section 5.3: Sequence numbers MUST NOT wrap. Either side would rather fail.
#[test]
fn sequence_numbers_do_not_wrap() {
    let (mut client, mut server) = established(CipherSuite::CHACHA20_POLY1305_SHA256);
    client.outbound.age(u64::MAX);
    server.inbound.age(u64::MAX);
    let expected = Error::from(Violation::TooMany("records under one key"));
    assert_eq!(client.outbound.data(b"numbered 2^64-1"), Err(expected.clone()));
    pass(&mut client, &mut server).unwrap();
    assert_eq!(server.error(), Some(&expected));
}

/// RFC 9846 section 4.7.3: Until receiving a subsequent KeyUpdate from the peer, the sender MUST NOT send another
/// KeyUpdate with request_update set to "update_requested". And what is asked for is answered by one that asks for
/// nothing, before any data.
#[test]
fn an_update_is_asked_for_once_until_it_comes() {
    let (mut client, mut server) = established(CipherSuite::AES_128_GCM_SHA256);
    let generation = |connection: &Connection| connection.outbound.generation();
    for _ in 0..3 {
        client.update_keys(true).unwrap();
    }
    assert_eq!(generation(&client), 3);
    pass(&mut client, &mut server).unwrap();
    assert!(client.key_update_asked && server.key_update_owed);
    // The server asks, too, and owes an answer: it gives the answer, and then its wish.
    server.update_keys(true).unwrap();
    assert_eq!(generation(&server), 2);
    assert!(server.key_update_asked && !server.key_update_owed);
    pass(&mut server, &mut client).unwrap();
    assert!(!client.key_update_asked && client.key_update_owed);
    client.send(b"behind the answer").unwrap();
    assert_eq!(generation(&client), 4);
    assert_eq!(pass(&mut client, &mut server).unwrap(), b"behind the answer");
    assert!(!server.key_update_asked && !server.key_update_owed);
}
