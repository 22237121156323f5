//! The server's handshake against a changed client.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bulla_fuzz::narrative::server(data));
