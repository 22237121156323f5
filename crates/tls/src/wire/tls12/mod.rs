//! The messages of TLS 1.2 that TLS 1.3 has not, or not in this form (RFC 5246 section 7.4, RFC 8422).

pub(crate) mod certificate;
pub(crate) mod certificate_request;
pub(crate) mod certificate_status;
pub(crate) mod client_key_exchange;
pub(crate) mod new_session_ticket;
pub(crate) mod server_hello_done;
pub(crate) mod server_key_exchange;
