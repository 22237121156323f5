//! bulla's client beside rustls'.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bulla_fuzz::differ::client::client(data));
