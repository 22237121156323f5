//! The server's handshake against a changed client of TLS 1.2.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bulla_fuzz::narrative::server12(data));
