//! What is kept of a session.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bulla_fuzz::session::session(data));
