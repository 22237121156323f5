//! What a server keeps of a session, as it comes back out of a ticket or a store.

use bulla_tls::testing::rewrite_session;

use crate::text::assert_plain;

/// Any bytes: what reads as a session is written as what was read.
pub fn session(data: &[u8]) {
    match rewrite_session(data) {
        Ok(written) => assert!(written == data, "not written as it was read"),
        Err(error) => assert_plain(&error),
    }
}
