//! The client's handshake against a changed server.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bulla_fuzz::narrative::client(data));
