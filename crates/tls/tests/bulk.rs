//! Data through a connection whose caller takes its time: partial reads and writes, many slices, limits.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a fixture that cannot be made fails its test")]

use std::io::IoSlice;

use bulla_testkit::authority::{self, server_name};
use bulla_testkit::pair::Pair;
use bulla_tls::{Connection, Padding, Step};

/// Header, content type and tag around the content of a record.
const OVERHEAD: usize = 5 + 1 + 16;

fn pair(output: usize, padding: Padding) -> Pair {
    let (mut client, mut server) = (authority::shared().client_config(), authority::shared().server_config());
    client.limits.output = output;
    client.padding = padding;
    server.limits.output = output;
    let client = Connection::client(&client.check().unwrap(), server_name());
    let mut pair = Pair::new(client, Connection::server(&server.check().unwrap()));
    pair.settle();
    pair.assert_established();
    pair
}

fn pattern(length: usize) -> Vec<u8> {
    (0..251).cycle().take(length).collect()
}

/// The lengths of the records that wait at the client.
fn waiting(pair: &Pair) -> Vec<usize> {
    let mut bytes = pair.client.connection.output();
    let mut lengths = Vec::new();
    while let Some([_, _, _, high, low]) = bytes.first_chunk::<5>() {
        let length = 5 + usize::from(u16::from_be_bytes([*high, *low]));
        lengths.push(length - OVERHEAD);
        bytes = &bytes[length..];
    }
    lengths
}

#[test]
fn no_more_is_sealed_than_may_wait() {
    let limit = 40_000;
    let mut pair = pair(limit, Padding::None);
    let data = pattern(1 << 20);
    let mut rest = data.as_slice();
    let mut rounds = 0;
    while !rest.is_empty() {
        let taken = pair.client.connection.send(rest).unwrap();
        rest = &rest[taken..];
        let waits = pair.client.connection.output().len();
        // The last record may reach over the limit.
        assert!(waits < limit + (1 << 14) + OVERHEAD, "{waits} bytes wait");
        if !rest.is_empty() {
            assert!(waits >= limit && pair.client.connection.send(rest).unwrap() == 0, "{waits} bytes wait");
        }
        pair.settle();
        rounds += 1;
    }
    assert!(pair.server.delivered == data && rounds > 10, "{rounds} rounds");
}

#[test]
fn small_slices_share_records_and_large_ones_fill_them() {
    let cases: [(&[usize], &[usize]); 6] = [
        (&[10, 20, 30], &[60]),
        (&[0, 10, 0], &[10]),
        (&[0], &[]),
        (&[16_384], &[16_384]),
        (&[16_000, 384, 1], &[16_384, 1]),
        (&[40_000, 5], &[16_384, 16_384, 7232, 5]),
    ];
    for (lengths, records) in cases {
        let mut pair = pair(1 << 16, Padding::None);
        let data = pattern(lengths.iter().sum());
        let mut rest = data.as_slice();
        let slices: Vec<_> = lengths
            .iter()
            .map(|length| {
                let (now, later) = rest.split_at(*length);
                rest = later;
                IoSlice::new(now)
            })
            .collect();
        assert_eq!(pair.client.connection.send_vectored(&slices).unwrap(), data.len());
        assert_eq!(waiting(&pair), records, "{lengths:?}");
        pair.settle();
        assert!(pair.server.delivered == data, "{lengths:?}");
    }
}

#[test]
fn gathered_records_are_padded_too() {
    let mut pair = pair(1 << 16, Padding::Block(128));
    let slices = [IoSlice::new(b"one"), IoSlice::new(b"two"), IoSlice::new(b"three")];
    assert_eq!(pair.client.connection.send_vectored(&slices).unwrap(), 11);
    assert_eq!(waiting(&pair), [128]);
    pair.settle();
    assert_eq!(pair.server.delivered, b"onetwothree");
}

/// A caller that takes one byte at a time is given the rest again; a socket that takes one byte, too.
#[test]
fn a_byte_at_a_time() {
    let mut pair = pair(1 << 16, Padding::None);
    pair.client.connection.send(b"slowly").unwrap();
    let mut sent = Vec::new();
    while let Step::Transmit(bytes) = pair.client.connection.step().unwrap() {
        sent.push(bytes[0]);
        pair.client.connection.transmitted(1).unwrap();
    }
    assert_eq!(sent.len(), 6 + OVERHEAD);
    let server = &mut pair.server.connection;
    let mut taken = Vec::new();
    for byte in sent {
        server.read_slot()[0] = byte;
        server.advance(1).unwrap();
        while let Step::Deliver(plaintext) = server.step().unwrap() {
            let rest = plaintext.to_vec();
            assert_eq!(rest, b"slowly"[taken.len()..]);
            taken.push(rest[0]);
            server.consume(1).unwrap();
        }
    }
    assert_eq!(taken, b"slowly");
}

/// The plaintext lent is the caller's to change: it is the receive buffer itself.
#[test]
fn plaintext_is_lent_for_writing() {
    let mut pair = pair(1 << 16, Padding::None);
    pair.server.connection.send(b"secret").unwrap();
    let bytes = pair.server.run();
    let client = &mut pair.client.connection;
    client.read_slot()[..bytes.len()].copy_from_slice(&bytes);
    client.advance(bytes.len()).unwrap();
    let Step::Deliver(plaintext) = client.step().unwrap() else { panic!("{client:?}") };
    plaintext.fill(0);
    let Step::Deliver(plaintext) = client.step().unwrap() else { panic!("{client:?}") };
    assert_eq!(plaintext, [0; 6]);
}

/// Buffers given back while idle come again, and nothing is lost where something was held.
#[test]
fn idle_in_every_state() {
    let mut pair = pair(1 << 16, Padding::None);
    for round in 0..3 {
        pair.client.connection.send(&[round; 100]).unwrap();
        pair.client.connection.idle();
        let bytes = pair.client.run();
        pair.client.connection.idle();
        let (first, second) = bytes.split_at(50);
        pair.server.receive(first, usize::MAX);
        pair.server.connection.idle();
        pair.server.receive(second, usize::MAX);
        pair.server.connection.idle();
    }
    assert_eq!(pair.server.delivered, [[0; 100], [1; 100], [2; 100]].concat());
}
