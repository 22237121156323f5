//! The raw cipher over the records of one write: no queue, no state but the keys.

use aws_lc_rs::aead::LessSafeKey;
use aws_lc_rs::error::Unspecified;
use bench_peer::case::{Session, Suite, Version};
use bench_peer::fault::Fault;

use crate::work::{TAG, aad, nonce, record_key};

/// The most content of a record (RFC 9846 section 5.1).
const CONTENT: usize = 1 << 14;
/// What a server seals before it sends: four records of the greatest length.
const HELD: usize = 4 * CONTENT;
/// A record's header, type byte and tag.
const FRAME: usize = 5 + 1 + TAG;

/// The bytes on the wire for a write in this session: TLS 1.2 has no type byte within a record, and with AES eight
/// bytes of nonce before it (RFC 5288 section 3).
pub(crate) fn wire_length(session: Session, write: usize) -> usize {
    let frame = match (session.version, session.suite) {
        (Version::Tls13, _) => FRAME,
        (Version::Tls12, Suite::ChaCha20Poly1305) => FRAME - 1,
        (Version::Tls12, _) => FRAME - 1 + 8,
    };
    write + write.div_ceil(CONTENT) * frame
}

/// The bytes of a write's records, as they are sealed here.
fn sealed_length(write: usize) -> usize {
    write + write.div_ceil(CONTENT) * FRAME
}

/// A write and its records.
pub(crate) struct Records {
    key: LessSafeKey,
    /// Whether a copy costs less than a type byte that stands apart: with short messages of ChaCha20-Poly1305.
    copies: bool,
    data: Vec<u8>,
    /// As many records as a server holds before it sends them; longer writes use it again.
    sealed: Vec<u8>,
    /// One copy of the records for each write that is opened.
    received: Vec<Vec<u8>>,
}

impl Records {
    pub(crate) fn new(suite: Suite, write: usize) -> Result<Self, Fault> {
        let sealed = vec![0; sealed_length(write.min(HELD))];
        let copies = suite == Suite::ChaCha20Poly1305 && write <= 2048;
        Ok(Self { key: record_key(suite)?, copies, data: vec![0x5a; write], received: Vec::new(), sealed })
    }

    /// Seals each record with its type behind its content, straight from the data into what is sent, and lends these
    /// bytes whenever the write or the room has come to its end.
    pub(crate) fn seal(&mut self, mut send: impl FnMut(&[u8])) -> Result<(), Unspecified> {
        for content in self.data.chunks(HELD) {
            let sealed = self.sealed.get_mut(..sealed_length(content.len())).ok_or(Unspecified)?;
            Self::seal_into(&self.key, self.copies, content, sealed)?;
            send(sealed);
        }
        Ok(())
    }

    fn seal_into(key: &LessSafeKey, copies: bool, data: &[u8], sealed: &mut [u8]) -> Result<(), Unspecified> {
        for (content, record) in data.chunks(CONTENT).zip(sealed.chunks_mut(CONTENT + FRAME)) {
            if copies {
                let (body, tag) = record[5..].split_at_mut(content.len() + 1);
                body[..content.len()].copy_from_slice(content);
                body[content.len()] = 23;
                key.seal_in_place_scatter(nonce(), aad(), body, &[], tag)?;
                continue;
            }
            let (body, tail) = record[5..].split_at_mut(content.len());
            key.seal_out_of_place_scatter(nonce(), aad(), content, body, &[23], tail)?;
        }
        Ok(())
    }

    /// Seals so many writes to where they are opened, while the clock stands still.
    ///
    /// # Errors
    /// Sealing failed.
    pub(crate) fn receive(&mut self, writes: usize) -> Result<(), Unspecified> {
        let mut all = std::mem::take(&mut self.received);
        all.resize_with(writes, Vec::new);
        for received in &mut all {
            received.clear();
            self.seal(|sealed| received.extend_from_slice(sealed))?;
        }
        self.received = all;
        Ok(())
    }

    /// Opens each record of one write where it lies.
    pub(crate) fn open(&mut self, write: usize) -> Result<(), Unspecified> {
        for record in self.received[write].chunks_mut(CONTENT + FRAME) {
            self.key.open_in_place(nonce(), aad(), &mut record[5..])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_comes_out_as_it_went_in() {
        for suite in Suite::ALL {
            for write in [1, CONTENT, CONTENT + 1, HELD, 3 * HELD + 1] {
                let mut records = Records::new(suite, write).unwrap();
                records.receive(1).unwrap();
                records.open(0).unwrap();
                let opened = records.received[0].chunks(CONTENT + FRAME);
                let content: Vec<u8> =
                    opened.flat_map(|record| record[5..record.len() - 1 - TAG].to_vec()).collect();
                assert_eq!(content, records.data);
            }
        }
    }
}
