//! Certificates beside two other readers.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bulla_fuzz::differ::certificate::certificate(data));
