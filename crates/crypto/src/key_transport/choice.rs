//! The choice between what was decrypted and the fallback, in constant time: no branch, no index and no number of
//! instructions depends on the bytes of either.
//!
//! `cargo xtask constant-time` proves it of the code as compiled: memcheck follows block and fallback as undefined
//! bytes, and callgrind counts the instructions.

use std::hint::black_box;

use super::PREMASTER_LEN;

/// RFC 8017, 7.2.2 with RFC 5246, 7.4.7.1: EM = 00 || 02 || PS || 00 || M, where PS has no zero byte, and M are the 48
/// bytes that begin with the client's version. The block is at least 256 bytes long, so that PS has the 8 it must have.
#[inline(never)]
pub(super) fn choose(
    block: &[u8],
    client_version: [u8; 2],
    fallback: &[u8; PREMASTER_LEN],
    chosen: &mut [u8; PREMASTER_LEN],
) {
    // The lengths are those of the modulus, which is public.
    let Some((padded, message)) = block.split_last_chunk::<PREMASTER_LEN>() else {
        return chosen.copy_from_slice(fallback);
    };
    let [first, second, padding @ .., separator] = padded else {
        return chosen.copy_from_slice(fallback);
    };
    let [major, minor, ..] = message;
    let mut wrong =
        first | (second ^ 2) | separator | (major ^ client_version[0]) | (minor ^ client_version[1]);
    for byte in padding {
        wrong |= ones_if_zero(*byte);
    }
    // Behind the black box the compiler does not know that the mask is all ones or none, and makes no branch of it.
    let right = black_box(ones_if_zero(black_box(wrong)));
    for ((chosen, fallback), message) in chosen.iter_mut().zip(fallback).zip(message) {
        *chosen = fallback ^ (right & (fallback ^ message));
    }
}

/// 0xff of 0, else 0.
const fn ones_if_zero(byte: u8) -> u8 {
    let [high, _] = (byte as u16).wrapping_sub(1).to_be_bytes();
    high
}
