//! An allocator that counts, so that a peer's heap can be told by side.
//!
//! It counts what Rust allocates. AWS-LC, BoringSSL and OpenSSL allocate by themselves, past it.
#![expect(
    unsafe_code,
    reason = "an allocator is unsafe to implement; each call goes on to the system's unchanged"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};

use serde::{Deserialize, Serialize};

use crate::watch::Gauge;

/// The system's allocator, counted while [`counting`] is on. The switch keeps the count out of what is timed.
pub struct Counted;

static COUNTING: AtomicBool = AtomicBool::new(false);
static LIVE: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicI64 = AtomicI64::new(0);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

/// Switches the count on for a piece of work.
pub fn counting<R>(work: impl FnOnce() -> R) -> R {
    COUNTING.store(true, Relaxed);
    let result = work();
    COUNTING.store(false, Relaxed);
    result
}

fn count(grown: i64, allocations: u64) {
    if COUNTING.load(Relaxed) {
        let live = LIVE.fetch_add(grown, Relaxed) + grown;
        PEAK.fetch_max(live, Relaxed);
        ALLOCATIONS.fetch_add(allocations, Relaxed);
    }
}

#[expect(clippy::cast_possible_wrap, reason = "no allocation is longer than isize::MAX")]
fn signed(size: usize) -> i64 {
    size as i64
}

// SAFETY: every call is the system allocator's own, with the arguments as they came.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(signed(layout.size()), 1);
        // SAFETY: the caller's promise about `layout` is handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(signed(layout.size()), 1);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(signed(size) - signed(layout.size()), 1);
        // SAFETY: the caller's promises about `place`, `layout` and `size` are handed on.
        unsafe { System.realloc(place, layout, size) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        count(-signed(layout.size()), 0);
        // SAFETY: the caller's promises about `place` and `layout` are handed on.
        unsafe { System.dealloc(place, layout) }
    }
}

/// What one side of a connection has of the heap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// Bytes held.
    pub bytes: i64,
    /// The most bytes ever held.
    pub peak: i64,
    /// How often it asked for memory; growing an allocation counts as once more.
    pub allocations: u64,
}

/// Adds to a holding what happens on the heap while it runs.
#[derive(Default)]
pub struct Ledger {
    /// The sum so far.
    pub holding: Holding,
    before: i64,
    allocations_before: u64,
}

impl Gauge for Ledger {
    fn start(&mut self) {
        self.before = LIVE.load(Relaxed);
        self.allocations_before = ALLOCATIONS.load(Relaxed);
        PEAK.store(self.before, Relaxed);
    }

    fn stop(&mut self) {
        let highest = self.holding.bytes + PEAK.load(Relaxed) - self.before;
        self.holding.peak = self.holding.peak.max(highest);
        self.holding.bytes += LIVE.load(Relaxed) - self.before;
        self.holding.allocations += ALLOCATIONS.load(Relaxed) - self.allocations_before;
    }
}
