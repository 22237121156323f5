//! What two sides agree on: pure functions from a message and a config to a choice or an error.

pub(crate) mod certificate;
pub(crate) mod client;
pub(crate) mod group;
pub(crate) mod protocol;
pub(crate) mod psk;
pub(crate) mod record_size;
pub(crate) mod server;
pub(crate) mod signature;
pub(crate) mod tls12;
pub(crate) mod version;
