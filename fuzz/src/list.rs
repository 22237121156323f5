//! Revocation lists as an authority, or whoever would be one, might sign them.

use bulla_x509::build::Subject;

use crate::input::Input;
use crate::judge::{sequence, sign, subject};

/// The next list: as it stands, signed as it stands, or made of choices.
pub fn list(input: &mut Input<'_>) -> Option<Vec<u8>> {
    match input.u8() % 3 {
        0 => Some(input.chunk().to_vec()),
        1 => {
            let signer = input.u8();
            Some(sign(input.chunk(), signer))
        }
        _ => made(input),
    }
}

/// One that reads well: an issuer and a key, entries, and extensions by one bit each.
fn made(input: &mut Input<'_>) -> Option<Vec<u8>> {
    let (who, choice, number) = (input.u8(), input.u8(), input.u8());
    let issuer = subject(who & 15).encode().ok()?;
    let entries: Vec<u8> = (0..choice & 3).flat_map(|_| entry(input)).collect();
    let extensions: Vec<u8> = extensions(input, choice, number).concat();
    let content = sequence(
        &[
            &[2, 1, 1][..],
            &ED25519,
            &issuer,
            b"\x17\x0d231101000000Z",
            b"\x17\x0d491101000000Z",
            &if entries.is_empty() { Vec::new() } else { sequence(&entries) },
            &if extensions.is_empty() { Vec::new() } else { tagged(0xa0, &sequence(&extensions)) },
        ]
        .concat(),
    );
    Some(sign(&content, who >> 4))
}

/// Ed25519 as an algorithm.
pub const ED25519: [u8; 7] = [0x30, 5, 6, 3, 0x2b, 0x65, 0x70];

/// A serial number, and perhaps a reason and the certificate's issuer.
fn entry(input: &mut Input<'_>) -> Vec<u8> {
    let (serial, note) = (input.u8(), input.u8());
    let reason = (note & 0x10 != 0).then(|| extension(21, false, &[0x0a, 1, note & 15]));
    let issuer = (note & 0x20 != 0).then(|| named(&subject(input.u8() & 15)));
    let issuer = issuer.map(|names| extension(29, true, &names));
    let notes: Vec<u8> = reason.into_iter().chain(issuer).flatten().collect();
    let notes = if notes.is_empty() { notes } else { sequence(&notes) };
    sequence(&[&[2, 1, serial & 0x7f][..], b"\x17\x0d231101000000Z", &notes].concat())
}

/// `GeneralNames` of one entry of a directory.
fn named(subject: &Subject) -> Vec<u8> {
    sequence(&tagged(0xa4, &subject.encode().unwrap_or_default()))
}

fn extensions(input: &mut Input<'_>, choice: u8, number: u8) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    if choice & 4 == 0 {
        all.push(extension(20, false, &[2, 1, number & 0x7f]));
    }
    if choice & 8 != 0 {
        all.push(extension(27, true, &[2, 1, input.u8() & 0x7f]));
    }
    if choice & 16 != 0 {
        let scope = input.u8();
        let yes = |bit: u8, tag: u8| if scope & bit != 0 { vec![tag, 1, 0xff] } else { Vec::new() };
        let point = if scope & 16 != 0 { named(&subject(input.u8() & 15)) } else { Vec::new() };
        let point = if point.is_empty() { point } else { tagged(0xa0, &tagged(0xa0, &point[2..])) };
        let reasons = if scope & 32 != 0 { vec![0x83, 3, 7, input.u8() & 0x7f, 0x80] } else { Vec::new() };
        let fields = [point, yes(1, 0x81), yes(2, 0x82), reasons, yes(4, 0x84), yes(8, 0x85)];
        all.push(extension(28, true, &sequence(&fields.concat())));
    }
    all
}

/// One below 2.5.29.
fn extension(last: u8, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };
    sequence(&[&[6, 3, 0x55, 0x1d, last][..], critical, &tagged(4, value)].concat())
}

/// The same contents with another tag than that of a SEQUENCE.
fn tagged(tag: u8, contents: &[u8]) -> Vec<u8> {
    let mut element = sequence(contents);
    element[0] = tag;
    element
}
