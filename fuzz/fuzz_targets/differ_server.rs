//! bulla's server beside rustls'.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bulla_fuzz::differ::server::server(data));
