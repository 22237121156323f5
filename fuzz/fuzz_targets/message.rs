//! Handshake messages, read and written.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bulla_fuzz::message::message(data));
