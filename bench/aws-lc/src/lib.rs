//! Lets AWS-LC allocate through the counted functions of the frame.
#![expect(unsafe_code, reason = "one call to AWS-LC")]

use bench_peer::heap::{foreign_free, foreign_malloc, foreign_realloc};

/// Has everything counted that AWS-LC allocates from here on. For the program that counts the heap alone, and before
/// it does anything else: AWS-LC refuses once it holds memory.
///
/// # Panics
/// AWS-LC holds memory already.
pub fn count() {
    // SAFETY: the three functions are the system's own, and nothing was allocated by another.
    let taken = unsafe {
        aws_lc_sys::CRYPTO_set_mem_functions(Some(foreign_malloc), Some(foreign_realloc), Some(foreign_free))
    };
    assert_eq!(taken, 1, "AWS-LC holds memory already");
}
