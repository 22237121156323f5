//! The client's handshake against a changed server of TLS 1.2.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bulla_fuzz::narrative::client12(data));
