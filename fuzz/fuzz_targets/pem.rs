//! PEM text and the keys in it.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bulla_fuzz::pem::pem(data));
