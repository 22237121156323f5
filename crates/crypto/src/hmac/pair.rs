//! HMAC over the bare compression function of a hash: a key is the two states behind its padded blocks.
//!
//! Whole types of HMAC leave the padded key on the stack, and a context is larger than what it is for; here each block and
//! each state is wiped where it lies. What the compression itself spills is its own affair, as with any provider.

use sha2::block_api::{compress256, compress512};

use crate::wipe::{wipe, wipe_words};

/// A word of SHA-2 with its compression function: `u32` with blocks of 64 bytes, `u64` with blocks of 128
/// (FIPS 180-4 section 6).
pub(super) trait Word<const BLOCK: usize>: Copy + Default {
    /// The bytes of the field behind the padding that holds the message's length (FIPS 180-4 section 5.1).
    const LENGTH: usize;

    fn compress(state: &mut [Self; 8], blocks: &[[u8; BLOCK]]);

    /// Writes the state as bytes, as far as there is room.
    fn write(state: &[Self; 8], place: &mut [u8]);
}

impl Word<64> for u32 {
    const LENGTH: usize = 8;

    fn compress(state: &mut [Self; 8], blocks: &[[u8; 64]]) {
        compress256(state, blocks);
    }

    fn write(state: &[Self; 8], place: &mut [u8]) {
        place.as_chunks_mut().0.iter_mut().zip(state).for_each(|(bytes, word)| *bytes = word.to_be_bytes());
    }
}

impl Word<128> for u64 {
    const LENGTH: usize = 16;

    fn compress(state: &mut [Self; 8], blocks: &[[u8; 128]]) {
        compress512(state, blocks);
    }

    fn write(state: &[Self; 8], place: &mut [u8]) {
        place.as_chunks_mut().0.iter_mut().zip(state).for_each(|(bytes, word)| *bytes = word.to_be_bytes());
    }
}

/// The states behind the blocks with which the inner and the outer hash begin (RFC 2104 section 4).
#[derive(Clone)]
pub(super) struct Pair<W: Word<BLOCK>, const BLOCK: usize> {
    inner: [W; 8],
    outer: [W; 8],
}

impl<W: Word<BLOCK>, const BLOCK: usize> Pair<W, BLOCK> {
    /// Schedules `key` for the hash that begins with `start` and ends with `output` bytes.
    pub(super) fn new(start: [W; 8], output: usize, key: &[u8]) -> Self {
        let mut block = [[0; BLOCK]];
        let [bytes] = &mut block;
        match bytes.get_mut(..key.len()) {
            Some(place) => place.copy_from_slice(key),
            None => {
                let mut running = Running::new(&start, 0);
                running.update(key);
                running.finish();
                running.write(&mut bytes[..output]);
            }
        }
        let mut pair = Self { inner: start, outer: start };
        block.as_flattened_mut().iter_mut().for_each(|byte| *byte ^= INNER);
        W::compress(&mut pair.inner, &block);
        block.as_flattened_mut().iter_mut().for_each(|byte| *byte ^= INNER ^ OUTER);
        W::compress(&mut pair.outer, &block);
        wipe(block.as_flattened_mut());
        pair
    }

    /// The tag of the concatenated `parts` by a hash of `output` bytes; `out` takes as much of it as it has room for.
    pub(super) fn sign<'a>(&self, parts: impl Iterator<Item = &'a [u8]>, output: usize, out: &mut [u8]) {
        let mut running = Running::new(&self.inner, BLOCK);
        parts.for_each(|part| running.update(part));
        running.finish();
        running.go_on_over_digest(&self.outer, output);
        running.finish();
        running.write(out);
    }
}

impl<W: Word<BLOCK>, const BLOCK: usize> Drop for Pair<W, BLOCK> {
    #[inline]
    fn drop(&mut self) {
        wipe_words(&mut self.inner);
        wipe_words(&mut self.outer);
    }
}

const INNER: u8 = 0x36;
const OUTER: u8 = 0x5c;

/// A hash over a message that comes in parts.
struct Running<W: Word<BLOCK>, const BLOCK: usize> {
    state: [W; 8],
    /// What of the message fills no whole block yet, which is in the first; the padding may need both.
    ends: [[u8; BLOCK]; 2],
    filled: usize,
    length: usize,
}

impl<W: Word<BLOCK>, const BLOCK: usize> Running<W, BLOCK> {
    /// Goes on from a state behind so many bytes, which are whole blocks.
    #[inline]
    fn new(state: &[W; 8], length: usize) -> Self {
        Self { state: *state, ends: [[0; BLOCK]; 2], filled: 0, length }
    }

    /// Takes the state behind one block, and its own digest as the message behind that.
    #[inline]
    fn go_on_over_digest(&mut self, state: &[W; 8], digest: usize) {
        let [first, _] = &mut self.ends;
        W::write(&self.state, first);
        self.state = *state;
        self.filled = digest;
        self.length = BLOCK + digest;
    }

    /// Writes as much of the digest as there is room for.
    #[inline]
    fn write(&mut self, out: &mut [u8]) {
        let [first, _] = &mut self.ends;
        W::write(&self.state, first);
        out.copy_from_slice(&first[..out.len()]);
    }

    #[inline]
    fn update(&mut self, part: &[u8]) {
        self.length += part.len();
        let [first, _] = &mut self.ends;
        let room = &mut first[self.filled..];
        let (front, rest) = part.split_at(room.len().min(part.len()));
        if rest.is_empty() && front.len() < room.len() {
            room[..front.len()].copy_from_slice(front);
            self.filled += front.len();
            return;
        }
        let blocks = if self.filled == 0 {
            part
        } else {
            room.copy_from_slice(front);
            W::compress(&mut self.state, &self.ends[..1]);
            rest
        };
        let (blocks, rest) = blocks.as_chunks();
        if !blocks.is_empty() {
            W::compress(&mut self.state, blocks);
        }
        let [first, _] = &mut self.ends;
        first[..rest.len()].copy_from_slice(rest);
        self.filled = rest.len();
    }

    /// Puts behind the message a bit, zeros, and its length in bits (FIPS 180-4 section 5.1).
    #[inline]
    fn finish(&mut self) {
        let bits = self.length as u64 * 8;
        let blocks = if self.filled + 1 + W::LENGTH <= BLOCK { 1 } else { 2 };
        let ends = &mut self.ends.as_flattened_mut()[..blocks * BLOCK];
        ends[self.filled] = 0x80;
        ends[self.filled + 1..].fill(0);
        if let Some(place) = ends.last_chunk_mut() {
            *place = bits.to_be_bytes();
        }
        W::compress(&mut self.state, &self.ends[..blocks]);
    }
}

impl<W: Word<BLOCK>, const BLOCK: usize> Drop for Running<W, BLOCK> {
    #[inline]
    fn drop(&mut self) {
        wipe_words(&mut self.state);
        wipe(self.ends.as_flattened_mut());
    }
}
