//! A connection fed any bytes in any pieces.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bulla_fuzz::stream::stream(data));
