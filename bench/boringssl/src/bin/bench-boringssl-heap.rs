//! BoringSSL with its heap counted. It asks for these functions when it is linked, so the program that is timed is
//! another.
#![expect(unsafe_code, reason = "the names by which BoringSSL asks for memory")]

use std::ffi::c_void;
use std::ptr;

use bench_peer::heap::{Counted, foreign_free, foreign_malloc, foreign_size};

#[global_allocator]
static ALLOCATOR: Counted = Counted;

fn main() -> std::process::ExitCode {
    bench_boringssl::main()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn OPENSSL_memory_alloc(size: usize) -> *mut c_void {
    // SAFETY: any size may be asked for.
    unsafe { foreign_malloc(size, ptr::null(), 0) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn OPENSSL_memory_free(place: *mut c_void) {
    // SAFETY: BoringSSL gives back what it got above.
    unsafe { foreign_free(place, ptr::null(), 0) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn OPENSSL_memory_get_size(place: *mut c_void) -> usize {
    // SAFETY: BoringSSL asks for what it got above.
    unsafe { foreign_size(place) }
}
