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
                let (mut state, mut ends) = (start, [[0; BLOCK]; 2]);
                take_in(&mut state, &mut ends, 0, key);
                W::write(&state, &mut bytes[..output]);
                wipe_words(&mut state);
                wipe(ends.as_flattened_mut());
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

    /// The tag of `message` by a hash of `output` bytes; `out` takes as much of it as it has room for.
    pub(super) fn sign(&self, message: &[u8], output: usize, out: &mut [u8]) {
        let (mut state, mut ends) = (self.inner, [[0; BLOCK]; 2]);
        take_in(&mut state, &mut ends, BLOCK, message);
        ends = [[0; BLOCK]; 2];
        let [digest, _] = &mut ends;
        W::write(&state, &mut digest[..output]);
        state = self.outer;
        take_in_end(&mut state, &mut ends, output, BLOCK + output);
        let [tag, _] = &mut ends;
        W::write(&state, tag);
        out.copy_from_slice(&tag[..out.len()]);
        wipe_words(&mut state);
        wipe(ends.as_flattened_mut());
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

/// The last blocks of a message: its rest and the padding, which needs both where the rest leaves no room in one.
type Ends<const BLOCK: usize> = [[u8; BLOCK]; 2];

/// Takes in a message behind so many bytes, which are whole blocks, to its end.
#[inline]
fn take_in<W: Word<BLOCK>, const BLOCK: usize>(
    state: &mut [W; 8],
    ends: &mut Ends<BLOCK>,
    before: usize,
    message: &[u8],
) {
    let (blocks, rest) = message.as_chunks();
    if !blocks.is_empty() {
        W::compress(state, blocks);
    }
    ends.as_flattened_mut()[..rest.len()].copy_from_slice(rest);
    take_in_end(state, ends, rest.len(), before + message.len());
}

/// Takes in the last bytes of a message of this length, behind which zeros stand: there come a bit, zeros, and the length
/// in bits (FIPS 180-4 section 5.1).
#[inline]
fn take_in_end<W: Word<BLOCK>, const BLOCK: usize>(
    state: &mut [W; 8],
    ends: &mut Ends<BLOCK>,
    filled: usize,
    length: usize,
) {
    let count = if filled + 1 + W::LENGTH <= BLOCK { 1 } else { 2 };
    let bytes = &mut ends.as_flattened_mut()[..count * BLOCK];
    bytes[filled] = 0x80;
    if let Some(place) = bytes.last_chunk_mut() {
        *place = (length as u64 * 8).to_be_bytes();
    }
    W::compress(state, &ends[..count]);
}
