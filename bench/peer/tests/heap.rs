//! The counts are the process's own, so this is a program of one thread, without the test harness and its threads.

use bench_peer::heap::{Counted, Holding, Ledger, counting};
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
    assert_eq!(ledger.holding, Holding { bytes: 1000, peak: 5000, allocations: 2 });
    counting(|| ledger.run(|| drop(kept)));
    assert_eq!(ledger.holding, Holding { bytes: 0, peak: 5000, allocations: 2 });
}
