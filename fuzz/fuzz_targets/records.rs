//! A connection against a peer that holds the keys and forges.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bulla_fuzz::records::records(data));
