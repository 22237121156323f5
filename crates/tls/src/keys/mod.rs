//! The transcript and the key schedule. Nothing here reveals a secret or decides what it is for.

pub(crate) mod prf12;
pub(crate) mod schedule13;
pub(crate) mod secret;
pub(crate) mod suite;
pub(crate) mod traffic;
pub(crate) mod transcript;

#[cfg(test)]
mod rfc8448;
