//! The counts are the process's own, so this is a program of one thread, without the test harness and its threads.

use std::ptr;

use bench_peer::heap::{Counted, Held, Ledger, counting, foreign_free, foreign_malloc, foreign_realloc};
use bench_peer::watch::Gauge as _;

#[global_allocator]
static ALLOCATOR: Counted = Counted;

fn main() {
    let mut ledger = Ledger::default();
    let kept = counting(|| {
        let kept = ledger.run(|| {
            drop(vec![0u8; 5000]);
            vec![0u8; 1000]
        });
        drop(vec![0u8; 100_000]);
        kept
    });
    assert_eq!(ledger.held, Held { bytes: 1000, peak: 5000, allocations: 2, foreign: 0 });
    counting(|| ledger.run(|| drop(kept)));
    assert_eq!(ledger.held, Held { bytes: 0, peak: 5000, allocations: 2, foreign: 0 });
    foreign();
}

/// What C allocates is counted as the system rounds it.
#[expect(unsafe_code, reason = "an allocator's functions")]
fn foreign() {
    let mut ledger = Ledger::default();
    counting(|| {
        ledger.run(|| {
            // SAFETY: freed once, below, and not used in between.
            let place = unsafe { foreign_malloc(10_000, ptr::null(), 0) };
            // SAFETY: as above.
            let place = unsafe { foreign_realloc(place, 20_000, ptr::null(), 0) };
            // SAFETY: as above.
            unsafe { foreign_free(place, ptr::null(), 0) };
        });
    });
    assert_eq!((ledger.held.bytes, ledger.held.allocations, ledger.held.foreign), (0, 0, 2));
    assert!((20_000..20_064).contains(&ledger.held.peak), "{}", ledger.held.peak);
}
