//! Handshake messages taken apart, changed where it tells, and put together again.

use crate::input::Input;
use crate::message::framed;

/// A message whose extensions can be changed one by one.
#[derive(Clone)]
pub struct Parts {
    kind: u8,
    /// What stands before the block of extensions.
    front: Vec<u8>,
    /// The extensions: type and data.
    pub extensions: Vec<(u16, Vec<u8>)>,
    /// What stands behind the block: the other certificates of a chain.
    behind: Vec<u8>,
    /// Whether there is a block at all.
    block: bool,
}

/// Extensions that either implementation knows (IANA's TLS ExtensionType registry).
const KNOWN: [u16; 23] =
    [0, 1, 5, 10, 11, 13, 16, 18, 21, 23, 27, 28, 35, 41, 42, 43, 44, 45, 47, 50, 51, 58, 0xff01];

impl Parts {
    /// Takes a well-formed hello, EncryptedExtensions, CertificateRequest or Certificate apart. In TLS 1.2 only
    /// hellos have extensions; of other messages bytes are changed alone.
    pub fn of(message: &[u8], tls12: bool) -> Self {
        let body = &message[4..];
        if tls12 && message[0] > 2 {
            let (front, extensions, behind) = (body.to_vec(), Vec::new(), Vec::new());
            return Self { kind: message[0], front, extensions, behind, block: false };
        }
        let start = front_length(message[0], body);
        let end = start + 2 + length16(&body[start..]);
        let mut rest = &body[start + 2..end];
        let mut extensions = Vec::new();
        while !rest.is_empty() {
            let end = 4 + length16(&rest[2..]);
            extensions.push((u16::from_be_bytes([rest[0], rest[1]]), rest[4..end].to_vec()));
            rest = &rest[end..];
        }
        let (front, behind) = (body[..start].to_vec(), body[end..].to_vec());
        Self { kind: message[0], front, extensions, behind, block: true }
    }

    /// The whole message.
    pub fn build(&self) -> Vec<u8> {
        if !self.block {
            return framed(self.kind, &self.front);
        }
        let entry = |(kind, data): &(u16, Vec<u8>)| [&kind.to_be_bytes()[..], &vector16(data)].concat();
        let block = vector16(&self.extensions.iter().flat_map(entry).collect::<Vec<u8>>());
        let mut body = [&self.front[..], &block, &self.behind].concat();
        if self.kind == 11 {
            // The length of the list, which stands behind the empty context.
            let list = u32::try_from(body.len() - 4).expect("a short chain").to_be_bytes();
            body[1..4].copy_from_slice(&list[1..]);
        }
        framed(self.kind, &body)
    }

    /// Changes one thing.
    pub fn change(&mut self, input: &mut Input<'_>) {
        let choice = input.u8();
        let count = self.extensions.len().max(1);
        let index = usize::from(choice >> 3) % count;
        match choice & 7 {
            0 => slip(&mut self.front, input),
            1 => {
                let kind = KNOWN[usize::from(input.u8()) % KNOWN.len()];
                let data = input.chunk().to_vec();
                match self.extensions.iter_mut().find(|(known, _)| *known == kind) {
                    Some(extension) => extension.1 = data,
                    None => self.extensions.push((kind, data)),
                }
            }
            2 if index < self.extensions.len() => drop(self.extensions.remove(index)),
            3 => self
                .extensions
                .insert(index.min(self.extensions.len()), (input.u16(), input.chunk().to_vec())),
            4 => {
                if let Some((_, data)) = self.extensions.get_mut(index) {
                    slip(data, input);
                }
            }
            5 => {
                if let Some((_, data)) = self.extensions.get_mut(index) {
                    data.resize(usize::from(input.u8()), 0);
                }
            }
            6 => {
                let other = usize::from(input.u8()) % count;
                if self.extensions.len() > 1 {
                    self.extensions.swap(index, other);
                }
            }
            _ => {
                let kind = KNOWN[usize::from(input.u8()) % KNOWN.len()];
                let at = index.min(self.extensions.len());
                self.extensions.insert(at, (kind, input.chunk().to_vec()));
            }
        }
    }
}

/// Changes one byte.
fn slip(bytes: &mut [u8], input: &mut Input<'_>) {
    // A chain is longer than a byte counts.
    let at = if bytes.len() > 256 { input.u16().into() } else { usize::from(input.u8()) };
    let at = at % bytes.len().max(1);
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= input.u8();
    }
}

fn length16(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

fn vector16(bytes: &[u8]) -> Vec<u8> {
    // A longer one cannot be written: it is cut, as one more malformed message.
    let bytes = &bytes[..bytes.len().min(0xffff)];
    [&u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes(), bytes].concat()
}

fn front_length(kind: u8, body: &[u8]) -> usize {
    let session_id = || 35 + usize::from(body[34]);
    match kind {
        1 => {
            let suites = session_id() + 2 + length16(&body[session_id()..]);
            suites + 1 + usize::from(body[suites])
        }
        2 => session_id() + 3,
        13 => 1 + usize::from(body[0]),
        // An empty context, the list's length and the first certificate's.
        11 => 7 + (usize::from(body[4]) << 16 | length16(&body[5..])),
        _ => 0,
    }
}
