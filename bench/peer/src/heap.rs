//! What a peer allocates, told by side: through Rust's allocator, and through the hooks of a library in C.
#![expect(
    unsafe_code,
    reason = "allocators are unsafe to implement; each call goes on to the system's unchanged"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::{c_char, c_int, c_void};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};

use serde::{Deserialize, Serialize};

use crate::watch::Gauge;

/// The system's allocator, counted while [`counting`] is on. The switch keeps the count out of what is timed.
pub struct Counted;

/// What was counted since the process began.
struct Tally {
    live: AtomicI64,
    peak: AtomicI64,
    allocations: AtomicU64,
}

static COUNTING: AtomicBool = AtomicBool::new(false);
/// Through Rust's allocator.
static RUST: Tally = Tally::new();
/// Through the hooks of a library in C.
static FOREIGN: Tally = Tally::new();
/// Both together, for the peak.
static ALL: Tally = Tally::new();

impl Tally {
    const fn new() -> Self {
        Self { live: AtomicI64::new(0), peak: AtomicI64::new(0), allocations: AtomicU64::new(0) }
    }

    fn count(&self, grown: i64, allocations: u64) {
        let live = self.live.fetch_add(grown, Relaxed) + grown;
        self.peak.fetch_max(live, Relaxed);
        self.allocations.fetch_add(allocations, Relaxed);
    }
}

/// Switches the count on for a piece of work.
pub fn counting<R>(work: impl FnOnce() -> R) -> R {
    COUNTING.store(true, Relaxed);
    let result = work();
    COUNTING.store(false, Relaxed);
    result
}

fn count(tally: &Tally, grown: i64, allocations: u64) {
    if COUNTING.load(Relaxed) {
        tally.count(grown, allocations);
        ALL.count(grown, allocations);
    }
}

#[expect(clippy::cast_possible_wrap, reason = "no allocation is longer than isize::MAX")]
fn signed(size: usize) -> i64 {
    size as i64
}

// SAFETY: every call is the system allocator's own, with the arguments as they came.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(&RUST, signed(layout.size()), 1);
        // SAFETY: the caller's promise about `layout` is handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(&RUST, signed(layout.size()), 1);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(&RUST, signed(size) - signed(layout.size()), 1);
        // SAFETY: the caller's promises about `place`, `layout` and `size` are handed on.
        unsafe { System.realloc(place, layout, size) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        count(&RUST, -signed(layout.size()), 0);
        // SAFETY: the caller's promises about `place` and `layout` are handed on.
        unsafe { System.dealloc(place, layout) }
    }
}

unsafe extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn realloc(place: *mut c_void, size: usize) -> *mut c_void;
    fn free(place: *mut c_void);
    fn malloc_usable_size(place: *mut c_void) -> usize;
}

/// How many bytes an allocation of C holds, as the system rounded it.
fn held(place: *mut c_void) -> i64 {
    // SAFETY: `place` is null or came from `malloc` or `realloc` and was not freed.
    signed(unsafe { malloc_usable_size(place) })
}

/// `malloc`, counted; in the shape of `CRYPTO_set_mem_functions`.
///
/// # Safety
/// That of `malloc`.
pub unsafe extern "C" fn foreign_malloc(size: usize, _: *const c_char, _: c_int) -> *mut c_void {
    // SAFETY: any size may be asked for.
    let place = unsafe { malloc(size) };
    count(&FOREIGN, held(place), 1);
    place
}

/// `realloc`, counted.
///
/// # Safety
/// That of `realloc`: `place` is null or came from these functions.
pub unsafe extern "C" fn foreign_realloc(
    place: *mut c_void,
    size: usize,
    _: *const c_char,
    _: c_int,
) -> *mut c_void {
    let before = held(place);
    // SAFETY: the caller's promise is handed on.
    let place = unsafe { realloc(place, size) };
    count(&FOREIGN, held(place) - before, 1);
    place
}

/// `free`, counted.
///
/// # Safety
/// That of `free`: `place` is null or came from these functions.
pub unsafe extern "C" fn foreign_free(place: *mut c_void, _: *const c_char, _: c_int) {
    count(&FOREIGN, -held(place), 0);
    // SAFETY: the caller's promise is handed on.
    unsafe { free(place) }
}

/// How many bytes an allocation has.
///
/// # Safety
/// `place` came from these functions and was not freed.
pub unsafe fn foreign_size(place: *mut c_void) -> usize {
    // SAFETY: the caller's promise is handed on.
    unsafe { malloc_usable_size(place) }
}

/// What one side of a connection has of the heap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Bytes held.
    pub bytes: i64,
    /// The most bytes ever held.
    pub peak: i64,
    /// How often Rust asked for memory; growing an allocation counts as once more.
    pub allocations: u64,
    /// How often a library in C did.
    pub foreign: u64,
}

/// Adds to what is held what happens on the heap while it runs.
#[derive(Default)]
pub struct Ledger {
    /// The sum so far.
    pub held: Held,
    before: i64,
    rust_before: u64,
    foreign_before: u64,
}

impl Gauge for Ledger {
    fn start(&mut self) {
        self.before = ALL.live.load(Relaxed);
        self.rust_before = RUST.allocations.load(Relaxed);
        self.foreign_before = FOREIGN.allocations.load(Relaxed);
        ALL.peak.store(self.before, Relaxed);
    }

    fn stop(&mut self) {
        let highest = self.held.bytes + ALL.peak.load(Relaxed) - self.before;
        self.held.peak = self.held.peak.max(highest);
        self.held.bytes += ALL.live.load(Relaxed) - self.before;
        self.held.allocations += RUST.allocations.load(Relaxed) - self.rust_before;
        self.held.foreign += FOREIGN.allocations.load(Relaxed) - self.foreign_before;
    }
}
