//! The SSL server: HTTPS with its page, redirect from plain HTTP, drained shutdown.
