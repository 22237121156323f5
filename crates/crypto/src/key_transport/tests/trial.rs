//! What valgrind sees of a decryption, in the code as it is shipped: `cargo xtask constant-time` runs these tests under
//! memcheck and callgrind, and reads what the latter counts. Each has a careless twin that it must find out.

use std::ffi::c_void;
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};

use crabgrind::callgrind::{dump_stats, toggle_collect};
use crabgrind::memcheck::{MemState, is_defined, mark_mem};
use crabgrind::{count_errors, disable_error_reporting, enable_error_reporting};

use super::*;

/// How many errors memcheck had reported by the end of the raw operation.
static REPORTED: AtomicUsize = AtomicUsize::new(0);

/// Called when the raw operation is done: from here on the block is secret, and instructions are counted.
pub(in crate::key_transport) fn after_raw_operation(block: &mut [u8]) {
    mark(block, MemState::Undefined);
    REPORTED.store(count_errors(), Ordering::Relaxed);
    toggle_collect();
}

/// Under any other tool than memcheck this does nothing.
fn mark(bytes: &mut [u8], state: MemState) {
    let place: *mut c_void = bytes.as_mut_ptr().cast();
    let _ = mark_mem(place, bytes.len(), state);
}

/// How many errors memcheck has reported since the raw operation.
fn reported() -> usize {
    count_errors() - REPORTED.load(Ordering::Relaxed)
}

/// Whether memcheck holds the secret for defined. To ask would be an error of its own.
fn is_public(premaster: &mut Premaster) -> bool {
    let place: *mut c_void = premaster.0.as_mut_ptr().cast();
    disable_error_reporting();
    let public = is_defined(place, PREMASTER_LEN).is_ok();
    enable_error_reporting();
    public
}

/// A way to get a premaster secret out of what was sent.
type Decryption = fn(&DecryptionKey, &[u8], [u8; 2], &[u8; PREMASTER_LEN]) -> Premaster;

/// As people wrote it before 1998: what is wrong is noticed as soon as possible.
fn careless(
    key: &DecryptionKey,
    encrypted: &[u8],
    client_version: [u8; 2],
    fallback: &[u8; PREMASTER_LEN],
) -> Premaster {
    let mut block = vec![0; key.0.modulus_len()];
    let mut chosen = Premaster::empty();
    key.0.decrypt(encrypted, &mut block);
    after_raw_operation(&mut block);
    let found = unpadded(&block).filter(|message| message.starts_with(&client_version));
    let found = found.and_then(|message| <&[u8; PREMASTER_LEN]>::try_from(message).ok());
    chosen.0.copy_from_slice(found.unwrap_or(fallback));
    chosen
}

const WELL_PADDED: Probe = ("well padded", |_| {});

/// Decrypts a well padded block, every probe and the former again, and calls `then` with the name, the secret and the
/// one expected. There is a round before, uncounted, after which the allocator is in the same state for all.
fn try_all(decryption: Decryption, mut then: impl FnMut(&str, Premaster, &[u8])) {
    let key = decryption_key();
    for counted in [false, true] {
        for (name, alter) in [WELL_PADDED].into_iter().chain(PROBES).chain([WELL_PADDED]) {
            let mut block = well_padded();
            alter(&mut block);
            let expected = if name == WELL_PADDED.0 { &block[SECRET..] } else { &FALLBACK };
            let encrypted = key.0.encrypt(&block);
            let mut fallback = FALLBACK;
            mark(&mut fallback, MemState::Undefined);
            let chosen = decryption(&key, &encrypted, black_box(VERSION), &fallback);
            toggle_collect();
            dump_stats(counted.then_some(name));
            then(name, chosen, expected);
        }
    }
}

#[test]
#[ignore = "for memcheck: cargo xtask constant-time"]
fn memcheck_follows_the_secret_and_reports_nothing() {
    try_all(DecryptionKey::premaster, |name, mut chosen, expected| {
        assert_eq!(reported(), 0, "{name}");
        assert!(!is_public(&mut chosen), "{name}: memcheck did not follow");
        mark(chosen.0.as_mut_slice(), MemState::Defined);
        assert_eq!(chosen.as_ref(), expected, "{name}");
    });
}

#[test]
#[ignore = "for memcheck: cargo xtask constant-time"]
fn memcheck_reports_the_careless() {
    try_all(careless, |name, _, _| assert!(reported() > 0, "{name}"));
}

#[test]
#[ignore = "for callgrind: cargo xtask constant-time"]
fn callgrind_counts_the_instructions() {
    try_all(DecryptionKey::premaster, |name, chosen, expected| {
        assert_eq!(chosen.as_ref(), expected, "{name}");
    });
}

#[test]
#[ignore = "for callgrind: cargo xtask constant-time"]
fn callgrind_counts_the_careless() {
    try_all(careless, |name, chosen, expected| assert_eq!(chosen.as_ref(), expected, "{name}"));
}
