//! rustls as a peer of the benchmark, by its buffered and by its unbuffered interface.

mod buffered;
mod unbuffered;

use std::process::ExitCode;

use bench_peer::heap::Counted;

#[global_allocator]
static ALLOCATOR: Counted = Counted;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("buffered") => bench_peer::serve::<buffered::Buffered>(),
        Some("unbuffered") => bench_peer::serve::<unbuffered::Unbuffered>(),
        Some("buffered-heap") => {
            bench_aws_lc::count();
            bench_peer::serve::<buffered::Buffered>()
        }
        _ => {
            eprintln!("bench-rustls buffered|unbuffered|buffered-heap");
            ExitCode::FAILURE
        }
    }
}
